//! Who gets room on the drawing: marks first, then names, so that nothing ever lies over anything else.
//!
//! Greedy and without chance: worst level first, then most people, then the order given. The same wishes always get
//! the same places.

use crate::view::AlertLevel;

/// How far a mark may move from the middle of its district, units: not so far that it would seem to stand elsewhere.
const SHIFTS: [f64; 4] = [0.0, 5.0, 9.0, 13.0];
/// The directions it may move in.
const WAYS: [[f64; 2]; 8] = [
    [0.0, -1.0],
    [0.0, 1.0],
    [-1.0, 0.0],
    [1.0, 0.0],
    [-0.7, -0.7],
    [0.7, -0.7],
    [-0.7, 0.7],
    [0.7, 0.7],
];
/// At most one mark in so many may be drawn smaller than the others or be counted on a neighbour.
const FEW: usize = 6;
/// Free units around each mark and name.
const GAP: f64 = 1.0;
/// Size of a name's letters, and the distance of its lines.
pub(super) const LETTER: f64 = 11.0;
pub(super) const LINE: f64 = 12.5;
/// A name of more letters than this may be broken into two lines.
const LONG_NAME: f64 = 6.0;

/// A rectangle of the drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Patch {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

/// Something that wants a mark, a name or both.
#[derive(Clone, Debug)]
pub(super) struct Wish<'a> {
    pub(super) name: &'a str,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) kind: Kind,
    pub(super) people: u64,
}

/// What is wished for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A name only, of a district in which nothing is proposed or in force.
    Calm,
    /// The mark of a level, and a name where there is room.
    Level { level: AlertLevel, in_force: bool },
    /// The name of a sign that already stands there; names of signs come before those of districts.
    Sign,
}

/// Where everything stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrangement {
    /// Marks, the worst first.
    pub(super) marks: Vec<Mark>,
    /// Names that found room.
    pub(super) names: Vec<Name>,
    /// Wishes whose mark found no room, not even on a neighbour of the same level. They must be told in words.
    pub(super) unmarked: Vec<usize>,
}

/// A mark with its place.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// Which wish it fulfils.
    pub(super) wish: usize,
    pub(super) width: f64,
    pub(super) x: f64,
    pub(super) y: f64,
    /// Neighbours of the same level for which it stands as well.
    pub(super) also: Vec<usize>,
}

/// A name with its place.
#[derive(Clone, Debug)]
pub(super) struct Name {
    /// Which wish it fulfils.
    pub(super) wish: usize,
    /// One or two lines.
    pub(super) lines: Vec<String>,
    /// Its rectangle; the text is centred in it.
    pub(super) patch: Patch,
}

/// Finds places on a drawing of this width and height. Marks are of one width, the first of `widths` at which all but a
/// few find room; those few are drawn smaller or counted on a neighbour. `solid` is covered by nothing, `open` only by marks.
pub(super) fn arrange(
    wishes: &[Wish<'_>],
    widths: &[f64],
    [width, height]: [f64; 2],
    solid: &[Patch],
    open: &[Patch],
) -> Arrangement {
    let whole = Patch {
        left: 0.0,
        top: 0.0,
        right: width,
        bottom: height,
    };
    let order = order(wishes);
    let mut arrangement = marks(wishes, &order, widths, whole, solid);
    let mut taken: Vec<Patch> = solid.iter().chain(open).copied().collect();
    taken.extend(arrangement.marks.iter().map(|mark| mark.patch()));
    for wish in order {
        if wishes[wish].name.is_empty() {
            continue;
        }
        let Some((x, y, clear)) = anchor(&arrangement, wishes, wish) else {
            continue;
        };
        let free = |patch: &Patch| {
            whole.holds(patch) && !taken.iter().any(|other| other.overlaps(patch, GAP))
        };
        if let Some((lines, patch)) = candidates(wishes[wish].name, x, y, clear)
            .into_iter()
            .find(|(_, patch)| free(patch))
        {
            taken.push(patch);
            arrangement.names.push(Name { wish, lines, patch });
        }
    }
    arrangement
}

impl Patch {
    /// A square around a point.
    pub(super) fn around(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self {
            left: x - width / 2.0,
            top: y - height / 2.0,
            right: x + width / 2.0,
            bottom: y + height / 2.0,
        }
    }

    /// Whether two rectangles come nearer than a gap.
    pub(super) fn overlaps(&self, other: &Self, gap: f64) -> bool {
        self.left < other.right + gap
            && other.left < self.right + gap
            && self.top < other.bottom + gap
            && other.top < self.bottom + gap
    }

    fn holds(&self, other: &Self) -> bool {
        self.left <= other.left
            && other.right <= self.right
            && self.top <= other.top
            && other.bottom <= self.bottom
    }
}

impl Mark {
    /// The rectangle it covers.
    pub(super) fn patch(&self) -> Patch {
        Patch::around(self.x, self.y, self.width, self.width)
    }
}

/// Signs, then levels from the worst, then calm names; each by people.
fn order(wishes: &[Wish<'_>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..wishes.len())
        .filter(|wish| wishes[*wish].x.is_finite() && wishes[*wish].y.is_finite())
        .collect();
    order.sort_by(|one, other| {
        let (one, other) = (&wishes[*one], &wishes[*other]);
        other
            .kind
            .cmp(&one.kind)
            .then(other.people.cmp(&one.people))
    });
    order
}

fn marks(
    wishes: &[Wish<'_>],
    order: &[usize],
    widths: &[f64],
    whole: Patch,
    solid: &[Patch],
) -> Arrangement {
    let mut arrangement = Arrangement::default();
    for first in 0..widths.len() {
        arrangement = Arrangement::default();
        let mut smaller = 0;
        let mut taken = solid.to_vec();
        for wish in order.iter().copied() {
            if !matches!(wishes[wish].kind, Kind::Level { .. }) {
                continue;
            }
            let found = widths[first..]
                .iter()
                .enumerate()
                .find_map(|(step, width)| {
                    let (x, y) = place(&wishes[wish], *width, whole, &taken)?;
                    Some((step, *width, x, y))
                });
            let Some((step, width, x, y)) = found else {
                arrangement.unmarked.push(wish);
                continue;
            };
            smaller += usize::from(step > 0);
            taken.push(Patch::around(x, y, width, width));
            arrangement.marks.push(Mark {
                wish,
                width,
                x,
                y,
                also: Vec::new(),
            });
        }
        let odd = smaller + arrangement.unmarked.len();
        share(&mut arrangement, wishes);
        if arrangement.unmarked.is_empty() && odd * FEW <= arrangement.marks.len() {
            break;
        }
    }
    arrangement
}

fn place(wish: &Wish<'_>, width: f64, whole: Patch, taken: &[Patch]) -> Option<(f64, f64)> {
    // A district at the edge has its mark just inside it.
    let half = width / 2.0;
    let (x, y) = (
        wish.x.min(whole.right - half).max(whole.left + half),
        wish.y.min(whole.bottom - half).max(whole.top + half),
    );
    SHIFTS
        .into_iter()
        .flat_map(|far| WAYS.map(|[right, down]| (x + right * far, y + down * far)))
        .find(|(x, y)| {
            let patch = Patch::around(*x, *y, width, width);
            whole.holds(&patch) && !taken.iter().any(|other| other.overlaps(&patch, GAP))
        })
}

/// A mark without room is counted on the nearest mark that says the same.
fn share(arrangement: &mut Arrangement, wishes: &[Wish<'_>]) {
    let left_over = std::mem::take(&mut arrangement.unmarked);
    for wish in left_over {
        let same = arrangement
            .marks
            .iter_mut()
            .filter(|mark| wishes[mark.wish].kind == wishes[wish].kind)
            .min_by(|one, other| {
                let away = |mark: &Mark| (mark.x - wishes[wish].x).hypot(mark.y - wishes[wish].y);
                away(one).total_cmp(&away(other))
            });
        match same {
            Some(mark) => mark.also.push(wish),
            None => arrangement.unmarked.push(wish),
        }
    }
}

/// The middle around which a name stands, and how far it keeps from it.
fn anchor(
    arrangement: &Arrangement,
    wishes: &[Wish<'_>],
    wish: usize,
) -> Option<(f64, f64, [f64; 2])> {
    match wishes[wish].kind {
        Kind::Calm => Some((wishes[wish].x, wishes[wish].y, [0.0, -LINE / 2.0])),
        Kind::Sign => Some((wishes[wish].x, wishes[wish].y, [11.0, 10.0])),
        Kind::Level { .. } => {
            let mark = arrangement.marks.iter().find(|mark| mark.wish == wish)?;
            let half = mark.width / 2.0 + GAP;
            Some((mark.x, mark.y, [half, half]))
        }
    }
}

/// Below, above, right and left, first in one line and then in two.
fn candidates(name: &str, x: f64, y: f64, [beside, apart]: [f64; 2]) -> Vec<(Vec<String>, Patch)> {
    let mut out = Vec::new();
    for lines in broken(name) {
        let wide = lines.iter().map(|line| width(line)).fold(0.0, f64::max);
        let high = if lines.len() == 2 { 2.0 * LINE } else { LINE };
        for (middle_x, middle_y) in [
            (x, y + apart + high / 2.0),
            (x, y - apart - high / 2.0),
            (x + beside + wide / 2.0, y),
            (x - beside - wide / 2.0, y),
        ] {
            out.push((lines.clone(), Patch::around(middle_x, middle_y, wide, high)));
        }
    }
    out
}

/// The name whole, and broken where its parts meet if it is long.
fn broken(name: &str) -> Vec<Vec<String>> {
    let mut ways = vec![vec![name.to_owned()]];
    if width(name) > LONG_NAME * LETTER {
        let middle = width(name) / 2.0;
        let best = name
            .char_indices()
            .filter(|(at, letter)| *at > 0 && matches!(letter, '（' | '(' | '・' | '、' | ' '))
            .min_by(|one, other| {
                let off = |at: usize| (width(&name[..at]) - middle).abs();
                off(one.0).total_cmp(&off(other.0))
            });
        if let Some((at, _)) = best {
            ways.push(vec![name[..at].to_owned(), name[at..].to_owned()]);
        }
    }
    ways
}

/// How wide a text is at most: full-width letters are square, the others narrower.
fn width(text: &str) -> f64 {
    text.chars()
        .map(|letter| {
            if letter.is_ascii() {
                0.62 * LETTER
            } else {
                LETTER
            }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: [f64; 2] = [360.0, 440.0];
    const WIDTHS: [f64; 3] = [27.0, 20.0, 15.0];

    /// A town of `many` districts crowded towards its middle, a different one for each `seed`.
    fn crowd(many: usize, seed: u64) -> Vec<Wish<'static>> {
        let mut state = seed;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            f64::from(u32::try_from(state >> 33).unwrap()) / f64::from(1_u32 << 31)
        };
        let names = [
            "東1条〜東6条南（1〜12丁目）",
            "大空町・空港南町",
            "昭和町",
            "西7条〜西10条北",
        ];
        let levels = [AlertLevel::Three, AlertLevel::Four, AlertLevel::Five];
        (0..many)
            .map(|place| Wish {
                name: names[place % 4],
                x: 60.0 + 240.0 * f64::midpoint(next(), next()),
                y: 60.0 + 320.0 * f64::midpoint(next(), next()),
                kind: match place % 5 {
                    0 => Kind::Calm,
                    4 => Kind::Sign,
                    kind => Kind::Level {
                        level: levels[kind - 1],
                        in_force: place % 2 == 0,
                    },
                },
                people: u64::try_from(place * 37 % 1000).unwrap(),
            })
            .collect()
    }

    fn patches(arrangement: &Arrangement) -> Vec<Patch> {
        let marks = arrangement.marks.iter().map(|mark| mark.patch());
        marks
            .chain(arrangement.names.iter().map(|name| name.patch))
            .collect()
    }

    #[test]
    fn nothing_overlaps_however_many_districts_there_are() {
        let solid = [
            Patch::around(180.0, 220.0, 18.0, 16.0),
            Patch::around(60.0, 425.0, 110.0, 28.0),
        ];
        for many in [1, 7, 40, 120, 400] {
            for seed in 1..6 {
                let placed = arrange(&crowd(many, seed), &WIDTHS, SIZE, &solid, &[]);
                let all: Vec<Patch> = patches(&placed).into_iter().chain(solid).collect();
                for (place, one) in all.iter().enumerate() {
                    for other in &all[place + 1..] {
                        assert!(
                            !one.overlaps(other, 0.0),
                            "{many} districts: {one:?} {other:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn every_level_has_a_mark_or_is_counted_on_one_like_it_or_is_told_in_words() {
        for many in [7, 40, 120, 400] {
            let wishes = crowd(many, 3);
            let placed = arrange(&wishes, &WIDTHS, SIZE, &[], &[]);
            let mut told: Vec<usize> = placed.unmarked.clone();
            for mark in &placed.marks {
                told.push(mark.wish);
                told.extend(&mark.also);
                for other in &mark.also {
                    assert_eq!(wishes[mark.wish].kind, wishes[*other].kind);
                }
            }
            told.sort_unstable();
            let wanted: Vec<usize> = (0..many)
                .filter(|wish| matches!(wishes[*wish].kind, Kind::Level { .. }))
                .collect();
            assert_eq!(told, wanted, "{many} districts");
        }
    }

    #[test]
    fn the_worst_level_and_then_the_most_people_come_first() {
        let wish = |level, people, x| Wish {
            name: "中島",
            x,
            y: 100.0,
            kind: Kind::Level {
                level,
                in_force: false,
            },
            people,
        };
        let wishes = [
            wish(AlertLevel::Three, 9_000, 112.0),
            wish(AlertLevel::Four, 10, 88.0),
            wish(AlertLevel::Four, 20, 100.0),
        ];
        let placed = arrange(&wishes, &WIDTHS, [200.0, 200.0], &[], &[]);
        let marks: Vec<usize> = placed.marks.iter().map(|mark| mark.wish).collect();
        assert_eq!(marks, [2, 1, 0]);
        assert_eq!((placed.marks[0].x, placed.marks[0].y), (100.0, 100.0));
    }

    #[test]
    fn few_districts_get_large_marks_and_many_get_small_ones() {
        let placed = |many| arrange(&crowd(many, 2), &WIDTHS, SIZE, &[], &[]).marks;
        let wide = |many| {
            placed(many)
                .iter()
                .map(|mark| mark.width)
                .fold(0.0, f64::max)
        };
        assert!(wide(5) > wide(120));
        assert!(placed(400).iter().any(|mark| !mark.also.is_empty()));
    }

    #[test]
    fn a_place_that_is_no_place_gets_nothing() {
        let lost = Wish {
            x: f64::NAN,
            ..crowd(2, 1).remove(1)
        };
        let placed = arrange(&[lost], &WIDTHS, SIZE, &[], &[]);
        assert!(placed.marks.is_empty() && placed.names.is_empty());
    }

    #[test]
    fn a_long_name_is_broken_where_its_parts_meet() {
        assert_eq!(
            broken("東1条〜東6条南（1〜12丁目）")[1],
            ["東1条〜東6条南", "（1〜12丁目）"]
        );
        assert_eq!(broken("昭和町"), [["昭和町"]]);
    }
}
