//! The sign of an alert level: a shape with its number, in its colour, with a keyline.

use std::fmt::Write;

use crate::{markup::Markup, view::AlertLevel};

/// The mark is drawn on a square of this many units, its middle at the origin.
const HALF: f64 = 20.0;

impl AlertLevel {
    /// The mark of an order: its accessible name has number and word.
    pub fn mark(self) -> Markup {
        element(self, &self.title())
    }

    /// The mark of a measured or official state, which is no order.
    pub fn equivalent_mark(self) -> Markup {
        element(self, &self.equivalent())
    }
}

/// The shape alone, for use inside another drawing, with its middle at `(x, y)` and so many units
/// wide.
pub(crate) fn shape_at(level: AlertLevel, x: f64, y: f64, width: f64) -> String {
    format!(
        "<g transform=\"translate({x:.1} {y:.1}) scale({:.3})\">{}</g>",
        width / (2.0 * HALF),
        shape(level)
    )
}

fn element(level: AlertLevel, name: &str) -> Markup {
    Markup::made(format!(
        "<svg class=\"mark {}\" viewBox=\"-20 -20 40 40\" role=\"img\" aria-label=\"{name}\">{}</svg>",
        level.class(),
        shape(level)
    ))
}

/// Dark outline, white keyline, coloured face, number: readable on any ground and without colour.
fn shape(level: AlertLevel) -> String {
    let mut out = String::new();
    let (outer, inner) = match level {
        AlertLevel::Five => (regular(8, 19.2, 22.5), regular(8, 15.6, 22.5)),
        AlertLevel::Four => (regular(4, 19.4, 0.0), regular(4, 14.6, 0.0)),
        AlertLevel::Three => (regular(4, 23.6, 45.0), regular(4, 19.0, 45.0)),
        AlertLevel::Two | AlertLevel::One => (circle(18.6), circle(15.2)),
        AlertLevel::Normal => (circle(12.0), circle(8.6)),
    };
    let class = level.class();
    let _ = write!(
        out,
        "<g class=\"lm\"><g class=\"lm-key\">{outer}</g><g class=\"lm-face {class}\">{inner}</g>"
    );
    if level != AlertLevel::Normal {
        let _ = write!(
            out,
            "<text class=\"lm-no {class}\" y=\"7\" text-anchor=\"middle\">{}</text>",
            level.number()
        );
    }
    out.push_str("</g>");
    out
}

fn circle(radius: f64) -> String {
    format!("<circle r=\"{radius}\"/>")
}

fn regular(corners: u32, radius: f64, turn_deg: f64) -> String {
    let mut points = String::new();
    for corner in 0..corners {
        let angle = (360.0 / f64::from(corners) * f64::from(corner) + turn_deg).to_radians();
        let (x, y) = (radius * angle.sin(), -radius * angle.cos());
        let _ = write!(
            points,
            "{}{x:.1},{y:.1}",
            if corner == 0 { "" } else { " " }
        );
    }
    format!("<polygon points=\"{points}\"/>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_has_its_own_shape_number_and_name() {
        let levels = [
            AlertLevel::Normal,
            AlertLevel::One,
            AlertLevel::Two,
            AlertLevel::Three,
            AlertLevel::Four,
            AlertLevel::Five,
        ];
        let marks: Vec<String> = levels
            .iter()
            .map(|level| level.mark().to_string())
            .collect();
        for (mark, level) in marks.iter().zip(levels).skip(1) {
            assert!(mark.contains(&format!(">{}<", level.number())));
            assert!(mark.contains(&format!("aria-label=\"{}\"", level.title())));
        }
        // Square, diamond and octagon differ in more than colour; so do dot and circle.
        let outline = |mark: &String| mark.split("lm-key\">").nth(1).map(str::to_owned);
        assert_ne!(outline(&marks[3]), outline(&marks[4]));
        assert_ne!(outline(&marks[4]), outline(&marks[5]));
        assert_ne!(outline(&marks[0]), outline(&marks[2]));
    }
}
