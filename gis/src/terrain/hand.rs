//! Height above the nearest drainage (HAND): how high a place lies above the river that its water runs to.

use geo::{Coord, LineString, Point, Rect};

use super::flow::{Cells, FlowField, number};
use crate::{Assumption, ElevationGrid};

/// Height above the river for each cell of a height model (Rennó and others 2008).
#[derive(Clone, Debug)]
pub struct Hand {
    bounds: Rect<f64>,
    shape: (u32, u32),
    /// By cell: the river cell that its water reaches.
    reaches: Vec<u32>,
    /// By cell: the river it belongs to, where it is a river cell.
    rivers: Vec<u16>,
    heights_cm: Vec<i32>,
}

const NONE: u32 = u32::MAX;
const NO_RIVER: u16 = u16::MAX;

/// A place in relation to the river its water runs to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AboveRiver {
    /// Position of the river in the list given.
    pub river: usize,
    /// Height of the ground above the ground at that place of the river, metres. Negative where it lies lower, such as behind
    /// a levee.
    pub above_m: f64,
}

/// What a water level means for a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wet {
    /// The ground is as high as the water or higher.
    No,
    /// Under this many metres of water.
    Deep(f64),
    /// No height, or the water runs to no river of the list or to another one. Not the same as dry.
    Unknown,
}

impl Hand {
    /// Most rivers of one model.
    pub const RIVERS_MAX: usize = 65_000;

    /// Works out which river cell the water of each cell reaches. `rivers` are the lines of each river, longitude and
    /// latitude; where two share a cell, the first has it. Height models often have no height on the water itself: then
    /// the cells beside it stand for the river.
    ///
    /// Nothing where there are more rivers than [`Hand::RIVERS_MAX`].
    #[must_use]
    pub fn of(grid: &ElevationGrid, rivers: &[&[LineString<f64>]]) -> Option<Self> {
        if rivers.len() > Self::RIVERS_MAX {
            return None;
        }
        let (columns, rows) = grid.size();
        let shape = Cells {
            columns: columns as usize,
            rows: rows as usize,
        };
        let mut hand = Self {
            bounds: grid.bounds(),
            shape: grid.size(),
            reaches: vec![NONE; shape.count()],
            rivers: vec![NO_RIVER; shape.count()],
            heights_cm: grid
                .heights_cm()
                .iter()
                .map(|height| height.unwrap_or(i32::MIN))
                .collect(),
        };
        for (river, lines) in (0_u16..).zip(rivers) {
            for line in *lines {
                hand.draw(line, river);
            }
        }
        hand.widen_where_there_is_no_height(shape);
        let flow = FlowField::over(grid);
        hand.trace(&flow);
        Some(hand)
    }

    /// Where a place lies in relation to its river.
    #[must_use]
    pub fn at(&self, place: Point<f64>) -> Option<AboveRiver> {
        let cell = self.cell(place.into())?;
        let river_cell = self.reaches[cell];
        if river_cell == NONE {
            return None;
        }
        let river_cell = river_cell as usize;
        let above_cm = f64::from(self.heights_cm[cell]) - f64::from(self.heights_cm[river_cell]);
        Some(AboveRiver {
            river: usize::from(self.rivers[river_cell]),
            above_m: above_cm / 100.0,
        })
    }

    /// How deep a place is under water that stands `water_above_bed_m` above the ground at its river, everywhere along
    /// that river. Other rivers are not asked about.
    #[must_use]
    pub fn wet(&self, place: Point<f64>, river: usize, water_above_bed_m: f64) -> Wet {
        match self.at(place) {
            Some(at) if at.river == river => {
                let depth_m = water_above_bed_m - at.above_m;
                if depth_m > 0.0 {
                    Wet::Deep(depth_m)
                } else {
                    Wet::No
                }
            }
            _ => Wet::Unknown,
        }
    }

    /// Height of the ground at the river cell nearest to a gauge, metres in the datum of the model; nothing where none is
    /// within `cells_max` cells.
    #[must_use]
    pub fn bed_m(&self, gauge: Point<f64>, river: usize, cells_max: u32) -> Option<f64> {
        let cell = self.cell(gauge.into())?;
        let columns = self.shape.0 as usize;
        let (column, row) = (cell % columns, cell / columns);
        let reach = cells_max as usize;
        let mut nearest: Option<(usize, usize)> = None;
        for y in row.saturating_sub(reach)..=(row + reach).min(self.shape.1 as usize - 1) {
            for x in column.saturating_sub(reach)..=(column + reach).min(columns - 1) {
                let at = y * columns + x;
                if usize::from(self.rivers[at]) == river {
                    let (dx, dy) = (x.abs_diff(column), y.abs_diff(row));
                    let away = dx * dx + dy * dy;
                    if nearest.is_none_or(|(least, _)| away < least) {
                        nearest = Some((away, at));
                    }
                }
            }
        }
        nearest.map(|(_, at)| f64::from(self.heights_cm[at]) / 100.0)
    }

    /// What is assumed whenever a depth is read from this, to be shown beside it.
    #[must_use]
    pub fn assumptions() -> [Assumption; 3] {
        let say = |ja: &str, en: &str| Assumption {
            ja: ja.to_owned(),
            en: en.to_owned(),
        };
        [
            say(
                "堤防は水を止めないと仮定しています（破堤・越水した場合の範囲）。",
                "Levees are assumed to hold nothing back: this is the extent after a breach or overflow.",
            ),
            say(
                "水面は川に沿って地盤から同じ高さにあると仮定しています。",
                "The water is assumed to stand equally high above the ground all along the river.",
            ),
            say(
                "氾濫が広がる時間と水量は考えていません。",
                "Neither the time the water takes nor its volume is considered.",
            ),
        ]
    }

    /// Marks the cells a line passes, by steps of less than half a cell.
    fn draw(&mut self, line: &LineString<f64>, river: u16) {
        let width = self.bounds.width() / f64::from(self.shape.0);
        let height = self.bounds.height() / f64::from(self.shape.1);
        for edge in line.lines() {
            let Some((from, to)) = clipped(edge.start, edge.end, self.bounds) else {
                continue;
            };
            let along = ((to.x - from.x) / width)
                .abs()
                .max(((to.y - from.y) / height).abs());
            let steps = whole((along * 2.5).ceil());
            for step in 0..=steps {
                let share = f64::from(step) / f64::from(steps.max(1));
                let at = Coord {
                    x: from.x + (to.x - from.x) * share,
                    y: from.y + (to.y - from.y) * share,
                };
                if let Some(cell) = self.cell(at)
                    && self.rivers[cell] == NO_RIVER
                {
                    self.rivers[cell] = river;
                }
            }
        }
    }

    /// River cells without a height give their river to the cells beside them that have one.
    fn widen_where_there_is_no_height(&mut self, shape: Cells) {
        let dry: Vec<usize> = (0..shape.count())
            .filter(|cell| self.rivers[*cell] != NO_RIVER && self.heights_cm[*cell] == i32::MIN)
            .collect();
        for cell in &dry {
            for (neighbour, _) in shape.around(*cell) {
                if self.rivers[neighbour] == NO_RIVER && self.heights_cm[neighbour] != i32::MIN {
                    self.rivers[neighbour] = self.rivers[*cell];
                }
            }
        }
        for cell in dry {
            self.rivers[cell] = NO_RIVER;
        }
    }

    /// Follows the water of every cell until a river or a cell whose end is known.
    fn trace(&mut self, flow: &FlowField) {
        let mut known = vec![false; self.reaches.len()];
        let mut way = Vec::new();
        for start in 0..self.reaches.len() {
            let mut at = start;
            let end = loop {
                if known[at] {
                    break self.reaches[at];
                }
                if self.rivers[at] != NO_RIVER {
                    way.push(at);
                    break number(at);
                }
                way.push(at);
                match flow.next(at) {
                    Some(next) => at = next,
                    None => break NONE,
                }
            };
            for cell in way.drain(..) {
                known[cell] = true;
                self.reaches[cell] = end;
            }
        }
    }

    fn cell(&self, place: Coord<f64>) -> Option<usize> {
        let inside = |low: f64, high: f64, at: f64| (low..=high).contains(&at);
        let (min, max) = (self.bounds.min(), self.bounds.max());
        if !inside(min.x, max.x, place.x) || !inside(min.y, max.y, place.y) {
            return None;
        }
        let column = (place.x - min.x) / self.bounds.width() * f64::from(self.shape.0);
        let row = (max.y - place.y) / self.bounds.height() * f64::from(self.shape.1);
        let column = whole(column).min(self.shape.0 - 1) as usize;
        let row = whole(row).min(self.shape.1 - 1) as usize;
        Some(row * self.shape.0 as usize + column)
    }
}

/// The part of a line inside a box (Liang and Barsky); nothing where there is none.
fn clipped(
    from: Coord<f64>,
    to: Coord<f64>,
    bounds: Rect<f64>,
) -> Option<(Coord<f64>, Coord<f64>)> {
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let sides = [
        (-dx, from.x - bounds.min().x),
        (dx, bounds.max().x - from.x),
        (-dy, from.y - bounds.min().y),
        (dy, bounds.max().y - from.y),
    ];
    for (outward, room) in sides {
        if outward < 0.0 {
            enter = enter.max(room / outward);
        } else if outward > 0.0 {
            leave = leave.min(room / outward);
        } else if room < 0.0 {
            return None;
        }
    }
    let at = |share: f64| Coord {
        x: from.x + dx * share,
        y: from.y + dy * share,
    };
    (enter <= leave).then(|| (at(enter), at(leave)))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and rounding down is meant"
)]
fn whole(position: f64) -> u32 {
    position as u32
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use geo::{LineString, Point};

    use super::super::flow::tests::ground;
    use super::{Hand, Wet};
    use crate::ElevationGrid;

    const RIVER: u32 = 10;

    /// A valley: the river falls 1 cm a cell to the south, the sides rise 20 cm a cell.
    fn valley_cm(x: u32, y: u32) -> i32 {
        let side = i32::try_from(x.abs_diff(RIVER)).unwrap();
        5_000 - i32::try_from(y).unwrap() + 20 * side
    }

    fn course(grid: &ElevationGrid) -> Vec<LineString<f64>> {
        let (_, rows) = grid.size();
        vec![LineString::from(vec![
            grid.middle(RIVER, 0),
            grid.middle(RIVER, rows - 1),
        ])]
    }

    fn hand(grid: &ElevationGrid) -> Hand {
        Hand::of(grid, &[&course(grid)]).unwrap()
    }

    #[test]
    fn in_a_plain_valley_the_height_above_the_river_is_that_of_the_side() {
        let grid = ground(21, 30, |x, y| Some(valley_cm(x, y)));
        let hand = hand(&grid);
        for (x, y) in [(10_u32, 5), (0, 12), (17, 20), (20, 29)] {
            let at = hand.at(grid.middle(x, y)).unwrap();
            let side_m = 0.2 * f64::from(x.abs_diff(RIVER));
            assert!(
                at.river == 0 && (at.above_m - side_m).abs() < 1e-9,
                "{x} {y} {at:?}"
            );
        }
        assert_eq!(hand.bed_m(grid.middle(12, 7), 0, 5), Some(49.93));
        assert_eq!(
            hand.bed_m(grid.middle(20, 7), 0, 5),
            None,
            "no river within five cells"
        );
    }

    #[test]
    fn water_of_a_metre_covers_the_ground_that_is_lower_and_as_deep_as_it_is_lower() {
        let grid = ground(21, 30, |x, y| Some(valley_cm(x, y)));
        let hand = hand(&grid);
        let at = |x: u32| hand.wet(grid.middle(x, 15), 0, 1.0);
        assert_eq!(at(10), Wet::Deep(1.0));
        assert!(matches!(at(13), Wet::Deep(depth_m) if (depth_m - 0.4).abs() < 1e-9));
        assert_eq!(at(15), Wet::No, "level with the water is not under it");
        assert_eq!(at(20), Wet::No);
    }

    #[test]
    fn ground_behind_a_levee_whose_water_runs_elsewhere_is_unknown_and_not_dry() {
        // West of the levee at column 8 the land lies more than a metre below the river and falls towards the levee.
        let grid = ground(21, 30, |x, y| {
            Some(match x {
                8 => 5_300,
                0..=7 => 4_880 - i32::try_from(x).unwrap(),
                _ => valley_cm(x, y),
            })
        });
        assert_eq!(hand(&grid).wet(grid.middle(4, 10), 0, 3.0), Wet::Unknown);
    }

    #[test]
    fn a_hollow_below_the_river_is_deeper_than_the_river() {
        let grid = ground(21, 30, |x, y| {
            Some(if (x, y) == (12, 10) {
                4_900
            } else {
                valley_cm(x, y)
            })
        });
        let at = hand(&grid).at(grid.middle(12, 10)).unwrap();
        // It overflows towards a river cell between 49.88 and 49.92 m.
        assert!((-0.93..=-0.87).contains(&at.above_m), "{at:?}");
    }

    #[test]
    fn where_the_water_leaves_without_meeting_a_river_nothing_is_known() {
        // East of the ridge at column 15 everything runs east, out of the model.
        let grid = ground(21, 30, |x, y| {
            Some(if x > 15 {
                6_000 - 50 * i32::try_from(x).unwrap()
            } else {
                valley_cm(x, y)
            })
        });
        let hand = hand(&grid);
        assert_eq!(hand.at(grid.middle(19, 10)), None);
        assert_eq!(hand.wet(grid.middle(19, 10), 0, 100.0), Wet::Unknown);
    }

    #[test]
    fn a_river_without_heights_is_stood_for_by_its_banks() {
        let grid = ground(21, 30, |x, y| (x != RIVER).then(|| valley_cm(x, y)));
        let hand = hand(&grid);
        let at = hand.at(grid.middle(14, 10)).unwrap();
        assert!((at.above_m - 0.6).abs() < 1e-9, "{at:?}");
        assert_eq!(hand.at(grid.middle(RIVER, 10)), None, "there is no height");
    }

    #[test]
    fn each_place_belongs_to_the_river_its_water_runs_to() {
        let grid = ground(41, 20, |x, y| {
            let side = x.abs_diff(10).min(x.abs_diff(30));
            Some(3_000 - i32::try_from(y).unwrap() + 25 * i32::try_from(side).unwrap())
        });
        let line = |x: u32| {
            vec![LineString::from(vec![
                grid.middle(x, 0),
                grid.middle(x, 19),
            ])]
        };
        let (west, east) = (line(10), line(30));
        let hand = Hand::of(&grid, &[&west, &east]).unwrap();
        assert_eq!(hand.at(grid.middle(12, 5)).unwrap().river, 0);
        assert_eq!(hand.at(grid.middle(33, 5)).unwrap().river, 1);
        assert_eq!(
            hand.wet(grid.middle(33, 5), 0, 50.0),
            Wet::Unknown,
            "another river's water is not asked about"
        );
    }

    #[test]
    fn a_place_outside_the_model_or_that_is_none_has_no_answer() {
        let grid = ground(21, 30, |x, y| Some(valley_cm(x, y)));
        let hand = hand(&grid);
        assert_eq!(hand.at(Point::new(100.0, 0.0)), None);
        assert_eq!(hand.at(Point::new(f64::NAN, 42.9)), None);
    }
}
