use jiff::Timestamp;

use super::{AlertLevel, Quality, Tier};

/// A hydrograph: the past of one gauge, what may follow, and the marks.
#[derive(Clone, Debug)]
pub struct Hydrograph {
    /// Name of the gauge.
    pub gauge: String,
    /// The river it stands in.
    pub river: String,
    /// Measured levels, ascending in time. A reading without a level is a known gap.
    pub observed: Vec<Reading>,
    /// Minutes between readings; the line is broken where the distance exceeds 2.5 of them.
    pub cadence_min: u32,
    /// The forecast, ascending in time; empty when there is none.
    pub forecast: Vec<FanPoint>,
    /// Why there is no forecast, in one sentence; shown when `forecast` is empty.
    pub no_forecast: Option<String>,
    /// The marks of the gauge, in any order.
    pub marks: Vec<LevelMark>,
    /// The present moment: where the いま line stands.
    pub now: Timestamp,
    /// What the metres are measured from, such as `標高 T.P.`.
    pub datum: String,
    /// Who measured.
    pub source: String,
    /// How the forecast was made.
    pub tier: Tier,
    /// The record of this method here, in words with counts.
    pub record: Option<String>,
}

/// One measured level.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// When.
    pub at: Timestamp,
    /// Metres; `None` when the reading is known to be missing.
    pub level_m: Option<f64>,
    /// Verdict of the quality checks. Bad readings are drawn as crosses, never joined.
    pub quality: Quality,
}

/// What may be at one future moment, metres.
#[derive(Clone, Copy, Debug)]
pub struct FanPoint {
    /// When.
    pub at: Timestamp,
    /// Lower edge of the 90 % band.
    pub low90_m: f64,
    /// Lower edge of the 50 % band.
    pub low50_m: f64,
    /// The median.
    pub median_m: f64,
    /// Upper edge of the 50 % band.
    pub high50_m: f64,
    /// Upper edge of the 90 % band.
    pub high90_m: f64,
}

/// A mark of the gauge (基準水位).
#[derive(Clone, Debug)]
pub struct LevelMark {
    /// Name, such as 避難判断水位.
    pub name: String,
    /// The level it stands for; a design level has none.
    pub level: Option<AlertLevel>,
    /// Height, metres.
    pub level_m: f64,
}
