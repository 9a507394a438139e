//! The six depth ranks of an official inundation map (浸水深ランク).

use std::fmt;

use serde::{Deserialize, Serialize};

/// Depth class of an official flood zone (浸水深), standard scale of the 水害ハザードマップ作成の手引き.
///
/// Ordered from shallow to deep, so the worst of several zones is their `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct DepthRank(u8);

impl DepthRank {
    /// All ranks, from shallow to deep.
    pub const ALL: [Self; 6] = [Self(1), Self(2), Self(3), Self(4), Self(5), Self(6)];

    /// The rank with this number, 1 to 6; any other number is no rank.
    #[must_use]
    pub fn new(rank: u8) -> Option<Self> {
        (1..=6).contains(&rank).then_some(Self(rank))
    }

    /// Its number, 1 to 6.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    /// The range in Japanese, as official maps write it.
    #[must_use]
    pub fn words_ja(self) -> &'static str {
        self.row().0
    }

    /// The range in English.
    #[must_use]
    pub fn words_en(self) -> &'static str {
        self.row().1
    }

    /// The official colour, `#rrggbb`. Colour is never the only sign: show the words too.
    #[must_use]
    pub fn colour(self) -> &'static str {
        self.row().2
    }

    /// The shallowest depth of the class, in metres.
    #[must_use]
    pub fn min_m(self) -> f64 {
        self.row().3
    }

    /// The depth the class stays below, in metres; nothing for the open-ended deepest class.
    #[must_use]
    pub fn max_m(self) -> Option<f64> {
        self.row().4
    }

    fn row(self) -> (&'static str, &'static str, &'static str, f64, Option<f64>) {
        match self.0 {
            1 => ("0.5m未満", "below 0.5 m", "#f7f5a9", 0.0, Some(0.5)),
            2 => ("0.5m以上3m未満", "0.5 to 3 m", "#ffd8c0", 0.5, Some(3.0)),
            3 => ("3m以上5m未満", "3 to 5 m", "#ffb7b7", 3.0, Some(5.0)),
            4 => ("5m以上10m未満", "5 to 10 m", "#ff9191", 5.0, Some(10.0)),
            5 => ("10m以上20m未満", "10 to 20 m", "#f285c9", 10.0, Some(20.0)),
            _ => ("20m以上", "20 m or more", "#dc7adc", 20.0, None),
        }
    }
}

impl fmt::Display for DepthRank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl TryFrom<u8> for DepthRank {
    type Error = String;

    fn try_from(rank: u8) -> Result<Self, String> {
        Self::new(rank).ok_or_else(|| format!("rank is {rank}; accepted: 1 to 6"))
    }
}

impl From<DepthRank> for u8 {
    fn from(rank: DepthRank) -> Self {
        rank.0
    }
}

#[cfg(test)]
mod tests {
    use super::DepthRank;

    #[test]
    fn only_the_numbers_one_to_six_are_ranks() {
        let accepted: Vec<u8> = (0..=255).filter(|n| DepthRank::new(*n).is_some()).collect();
        assert_eq!(accepted, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn each_class_begins_where_the_shallower_one_ends() {
        for pair in DepthRank::ALL.windows(2) {
            assert_eq!(pair[0].max_m(), Some(pair[1].min_m()));
        }
        assert_eq!(DepthRank::ALL[5].max_m(), None);
    }
}
