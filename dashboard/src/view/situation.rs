use jiff::Timestamp;

use super::{AlertLevel, ConcernPanel, GaugeRow, Hydrograph, InboxItem, MapView, Span};

/// The situation page: one sentence, five questions, the map, the rivers.
#[derive(Clone, Debug)]
pub struct Situation {
    /// The moment of the data shown.
    pub as_of: Timestamp,
    /// The worst of now, in one sentence.
    pub headline: Headline,
    /// Question 1: what is dangerous, where and when. Worst first.
    pub dangers: Vec<Danger>,
    /// Deciding gauges of which no usable level arrives: what they would say is unknown.
    pub unheard: Vec<String>,
    /// Question 2: what changed in the last 15 minutes. Newest first.
    pub changes: Vec<Change>,
    /// Question 3: what must be decided by when. Most urgent first.
    pub decisions: Vec<InboxItem>,
    /// Question 4: what we already said. Newest first.
    pub said: Vec<Said>,
    /// Question 5: what is broken.
    pub broken: Vec<Broken>,
    /// What agencies say that holds.
    pub official: OfficialBoard,
    /// What others say: shown, never a ground by itself.
    pub external: Vec<ExternalGroup>,
    /// What the levels concern.
    pub concern: ConcernPanel,
    /// The map of districts; `None` when no geography is loaded (told in words).
    pub map: Option<MapView>,
    /// Hydrographs of the main gauges, most important first.
    pub charts: Vec<Hydrograph>,
    /// All gauges.
    pub gauges: Vec<GaugeRow>,
}

/// The worst of now.
#[derive(Clone, Debug)]
pub struct Headline {
    /// The level of the worst mark, proposal or notice.
    pub level: AlertLevel,
    /// One sentence with place, figure and time.
    pub sentence: String,
    /// The same sentence in English.
    pub english: String,
    /// One more sentence, such as what follows from it.
    pub detail: Option<String>,
    /// The same in English.
    pub detail_en: Option<String>,
}

/// One danger.
#[derive(Clone, Debug)]
pub struct Danger {
    /// Its level.
    pub level: AlertLevel,
    /// Measured, expected or official.
    pub kind: DangerKind,
    /// Where: district or river and gauge.
    pub place: String,
    /// What, with the figure.
    pub what: String,
    /// When it is expected; `None` for what is so now.
    pub when: Option<Span>,
    /// The moment of the figure.
    pub as_of: Timestamp,
    /// People exposed.
    pub people: Option<u64>,
}

/// How a danger is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DangerKind {
    /// 観測: measured.
    Measured,
    /// 予測: our own forecast, for officers only.
    Forecast,
    /// 公式: official information.
    Official,
}

/// Something that changed.
#[derive(Clone, Debug)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// What, in one sentence with figures.
    pub sentence: String,
}

/// A notice in force.
#[derive(Clone, Debug)]
pub struct Said {
    /// Its identifier, for the link.
    pub id: String,
    /// Its level.
    pub level: AlertLevel,
    /// Where in one phrase, such as `札内川沿い`.
    pub place: String,
    /// The districts.
    pub districts: Vec<String>,
    /// When it was issued.
    pub at: Timestamp,
    /// Whether it reached its channels, in words, such as `5経路すべて送信済み`.
    pub delivery: String,
    /// Whether at least one channel failed.
    pub partly_failed: bool,
}

/// Something that does not work.
#[derive(Clone, Debug)]
pub struct Broken {
    /// What, and what the service does without it, in one sentence.
    pub sentence: String,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// Official information (公的情報) in force. Never mixed with what the town itself says, and never with drills.
#[derive(Clone, Debug, Default)]
pub struct OfficialBoard {
    /// When anything last arrived from an agency; `None`: never.
    pub heard_at: Option<Timestamp>,
    /// Nothing was heard for longer than is believed to be calm.
    pub stale: bool,
    /// What holds, most serious kinds first.
    pub items: Vec<OfficialItem>,
    /// How many more there are.
    pub left_out: usize,
    /// 今後の見通し: what is expected over the next hours, by time.
    pub ahead: Vec<OfficialItem>,
    /// 訓練 and 試験 that arrived lately: counted, never shown.
    pub drills: u64,
}

/// One thing that holds.
#[derive(Clone, Debug)]
pub struct OfficialItem {
    /// Name as the agency writes it.
    pub name: String,
    /// For where, or about what.
    pub place: String,
    /// Since when it holds without a break.
    pub since: Option<Timestamp>,
    /// Who says so, and in which telegram.
    pub source: String,
    /// Official time of issue.
    pub issued_at: Timestamp,
    /// It may no longer be so.
    pub stale: bool,
    /// What else an officer must know of it.
    pub note: Option<String>,
}

/// What others say (外部の情報): never what the town says, never the agency's telegrams. One group per kind of source.
#[derive(Clone, Debug)]
pub struct ExternalGroup {
    /// What kind, in Japanese.
    pub title: String,
    /// The same in English.
    pub title_en: String,
    /// When anything of this kind last arrived.
    pub heard_at: Timestamp,
    /// What holds or is new enough to be shown.
    pub items: Vec<ExternalItem>,
    /// How many more there are.
    pub left_out: usize,
}

/// One piece of information of others.
#[derive(Clone, Debug)]
pub struct ExternalItem {
    /// What, in the words of its source.
    pub name: String,
    /// Where, or how much.
    pub text: String,
    /// Who says so.
    pub source: String,
    /// When it was said or observed.
    pub at: Timestamp,
    /// Until when it holds, where there is such a thing.
    pub until: Option<Timestamp>,
    /// It may no longer be so.
    pub stale: bool,
    /// How good it is, and what else an officer must know of it.
    pub note: Option<String>,
}
