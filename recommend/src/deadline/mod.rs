//! 判断の期限: the last moment at which an order still works.
//!
//! `T_last` = an early quantile of the water's arrival − a slow quantile of the time an order needs: approval,
//! dissemination, preparation, travel, opening of shelters. The parts are taken to be slow together, as on a bad night; then
//! the slow quantile of the sum is the sum of the slow quantiles, and anybody can add it up by hand. That is the careful
//! side: were the parts independent, the sum would be shorter.

mod arrival;
mod evening;
mod settings;
mod sun;
mod terms;
mod waiting;
mod workings;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::arrival::{Arrival, Expected, arrival};
pub use self::evening::{Briefing, briefing};
pub use self::settings::{DeadlineSettings, SettingsError, Span};
pub use self::sun::Sun;
pub use self::terms::{Term, TermName};
pub use self::waiting::Waiting;
pub use self::workings::Workings;

use crate::criteria::Kind;
use crate::level::OrderLevel;
use crate::outlook::Outlook;
use crate::town::{Exposure, Facility, Unit};

/// What an order must be ahead of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// The water, or the slide.
    Hazard,
    /// Water on the way out.
    RoadCut,
    /// Wind in which nobody can walk.
    Storm,
    /// The same, of a warning that says no time: it is taken to blow since the warning.
    StormAssumed,
    /// Darkness: whoever must move in the night anyway moves better before it.
    Dusk,
    /// The level above: those who need time must have left before everybody leaves.
    LevelAbove,
}

impl Limit {
    /// In the officers' words.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Hazard => "危険の到達",
            Self::RoadCut => "避難経路の冠水",
            Self::Storm => "暴風の始まり",
            Self::StormAssumed => {
                "暴風(警報に始まりの時刻がないため、発表の時から吹いているとみなす)"
            }
            Self::Dusk => "日没",
            Self::LevelAbove => "避難指示の期限",
        }
    }

    /// In English.
    pub fn english(self) -> &'static str {
        match self {
            Self::Hazard => "the hazard arrives",
            Self::RoadCut => "the way out is under water",
            Self::Storm => "the storm begins",
            Self::StormAssumed => "the storm, taken to blow since its warning, which says no time",
            Self::Dusk => "sunset",
            Self::LevelAbove => "the deadline of level 4",
        }
    }
}

/// The latest useful moment for one level, with everything it was made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deadline {
    /// Everybody must be safe by then.
    pub safe_by: Timestamp,
    /// Why then.
    pub limit: Limit,
    /// Parts of the time an order needs, in order.
    pub terms: Vec<Term>,
    /// Their slow ends together, minutes.
    pub needs_min: f64,
    /// `safe_by` − `needs_min`.
    pub decide_by: Timestamp,
    /// Whether somebody would have to move in the dark if it is decided as late as that.
    pub in_the_dark: bool,
    /// Whether the arrival of the hazard itself cannot be foreseen: the limit is what is known to hinder leaving.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unforeseen: bool,
}

impl Deadline {
    /// Its reason in one phrase: what it must be ahead of, and its biggest term.
    pub fn named(&self) -> String {
        let limit = self.limit.japanese();
        let unforeseen = if self.unforeseen {
            "(危険の到達の時刻は見通せません)"
        } else {
            ""
        };
        match self.biggest_terms().first() {
            Some(term) => format!(
                "{limit}まで{unforeseen}、最大の項は{} {:.0}分",
                term.name.japanese(),
                term.slow_min
            ),
            None => format!("{limit}{unforeseen}"),
        }
    }

    /// The three terms that take longest, longest first.
    pub fn biggest_terms(&self) -> Vec<&Term> {
        let mut terms: Vec<&Term> = self.terms.iter().collect();
        terms.sort_by(|a, b| b.slow_min.total_cmp(&a.slow_min).then(a.name.cmp(&b.name)));
        terms.truncate(3);
        terms
    }
}

/// The deadlines of one unit and one threat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deadlines {
    /// The moment they were worked out for.
    pub as_of: Timestamp,
    /// When the hazard may come; none when it is not expected within what can be foreseen, or nothing is known.
    pub arrival: Option<Arrival>,
    /// The chance that it comes at all within what can be foreseen; nothing = unknown, which is not "no".
    pub chance: Option<f64>,
    /// For level 4: everybody.
    pub everybody: Option<Deadline>,
    /// For level 3: those who need time.
    pub elderly: Option<Deadline>,
    /// What it costs to wait with level 4.
    pub waiting: Vec<Waiting>,
    /// The same with level 3, whose people need longer.
    #[serde(default)]
    pub waiting_elderly: Vec<Waiting>,
}

impl Deadlines {
    /// The deadline of a level. Level 5 has none: it says that it is too late.
    pub fn of(&self, level: OrderLevel) -> Option<&Deadline> {
        match level {
            OrderLevel::ElderlyEvacuation => self.elderly.as_ref(),
            OrderLevel::EvacuationOrder => self.everybody.as_ref(),
            OrderLevel::EmergencySafety => None,
        }
    }

    /// What it costs to wait with a level; nothing for level 5, which says that it is too late.
    pub fn waiting_of(&self, level: OrderLevel) -> &[Waiting] {
        match level {
            OrderLevel::ElderlyEvacuation => &self.waiting_elderly,
            OrderLevel::EvacuationOrder => &self.waiting,
            OrderLevel::EmergencySafety => &[],
        }
    }
}

/// Works out the deadlines of one unit for one threat.
pub fn deadlines(
    outlook: &Outlook,
    unit: &Unit,
    exposure: &Exposure,
    expected: &Expected<'_>,
    sun: Sun,
    settings: &DeadlineSettings,
) -> Deadlines {
    let needs = |level| terms::of_unit(outlook, unit, level, settings);
    // Whatever the deadline must be ahead of, an order takes as long as its own terms.
    let takes_min = |needs: &[Term]| needs.iter().map(|term| term.middle_min).sum::<f64>();
    let by_day = needs(OrderLevel::EvacuationOrder);
    let everybody_takes_min = takes_min(&by_day);
    let level = OrderLevel::EvacuationOrder;
    let hindered = || hindrance(outlook, exposure.kind, level, sun);
    let everybody = deadline(outlook, expected, sun, by_day, settings, hindered);
    let by_day = needs(OrderLevel::ElderlyEvacuation);
    let elderly_take_min = takes_min(&by_day);
    let level = OrderLevel::ElderlyEvacuation;
    let hindered = || hindrance(outlook, exposure.kind, level, sun);
    let elderly = deadline(outlook, expected, sun, by_day, settings, hindered)
        .map(|own| before_level_above(own, everybody.as_ref(), settings));
    let waits = |of: Option<&Deadline>, takes_min| {
        of.map_or_else(Vec::new, |of| {
            waiting::consequences(
                outlook,
                (exposure.people_at_risk, takes_min),
                of,
                expected,
                sun,
                settings,
            )
        })
    };
    let waiting = waits(everybody.as_ref(), everybody_takes_min);
    let waiting_elderly = waits(elderly.as_ref(), elderly_take_min);
    Deadlines {
        as_of: outlook.as_of,
        arrival: expected.arrival.clone(),
        chance: expected.chance,
        everybody,
        elderly,
        waiting,
        waiting_elderly,
    }
}

/// The deadline of a facility: its own lead instead of preparation, travel and shelters. None where the arrival cannot be
/// foreseen: not every facility of a town is called because of a storm.
pub fn of_facility(
    outlook: &Outlook,
    facility: &Facility,
    expected: &Expected<'_>,
    sun: Sun,
    settings: &DeadlineSettings,
) -> Option<Deadline> {
    deadline(
        outlook,
        expected,
        sun,
        terms::of_facility(facility, settings),
        settings,
        || None,
    )
}

/// What is known to hinder leaving where nobody can foresee when the hazard comes: the storm, or the dusk before a night for which the
/// agency expects the level.
fn hindrance(
    outlook: &Outlook,
    kind: Kind,
    level: OrderLevel,
    sun: Sun,
) -> Option<(Timestamp, Limit)> {
    let as_of = outlook.as_of;
    let expects = evening::product(kind)
        .and_then(|product| outlook.official.overnight.get(&product))
        .is_some_and(|told| told.value.number() >= level.number());
    let dusk = sun
        .sets_at
        .filter(|sets_at| expects && *sets_at > as_of && !sun.is_dark(as_of))
        .map(|sets_at| (sets_at, Limit::Dusk));
    storm(outlook)
        .into_iter()
        .chain(dusk)
        .min_by_key(|(at, _)| *at)
}

fn storm(outlook: &Outlook) -> Option<(Timestamp, Limit)> {
    let as_of = outlook.as_of;
    let limit = if outlook.official.storm_is_assumed(as_of) {
        Limit::StormAssumed
    } else {
        Limit::Storm
    };
    Some((outlook.official.storm_begins(as_of)?, limit))
}

fn deadline(
    outlook: &Outlook,
    expected: &Expected<'_>,
    sun: Sun,
    by_day: Vec<Term>,
    settings: &DeadlineSettings,
    hindered: impl FnOnce() -> Option<(Timestamp, Limit)>,
) -> Option<Deadline> {
    let arrival = expected.arrival.as_ref();
    let foreseen = arrival.map(|arrival| (arrival.early, Limit::Hazard));
    let (safe_by, limit) = match foreseen {
        None => hindered()?,
        Some(foreseen) => {
            let cut = expected.road_cut.map(|at| (at, Limit::RoadCut));
            let others = cut.into_iter().chain(storm(outlook));
            // Of equals the first: what kills goes before what hinders.
            others.fold(
                foreseen,
                |first, other| {
                    if other.0 < first.0 { other } else { first }
                },
            )
        }
    };
    let terms = by_night(&by_day, safe_by, sun, settings);
    let needs_min = total_min(&terms);
    let decide_by = back(safe_by, needs_min)?;
    let in_the_dark = sun.is_dark(decide_by) || terms != by_day;
    let own = Deadline {
        safe_by,
        limit,
        terms,
        needs_min,
        decide_by,
        in_the_dark,
        unforeseen: foreseen.is_none(),
    };
    Some(before_dusk(own, by_day, outlook.as_of, sun))
}

/// Travel is the last part and ends at `safe_by`: as far as it lies in the dark it takes longer. Walked back from its end, minute by
/// minute of light and of darkness, so that later water never means an earlier deadline.
fn by_night(
    by_day: &[Term],
    safe_by: Timestamp,
    sun: Sun,
    settings: &DeadlineSettings,
) -> Vec<Term> {
    let mut terms = by_day.to_vec();
    for term in terms
        .iter_mut()
        .filter(|term| term.name == TermName::Travel && term.slow_min > 0.0)
    {
        let takes_min = sun.walked_back_min(safe_by, term.slow_min, settings.travel_night_times);
        if takes_min > term.slow_min {
            let times = takes_min / term.slow_min;
            term.quick_min *= times;
            term.middle_min *= times;
            term.slow_min = takes_min;
            term.note = format!("{}、夜間", term.note).into();
        }
    }
    terms
}

/// Who would have to move in the dark is better told while it is light. The moment for that may have passed already; it stays
/// where it was, and does not move with the clock.
fn before_dusk(own: Deadline, by_day: Vec<Term>, as_of: Timestamp, sun: Sun) -> Deadline {
    let sunset = sun.sets_at.filter(|sets_at| {
        own.in_the_dark && !sun.is_dark(as_of) && *sets_at < own.safe_by && *sets_at > as_of
    });
    let Some(sunset) = sunset else {
        return own;
    };
    let needs_min = total_min(&by_day);
    let Some(decide_by) = back(sunset, needs_min) else {
        return own;
    };
    if decide_by >= own.decide_by {
        return own;
    }
    Deadline {
        safe_by: sunset,
        limit: Limit::Dusk,
        terms: by_day,
        needs_min,
        decide_by,
        in_the_dark: false,
        unforeseen: own.unforeseen,
    }
}

/// Level 3 is timed backwards from level 4.
fn before_level_above(
    own: Deadline,
    above: Option<&Deadline>,
    settings: &DeadlineSettings,
) -> Deadline {
    let ahead_min = settings.elderly_ahead_min;
    match above.and_then(|above| Some((above.decide_by, back(above.decide_by, ahead_min)?))) {
        Some((level_above, decide_by)) if decide_by < own.decide_by => Deadline {
            safe_by: level_above,
            limit: Limit::LevelAbove,
            terms: vec![Term {
                name: TermName::Ahead,
                quick_min: ahead_min,
                middle_min: ahead_min,
                slow_min: ahead_min,
                note: "避難指示の期限より前に".into(),
            }],
            needs_min: ahead_min,
            decide_by,
            in_the_dark: own.in_the_dark,
            unforeseen: own.unforeseen,
        },
        _ => own,
    }
}

fn total_min(terms: &[Term]) -> f64 {
    terms.iter().map(|term| term.slow_min).sum()
}

/// So many minutes earlier, to the second.
fn back(from: Timestamp, minutes: f64) -> Option<Timestamp> {
    let earlier = SignedDuration::try_from_secs_f64((minutes * 60.0).round()).ok()?;
    from.checked_sub(earlier).ok()
}
