/// 警戒レベル, the five alert levels and the calm below them.
///
/// Ordered from calm to worst. Levels 3 to 5 are orders of the municipality, 1 and 2 information of
/// the Meteorological Agency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertLevel {
    /// 平常: no level.
    Normal,
    /// 警戒レベル1 早期注意情報.
    One,
    /// 警戒レベル2 注意報.
    Two,
    /// 警戒レベル3 高齢者等避難.
    Three,
    /// 警戒レベル4 避難指示.
    Four,
    /// 警戒レベル5 緊急安全確保.
    Five,
}
