//! Who may let which notice out (発令権限), on which basis, and in which order of succession.
//!
//! [`Approver`], [`First`], [`Second`] and [`Lone`] are made here and nowhere else; holding one is the proof.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::facts::Kind;
use super::notice::{Draft, FirstApproved, Notice, NoticeId};
use super::officer::{Act, Officer};
use super::rule::{Choice, Needs};
use crate::recommend::level::OrderLevel;

/// On what the power to issue rests. The power is the mayor's; everybody else's is derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// 市町村長本人.
    Own,
    /// 委任 (地方自治法第153条第1項).
    Delegated,
    /// 職務代理: the mayor is prevented.
    Acting,
    /// 事前の承認: under a condition that was signed in calm weather.
    PreAuthorised,
}

impl Basis {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Own,
        Self::Delegated,
        Self::Acting,
        Self::PreAuthorised,
    ];

    /// The word stored and typed on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Delegated => "delegated",
            Self::Acting => "acting",
            Self::PreAuthorised => "pre_authorised",
        }
    }

    /// The basis with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|basis| basis.word() == word)
    }

    /// As officers read it.
    #[must_use]
    pub fn spoken(self) -> &'static str {
        match self {
            Self::Own => "市町村長本人",
            Self::Delegated => "委任(地方自治法第153条第1項)",
            Self::Acting => "職務代理",
            Self::PreAuthorised => "事前の承認",
        }
    }
}

/// One officer's authority: on which basis, for which levels, from when until when, in which place of the order of
/// succession.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its number.
    pub id: i64,
    /// Whose.
    pub officer: String,
    /// On what it rests.
    pub basis: Basis,
    /// The document that says so.
    pub document: String,
    /// Under which condition, in words; empty for none.
    pub condition: String,
    /// The highest level it reaches.
    pub level_max: OrderLevel,
    /// Place in the order of succession, from 1.
    pub rank: u32,
    /// From when.
    pub from: Timestamp,
    /// Until before when.
    pub until: Timestamp,
}

impl Grant {
    fn reaches(&self, officer: &Officer, level: OrderLevel, now: Timestamp) -> bool {
        self.officer == officer.name
            && level <= self.level_max
            && (self.from..self.until).contains(&now)
    }
}

/// An officer who may let one notice out alone. Fields are private on purpose, here and below.
#[derive(Debug)]
pub struct Approver(Held);

/// An officer who may approve one notice as the first of two.
#[derive(Debug)]
pub struct First(Held);

/// An officer who may approve one notice as the second of two.
#[derive(Debug)]
pub struct Second(Held);

/// The first of two, whose second did not come.
#[derive(Debug)]
pub struct Lone(Held);

#[derive(Debug)]
struct Held {
    officer: String,
    notice: NoticeId,
    grant: Option<i64>,
}

macro_rules! held {
    ($($proof:ident),*) => {$(
        impl $proof {
            /// Who, by account name.
            #[must_use]
            pub fn officer(&self) -> &str {
                &self.0.officer
            }

            /// The one notice it is for.
            #[must_use]
            pub fn notice(&self) -> &NoticeId {
                &self.0.notice
            }

            /// The number of the authority it rests on; a first approval rests on none.
            #[must_use]
            pub fn grant(&self) -> Option<i64> {
                self.0.grant
            }
        }
    )*};
}
held!(Approver, First, Second, Lone);

/// Why somebody may not approve.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NotAuthorised {
    /// The account's role does not include it.
    #[error("{display}({role})には{what}の権限がありません。承認者がサインインしてください")]
    Role {
        /// Who tried.
        display: String,
        /// Their role in words.
        role: &'static str,
        /// What they tried.
        what: &'static str,
    },
    /// No authority reaches so far now.
    #[error(
        "{display}には、いま{level}を発令する権限(本人・委任・職務代理)の登録がありません。権限のある承認者へ引き継いでください"
    )]
    NoGrant {
        /// Who tried.
        display: String,
        /// Which level.
        level: OrderLevel,
    },
    /// The town's rules want two persons.
    #[error("この発表には2人の承認が必要です")]
    NeedsTwo,
    /// The first is not the second.
    #[error("1人目として承認した人は、2人目になれません。別の承認者が確認してください")]
    SamePerson,
    /// The second person has not said yet what they think.
    #[error("2人目は、1人目の判断を見る前に、自分の判断を選んでください")]
    NotChosen,
    /// The two do not agree.
    #[error("2人の判断が違います(1人目 {first}、2人目 {second})。何も発表されていません")]
    Differs {
        /// What the first chose.
        first: String,
        /// What the second chose.
        second: String,
    },
    /// Only the first person may go alone.
    #[error("単独で発令できるのは、1人目として承認した人だけです")]
    NotTheFirst,
    /// The second person still has time.
    #[error("2人目を待っています。あと{left_s}秒たつまで、単独では発令できません")]
    TooEarly {
        /// Seconds left.
        left_s: i64,
    },
    /// Whoever stated a judgement of their own is one of two persons.
    #[error(
        "この発令案は、{display}が自分の判断で出したものです。書いた人だけでは発表できません。別の承認者が確認してください"
    )]
    OwnJudgement {
        /// Who tried.
        display: String,
    },
    /// Lifting is never urgent.
    #[error("解除は、単独ではできません。2人目の承認を待ってください")]
    NoLoneLift,
}

/// One officer alone, where the rules ask for one, and where they did not state themselves what the text answers (`stated_by`).
///
/// # Errors
/// [`NotAuthorised`]
pub fn alone(
    officer: &Officer,
    grants: &[Grant],
    draft: &Notice<Draft>,
    (needs, stated_by): (Needs, Option<&str>),
    now: Timestamp,
) -> Result<Approver, NotAuthorised> {
    if needs == Needs::Two {
        return Err(NotAuthorised::NeedsTwo);
    }
    another_than(stated_by, officer)?;
    let grant = standing(officer, grants, draft.content().facts().level, now)?;
    Ok(Approver(held(officer, draft.id(), Some(grant))))
}

/// The first of two.
///
/// # Errors
/// [`NotAuthorised`]
pub fn first(officer: &Officer, draft: &Notice<Draft>) -> Result<First, NotAuthorised> {
    allowed(officer, Act::Prepare)?;
    Ok(First(held(officer, draft.id(), None)))
}

/// The second of two, who must have chosen the same before seeing the first's choice, and did not state themselves what the text
/// answers (`stated_by`).
///
/// # Errors
/// [`NotAuthorised`]
pub fn second(
    officer: &Officer,
    grants: &[Grant],
    notice: &Notice<FirstApproved>,
    (chosen, stated_by): (Option<Choice>, Option<&str>),
    now: Timestamp,
) -> Result<Second, NotAuthorised> {
    let facts = notice.content().facts();
    allowed(officer, Act::LetOut)?;
    if notice.state().by() == officer.name {
        return Err(NotAuthorised::SamePerson);
    }
    another_than(stated_by, officer)?;
    // Before anything that would tell which level it is.
    let (first, chosen) = (Choice::of(facts), chosen.ok_or(NotAuthorised::NotChosen)?);
    let grant = standing(officer, grants, facts.level, now)?;
    if first != chosen {
        return Err(NotAuthorised::Differs {
            first: first.spoken(),
            second: chosen.spoken(),
        });
    }
    Ok(Second(held(officer, notice.id(), Some(grant))))
}

/// The first alone, after the second did not come for `wait`, in event time. Four eyes must not cost lives.
///
/// # Errors
/// [`NotAuthorised`]
pub fn lone(
    officer: &Officer,
    grants: &[Grant],
    notice: &Notice<FirstApproved>,
    wait: SignedDuration,
    now: Timestamp,
) -> Result<Lone, NotAuthorised> {
    let facts = notice.content().facts();
    if notice.state().by() != officer.name {
        return Err(NotAuthorised::NotTheFirst);
    }
    if facts.kind == Kind::Lift {
        return Err(NotAuthorised::NoLoneLift);
    }
    let grant = standing(officer, grants, facts.level, now)?;
    let left = wait - now.duration_since(notice.state().at());
    if left.is_positive() {
        return Err(NotAuthorised::TooEarly {
            left_s: left.as_secs().max(1),
        });
    }
    Ok(Lone(held(officer, notice.id(), Some(grant))))
}

fn held(officer: &Officer, notice: &NoticeId, grant: Option<i64>) -> Held {
    Held {
        officer: officer.name.clone(),
        notice: notice.clone(),
        grant,
    }
}

/// Whoever stated a judgement of their own has it approved by somebody else.
///
/// # Errors
/// [`NotAuthorised::OwnJudgement`]
pub fn another_than(stated_by: Option<&str>, officer: &Officer) -> Result<(), NotAuthorised> {
    if stated_by == Some(officer.name.as_str()) {
        return Err(NotAuthorised::OwnJudgement {
            display: officer.display.clone(),
        });
    }
    Ok(())
}

/// The first of the officer's authorities that reaches this level now.
fn standing(
    officer: &Officer,
    grants: &[Grant],
    level: OrderLevel,
    now: Timestamp,
) -> Result<i64, NotAuthorised> {
    allowed(officer, Act::LetOut)?;
    grants
        .iter()
        .find(|grant| grant.reaches(officer, level, now))
        .map(|grant| grant.id)
        .ok_or_else(|| NotAuthorised::NoGrant {
            display: officer.display.clone(),
            level,
        })
}

fn allowed(officer: &Officer, act: Act) -> Result<(), NotAuthorised> {
    if officer.role.may(act) {
        return Ok(());
    }
    Err(NotAuthorised::Role {
        display: officer.display.clone(),
        role: officer.role.spoken(),
        what: act.spoken(),
    })
}
