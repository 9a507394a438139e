//! Who may let which notice out (発令権限).
//!
//! [`Approver`] is made here and nowhere else; holding one is the proof.

use thiserror::Error;

use super::notice::{Draft, Notice, NoticeId};
use super::officer::{Officer, Role};

/// One officer who may let out one notice. Its fields are private on purpose.
#[derive(Debug)]
pub struct Approver {
    officer: Officer,
    notice: NoticeId,
}

impl Approver {
    /// Who approves.
    #[must_use]
    pub fn officer(&self) -> &Officer {
        &self.officer
    }

    /// The one notice they may let out.
    #[must_use]
    pub fn notice(&self) -> &NoticeId {
        &self.notice
    }
}

/// Why somebody may not approve.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NotAuthorised {
    /// The account's role does not include approval.
    #[error("{display}({role})には承認の権限がありません。承認者がサインインしてください")]
    Role {
        /// Who tried.
        display: String,
        /// Their role in words.
        role: &'static str,
    },
}

/// Checks that `officer` may let `draft` out.
pub fn check(officer: &Officer, draft: &Notice<Draft>) -> Result<Approver, NotAuthorised> {
    match officer.role {
        Role::Approver => Ok(Approver {
            officer: officer.clone(),
            notice: draft.id().clone(),
        }),
        Role::Viewer | Role::DutyOfficer | Role::Auditor => Err(NotAuthorised::Role {
            display: officer.display.clone(),
            role: officer.role.spoken(),
        }),
    }
}
