use jiff::Timestamp;

use super::AlertLevel;

/// One line that speaks for or against a recommendation.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The line, with its figure and range.
    pub text: String,
    /// The same in English, where there is a sentence for it.
    pub en: Option<String>,
    /// Where the figure comes from: measured, official or which method.
    pub source: String,
    /// The moment of the figure.
    pub at: Timestamp,
}

/// Official information in force, as received.
#[derive(Clone, Debug)]
pub struct OfficialWarning {
    /// Its name as received, such as レベル3大雨警報.
    pub name: String,
    /// The level it corresponds to, if any.
    pub level: Option<AlertLevel>,
    /// Who issued it.
    pub issuer: String,
    /// When.
    pub at: Timestamp,
}
