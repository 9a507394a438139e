//! Officers and what their roles allow: the one table of who may do what.

use serde::{Deserialize, Serialize};

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 閲覧: reads only.
    Viewer,
    /// 避難所担当: says how the shelters are.
    ShelterDesk,
    /// 当直: prepares texts, approves them as the first of two, declines advice.
    DutyOfficer,
    /// 承認者: may let a notice out, as far as their authority (発令権限) reaches.
    Approver,
    /// 管理者: accounts, second factors and which models forecast; decides nothing about orders.
    Administrator,
    /// 監査: reads and takes away the record.
    Auditor,
}

/// What somebody may want to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// See the situation, advice, notices and texts.
    See,
    /// Say "I have seen this advice" (確認).
    Acknowledge,
    /// Prepare a text, and approve it as the first of two.
    Prepare,
    /// Decline advice, with a reason.
    Decline,
    /// Let a notice out: alone where the rules allow it, or as the second of two.
    LetOut,
    /// Take a device out of use.
    TakeDeviceOut,
    /// Take down what people saw (漏水・越水・決壊), and close such reports.
    Report,
    /// Say how a shelter is and how many are inside.
    Shelters,
    /// Read the record.
    ReadRecord,
    /// Take a copy of the record away.
    ExportRecord,
    /// Add accounts, reset passwords and second factors.
    ManageAccounts,
}

impl Act {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::See,
        Self::Acknowledge,
        Self::Prepare,
        Self::Decline,
        Self::LetOut,
        Self::TakeDeviceOut,
        Self::Report,
        Self::Shelters,
        Self::ReadRecord,
        Self::ExportRecord,
        Self::ManageAccounts,
    ];

    /// As a refusal names it.
    #[must_use]
    pub fn spoken(self) -> &'static str {
        match self {
            Self::See => "閲覧",
            Self::Acknowledge => "推奨の確認",
            Self::Prepare => "文面の作成と1人目の承認",
            Self::Decline => "推奨の見送り",
            Self::LetOut => "発表の承認",
            Self::TakeDeviceOut => "機器の使用停止",
            Self::Report => "現地の報告の記録",
            Self::Shelters => "避難所の状況の記録",
            Self::ReadRecord => "記録の閲覧",
            Self::ExportRecord => "記録の書き出し",
            Self::ManageAccounts => "アカウントの管理",
        }
    }
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 6] = [
        Self::Viewer,
        Self::ShelterDesk,
        Self::DutyOfficer,
        Self::Approver,
        Self::Administrator,
        Self::Auditor,
    ];

    /// The word stored and typed on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::ShelterDesk => "shelter_desk",
            Self::DutyOfficer => "duty_officer",
            Self::Approver => "approver",
            Self::Administrator => "administrator",
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
            Self::ShelterDesk => "避難所担当",
            Self::DutyOfficer => "当直",
            Self::Approver => "承認者",
            Self::Administrator => "管理者",
            Self::Auditor => "監査",
        }
    }

    /// Whether this role may do that. This match is the whole matrix; no other place decides it.
    #[must_use]
    pub fn may(self, act: Act) -> bool {
        match act {
            Act::See => true,
            Act::Acknowledge | Act::Prepare | Act::Decline | Act::TakeDeviceOut | Act::Report => {
                matches!(self, Self::DutyOfficer | Self::Approver)
            }
            Act::Shelters => matches!(self, Self::ShelterDesk | Self::DutyOfficer | Self::Approver),
            Act::LetOut => self == Self::Approver,
            Act::ReadRecord => !matches!(self, Self::Viewer | Self::ShelterDesk),
            Act::ExportRecord => matches!(self, Self::Administrator | Self::Auditor),
            Act::ManageAccounts => self == Self::Administrator,
        }
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
    /// Whether this session was opened with a second factor, too.
    pub second_factor: bool,
}

/// Whether this can be an account's name: 1 to 40 letters, digits, dots and hyphens.
#[must_use]
pub fn is_account_name(name: &str) -> bool {
    (1..=40).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::{Act, Role};

    /// The matrix as the town reads it, row by row: viewer, shelter desk, duty officer, approver, administrator, auditor.
    const MATRIX: [(Act, &str); 11] = [
        (Act::See, "yes yes yes yes yes yes"),
        (Act::Acknowledge, "no no yes yes no no"),
        (Act::Prepare, "no no yes yes no no"),
        (Act::Decline, "no no yes yes no no"),
        (Act::LetOut, "no no no yes no no"),
        (Act::TakeDeviceOut, "no no yes yes no no"),
        (Act::Report, "no no yes yes no no"),
        (Act::Shelters, "no yes yes yes no no"),
        (Act::ReadRecord, "no no yes yes yes yes"),
        (Act::ExportRecord, "no no no no yes yes"),
        (Act::ManageAccounts, "no no no no yes no"),
    ];

    #[test]
    fn every_role_may_do_exactly_what_the_matrix_says() {
        assert_eq!(MATRIX.map(|(act, _)| act), Act::ALL);
        for (act, row) in MATRIX {
            let said: Vec<bool> = row.split(' ').map(|word| word == "yes").collect();
            let does: Vec<bool> = Role::ALL.iter().map(|role| role.may(act)).collect();
            assert_eq!(does, said, "{act:?}");
        }
    }

    #[test]
    fn whoever_manages_accounts_decides_nothing_and_whoever_decides_manages_none() {
        for role in Role::ALL {
            assert!(
                !(role.may(Act::ManageAccounts) && role.may(Act::Prepare)),
                "{role:?}"
            );
            assert_eq!(Role::from_word(role.word()), Some(role));
        }
    }
}
