//! What is found in the past of a gauge.

use jiff::{SignedDuration, Timestamp};

use super::{Health, Heard, Held, Judge, unheard};
use crate::quality::{Agreement, Contract, FlatLimits};

/// What one walk back through the readings of a gauge finds. It does not depend on the moment at which it is asked, as long as
/// no reading is later than that, so it can be kept until the gauge speaks again.
#[derive(Clone, Debug, Default)]
pub struct Recalled {
    /// The newest usable one.
    last: Option<Heard>,
    pub(super) newest: Option<Timestamp>,
    pub(super) oldest: Option<Timestamp>,
    /// Unusable ones that are newer than the newest usable one.
    pub(super) unusable: u32,
    /// The first word after the last silence, if a silence is remembered.
    pub(super) speaks_since: Option<Timestamp>,
    /// The first reading of the run in which the level stands still.
    pub(super) still_since: Option<Timestamp>,
    /// The usable reading nearest to an hour before the last.
    hour_before: Option<Heard>,
}

impl Recalled {
    /// Walks back through `past`, newest first, as for [`health`](crate::health()).
    #[must_use]
    pub fn of(
        contract: &Contract,
        flat: Option<&FlatLimits>,
        past: impl IntoIterator<Item = Heard>,
    ) -> Self {
        let silence = contract.awake.failed_after;
        let hour = SignedDuration::from_hours(1);
        // Without limits of its own a level is still while it does not move at all that can be read off.
        let tolerance_m = flat.map_or(0.001, |flat| flat.tolerance_m);
        let mut found = Self::default();
        let (mut low_m, mut high_m) = (f64::INFINITY, f64::NEG_INFINITY);
        let (mut still, mut unbroken) = (true, true);
        let mut later = None;
        for heard in past {
            found.newest.get_or_insert(heard.at);
            found.oldest = Some(heard.at);
            if !heard.speaks() {
                found.unusable += u32::from(found.last.is_none());
                continue;
            }
            let last = *found.last.get_or_insert(heard);
            if unbroken
                && later.is_some_and(|later: Timestamp| later.duration_since(heard.at) > silence)
            {
                found.speaks_since = later;
                unbroken = false;
            }
            later = Some(heard.at);
            if still {
                low_m = low_m.min(heard.level_m);
                high_m = high_m.max(heard.level_m);
                still = high_m - low_m < tolerance_m;
                if still {
                    found.still_since = Some(heard.at);
                }
            }
            let before = last.at.duration_since(heard.at);
            if (hour / 2..=hour + hour / 2).contains(&before) {
                let nearer = |other: Heard| {
                    (before - hour).abs() < (last.at.duration_since(other.at) - hour).abs()
                };
                if found.hour_before.is_none_or(nearer) {
                    found.hour_before = Some(heard);
                }
            }
        }
        found
    }

    /// How the gauge is at `as_of`, not earlier than the newest of these readings; with the same contract and limits. Equal to
    /// what [`health`](crate::health()) says.
    #[must_use]
    pub fn health(
        &self,
        contract: &Contract,
        flat: Option<&FlatLimits>,
        company: &Agreement,
        as_of: Timestamp,
    ) -> Health {
        let Some(last) = self.last else {
            return unheard(self);
        };
        let held = Held {
            level_m: last.level_m,
            at: last.at,
            trend_m_per_h: self.trend_m_per_h(last),
        };
        let judge = Judge {
            contract,
            past: self,
            held,
            company,
            age: as_of.duration_since(last.at).max(SignedDuration::ZERO),
        };
        let (state, since, reason) = judge.judge(flat);
        Health {
            state,
            since,
            reason,
            held: Some(held),
        }
    }

    fn trend_m_per_h(&self, last: Heard) -> Option<f64> {
        let before = self.hour_before?;
        let hours = last.at.duration_since(before.at).as_secs_f64() / 3600.0;
        Some((last.level_m - before.level_m) / hours)
    }
}
