//! GET /plain/: one sentence, five questions, the map, the rivers.

mod news;

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Html;
use hinan_dashboard::page;
use hinan_dashboard::view::{
    AlertLevel, Broken, Danger, DangerKind, Headline, Said, Situation, Span,
};
use jiff::{SignedDuration, Timestamp};

use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use super::{english, extents, external, frame, gauges, inbox, lines, map, official};
use crate::app::{App, Link, Picture};
use crate::approve::notice::{Approved, Notice};
use crate::official::{ahead, for_town, municipality, of_others};
use crate::outlook::{GaugeOutlook, Voice};
use crate::store::StoreError;
use crate::store::audit::Entry;
use crate::store::outbox::{DeliveryState, StoredDelivery};
use crate::store::proposals::StoredProposal;

const REFRESH_S: u32 = 15;
/// Hydrographs beside the situation.
pub(super) const CHARTS_MAX: usize = 3;
const DANGERS_MAX: usize = 6;
/// Drills of agencies that arrived in this time are counted.
const DRILLS_OF: SignedDuration = SignedDuration::from_hours(24);

/// The page.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    let picture = app.picture();
    let known = Known::of(app)?;
    let mut view = view(app, &picture, &known);
    view.map = Some(map::view(
        app,
        &picture,
        &map::proposed(known.open.iter().map(|s| &s.proposal)),
        &known.in_force(),
    ));
    Ok(Html(page::situation(
        &frame::officers(app, &who, Some(REFRESH_S))?,
        &view,
    )))
}

/// What the record says at one moment.
pub(super) struct Known {
    /// Proposals that wait for a decision, the most urgent first.
    pub(super) open: Vec<StoredProposal>,
    /// Notices in force.
    pub(super) live: Vec<Notice<Approved>>,
    deliveries: BTreeMap<String, Vec<StoredDelivery>>,
    entries: Vec<Entry>,
    drills: u64,
    now: Timestamp,
}

impl Known {
    /// As the record says now.
    ///
    /// # Errors
    /// The record's.
    pub(super) fn of(app: &App) -> Result<Self, StoreError> {
        let now = app.clock.now();
        let day_ago = now.saturating_sub(DRILLS_OF).unwrap_or(now);
        app.store.read(|view| {
            let live = view.live_notices(now)?;
            let mut deliveries: BTreeMap<String, Vec<StoredDelivery>> = BTreeMap::new();
            for notice in &live {
                deliveries.insert(
                    notice.id().to_string(),
                    view.deliveries(notice.id().as_str())?,
                );
            }
            let last = view.audit_len()?;
            Ok(Self {
                open: inbox::by_urgency(view.open_proposals()?),
                live,
                deliveries,
                entries: view.audit_after((last - 60).max(0), 60)?,
                drills: view.official_drills_since(day_ago)?.0,
                now,
            })
        })
    }

    /// The highest level in force for each district.
    pub(super) fn in_force(&self) -> map::ByDistrict {
        let mut in_force = map::ByDistrict::new();
        for notice in &self.live {
            let facts = notice.content().facts();
            for district in &facts.districts {
                let level = in_force.entry(district.id.clone()).or_insert(facts.level);
                *level = (*level).max(facts.level);
            }
        }
        in_force
    }
}

/// The situation in words and figures; whoever wants the drawn map adds it.
pub(super) fn view(app: &App, picture: &Picture, known: &Known) -> Situation {
    let (now, open, live) = (known.now, &known.open, &known.live);
    let ranked = ranked(picture);
    let unheard: Vec<String> = ranked
        .iter()
        .filter(|g| deciding(app, g) && g.is_silent())
        .map(|g| g.name.clone())
        .collect();
    Situation {
        as_of: picture.advice.outlook.as_of,
        headline: headline(app, &ranked, open, live, &unheard),
        dangers: ranked
            .iter()
            .filter_map(|g| danger(g))
            .take(DANGERS_MAX)
            .collect(),
        unheard,
        changes: news::newest(&known.entries, now),
        decisions: open.iter().map(inbox::item).collect(),
        said: live
            .iter()
            .map(|notice| said(notice, known.deliveries.get(notice.id().as_str())))
            .collect(),
        broken: broken(app, picture, live),
        official: official::board(
            &for_town(&picture.official, &app.town().code, now),
            municipality(&app.town().code),
            &ahead(&picture.official, &app.town().code, now),
            known.drills,
        ),
        external: external::groups(&of_others(
            &picture.external,
            &app.config.publish.sender,
            now,
        )),
        concern: extents::panel(app, picture),
        map: None,
        charts: ranked
            .iter()
            .filter(|g| deciding(app, g))
            .take(CHARTS_MAX)
            .map(|g| gauges::hydrograph(app, picture, g))
            .collect(),
        gauges: ranked.iter().map(|g| gauges::row(app, g)).collect(),
    }
}

/// Gauges, the most worrying first: by the highest level reached, then by the chance to reach the next one.
pub(super) fn ranked(picture: &Picture) -> Vec<&GaugeOutlook> {
    let mut gauges: Vec<(usize, i64, &GaugeOutlook)> = picture
        .advice
        .outlook
        .gauges
        .values()
        .map(|gauge| {
            let level = gauge.observed.map_or(f64::NEG_INFINITY, |o| o.level_m);
            let marks = gauge.marks.named();
            // The design high water stands above all: a gauge that knows only that is not less dangerous.
            let reached =
                marks
                    .iter()
                    .rfind(|(_, m)| level >= *m)
                    .map_or(0, |(name, _)| match *name {
                        "standby" => 1,
                        "caution" => 2,
                        "evacuation_judgement" => 3,
                        "danger" => 4,
                        _ => 5,
                    });
            let next = marks.iter().find(|(_, m)| level < *m);
            let chance = next.map_or(0.0, |(_, m)| gauge.forecast.probability_within(6, *m));
            #[expect(clippy::cast_possible_truncation, reason = "a chance in thousandths")]
            let chance = if chance.is_nan() {
                0
            } else {
                (chance * 1000.0) as i64
            };
            (reached * 2 + usize::from(!marks.is_empty()), chance, gauge)
        })
        .collect();
    gauges.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.cmp(&a.1)).then(a.2.id.cmp(&b.2.id)));
    gauges.into_iter().map(|(_, _, gauge)| gauge).collect()
}

/// Whether some district of the town depends on this gauge.
pub(super) fn deciding(app: &App, gauge: &GaugeOutlook) -> bool {
    !gauge.marks.named().is_empty()
        && app
            .town()
            .rivers
            .iter()
            .any(|river| river.gauges.contains(&gauge.id))
}

fn headline(
    app: &App,
    ranked: &[&GaugeOutlook],
    open: &[StoredProposal],
    live: &[Notice<Approved>],
    unheard: &[String],
) -> Headline {
    let worst_live = live
        .iter()
        .map(|n| n.content().facts())
        .max_by_key(|f| f.level);
    if let Some(item) = open
        .first()
        .filter(|item| worst_live.is_none_or(|f| item.proposal.key.level > f.level))
    {
        let proposal = &item.proposal;
        // A whole room reads this, and what an officer wrote may name people.
        let (grounds, grounds_en) = match &proposal.judgement {
            Some(_) => (
                "職員の判断による発令案です(システムの推奨ではありません)".to_owned(),
                Some("Asked for by an officer, not recommended by the system".to_owned()),
            ),
            None => (
                lines::reason_line(proposal),
                english::reason_line(app, proposal),
            ),
        };
        return Headline {
            level: lines::level(proposal.key.level),
            sentence: format!(
                "{}の{}地区({}に{})に、{}の判断が必要です",
                inbox::place(&proposal.key.river),
                proposal.districts.len(),
                if crate::recommend::cause::is_river(&proposal.key.river) {
                    "浸水想定区域"
                } else {
                    "危険な区域"
                },
                people_ja(proposal.people_in_zone()),
                proposal.key.level
            ),
            english: format!(
                "Decision needed: {} for {} districts along the {}, {} in the assumed flood zone",
                lines::level_en(proposal.key.level),
                proposal.districts.len(),
                proposal.river_en,
                people_en(proposal.people_in_zone())
            ),
            detail: Some(grounds),
            detail_en: grounds_en,
        };
    }
    if let Some(facts) = worst_live {
        return Headline {
            level: lines::level(facts.level),
            sentence: format!(
                "{}の{}地区に{}を発令中です",
                inbox::place(crate::recommend::cause::of_facts(facts)),
                facts.districts.len(),
                facts.level
            ),
            english: format!(
                "In force: {} for {} districts along the {}",
                lines::level_en(facts.level),
                facts.districts.len(),
                facts.river_en
            ),
            detail: Some(facts.ground.clone()),
            detail_en: None,
        };
    }
    match ranked.iter().find_map(|gauge| danger(gauge)) {
        Some(danger) => Headline {
            level: danger.level,
            english: match danger.kind {
                DangerKind::Forecast => "A reference level may be reached within hours; nothing is proposed or in force",
                DangerKind::Measured | DangerKind::Official => "A reference level has been reached; nothing is proposed or in force",
            }
            .to_owned(),
            sentence: format!("{} {}", danger.place, danger.what),
            detail: None,
            detail_en: None,
        },
        None if !unheard.is_empty() => Headline {
            level: AlertLevel::Normal,
            english: format!("The water level is unknown at {} of the deciding gauges: this is not calm", unheard.len()),
            sentence: format!("水位が分かりません: {}。平常とはみなせません", unheard.join("、")),
            detail: Some("発令区域を受け持つ水位計から、使える水位が届いていません。現地の巡視や川の防災情報で確かめてください".to_owned()),
            detail_en: Some("No usable level arrives from gauges that decide for areas. Ask patrols on site".to_owned()),
        },
        None => Headline {
            level: AlertLevel::Normal,
            english: "No gauge has reached its caution level; nothing is proposed".to_owned(),
            sentence: "氾濫注意水位に達している水位計はありません。判断が必要な推奨もありません"
                .to_owned(),
            detail: Some("水位の届いていない水位計は、下の一覧で確かめてください".to_owned()),
            detail_en: Some("See the list below for gauges that are not heard".to_owned()),
        },
    }
}

/// What is dangerous at one gauge: a mark that is reached, else one that may be.
fn danger(gauge: &GaugeOutlook) -> Option<Danger> {
    measured(gauge).or_else(|| expected(gauge))
}

/// The next mark from 氾濫注意水位 up, where the forecast gives it one chance in ten or more within its leads.
fn expected(gauge: &GaugeOutlook) -> Option<Danger> {
    let observed = gauge.observed?;
    let marks = gauge.marks.named();
    let (name, mark_m) = *marks
        .iter()
        .find(|(name, m)| *name != "standby" && observed.level_m < *m)?;
    let (from, late) = gauge.forecast.crossing_time_range(mark_m)?;
    Some(Danger {
        level: lines::mark_level(name).unwrap_or(AlertLevel::Five),
        kind: DangerKind::Forecast,
        place: format!("{} {}観測所", gauge.river, gauge.name),
        what: format!(
            "水位 {:.2} m、{} {mark_m:.2} mに達するおそれ(あと{:.2} m)",
            observed.level_m,
            lines::mark(name),
            mark_m - observed.level_m
        ),
        when: Some(Span {
            from,
            to: late.map(|late| late.max(from)),
        }),
        as_of: observed.at,
        people: None,
    })
}

fn measured(gauge: &GaugeOutlook) -> Option<Danger> {
    let observed = gauge.observed?;
    let marks = gauge.marks.named();
    let reached = marks.iter().rfind(|(_, m)| observed.level_m >= *m);
    let next = marks.iter().find(|(_, m)| observed.level_m < *m);
    let (name, mark_m) = *reached?;
    if name == "standby" {
        return None;
    }
    let when = next
        .and_then(|(_, m)| gauge.forecast.crossing_time_range(*m))
        .map(|(early, late)| Span {
            from: early,
            to: late.map(|late| late.max(early)),
        });
    let towards = next.map_or_else(String::new, |(next, m)| {
        format!(
            "。次の{} {m:.2} mまで{:.2} m",
            lines::mark(next),
            m - observed.level_m
        )
    });
    Some(Danger {
        level: lines::mark_level(name).unwrap_or(AlertLevel::Five),
        kind: DangerKind::Measured,
        place: format!("{} {}観測所", gauge.river, gauge.name),
        what: format!(
            "水位 {:.2} m、{} {mark_m:.2} m以上{towards}",
            observed.level_m,
            lines::mark(name)
        ),
        when,
        as_of: observed.at,
        people: None,
    })
}

fn said(notice: &Notice<Approved>, deliveries: Option<&Vec<StoredDelivery>>) -> Said {
    let facts = notice.content().facts();
    let deliveries = deliveries.map_or(&[][..], Vec::as_slice);
    let done = deliveries
        .iter()
        .filter(|d| d.state == DeliveryState::Delivered)
        .count();
    let retrying = deliveries
        .iter()
        .any(|d| d.state == DeliveryState::Retrying);
    Said {
        id: facts.id.to_string(),
        level: lines::level(facts.level),
        place: inbox::place(crate::recommend::cause::of_facts(facts)),
        districts: facts.districts.iter().map(|d| d.name.clone()).collect(),
        at: notice.state().at(),
        delivery: format!("{}経路のうち{done}経路が受領", deliveries.len()),
        partly_failed: retrying,
    }
}

/// From this long before its end an order is named among what needs care.
const EXPIRY_WARNED: SignedDuration = SignedDuration::from_mins(60);

fn broken(app: &App, picture: &Picture, live: &[Notice<Approved>]) -> Vec<Broken> {
    let mut broken = Vec::new();
    let now = app.clock.now();
    for facts in live
        .iter()
        .map(|n| n.content().facts())
        .filter(|f| f.expires.duration_since(now) < EXPIRY_WARNED)
    {
        let sentence = format!(
            "{}の{}は{}に失効します。続けるなら新しい推奨から出し直し、終えるなら解除してください",
            inbox::place(crate::recommend::cause::of_facts(facts)),
            facts.level,
            crate::clock::spoken(facts.expires)
        );
        broken.push(Broken {
            sentence,
            since: None,
        });
    }
    let links = app.links();
    let several = links.len() > 1;
    for (name, link) in links {
        let Link::Down { since, why } = link else {
            continue;
        };
        let sentence = if several {
            format!(
                "ブローカー{name}と接続していません({why})。そこからの新しい水位や情報は届きません"
            )
        } else {
            format!("ブローカーと接続していません({why})。新しい水位は届きません")
        };
        broken.push(Broken {
            sentence,
            since: Some(since),
        });
    }
    if !picture.advice.outlook.models_on {
        let sentence =
            "予測モデルを使っていません。基準水位と上昇だけで判断材料を示しています".to_owned();
        broken.push(Broken {
            sentence,
            since: None,
        });
    }
    if let Some(sentence) = super::unknown::sentence(app) {
        broken.push(Broken {
            sentence,
            since: None,
        });
    }
    for gauge in picture.advice.outlook.gauges.values() {
        let (Voice::Late { for_min } | Voice::Silent { for_min }) = gauge.voice else {
            broken.extend(speaks_falsely(gauge));
            continue;
        };
        let since = gauge.observed.map(|o| o.at);
        let sentence = format!(
            "{}({})の水位が{}届いていません。最後の水位を保ち、下がったとはみなしません",
            gauge.name,
            gauge.river,
            lines::minutes(for_min)
        );
        broken.push(Broken { sentence, since });
    }
    let unheard: Vec<&str> = picture
        .advice
        .outlook
        .gauges
        .values()
        .filter(|g| g.voice == Voice::NeverHeard)
        .map(|g| g.name.as_str())
        .collect();
    if !unheard.is_empty() {
        let sentence = format!("一度も水位が届いていない水位計: {}", unheard.join("、"));
        broken.push(Broken {
            sentence,
            since: Some(app.began),
        });
    }
    broken
}

/// A gauge that is heard and cannot be believed: it stands still, or water may have reached it.
fn speaks_falsely(gauge: &GaugeOutlook) -> Option<Broken> {
    let health = gauge.health.as_ref()?;
    let doubted = [
        hinan_sensors::State::Frozen,
        hinan_sensors::State::SuspectedSubmerged,
    ];
    doubted.contains(&health.state).then(|| Broken {
        sentence: format!("{}({})は{}", gauge.name, gauge.river, health.ja()),
        since: health.since,
    })
}

/// A count of people in a sentence that a whole room reads: so few that they could be named are not counted.
fn people_ja(people: u32) -> String {
    match people {
        1..5 => "5人未満".to_owned(),
        people => format!("約{}人", thousands(people)),
    }
}

fn people_en(people: u32) -> String {
    match people {
        1..5 => "fewer than 5 people".to_owned(),
        people => format!("about {} people", thousands(people)),
    }
}

/// `12,345`
pub(super) fn thousands(number: u32) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use hinan_dashboard::view::{AlertLevel, DangerKind};
    use hinan_models::{GaugeForecast, LeadForecast, Method, Quantile, Tier};
    use hinan_sensors::quality::{Doubts, Flag};
    use jiff::{SignedDuration, Timestamp};

    use super::danger;
    use crate::outlook::{GaugeOutlook, Marks, Voice};
    use crate::situation::Observed;

    fn at() -> Timestamp {
        "2016-08-30T12:00:00Z".parse().expect("a time")
    }

    /// A gauge with 氾濫注意水位 at 2 m and 避難判断水位 at 3 m; one chance in ten that the water stands at `high_m` in an hour.
    fn gauge(level_m: f64, high_m: f64) -> GaugeOutlook {
        let in_an_hour = LeadForecast {
            lead_h: 1,
            at: at() + SignedDuration::from_hours(1),
            method: Method::Model,
            expected_m: level_m,
            median_m: level_m,
            quantiles: [(0.1, level_m), (0.5, level_m), (0.9, high_m)]
                .map(|(p, level_m)| Quantile { p, level_m })
                .to_vec(),
            persistence_m: level_m,
            rate_of_rise_m: level_m,
            outside_training: false,
            record: None,
        };
        GaugeOutlook {
            id: "g".to_owned(),
            name: "橋".to_owned(),
            name_en: "Bridge".to_owned(),
            river: "川".to_owned(),
            river_en: "River".to_owned(),
            marks: Marks {
                standby_m: Some(1.0),
                caution_m: Some(2.0),
                evacuation_judgement_m: Some(3.0),
                ..Marks::default()
            },
            observed: Some(Observed {
                at: at(),
                level_m,
                flag: Flag::Good,
                doubts: Doubts::default(),
            }),
            voice: Voice::Live,
            health: None,
            rise_m_per_h: None,
            watch: None,
            forecast: GaugeForecast {
                gauge: "g".to_owned(),
                as_of: at(),
                tier: Tier::Full,
                why_ja: String::new(),
                why_en: String::new(),
                upstream_missing: Vec::new(),
                level_now_m: Some(level_m),
                level_now_at: Some(at()),
                rise_m_per_h: None,
                leads: vec![in_an_hour],
            },
        }
    }

    #[test]
    fn a_mark_that_may_be_reached_is_named_as_a_danger_before_it_is() {
        let one = danger(&gauge(1.5, 2.5)).expect("a danger");
        assert_eq!(
            (one.level, one.kind),
            (AlertLevel::Two, DangerKind::Forecast)
        );
        assert_eq!(
            one.what,
            "水位 1.50 m、氾濫注意水位 2.00 mに達するおそれ(あと0.50 m)"
        );
        let when = one.when.expect("a time");
        assert_eq!(when.from, at() + SignedDuration::from_mins(30));
        assert_eq!(when.to, None, "the middle of what may come stays below");
    }

    #[test]
    fn a_mark_that_is_reached_is_told_as_measured() {
        let one = danger(&gauge(2.5, 3.5)).expect("a danger");
        assert_eq!(
            (one.level, one.kind),
            (AlertLevel::Two, DangerKind::Measured)
        );
        assert!(one.when.is_some(), "the next mark may be reached");
    }

    #[test]
    fn where_no_mark_is_near_there_is_no_danger() {
        assert!(danger(&gauge(1.5, 1.9)).is_none());
        assert!(
            danger(&gauge(0.5, 1.5)).is_none(),
            "the standby mark is none"
        );
    }

    #[test]
    fn so_few_that_they_could_be_named_are_not_counted_where_a_room_reads_it() {
        assert_eq!(super::people_ja(3), "5人未満");
        assert_eq!(super::people_en(4), "fewer than 5 people");
        assert_eq!(super::people_ja(1234), "約1,234人");
        assert_eq!(super::people_en(0), "about 0 people");
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!(super::thousands(7), "7");
        assert_eq!(super::thousands(1234), "1,234");
        assert_eq!(super::thousands(1_234_567), "1,234,567");
    }
}
