//! Proposals and advice as they were written down while the service had six conditions of its own. They are read as they are and
//! never rewritten: what an officer saw and decided on stays, with its digest.

use std::sync::Arc;

use hinan_recommend::{
    Action, Answer, Condition, Deadlines, FacilityAdvice, Finding, Held, Kind, Mark, Mode, Seen,
    SourceId, Test, TestResult, UnitAdvice, UnitId,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::Error as _;
use thiserror::Error;

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
            .map_err(|_| wrong)?
            .now()
            .map_err(serde_json::Error::custom)
    })
}

/// What stood at one moment: advice by district, and what facilities were told.
pub type Stood = (Vec<Arc<Recommendation>>, Vec<Arc<FacilityAdvice>>);

/// Reads what stood at one moment, of today or of before, when facilities were not written down with it.
///
/// # Errors
/// What is wrong with it as advice of today.
pub fn stood(body: &str, as_of: Timestamp) -> Result<Stood, serde_json::Error> {
    if body.trim_start().starts_with('{') {
        let StoodNow { advice, facilities } = serde_json::from_str(body)?;
        let advice = advice.into_iter().map(Arc::new).collect();
        return Ok((advice, facilities.into_iter().map(Arc::new).collect()));
    }
    let list = serde_json::from_str::<Vec<Recommendation>>(body);
    let read = list.or_else(|wrong| {
        let then: Vec<RecommendationThen> = serde_json::from_str(body).map_err(|_| wrong)?;
        let all = then.into_iter().map(|one| one.now(as_of));
        all.collect::<Result<_, _>>()
            .map_err(serde_json::Error::custom)
    })?;
    Ok((read.into_iter().map(Arc::new).collect(), Vec::new()))
}

#[derive(Deserialize)]
struct StoodNow {
    advice: Vec<Recommendation>,
    facilities: Vec<FacilityAdvice>,
}

/// An answer that was given without what it was compared with: damage, and never "compared with nothing".
#[derive(Debug, Error)]
#[error(
    "rule {rule}: answered without `{key}`; 受け付けるのは、比べた値のある答えか、不明 / accepted: an answer with what it was compared with, or unknown"
)]
struct Uncompared {
    rule: &'static str,
    key: &'static str,
}

/// Every criterion as a finding of today.
fn findings(all: Vec<Criterion>) -> Result<Vec<Finding>, Uncompared> {
    all.into_iter().map(Criterion::now).collect()
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
    fn now(self) -> Result<Proposal, Uncompared> {
        Ok(Proposal {
            key: self.key,
            river_en: self.river_en,
            as_of: self.as_of,
            gauge: self.gauge,
            districts: self.districts,
            met: findings(self.met)?,
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
            examined_then: findings(self.examined)?,
            derivation: None,
            judgement: None,
        })
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
    fn now(self, as_of: Timestamp) -> Result<Recommendation, Uncompared> {
        let examined = findings(self.examined)?;
        Ok(Recommendation {
            advice: Arc::new(UnitAdvice {
                unit: UnitId::new(self.district.as_str()),
                kind: Kind::ForecastRiver,
                river: Some(self.river.clone()),
                level: advised(self.level),
                gauge: Some(SourceId::new(self.gauge.as_str())),
                people_at_risk: self.people_in_zone,
                findings: Arc::new(examined.into_iter().map(Arc::new).collect()),
                counter: Vec::new(),
                deadlines: Arc::new(Deadlines {
                    as_of,
                    arrival: None,
                    chance: None,
                    everybody: None,
                    elderly: None,
                    waiting: Vec::new(),
                    waiting_elderly: Vec::new(),
                }),
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
            met: findings(self.met)?,
            counter: self.counter,
        })
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
    /// What was asked, with what it was compared with.
    fn test(&self) -> Result<Test, Uncompared> {
        let without = |key| Uncompared {
            rule: self.rule.word(),
            key,
        };
        let threshold = || self.threshold.ok_or_else(|| without("threshold"));
        let mark = self.mark.as_deref().and_then(Mark::from_code);
        let marks: Vec<Mark> = mark.into_iter().collect();
        Ok(match self.rule {
            Rule::JudgementLevelReached | Rule::DangerReached | Rule::OverflowLevelReached => {
                self.mark_m.map_or_else(threshold, Ok)?;
                Test::GaugeAt { marks }
            }
            Rule::RapidRise => Test::Rise {
                m_per_h: threshold()?,
            },
            Rule::DangerExpected | Rule::OverflowExpected => Test::Forecast {
                marks,
                within_h: self.lead_h.ok_or_else(|| without("lead_h"))?,
                chance: threshold()?,
            },
        })
    }

    fn now(self) -> Result<Finding, Uncompared> {
        let (level, words, words_en) = self.rule.said();
        let condition = |all| {
            Arc::new(Condition {
                id: self.rule.word().to_owned(),
                kind: Kind::ForecastRiver,
                level: advised(level),
                words: words.to_owned(),
                words_en: words_en.to_owned(),
                all,
            })
        };
        let test = match self.test() {
            Ok(test) => test,
            // Nothing could be said then, and what it would have been compared with was not written down.
            Err(_) if self.answer == Answer::Unknown => {
                return Ok(Finding {
                    condition: condition(Vec::new()),
                    answer: Answer::Unknown,
                    gauge: Some(SourceId::new(self.gauge.as_str())),
                    tests: Vec::new(),
                });
            }
            Err(wrong) => return Err(wrong),
        };
        let mark = self.mark.as_deref().and_then(Mark::from_code);
        let rests_on = self.rests_on_assumption();
        Ok(Finding {
            condition: condition(vec![test]),
            answer: self.answer,
            gauge: Some(SourceId::new(self.gauge.as_str())),
            tests: vec![TestResult {
                answer: self.answer,
                seen: Seen {
                    source: self.gauge_name,
                    value: self.value,
                    threshold: self.threshold,
                    at: self.observed_at,
                    made_at: None,
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
        })
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

    #[test]
    fn an_answer_without_what_it_was_compared_with_is_damage_and_an_unknown_one_stays_unknown() {
        let chance = "\"answer\":\"met\",\"value\":0.42,\n                \"range_m\":[31.1,32.9],\"threshold\":0.3";
        let with = |other: &str| PROPOSAL.replacen(chance, other, 1);
        let damaged = with(&chance.replace("0.3", "null"));
        assert_ne!(damaged, PROPOSAL);
        let wrong = proposal(&damaged).expect_err("met, compared with nothing");
        let wrong = wrong.to_string();
        assert!(
            wrong.contains("overflow_expected") && wrong.contains("threshold"),
            "{wrong}"
        );
        let unknown = with(r#""answer":"unknown","value":null,"range_m":null,"threshold":null"#);
        let read = proposal(&unknown).expect("nothing was known then");
        let finding = &read.met[1];
        assert_eq!(finding.answer, Answer::Unknown);
        let said = finding.sentences().join("");
        assert!(said.contains("不明") && !said.contains("0%"), "{said}");
        assert!(!finding.open_tests().join("").contains("0%"));
    }
}
