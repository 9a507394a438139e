use jiff::Timestamp;

use super::{Chance, Quality, Span, Tier};

/// What the levels at the gauges concern (水位から見た対象区域).
#[derive(Clone, Debug, Default)]
pub struct ConcernPanel {
    /// So far ahead the forecast is looked at, hours.
    pub ahead_h: u32,
    /// How many pairs of gauge and river were asked.
    pub asked: u64,
    /// Gauges and rivers at which some district is concerned, now or by the forecast.
    pub rows: Vec<ConcernRow>,
    /// Rivers and gauges of which it is not known: no level, or no reference level.
    pub unknown: Vec<String>,
    /// 浸水の見込み: the chance that the river reaches the stage of a district.
    pub flooding: FloodingTable,
}

/// The chances that rivers reach the stages of districts (浸水の見込み).
#[derive(Clone, Debug, Default)]
pub struct FloodingTable {
    /// Districts with a chance worth a line, the highest first.
    pub rows: Vec<FloodingRow>,
    /// How many more are worth a line and find no room.
    pub more: u64,
    /// How many others there are, all below `left_out_below_percent`.
    pub left_out: u64,
    /// What those left out stay below.
    pub left_out_below_percent: u64,
    /// Districts of which nothing can be said.
    pub unknown: Vec<String>,
    /// On what the chances rest and where they are weak, each said once.
    pub words: Vec<String>,
}

/// One district by one gauge.
#[derive(Clone, Debug)]
pub struct FloodingRow {
    /// The district.
    pub district: String,
    /// The river.
    pub river: String,
    /// The gauge.
    pub gauge: String,
    /// From this level on the district is concerned, metres in the gauge's own datum.
    pub level_m: f64,
    /// In words, where the level is there already.
    pub reached: Option<String>,
    /// By lead.
    pub chances: Vec<Chance>,
    /// When the level may be reached.
    pub when: Option<Span>,
    /// How the forecast was made.
    pub tier: Tier,
    /// When the level it starts from was read.
    pub level_at: Option<Timestamp>,
    /// Of that level.
    pub quality: Quality,
    /// What else lowers the trust, in words.
    pub doubt: Option<String>,
}

/// One gauge and river.
#[derive(Clone, Debug)]
pub struct ConcernRow {
    /// The gauge.
    pub gauge: String,
    /// The river.
    pub river: String,
    /// What is assumed; `None` where the town has a table of its own.
    pub assumption: Option<String>,
    /// The levels asked about: now, and the low, middle and high end of the forecast.
    pub cases: Vec<ConcernCase>,
    /// Districts at the level that concerns most, those with most people first.
    pub districts: Vec<ConcernDistrict>,
}

/// One level.
#[derive(Clone, Debug)]
pub struct ConcernCase {
    /// Which level it is, in words.
    pub label: String,
    /// Metres, datum of the gauge.
    pub level_m: f64,
    /// Districts concerned.
    pub districts: u64,
    /// Residents, at least.
    pub people_low: u64,
    /// Residents, at most.
    pub people_high: u64,
    /// Whether more may be concerned than is known.
    pub may_be_more: bool,
}

/// One district.
#[derive(Clone, Debug)]
pub struct ConcernDistrict {
    /// Its name.
    pub name: String,
    /// Zones of this depth and deeper.
    pub depth_from: String,
    /// Residents, at least.
    pub people_low: u64,
    /// Residents, at most.
    pub people_high: u64,
    /// Zones that meet it.
    pub zones: u64,
    /// Shelters that stand in these zones.
    pub shelters: Vec<String>,
    /// Facilities that stand in these zones.
    pub facilities: u64,
    /// The first of the levels asked about that concerns it.
    pub from: String,
}

impl ConcernCase {
    /// `約1,200〜3,400人`, or one number where both are the same.
    pub(crate) fn people(&self) -> String {
        people(self.people_low, self.people_high)
    }
}

impl ConcernDistrict {
    /// The same for a district.
    pub(crate) fn people(&self) -> String {
        people(self.people_low, self.people_high)
    }
}

fn people(low: u64, high: u64) -> String {
    let count = crate::figure::count;
    if low == high {
        format!("約{}人", count(high))
    } else {
        format!("約{}〜{}人", count(low), count(high))
    }
}
