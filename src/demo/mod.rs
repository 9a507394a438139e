//! The demo: one recorded flood, replayed as if live. Obihiro on the Tokachi, typhoon 10 of August 2016.

pub mod device;
pub mod night;
pub mod report;

/// The built-in town and its floods: facts of `config/obihiro`, see its README for sources and licences.
pub mod obihiro {
    /// Gauges, levels, rivers.
    pub const TOWN: &str = include_str!("../../config/obihiro/town.toml");
    /// The criteria it is advised by.
    pub const CRITERIA: &str = include_str!("../../config/obihiro/criteria.toml");
    /// Its plan: bigger names, and facilities invented for exercises.
    pub const PLAN: &str = include_str!("../../config/obihiro/plan.toml");
    /// Zones, districts, shelters.
    pub const MAP: &[u8] = include_bytes!("../../config/obihiro/map.json.gz");
    /// The floods before: what models are fitted on.
    pub const HISTORY: &[u8] = include_bytes!("../../config/obihiro/levels-2016-08.csv.gz");
    /// The record flood: what is replayed.
    pub const STORM: &[u8] = include_bytes!("../../config/obihiro/typhoon10.csv.gz");
    /// What the towns really did.
    pub const TIMELINE: &str = include_str!("../../config/obihiro/timeline.csv");
    /// Name of the event.
    pub const EVENT: &str = "平成28年8月 台風第10号(帯広市・十勝川水系)";
    /// The same in English.
    pub const EVENT_EN: &str = "Typhoon No. 10, August 2016 (Obihiro, Tokachi River)";
}
