//! The drawing, from the ground up: depth, rivers, border, districts, shelters, gauges, names.

use std::fmt::Write;

use super::{
    group::{Group, groups},
    plane::Plane,
    room::{Arrangement, LETTER, LINE, Wish},
    sheet::{Sheet, WIDTH},
};
use crate::{
    figure,
    level_mark::shape_at,
    markup::{Markup, escaped},
    view::{AlertLevel, DepthRank, GaugePin, MapView, ShelterPin},
};

/// The map as one SVG element, or a sentence when there is nothing to draw.
pub(super) fn map(view: &MapView) -> Markup {
    let Some(sheet) = Sheet::of(view) else {
        return Markup::made(
            "<p class=\"none\">地図の範囲が設定されていません。地区の表は下にあります。</p>"
                .to_owned(),
        );
    };
    let height = sheet.main.height;
    let mut svg = format!(
        "<svg class=\"map\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">",
        escaped(&view.summary())
    );
    let groups = groups(&view.districts);
    hatches(&mut svg, &groups);
    large(&mut svg, &sheet, view, &groups);
    if let Some(plane) = &sheet.overview {
        overview(&mut svg, &sheet, plane, view, &groups);
    }
    svg.push_str("</svg>");
    Markup::made(svg)
}

fn large(svg: &mut String, sheet: &Sheet, view: &MapView, groups: &[Group<'_>]) {
    let plane = &sheet.main;
    open(svg, plane, 0.0, "mp-large");
    ground(svg, plane, view);
    for district in &view.districts {
        if let Some(path) = plane.path(&district.rings, true) {
            let class = match district.state.level() {
                Some(level) => format!("mp-part {}", level.class()),
                None => "mp-district".to_owned(),
            };
            let _ = write!(svg, "<path class=\"{class}\" d=\"{path}\"/>");
        }
    }
    for group in groups {
        outline(svg, plane, group);
    }
    for shelter in &view.shelters {
        if plane.shows(shelter.point) {
            shelter_sign(svg, plane, shelter);
        }
    }
    for gauge in sheet.gauges(view) {
        gauge_sign(svg, plane, gauge);
    }
    let wishes = sheet.wishes(view);
    let arrangement = sheet.arrangement(view, &wishes);
    marks(svg, &wishes, &arrangement);
    names(svg, &wishes, &arrangement);
    svg.push_str("</svg>");
    scale_bar(svg, sheet);
}

/// The whole town, small: where the large drawing lies in it, and marks for what lies outside.
fn overview(svg: &mut String, sheet: &Sheet, plane: &Plane, view: &MapView, groups: &[Group<'_>]) {
    open(svg, plane, sheet.overview_left(), "mp-overview");
    ground(svg, plane, view);
    for group in groups {
        outline(svg, plane, group);
    }
    let corner = |east_m, north_m| plane.place([east_m, north_m]);
    let (left, top) = corner(view.bounds.west_m, view.bounds.north_m);
    let (right, bottom) = corner(view.bounds.east_m, view.bounds.south_m);
    let _ = write!(
        svg,
        "<rect class=\"mp-frame\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
        right - left,
        bottom - top
    );
    let wishes = sheet.overview_wishes(view);
    marks(svg, &wishes, &sheet.overview_arrangement(&wishes));
    svg.push_str("</svg>");
    let _ = write!(
        svg,
        "<text class=\"mp-caption\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">全体図</text>",
        sheet.overview_left() + plane.width / 2.0,
        (plane.height + 14.0).min(sheet.main.height - 4.0)
    );
}

/// A drawing inside the drawing; what lies outside is cut off.
fn open(svg: &mut String, plane: &Plane, left: f64, class: &str) {
    let (width, height) = (plane.width, plane.height);
    let _ = write!(
        svg,
        "<svg class=\"{class}\" x=\"{left}\" y=\"0\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\
         <rect class=\"mp-ground\" width=\"{width}\" height=\"{height}\"/>"
    );
}

/// Depth, rivers and the town's border.
fn ground(svg: &mut String, plane: &Plane, view: &MapView) {
    depth(svg, plane, view);
    lines(svg, plane, &view.rivers, "mp-river", false);
    lines(svg, plane, &view.border, "mp-border", true);
}

/// 45 degree hatches, one for each level on the map.
fn hatches(svg: &mut String, groups: &[Group<'_>]) {
    let mut levels: Vec<AlertLevel> = groups.iter().map(|group| group.level).collect();
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

/// A coloured line on a white casing around all districts of one state, and a hatch. What is only proposed, which no
/// officer has approved, is dashed.
fn outline(svg: &mut String, plane: &Plane, group: &Group<'_>) {
    let Some(path) = plane.path(&group.border(), true) else {
        return;
    };
    let class = group.level.class();
    let proposed = if group.in_force { "" } else { " proposed" };
    let _ = write!(
        svg,
        "<path fill=\"url(#hatch-{class})\" fill-rule=\"evenodd\" d=\"{path}\"/>\
         <path class=\"mp-casing\" d=\"{path}\"/>\
         <path class=\"mp-line {class}{proposed}\" d=\"{path}\"/>"
    );
}

fn shelter_sign(svg: &mut String, plane: &Plane, shelter: &ShelterPin) {
    let (x, y) = plane.place(shelter.point);
    let (class, top, shape) = if shelter.usable {
        ("mp-shelter", y - 5.5, "l5.5 4.5v6.5h-11v-6.5Z")
    } else {
        ("mp-shelter unusable", y - 3.5, "l3.5 3v4h-7v-4Z")
    };
    let _ = write!(
        svg,
        "<path class=\"{class}\" d=\"M{x:.1} {top:.1}{shape}\"><title>{}</title></path>",
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
}

/// Marks of districts. One that stands for neighbours as well says for how many more.
fn marks(svg: &mut String, wishes: &[Wish<'_>], arrangement: &Arrangement) {
    for mark in &arrangement.marks {
        let super::room::Kind::Level { level, .. } = wishes[mark.wish].kind else {
            continue;
        };
        let names: Vec<&str> = std::iter::once(&mark.wish)
            .chain(&mark.also)
            .map(|wish| wishes[*wish].name)
            .collect();
        let title = match names.join("、") {
            nameless if nameless.replace('、', "").is_empty() => String::new(),
            names => format!("<title>{}</title>", escaped(&names)),
        };
        let _ = write!(
            svg,
            "<g>{title}{}",
            shape_at(level, mark.x, mark.y, mark.width)
        );
        if !mark.also.is_empty() {
            let half = mark.width / 2.0;
            let _ = write!(
                svg,
                "<text class=\"mp-more\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">+{}</text>",
                mark.x + half,
                mark.y + half,
                mark.also.len()
            );
        }
        svg.push_str("</g>");
    }
}

/// Names that found room: of gauges, of districts with a level, and of calm districts.
fn names(svg: &mut String, wishes: &[Wish<'_>], arrangement: &Arrangement) {
    for name in &arrangement.names {
        let class = match wishes[name.wish].kind {
            super::room::Kind::Calm => "mp-name calm",
            super::room::Kind::Level { .. } => "mp-name",
            super::room::Kind::Sign => "mp-name sign",
        };
        let x = f64::midpoint(name.patch.left, name.patch.right);
        let mut y = name.patch.top + LETTER - 1.0;
        for line in &name.lines {
            let _ = write!(
                svg,
                "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{}</text>",
                escaped(line)
            );
            y += LINE;
        }
    }
}

fn scale_bar(svg: &mut String, sheet: &Sheet) {
    let (length_m, units) = sheet.main.scale_bar();
    let words = if length_m >= 1000.0 {
        format!("{:.0} km", length_m / 1000.0)
    } else {
        figure::distance(length_m)
    };
    svg.push_str("<g class=\"mp-scale\">");
    if let Some(patch) = sheet.scale_patch() {
        let (x, y) = (patch.left + 8.0, patch.bottom - 9.0);
        let _ = write!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>\
             <path d=\"M{x} {:.1}v6h{units:.1}v-6\"/><text x=\"{:.1}\" y=\"{y:.1}\">{words}・上が北</text>",
            patch.left,
            patch.top,
            patch.right - patch.left,
            patch.bottom - patch.top,
            y - 6.0,
            x + units + 8.0
        );
    } else {
        let (x, y) = (sheet.overview_left() + 4.0, sheet.main.height - 6.0);
        let _ = write!(
            svg,
            "<path d=\"M{x} {:.1}v6h{units:.1}v-6\"/><text x=\"{x}\" y=\"{y:.1}\">左の図で{words}</text>",
            y - 20.0
        );
    }
    svg.push_str("</g>");
}
