//! Courses of rivers from points that carry a river and a kilometre, and which river is nearest to a place.

use std::collections::BTreeMap;

use geo::{Coord, LineString, Point};
use hinan_gis::projection::LocalPlane;

use crate::Failure;
use crate::rules::{RiverRule, Rules};
use crate::sources::Sources;

/// A river by name, and the lines that draw it, downstream end first.
pub(crate) struct Course {
    pub(crate) river: String,
    pub(crate) lines: Vec<LineString<f64>>,
}

/// Places by river, by who counted, and by whole kilometre.
type Marks = BTreeMap<(String, Counting), BTreeMap<i64, Vec<Point<f64>>>>;

/// Draws each river of the rules. State and prefecture count their kilometres separately, so each counting is a line of its
/// own; a river without kilometres is drawn through the gauges the rules name.
pub(crate) fn courses(rules: &Rules, sources: &Sources) -> Result<Vec<Course>, Failure> {
    let marks = marks(sources);
    let course = |rule: &RiverRule| {
        let mut lines = if rule.through.is_empty() {
            counted_lines(&marks, &rule.name)
        } else {
            vec![line_through(sources, rule)?]
        };
        lines.retain(|line| line.0.len() > 1);
        Ok(Course {
            river: rule.name.clone(),
            lines,
        })
    };
    rules.rivers.iter().map(course).collect()
}

/// Cameras and gauges whose river and kilometre are known.
fn marks(sources: &Sources) -> Marks {
    let cameras = sources
        .cameras
        .iter()
        .filter_map(|(name, at)| Some((mark(name)?, *at)));
    let gauges = sources.gauges.iter().filter_map(|gauge| {
        let hundred_m = hundreds_of_m(gauge.river_km?);
        Some((
            Mark {
                river: gauge.river.clone(),
                counting: Counting::State,
                hundred_m,
            },
            gauge.at,
        ))
    });
    let mut marks = Marks::new();
    for (mark, at) in cameras.chain(gauges) {
        let by_km = marks.entry((mark.river, mark.counting)).or_default();
        by_km
            .entry(mark.hundred_m.div_euclid(10))
            .or_default()
            .push(at);
    }
    marks
}

fn counted_lines(marks: &Marks, river: &str) -> Vec<LineString<f64>> {
    let counted = marks.iter().filter(|((name, _), _)| name == river);
    counted
        .map(|(_, by_km)| by_km.values().map(|points| middle(points)).collect())
        .collect()
}

fn line_through(sources: &Sources, rule: &RiverRule) -> Result<LineString<f64>, Failure> {
    let place = |name: &String| {
        let gauge = sources.gauges.iter().find(|gauge| gauge.name == *name);
        let gauge = gauge.ok_or_else(|| {
            format!(
                "rules.toml: {} goes through {name}, which is no gauge",
                rule.name
            )
        })?;
        Ok(Coord::from(gauge.at))
    };
    rule.through.iter().map(place).collect()
}

/// The river whose line is nearest, by its position in `courses`.
pub(crate) fn nearest(courses: &[Course], plane: &LocalPlane, at: Point<f64>) -> Option<usize> {
    let distance = |course: &Course| {
        let to_line = |line: &LineString<f64>| {
            line.lines()
                .map(|s| to_segment(plane, at, s.start, s.end))
                .fold(f64::MAX, f64::min)
        };
        course.lines.iter().map(to_line).fold(f64::MAX, f64::min)
    };
    let by_distance = courses
        .iter()
        .enumerate()
        .map(|(n, course)| (distance(course), n));
    by_distance
        .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
        .map(|(_, n)| n)
}

fn to_segment(plane: &LocalPlane, at: Point<f64>, from: Coord<f64>, to: Coord<f64>) -> f64 {
    let (p, a, b) = (
        plane.metres(at.into()),
        plane.metres(from),
        plane.metres(to),
    );
    let (sx, sy) = (b.x - a.x, b.y - a.y);
    let length2 = sx * sx + sy * sy;
    let along = if length2 > 0.0 {
        (((p.x - a.x) * sx + (p.y - a.y) * sy) / length2).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (p.x - a.x - along * sx).hypot(p.y - a.y - along * sy)
}

/// Who counted the kilometres: the ministry writes KP56.2 or ５６．２ｋｐ, the prefecture 6.3Kp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Counting {
    State,
    Prefecture,
}

#[derive(Debug, PartialEq, Eq)]
struct Mark {
    river: String,
    counting: Counting,
    hundred_m: i64,
}

/// River and kilometre out of a camera's name. Canals beside a river are not its course.
fn mark(name: &str) -> Option<Mark> {
    if name.contains("新水路") {
        return None;
    }
    let plain: String = name
        .chars()
        .map(half_width)
        .filter(|c| !c.is_whitespace())
        .collect();
    let (river, rest) = plain.split_at(plain.find('川')? + '川'.len_utf8());
    let (number, counting) = match rest.strip_prefix("KP") {
        Some(rest) => (rest, Counting::State),
        None if rest.contains("Kp") => (rest, Counting::Prefecture),
        None if rest.contains("kp") => (rest, Counting::State),
        None => return None,
    };
    let digits = &number[..number
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(number.len())];
    Some(Mark {
        river: river.to_owned(),
        counting,
        hundred_m: hundreds_of_m(digits.parse().ok()?),
    })
}

fn half_width(c: char) -> char {
    match u32::from(c) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rivers are shorter than a thousand kilometres"
)]
fn hundreds_of_m(km: f64) -> i64 {
    (km * 10.0).round() as i64
}

/// Cameras stand on both banks; those of one kilometre together stand for the river between them.
fn middle(points: &[Point<f64>]) -> Coord<f64> {
    let sum = points
        .iter()
        .fold(Point::new(0.0, 0.0), |sum, point| sum + *point);
    let n: f64 = points.iter().map(|_| 1.0).sum();
    Coord {
        x: sum.x() / n,
        y: sum.y() / n,
    }
}

#[cfg(test)]
mod tests {
    use super::{Counting, Mark, mark};

    fn check(name: &str, expected: Option<(&str, Counting, i64)>) {
        let expected = expected.map(|(river, counting, hundred_m)| Mark {
            river: river.into(),
            counting,
            hundred_m,
        });
        assert_eq!(mark(name), expected, "{name}");
    }

    #[test]
    fn the_names_of_cameras_tell_river_and_kilometre() {
        check(
            "十勝川KP56.2右岸カメラ",
            Some(("十勝川", Counting::State, 562)),
        );
        check(
            "札内川　１５．２ｋｐ　愛国樋門（排水門）",
            Some(("札内川", Counting::State, 152)),
        );
        check(
            "札内川　20.7kp　第2大川橋",
            Some(("札内川", Counting::State, 207)),
        );
        check(
            "十勝川２１．９ｋｐ農野牛救急排水機場（ポンプ場）",
            Some(("十勝川", Counting::State, 219)),
        );
        check("帯広川  6.3Kp", Some(("帯広川", Counting::Prefecture, 63)));
    }

    #[test]
    fn names_without_a_kilometre_and_canals_tell_nothing() {
        check("札内川ダム　ダム直下", None);
        check("十勝川　４２．２ｋｐ　千代田新水路 合流点(右岸)", None);
        check("カメラ", None);
    }
}
