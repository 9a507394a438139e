//! GET /plain/r/{id}: one recommendation, with what speaks for it and against it.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::response::Html;
use hinan_dashboard::page;
use hinan_dashboard::view::{
    ChanceFact, DeadlineFact, Exposed, RecommendationView, ShelterRow, ShelterState, TimeTerm,
    WaitingRow,
};
use hinan_recommend::{Answer, Term, UnitAdvice, Waiting, action_words};

use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use super::{frame, gauges, inbox, lines};
use crate::app::App;
use crate::outlook::GaugeOutlook;
use crate::recommend::level::advised;
use crate::recommend::proposal::Proposal;
use crate::store::proposals::{ProposalState, StoredProposal};

/// The page.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    let now = app.clock.now();
    let (stored, open, live) = app.store.read(|view| {
        Ok((
            view.proposal(&id)?,
            view.open_proposals()?,
            view.live_notices(now)?,
        ))
    })?;
    let stored = stored.ok_or(Refusal::Unknown)?;
    // Whoever is already asked about, or ordered, as much or more is not left out.
    let level = stored.proposal.key.level;
    let mut covered: BTreeSet<String> = BTreeSet::new();
    for other in open
        .iter()
        .map(|s| &s.proposal)
        .filter(|p| p.key.level >= level)
    {
        covered.extend(other.districts.iter().map(|d| d.id.clone()));
    }
    for facts in live
        .iter()
        .map(|n| n.content().facts())
        .filter(|f| f.level >= level)
    {
        covered.extend(facts.districts.iter().map(|d| d.id.clone()));
    }
    Ok(Html(page::recommendation(
        &frame::officers(app, &who, None)?,
        &view(app, &stored, &covered),
    )))
}

fn view(app: &App, stored: &StoredProposal, covered: &BTreeSet<String>) -> RecommendationView {
    let proposal = &stored.proposal;
    let picture = app.picture();
    let gauge = picture.advice.outlook.gauges.get(&proposal.gauge);
    let chance = gauge.and_then(|gauge| chance(proposal, gauge));
    let upstream = app
        .town()
        .gauge(&proposal.gauge)
        .map(|site| site.upstream.clone())
        .unwrap_or_default();
    let charts = std::iter::once(&proposal.gauge)
        .chain(upstream.iter().take(1))
        .filter_map(|id| picture.advice.outlook.gauges.get(id))
        .map(|gauge| gauges::hydrograph(app, &picture, gauge))
        .collect();
    RecommendationView {
        id: stored.id.clone(),
        level: lines::level(proposal.key.level),
        hazard: "洪水".to_owned(),
        place: inbox::place(&proposal.key.river),
        districts: inbox::district_names(proposal),
        mode: proposal.urgent.as_deref().map(mode),
        made_at: stored.first_at,
        data_as_of: proposal.as_of,
        no_chance: chance.is_none().then(|| "予測モデルが使えないため、確率はありません".to_owned()),
        chance,
        crossing: inbox::crossing(proposal),
        decide_by: inbox::decide_by(proposal),
        time_terms: proposal
            .deadline()
            .map_or_else(Vec::new, |deadline| deadline.terms.iter().map(time_term).collect()),
        deadline: deadline(app, proposal),
        waiting: proposal
            .urgent
            .as_ref()
            .map_or_else(Vec::new, |advice| advice.deadlines.waiting.iter().map(waiting).collect()),
        exposed: Some(Exposed {
            people: u64::from(proposal.people_in_zone()),
            households: None,
            needing_help: None,
            shelter_users: None,
            basis: "想定最大規模の浸水想定区域にいる人数の推計(2010年国勢調査500mメッシュの面積按分・地区は近似)".to_owned(),
        }),
        charts,
        evidence: proposal.met.iter().map(|c| lines::evidence(c, proposal.as_of)).collect(),
        counter_evidence: proposal.counter.iter().map(|c| lines::counter_evidence(c, proposal.as_of)).collect(),
        shelters: shelters(app, proposal),
        official: Vec::new(),
        official_checked_at: None,
        would_change: would_change(proposal),
        left_out: left_out(app, proposal, covered),
        tier: gauge.map_or(hinan_dashboard::view::Tier::MarksOnly, lines::tier),
        model: format!("linfa 水位変化モデル({})", gauge.map_or("", |g| g.name.as_str())),
        record: gauge.and_then(|gauge| lines::record(gauge, 6)),
        state: inbox::state(stored),
        locked: (stored.state != ProposalState::Open).then(|| "この推奨は判断済み、または置き換え済みです".to_owned()),
    }
}

/// The complement: districts with people in the flood zone of the same river that neither this proposal nor
/// another one or an order of at least its level reaches.
fn left_out(app: &App, proposal: &Proposal, covered: &BTreeSet<String>) -> Vec<String> {
    app.town()
        .districts
        .iter()
        .filter(|d| {
            d.reaches
                .iter()
                .any(|reach| reach.river == proposal.key.river)
        })
        .filter(|d| !covered.contains(&d.id) && !proposal.districts.iter().any(|p| p.id == d.id))
        .map(|d| d.name.clone())
        .collect()
}

/// How to be safe, in the law's word and in one sentence.
fn mode(advice: &UnitAdvice) -> String {
    let words = action_words(advice.level, advice.hazard(), &advice.action);
    let why = advice.action.why.join("。");
    format!("{}: {words}({why})", advice.action.mode.japanese())
}

fn time_term(term: &Term) -> TimeTerm {
    TimeTerm {
        name: term.name.japanese().to_owned(),
        name_en: term.name.english().to_owned(),
        minutes: lines::whole(term.slow_min),
        note: term.note.clone(),
    }
}

/// What the deadline is made from, for the district where it comes first.
fn deadline(app: &App, proposal: &Proposal) -> Option<DeadlineFact> {
    let advice = proposal.urgent.as_ref()?;
    let deadline = proposal.deadline()?;
    let district = app.town().district(advice.unit.as_str());
    Some(DeadlineFact {
        district: district
            .map_or_else(|| advice.unit.to_string(), |district| district.name.clone()),
        safe_by: deadline.safe_by,
        limit: deadline.limit.japanese().to_owned(),
        limit_en: deadline.limit.english().to_owned(),
        needs_min: lines::whole(deadline.needs_min),
        in_the_dark: deadline.in_the_dark,
        made_by: advice
            .deadlines
            .arrival
            .as_ref()
            .map_or_else(String::new, |arrival| {
                format!("{} {}", arrival.source, arrival.tier.japanese())
            }),
    })
}

fn waiting(of: &Waiting) -> WaitingRow {
    WaitingRow {
        wait_min: of.wait_min,
        late_by_min: lines::signed(of.late_by_min),
        too_late: of.chance_too_late.map(lines::chance),
        people: of.people_too_late.map(lines::whole).map(u64::from),
        in_the_dark: of.in_the_dark,
        in_the_storm: of.in_the_storm,
    }
}

/// The chance that leads: of the level that the met conditions are about.
fn chance(proposal: &Proposal, gauge: &GaugeOutlook) -> Option<ChanceFact> {
    let (about, (value, ahead_h)) = proposal
        .met
        .iter()
        .find_map(|finding| Some((finding, finding.chance()?)))
        .or_else(|| {
            proposal
                .examined()
                .iter()
                .rev()
                .find_map(|finding| Some((finding, finding.chance()?)))
        })?;
    let (mark, mark_m) = about.mark()?;
    let (low, high) = lines::chance_range(gauge, ahead_h, mark_m);
    Some(ChanceFact {
        mark: mark.japanese().to_owned(),
        mark_m,
        gauge: gauge.name.clone(),
        ahead_h,
        percent: value * 100.0,
        low_percent: low.min(value * 100.0),
        high_percent: high.max(value * 100.0),
    })
}

fn shelters(app: &App, proposal: &Proposal) -> Vec<ShelterRow> {
    proposal
        .shelters
        .iter()
        .filter_map(|proposed| {
            let shelter = app.town().shelter(&proposed.id)?;
            Some(ShelterRow {
                name: shelter.name.clone(),
                straight_m: proposed.straight_line_m,
                approved_for_flood: shelter.approved_for.contains(&hinan_gis::Hazard::Flood),
                depth_at_site: shelter.depth_rank.map(|rank| rank.words_ja().to_owned()),
                state: ShelterState::NotReported,
                state_at: None,
                capacity: shelter.capacity,
                free: None,
            })
        })
        .collect()
}

/// What would move this recommendation, from the conditions that were not met.
fn would_change(proposal: &Proposal) -> Vec<String> {
    let mut lines: Vec<String> = proposal
        .examined()
        .iter()
        .filter(|finding| {
            finding.condition.level > advised(proposal.key.level) && finding.answer != Answer::Met
        })
        .map(|finding| {
            let mark = finding.mark().map_or_else(String::new, |(mark, mark_m)| {
                format!("({} {mark_m:.2} m)", mark.japanese())
            });
            format!(
                "{}{mark}と、{}に上がります",
                finding.open_tests().join("、かつ"),
                finding.condition.level
            )
        })
        .collect();
    lines.push(
        "根拠がすべて外れても、職員が判断するか失効するまで、この推奨は自動では下がりません"
            .to_owned(),
    );
    lines
}
