//! From a proposal and an officer's choice to the facts of a notice.
//!
//! A notice states the order, its place and the observed fact it rests on. It never states a prediction of
//! ours: that is advice to officers, and forecasts to the public are the Meteorological Agency's.

use std::collections::BTreeSet;

use geo::simplify::Simplify as _;
use hinan_gis::Town;
use hinan_recommend::{Answer, SourceId, Test, Tier};
use jiff::{SignedDuration, Timestamp};

use super::facts::{Certainty, Correction, Facts, Kind, NamedShelter, NoticeDistrict, Reference};
use super::notice::NoticeId;
use crate::clock::{spoken, spoken_en};
use crate::config::Publish;
use crate::outlook::GaugeOutlook;
use crate::realm::Realm;
use crate::recommend::cause;
use crate::recommend::level::OrderLevel;
use crate::recommend::proposal::{Proposal, ProposedShelter};

/// Outlines in notices are simplified to about this, in degrees (some 30 m): receivers limit vertices.
const OUTLINE_TOLERANCE_DEG: f64 = 0.0003;
/// Shelters named in one notice.
const SHELTERS_MAX: usize = 6;

/// What an officer decided to issue.
pub struct Choice {
    /// The officer's level; it may differ from the proposed one.
    pub level: OrderLevel,
    /// Identifier, made by the caller from chance.
    pub id: NoticeId,
    /// When the text is put on screen.
    pub at: Timestamp,
    /// Notices for the same river that are live now.
    pub replaces: Vec<Reference>,
    /// How long it shall hold, hours; nothing = as the town has it.
    pub valid_h: Option<u32>,
    /// Sites that the shelter desk says are open (開設). No other is named: whoever walks to a door that is shut is worse off than one
    /// who was told of none.
    pub open: BTreeSet<String>,
}

impl Choice {
    /// When it ends by itself.
    fn expires(&self, publish: &Publish) -> Timestamp {
        let hours = self.valid_h.unwrap_or(publish.expires_after_h);
        whole_second(self.at) + SignedDuration::from_hours(i64::from(hours))
    }
}

/// The places that a text of this level names, of those that are near: open ones, and at level 5, which says that leaving may be the
/// greater danger, none.
pub fn destinations<'s>(
    level: OrderLevel,
    near: &'s [ProposedShelter],
    open: &'s BTreeSet<String>,
) -> impl Iterator<Item = &'s ProposedShelter> {
    near.iter()
        .filter(move |shelter| level != OrderLevel::EmergencySafety && open.contains(&shelter.id))
        .take(SHELTERS_MAX)
}

/// The facts of a new order.
#[must_use]
pub fn issue(
    realm: Realm,
    town: &Town,
    publish: &Publish,
    proposal: &Proposal,
    gauge: Option<&GaugeOutlook>,
    choice: Choice,
) -> Facts {
    let river = cause::is_river(&proposal.key.river);
    let expires = choice.expires(publish);
    let (ground, ground_en) = ground(proposal, gauge);
    let districts = proposal
        .districts
        .iter()
        .map(|concerned| NoticeDistrict {
            id: concerned.id.clone(),
            name: concerned.name.clone(),
            kana: town
                .district(&concerned.id)
                .and_then(|district| district.kana.clone()),
            name_en: concerned.name_en.clone(),
            rings: rings(town, &concerned.id),
        })
        .collect();
    let shelters = destinations(choice.level, &proposal.shelters, &choice.open)
        .map(|shelter| NamedShelter {
            id: shelter.id.clone(),
            name: shelter.name.clone(),
        })
        .collect();
    Facts {
        id: choice.id,
        realm,
        kind: Kind::Issue,
        town_code: town.code.clone(),
        town: town.name.clone(),
        town_en: town.name_en.clone(),
        level: choice.level,
        hazard: cause::notice_hazard(&proposal.key.river),
        // Where no river is meant none is named.
        river: if river {
            proposal.key.river.clone()
        } else {
            String::new()
        },
        river_en: if river {
            proposal.river_en.clone()
        } else {
            String::new()
        },
        districts,
        people_in_zone: proposal.people_in_zone(),
        shelters,
        ground,
        ground_en,
        certainty: certainty(proposal),
        replaces: choice.replaces,
        sent: whole_second(choice.at),
        expires,
        sender: publish.sender.clone(),
        sender_name: sender_name(publish, town),
        public_url: publish.public_url.clone(),
        note: String::new(),
        corrects: None,
        earlier: Vec::new(),
    }
}

/// The facts that end an order: lifted because it is over, or cancelled because it was wrong.
#[must_use]
pub fn end(
    order: &Facts,
    kind: Kind,
    id: NoticeId,
    at: Timestamp,
    live: Vec<Reference>,
    note: String,
) -> Facts {
    let mut facts = order.clone();
    facts.id = id;
    facts.kind = kind;
    facts.sent = whole_second(at);
    facts.expires = whole_second(at) + SignedDuration::from_hours(72);
    facts.replaces = live;
    facts.shelters.clear();
    facts.note = note;
    // What ends a correction corrects nothing.
    facts.corrects = None;
    facts.earlier.clear();
    facts
}

/// What a correction says of itself to whoever reads only its note.
const CORRECTED: &str = "先にお知らせした内容に誤りがありました。この内容に訂正します。";

/// The facts of an order that takes the place of one that was wrong (訂正): `anew` is what is said instead. The units that the wrong
/// one named and this one does not are told of.
#[must_use]
pub fn correct(order: &Facts, mut anew: Facts) -> Facts {
    let left_out: Vec<NoticeDistrict> = order
        .districts
        .iter()
        .filter(|wrong| anew.districts.iter().all(|right| right.id != wrong.id))
        .map(|wrong| NoticeDistrict {
            rings: Vec::new(),
            ..wrong.clone()
        })
        .collect();
    anew.note = CORRECTED.to_owned();
    if !left_out.is_empty() {
        let names: Vec<&str> = left_out.iter().map(|d| d.name.as_str()).collect();
        anew.note
            .push_str(&format!("誤りだった地区: {}", names.join("、")));
    }
    anew.corrects = Some(Correction {
        notice: order.id.clone(),
        left_out,
    });
    anew
}

/// The same order said again, for where no recommendation says it otherwise.
#[must_use]
pub fn again(order: &Facts, publish: &Publish, choice: Choice) -> Facts {
    let mut facts = order.clone();
    facts.expires = choice.expires(publish);
    facts.sent = whole_second(choice.at);
    facts.id = choice.id;
    facts.level = choice.level;
    facts.replaces = choice.replaces;
    facts.earlier.clear();
    facts.shelters.retain(|site| choice.open.contains(&site.id));
    facts
}

fn sender_name(publish: &Publish, town: &Town) -> String {
    if publish.sender_name.is_empty() {
        town.name.clone()
    } else {
        publish.sender_name.clone()
    }
}

/// CAP times have no fractions, and a half-minute lost is a half-minute lost: seconds stay.
fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// What was measured, reported or announced is observed. What is expected, worked out or assumed is likely only when it is more
/// likely than not.
fn certainty(proposal: &Proposal) -> Certainty {
    if proposal
        .met
        .iter()
        .any(hinan_recommend::Finding::is_observed)
    {
        return Certainty::Observed;
    }
    let forecast = proposal
        .met
        .iter()
        // What is assumed of a silent gauge is no forecast.
        .filter(|finding| !finding.rests_on_assumption())
        .filter_map(|finding| Some(finding.chance()?.0));
    let arrival = proposal
        .urgent
        .as_ref()
        .filter(|advice| {
            let of = advice.deadlines.arrival.as_ref();
            // Nor is what is carried on from a rate, nor what another gauge than the one that is spoken of may bring.
            of.is_some_and(|of| match of.tier {
                Tier::Official => true,
                Tier::Model | Tier::ModelPartly => {
                    of.gauge.as_ref().map(SourceId::as_str) == Some(proposal.gauge.as_str())
                }
                _ => false,
            })
        })
        .and_then(|advice| advice.deadlines.chance);
    if forecast.chain(arrival).any(|chance| chance > 0.5) {
        Certainty::Likely
    } else {
        Certainty::Possible
    }
}

/// What the order rests on, Japanese and English.
fn ground(proposal: &Proposal, gauge: Option<&GaugeOutlook>) -> (String, String) {
    if proposal.judgement.is_some() {
        return judged(proposal);
    }
    match told(proposal) {
        Some(told) => told,
        None if cause::is_river(&proposal.key.river) => measured(proposal, gauge),
        None => said_by_others(proposal),
    }
}

/// The ground of an order that an officer asked for of their own accord. What they wrote is for officers and the record: it may name
/// people, and no measured level stands behind it.
fn judged(proposal: &Proposal) -> (String, String) {
    let about = &proposal.key.river;
    if cause::is_river(about) {
        return (
            format!("{about}による洪水のおそれがあると、町が判断しました。"),
            format!(
                "The municipality judges that the {} may flood.",
                proposal.river_en
            ),
        );
    }
    (
        format!("{about}のおそれがあると、町が判断しました。"),
        format!("The municipality expects: {}.", proposal.river_en),
    )
}

/// What was reported or announced, where that alone brought the order and no level did: the calm level of some gauge is no ground
/// then. Who reported is not told to the public.
fn told(proposal: &Proposal) -> Option<(String, String)> {
    let holds = || {
        proposal.met.iter().flat_map(|finding| {
            let met = finding.leaves();
            met.filter(|(_, result)| result.answer == Answer::Met)
                .map(move |(test, result)| (finding, test, result))
        })
    };
    let by_level = holds().any(|(_, test, _)| {
        matches!(
            test,
            Test::GaugeAt { .. }
                | Test::LevelAt { .. }
                | Test::Forecast { .. }
                | Test::Rise { .. }
                | Test::Deadline { .. }
        )
    });
    if by_level {
        return None;
    }
    let (finding, test, result) = holds().max_by_key(|(_, _, result)| result.seen.at)?;
    let at = result.seen.at?;
    let (words, words_en) = (&finding.condition.words, &finding.condition.words_en);
    Some(match test {
        Test::Report { .. } => (
            format!(
                "{}に、{}について現地から報告がありました({words})。",
                spoken(at),
                proposal.key.river
            ),
            format!(
                "{}: reported on the spot at {} ({words_en}).",
                cause::place_en(&proposal.river_en),
                spoken_en(at)
            ),
        ),
        _ => (
            format!(
                "{}が{}に発表しています({words})。",
                result.seen.source,
                spoken(at)
            ),
            format!("Announced by the agency at {}: {words_en}.", spoken_en(at)),
        ),
    })
}

/// The observed fact, Japanese and English: whose level, when, which official level, and whether it rises. It says
/// "high" only from the caution level on, and names the river that the gauge really stands at.
fn measured(proposal: &Proposal, gauge: Option<&GaugeOutlook>) -> (String, String) {
    let Some((gauge, observed)) = gauge.and_then(|gauge| Some((gauge, gauge.observed?))) else {
        return (
            format!(
                "{}の水位を確認できない状態が続いています。",
                proposal.key.river
            ),
            format!(
                "The level of the {} cannot be observed at present.",
                proposal.river_en
            ),
        );
    };
    let reached = gauge
        .marks
        .named()
        .into_iter()
        .rfind(|(_, level)| observed.level_m >= *level);
    let high = reached.is_some_and(|(name, _)| name != "standby");
    let mark = match reached.map(|(name, _)| name) {
        None => ("", ""),
        Some("standby") => (
            "(水防団待機水位以上)",
            ", at or above the flood-fighting standby level",
        ),
        Some("caution") => (
            "(氾濫注意水位以上)",
            ", at or above the flood caution level",
        ),
        Some("evacuation_judgement") => (
            "(避難判断水位以上)",
            ", at or above the evacuation judgement level",
        ),
        Some("danger") => ("(氾濫危険水位以上)", ", at or above the flood danger level"),
        Some("overflow_start") => (
            "(氾濫開始相当水位以上)",
            ", at or above the level at which the river begins to overflow",
        ),
        Some(_) => (
            "(計画高水位以上)",
            ", at or above the design high water level",
        ),
    };
    let assumed = gauge.assumed(proposal.as_of);
    let may_have_risen = assumed.is_some_and(|assumed| assumed.is_worse());
    let trend = match gauge.rise_m_per_h {
        _ if gauge.is_silent() && may_have_risen => (
            "です。その後の水位は届いておらず、さらに上昇しているおそれがあります",
            "; no level has arrived since, and the water may have risen further",
        ),
        _ if gauge.is_silent() => (
            "です。その後の水位は届いていません",
            "; no level has arrived since",
        ),
        _ if gauge.is_held() => (
            "を示していますが、正しく測れていないおそれがあります",
            ", but the gauge may not be measuring correctly",
        ),
        Some(rise) if rise > 0.02 => ("で、上昇しています", ", and rising"),
        Some(rise) if rise < -0.02 && high => (
            "で、下がっていますが高い状態です",
            ", falling but still high",
        ),
        Some(rise) if rise < -0.02 => ("で、下がっています", ", and falling"),
        _ if high => ("で、高い状態です", ", and high"),
        _ => ("です", ""),
    };
    (
        format!(
            "{}の{}観測所の水位は、{}に{:.2} m{}{}。",
            gauge.river,
            gauge.name,
            spoken(observed.at),
            observed.level_m,
            mark.0,
            trend.0
        ),
        format!(
            "The {} stood at {:.2} m at the {} gauge at {}{}{}.",
            gauge.river_en,
            observed.level_m,
            gauge.name_en,
            spoken_en(observed.at),
            mark.1,
            trend.1
        ),
    )
}

/// The ground of an order without a river: what agencies announced or people reported, of the first condition that holds.
fn said_by_others(proposal: &Proposal) -> (String, String) {
    let condition = proposal.met.first().map(|finding| &finding.condition);
    let at = proposal
        .met
        .iter()
        .filter_map(hinan_recommend::Finding::newest_at)
        .max();
    match (condition, at) {
        (Some(condition), Some(at)) => (
            format!("判断の根拠: {}({})。", condition.words, spoken(at)),
            format!("Ground: {} ({}).", condition.words_en, spoken_en(at)),
        ),
        _ => (
            format!("{}のおそれを、町が判断しました。", proposal.key.river),
            format!("The municipality expects: {}.", proposal.river_en),
        ),
    }
}

/// Outer rings of a district, simplified, closed, longitude first.
fn rings(town: &Town, district: &str) -> Vec<Vec<[f64; 2]>> {
    let Some(district) = town.district(district) else {
        return Vec::new();
    };
    district
        .outline
        .iter()
        .map(|polygon| {
            let simple = polygon.exterior().simplify(OUTLINE_TOLERANCE_DEG);
            let ring = if simple.0.len() >= 4 {
                simple
            } else {
                polygon.exterior().clone()
            };
            ring.0
                .iter()
                .map(|c| [round6(c.x), round6(c.y)])
                .collect::<Vec<_>>()
        })
        .filter(|ring| ring.len() >= 4)
        .collect()
}

/// Six decimals, some 10 cm: enough, and the same text on every machine.
fn round6(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hinan_recommend::{Criteria, Finding, Seen, TestResult};

    use super::*;

    fn at() -> Timestamp {
        "2016-08-30T12:04:00Z".parse().expect("a time")
    }

    fn results(tests: &[Test], is: fn(&Test) -> bool, seen: &Seen) -> Vec<TestResult> {
        tests
            .iter()
            .map(|test| match test {
                Test::AnyOf { tests } | Test::AllOf { tests } => TestResult {
                    answer: Answer::Met,
                    seen: Seen::default(),
                    inner: results(tests, is, seen),
                },
                _ if is(test) => TestResult {
                    answer: Answer::Met,
                    seen: seen.clone(),
                    inner: Vec::new(),
                },
                _ => TestResult {
                    answer: Answer::NotMet,
                    seen: Seen::default(),
                    inner: Vec::new(),
                },
            })
            .collect()
    }

    /// A condition of the national model of which the first test of this kind holds, and nothing else.
    fn holds(id: &str, is: fn(&Test) -> bool, seen: &Seen) -> Finding {
        let criteria = Criteria::national();
        let condition = criteria.condition(id).expect("it is in the national model");
        Finding {
            tests: results(&condition.all, is, seen),
            condition: Arc::clone(condition),
            answer: Answer::Met,
            gauge: Some("obihiro".into()),
        }
    }

    fn proposal(met: Vec<Finding>) -> Proposal {
        let body = serde_json::json!({
            "key": { "river": "札内川", "level": OrderLevel::EmergencySafety }, "river_en": "Satsunai River",
            "as_of": at(), "gauge": "obihiro", "districts": [], "met": [], "counter": [], "shelters": [],
            "reach_between": null, "urgent": null
        });
        let mut proposal: Proposal = serde_json::from_value(body).expect("a proposal");
        proposal.met = met;
        proposal
    }

    fn seen(source: &str) -> Seen {
        Seen {
            source: source.to_owned(),
            at: Some(at()),
            value: Some(5.0),
            ..Seen::default()
        }
    }

    #[test]
    fn an_order_that_rests_on_a_report_gives_the_report_as_its_ground_and_not_who_made_it() {
        let report = |test: &Test| matches!(test, Test::Report { .. });
        let of = proposal(vec![holds("fr5-occurred", report, &seen("佐藤さん"))]);
        let (ja, en) = ground(&of, None);
        assert!(
            ja.contains("札内川について現地から報告がありました") && ja.contains("決壊"),
            "{ja}"
        );
        assert!(!ja.contains("佐藤") && !ja.contains("確認できない"), "{ja}");
        assert!(
            en.starts_with("Along the Satsunai River: reported on the spot"),
            "{en}"
        );
    }

    #[test]
    fn an_order_that_rests_on_the_agency_names_the_agency() {
        let river = |test: &Test| matches!(test, Test::River { .. });
        let of = proposal(vec![holds("fr5-official", river, &seen("帯広開発建設部"))]);
        let (ja, _) = ground(&of, None);
        assert!(
            ja.starts_with("帯広開発建設部が") && ja.contains("レベル5氾濫特別警報"),
            "{ja}"
        );
    }

    #[test]
    fn what_is_assumed_of_a_silent_gauge_goes_out_as_possible() {
        let forecast = |test: &Test| matches!(test, Test::Forecast { .. });
        let criteria = Criteria::national();
        let id = criteria
            .conditions
            .iter()
            .find(|condition| {
                let kind = condition.kind == hinan_recommend::Kind::ForecastRiver;
                kind && condition.all.iter().any(forecast)
            })
            .map(|condition| condition.id.clone())
            .expect("one rests on a forecast");
        let chance = |assumed_m| {
            let seen = Seen {
                value: Some(1.0),
                assumed_m,
                ..seen("帯広")
            };
            certainty(&proposal(vec![holds(&id, forecast, &seen)]))
        };
        assert_eq!(chance(None), Certainty::Likely);
        assert_eq!(chance(Some(41.0)), Certainty::Possible);
    }
}
