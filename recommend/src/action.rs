//! 避難のしかた: how to be safe. Leave, go to a safe floor, or secure safety where one is.

use serde::{Deserialize, Serialize};

use crate::criteria::Answer;
use crate::deadline::{Deadlines, Sun, TermName};
use crate::hazard::Hazard;
use crate::id::UnitId;
use crate::level::OrderLevel;
use crate::outlook::{Outlook, ReportKind};
use crate::town::Exposure;

/// Water deeper than this reaches the second floor's ceiling: nobody stays, metres.
const NOBODY_STAYS_FROM_M: f64 = 5.0;

/// One of the ways of being safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nobody here is at risk: stay.
    Stay,
    /// 立退き避難: leave the dangerous place. The default.
    Leave,
    /// 屋内安全確保: a safe floor of the own house, under the three conditions. Those who do not fulfil them leave.
    UpperFloor,
    /// 緊急安全確保: the best that can still be done where one is.
    SecureNow,
}

impl Mode {
    /// The law's word.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Stay => "避難の必要なし",
            Self::Leave => "立退き避難",
            Self::UpperFloor => "屋内安全確保",
            Self::SecureNow => "緊急安全確保",
        }
    }
}

/// What of the three conditions for staying is known: no collapse zone, a room above the water, isolation that can be borne.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StayConditions {
    /// (1) The houses are in no house-collapse zone (家屋倒壊等氾濫想定区域).
    pub no_collapse: Answer,
    /// (2) There is a room above the water.
    pub dry_room: Answer,
    /// (3) Water, food, power and toilets last until the water is gone.
    pub isolation: Answer,
}

/// How the people of a unit are safest now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// The way for most.
    pub mode: Mode,
    /// People who fulfil the three conditions, as far as they are known; 0 where staying is no option.
    pub may_stay: u32,
    /// People who must leave whatever the mode says.
    pub must_leave: u32,
    /// The three conditions, where staying is an option for this hazard.
    pub conditions: Option<StayConditions>,
    /// Why this way, in Japanese.
    pub why: Vec<String>,
}

/// When staying can be borne.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ActionSettings {
    /// Longest isolation that can be borne with what people have at home, hours.
    pub isolation_max_h: f64,
}

impl Default for ActionSettings {
    /// Three days, for which households are asked to keep supplies.
    fn default() -> Self {
        Self {
            isolation_max_h: 72.0,
        }
    }
}

/// Chooses the way for one unit, one threat and one level.
pub fn action(
    outlook: &Outlook,
    unit: &UnitId,
    exposure: &Exposure,
    level: OrderLevel,
    deadlines: &Deadlines,
    sun: Sun,
    settings: &ActionSettings,
) -> Action {
    let hazard = exposure.hazard();
    let at_risk = exposure.people_at_risk;
    if at_risk == 0 {
        return Action {
            mode: Mode::Stay,
            may_stay: 0,
            must_leave: 0,
            conditions: None,
            why: vec!["想定区域に住む人がいません".to_owned()],
        };
    }
    let conditions = hazard
        .allows_staying_indoors()
        .then(|| conditions(exposure, settings));
    let may_stay = conditions.map_or(0, |of| may_stay(exposure, of));
    let must_leave = at_risk - may_stay;
    let chosen = |mode, why| Action {
        mode,
        may_stay,
        must_leave,
        conditions,
        why,
    };
    if level == OrderLevel::EmergencySafety {
        return chosen(
            Mode::SecureNow,
            vec!["災害が発生または切迫しており、立退きはかえって危険です".to_owned()],
        );
    }
    if !hazard.allows_staying_indoors() {
        return chosen(
            Mode::Leave,
            vec![format!(
                "{}では屋内の上の階は安全ではありません",
                hazard.japanese()
            )],
        );
    }
    let mut hindrances = hindrances(outlook, deadlines, sun);
    hindrances.extend(road_closed(outlook, unit, exposure));
    if hindrances.is_empty() {
        return chosen(
            Mode::Leave,
            vec!["外へ移動できるうちに立退きます".to_owned()],
        );
    }
    if may_stay * 2 >= at_risk {
        return chosen(Mode::UpperFloor, hindrances);
    }
    let mut why = hindrances;
    why.push(if conditions.is_some_and(|of| of.unknown()) {
        "屋内安全確保の三条件が分からないため、立退きが基本です".to_owned()
    } else {
        "屋内安全確保の三条件を満たす人が半数に足りません".to_owned()
    });
    chosen(Mode::Leave, why)
}

impl StayConditions {
    /// Whether any is unknown.
    pub fn unknown(self) -> bool {
        [self.no_collapse, self.dry_room, self.isolation].contains(&Answer::Unknown)
    }
}

fn conditions(exposure: &Exposure, settings: &ActionSettings) -> StayConditions {
    let too_deep = exposure
        .depth_max_m
        .is_some_and(|depth_m| depth_m > NOBODY_STAYS_FROM_M);
    StayConditions {
        no_collapse: match exposure.people_in_collapse_zone {
            Some(people) if people < exposure.people_at_risk => Answer::Met,
            Some(_) => Answer::NotMet,
            None => Answer::Unknown,
        },
        dry_room: match exposure.people_with_dry_room {
            _ if too_deep => Answer::NotMet,
            Some(0) => Answer::NotMet,
            Some(_) => Answer::Met,
            None => Answer::Unknown,
        },
        isolation: match exposure.isolation_h {
            Some(hours) if hours <= settings.isolation_max_h => Answer::Met,
            Some(_) => Answer::NotMet,
            None => Answer::Unknown,
        },
    }
}

/// Whoever is in a collapse zone may also be among those with a dry room: they are taken off, so that nobody is kept in a house
/// that may be washed away.
fn may_stay(exposure: &Exposure, conditions: StayConditions) -> u32 {
    let all = [
        conditions.no_collapse,
        conditions.dry_room,
        conditions.isolation,
    ];
    if Answer::all(all) != Answer::Met {
        return 0;
    }
    let dry = exposure.people_with_dry_room.unwrap_or(0);
    dry.saturating_sub(exposure.people_in_collapse_zone.unwrap_or(0))
}

/// A road that somebody reported closed, for this unit or along its river. A report without a place hinders nobody: it would
/// everybody.
fn road_closed(outlook: &Outlook, unit: &UnitId, exposure: &Exposure) -> Option<String> {
    let report = outlook.reports.iter().find(|report| {
        let has_place = report.river.is_some() || !report.units.is_empty();
        report.kind == ReportKind::RoadClosed
            && report.at <= outlook.as_of
            && has_place
            && report.concerns(unit, exposure.river.as_deref())
    })?;
    Some(format!(
        "避難経路の通行止めの報告があり、移動できないおそれがあります({})",
        report.source
    ))
}

/// What makes leaving dangerous now.
fn hindrances(outlook: &Outlook, deadlines: &Deadlines, sun: Sun) -> Vec<String> {
    let mut found = Vec::new();
    if sun.is_dark(outlook.as_of) {
        found.push("いまは夜間で、暗い中の移動は危険です".to_owned());
    }
    let storm = outlook.official.storm_begins(outlook.as_of);
    if storm.is_some_and(|from| from <= outlook.as_of) {
        found.push(if outlook.official.storm_is_assumed(outlook.as_of) {
            "暴風の中の移動は危険です(暴風警報に始まりの時刻がないため、もう吹いているとみなします)"
                .to_owned()
        } else {
            "暴風の中の移動は危険です".to_owned()
        });
    }
    if let (Some(arrival), Some(deadline)) = (&deadlines.arrival, &deadlines.everybody) {
        let moving_min: f64 = deadline
            .terms
            .iter()
            .filter(|term| matches!(term.name, TermName::Preparation | TermName::Travel))
            .map(|term| term.middle_min)
            .sum();
        let left_min = arrival.early.duration_since(outlook.as_of).as_secs_f64() / 60.0;
        if left_min < moving_min {
            found.push(format!(
                "水が来るまで早ければ{:.0}分で、準備と移動の{moving_min:.0}分に足りません",
                left_min.max(0.0)
            ));
        }
    }
    found
}

/// What people are told to do, in Japanese. Level 5 never sends anybody to a shelter; level 3 speaks to those who need time and to
/// the others apart.
pub fn words(level: OrderLevel, hazard: Hazard, action: &Action) -> String {
    match (level, action.mode) {
        (OrderLevel::EmergencySafety, _) => match hazard {
            Hazard::Landslide => "命の危険。直ちに安全を確保してください。崖や沢から少しでも離れた近くの頑丈な建物へ、それも危険なら建物の中で崖から離れた部屋へ移ってください。".to_owned(),
            Hazard::Tsunami => "命の危険。直ちに、いまいる所から少しでも高い所へ移ってください。".to_owned(),
            _ => "命の危険。直ちに安全を確保してください。いまいる建物の上の階や、近くの頑丈な高い建物など、少しでも安全な所へ移ってください。".to_owned(),
        },
        (_, Mode::Stay) => "想定区域の外では、避難の必要はありません。".to_owned(),
        (OrderLevel::ElderlyEvacuation, mode) => format!(
            "高齢の方、障害のある方など避難に時間のかかる方とその支援者は、{}。そのほかの方は、避難の準備をし、不安を感じたら早めに避難してください。",
            way(mode)
        ),
        (OrderLevel::EvacuationOrder, mode) => format!("危険な場所にいる方は全員、{}。", way(mode)),
    }
}

fn way(mode: Mode) -> &'static str {
    match mode {
        Mode::UpperFloor => {
            "家屋倒壊のおそれがなく、浸水しない部屋と備えがある場合は上の階で安全を確保し、そうでない場合は直ちに避難してください"
        }
        _ => "危険な場所から避難してください",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_five_sends_nobody_to_a_shelter() {
        for hazard in Hazard::ALL {
            for mode in [Mode::Stay, Mode::Leave, Mode::UpperFloor, Mode::SecureNow] {
                let action = Action {
                    mode,
                    may_stay: 0,
                    must_leave: 1,
                    conditions: None,
                    why: Vec::new(),
                };
                let words = words(OrderLevel::EmergencySafety, hazard, &action);
                for shelter in ["避難所", "避難場所", "立退き"] {
                    assert!(!words.contains(shelter), "{words}");
                }
            }
        }
    }
}
