//! Figures in words: units beside them, thousands separated, no false precision.

use crate::view::{Chance, ChanceFact};

/// A level or height: `36.06 m`.
pub(crate) fn metres(level_m: f64) -> String {
    if level_m.is_finite() {
        format!("{level_m:.2} m")
    } else {
        "値なし".to_owned()
    }
}

/// A change per hour: `+0.16 m/h`, `−0.05 m/h`.
pub(crate) fn rise(m_per_h: f64) -> String {
    if !m_per_h.is_finite() {
        return "計算できません".to_owned();
    }
    let rounded = format!("{:.2}", m_per_h.abs());
    let sign = match rounded.as_str() {
        "0.00" => "±",
        _ if m_per_h < 0.0 => "−",
        _ => "+",
    };
    format!("{sign}{rounded} m/h")
}

/// The distance to a mark: `あと0.74 m`, `0.31 m 超過`.
pub(crate) fn margin(margin_m: f64) -> String {
    if margin_m >= 0.0 {
        format!("あと{margin_m:.2} m")
    } else {
        format!("{:.2} m 超過", -margin_m)
    }
}

/// A straight-line distance: `480 m`, `1.2 km`.
pub(crate) fn distance(straight_m: f64) -> String {
    if straight_m < 995.0 {
        format!("{:.0} m", (straight_m / 10.0).round() * 10.0)
    } else {
        format!("{:.1} km", straight_m / 1000.0)
    }
}

/// A count with thousands separated: `32,110`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A probability, never rounded to certainty: `72%`, `5%未満`, `95%以上`.
pub(crate) fn percent(percent: f64) -> String {
    if !percent.is_finite() {
        "計算できません".to_owned()
    } else if percent < 5.0 {
        "5%未満".to_owned()
    } else if percent >= 95.0 {
        "95%以上".to_owned()
    } else {
        format!("{percent:.0}%")
    }
}

/// The range of a probability: `58〜83%`, capped like the probability itself.
pub(crate) fn percent_range(low: f64, high: f64) -> String {
    let (low_words, high_words) = (percent(low), percent(high));
    if low_words == high_words {
        low_words
    } else if low >= 5.0 && high < 95.0 {
        format!("{low:.0}〜{high_words}")
    } else {
        format!("{low_words}〜{high_words}")
    }
}

/// The same as a frequency: `同じような予測100回のうち約72回`.
pub(crate) fn frequency(of_percent: f64) -> String {
    if of_percent < 5.0 {
        "同じような予測100回のうち5回より少ない見込み".to_owned()
    } else if of_percent >= 95.0 {
        "同じような予測100回のうち95回以上で超える見込み".to_owned()
    } else {
        format!("同じような予測100回のうち約{of_percent:.0}回で超える見込み")
    }
}

impl Chance {
    /// The best estimate, capped.
    pub(crate) fn words(&self) -> String {
        percent(self.percent)
    }

    /// The range, capped.
    pub(crate) fn range(&self) -> String {
        percent_range(self.low_percent, self.high_percent)
    }
}

impl ChanceFact {
    /// The best estimate, capped.
    pub(crate) fn words(&self) -> String {
        percent(self.percent)
    }

    /// The range, capped.
    pub(crate) fn range(&self) -> String {
        percent_range(self.low_percent, self.high_percent)
    }

    /// As a frequency.
    pub(crate) fn frequency(&self) -> String {
        frequency(self.percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probability_is_never_rounded_to_certainty() {
        assert_eq!(percent(0.0), "5%未満");
        assert_eq!(percent(100.0), "95%以上");
        assert_eq!(percent(72.4), "72%");
        assert_eq!(percent_range(58.0, 83.0), "58〜83%");
        assert_eq!(percent_range(1.0, 99.0), "5%未満〜95%以上");
        assert_eq!(percent_range(0.0, 3.0), "5%未満");
    }

    #[test]
    fn figures_carry_unit_sign_and_separators() {
        assert_eq!(metres(36.06), "36.06 m");
        assert_eq!(metres(f64::NAN), "値なし");
        assert_eq!(rise(0.16), "+0.16 m/h");
        assert_eq!(rise(-0.05), "−0.05 m/h");
        assert_eq!(rise(-0.001), "±0.00 m/h");
        assert_eq!(margin(0.74), "あと0.74 m");
        assert_eq!(margin(-0.31), "0.31 m 超過");
        assert_eq!(distance(476.0), "480 m");
        assert_eq!(distance(1_234.0), "1.2 km");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_032_110), "1,032,110");
    }
}
