//! The drawing, from the ground up: depth, rivers, border, districts, shelters, gauges, names.

use std::fmt::Write;

use super::plane::{Plane, WIDTH};
use crate::{
    figure,
    level_mark::shape_at,
    markup::{Markup, escaped},
    view::{AlertLevel, DepthRank, DistrictOutline, DistrictState, GaugePin, MapView, ShelterPin},
};

/// With more calm districts than this their names would cover the map; the table has them all.
const NAMED_CALM: usize = 16;
/// Width of a district's mark.
const MARK: f64 = 34.0;

/// The map as one SVG element, or a sentence when there is nothing to draw.
pub(super) fn map(view: &MapView) -> Markup {
    let Some(plane) = Plane::of(view.bounds) else {
        return Markup::made(
            "<p class=\"none\">地図の範囲が設定されていません。地区の表は下にあります。</p>"
                .to_owned(),
        );
    };
    let height = plane.height;
    let mut svg = format!(
        "<svg class=\"map\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">",
        escaped(&view.summary())
    );
    hatches(&mut svg, view);
    let _ = write!(
        svg,
        "<rect class=\"mp-ground\" width=\"{WIDTH}\" height=\"{height}\"/>"
    );
    depth(&mut svg, &plane, view);
    lines(&mut svg, &plane, &view.rivers, "mp-river", false);
    lines(&mut svg, &plane, &view.border, "mp-border", true);
    for district in &view.districts {
        outline(&mut svg, &plane, district);
    }
    for shelter in view
        .shelters
        .iter()
        .filter(|shelter| plane.shows(shelter.point))
    {
        shelter_sign(&mut svg, &plane, shelter);
    }
    for gauge in view.gauges.iter().filter(|gauge| plane.shows(gauge.point)) {
        gauge_sign(&mut svg, &plane, gauge);
    }
    names(&mut svg, &plane, view);
    scale_bar(&mut svg, &plane);
    svg.push_str("</svg>");
    Markup::made(svg)
}

/// 45 degree hatches, one for each level on the map.
fn hatches(svg: &mut String, view: &MapView) {
    let mut levels: Vec<AlertLevel> = view
        .districts
        .iter()
        .filter_map(|district| district.state.level())
        .collect();
    levels.sort_unstable();
    levels.dedup();
    if levels.is_empty() {
        return;
    }
    svg.push_str("<defs>");
    for level in levels {
        let class = level.class();
        let _ = write!(
            svg,
            "<pattern id=\"hatch-{class}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" \
             patternTransform=\"rotate(45)\"><line class=\"mp-hatch {class}\" x1=\"0\" x2=\"0\" y1=\"0\" y2=\"8\"/></pattern>"
        );
    }
    svg.push_str("</defs>");
}

/// One path per rank: thousands of cells become six elements.
fn depth(svg: &mut String, plane: &Plane, view: &MapView) {
    for rank in DepthRank::ALL {
        let path: String = view
            .depth
            .iter()
            .filter(|polygon| polygon.class == rank)
            .filter_map(|polygon| plane.path(&polygon.rings, true))
            .collect();
        if !path.is_empty() {
            let _ = write!(
                svg,
                "<path class=\"{}\" fill-rule=\"evenodd\" d=\"{path}\"/>",
                rank.class()
            );
        }
    }
}

fn lines(svg: &mut String, plane: &Plane, lines: &[Vec<[f64; 2]>], class: &str, closed: bool) {
    if let Some(path) = plane.path(lines, closed) {
        let _ = write!(svg, "<path class=\"{class}\" d=\"{path}\"/>");
    }
}

/// Calm districts get a thin line; the others a coloured line on a white casing, and a hatch. A
/// proposal, which no officer has approved, is dashed.
fn outline(svg: &mut String, plane: &Plane, district: &DistrictOutline) {
    let Some(path) = plane.path(&district.rings, true) else {
        return;
    };
    let Some(level) = district.state.level() else {
        let _ = write!(svg, "<path class=\"mp-district\" d=\"{path}\"/>");
        return;
    };
    let class = level.class();
    let proposed = if district.state.is_in_force() {
        ""
    } else {
        " proposed"
    };
    let _ = write!(
        svg,
        "<path fill=\"url(#hatch-{class})\" fill-rule=\"evenodd\" d=\"{path}\"/>\
         <path class=\"mp-casing\" d=\"{path}\"/>\
         <path class=\"mp-line {class}{proposed}\" d=\"{path}\"/>"
    );
}

fn shelter_sign(svg: &mut String, plane: &Plane, shelter: &ShelterPin) {
    let (x, y) = plane.place(shelter.point);
    let class = if shelter.usable {
        "mp-shelter"
    } else {
        "mp-shelter unusable"
    };
    let _ = write!(
        svg,
        "<path class=\"{class}\" d=\"M{x:.1} {:.1}l6 5v7h-12v-7Z\"><title>{}</title></path>",
        y - 6.0,
        escaped(&shelter.name)
    );
}

fn gauge_sign(svg: &mut String, plane: &Plane, gauge: &GaugePin) {
    let (x, y) = plane.place(gauge.point);
    let class = match (gauge.heard, gauge.level) {
        (false, _) => "mp-gauge silent",
        (true, AlertLevel::Normal) => "mp-gauge",
        (true, _) => "mp-gauge high",
    };
    let _ = write!(
        svg,
        "<path class=\"{class}\" d=\"M{:.1} {:.1}h18l-9 15Z\"><title>{} {}</title></path>",
        x - 9.0,
        y - 15.0,
        escaped(&gauge.name),
        if gauge.heard {
            gauge.level.equivalent()
        } else {
            "途絶".to_owned()
        }
    );
    if gauge.heard && gauge.level != AlertLevel::Normal {
        let _ = write!(
            svg,
            "<text class=\"mp-gauge-no\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            y - 5.5,
            gauge.level.number()
        );
    }
    if gauge.named {
        let _ = write!(
            svg,
            "<text class=\"mp-name small\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            y + 12.0,
            escaped(&gauge.name)
        );
    }
}

/// Marks and names of districts, on top of everything.
fn names(svg: &mut String, plane: &Plane, view: &MapView) {
    let calm = view
        .districts
        .iter()
        .filter(|district| district.state == DistrictState::Calm);
    let name_calm = calm.count() <= NAMED_CALM;
    for district in view
        .districts
        .iter()
        .filter(|district| plane.shows(district.label_point))
    {
        let (x, y) = plane.place(district.label_point);
        match district.state.level() {
            Some(level) => {
                svg.push_str(&shape_at(level, x, y, MARK));
                let prefix = if district.state.is_in_force() {
                    ""
                } else {
                    "推奨 "
                };
                let _ = write!(
                    svg,
                    "<text class=\"mp-name\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{prefix}{}</text>",
                    y + MARK / 2.0 + 13.0,
                    escaped(&district.name)
                );
            }
            None if name_calm => {
                let _ = write!(
                    svg,
                    "<text class=\"mp-name calm\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{}</text>",
                    escaped(&district.name)
                );
            }
            None => {}
        }
    }
}

fn scale_bar(svg: &mut String, plane: &Plane) {
    let (length_m, units) = plane.scale_bar();
    let (x, y) = (14.0, plane.height - 14.0);
    let words = if length_m >= 1000.0 {
        format!("{:.0} km", length_m / 1000.0)
    } else {
        figure::distance(length_m)
    };
    let _ = write!(
        svg,
        "<g class=\"mp-scale\"><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"28\"/>\
         <path d=\"M{x} {:.1}v6h{units:.1}v-6\"/><text x=\"{:.1}\" y=\"{:.1}\">{words}・上が北</text></g>",
        x - 8.0,
        y - 20.0,
        units + 96.0,
        y - 8.0,
        x + units + 8.0,
        y
    );
}
