//! The chart's table twin: the same readings, forecasts and marks in rows.

use std::fmt::Write;

use crate::{
    figure, jst,
    markup::{Markup, escaped},
    view::{Hydrograph, Quality},
};

/// More readings than this are shown newest first and counted.
const MOST_READINGS: usize = 60;

/// Marks, forecast and readings of one chart as tables.
pub(super) fn table(chart: &Hydrograph) -> Markup {
    let mut html = String::new();
    if !chart.marks.is_empty() {
        html.push_str(
            "<table class=\"twin\"><caption>基準水位</caption><thead><tr><th scope=\"col\">名称</th>\
             <th scope=\"col\">レベル</th><th scope=\"col\">水位</th></tr></thead><tbody>",
        );
        for mark in &chart.marks {
            let _ = write!(
                html,
                "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"num\">{}</td></tr>",
                escaped(&mark.name),
                mark.level
                    .map_or_else(|| "なし".to_owned(), crate::view::AlertLevel::equivalent),
                figure::metres(mark.level_m)
            );
        }
        html.push_str("</tbody></table>");
    }
    if !chart.forecast.is_empty() {
        html.push_str(
            "<table class=\"twin\"><caption>予測値(参考)</caption><thead><tr><th scope=\"col\">時刻</th>\
             <th scope=\"col\">中央値</th><th scope=\"col\">50%の幅</th><th scope=\"col\">90%の幅</th></tr></thead><tbody>",
        );
        for point in &chart.forecast {
            let _ = write!(
                html,
                "<tr><th scope=\"row\">{}</th><td class=\"num\">{}</td><td class=\"num\">{:.2}〜{}</td><td class=\"num\">{:.2}〜{}</td></tr>",
                jst::short(point.at, chart.now),
                figure::metres(point.median_m),
                point.low50_m,
                figure::metres(point.high50_m),
                point.low90_m,
                figure::metres(point.high90_m)
            );
        }
        html.push_str("</tbody></table>");
    }
    readings(&mut html, chart);
    Markup::made(html)
}

fn readings(html: &mut String, chart: &Hydrograph) {
    let older = chart.observed.len().saturating_sub(MOST_READINGS);
    html.push_str(
        "<table class=\"twin\"><caption>観測値(新しい順)</caption><thead><tr><th scope=\"col\">時刻</th>\
         <th scope=\"col\">水位</th><th scope=\"col\">品質</th></tr></thead><tbody>",
    );
    for reading in chart.observed.iter().rev().take(MOST_READINGS) {
        let level = reading
            .level_m
            .map_or_else(|| "欠測".to_owned(), figure::metres);
        let quality = match (reading.level_m, reading.quality) {
            (None, _) => "届いていません",
            (Some(_), quality) => Quality::word(quality),
        };
        let _ = write!(
            html,
            "<tr><th scope=\"row\">{}</th><td class=\"num\">{level}</td><td>{quality}</td></tr>",
            jst::short(reading.at, chart.now)
        );
    }
    html.push_str("</tbody></table>");
    if older > 0 {
        let _ = write!(
            html,
            "<p class=\"note\">これより古い観測値{older}件は図だけにあります。</p>"
        );
    }
}
