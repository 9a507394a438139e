//! Proposals and advice as they were written down while the service had six conditions of its own. They are read as they are and
//! never rewritten: what an officer saw and decided on stays, with its digest.

use std::sync::Arc;

use hinan_recommend::{
    Action, Answer, Condition, Deadlines, Finding, Held, Kind, Mark, Mode, Seen, SourceId, Test,
    TestResult, UnitAdvice, UnitId,
};
use jiff::Timestamp;
use serde::Deserialize;

use super::Recommendation;
use super::counter::Counter;
use super::level::{OrderLevel, advised};
use super::proposal::{ConcernedDistrict, Proposal, ProposalKey, ProposedShelter};
use crate::outlook::Assumed;

/// A rise was assumed to go on for so long, hours.
const WENT_ON_FOR_H: f64 = 3.0;

/// Reads a proposal of today or of before.
///
/// # Errors
/// What is wrong with it as one of today.
pub fn proposal(body: &str) -> Result<Proposal, serde_json::Error> {
    serde_json::from_str(body).or_else(|wrong| {
        serde_json::from_str::<ProposalThen>(body)
            .map(ProposalThen::now)
            .map_err(|_| wrong)
    })
}

/// Reads the advice of one moment, of today or of before.
///
/// # Errors
/// What is wrong with it as advice of today.
pub fn advice(body: &str, as_of: Timestamp) -> Result<Vec<Arc<Recommendation>>, serde_json::Error> {
    let today = serde_json::from_str::<Vec<Recommendation>>(body);
    let read = today.or_else(|wrong| {
        serde_json::from_str::<Vec<RecommendationThen>>(body)
            .map(|all| all.into_iter().map(|one| one.now(as_of)).collect())
            .map_err(|_| wrong)
    })?;
    Ok(read.into_iter().map(Arc::new).collect())
}

#[derive(Deserialize)]
struct ProposalThen {
    key: ProposalKey,
    river_en: String,
    as_of: Timestamp,
    gauge: String,
    districts: Vec<ConcernedDistrict>,
    met: Vec<Criterion>,
    examined: Vec<Criterion>,
    counter: Vec<Counter>,
    shelters: Vec<ProposedShelter>,
    reach_between: Option<(Timestamp, Option<Timestamp>)>,
}

impl ProposalThen {
    fn now(self) -> Proposal {
        Proposal {
            key: self.key,
            river_en: self.river_en,
            as_of: self.as_of,
            gauge: self.gauge,
            districts: self.districts,
            met: self.met.into_iter().map(Criterion::now).collect(),
            counter: self.counter,
            shelters: self.shelters,
            reach_between: self.reach_between,
            urgent: None,
            supported_at: None,
            beside: Vec::new(),
            names: Vec::new(),
            left_out: Vec::new(),
            ways: Vec::new(),
            waiting: Vec::new(),
            people: None,
            grounds: Vec::new(),
            examined_then: self.examined.into_iter().map(Criterion::now).collect(),
        }
    }
}

#[derive(Deserialize)]
struct RecommendationThen {
    district: String,
    river: String,
    river_en: String,
    level: OrderLevel,
    gauge: String,
    people_in_zone: u32,
    met: Vec<Criterion>,
    examined: Vec<Criterion>,
    counter: Vec<Counter>,
}

impl RecommendationThen {
    /// No deadline was worked out then, and the only way to be safe was to leave.
    fn now(self, as_of: Timestamp) -> Recommendation {
        let findings = self.examined.into_iter().map(Criterion::now).collect();
        Recommendation {
            advice: Arc::new(UnitAdvice {
                unit: UnitId::new(self.district.as_str()),
                kind: Kind::ForecastRiver,
                river: Some(self.river.clone()),
                level: advised(self.level),
                gauge: Some(SourceId::new(self.gauge.as_str())),
                people_at_risk: self.people_in_zone,
                findings: Arc::new(findings),
                counter: Vec::new(),
                deadlines: Deadlines {
                    as_of,
                    arrival: None,
                    chance: None,
                    everybody: None,
                    elderly: None,
                    waiting: Vec::new(),
                    waiting_elderly: Vec::new(),
                },
                action: Action {
                    mode: Mode::Leave,
                    may_stay: 0,
                    must_leave: self.people_in_zone,
                    conditions: None,
                    why: Vec::new(),
                },
                since: as_of,
                supported_at: as_of,
                beneath: Vec::new(),
            }),
            district: self.district,
            river: self.river,
            river_en: self.river_en,
            level: self.level,
            gauge: self.gauge,
            people_in_zone: self.people_in_zone,
            met: self.met.into_iter().map(Criterion::now).collect(),
            counter: self.counter,
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Rule {
    JudgementLevelReached,
    DangerExpected,
    RapidRise,
    DangerReached,
    OverflowExpected,
    OverflowLevelReached,
}

impl Rule {
    /// The word it was digested by, which stays the condition's name.
    fn word(self) -> &'static str {
        match self {
            Self::JudgementLevelReached => "judgement_level_reached",
            Self::DangerExpected => "danger_expected",
            Self::RapidRise => "rapid_rise",
            Self::DangerReached => "danger_reached",
            Self::OverflowExpected => "overflow_expected",
            Self::OverflowLevelReached => "overflow_level_reached",
        }
    }

    fn said(self) -> (OrderLevel, &'static str, &'static str) {
        use OrderLevel::{ElderlyEvacuation, EmergencySafety, EvacuationOrder};
        match self {
            Self::JudgementLevelReached => (
                ElderlyEvacuation,
                "避難判断水位に到達し上昇中",
                "Evacuation judgement level reached and still rising",
            ),
            Self::DangerExpected => (
                ElderlyEvacuation,
                "氾濫危険水位(なければ計画高水位)に達する見込み",
                "Danger level expected",
            ),
            Self::RapidRise => (
                ElderlyEvacuation,
                "氾濫注意水位を超え急激な水位上昇",
                "Above the caution level and rising fast",
            ),
            Self::DangerReached => (
                EvacuationOrder,
                "氾濫危険水位に到達",
                "Danger level reached",
            ),
            Self::OverflowExpected => (
                EvacuationOrder,
                "計画高水位に達する見込み",
                "Design high water expected",
            ),
            Self::OverflowLevelReached => (
                EmergencySafety,
                "計画高水位に到達",
                "Design high water reached",
            ),
        }
    }
}

#[derive(Deserialize)]
struct Criterion {
    rule: Rule,
    gauge: String,
    gauge_name: String,
    answer: Answer,
    value: Option<f64>,
    range_m: Option<(f64, f64)>,
    threshold: Option<f64>,
    mark_m: Option<f64>,
    mark: Option<String>,
    observed_at: Option<Timestamp>,
    lead_h: Option<u32>,
    #[serde(default)]
    assumed: Option<Assumed>,
}

impl Criterion {
    fn now(self) -> Finding {
        let (level, words, words_en) = self.rule.said();
        let mark = self.mark.as_deref().and_then(Mark::from_code);
        let marks: Vec<Mark> = mark.into_iter().collect();
        let test = match self.rule {
            Rule::JudgementLevelReached | Rule::DangerReached | Rule::OverflowLevelReached => {
                Test::GaugeAt { marks }
            }
            Rule::RapidRise => Test::Rise {
                m_per_h: self.threshold.unwrap_or_default(),
            },
            Rule::DangerExpected | Rule::OverflowExpected => Test::Forecast {
                marks,
                within_h: self.lead_h.unwrap_or_default(),
                chance: self.threshold.unwrap_or_default(),
            },
        };
        let rests_on = self.rests_on_assumption();
        Finding {
            condition: Arc::new(Condition {
                id: self.rule.word().to_owned(),
                kind: Kind::ForecastRiver,
                level: advised(level),
                words: words.to_owned(),
                words_en: words_en.to_owned(),
                all: vec![test],
            }),
            answer: self.answer,
            gauge: Some(SourceId::new(self.gauge.as_str())),
            tests: vec![TestResult {
                answer: self.answer,
                seen: Seen {
                    source: self.gauge_name,
                    value: self.value,
                    threshold: self.threshold,
                    at: self.observed_at,
                    mark: mark.zip(self.mark_m),
                    range_m: self.range_m,
                    assumed: self.assumed.map(|of| Held {
                        last_m: of.last_m,
                        at: of.at,
                        rise_m_per_h: of.rise_m_per_h,
                        goes_on_for_h: WENT_ON_FOR_H,
                    }),
                    assumed_m: self
                        .assumed
                        .filter(|_| rests_on)
                        .map(|assumed| assumed.level_m),
                    why: None,
                    between: None,
                    unheard: false,
                },
                inner: Vec::new(),
            }],
        }
    }

    /// Whether the answer rested on the assumption and not on what was measured.
    fn rests_on_assumption(&self) -> bool {
        let Some(assumed) = self.assumed.filter(|_| self.answer == Answer::Met) else {
            return false;
        };
        match self.rule {
            Rule::JudgementLevelReached | Rule::DangerReached | Rule::OverflowLevelReached => self
                .mark_m
                .is_some_and(|mark_m| assumed.alone_reaches(mark_m)),
            // A rise or a forecast is never measured at a gauge that does not speak.
            Rule::RapidRise | Rule::DangerExpected | Rule::OverflowExpected => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    /// As the service of before wrote it.
    const PROPOSAL: &str = r#"{"key":{"river":"札内川","level":"evacuation_order"},"river_en":"Satsunai River",
        "as_of":"2016-08-30T13:00:00Z","gauge":"nantaibashi",
        "districts":[{"id":"higashi","name":"東","name_en":"Higashi","people_in_zone":1200}],
        "met":[{"rule":"danger_reached","gauge":"nantaibashi","gauge_name":"南帯橋","answer":"met","value":31.2,"range_m":null,
                "threshold":31.0,"mark_m":31.0,"mark":"danger","observed_at":"2016-08-30T13:00:00Z","lead_h":null},
               {"rule":"overflow_expected","gauge":"nantaibashi","gauge_name":"南帯橋","answer":"met","value":0.42,
                "range_m":[31.1,32.9],"threshold":0.3,"mark_m":32.0,"mark":"design_high_water",
                "observed_at":"2016-08-30T13:00:00Z","lead_h":6}],
        "examined":[{"rule":"overflow_level_reached","gauge":"nantaibashi","gauge_name":"南帯橋","answer":"not_met","value":31.2,
                "range_m":null,"threshold":32.0,"mark_m":32.0,"mark":"design_high_water",
                "observed_at":"2016-08-30T13:00:00Z","lead_h":null}],
        "counter":[{"kind":"overflow_only"}],"shelters":[],"reach_between":null}"#;

    #[test]
    fn a_proposal_of_before_is_read_and_keeps_its_digest() {
        let read = proposal(PROPOSAL).expect("it is one of before");
        // What was digested then: river and level, districts, each rule with its gauge.
        let bytes = r#"[{"river":"札内川","level":"evacuation_order"},["higashi"],[["danger_reached","nantaibashi"],["overflow_expected","nantaibashi"]]]"#;
        assert_eq!(read.substance(), Digest::of(bytes.as_bytes()));
        assert_eq!(read.examined().len(), 1);
        let said: Vec<String> = read.met.iter().flat_map(Finding::sentences).collect();
        assert!(
            said[0].contains("31.20 m") && said[0].contains("氾濫危険水位 31.00 m"),
            "{said:?}"
        );
        assert!(said[1].contains("42%"), "{said:?}");
        assert!(read.met[0].is_observed() && !read.met[1].is_observed());
    }

    #[test]
    fn what_is_neither_of_today_nor_of_before_says_what_is_wrong_with_it() {
        let broken = PROPOSAL.replacen("\"districts\"", "\"distrcits\"", 1);
        let wrong = proposal(&broken).expect_err("no districts").to_string();
        assert!(!wrong.is_empty());
    }
}
