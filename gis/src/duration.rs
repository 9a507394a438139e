//! How long water stays (浸水継続時間).

use std::fmt;

use serde::{Deserialize, Serialize};

/// Class of the duration of flooding at 0.5 m or more (浸水継続時間), codes 1 to 7 of the national data.
///
/// Ordered from short to long, so the worst of several zones is their `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct DurationRank(u8);

impl DurationRank {
    /// The class with this code, 1 to 7; any other number is none.
    #[must_use]
    pub fn new(code: u8) -> Option<Self> {
        (1..=7).contains(&code).then_some(Self(code))
    }

    /// Its code, 1 to 7.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    /// In Japanese, as official maps write it.
    #[must_use]
    pub fn words_ja(self) -> &'static str {
        self.row().0
    }

    /// In English.
    #[must_use]
    pub fn words_en(self) -> &'static str {
        self.row().1
    }

    /// The official colour, `#rrggbb`. Colour is never the only sign: show the words too.
    #[must_use]
    pub fn colour(self) -> &'static str {
        self.row().2
    }

    /// Shortest duration of the class, hours.
    #[must_use]
    pub fn min_h(self) -> u32 {
        self.row().3
    }

    /// The duration the class stays below, hours; nothing for the open-ended longest class.
    #[must_use]
    pub fn max_h(self) -> Option<u32> {
        Self::new(self.0 + 1).map(Self::min_h)
    }

    fn row(self) -> (&'static str, &'static str, &'static str, u32) {
        match self.0 {
            1 => ("12時間未満", "below 12 hours", "#a0d2ff", 0),
            2 => ("12時間以上1日未満", "12 to 24 hours", "#0041ff", 12),
            3 => ("1日以上3日未満", "1 to 3 days", "#faf500", 24),
            4 => ("3日以上1週間未満", "3 to 7 days", "#ff9900", 72),
            5 => ("1週間以上2週間未満", "1 to 2 weeks", "#ff2800", 168),
            6 => ("2週間以上4週間未満", "2 to 4 weeks", "#b40068", 336),
            _ => ("4週間以上", "4 weeks or more", "#600060", 672),
        }
    }
}

impl fmt::Display for DurationRank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl TryFrom<u8> for DurationRank {
    type Error = String;

    fn try_from(code: u8) -> Result<Self, String> {
        Self::new(code).ok_or_else(|| format!("duration code is {code}; accepted: 1 to 7"))
    }
}

impl From<DurationRank> for u8 {
    fn from(rank: DurationRank) -> Self {
        rank.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::DurationRank;

    #[test]
    fn only_the_codes_one_to_seven_are_durations() {
        let accepted: Vec<u8> = (0..=255)
            .filter(|n| DurationRank::new(*n).is_some())
            .collect();
        assert_eq!(accepted, [1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn each_class_begins_where_the_shorter_one_ends() {
        for code in 1..7 {
            let (short, long) = (
                DurationRank::new(code).unwrap(),
                DurationRank::new(code + 1).unwrap(),
            );
            assert_eq!(short.max_h(), Some(long.min_h()));
        }
        assert_eq!(DurationRank::new(7).unwrap().max_h(), None);
    }
}
