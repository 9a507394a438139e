//! The drawing itself.

use std::fmt::Write;

use super::scale::{HEIGHT, Scale, WIDTH, band_cut, seconds};
use crate::{
    figure, jst,
    markup::{Markup, escaped},
    view::{AlertLevel, FanPoint, Hydrograph, LevelMark, Quality, Reading},
};

/// The band is no wall: between the 50 % and the 90 % edge it fades in this many steps.
const FADE: [f64; 4] = [0.0, 0.34, 0.67, 1.0];
/// Least distance between two labels of marks, units of the drawing.
const LABEL_STEP: f64 = 13.5;
/// A line is broken where two readings lie further apart than this many rhythms.
const GAP_RHYTHMS: f64 = 2.5;

/// The chart as one SVG element, or a sentence when there is nothing to draw.
pub(super) fn chart(chart: &Hydrograph) -> Markup {
    let Some(scale) = Scale::of(chart) else {
        return Markup::made(format!(
            "<p class=\"none\">{}の観測値も予測もまだ届いていません。</p>",
            escaped(&chart.gauge)
        ));
    };
    let mut svg = format!(
        "<svg class=\"hydrograph\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
        escaped(&chart.summary())
    );
    axes(&mut svg, &scale, chart);
    marks(&mut svg, &scale, &chart.marks);
    fan(&mut svg, &scale, chart);
    cut(&mut svg, &scale, chart);
    observed(&mut svg, &scale, chart);
    now(&mut svg, &scale, chart);
    svg.push_str("</svg>");
    Markup::made(svg)
}

fn axes(svg: &mut String, scale: &Scale, chart: &Hydrograph) {
    let Scale {
        left,
        right,
        top,
        bottom,
        ..
    } = *scale;
    let _ = write!(
        svg,
        "<rect class=\"hy-ground\" x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\"/>",
        right - left,
        bottom - top
    );
    for height_m in scale.heights_m() {
        let y = scale.y(height_m);
        let _ = write!(
            svg,
            "<line class=\"hy-grid\" x1=\"{left}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text class=\"hy-axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{height_m:.1}</text>",
            left - 5.0,
            y + 3.8
        );
    }
    let _ = write!(
        svg,
        "<text class=\"hy-axis\" x=\"4\" y=\"12\">m({})</text>",
        escaped(&chart.datum)
    );
    let mut day = String::new();
    for at in scale.hours() {
        let x = scale.x(at);
        let class = if jst::hour(at) == 0 {
            "hy-day"
        } else {
            "hy-grid"
        };
        let _ = write!(
            svg,
            "<line class=\"{class}\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top}\" y2=\"{bottom}\"/>\
             <text class=\"hy-axis\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}時</text>",
            bottom + 14.0,
            jst::hour(at)
        );
        let its_day = jst::day_of_month(at);
        if its_day != day {
            let _ = write!(
                svg,
                "<text class=\"hy-axis hy-date\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{its_day}</text>",
                bottom + 28.0
            );
            day = its_day;
        }
    }
}

/// Two-toned lines, dark under colour, so that a yellow line shows on white; number, name and
/// height stand at the right, moved apart where they would overlap.
fn marks(svg: &mut String, scale: &Scale, marks: &[LevelMark]) {
    let mut shown: Vec<&LevelMark> = marks
        .iter()
        .filter(|mark| scale.shows(mark.level_m))
        .collect();
    shown.sort_by(|one, other| other.level_m.total_cmp(&one.level_m));
    let mut floor = f64::NEG_INFINITY;
    for mark in shown {
        let y = scale.y(mark.level_m);
        let label_y = y.max(floor + LABEL_STEP);
        floor = label_y;
        let class = mark.level.map_or("design", AlertLevel::class);
        let (left, right) = (scale.left, scale.right);
        let _ = write!(
            svg,
            "<line class=\"hy-mark-under {class}\" x1=\"{left}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <line class=\"hy-mark {class}\" x1=\"{left}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <polyline class=\"hy-lead\" points=\"{right},{y:.1} {:.1},{label_y:.1} {:.1},{label_y:.1}\"/>\
             <text class=\"hy-label\" x=\"{:.1}\" y=\"{:.1}\">{}{} {}</text>",
            right + 6.0,
            right + 9.0,
            right + 11.0,
            label_y + 4.0,
            mark.level.map_or_else(String::new, |level| format!(
                "<tspan class=\"hy-level\">{}</tspan> ",
                level.number()
            )),
            escaped(&shortened(&mark.name)),
            format_args!("{:.2}", mark.level_m)
        );
    }
}

/// Names of marks longer than a chart's margin are shortened there; the table has them whole.
fn shortened(name: &str) -> String {
    if name.chars().count() <= 8 {
        return name.to_owned();
    }
    name.chars().take(7).chain(['…']).collect()
}

fn fan(svg: &mut String, scale: &Scale, chart: &Hydrograph) {
    let mut points: Vec<FanPoint> = chart
        .forecast
        .iter()
        .filter(|point| is_whole(point))
        .copied()
        .collect();
    let Some(first) = points.first() else { return };
    // The fan opens at the latest measured level, which is known.
    if let Some((at, level_m)) = chart.latest()
        && at < first.at
    {
        points.insert(
            0,
            FanPoint {
                at,
                low90_m: level_m,
                low50_m: level_m,
                median_m: level_m,
                high50_m: level_m,
                high90_m: level_m,
            },
        );
    }
    for share in FADE.into_iter().rev() {
        let edge = |inner: f64, outer: f64| inner + share * (outer - inner);
        let mut path = String::new();
        for (place, point) in points.iter().enumerate() {
            let upper = scale.y(edge(point.high50_m, point.high90_m));
            let verb = if place == 0 { 'M' } else { 'L' };
            let _ = write!(path, "{verb}{:.1} {upper:.1}", scale.x(point.at));
        }
        for point in points.iter().rev() {
            let lower = scale.y(edge(point.low50_m, point.low90_m));
            let _ = write!(path, "L{:.1} {lower:.1}", scale.x(point.at));
        }
        let class = if share > 0.0 {
            "hy-band90"
        } else {
            "hy-band50"
        };
        let _ = write!(svg, "<path class=\"{class}\" d=\"{path}Z\"/>");
    }
    let line: Vec<String> = points
        .iter()
        .map(|point| format!("{:.1},{:.1}", scale.x(point.at), scale.y(point.median_m)))
        .collect();
    let _ = write!(
        svg,
        "<polyline class=\"hy-median\" points=\"{}\"/>",
        line.join(" ")
    );
}

/// An arrow with the true figure where the band is cut at the edge of the chart.
fn cut(svg: &mut String, scale: &Scale, chart: &Hydrograph) {
    let right = scale.right - 4.0;
    let edges = [(scale.bottom - 5.0, "↓"), (scale.top + 12.0, "↑")];
    for (cut, (y, arrow)) in band_cut(chart, scale).into_iter().zip(edges) {
        if let Some(level_m) = cut {
            let _ = write!(
                svg,
                "<text class=\"hy-cut\" x=\"{right:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{arrow}{level_m:.1}</text>"
            );
        }
    }
}

fn is_whole(point: &FanPoint) -> bool {
    [
        point.low90_m,
        point.low50_m,
        point.median_m,
        point.high50_m,
        point.high90_m,
    ]
    .into_iter()
    .all(f64::is_finite)
}

/// The measured line with its gaps; doubtful readings as rings, impossible ones as crosses at the
/// edge they lie beyond.
fn observed(svg: &mut String, scale: &Scale, chart: &Hydrograph) {
    let longest_s = f64::from(chart.cadence_min) * 60.0 * GAP_RHYTHMS;
    let mut piece: Vec<&Reading> = Vec::new();
    for reading in &chart.observed {
        let usable = reading.quality != Quality::Bad && usable_m(reading).is_some();
        let after_gap = piece
            .last()
            .is_some_and(|last| seconds(reading.at.as_second() - last.at.as_second()) > longest_s);
        if !usable || after_gap {
            draw_piece(svg, scale, &piece);
            piece.clear();
        }
        if usable {
            piece.push(reading);
        }
    }
    draw_piece(svg, scale, &piece);
    for reading in &chart.observed {
        let Some(level_m) = usable_m(reading) else {
            continue;
        };
        let (x, y) = (scale.x(reading.at), scale.y(level_m));
        match reading.quality {
            Quality::Bad => {
                let _ = write!(
                    svg,
                    "<path class=\"hy-bad\" d=\"M{:.1} {:.1}l7 7m0 -7l-7 7\"/>",
                    x - 3.5,
                    y - 3.5
                );
            }
            Quality::Suspect => {
                let _ = write!(
                    svg,
                    "<circle class=\"hy-suspect\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.2\"/>"
                );
            }
            Quality::Good | Quality::NotChecked => {}
        }
    }
}

fn usable_m(reading: &Reading) -> Option<f64> {
    reading.level_m.filter(|level_m| level_m.is_finite())
}

fn draw_piece(svg: &mut String, scale: &Scale, piece: &[&Reading]) {
    let places: Vec<(f64, f64)> = piece
        .iter()
        .filter_map(|reading| Some((scale.x(reading.at), scale.y(usable_m(reading)?))))
        .collect();
    match places.as_slice() {
        [] => {}
        [(x, y)] => {
            let _ = write!(
                svg,
                "<circle class=\"hy-lone\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2\"/>"
            );
        }
        several => {
            let points: Vec<String> = several
                .iter()
                .map(|(x, y)| format!("{x:.1},{y:.1}"))
                .collect();
            let _ = write!(
                svg,
                "<polyline class=\"hy-observed\" points=\"{}\"/>",
                points.join(" ")
            );
        }
    }
}

fn now(svg: &mut String, scale: &Scale, chart: &Hydrograph) {
    let x = scale.x(chart.now);
    let _ = write!(
        svg,
        "<line class=\"hy-now\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{}\"/>\
         <text class=\"hy-now-label\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">いま {}</text>",
        scale.top - 4.0,
        scale.bottom,
        scale.top - 8.0,
        jst::clock(chart.now)
    );
    if let Some((at, level_m)) = chart.latest() {
        let (x, y) = (scale.x(at), scale.y(level_m));
        let _ = write!(
            svg,
            "<circle class=\"hy-latest\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>\
             <text class=\"hy-latest-label\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            x - 7.0,
            y - 7.0,
            figure::metres(level_m)
        );
    }
}
