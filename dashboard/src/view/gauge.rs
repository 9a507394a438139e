use jiff::Timestamp;

use super::AlertLevel;

/// One gauge in the table of the situation page.
#[derive(Clone, Debug)]
pub struct GaugeRow {
    /// Name of the gauge, such as 帯広.
    pub name: String,
    /// The river it stands in, such as 十勝川.
    pub river: String,
    /// The latest usable level, metres in the gauge's datum.
    pub level_m: Option<f64>,
    /// When that level was measured. `None` only if nothing ever arrived.
    pub at: Option<Timestamp>,
    /// Whether the gauge is heard as it should be.
    pub state: GaugeState,
    /// The quality flag of the latest level.
    pub quality: Quality,
    /// Why the flag is what it is, in one sentence.
    pub quality_note: Option<String>,
    /// Rise per hour, metres; negative when falling.
    pub rise_m_per_h: Option<f64>,
    /// The mark in force now: the highest one reached.
    pub reached: Option<NextMark>,
    /// The next mark above the level.
    pub next: Option<NextMark>,
    /// Probabilities of crossing `chance_of` within so many hours, ascending.
    pub chances: Vec<Chance>,
    /// The name of the mark the probabilities speak of.
    pub chance_of: Option<String>,
    /// How the forecast was made.
    pub tier: Tier,
    /// The record of this method at this gauge, in words with counts.
    pub record: Option<String>,
    /// Who measured: source of the level.
    pub source: String,
}

/// A mark (基準水位) and how far away it is.
#[derive(Clone, Debug)]
pub struct NextMark {
    /// Name of the mark, such as 氾濫危険水位.
    pub name: String,
    /// The level it stands for; a design level has none.
    pub level: Option<AlertLevel>,
    /// Height of the mark, metres.
    pub level_m: f64,
    /// Mark minus present level, metres.
    pub margin_m: f64,
}

/// The probability of a crossing within some hours.
#[derive(Clone, Copy, Debug)]
pub struct Chance {
    /// Within so many hours.
    pub ahead_h: u32,
    /// Best estimate, 0 to 100.
    pub percent: f64,
    /// Low end of the range, 0 to 100.
    pub low_percent: f64,
    /// High end of the range, 0 to 100.
    pub high_percent: f64,
}

/// Whether a gauge is heard as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GaugeState {
    /// Heard within its rhythm.
    Live,
    /// A flood-only gauge below its starting level: silent as designed.
    QuietAsDesigned,
    /// Heard, but standing still for longer than the river does.
    Frozen,
    /// Later than its rhythm allows.
    Late,
    /// Silent so long that it counts as failed.
    Silent,
    /// Fell silent while the river rose: it may be under water.
    SuspectedSubmerged,
    /// An officer put it out of use.
    OutOfUse,
}

/// The verdict of the quality checks, from harmless to disqualifying.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quality {
    /// All checks passed.
    Good,
    /// Not every check could be made.
    NotChecked,
    /// Possible, but a person should look.
    Suspect,
    /// Impossible; not used.
    Bad,
}

/// How a forecast was made, from the best to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// The fitted model with all its inputs.
    Model,
    /// The fitted model while some gauges upstream are silent.
    UpstreamPartly,
    /// The fitted model that knows its own gauge only.
    OwnOnly,
    /// The present rise, continued.
    RiseRate,
    /// The present level, unchanged.
    Persistence,
    /// No forecast: marks and official warnings only.
    MarksOnly,
}
