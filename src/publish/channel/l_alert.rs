//! A report for L-Alert as a file, for the gateway of a member. Not tested for conformity: every file says so.

use std::path::PathBuf;

use hinan_notice::document::cap::Unwritable;
use hinan_notice::document::l_alert;
use hinan_notice::text::JAPANESE;

use super::folder::Folder;
use crate::publish::outbox::Attempt;
use crate::publish::publication::Publication;

/// A notice's own report, and the ends of others that go with it.
pub type Reports = (Vec<u8>, Vec<Vec<u8>>);

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

    /// What is written for this publication: its own report, and the ends of others. Nothing where the notice has no Japanese headline.
    ///
    /// # Errors
    /// [`Unwritable`], inside.
    #[must_use]
    pub fn reports(publication: &Publication) -> Option<Result<Reports, Unwritable>> {
        let headline = publication.text_in(JAPANESE)?.headline;
        let (facts, chain) = (publication.facts(), &publication.parts().chain);
        let ends = l_alert::write_ends(facts, &headline, chain);
        Some(ends.and_then(|ends| Ok((l_alert::write(facts, &headline, chain)?, ends))))
    }

    /// Writes `{notice}.xml`, and after it `{notice}-end-1.xml` and so on for other documents that the notice ends.
    pub async fn send(&self, publication: &Publication) -> Attempt {
        let Some(written) = Self::reports(publication) else {
            return Attempt::GiveUp {
                why: "この発表には日本語の見出しがありません".to_owned(),
            };
        };
        let facts = publication.facts();
        let (own, ends) = match written {
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
