//! What several telegrams say together of one hazard in one municipality.
//!
//! The rule, in words: of all telegrams that list everything, the most specific one is believed among those issued within
//! a companion's span of the newest. Another one counts only if it is more serious and either newer, or at least as
//! specific, or a companion that only ever adds. So a late companion never lowers and never rings again, and an error
//! errs upwards, marked as contested.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::coverage::{self, Coverage};
use super::lane::{Lane, Report};
use super::stand::Row;
use super::view::{Answer, Companion, Holding, Source};
use super::{Change, LaneKey, Lanes, Over, ends, expired};
use crate::official::area::AreaCode;
use crate::official::grade::{Grade, Hazard};
use crate::official::standing::Standing;

/// What one telegram says.
struct Voice<'l> {
    key: &'l LaneKey,
    report: &'l Report,
    row: Option<&'l Row>,
    rank: u8,
    coverage: Coverage,
}

impl Voice<'_> {
    fn grade(&self) -> Grade {
        self.row.map_or(Grade::NONE, |row| row.grade)
    }

    fn report_at(&self) -> Timestamp {
        self.report.order.report_at
    }
}

/// Which reports speak of which municipality, gathered once for many questions.
pub(super) struct Speakers<'l> {
    of: BTreeMap<AreaCode, Vec<(&'l LaneKey, &'l Report)>>,
    companions_within_s: i64,
}

impl<'l> Speakers<'l> {
    /// Those that hold at a moment; of these municipalities only, or of all.
    pub(super) fn gather<S: Standing>(
        lanes: &'l Lanes<S>,
        only: Option<&BTreeSet<AreaCode>>,
        now: Timestamp,
    ) -> Self {
        let mut of: BTreeMap<AreaCode, Vec<(&LaneKey, &Report)>> = BTreeMap::new();
        for (key, lane) in &lanes.lanes {
            let Some(report) = Lane::current(lane) else {
                continue;
            };
            let Some(municipal) = report.stand.municipal() else {
                continue;
            };
            if expired(&key.telegram_type, report, now) {
                continue;
            }
            let mut speaks = |area| of.entry(area).or_default().push((key, report));
            match only {
                None => municipal.covers.iter().copied().for_each(speaks),
                Some(only) => only
                    .iter()
                    .copied()
                    .filter(|area| municipal.covers.binary_search(area).is_ok())
                    .for_each(&mut speaks),
            }
        }
        Self {
            of,
            companions_within_s: lanes.settings.companions_within_s,
        }
    }

    /// The grade that holds.
    pub(super) fn grade(&self, area: AreaCode, hazard: Hazard) -> Grade {
        let voices = self.voices(area, hazard);
        decide(&voices, self.companions_within_s).map_or(Grade::NONE, |at| voices[at].grade())
    }
}

/// What holds, with its grounds.
pub(super) fn answer<S: Standing>(
    lanes: &Lanes<S>,
    speakers: &Speakers<'_>,
    area: AreaCode,
    hazard: Hazard,
    now: Timestamp,
) -> Answer {
    let voices = speakers.voices(area, hazard);
    let Some(at) = decide(&voices, lanes.settings.companions_within_s) else {
        return Answer::Unknown;
    };
    let voice = &voices[at];
    let stale = lanes.is_stale(voice.report, now);
    let source = source(voice.key, voice.report);
    let Some(row) = voice.row else {
        return Answer::Clear { source, stale };
    };
    let companions: Vec<Companion> = voices
        .iter()
        .enumerate()
        .filter(|(other, voice)| {
            *other != at && (voice.coverage == Coverage::Whole || voice.row.is_some())
        })
        .map(|(_, voice)| Companion {
            telegram_type: voice.key.telegram_type.clone(),
            report_at: voice.report_at(),
            grade: voice.grade(),
        })
        .collect();
    let calm = believed(&voices, lanes.settings.companions_within_s);
    Answer::InForce(Box::new(Holding {
        area,
        area_name: row.area_name.clone(),
        hazard,
        grade: row.grade,
        grade_from: row.grade_from,
        code: row.code.clone(),
        name: row.name.clone(),
        since: row.since,
        expected: row.expected.clone(),
        source,
        contested: calm.is_some_and(|calm| calm != at && voices[calm].grade() < row.grade),
        companions,
        stale,
    }))
}

/// Everything that ends by itself between two moments.
pub(super) fn expiring<S: Standing>(
    lanes: &Lanes<S>,
    after: Timestamp,
    until: Timestamp,
) -> Vec<Change> {
    let mut touched: BTreeSet<(AreaCode, Hazard)> = BTreeSet::new();
    for (key, lane) in &lanes.lanes {
        let Some(report) = lane.current() else {
            continue;
        };
        if ends(&key.telegram_type, report).is_some_and(|end| after < end && end <= until) {
            touched.extend(super::report_rows(&report.stand));
        }
    }
    let areas = touched.iter().map(|(area, _)| *area).collect();
    let was = Speakers::gather(lanes, Some(&areas), after);
    let is = Speakers::gather(lanes, Some(&areas), until);
    touched
        .into_iter()
        .filter_map(|(area, hazard)| {
            let before = was.grade(area, hazard);
            let now = is.grade(area, hazard);
            (now < before).then(|| Change {
                area,
                area_name: lanes.name_of(area),
                hazard,
                before,
                after: now,
                report_at: until,
                rings: false,
                over: Some(Over::Expired),
            })
        })
        .collect()
}

impl<'l> Speakers<'l> {
    fn voices(&self, area: AreaCode, hazard: Hazard) -> Vec<Voice<'l>> {
        let speakers = self.of.get(&area).into_iter().flatten();
        speakers
            .filter_map(|(key, report)| {
                let row = report.stand.municipal()?.row(area, hazard);
                // A hazard that this type is not known to carry is shown all the same.
                let (rank, coverage) =
                    coverage::of(&key.telegram_type, hazard).unwrap_or((3, Coverage::OnlyAdds));
                if row.is_none() && coverage == Coverage::OnlyAdds {
                    return None;
                }
                Some(Voice {
                    key,
                    report,
                    row,
                    rank,
                    coverage,
                })
            })
            .collect()
    }
}

/// The one that is believed among those that list everything.
fn believed(voices: &[Voice<'_>], companions_within_s: i64) -> Option<usize> {
    let whole = || {
        voices
            .iter()
            .enumerate()
            .filter(|(_, voice)| voice.coverage == Coverage::Whole)
    };
    let newest = whole().map(|(_, voice)| voice.report_at()).max()?;
    whole()
        .filter(|(_, voice)| {
            newest.duration_since(voice.report_at()).as_secs() <= companions_within_s
        })
        .max_by_key(|(_, voice)| (voice.rank, voice.report_at(), voice.grade()))
        .map(|(at, _)| at)
}

/// The one that decides: the believed one, unless another is more serious and has a reason to be heard.
fn decide(voices: &[Voice<'_>], companions_within_s: i64) -> Option<usize> {
    let Some(calm) = believed(voices, companions_within_s) else {
        return voices
            .iter()
            .enumerate()
            .max_by_key(|(_, voice)| (voice.grade(), voice.rank, voice.report_at()))
            .map(|(at, _)| at);
    };
    let base = &voices[calm];
    let is_heard = |other: &Voice<'_>| {
        let apart = base
            .report_at()
            .duration_since(other.report_at())
            .abs()
            .as_secs();
        match other.coverage {
            Coverage::Whole => other.report_at() > base.report_at() || other.rank > base.rank,
            Coverage::OnlyAdds => {
                other.report_at() > base.report_at()
                    || other.rank >= base.rank
                    || apart <= companions_within_s
            }
        }
    };
    let louder = voices
        .iter()
        .enumerate()
        .filter(|(at, other)| *at != calm && other.grade() > base.grade() && is_heard(other))
        .max_by_key(|(_, voice)| (voice.grade(), voice.rank, voice.report_at()))
        .map(|(at, _)| at);
    louder.or(Some(calm))
}

pub(super) fn source(key: &LaneKey, report: &Report) -> Source {
    Source {
        telegram_type: key.telegram_type.clone(),
        office: report.office.clone(),
        report_at: report.order.report_at,
        received_at: report.received_at,
        title: report.title.clone(),
    }
}
