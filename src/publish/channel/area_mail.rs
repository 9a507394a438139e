//! The text for telephones (緊急速報メール) as a file: first line the subject, then the body. The contract with a carrier, and
//! the program that it gives, are the town's; what is written here was not tested with one.

use std::path::PathBuf;

use super::folder::Folder;
use crate::publish::outbox::Attempt;
use crate::publish::publication::Publication;

/// Writes into a folder.
pub struct AreaMailChannel {
    folder: Folder,
}

impl AreaMailChannel {
    /// Writes into this folder, which must be there.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self {
            folder: Folder::new(dir),
        }
    }

    /// What is written for this publication: the subject's line, then the words. Nothing where the notice has none.
    #[must_use]
    pub fn text(publication: &Publication) -> Option<Vec<u8>> {
        let mail = &publication.texts()?.area_mail;
        Some(format!("{}\n{}\n", mail.subject, mail.body).into_bytes())
    }

    /// Writes `{notice}.txt`.
    pub async fn send(&self, publication: &Publication) -> Attempt {
        let Some(bytes) = Self::text(publication) else {
            return Attempt::GiveUp {
                why: "この発表には緊急速報メールの文がありません".to_owned(),
            };
        };
        let name = format!("{}.txt", publication.facts().id);
        self.folder.put(name, bytes).await
    }
}
