//! What is known and what may come: everything that advice is made from. Whoever calls fills it in.

mod forecast;
mod gauge;
mod mark;
mod official;
mod report;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::forecast::{Forecast, Lead, Tier};
pub use self::gauge::{Gauge, Held, Observed, Voice};
pub use self::mark::{Mark, Marks};
pub(crate) use self::official::expected_mm;
pub use self::official::{Intensity, Official, Product, RainSpan, RiskMap, Told, TsunamiClass};
pub use self::report::{Report, ReportKind};

use crate::id::{SourceId, UnitId};

/// Everything that a recommendation is made from. Nothing else enters it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outlook {
    /// The moment of the event it was made for.
    pub as_of: Timestamp,
    /// Water levels.
    #[serde(with = "crate::shared::map")]
    pub gauges: BTreeMap<SourceId, Arc<Gauge>>,
    /// Rain.
    pub rain: BTreeMap<SourceId, Rain>,
    /// What the agency and the river offices say.
    pub official: Official,
    /// What people saw.
    pub reports: Vec<Report>,
    /// Minutes until the shelters that a unit would use are open; 0 = open. Absent = nobody reported: the usual time.
    #[serde(default)]
    pub opening_min: BTreeMap<UnitId, f64>,
}

impl Outlook {
    /// Nothing is known yet.
    pub fn empty(as_of: Timestamp) -> Self {
        Self {
            as_of,
            gauges: BTreeMap::new(),
            rain: BTreeMap::new(),
            official: Official::default(),
            reports: Vec::new(),
            opening_min: BTreeMap::new(),
        }
    }

    /// Whether another outlook is for the same moment and differs in nothing but what gauges say.
    pub(crate) fn is_same_but_gauges(&self, other: &Self) -> bool {
        // Every field by name: one that is added must be thought of here.
        let Self {
            as_of,
            gauges: _,
            rain,
            official,
            reports,
            opening_min,
        } = self;
        *as_of == other.as_of
            && *rain == other.rain
            && *official == other.official
            && *reports == other.reports
            && *opening_min == other.opening_min
    }
}

/// Rain of one station, millimetres.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rain {
    /// Its name.
    pub name: String,
    /// Fallen within so many hours, by hours.
    pub past_mm: BTreeMap<u32, Told<f64>>,
}

pub(crate) use self::gauge::{after_hours, hours_between};
pub(crate) use self::official::named;

/// レベルn氾濫(特別警報, 危険警報, 警報, 注意報).
pub(crate) fn named_river(level: crate::level::JmaLevel) -> String {
    named("氾濫", level)
}
