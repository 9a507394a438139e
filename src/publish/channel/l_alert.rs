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

    /// Writes `{notice}.xml`, and after it `{notice}-end-1.xml` and so on for other documents that the notice ends.
    pub async fn send(&self, publication: &Publication) -> Attempt {
        let headline = publication.text_in(JAPANESE).map(|text| text.headline);
        let Some(headline) = headline else {
            return Attempt::GiveUp {
                why: "この発表には日本語の見出しがありません".to_owned(),
            };
        };
        let (facts, chain) = (publication.facts(), &publication.parts().chain);
        let written = l_alert::write_ends(facts, &headline, chain)
            .and_then(|ends| Ok((ends, l_alert::write(facts, &headline, chain)?)));
        let (ends, own) = match written {
            Ok(written) => written,
            Err(why) => {
                return Attempt::GiveUp {
                    why: why.to_string(),
                };
            }
        };
        // The new order first: whoever reads between the files must not find an end without what takes its place.
        let first = self.folder.put(format!("{}.xml", facts.id), own).await;
        if !matches!(first, Attempt::Delivered { .. }) {
            return first;
        }
        for (n, end) in ends.into_iter().enumerate() {
            let name = format!("{}-end-{}.xml", facts.id, n + 1);
            let attempt = self.folder.put(name, end).await;
            if !matches!(attempt, Attempt::Delivered { .. }) {
                return attempt;
            }
        }
        first
    }
}
