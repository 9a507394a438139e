//! The hydrograph: what was measured, what may follow, and the marks it is judged by.
//!
//! Three steps, one file each: [`scale`] decides what part of time and height is shown, [`draw`]
//! draws it, [`twin`] tells the same in a table for those who cannot see it.

mod draw;
mod scale;
mod twin;

use crate::{jst, markup::Markup, view::Hydrograph};

impl Hydrograph {
    /// The chart.
    pub(crate) fn drawing(&self) -> Markup {
        draw::chart(self)
    }

    /// The table with the same content.
    pub(crate) fn table(&self) -> Markup {
        twin::table(self)
    }

    /// The latest usable reading in words, with its time; the chart's accessible name.
    pub(crate) fn summary(&self) -> String {
        let latest = self.latest().map_or_else(
            || "有効な観測値がありません".to_owned(),
            |(at, level_m)| {
                format!(
                    "最新 {} {}",
                    jst::full_words(at),
                    crate::figure::metres(level_m)
                )
            },
        );
        let outlook = self.forecast.last().map_or_else(
            || "予測なし".to_owned(),
            |last| {
                format!(
                    "{}の予測 中央値{}、90%の幅{}から{}",
                    jst::full_words(last.at),
                    crate::figure::metres(last.median_m),
                    crate::figure::metres(last.low90_m),
                    crate::figure::metres(last.high90_m)
                )
            },
        );
        format!(
            "{}({})の水位図。{latest}。{outlook}。",
            self.gauge, self.river
        )
    }

    /// The latest usable reading.
    pub(crate) fn latest(&self) -> Option<(jiff::Timestamp, f64)> {
        self.observed.iter().rev().find_map(|reading| {
            (reading.quality != crate::view::Quality::Bad)
                .then_some(reading.level_m)
                .flatten()
                .filter(|level_m| level_m.is_finite())
                .map(|level_m| (reading.at, level_m))
        })
    }

    /// How far the 90 % band reaches where the chart cuts it, in words.
    pub(crate) fn band_outside(&self) -> Option<String> {
        let scale = scale::Scale::of(self)?;
        let [low, high] = scale::band_cut(self, &scale);
        let edges: Vec<String> = [(low, "下"), (high, "上")]
            .into_iter()
            .filter_map(|(edge, word)| Some(format!("{word}は{}", crate::figure::metres(edge?))))
            .collect();
        (!edges.is_empty())
            .then(|| format!("90%の幅は図より広く、{}まであります。", edges.join("、")))
    }

    /// Marks too far away to be drawn, in words: nothing is left out silently.
    pub(crate) fn marks_outside(&self) -> Vec<String> {
        scale::Scale::of(self)
            .map(|scale| {
                self.marks
                    .iter()
                    .filter(|mark| !scale.shows(mark.level_m))
                    .map(|mark| format!("{} {}", mark.name, crate::figure::metres(mark.level_m)))
                    .collect()
            })
            .unwrap_or_default()
    }
}
