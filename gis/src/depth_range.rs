//! A depth class as a source writes it, which need not be one of the six standard ranks.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::DepthRank;

const CM_PER_M: f64 = 100.0;

/// Depths from one value to below another, whole centimetres. Maps of tsunami, storm surge and inland flooding have classes
/// of their own, such as 0.3 to 1 m.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Depth {
    min_cm: u16,
    max_cm: Option<u16>,
}

impl Depth {
    /// From `min_cm` to below `max_cm`; nothing for `max_cm` is an open end. Nothing where the range is empty.
    #[must_use]
    pub fn new(min_cm: u16, max_cm: Option<u16>) -> Option<Self> {
        max_cm
            .is_none_or(|max_cm| min_cm < max_cm)
            .then_some(Self { min_cm, max_cm })
    }

    /// The depths of a standard rank.
    #[must_use]
    pub fn of_rank(rank: DepthRank) -> Self {
        let (min_cm, max_cm) = match rank.get() {
            1 => (0, Some(50)),
            2 => (50, Some(300)),
            3 => (300, Some(500)),
            4 => (500, Some(1_000)),
            5 => (1_000, Some(2_000)),
            _ => (2_000, None),
        };
        Self { min_cm, max_cm }
    }

    /// Its words, such as 「0.3m以上1m未満」, 「0.5m未満」 or 「20m以上」, with half- or full-width signs. Nothing where the
    /// words say anything else: a class that is not understood is never guessed.
    #[must_use]
    pub fn from_words(words: &str) -> Option<Self> {
        let plain: String = words.chars().filter_map(half_width).collect();
        let plain = plain.strip_suffix("の区域").unwrap_or(&plain);
        let (min, max) = match plain.split_once("以上") {
            Some((min, "")) => (centimetres(min)?, None),
            Some((min, max)) => {
                let max = max.strip_prefix(['~', '-']).unwrap_or(max);
                (centimetres(min)?, Some(centimetres(below(max)?)?))
            }
            None => match plain.split_once(['~', '-']) {
                Some((min, "")) => (centimetres(min)?, None),
                Some((min, max)) => {
                    let max = centimetres(below(max).unwrap_or(max))?;
                    (
                        centimetres(min.strip_suffix('m').unwrap_or(min))?,
                        Some(max),
                    )
                }
                None => (0, Some(centimetres(below(plain)?)?)),
            },
        };
        Self::new(min, max)
    }

    /// The shallowest depth, metres.
    #[must_use]
    pub fn min_m(self) -> f64 {
        f64::from(self.min_cm) / CM_PER_M
    }

    /// The depth it stays below, metres; nothing for an open end.
    #[must_use]
    pub fn max_m(self) -> Option<f64> {
        self.max_cm.map(|cm| f64::from(cm) / CM_PER_M)
    }

    /// The standard rank its deepest water falls into: a class of 0.3 to 1 m counts as 0.5 to 3 m. An open end counts by
    /// its shallowest depth, which is all that is known.
    #[must_use]
    pub fn rank(self) -> DepthRank {
        let reached = |rank: &DepthRank| {
            let standard = Self::of_rank(*rank);
            match (self.max_cm, standard.max_cm) {
                (_, None) => true,
                (Some(max_cm), Some(standard_cm)) => max_cm <= standard_cm,
                (None, Some(standard_cm)) => self.min_cm < standard_cm,
            }
        };
        let [.., deepest] = DepthRank::ALL;
        DepthRank::ALL.into_iter().find(reached).unwrap_or(deepest)
    }

    /// In Japanese, as official maps write it.
    #[must_use]
    pub fn words_ja(self) -> String {
        match (self.min_m(), self.max_m()) {
            (min, None) => format!("{min}m以上"),
            (_, Some(max)) if self.min_cm == 0 => format!("{max}m未満"),
            (min, Some(max)) => format!("{min}m以上{max}m未満"),
        }
    }

    /// In English.
    #[must_use]
    pub fn words_en(self) -> String {
        match (self.min_m(), self.max_m()) {
            (min, None) => format!("{min} m or more"),
            (_, Some(max)) if self.min_cm == 0 => format!("below {max} m"),
            (min, Some(max)) => format!("{min} to {max} m"),
        }
    }
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words_ja())
    }
}

/// How it is written down.
#[derive(Serialize, Deserialize)]
struct Written(u16, Option<u16>);

impl TryFrom<Written> for Depth {
    type Error = String;

    fn try_from(Written(min_cm, max_cm): Written) -> Result<Self, String> {
        Self::new(min_cm, max_cm).ok_or_else(|| {
            format!("depth is {min_cm} to {max_cm:?} cm; accepted: a range that is not empty")
        })
    }
}

impl From<Depth> for Written {
    fn from(depth: Depth) -> Self {
        Self(depth.min_cm, depth.max_cm)
    }
}

/// One sign in its half-width form; blanks are dropped.
fn half_width(sign: char) -> Option<char> {
    match sign {
        '０'..='９' | 'ａ'..='ｚ' | 'Ａ'..='Ｚ' | '．' => {
            char::from_u32(u32::from(sign) - 0xfee0).map(|c| c.to_ascii_lowercase())
        }
        'M' | '㍍' => Some('m'),
        '〜' | '～' => Some('~'),
        '－' | '―' => Some('-'),
        blank if blank.is_whitespace() => None,
        other => Some(other),
    }
}

fn below(words: &str) -> Option<&str> {
    words.strip_suffix("未満")
}

/// Metres with or without their unit, at most two decimals, as whole centimetres.
fn centimetres(words: &str) -> Option<u16> {
    let number = words
        .strip_suffix("メートル")
        .or_else(|| words.strip_suffix('m'))
        .unwrap_or(words);
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 2 {
        return None;
    }
    let metres: u16 = whole.parse().ok()?;
    let part: u16 = format!("{part:0<2}").parse().ok()?;
    metres.checked_mul(100)?.checked_add(part)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Depth;
    use crate::DepthRank;

    fn check(words: &str, expected: Option<(u16, Option<u16>)>) {
        let expected = expected.map(|(min, max)| Depth::new(min, max).unwrap());
        assert_eq!(Depth::from_words(words), expected, "{words}");
    }

    #[test]
    fn the_words_of_official_lists_are_read() {
        check("0.5m未満", Some((0, Some(50))));
        check("0.01m以上0.3m未満", Some((1, Some(30))));
        check("0.3m以上 ～ 1m未満", Some((30, Some(100))));
        check("０．５ｍ以上３．０ｍ未満", Some((50, Some(300))));
        check("20m以上", Some((2_000, None)));
        check("5.0m以上10.0m未満の区域", Some((500, Some(1_000))));
        check("0.5～1.0m未満", Some((50, Some(100))));
        check("2.0メートル以上5.0メートル未満", Some((200, Some(500))));
    }

    #[test]
    fn words_that_are_not_understood_are_not_guessed() {
        for words in [
            "",
            "m",
            "浸水なし",
            "5m",
            "3m以下",
            "1m以上0.5m未満",
            "0.123m未満",
            "-1m未満",
            "999999m以上",
        ] {
            check(words, None);
        }
    }

    #[test]
    fn a_class_counts_as_the_rank_of_its_deepest_water() {
        let rank = |words: &str| Depth::from_words(words).unwrap().rank().get();
        assert_eq!(rank("0.3m未満"), 1);
        assert_eq!(rank("0.3m以上0.5m未満"), 1);
        assert_eq!(rank("0.3m以上1m未満"), 2);
        assert_eq!(rank("2m以上5m未満"), 3);
        assert_eq!(rank("10m以上"), 5);
        assert_eq!(rank("20m以上"), 6);
    }

    #[test]
    fn every_standard_rank_is_its_own_and_its_words_lead_back() {
        for rank in DepthRank::ALL {
            let depth = Depth::of_rank(rank);
            assert_eq!(depth.rank(), rank);
            assert_eq!(depth.words_ja(), rank.words_ja());
            assert_eq!(depth.words_en(), rank.words_en());
            assert_eq!(Depth::from_words(rank.words_ja()), Some(depth));
        }
    }
}
