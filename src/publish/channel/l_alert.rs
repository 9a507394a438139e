//! A report for L-Alert as a file, for the gateway of a member. Not tested for conformity: every file says so.

use std::path::PathBuf;

use hinan_notice::document::l_alert;
use hinan_notice::text::JAPANESE;

use super::folder;
use crate::publish::outbox::Attempt;
use crate::publish::publication::Publication;

/// Writes into a folder.
pub struct LAlertChannel {
    dir: PathBuf,
}

impl LAlertChannel {
    /// Writes into this folder; makes it when there is something to write.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Writes `{notice}.xml`.
    pub async fn send(&self, publication: &Publication) -> Attempt {
        let headline = publication.text_in(JAPANESE).map(|text| text.headline);
        let Some(headline) = headline else {
            return Attempt::GiveUp {
                why: "この発表には日本語の見出しがありません".to_owned(),
            };
        };
        let facts = publication.facts();
        match l_alert::write(facts, &headline, &publication.parts().chain) {
            Ok(bytes) => folder::put(self.dir.clone(), format!("{}.xml", facts.id), bytes).await,
            Err(why) => Attempt::GiveUp {
                why: why.to_string(),
            },
        }
    }
}
