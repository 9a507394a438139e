//! What we know now: the recent readings of every station, each at its own time.
//!
//! Invariants
//! - One task writes; everyone else reads a finished snapshot.
//! - A reading has one effect at its own time, whenever it arrives and however often.
//! - Bad readings are kept and shown, but never used for decisions.
//! - Nothing here reads a clock: the same readings give the same situation.

mod past;
mod rain;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use hinan_models::{History, MAX_ABS_LEVEL_M};
use hinan_sensors::quality::{Checker, Doubts, Flag};
use hinan_sensors::{QualitySettings, Reading, Recalled, StationId, Stations};
use jiff::{SignedDuration, Timestamp};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use self::past::Past;
use self::rain::Rain;
use self::watch::Watch;

/// Readings older than this, counted from the newest of the station, leave the memory (never the store).
const KEEP: SignedDuration = SignedDuration::from_hours(96);

/// A level with everything needed to trust or doubt it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// The device's own time.
    pub at: Timestamp,
    /// Metres, datum of the station.
    pub level_m: f64,
    /// What quality control said.
    pub flag: Flag,
    /// Which checks doubt it.
    #[serde(default)]
    pub doubts: Doubts,
}

/// What quality control says when a reading arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Of the reading itself.
    pub flag: Flag,
    /// Of an earlier reading of the same station that must now be judged otherwise.
    pub revised: Option<(Timestamp, Flag)>,
}

/// One station's recent past.
#[derive(Clone)]
struct Track {
    past: Past,
    checker: Checker,
    watch: Arc<Watch>,
    /// What a walk back through all of the past finds, once somebody asked; anew after each change of the past.
    recalled: OnceLock<Recalled>,
}

/// What we know of all stations. A copy shares what has not changed since: a picture of a nation costs a few thousand
/// pointers, and a reading that arrives afterwards copies the track of its own station only.
#[derive(Clone)]
pub struct Situation {
    tracks: BTreeMap<StationId, Arc<Track>>,
    rain: Arc<Rain>,
    last_event: Option<Timestamp>,
}

impl Situation {
    /// Nothing is known yet of these stations.
    #[must_use]
    pub fn new(stations: &Stations) -> Self {
        let tracks = stations
            .iter()
            .map(|station| {
                let track = Track {
                    past: Past::default(),
                    checker: Checker::new(&station.quality),
                    watch: Arc::new(Watch::over(station)),
                    recalled: OnceLock::new(),
                };
                (station.id.clone(), Arc::new(track))
            })
            .collect();
        Self {
            rain: Arc::new(Rain::asked_by(stations)),
            tracks,
            last_event: None,
        }
    }

    /// Takes one reading in and says what quality control thinks of it, and of the one before it: only the
    /// next level shows whether a jump was a spike or a flood. A reading of an unknown station, or a second one
    /// for the same time, changes nothing.
    pub fn take(&mut self, reading: &Reading) -> Option<Judged> {
        let shared = self.tracks.get_mut(&reading.station)?;
        let Err(place) = shared.past.place(reading.at) else {
            return None;
        };
        let track = Arc::make_mut(shared);
        track.recalled = OnceLock::new();
        let judged = track.checker.observe(reading.at, reading.level_m);
        let flag = judged.verdict.flag;
        let observed = Observed {
            at: reading.at,
            level_m: reading.level_m,
            flag,
            doubts: judged.verdict.doubts(),
        };
        track.past.insert(place, &observed);
        if let Some(revision) = &judged.revised
            && let Ok(place) = track.past.place(revision.at)
        {
            let verdict = &revision.verdict;
            track.past.revise(place, verdict.flag, verdict.doubts());
        }
        let revised = judged
            .revised
            .map(|revision| (revision.at, revision.verdict.flag));
        track.past.keep(KEEP);
        self.last_event = self.last_event.max(Some(reading.at));
        Some(Judged { flag, revised })
    }

    /// Marks the readings of these times as bad, and lets quality control forget them.
    pub(crate) fn distrust(
        &mut self,
        station: &StationId,
        times: &BTreeSet<Timestamp>,
        quality: &QualitySettings,
    ) {
        let Some(shared) = self.tracks.get_mut(station) else {
            return;
        };
        let track = Arc::make_mut(shared);
        track.recalled = OnceLock::new();
        let known: Vec<Observed> = track.past.until(Timestamp::MAX).collect();
        let mut checker = Checker::new(quality);
        for observed in &known {
            if times.contains(&observed.at) {
                if let Ok(place) = track.past.place(observed.at) {
                    track.past.revise(place, Flag::Bad, observed.doubts);
                }
            } else {
                checker.observe(observed.at, observed.level_m);
            }
        }
        track.checker = checker;
    }

    /// The newest reading of a station not later than `as_of`, whatever its flag.
    #[must_use]
    pub fn newest(&self, station: &StationId, as_of: Timestamp) -> Option<Observed> {
        self.tracks.get(station)?.past.until(as_of).next_back()
    }

    /// The newest reading not later than `as_of` that may be used for decisions.
    #[must_use]
    pub fn newest_usable(&self, station: &StationId, as_of: Timestamp) -> Option<Observed> {
        self.tracks
            .get(station)?
            .past
            .until(as_of)
            .rev()
            .find(|o| o.flag.usable_for_decisions())
    }

    /// How fast the water rises, metres per hour, from the newest usable reading and the one nearest to an hour
    /// before it (half an hour to an hour and a half); unknown when there is no such pair.
    #[must_use]
    pub fn rise_m_per_h(&self, station: &StationId, as_of: Timestamp) -> Option<f64> {
        let newest = self.newest_usable(station, as_of)?;
        let hour = SignedDuration::from_hours(1);
        let distance = |o: &Observed| (newest.at.duration_since(o.at) - hour).abs();
        let before = self
            .tracks
            .get(station)?
            .past
            .between(newest.at - hour - hour / 2, newest.at - hour / 2)
            .filter(|o| o.flag.usable_for_decisions())
            .min_by_key(|o| distance(o))?;
        let hours = newest.at.duration_since(before.at).as_secs_f64() / 3600.0;
        Some((newest.level_m - before.level_m) / hours)
    }

    /// Readings of a station in a span of time, oldest first.
    #[must_use]
    pub fn between(&self, station: &StationId, from: Timestamp, to: Timestamp) -> Vec<Observed> {
        self.tracks
            .get(station)
            .map(|track| track.past.between(from, to).collect())
            .unwrap_or_default()
    }

    /// The newest device time seen at any station.
    #[must_use]
    pub fn last_event(&self) -> Option<Timestamp> {
        self.last_event
    }

    /// The usable levels of the last `back_s` seconds on the regular grid that the models were fitted on, up to `as_of`.
    /// A cell holds the newest usable reading of its step; an empty step stays empty.
    ///
    /// # Errors
    /// When `gauges` cannot form a history (no gauge, or one named twice).
    pub fn history(
        &self,
        gauges: &[String],
        step_s: i64,
        back_s: i64,
        as_of: Timestamp,
    ) -> Result<History, hinan_models::HistoryError> {
        let last = as_of.as_second().div_euclid(step_s) * step_s;
        let steps = back_s.min(KEEP.as_secs()) / step_s;
        let first = last - steps * step_s;
        let rows = usize::try_from(steps + 1).unwrap_or(0);
        let mut levels = Array2::from_elem((rows, gauges.len()), f64::NAN);
        for (column, gauge) in gauges.iter().enumerate() {
            let Some(track) = self.tracks.get(gauge.as_str()) else {
                continue;
            };
            let (Ok(from), Ok(to)) = (
                Timestamp::from_second(first - step_s),
                Timestamp::from_second(last),
            ) else {
                continue;
            };
            for observed in track.past.between(from, to) {
                let above = observed.at.as_second() - first + step_s - 1;
                let row = above.div_euclid(step_s);
                if let Ok(row) = usize::try_from(row)
                    && row < rows
                    && observed.flag.usable_for_decisions()
                    // No river stands there; a history refuses it, and one device must not stop the advice.
                    && observed.level_m.abs() <= MAX_ABS_LEVEL_M
                {
                    levels[[row, column]] = observed.level_m;
                }
            }
        }
        let start = Timestamp::from_second(first).unwrap_or(as_of);
        History::new(start, step_s, gauges.to_vec(), levels)
    }
}
