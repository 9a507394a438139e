//! The legend: a swatch for each thing that is drawn, and for nothing else.

use std::fmt::Write;

use super::{plane::Plane, sheet::Sheet};
use crate::{
    level_mark::shape_at,
    markup::Markup,
    view::{DepthRank, DistrictState, MapView},
};

/// The legend as a list. Swatches are drawings, which survive forced colours and printing.
pub(super) fn legend(view: &MapView) -> Markup {
    let Some(sheet) = Sheet::of(view) else {
        return Markup::default();
    };
    let plane = &sheet.main;
    let mut html = String::from("<ul class=\"legend\">");
    districts(&mut html, view);
    for rank in DepthRank::ALL {
        if is_drawn(view, plane, rank) {
            let swatch = format!(
                "<rect class=\"{} mp-swatch\" x=\"1\" y=\"1\" width=\"26\" height=\"16\"/>",
                rank.class()
            );
            entry(&mut html, &swatch, &format!("浸水深 {}", rank.word()));
        }
    }
    if view
        .gauges
        .iter()
        .any(|gauge| gauge.heard && plane.shows(gauge.point))
    {
        entry(
            &mut html,
            "<path class=\"mp-gauge high\" d=\"M5 2h18l-9 15Z\"/>",
            "水位計(数字は到達レベル相当)",
        );
    }
    if view
        .gauges
        .iter()
        .any(|gauge| !gauge.heard && plane.shows(gauge.point))
    {
        entry(
            &mut html,
            "<path class=\"mp-gauge silent\" d=\"M5 2h18l-9 15Z\"/>",
            "水位計(途絶)",
        );
    }
    if view
        .shelters
        .iter()
        .any(|shelter| shelter.usable && plane.shows(shelter.point))
    {
        entry(
            &mut html,
            "<path class=\"mp-shelter\" d=\"M14 2l6 5v9h-12v-9Z\"/>",
            "避難場所(洪水で使える)",
        );
    }
    if view
        .shelters
        .iter()
        .any(|shelter| !shelter.usable && plane.shows(shelter.point))
    {
        entry(
            &mut html,
            "<path class=\"mp-shelter unusable\" d=\"M14 5l4 3.5v5h-8v-5Z\"/>",
            "避難場所(洪水では使えない)",
        );
    }
    if plane.path(&view.rivers, false).is_some() {
        entry(
            &mut html,
            "<path class=\"mp-river\" d=\"M2 12q12 -10 24 -4\"/>",
            "河川",
        );
    }
    if plane.path(&view.border, true).is_some() {
        entry(
            &mut html,
            "<path class=\"mp-border\" d=\"M2 9h24\"/>",
            "市町村界",
        );
    }
    if sheet.overview.is_some() {
        entry(
            &mut html,
            "<rect class=\"mp-frame\" x=\"3\" y=\"3\" width=\"22\" height=\"12\"/>",
            "左の図の範囲",
        );
    }
    html.push_str("</ul>");
    Markup::made(html)
}

fn districts(html: &mut String, view: &MapView) {
    let mut levels: Vec<_> = view
        .districts
        .iter()
        .filter_map(|district| Some((district.state.level()?, district.state.is_in_force())))
        .collect();
    levels.sort_unstable_by(|one, other| other.cmp(one));
    levels.dedup();
    for (level, in_force) in levels {
        let kind = if in_force {
            "発令中(実線)"
        } else {
            "推奨(破線・まだ発令されていない)"
        };
        let dashed = if in_force { "" } else { " proposed" };
        let swatch = format!(
            "<path class=\"mp-line {}{dashed}\" d=\"M1 9h6M21 9h6\"/>{}",
            level.class(),
            shape_at(level, 14.0, 9.0, 17.0)
        );
        entry(html, &swatch, &format!("{kind} {}", level.title()));
    }
    if view
        .districts
        .iter()
        .any(|district| district.state == DistrictState::Calm)
    {
        entry(
            html,
            "<path class=\"mp-district\" d=\"M2 3h24v12h-24Z\"/>",
            "地区(発令・推奨なし)",
        );
    }
}

/// Whether any area of a rank is large and near enough to be drawn.
fn is_drawn(view: &MapView, plane: &Plane, rank: DepthRank) -> bool {
    view.depth
        .iter()
        .filter(|polygon| polygon.class == rank)
        .any(|polygon| plane.path(&polygon.rings, true).is_some())
}

fn entry(html: &mut String, swatch: &str, words: &str) {
    let _ = write!(
        html,
        "<li><svg class=\"swatch\" viewBox=\"0 0 28 18\" aria-hidden=\"true\">{swatch}</svg>{words}</li>"
    );
}
