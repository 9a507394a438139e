use jiff::Timestamp;

use super::{
    AlertLevel, Evidence, Hydrograph, ItemState, OfficialWarning, ShelterRow, SlipTable, Span, Tier,
};

/// One recommendation, with what speaks for it and against it.
#[derive(Clone, Debug)]
pub struct RecommendationView {
    /// Its identifier.
    pub id: String,
    /// Whether an officer asks for it of their own accord (職員の判断): then it is no recommendation, and nothing may call it one.
    pub judged: bool,
    /// The level the service proposes.
    pub level: AlertLevel,
    /// The hazard in the law's word, such as 洪水.
    pub hazard: String,
    /// Where in one phrase, such as `札内川沿い`.
    pub place: String,
    /// The districts it speaks of.
    pub districts: Vec<String>,
    /// How to be safe (立退き避難, 屋内安全確保), in one sentence; `None` if not judged.
    pub mode: Option<String>,
    /// When it was made.
    pub made_at: Timestamp,
    /// The moment of the data it rests on.
    pub data_as_of: Timestamp,
    /// The probability of crossing the mark that matters; `None` when no forecast was possible.
    pub chance: Option<ChanceFact>,
    /// Why there is no probability, shown when `chance` is `None`.
    pub no_chance: Option<String>,
    /// When the mark may be reached, early and slow end.
    pub crossing: Option<Span>,
    /// The latest useful time to decide, early and slow end.
    pub decide_by: Option<Span>,
    /// The parts of the time an order needs to work, in order.
    pub time_terms: Vec<TimeTerm>,
    /// What the deadline is made from; `None` where there is none.
    pub deadline: Option<DeadlineFact>,
    /// What it costs to wait, shortest wait first.
    pub waiting: Vec<WaitingRow>,
    /// The people.
    pub exposed: Option<Exposed>,
    /// Hydrographs, the decisive gauge first.
    pub charts: Vec<Hydrograph>,
    /// What speaks for it.
    pub evidence: Vec<Evidence>,
    /// What speaks against it. When empty the page says that none is known.
    pub counter_evidence: Vec<Evidence>,
    /// Shelters within reach, nearest usable first.
    pub shelters: Vec<ShelterRow>,
    /// Official information in force.
    pub official: Vec<OfficialWarning>,
    /// When official information was last received; `None` when this town receives none here.
    pub official_checked_at: Option<Timestamp>,
    /// What would change this recommendation, each a condition in one sentence.
    pub would_change: Vec<String>,
    /// Districts at equal or higher danger that are *not* part of this recommendation.
    pub left_out: Vec<String>,
    /// How the forecast was made.
    pub tier: Tier,
    /// Name and version of the model or method.
    pub model: String,
    /// The record of the method here, in words with counts.
    pub record: Option<String>,
    /// Further figures, each table with what it shows: district by district, people, shelters to open.
    pub tables: Vec<SlipTable>,
    /// What became of it so far.
    pub state: ItemState,
    /// Why no decision can be taken just now, such as a picture that is too old. Locks the buttons.
    pub locked: Option<String>,
}

/// The probability that leads a recommendation.
#[derive(Clone, Debug)]
pub struct ChanceFact {
    /// The mark, such as 氾濫危険水位.
    pub mark: String,
    /// Height of the mark, metres.
    pub mark_m: f64,
    /// The gauge it is crossed at.
    pub gauge: String,
    /// Within so many hours.
    pub ahead_h: u32,
    /// Best estimate, 0 to 100.
    pub percent: f64,
    /// Low end of the range, 0 to 100.
    pub low_percent: f64,
    /// High end of the range, 0 to 100.
    pub high_percent: f64,
}

/// One part of the time an order needs to work.
#[derive(Clone, Debug)]
pub struct TimeTerm {
    /// Its name, such as 伝達 or 移動.
    pub name: String,
    /// The same in English.
    pub name_en: String,
    /// Minutes, at the slow end.
    pub minutes: u32,
    /// What it rests on, such as `一般の設定値`.
    pub note: String,
}

/// What a deadline is made from.
#[derive(Clone, Debug)]
pub struct DeadlineFact {
    /// The district where it comes first.
    pub district: String,
    /// Everybody must be safe by then.
    pub safe_by: Timestamp,
    /// Why then, such as 危険の到達 or 日没.
    pub limit: String,
    /// The same in English.
    pub limit_en: String,
    /// Minutes that are subtracted.
    pub needs_min: u32,
    /// Whether somebody would move in the dark if it is decided as late as that.
    pub in_the_dark: bool,
    /// Gauge and method that the arrival is made from.
    pub made_by: String,
}

/// Deciding so many minutes from now.
#[derive(Clone, Debug)]
pub struct WaitingRow {
    /// Minutes from now; 0 = at once.
    pub wait_min: u32,
    /// Minutes after the deadline; negative when there is time left.
    pub late_by_min: i64,
    /// The chance that it is too late then, in words; `None` = cannot be foreseen.
    pub too_late: Option<String>,
    /// People at risk times that chance.
    pub people: Option<u64>,
    /// Whether people would be on their way after sunset.
    pub in_the_dark: bool,
    /// Whether people would be on their way in the storm.
    pub in_the_storm: bool,
}

/// The people a recommendation is about.
#[derive(Clone, Debug)]
pub struct Exposed {
    /// People inside the assumed flood area of the districts.
    pub people: u64,
    /// Households, if known.
    pub households: Option<u64>,
    /// People who need help to leave; a count, never names.
    pub needing_help: Option<u64>,
    /// How many are expected to use public shelters: low and high end, if estimated.
    pub shelter_users: Option<[u64; 2]>,
    /// What the figures rest on, such as `2010年国勢調査 500mメッシュの面積按分`.
    pub basis: String,
}
