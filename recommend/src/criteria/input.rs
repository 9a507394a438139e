//! What a test asks the world for, so that what nobody tells a service is told apart from what it watches.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Criteria, Test};
use crate::outlook::RiskMap;

/// One kind of information that tests rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// 水位とその予測
    Levels,
    /// 指定河川洪水予報
    RiverWarnings,
    /// 大雨・土砂災害・高潮の警報
    Warnings,
    /// 夜間から明け方の見込み
    Overnight,
    /// これからの見込み(警報を含む)
    Expected,
    /// 暴風警報
    Storm,
    /// 土砂キキクル
    LandslideMap,
    /// 浸水キキクル
    InundationMap,
    /// 洪水キキクル
    FloodMap,
    /// 水害リスクライン
    RiverLine,
    /// 雨量計の雨量
    Rain,
    /// 予想雨量
    RainAhead,
    /// 記録的短時間大雨情報
    RecordRain,
    /// 現地の報告
    Reports,
    /// 津波警報・注意報
    Tsunami,
    /// 震度
    Shaking,
}

impl Input {
    /// In the officers' words.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Levels => "水位とその予測",
            Self::RiverWarnings => "指定河川洪水予報",
            Self::Warnings => "大雨・土砂災害・高潮の警報",
            Self::Overnight => "夜間から明け方の見込み",
            Self::Expected => "大雨・土砂災害・高潮のこれからの見込み",
            Self::Storm => "暴風警報",
            Self::LandslideMap => "土砂キキクル",
            Self::InundationMap => "浸水キキクル",
            Self::FloodMap => "洪水キキクル",
            Self::RiverLine => "水害リスクライン",
            Self::Rain => "雨量計の雨量",
            Self::RainAhead => "予想雨量",
            Self::RecordRain => "記録的短時間大雨情報",
            Self::Reports => "現地の報告",
            Self::Tsunami => "津波警報・注意報",
            Self::Shaking => "震度",
        }
    }
}

impl From<RiskMap> for Input {
    fn from(map: RiskMap) -> Self {
        match map {
            RiskMap::Landslide => Self::LandslideMap,
            RiskMap::Inundation => Self::InundationMap,
            RiskMap::Flood => Self::FloodMap,
            RiskMap::RiverLine => Self::RiverLine,
        }
    }
}

impl Test {
    /// What it rests on; nothing for groups, whose tests each rest on something.
    pub fn input(&self) -> Option<Input> {
        Some(match self {
            Self::GaugeAt { .. }
            | Self::LevelAt { .. }
            | Self::Rising
            | Self::Rise { .. }
            | Self::Forecast { .. }
            | Self::Deadline { .. } => Input::Levels,
            Self::River { .. } => Input::RiverWarnings,
            Self::Warning { .. } => Input::Warnings,
            Self::Night { .. } | Self::Overnight { .. } => Input::Overnight,
            Self::Expected { .. } => Input::Expected,
            Self::Storm => Input::Storm,
            Self::RiskMap { map, .. } => Input::from(*map),
            Self::Rain { ahead: false, .. } => Input::Rain,
            Self::Rain { ahead: true, .. } => Input::RainAhead,
            Self::RecordRain => Input::RecordRain,
            Self::Report { .. } => Input::Reports,
            Self::Tsunami { .. } => Input::Tsunami,
            Self::Shaking { .. } => Input::Shaking,
            Self::AnyOf { .. } | Self::AllOf { .. } => return None,
        })
    }

    /// Whether it can hold at all where nobody tells these: a group of alternatives while one of them can.
    pub fn can_hold_without(&self, unheard: &BTreeSet<Input>) -> bool {
        match self {
            Self::AnyOf { tests } => tests.iter().any(|test| test.can_hold_without(unheard)),
            Self::AllOf { tests } => tests.iter().all(|test| test.can_hold_without(unheard)),
            single => single.input().is_none_or(|input| !unheard.contains(&input)),
        }
    }

    /// The same without the alternatives that cannot hold.
    pub(crate) fn watched(&self, unheard: &BTreeSet<Input>) -> Self {
        match self {
            Self::AnyOf { tests } => Self::AnyOf {
                tests: tests
                    .iter()
                    .filter(|test| test.can_hold_without(unheard))
                    .map(|test| test.watched(unheard))
                    .collect(),
            },
            Self::AllOf { tests } => Self::AllOf {
                tests: tests.iter().map(|test| test.watched(unheard)).collect(),
            },
            single => single.clone(),
        }
    }
}

/// Everything that tests rest on, in groups too.
pub(super) fn inputs_of(tests: &[Test], found: &mut BTreeSet<Input>) {
    for test in tests {
        match test {
            Test::AnyOf { tests } | Test::AllOf { tests } => inputs_of(tests, found),
            single => found.extend(single.input()),
        }
    }
}

impl Criteria {
    /// What conditions and postures rest on, each with the ids that name it, in the order of the file.
    pub fn inputs(&self) -> BTreeMap<Input, Vec<String>> {
        let mut by_input: BTreeMap<Input, Vec<String>> = BTreeMap::new();
        let conditions = self.conditions.iter().map(|one| (&one.id, &one.all));
        let postures = self.postures.iter().map(|one| (&one.id, &one.all));
        for (id, tests) in conditions.chain(postures) {
            let mut found = BTreeSet::new();
            inputs_of(tests, &mut found);
            for input in found {
                by_input.entry(input).or_default().push(id.clone());
            }
        }
        by_input
    }

    /// Hours over which some condition asks how much rain fell.
    pub fn rain_hours(&self) -> BTreeSet<u32> {
        fn add(tests: &[Test], found: &mut BTreeSet<u32>) {
            for test in tests {
                match test {
                    Test::Rain {
                        hours,
                        ahead: false,
                        ..
                    } => {
                        found.insert(*hours);
                    }
                    Test::AnyOf { tests } | Test::AllOf { tests } => add(tests, found),
                    _ => {}
                }
            }
        }
        let mut found = BTreeSet::new();
        for condition in &self.conditions {
            add(&condition.all, &mut found);
        }
        found
    }

    /// Conditions and postures that can never hold where nobody tells these, by id, in the order of the file.
    pub fn never_met(&self, unheard: &BTreeSet<Input>) -> Vec<&str> {
        let conditions = self.conditions.iter().map(|one| (&one.id, &one.all));
        let postures = self.postures.iter().map(|one| (&one.id, &one.all));
        conditions
            .chain(postures)
            .filter(|(_, tests)| !tests.iter().all(|test| test.can_hold_without(unheard)))
            .map(|(id, _)| id.as_str())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::JmaLevel;

    fn line(level: u8) -> Test {
        Test::RiskMap {
            map: RiskMap::Flood,
            level: JmaLevel::new(level).expect("a level of the agency"),
        }
    }

    #[test]
    fn one_alternative_that_is_watched_keeps_a_group_watched_and_one_of_all_that_is_not_shuts_it() {
        let unheard = BTreeSet::from([Input::FloodMap]);
        let any = Test::AnyOf {
            tests: vec![Test::Rise { m_per_h: 0.5 }, line(3)],
        };
        let all = Test::AllOf {
            tests: vec![Test::Rise { m_per_h: 0.5 }, line(3)],
        };
        assert!(any.can_hold_without(&unheard));
        assert!(!all.can_hold_without(&unheard));
        assert!(all.can_hold_without(&BTreeSet::new()));
        assert!(!any.watched(&unheard).japanese().contains("キキクル"));
    }

    #[test]
    fn of_the_national_criteria_those_that_rest_on_maps_alone_are_named_as_never_met() {
        let national = Criteria::national();
        let unheard = BTreeSet::from([Input::FloodMap, Input::RiverLine]);
        let never = national.never_met(&unheard);
        assert!(never.contains(&"fr3-line") && never.contains(&"wr5-map"));
        assert!(!never.contains(&"wr3-rapid"), "a fast rise is watched");
        assert!(!never.contains(&"fr5-rain"), "a gauge narrows it, too");
        assert!(national.never_met(&BTreeSet::new()).is_empty());
        assert!(national.inputs()[&Input::FloodMap].contains(&"wr3-rapid".to_owned()));
    }
}
