//! GET /plain/r/{id}: one recommendation, with what speaks for it and against it.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::response::Html;
use hinan_dashboard::page;
use hinan_dashboard::view::{
    ChanceFact, DeadlineFact, Exposed, RecommendationView, ShelterRow, ShelterState, SlipTable,
    TimeTerm, WaitingRow,
};
use hinan_recommend::{LeftOut, Term, UnitAdvice, Waiting, action_words};
use jiff::SignedDuration;

use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use super::{both, changes, english, frame, gauges, inbox, lines, shelters};
use crate::app::App;
use crate::clock::spoken;
use crate::desk;
use crate::outlook::GaugeOutlook;
use crate::recommend::proposal::Proposal;
use crate::recommend::told::{self, Told};
use crate::recommend::{briefed, cause};
use crate::store::StoreError;
use crate::store::proposals::{ProposalState, StoredProposal};

/// The page.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    let (stored, covered) = asked(app, &id)?.ok_or(Refusal::Unknown)?;
    desk::attention::opened(app, &who.officer, &id)?;
    Ok(Html(page::recommendation(
        &frame::officers(app, &who, None)?,
        &view(app, &stored, &covered),
    )))
}

/// A recommendation, and the districts that are already asked about, or ordered, as much or more: they are not left out.
///
/// # Errors
/// The record's.
pub(super) fn asked(
    app: &App,
    id: &str,
) -> Result<Option<(StoredProposal, BTreeSet<String>)>, StoreError> {
    let now = app.clock.now();
    let (stored, open, live) = app.store.read(|view| {
        Ok((
            view.proposal(id)?,
            view.open_proposals()?,
            view.live_notices(now)?,
        ))
    })?;
    let Some(stored) = stored else {
        return Ok(None);
    };
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
    Ok(Some((stored, covered)))
}

/// Everything about it.
pub(super) fn view(
    app: &App,
    stored: &StoredProposal,
    covered: &BTreeSet<String>,
) -> RecommendationView {
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
    let (speaks_for, against) = english::grounds(app, proposal);
    RecommendationView {
        id: stored.id.clone(),
        judged: proposal.judgement.is_some(),
        level: lines::level(proposal.key.level),
        hazard: cause::hazard(&proposal.key.river).japanese().to_owned(),
        place: inbox::place(&proposal.key.river),
        districts: inbox::district_names(proposal),
        mode: proposal.urgent.as_deref().map(mode).or_else(|| stated_way(proposal)),
        made_at: stored.first_at,
        data_as_of: proposal.as_of,
        no_chance: chance.is_none().then(|| no_chance(proposal).to_owned()),
        chance,
        crossing: inbox::crossing(proposal),
        decide_by: inbox::decide_by(proposal),
        time_terms: proposal
            .deadline()
            .map_or_else(Vec::new, |deadline| deadline.terms.iter().map(time_term).collect()),
        deadline: deadline(app, proposal),
        waiting: waited(app, proposal),
        exposed: Some(Exposed {
            people: u64::from(proposal.people_in_zone()),
            households: None,
            needing_help: None,
            shelter_users: proposal
                .people
                .as_ref()
                .map(|people| [people.public_shelter[0], people.public_shelter[2]]),
            basis: "想定最大規模の浸水想定区域にいる人数の推計(2010年国勢調査500mメッシュの面積按分・地区は近似)".to_owned(),
        }),
        charts,
        evidence: speaks_for,
        counter_evidence: against,
        shelters: within_reach(app, proposal),
        official: Vec::new(),
        official_checked_at: None,
        would_change: both::japanese(&changes::of(proposal)),
        left_out: left_out(app, proposal, covered),
        tier: gauge.map_or(hinan_dashboard::view::Tier::MarksOnly, lines::tier),
        model: if proposal.judgement.is_some() {
            "職員の判断".to_owned()
        } else {
            format!("linfa 水位変化モデル({})", gauge.map_or("", |g| g.name.as_str()))
        },
        record: gauge.filter(|_| proposal.judgement.is_none()).and_then(|gauge| lines::record(gauge, 6)),
        state: inbox::state(stored),
        tables: tables(app, proposal),
        locked: (stored.state != ProposalState::Open).then(|| format!("この{}は判断済み、または置き換え済みです", proposal.called())),
    }
}

/// How to be safe, as the officer chose it who asks for the order.
fn stated_way(proposal: &Proposal) -> Option<String> {
    let judgement = proposal.judgement.as_ref()?;
    let way = proposal.ways.first()?;
    Some(format!("{}: {}", judgement.way.japanese(), way.words))
}

fn no_chance(proposal: &Proposal) -> &'static str {
    if proposal.judgement.is_some() {
        "職員の判断によるもので、予測によらないため、確率はありません"
    } else {
        "予測モデルが使えないため、確率はありません"
    }
}

/// The complement: districts with people in the flood zone of the same river that neither this proposal nor
/// another one or an order of at least its level reaches.
fn left_out(app: &App, proposal: &Proposal, covered: &BTreeSet<String>) -> Vec<String> {
    if !proposal.ways.is_empty() || proposal.judgement.is_some() {
        return proposal
            .left_out
            .iter()
            .filter(|district| !covered.contains(&district.id))
            .map(|district| format!("{}({})", district.name, why_left_out(district.why)))
            .collect();
    }
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

pub(super) fn why_left_out(why: LeftOut) -> &'static str {
    match why {
        LeftOut::AsMuchAdvised => "同じか、より高いレベルを推奨",
        LeftOut::AsLikely => "同じくらい危険",
        LeftOut::NothingKnown => "情報がなく判断できない",
        LeftOut::Less => "より低いレベル",
        LeftOut::NotThreatened => "この災害は及ばない",
    }
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
        note: term.note.to_string(),
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

/// Figures of a moment that is over are not shown as those of now: after two rounds the table is gone.
fn waited(app: &App, proposal: &Proposal) -> Vec<WaitingRow> {
    let now = app.clock.now();
    let every = SignedDuration::from_secs(i64::from(app.config.recommend.every_s));
    let Some(deadline) = proposal.deadline() else {
        return Vec::new();
    };
    if now.duration_since(proposal.as_of) > every + every {
        return Vec::new();
    }
    let waited = |of: &Waiting| {
        let at = now + SignedDuration::from_mins(i64::from(of.wait_min));
        let late_by_min = at.duration_since(deadline.decide_by).as_secs_f64() / 60.0;
        waiting(of, late_by_min)
    };
    proposal.waiting.iter().map(waited).collect()
}

fn waiting(of: &Waiting, late_by_min: f64) -> WaitingRow {
    WaitingRow {
        wait_min: of.wait_min,
        late_by_min: lines::signed(late_by_min),
        too_late: of.chance_too_late.map(lines::chance),
        people: of.people_too_late.map(lines::whole).map(u64::from),
        in_the_dark: of.in_the_dark,
        in_the_storm: of.in_the_storm,
    }
}

/// The chance that leads: of the level that the met conditions are about.
pub(super) fn chance(proposal: &Proposal, gauge: &GaugeOutlook) -> Option<ChanceFact> {
    let (about, (value, ahead_h)) = proposal
        .met
        .iter()
        .find_map(|finding| Some((finding, finding.chance()?)))
        .or_else(|| {
            proposal
                .examined()
                .into_iter()
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

/// District by district: how to be safe, by when, and where to. Then the people, and what may be done besides.
fn tables(app: &App, proposal: &Proposal) -> Vec<SlipTable> {
    let picture = app.picture();
    let refuge = &picture.advice.refuge;
    let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect();
    let mut tables = Vec::new();
    tables.push(SlipTable {
        caption: "地区ごとの避難のしかた・期限・行き先 By district".to_owned(),
        head: words(&[
            "地区",
            "避難のしかた",
            "判断の期限",
            "行き先(開設中の避難所、多く来た場合の人数)",
        ]),
        rows: proposal
            .ways
            .iter()
            .map(|way| {
                let mut to: Vec<String> = refuge
                    .to
                    .get(&way.id)
                    .into_iter()
                    .flatten()
                    .map(|sent| {
                        let name = app
                            .town()
                            .shelter(&sent.shelter)
                            .map_or(sent.shelter.as_str(), |shelter| shelter.name.as_str());
                        let through = match sent.water_m {
                            0 => String::new(),
                            metres => format!("、浸水想定区域の中を{metres} m"),
                        };
                        format!("{name} {}人(徒歩{}分{through})", sent.people, sent.walk_min)
                    })
                    .collect();
                if let Some((people, why)) = refuge.without_place.get(&way.id) {
                    to.push(format!("行き先のない人 {people}人: {why}"));
                }
                vec![
                    way.name.clone(),
                    format!("{}: {}", way.mode.japanese(), way.words),
                    way.decide_by.map_or_else(
                        || "計算できません".to_owned(),
                        |at| {
                            format!(
                                "{}({})",
                                spoken(at),
                                way.because.as_deref().unwrap_or_default()
                            )
                        },
                    ),
                    to.join("、"),
                ]
            })
            .collect(),
    });
    if let Some(people) = &proposal.people {
        let range = |of: [u64; 3]| format!("{}人(少ない場合{}〜多い場合{})", of[1], of[0], of[2]);
        tables.push(SlipTable {
            caption: format!(
                "人数の見込み({})。少ない見込みは、発令しない理由になりません People",
                people.basis
            ),
            head: words(&["区分", "人数"]),
            rows: [
                (
                    "曝露人口(浸水想定区域の中)",
                    format!("{}人", people.exposed),
                ),
                (
                    "避難対象人口(対象地区の全員)",
                    format!("{}人", people.under_order),
                ),
                ("立退き避難者", range(people.leaving)),
                ("避難所避難者", range(people.public_shelter)),
                ("避難所外避難者", range(people.elsewhere)),
                ("屋内安全確保", range(people.upstairs)),
            ]
            .into_iter()
            .map(|(name, value)| vec![name.to_owned(), value])
            .collect(),
        });
    }
    tables.push(SlipTable {
        caption: format!("開けるとよい避難所({}) Shelters to open", refuge.ways),
        head: words(&["避難所"]),
        rows: shelters::to_open(app, refuge)
            .into_iter()
            .map(|line| vec![line])
            .collect(),
    });
    tables.push(SlipTable {
        caption: "少ない名前での言い方・含めなかった地区 Names and districts beside".to_owned(),
        head: words(&["言い方", "内容"]),
        rows: proposal
            .names
            .iter()
            .map(|names| {
                vec![
                    names.name.clone(),
                    format!(
                        "対象{}地区をまとめて言えます。ほかに{}地区{}人が加わります",
                        names.concerned.len(),
                        names.besides.len(),
                        names.people_besides
                    ),
                ]
            })
            .chain(proposal.beside.iter().map(|district| {
                vec![
                    district.name.clone(),
                    format!(
                        "条件は満たすが、危険のある人の大半を含む最小の組からは外れています({}人)",
                        district.people_in_zone
                    ),
                ]
            }))
            .collect(),
    });
    tables.push(SlipTable {
        caption: "夕方の見通し(15時・18時・21時) Evening briefing".to_owned(),
        head: words(&["いつ", "見通し"]),
        rows: picture
            .advice
            .briefed
            .given
            .iter()
            .flat_map(|given| {
                given.briefings.iter().map(|briefing| {
                    vec![
                        format!("{}時({}に計算)", given.hour, spoken(given.as_of)),
                        briefed::words(briefing),
                    ]
                })
            })
            .collect(),
    });
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn shelter_state(
    told: &Told,
    id: &str,
    as_of: jiff::Timestamp,
) -> (ShelterState, Option<jiff::Timestamp>) {
    match told.shelter(id, as_of) {
        None => (ShelterState::NotReported, None),
        Some(word) => {
            let state = match word.state {
                told::ShelterState::Open => ShelterState::Open,
                told::ShelterState::Full => ShelterState::Full,
                told::ShelterState::Closed | told::ShelterState::Unreachable => {
                    ShelterState::Closed
                }
            };
            (state, Some(word.at))
        }
    }
}

fn within_reach(app: &App, proposal: &Proposal) -> Vec<ShelterRow> {
    let picture = app.picture();
    proposal
        .shelters
        .iter()
        .filter_map(|proposed| {
            let shelter = app.town().shelter(&proposed.id)?;
            let (state, state_at) = shelter_state(
                &picture.advice.told,
                &proposed.id,
                picture.advice.outlook.as_of,
            );
            let outlook = picture
                .advice
                .refuge
                .shelters
                .iter()
                .find(|one| one.id == proposed.id);
            Some(ShelterRow {
                name: shelter.name.clone(),
                straight_m: proposed.straight_line_m,
                approved_for_flood: shelter.approved_for.contains(&hinan_gis::Hazard::Flood),
                depth_at_site: shelter.depth_rank.map(|rank| rank.words_ja().to_owned()),
                state,
                state_at,
                capacity: shelter.capacity,
                free: outlook.and_then(|one| one.free),
            })
        })
        .collect()
}
