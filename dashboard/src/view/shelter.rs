use jiff::Timestamp;

/// A shelter within reach.
#[derive(Clone, Debug)]
pub struct ShelterRow {
    /// Its name.
    pub name: String,
    /// Straight-line distance from the district, metres.
    pub straight_m: f64,
    /// Approved as an emergency site for floods (指定緊急避難場所・洪水).
    pub approved_for_flood: bool,
    /// Assumed flood depth at the site in words, such as `0.5〜3m`; `None` outside the area.
    pub depth_at_site: Option<String>,
    /// Whether it is open.
    pub state: ShelterState,
    /// When the state was reported; `None` when never.
    pub state_at: Option<Timestamp>,
    /// Places, if the source tells.
    pub capacity: Option<u32>,
    /// Free places, if counted.
    pub free: Option<u32>,
}

/// Whether a shelter is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShelterState {
    /// 開設済み.
    Open,
    /// 開設準備中.
    Preparing,
    /// 未開設.
    Closed,
    /// 満員.
    Full,
    /// 開設状況の報告なし.
    NotReported,
}
