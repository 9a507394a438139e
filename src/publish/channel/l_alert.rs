//! A report for L-Alert as a file, for the gateway of a member. Not tested for conformity: every file says so.

use std::path::PathBuf;

use hinan_notice::document::l_alert;
use hinan_notice::text::JAPANESE;

use super::folder::Folder;
use crate::publish::outbox::Attempt;
use crate::publish::publication::Publication;

/// Writes into a folder.
pub struct LAlertChannel {
    folder: Folder,
}

impl LAlertChannel {
    /// Writes into this folder, which must be there.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self {
            folder: Folder::new(dir),
        }
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
            Ok(bytes) => self.folder.put(format!("{}.xml", facts.id), bytes).await,
            Err(why) => Attempt::GiveUp {
                why: why.to_string(),
            },
        }
    }
}
