//! Earthquakes, tsunami and early warnings as P2P地震情報 passes them on: the last days, each once.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{QuakeLine, Taken};
use crate::official::lanes::pairs;
use crate::official::p2p::{P2pItem, P2pWhat};

/// Items that are remembered; the oldest is forgotten first.
const ITEMS_MAX: usize = 200;
/// Places of one earthquake and areas of one warning that are remembered, the strongest first.
const PLACES_MAX: usize = 100;
/// Items are shown for so long.
const SHOWN_FOR: SignedDuration = SignedDuration::from_hours(72);
/// An early warning speaks of seconds; it is shown for so long.
const EARLY_WARNING_SHOWN_FOR: SignedDuration = SignedDuration::from_mins(10);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct QuakeLog {
    /// By time of issue, then identifier.
    #[serde(with = "pairs")]
    items: BTreeMap<(Timestamp, String), (P2pItem, Timestamp)>,
    pub(super) forgotten: u64,
}

impl QuakeLog {
    pub(super) fn take(&mut self, item: &P2pItem, received_at: Timestamp) -> Taken {
        if matches!(&item.what, P2pWhat::EarlyWarning(warning) if warning.test) {
            return Taken::NothingToShow;
        }
        // Archived items have no identifier: what they are and when tells them apart.
        let id = if item.id.is_empty() {
            word(&item.what).to_owned()
        } else {
            item.id.clone()
        };
        let key = (item.issued_at, id);
        if self.items.contains_key(&key) {
            return Taken::Duplicate;
        }
        self.items
            .insert(key.clone(), (shortened(item), received_at));
        if self.items.len() > ITEMS_MAX {
            self.items.pop_first();
            self.forgotten += 1;
        }
        let over = received_at.duration_since(item.issued_at) > shown_for(&item.what);
        if over || !self.items.contains_key(&key) {
            Taken::Late
        } else {
            Taken::Shown
        }
    }

    /// Newest first. What is issued after `now` is not shown: a clock elsewhere may be wrong.
    pub(super) fn shown(&self, now: Timestamp) -> impl Iterator<Item = QuakeLine> {
        self.items
            .values()
            .rev()
            .filter(move |(item, _)| {
                let age = now.duration_since(item.issued_at);
                age <= shown_for(&item.what) && age >= SignedDuration::from_mins(-5)
            })
            .map(|(item, received_at)| QuakeLine {
                item: item.clone(),
                received_at: *received_at,
            })
    }
}

fn shown_for(what: &P2pWhat) -> SignedDuration {
    match what {
        P2pWhat::EarlyWarning(_) => EARLY_WARNING_SHOWN_FOR,
        P2pWhat::Quake(_) | P2pWhat::Tsunami(_) => SHOWN_FOR,
    }
}

fn word(what: &P2pWhat) -> &'static str {
    match what {
        P2pWhat::Quake(_) => "quake",
        P2pWhat::Tsunami(_) => "tsunami",
        P2pWhat::EarlyWarning(_) => "early_warning",
    }
}

/// The same with the strongest places only: an earthquake may name thousands.
fn shortened(item: &P2pItem) -> P2pItem {
    let mut item = item.clone();
    match &mut item.what {
        P2pWhat::Quake(quake) => {
            quake.points.sort_by_key(|point| std::cmp::Reverse(point.2));
            quake.points.truncate(PLACES_MAX);
        }
        P2pWhat::Tsunami(tsunami) => tsunami.areas.truncate(PLACES_MAX),
        P2pWhat::EarlyWarning(warning) => {
            warning.areas.sort_by_key(|area| std::cmp::Reverse(area.1));
            warning.areas.truncate(PLACES_MAX);
        }
    }
    item
}
