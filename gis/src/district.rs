//! Districts: the units for which an evacuation order is issued (発令区域).

use geo::{MultiPolygon, Point};

/// A unit for which an order is issued (発令区域), and who lives in it.
#[derive(Clone, Debug)]
pub struct District {
    /// Identifier, stable as long as the unit means the same blocks.
    pub id: String,
    /// Japanese name as an officer would say it.
    pub name: String,
    /// Reading of the name in kana, where it is known.
    pub kana: Option<String>,
    /// Name in Latin letters.
    pub name_en: Option<String>,
    /// Outline, longitude and latitude.
    pub outline: MultiPolygon<f64>,
    /// Where its name stands on a map, longitude and latitude.
    pub label: Point<f64>,
    /// Residents.
    pub people: u32,
    /// Households (世帯).
    pub households: u32,
    /// Residents by depth rank: index 0 is outside any zone, 1 to 6 are the ranks. Adds up to `people`.
    pub people_by_rank: [u32; 7],
    /// Rivers whose flood would reach it, the one with most people first.
    pub reaches: Vec<Reach>,
    /// Whether outline and people are an approximation instead of the town's own register.
    pub approximate: bool,
}

impl District {
    /// Residents inside any flood zone.
    #[must_use]
    pub fn people_in_zone(&self) -> u32 {
        self.people_by_rank[1..].iter().sum()
    }
}

/// A river that concerns a district, and the gauges that decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// River (河川).
    pub river: String,
    /// River in Latin letters.
    pub river_en: String,
    /// Gauges that decide for this river, the main one first.
    pub gauges: Vec<String>,
    /// Residents of the district in flood zones of this river. Who lives in the zones of two rivers may count for both.
    pub people_in_zone: u32,
}
