use crate::floods::Flood;
use crate::forecast::Method;
use crate::history::History;
use crate::learning::alarm::AlarmChoice;
use crate::score::SkillRecord;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Version of the serialised model; a model of another version is refused when it is read.
pub const CARD_FORMAT: u32 = 3;

/// What a fitted model was made from, and how good it was on floods it had not seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// [`CARD_FORMAT`] of the program that fitted it.
    pub format: u32,
    /// SHA-256 of the readings used: start, step and the levels of the case's gauges in the order of the case.
    pub data_sha256: String,
    /// First row of the history.
    pub from: Timestamp,
    /// Last row of the history.
    pub to: Timestamp,
    /// Seconds from row to row.
    pub step_s: i64,
    /// Rows the fit could use: the gauge read now, with twelve hours before it.
    pub rows: usize,
    /// Floods at the gauge, in order of time; each was left out in turn.
    pub floods: Vec<Flood>,
    /// Upstream gauges of the case that were not used, and why.
    pub dropped_upstream: Vec<DroppedUpstream>,
    /// One entry per lead time.
    pub leads: Vec<LeadCard>,
}

/// An upstream gauge that the model does without.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DroppedUpstream {
    /// The gauge.
    pub gauge: String,
    /// Share of the flood rows in which it was silent, 0 to 1.
    pub missing_in_floods: f64,
}

/// One lead time of the card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadCard {
    /// Hours ahead.
    pub lead_h: u32,
    /// Whether the model or persistence answers when every upstream gauge reports.
    pub used: Method,
    /// Why, in Japanese.
    pub why_ja: String,
    /// Why, in English.
    pub why_en: String,
    /// Held-out record with every upstream gauge; `None` when there were fewer than two floods.
    pub record: Option<SkillRecord>,
    /// Held-out record with the gauge's own readings only.
    pub own_only: Option<SkillRecord>,
    /// Ridge penalties chosen, per row: of the line, and of the line with products of features.
    pub penalties: [f64; 2],
    /// Weights of the members with every input: line, line with products, boosted trees, line with boosted trees on
    /// what it leaves over, random forest. What is left to 1 is persistence.
    pub weights: [f64; 5],
    /// At which quantile its forecast is to be an alarm; `None` with too few onsets to tell.
    pub alarm: Option<AlarmChoice>,
}

/// Why the model or persistence answers.
pub(crate) enum Why<'a> {
    FewFloods {
        found: usize,
        needed: usize,
    },
    NoBetter {
        record: &'a SkillRecord,
        needed: f64,
    },
    FewFloodsBetter {
        record: &'a SkillRecord,
    },
    Better {
        record: &'a SkillRecord,
    },
}

impl Why<'_> {
    pub(crate) fn method(&self) -> Method {
        if matches!(self, Self::Better { .. }) {
            Method::Model
        } else {
            Method::Persistence
        }
    }

    pub(crate) fn japanese(&self) -> String {
        match self {
            Self::FewFloods { found, needed } => {
                format!(
                    "出水の記録が{found}回しかなく（{needed}回必要）、検証できないため、現在水位の継続を用いる。"
                )
            }
            Self::NoBetter { record, needed } => format!(
                "学習に使わない出水での改善率が{:.2}（必要{needed:.2}）にとどまり、現在水位の継続に勝らないため、それを用いる。",
                record.skill
            ),
            Self::FewFloodsBetter { record } => format!(
                "{}回の出水のうち{}回しか現在水位の継続に勝らないため、それを用いる。",
                record.floods, record.floods_better
            ),
            Self::Better { record } => format!(
                "学習に使わない出水{}回で検証し、現在水位の継続より二乗誤差が{:.0}%小さいため、モデルを用いる。",
                record.floods,
                100.0 * record.skill
            ),
        }
    }

    pub(crate) fn english(&self) -> String {
        match self {
            Self::FewFloods { found, needed } => {
                format!(
                    "Only {found} floods on record ({needed} needed), so the model cannot be checked: the level is held."
                )
            }
            Self::NoBetter { record, needed } => format!(
                "Skill {:.2} on left-out floods ({needed:.2} needed) does not beat persistence: the level is held.",
                record.skill
            ),
            Self::FewFloodsBetter { record } => format!(
                "Better than persistence on {} of {} floods only: the level is held.",
                record.floods_better, record.floods
            ),
            Self::Better { record } => format!(
                "Squared error {:.0} % below persistence on {} left-out floods: the model is used.",
                100.0 * record.skill,
                record.floods
            ),
        }
    }
}

/// Digest of the readings of these columns, in this order.
pub(crate) fn data_sha256(history: &History, columns: &[usize]) -> String {
    let mut digest = Sha256::new();
    digest.update(history.start().as_nanosecond().to_be_bytes());
    digest.update(history.step_s().to_be_bytes());
    for &column in columns {
        digest.update(history.gauges()[column].as_bytes());
        digest.update([0]);
        for level_m in history.column(column) {
            // One bit pattern for every missing reading.
            let bits = if level_m.is_nan() {
                u64::MAX
            } else {
                level_m.to_bits()
            };
            digest.update(bits.to_be_bytes());
        }
    }
    hex::encode(digest.finalize())
}
