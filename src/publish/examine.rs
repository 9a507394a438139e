//! What the service knows around a notice, for the checks of `hinan_notice::check`.

use std::collections::BTreeMap;

use geo::BoundingRect as _;
use hinan_gis::{Hazard as SiteHazard, Town};
use hinan_notice::check::{
    Finding, Severity, Shelter, ShelterState, Subject, Surroundings, Unit, examine,
};
use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::approve::facts::{Facts, Hazard};
use crate::approve::notice::{Approved, Notice};
use crate::recommend::proposal::Proposal;

/// What is wrong with a text that was put on screen at its time `sent`. `live` are the orders in force, `decided_on` the
/// proposal that it answers.
#[must_use]
pub fn findings<S>(
    app: &App,
    notice: &Notice<S>,
    live: &[Notice<Approved>],
    decided_on: Option<&Proposal>,
) -> Vec<Finding> {
    let (facts, document) = (notice.content().facts(), notice.content().document());
    let texts = app.dispatch.texts(facts);
    let subject = Subject {
        facts,
        texts: &texts,
        document_bytes: document.len(),
        now: officers_now(app, facts.sent),
    };
    examine(&subject, &around(app, facts, live, decided_on))
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

/// The sentences of those that warn.
#[must_use]
pub fn warning(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .filter(|finding| finding.severity == Severity::Warns)
        .map(|finding| finding.ja.clone())
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

fn around<'s>(
    app: &App,
    facts: &Facts,
    live: &'s [Notice<Approved>],
    decided_on: Option<&Proposal>,
) -> Surroundings<'s> {
    let town = app.town();
    Surroundings {
        live: live.iter().map(|notice| notice.content().facts()).collect(),
        units: units(town, decided_on),
        shelters: shelters(town, facts.hazard),
        town_box: town.outline.bounding_rect().map(|found| {
            let (min, max) = (found.min(), found.max());
            [min.x, min.y, max.x, max.y]
        }),
        // The sheet has no field for it: what is advised is decided whole, or the rest stays in the inbox.
        left_out_because: String::new(),
        observed_at: decided_on.and_then(|proposal| observed_at(app, proposal)),
        area_mail: app.dispatch.limits().clone(),
        area_mail_is_sent: !app.config.publish.area_mail.dir.as_os_str().is_empty(),
    }
}

/// Every issuing unit; what is advised for it is what the proposal in question advises.
fn units(town: &Town, decided_on: Option<&Proposal>) -> BTreeMap<String, Unit> {
    town.districts
        .iter()
        .map(|district| {
            let advised = decided_on.filter(|proposal| {
                proposal
                    .districts
                    .iter()
                    .any(|concerned| concerned.id == district.id)
            });
            let unit = Unit {
                name: district.name.clone(),
                advised_level: advised.map_or(0, |proposal| proposal.key.level.number()),
                neighbours: Vec::new(),
            };
            (district.id.clone(), unit)
        })
        .collect()
}

/// Every site of the list. Whether one is open nobody has told the service: that is said, not assumed.
fn shelters(town: &Town, hazard: Hazard) -> BTreeMap<String, Shelter> {
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
                state: ShelterState::Unknown,
                valid_for_hazard: valid,
                inside_hazard: valid && !site.usable_for(kind, town.shelter_rule),
            };
            (site.id.clone(), shelter)
        })
        .collect()
}

fn observed_at(app: &App, proposal: &Proposal) -> Option<Timestamp> {
    let picture = app.picture();
    let gauge = picture.advice.outlook.gauges.get(&proposal.gauge)?;
    Some(gauge.observed?.at)
}
