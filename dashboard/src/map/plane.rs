//! From metres on the ground to whole units on the drawing, in as few characters as will do.

use std::fmt::Write;

use crate::view::Bounds;

/// The part of the plane that is drawn, on a sheet of so many units.
pub(super) struct Plane {
    west_m: f64,
    north_m: f64,
    units_per_m: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Plane {
    /// A sheet of this width, never lower or higher than these parts of it. `None` when the bounds enclose nothing.
    pub(super) fn of(bounds: Bounds, width: f64, shares: [f64; 2]) -> Option<Self> {
        let (wide_m, high_m) = (
            bounds.east_m - bounds.west_m,
            bounds.north_m - bounds.south_m,
        );
        if !(wide_m > 0.0 && high_m > 0.0 && wide_m.is_finite() && high_m.is_finite()) {
            return None;
        }
        let share = (high_m / wide_m).clamp(shares[0], shares[1]);
        let height = (width * share).round();
        // All of the bounds stays in view: the tighter direction sets the scale, the other is
        // centred.
        let units_per_m = f64::min(width / wide_m, height / high_m);
        let west_m = bounds.west_m - (width / units_per_m - wide_m) / 2.0;
        let north_m = bounds.north_m + (height / units_per_m - high_m) / 2.0;
        Some(Self {
            west_m,
            north_m,
            units_per_m,
            width,
            height,
        })
    }

    /// Where a point lies.
    pub(super) fn place(&self, [east_m, north_m]: [f64; 2]) -> (f64, f64) {
        (
            (east_m - self.west_m) * self.units_per_m,
            (self.north_m - north_m) * self.units_per_m,
        )
    }

    /// Whether a point lies on the drawing.
    pub(super) fn shows(&self, point: [f64; 2]) -> bool {
        let (x, y) = self.place(point);
        (0.0..=self.width).contains(&x) && (0.0..=self.height).contains(&y)
    }

    /// A round distance of at most 110 units: metres and units.
    pub(super) fn scale_bar(&self) -> (f64, f64) {
        let fitting_m = 110.0 / self.units_per_m;
        let ten = 10_f64.powf(fitting_m.log10().floor());
        let length_m = [5.0, 2.0, 1.0]
            .into_iter()
            .map(|step| step * ten)
            .find(|length_m| *length_m <= fitting_m)
            .unwrap_or(ten);
        (length_m, length_m * self.units_per_m)
    }

    /// Rings as path commands in whole units, as fine as a screen shows. Corners closer than that,
    /// straight runs and rings without area are left out; `None` when nothing remains on the drawing.
    pub(super) fn path(&self, rings: &[Vec<[f64; 2]>], closed: bool) -> Option<String> {
        let mut path = String::new();
        for ring in rings {
            let steps = self.steps(ring, closed);
            let least = if closed { 3 } else { 2 };
            if steps.len() < least || self.is_outside(&steps) || (closed && is_speck(&steps)) {
                continue;
            }
            write_ring(&mut path, &steps, closed);
        }
        (!path.is_empty()).then_some(path)
    }

    fn steps(&self, ring: &[[f64; 2]], closed: bool) -> Vec<(i32, i32)> {
        let mut steps: Vec<(i32, i32)> = Vec::with_capacity(ring.len());
        for point in ring {
            let (x, y) = self.place(*point);
            let (Some(x), Some(y)) = (whole(x), whole(y)) else {
                continue;
            };
            if steps.last() == Some(&(x, y)) {
                continue;
            }
            if let [.., before, last] = steps.as_slice()
                && is_straight(*before, *last, (x, y))
            {
                steps.pop();
            }
            steps.push((x, y));
        }
        if closed && steps.len() > 1 && steps.first() == steps.last() {
            steps.pop();
        }
        steps
    }

    fn is_outside(&self, steps: &[(i32, i32)]) -> bool {
        let (wide, high) = (self.width, self.height);
        let all = |beyond: fn(f64, f64, f64, f64) -> bool| {
            steps
                .iter()
                .all(|(x, y)| beyond(f64::from(*x), f64::from(*y), wide, high))
        };
        all(|x, _, _, _| x < 0.0)
            || all(|x, _, wide, _| x > wide)
            || all(|_, y, _, _| y < 0.0)
            || all(|_, y, _, high| y > high)
    }
}

/// Coordinates far off the drawing carry no information and are held at a finite distance.
fn whole(units: f64) -> Option<i32> {
    #[allow(clippy::cast_possible_truncation)] // clamped to a range that fits
    units
        .is_finite()
        .then(|| units.round().clamp(-20_000.0, 20_000.0) as i32)
}

/// The middle point adds nothing when the run goes on in the same direction along an axis.
fn is_straight(before: (i32, i32), last: (i32, i32), next: (i32, i32)) -> bool {
    let same_column = before.0 == last.0 && last.0 == next.0;
    let same_row = before.1 == last.1 && last.1 == next.1;
    (same_column && (last.1 - before.1).signum() == (next.1 - last.1).signum())
        || (same_row && (last.0 - before.0).signum() == (next.0 - last.0).signum())
}

fn is_speck(steps: &[(i32, i32)]) -> bool {
    let mut twice_area: i64 = 0;
    for (place, one) in steps.iter().enumerate() {
        let next = steps[(place + 1) % steps.len()];
        twice_area += i64::from(one.0) * i64::from(next.1) - i64::from(next.0) * i64::from(one.1);
    }
    twice_area.abs() < 4
}

fn write_ring(path: &mut String, steps: &[(i32, i32)], closed: bool) {
    let mut last = steps[0];
    let _ = write!(path, "M{} {}", last.0, last.1);
    for step in &steps[1..] {
        let (dx, dy) = (step.0 - last.0, step.1 - last.1);
        let _ = match (dx, dy) {
            (0, dy) => write!(path, "v{dy}"),
            (dx, 0) => write!(path, "h{dx}"),
            (dx, dy) => write!(path, "l{dx} {dy}"),
        };
        last = *step;
    }
    if closed {
        path.push('Z');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane() -> Plane {
        let bounds = Bounds {
            west_m: 0.0,
            south_m: 0.0,
            east_m: 4800.0,
            north_m: 4800.0,
        };
        Plane::of(bounds, 480.0, [0.55, 1.15]).unwrap()
    }

    #[test]
    fn north_is_up_and_ten_metres_are_one_unit_here() {
        let plane = plane();
        assert_eq!(plane.place([0.0, 4800.0]), (0.0, 0.0));
        assert_eq!(plane.place([4800.0, 0.0]), (480.0, 480.0));
        assert_eq!(plane.scale_bar(), (1000.0, 100.0));
    }

    #[test]
    fn a_staircase_of_cells_is_written_with_few_characters() {
        let ring = vec![
            [0.0, 4800.0],
            [100.0, 4800.0],
            [200.0, 4800.0],
            [200.0, 4600.0],
            [0.0, 4600.0],
            [0.0, 4800.0],
        ];
        assert_eq!(plane().path(&[ring], true).unwrap(), "M0 0h20v20h-20Z");
    }

    #[test]
    fn what_is_off_the_drawing_or_smaller_than_it_shows_is_left_out() {
        let far = vec![[-500.0, 0.0], [-400.0, 0.0], [-400.0, 90.0]];
        let speck = vec![[10.0, 10.0], [11.0, 10.0], [11.0, 11.0]];
        assert_eq!(plane().path(&[far, speck], true), None);
    }

    #[test]
    fn bounds_without_area_or_with_nonsense_draw_nothing() {
        for east_m in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let bounds = Bounds {
                west_m: 0.0,
                south_m: 0.0,
                east_m,
                north_m: 1.0,
            };
            assert!(Plane::of(bounds, 480.0, [0.55, 1.15]).is_none());
        }
    }
}
