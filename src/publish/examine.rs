//! What the service knows around a notice, for the checks of `hinan_notice::check`.

use std::collections::{BTreeMap, BTreeSet};

use geo::{BoundingRect as _, CoordsIter as _};
use hinan_gis::{Hazard as SiteHazard, Town};
use hinan_notice::check::{
    Finding, Severity, Shelter, ShelterState, Subject, Surroundings, Unit, examine,
};
use hinan_recommend::LeftOut;
use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::approve::facts::{Facts, Hazard};
use crate::approve::notice::{Approved, Notice};
use crate::recommend::cause;
use crate::recommend::proposal::Proposal;
use crate::recommend::told;

/// What a text is looked at beside.
pub struct Beside<'b> {
    /// Orders in force.
    pub live: &'b [Notice<Approved>],
    /// The proposal that the text answers.
    pub decided_on: Option<&'b Proposal>,
    /// Every proposal that waits for a decision.
    pub open: &'b [Proposal],
    /// Why the officer decides so, in words of their own; empty where a line was only adopted.
    pub own_words: &'b str,
}

/// What is wrong with a text that was put on screen at its time `sent`.
#[must_use]
pub fn findings<S>(app: &App, notice: &Notice<S>, beside: &Beside<'_>) -> Vec<Finding> {
    let (facts, document) = (notice.content().facts(), notice.content().document());
    let texts = app.dispatch.texts(facts);
    let subject = Subject {
        facts,
        texts: &texts,
        document_bytes: document.len(),
        now: officers_now(app, facts.sent),
    };
    examine(&subject, &around(app, facts, beside))
}

/// The sentences of those that block, or nothing.
#[must_use]
pub fn blocking(findings: &[Finding]) -> Option<String> {
    let blocks: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Blocks)
        .map(|finding| finding.ja.as_str())
        .collect();
    (!blocks.is_empty()).then(|| format!("発表できません。{}", blocks.join("。")))
}

/// Those that warn: the officer sees them and decides.
#[must_use]
pub fn warning(findings: Vec<Finding>) -> Vec<Finding> {
    findings
        .into_iter()
        .filter(|finding| finding.severity == Severity::Warns)
        .collect()
}

/// In a replay an officer's minute is still a minute: a text is as old as it lay before them.
fn officers_now(app: &App, sent: Timestamp) -> Timestamp {
    let passed_s = app.clock.now().duration_since(sent).as_secs_f64() / app.clock.speed();
    SignedDuration::try_from_secs_f64(passed_s)
        .ok()
        .and_then(|passed| sent.checked_add(passed).ok())
        .unwrap_or(sent)
}

/// The sites that the shelter desk says are open now, and that are not full by its count. Only these are named in a text.
#[must_use]
pub fn open_sites(app: &App) -> BTreeSet<String> {
    let picture = app.picture();
    let advice = &picture.advice;
    let is_open = |site: &&hinan_gis::Shelter| {
        let word = advice.told.shelter(&site.id, advice.outlook.as_of);
        word.is_some_and(|word| {
            word.state == told::ShelterState::Open && !word.is_full(site.capacity)
        })
    };
    let sites = app.town().shelters.iter();
    sites.filter(is_open).map(|site| site.id.clone()).collect()
}

fn around<'s>(app: &App, facts: &Facts, beside: &Beside<'s>) -> Surroundings<'s> {
    let town = app.town();
    Surroundings {
        live: beside
            .live
            .iter()
            .map(|notice| notice.content().facts())
            .collect(),
        units: units(app, facts, beside),
        shelters: shelters(app, facts.hazard),
        sites_near: beside
            .decided_on
            .into_iter()
            .flat_map(|proposal| &proposal.shelters)
            .map(|site| (site.id.clone(), site.name.clone()))
            .collect(),
        town_box: town.outline.bounding_rect().map(|found| {
            let (min, max) = (found.min(), found.max());
            [min.x, min.y, max.x, max.y]
        }),
        left_out_because: beside.own_words.to_owned(),
        observed_at: beside
            .decided_on
            .and_then(|proposal| observed_at(app, proposal)),
        area_mail: app.dispatch.limits().clone(),
        area_mail_is_sent: !app.config.publish.area_mail.dir.as_os_str().is_empty(),
    }
}

/// Every issuing unit with the highest level that is advised for it now against this river: by what waits for a decision
/// and by the latest picture.
fn units(app: &App, facts: &Facts, beside: &Beside<'_>) -> BTreeMap<String, Unit> {
    let picture = app.picture();
    let mut advised: BTreeMap<&str, u8> = BTreeMap::new();
    // What a colleague asks for of their own accord is no danger that the system sees; it holds up nobody else's text.
    let advised_now = beside.open.iter().chain(&picture.advice.proposals);
    let proposals = beside
        .decided_on
        .into_iter()
        .chain(advised_now.filter(|proposal| proposal.judgement.is_none()));
    for proposal in proposals.filter(|proposal| proposal.key.river == cause::of_facts(facts)) {
        for concerned in &proposal.districts {
            let level = advised.entry(&concerned.id).or_default();
            *level = (*level).max(proposal.key.level.number());
        }
    }
    // Who is left out of what is decided on though the hazard is as likely there needs a reason as much as who is advised the same.
    let left_out = beside.decided_on.into_iter().flat_map(|of| &of.left_out);
    for one in left_out.filter(|one| one.why == LeftOut::AsLikely) {
        let level = advised.entry(&one.id).or_default();
        *level = (*level).max(facts.level.number());
    }
    let neighbours = app.neighbours();
    let districts = &app.town().districts;
    districts
        .iter()
        .map(|district| {
            let unit = Unit {
                name: district.name.clone(),
                name_en: district.name_en.clone(),
                advised_level: advised.get(district.id.as_str()).copied().unwrap_or(0),
                neighbours: neighbours.get(&district.id).cloned().unwrap_or_default(),
            };
            (district.id.clone(), unit)
        })
        .collect()
}

/// Which units lie beside which: those whose outlines share a corner, to about a metre.
#[must_use]
pub fn neighbours(town: &Town) -> BTreeMap<String, Vec<String>> {
    let mut at: BTreeMap<(i64, i64), BTreeSet<&str>> = BTreeMap::new();
    for district in &town.districts {
        for point in district.outline.coords_iter() {
            at.entry((rounded(point.x), rounded(point.y)))
                .or_default()
                .insert(&district.id);
        }
    }
    let mut beside: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for units in at.values().filter(|units| units.len() > 1) {
        for unit in units {
            let others = units.iter().filter(|other| *other != unit);
            beside
                .entry((*unit).to_owned())
                .or_default()
                .extend(others.map(|other| (*other).to_owned()));
        }
    }
    beside
        .into_iter()
        .map(|(unit, others)| (unit, others.into_iter().collect()))
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "degrees times 100,000 are far from the limits"
)]
fn rounded(degrees: f64) -> i64 {
    (degrees * 1e5).round() as i64
}

/// Every site of the list. Whether one is open the shelter desk says; where it did not, that is said, not assumed.
fn shelters(app: &App, hazard: Hazard) -> BTreeMap<String, Shelter> {
    let (town, picture) = (app.town(), app.picture());
    let advice = &picture.advice;
    let told = |site: &hinan_gis::Shelter| {
        let word = advice.told.shelter(&site.id, advice.outlook.as_of);
        match word.map(|word| (word.state, word.is_full(site.capacity))) {
            None => ShelterState::Unknown,
            Some((_, true)) => ShelterState::Full,
            Some((told::ShelterState::Open | told::ShelterState::Full, false)) => {
                ShelterState::Open
            }
            Some((told::ShelterState::Closed | told::ShelterState::Unreachable, false)) => {
                ShelterState::Closed
            }
        }
    };
    let kind = match hazard {
        Hazard::Flood => SiteHazard::Flood,
        Hazard::InlandFlood => SiteHazard::InlandFlood,
        Hazard::Landslide => SiteHazard::Landslide,
        Hazard::StormSurge => SiteHazard::StormSurge,
        Hazard::Tsunami => SiteHazard::Tsunami,
    };
    town.shelters
        .iter()
        .map(|site| {
            let valid = site.approved_for.contains(&kind);
            let shelter = Shelter {
                state: told(site),
                valid_for_hazard: valid,
                inside_hazard: valid && !app.reference.core.is_usable(site, kind, town),
            };
            (site.id.clone(), shelter)
        })
        .collect()
}

fn observed_at(app: &App, proposal: &Proposal) -> Option<Timestamp> {
    if proposal.judgement.is_some() {
        // It rests on no gauge; the one beside it is only shown.
        return None;
    }
    let picture = app.picture();
    let gauge = picture.advice.outlook.gauges.get(&proposal.gauge)?;
    Some(gauge.observed?.at)
}
