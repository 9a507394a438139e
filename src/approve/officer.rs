//! Officers and what their roles allow.

use serde::{Deserialize, Serialize};

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 閲覧: reads only.
    Viewer,
    /// 当直: prepares texts and declines advice.
    DutyOfficer,
    /// 承認者: may let a notice out.
    Approver,
    /// 監査: reads the record.
    Auditor,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] = [
        Self::Viewer,
        Self::DutyOfficer,
        Self::Approver,
        Self::Auditor,
    ];

    /// The word stored and typed on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::DutyOfficer => "duty_officer",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
        }
    }

    /// The role with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// The role as officers read it.
    #[must_use]
    pub fn spoken(self) -> &'static str {
        match self {
            Self::Viewer => "閲覧者",
            Self::DutyOfficer => "当直",
            Self::Approver => "承認者",
            Self::Auditor => "監査",
        }
    }

    /// Whether this role decides on advice: prepares a text or declines.
    #[must_use]
    pub fn decides(self) -> bool {
        matches!(self, Self::DutyOfficer | Self::Approver)
    }
}

/// A signed-in officer. Only the session check of `web/who.rs` and the tests' doors lead to one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Officer {
    /// Account name, unique.
    pub name: String,
    /// Name and office as shown and recorded.
    pub display: String,
    /// What the account may do.
    pub role: Role,
}
