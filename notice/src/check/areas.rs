//! Who is left out, and whether the outlines are places in this town.

use std::collections::BTreeSet;

use super::{Finding, Subject, Surroundings, Unit, blocking, named, named_en, warning};
use crate::facts::Kind;

/// Outlines may stand over the border by what simplifying them moves, in degrees.
const MARGIN_DEG: f64 = 0.005;
/// A ring smaller than this, in square degrees (some 100 m²), is a sliver.
const SLIVER_DEG2: f64 = 1e-8;
/// Corners above which a ring is not looked at for crossing itself: the look costs their square.
const CROSSING_MAX: usize = 3000;

pub(super) fn check(subject: &Subject<'_>, around: &Surroundings<'_>, found: &mut Vec<Finding>) {
    let facts = subject.facts;
    if facts.districts.is_empty() {
        blocking(
            found,
            "no_area",
            "対象地区がありません".to_owned(),
            "it names no area".to_owned(),
        );
    }
    let mut seen = BTreeSet::new();
    for district in &facts.districts {
        if !seen.insert(district.id.as_str()) {
            blocking(
                found,
                "area_twice",
                format!("{}が2回入っています", district.name),
                format!("{} is in it twice", district.name_en),
            );
        }
        if !around.units.is_empty() && !around.units.contains_key(&district.id) {
            blocking(
                found,
                "area_unknown",
                format!("{}は、この自治体の発令区域ではありません", district.name),
                format!("{} is no issuing unit of this town", district.name_en),
            );
        }
        rings(district, around.town_box, found);
    }
    if facts.kind == Kind::Issue {
        left_out(subject, around, &seen, found);
    }
}

/// Units for which the same or a higher level is advised and that neither this notice nor one in force covers (補完確認).
fn left_out(
    subject: &Subject<'_>,
    around: &Surroundings<'_>,
    included: &BTreeSet<&str>,
    found: &mut Vec<Finding>,
) {
    let facts = subject.facts;
    let level = facts.level.number();
    let covered = |id: &str| {
        included.contains(id)
            || around.live.iter().any(|live| {
                // What ends with this notice covers nobody any more.
                !facts.replaces.iter().any(|r| r.id == live.id)
                    && live.hazard == facts.hazard
                    && live.level >= facts.level
                    && live.districts.iter().any(|d| d.id == id)
            })
    };
    let missing: Vec<&Unit> = around
        .units
        .iter()
        .filter(|(id, unit)| unit.advised_level >= level && !covered(id))
        .map(|(_, unit)| unit)
        .collect();
    if !missing.is_empty() {
        let names = named(missing.iter().map(|unit| unit.name.as_str()));
        let names_en = named_en(missing.iter().map(|unit| unit.in_english()));
        let because = around.left_out_because.trim();
        if because.is_empty() {
            blocking(
                found,
                "left_out",
                format!(
                    "同じかそれより高い危険度の{}地区が入っていません: {names}。加えるか、除く理由を書いてください",
                    missing.len()
                ),
                format!(
                    "{} areas of equal or higher hazard are left out: {names_en}; add them or state why",
                    missing.len()
                ),
            );
        } else {
            warning(
                found,
                "left_out_with_reason",
                format!(
                    "同じかそれより高い危険度の{}地区を除いています: {names}。理由: {because}",
                    missing.len()
                ),
                format!(
                    "{} areas of equal or higher hazard are left out: {names_en}; reason: {because}",
                    missing.len()
                ),
            );
        }
    }
    let holes: Vec<&Unit> = around
        .units
        .iter()
        .filter(|(id, unit)| {
            !covered(id)
                && unit.advised_level < level
                && unit.neighbours.len() >= 3
                && unit
                    .neighbours
                    .iter()
                    .all(|beside| included.contains(beside.as_str()))
        })
        .map(|(_, unit)| unit)
        .collect();
    if !holes.is_empty() {
        let names = named(holes.iter().map(|unit| unit.name.as_str()));
        let names_en = named_en(holes.iter().map(|unit| unit.in_english()));
        warning(
            found,
            "hole",
            format!("周りがすべて対象なのに、入っていない地区があります: {names}"),
            format!("areas that lie wholly between included ones are not included: {names_en}"),
        );
    }
}

fn rings(
    district: &crate::facts::NoticeDistrict,
    town_box: Option<[f64; 4]>,
    found: &mut Vec<Finding>,
) {
    let name = (&district.name, &district.name_en);
    if district.rings.is_empty() {
        warning(
            found,
            "no_outline",
            format!("{}の外形がありません。地図には出ません", name.0),
            format!("{} has no outline and will be on no map", name.1),
        );
    }
    for ring in &district.rings {
        if ring.len() < 4 || ring.first() != ring.last() {
            blocking(
                found,
                "ring_open",
                format!("{}の外形が閉じていません", name.0),
                format!("the outline of {} is not closed", name.1),
            );
            continue;
        }
        let swapped = |p: &[f64; 2]| {
            p[1].abs() > 90.0 || p[0].abs() > 180.0 || !p[0].is_finite() || !p[1].is_finite()
        };
        let outside = |p: &[f64; 2]| {
            town_box.is_some_and(|[west, south, east, north]| {
                p[0] < west - MARGIN_DEG
                    || p[0] > east + MARGIN_DEG
                    || p[1] < south - MARGIN_DEG
                    || p[1] > north + MARGIN_DEG
            })
        };
        if ring.iter().any(|p| swapped(p) || outside(p)) {
            blocking(
                found,
                "outside_town",
                format!(
                    "{}の外形が市町村の外にあります(緯度と経度の取り違えではありませんか)",
                    name.0
                ),
                format!(
                    "the outline of {} lies outside the town (latitude and longitude exchanged?)",
                    name.1
                ),
            );
            continue;
        }
        if ring.len() <= CROSSING_MAX && crosses_itself(ring) {
            warning(
                found,
                "crosses_itself",
                format!(
                    "{}の外形が交差しています。受信側によっては地図に出ません",
                    name.0
                ),
                format!(
                    "the outline of {} crosses itself; some receivers will not draw it",
                    name.1
                ),
            );
        } else if area(ring) < SLIVER_DEG2 {
            blocking(
                found,
                "sliver",
                format!("{}の外形に面積がほとんどありません", name.0),
                format!("an outline of {} has hardly any area", name.1),
            );
        }
    }
}

fn area(ring: &[[f64; 2]]) -> f64 {
    // From the first corner, or the digits of large coordinates drown a small area.
    let origin = ring[0];
    let twice: f64 = ring
        .windows(2)
        .map(|pair| {
            let (a, b) = (pair[0], pair[1]);
            (a[0] - origin[0]) * (b[1] - origin[1]) - (b[0] - origin[0]) * (a[1] - origin[1])
        })
        .sum();
    twice.abs() / 2.0
}

/// Whether two edges that are not neighbours properly cross.
fn crosses_itself(ring: &[[f64; 2]]) -> bool {
    let edges: Vec<([f64; 2], [f64; 2])> = ring.windows(2).map(|pair| (pair[0], pair[1])).collect();
    edges.iter().enumerate().any(|(n, (a, b))| {
        edges[n + 1..].iter().any(|(c, d)| {
            let apart = a[0].max(b[0]) < c[0].min(d[0])
                || c[0].max(d[0]) < a[0].min(b[0])
                || a[1].max(b[1]) < c[1].min(d[1])
                || c[1].max(d[1]) < a[1].min(b[1]);
            !apart
                && side(*a, *b, *c) * side(*a, *b, *d) < 0.0
                && side(*c, *d, *a) * side(*c, *d, *b) < 0.0
        })
    })
}

/// On which side of the line the point lies: 1, -1, or 0 on it.
fn side(a: [f64; 2], b: [f64; 2], p: [f64; 2]) -> f64 {
    let twice_area = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
    if twice_area.abs() > 0.0 {
        twice_area.signum()
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::Severity::{Blocks, Warns};
    use super::super::tests::{around, codes, found, order};
    use super::super::{Surroundings, Unit};

    #[test]
    fn a_unit_of_equal_hazard_that_is_left_out_blocks_until_a_reason_is_written() {
        let mut facts = order("one");
        facts.districts.pop();
        assert_eq!(codes(&found(&facts, &around()), Blocks), ["left_out"]);
        let with_reason = Surroundings {
            left_out_because: "西町は堤防の工事が終わり、川から3 m高い".to_owned(),
            ..around()
        };
        let findings = found(&facts, &with_reason);
        assert!(codes(&findings, Blocks).is_empty());
        assert_eq!(codes(&findings, Warns), ["left_out_with_reason"]);
        assert!(findings[0].ja.contains("西町") && findings[0].ja.contains("堤防"));
        let en = &findings[0].en;
        assert!(en.contains("left out: 西町;"), "it has no other name: {en}");
        let mut in_english = with_reason;
        in_english.units.get_mut("b").expect("it is known").name_en = Some("Nishimachi".to_owned());
        let findings = found(&facts, &in_english);
        let en = &findings[0].en;
        assert!(en.contains("left out: Nishimachi;"), "{en}");
    }

    #[test]
    fn a_unit_that_an_order_in_force_covers_is_not_left_out() {
        let mut facts = order("one");
        let other = facts.clone();
        facts.districts.pop();
        let covered = Surroundings {
            live: vec![&other],
            ..around()
        };
        assert!(!codes(&found(&facts, &covered), Blocks).contains(&"left_out"));
    }

    #[test]
    fn latitude_and_longitude_exchanged_an_open_ring_and_a_sliver_are_refused() {
        let mut facts = order("one");
        for point in &mut facts.districts[0].rings[0] {
            point.swap(0, 1);
        }
        assert_eq!(codes(&found(&facts, &around()), Blocks), ["outside_town"]);
        let mut facts = order("one");
        facts.districts[0].rings[0].pop();
        assert_eq!(codes(&found(&facts, &around()), Blocks), ["ring_open"]);
        let mut facts = order("one");
        facts.districts[0].rings[0] =
            vec![[143.2, 42.9], [143.21, 42.9], [143.2, 42.9], [143.2, 42.9]];
        assert_eq!(codes(&found(&facts, &around()), Blocks), ["sliver"]);
        let mut facts = order("one");
        facts.districts[0].rings[0].swap(1, 2);
        assert_eq!(codes(&found(&facts, &around()), Warns), ["crosses_itself"]);
    }

    #[test]
    fn an_unknown_unit_a_unit_twice_and_a_hole_are_found() {
        let mut facts = order("one");
        facts.districts[1].id = "elsewhere".to_owned();
        assert!(codes(&found(&facts, &around()), Blocks).contains(&"area_unknown"));
        let mut facts = order("one");
        facts.districts[1] = facts.districts[0].clone();
        assert!(codes(&found(&facts, &around()), Blocks).contains(&"area_twice"));
        let mut around = around();
        for id in ["a", "b"] {
            around.units.insert(
                format!("{id}2"),
                Unit {
                    name: id.to_owned(),
                    advised_level: 4,
                    ..Unit::default()
                },
            );
        }
        around.units.get_mut("c").expect("the third").neighbours =
            vec!["a".to_owned(), "b".to_owned(), "a".to_owned()];
        let findings = found(&order("one"), &around);
        assert_eq!(codes(&findings, Warns), ["hole"]);
    }
}
