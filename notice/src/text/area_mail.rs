//! The text for telephones (緊急速報メール, エリアメール): heard by everybody in the municipality at once.
//!
//! It cannot be aimed at a district, so it names them; where they do not fit, it names the river and how many they are,
//! never a shortened name. What stands first must do alone: carriers cut.

use serde::{Deserialize, Serialize};

use crate::facts::{Facts, Hazard, Kind};
use crate::level::OrderLevel;
use crate::realm::Realm;

/// What a carrier takes. Limits differ by carrier and year: they are the town's to state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AreaMailLimits {
    /// Longest subject, characters.
    pub subject_max: usize,
    /// Longest body, characters.
    pub body_max: usize,
    /// How many characters a line break counts.
    pub line_break_counts: usize,
}

impl Default for AreaMailLimits {
    /// What one city's system was built for: 15 and 200, a line break counting two.
    fn default() -> Self {
        Self {
            subject_max: 15,
            body_max: 200,
            line_break_counts: 2,
        }
    }
}

/// The text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaMail {
    /// Subject.
    pub subject: String,
    /// Body.
    pub body: String,
}

/// How much longer than the limit a text is, characters; zero when it fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    /// Subject.
    pub subject: usize,
    /// Body.
    pub body: usize,
}

impl AreaMail {
    /// The text of these facts: with all districts if that fits, else with their number.
    #[must_use]
    pub fn of(facts: &Facts, limits: &AreaMailLimits) -> Self {
        let names = facts
            .districts
            .iter()
            .map(|district| district.name.as_str())
            .collect::<Vec<_>>()
            .join("、");
        let full = Self {
            subject: subject(facts),
            body: body(facts, &format!("対象:{names}")),
        };
        if full.over(limits).body == 0 {
            return full;
        }
        let along = if facts.river.is_empty() {
            String::new()
        } else {
            format!("{}沿い", facts.river)
        };
        let count = facts.districts.len();
        Self {
            subject: full.subject,
            body: body(
                facts,
                &format!("対象:{along}{count}地区(地区名は公式サイト)"),
            ),
        }
    }

    /// How much it is over the limits.
    #[must_use]
    pub fn over(&self, limits: &AreaMailLimits) -> Over {
        let counted = |text: &str| -> usize {
            text.chars()
                .map(|c| {
                    if c == '\n' {
                        limits.line_break_counts
                    } else {
                        1
                    }
                })
                .sum()
        };
        Over {
            subject: counted(&self.subject).saturating_sub(limits.subject_max),
            body: counted(&self.body).saturating_sub(limits.body_max),
        }
    }
}

fn subject(facts: &Facts) -> String {
    let mark = if facts.realm == Realm::Exercise {
        "訓練 "
    } else {
        ""
    };
    let name = facts.level.name();
    match facts.kind {
        Kind::Issue if facts.corrects.is_some() => format!("{mark}訂正 {name}"),
        Kind::Issue => format!("{mark}{name}"),
        Kind::Lift => format!("{mark}{name}の解除"),
        Kind::Cancel => format!("{mark}{name}の取消"),
    }
}

fn body(facts: &Facts, whom: &str) -> String {
    let mark = if facts.realm == Realm::Exercise {
        "【訓練】これは訓練です。"
    } else {
        ""
    };
    let order = format!("警戒レベル{}{}", facts.level.number(), facts.level.name());
    let hazard = facts.hazard.spoken();
    let town = &facts.town;
    match facts.kind {
        Kind::Issue => {
            let action = match (facts.level, facts.hazard.higher_floor_helps()) {
                (OrderLevel::ElderlyEvacuation, _) => {
                    "高齢者等は危険な場所から避難。他の人も準備し、不安なら早めに避難してください。"
                }
                (OrderLevel::EvacuationOrder, true) => {
                    "危険な場所にいる人は全員避難。外が危険なら2階以上など高い場所へ。"
                }
                (OrderLevel::EvacuationOrder, false) if facts.hazard == Hazard::Landslide => {
                    "危険な場所にいる人は全員避難。外が危険なら崖と反対側の高い部屋へ。"
                }
                (OrderLevel::EvacuationOrder, false) => {
                    "危険な場所にいる人は全員、いますぐ避難してください。"
                }
                (OrderLevel::EmergencySafety, true) => {
                    "命の危険があります。いまいる場所で身の安全を確保。少しでも高い場所へ。"
                }
                (OrderLevel::EmergencySafety, false) => {
                    "命の危険があります。いまいる場所で身の安全を確保してください。"
                }
            };
            let corrected = match &facts.corrects {
                None => "",
                Some(one) if one.left_out.is_empty() => "先の内容に誤りがありました。訂正します。",
                Some(_) => "先の内容に誤りがありました。訂正します(対象外の地区は公式サイト)。",
            };
            format!("{mark}{corrected}{order}。{town}。{hazard}のため発令。\n{action}\n{whom}")
        }
        Kind::Lift => format!("{mark}{town}。{hazard}の{order}を解除。\n{whom}"),
        Kind::Cancel => {
            format!(
                "{mark}{town}。お知らせした{hazard}の{order}は誤りでした。取り消します。\n{whom}"
            )
        }
    }
}
