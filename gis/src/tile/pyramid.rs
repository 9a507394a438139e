//! A theme drawn for every zoom, once, when the town is loaded.

use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use std::collections::BTreeMap;

use geo::LineString;

use super::clip::{self, Bounds, area2};
use super::encode::{Geometry, Kind, Layer};
use super::mercator::{EXTENT, TileId, ZOOM_MAX, coarser, finest};
use super::raster::{self, Rings};
use super::theme::{Drawing, Item, Theme};
use crate::Shape;

/// Steps around a tile that are drawn too, so that lines and symbols at its side are whole: four pixels.
const MARGIN: i32 = 64;
/// Steps of a pixel.
const PIXEL: i32 = 16;
/// Up to this zoom, areas of classes are traced anew from half pixels. A pixel of the next zoom is about 8 m wide in
/// Japan: finer than the cells of the official zones.
const TRACED_ZOOM_MAX: u8 = 13;
/// Things of one tile; those that come later are left out and counted.
const FEATURES_MAX: usize = 20_000;
/// Numbers of the geometries of one tile, about a megabyte; what comes later is left out and counted.
const NUMBERS_MAX: usize = 600_000;
/// A thing that lies in more tiles than this is asked for at every tile instead of being listed in each.
const LISTED_TILES_MAX: i64 = 4_096;

/// A theme, drawn.
#[derive(Clone, Debug)]
pub struct Pyramid {
    zooms: Vec<Zoom>,
}

#[derive(Clone, Debug, Default)]
struct Zoom {
    drawn: Vec<Drawn>,
    /// Things by tile, rising.
    tiles: BTreeMap<(i32, i32), Vec<u32>>,
    /// Things in very many tiles.
    wide: Vec<u32>,
    too_small: usize,
}

/// A thing at one zoom, in steps on the plane of that zoom.
#[derive(Clone, Debug)]
struct Drawn {
    group: Group,
    bounds: Bounds,
    figure: Figure,
}

/// What becomes one feature of a tile: an item, or a class that an item stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    item: u32,
    whole_class: bool,
}

#[derive(Clone, Debug)]
enum Figure {
    Point([i32; 2]),
    Line(Vec<[i32; 2]>),
    Area(Rings),
}

/// A tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Mapbox Vector Tile 2.1, not packed; empty where there is nothing.
    pub bytes: Vec<u8>,
    /// Features in it.
    pub features: usize,
    /// Things left out because a limit was reached. To be said.
    pub left_out: usize,
}

/// What a pyramid takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PyramidReport {
    /// Things drawn, over all zooms.
    pub drawn: usize,
    /// Corners, over all zooms.
    pub corners: usize,
    /// Tiles with something in them, over all zooms.
    pub tiles: usize,
    /// Things smaller than a pixel and therefore not drawn, over all zooms.
    pub too_small: usize,
    /// Bytes, about.
    pub bytes: usize,
}

impl Pyramid {
    /// Draws a theme for every zoom.
    #[must_use]
    pub fn of(theme: &Theme) -> Self {
        let figures: Vec<Vec<Figure>> = theme.items.iter().map(figures).collect();
        let zooms = (0..=ZOOM_MAX)
            .into_par_iter()
            .map(|zoom| {
                if zoom < theme.zoom_min {
                    return Zoom::default();
                }
                let mut drawn = Zoom::drawn(theme, &figures, zoom);
                drawn.list();
                drawn
            })
            .collect();
        Self { zooms }
    }

    /// What it takes.
    #[must_use]
    pub fn report(&self) -> PyramidReport {
        let mut report = PyramidReport::default();
        for zoom in &self.zooms {
            let corners: usize = zoom.drawn.iter().map(|drawn| drawn.figure.corners()).sum();
            let listed: usize = zoom.tiles.values().map(Vec::len).sum();
            report.drawn += zoom.drawn.len();
            report.corners += corners;
            report.tiles += zoom.tiles.len();
            report.too_small += zoom.too_small;
            report.bytes +=
                corners * 8 + zoom.drawn.len() * 96 + listed * 4 + zoom.tiles.len() * 48;
        }
        report
    }

    /// Tiles of a zoom in which something lies, rising; without those that only very large things lie in.
    pub fn tiles(&self, zoom: u8) -> impl Iterator<Item = TileId> + '_ {
        let zooms = self.zooms.get(usize::from(zoom)).into_iter();
        zooms
            .flat_map(|z| z.tiles.keys())
            .filter_map(move |(column, row)| {
                TileId::new(
                    zoom,
                    u32::try_from(*column).ok()?,
                    u32::try_from(*row).ok()?,
                )
            })
    }

    /// One tile of the theme it was drawn from.
    #[must_use]
    pub fn tile(&self, theme: &Theme, id: TileId) -> Tile {
        let zoom = &self.zooms[usize::from(id.zoom())];
        let corner = id.corner();
        let bounds = Bounds {
            low: corner.map(|n| n - MARGIN),
            high: corner.map(|n| n + EXTENT + MARGIN),
        };
        let mut layer = Layer::named(theme.key);
        let (mut features, mut left_out, mut numbers) = (0, 0, 0);
        let near = zoom.near(id, &bounds);
        for group in near.chunk_by(|a, b| a.group == b.group) {
            if features >= FEATURES_MAX || numbers >= NUMBERS_MAX {
                left_out += group.len();
                continue;
            }
            let mut geometry = Geometry::default();
            let mut points = Vec::new();
            for drawn in group {
                if numbers + geometry.len() >= NUMBERS_MAX {
                    left_out += 1;
                    continue;
                }
                drawn.cut(&bounds, corner, &mut geometry, &mut points);
            }
            if !points.is_empty() {
                geometry.points(&points);
            }
            if geometry.is_empty() {
                continue;
            }
            let item = &theme.items[group[0].group.item as usize];
            let id = (!group[0].group.whole_class).then_some(item.number);
            let tags = theme.columns.iter().zip(&item.values);
            let tags = tags.filter(|(column, _)| column.in_tiles);
            layer.feature(
                id,
                group[0].figure.kind(),
                &geometry,
                tags.map(|(column, value)| (column.key, value)),
            );
            features += 1;
            numbers += geometry.len();
        }
        Tile {
            bytes: if features > 0 {
                layer.tile()
            } else {
                Vec::new()
            },
            features,
            left_out,
        }
    }
}

impl Zoom {
    fn drawn(theme: &Theme, figures: &[Vec<Figure>], zoom: u8) -> Self {
        let mut out = Self::default();
        let by_class = theme.drawing == Drawing::ByClass;
        // The first item of a class stands for it.
        let mut classes: BTreeMap<u16, u32> = BTreeMap::new();
        let mut traced: Vec<(u8, Rings)> = Vec::new();
        let mut of_traced: Vec<u16> = Vec::new();
        for ((n, item), figures) in (0_u32..).zip(&theme.items).zip(figures) {
            let stands = *classes.entry(item.class).or_insert(n);
            if zoom < item.zoom_min {
                continue;
            }
            let group = Group {
                item: if by_class { stands } else { n },
                whole_class: by_class,
            };
            for figure in figures {
                let figure = figure.at(zoom);
                match figure {
                    Figure::Area(rings) if by_class && zoom <= TRACED_ZOOM_MAX => {
                        // Classes as whole numbers from 1, in their order.
                        traced.push((0, rings));
                        of_traced.push(item.class);
                    }
                    figure => out.add(group, figure.simplified(grid(zoom))),
                }
            }
        }
        let numbers: Vec<u16> = classes.keys().copied().collect();
        for ((class, _), of) in traced.iter_mut().zip(&of_traced) {
            let at = numbers.binary_search(of).unwrap_or_default();
            *class = u8::try_from(at + 1).unwrap_or(u8::MAX);
        }
        for (class, rings) in raster::traced(&traced, PIXEL / 2) {
            let item = classes[&numbers[usize::from(class) - 1]];
            let group = Group {
                item,
                whole_class: true,
            };
            out.add(group, Some(Figure::Area(rings)));
        }
        out.drawn.sort_by_key(|drawn| drawn.group);
        out
    }

    fn add(&mut self, group: Group, figure: Option<Figure>) {
        let around = figure.and_then(|figure| Some((figure.bounds()?, figure)));
        match around {
            Some((bounds, figure)) => self.drawn.push(Drawn {
                group,
                bounds,
                figure,
            }),
            None => self.too_small += 1,
        }
    }

    fn list(&mut self) {
        for (n, drawn) in (0_u32..).zip(&self.drawn) {
            let tile = |at: i32, by: i32| (at + by).div_euclid(EXTENT);
            let low = drawn.bounds.low.map(|at| tile(at, -MARGIN));
            let high = drawn.bounds.high.map(|at| tile(at, MARGIN));
            let side = |n: usize| i64::from(high[n] - low[n] + 1);
            if side(0) * side(1) > LISTED_TILES_MAX {
                self.wide.push(n);
                continue;
            }
            for column in low[0]..=high[0] {
                for row in low[1]..=high[1] {
                    self.tiles.entry((column, row)).or_default().push(n);
                }
            }
        }
    }

    /// Things whose boxes meet the tile, by group.
    fn near(&self, id: TileId, bounds: &Bounds) -> Vec<&Drawn> {
        let [column, row] = id.corner().map(|n| n / EXTENT);
        let listed = self
            .tiles
            .get(&(column, row))
            .map_or(&[][..], Vec::as_slice);
        let mut near: Vec<u32> = listed.iter().chain(&self.wide).copied().collect();
        near.sort_unstable();
        let near = near.into_iter().map(|n| &self.drawn[n as usize]);
        near.filter(|drawn| drawn.bounds.meets(bounds)).collect()
    }
}

/// Steps to which corners are rounded: half a pixel while the map is coarse.
fn grid(zoom: u8) -> i32 {
    match ZOOM_MAX - zoom {
        0 | 1 => 1,
        2 => 4,
        _ => PIXEL / 2,
    }
}

/// The parts of an item on the plane of the finest zoom. What lies outside the plane is not drawn.
fn figures(item: &Item) -> Vec<Figure> {
    let line = |line: &LineString<f64>| -> Vec<[i32; 2]> {
        let mut corners: Vec<[i32; 2]> = line.coords().filter_map(|c| finest(*c)).collect();
        corners.dedup();
        corners
    };
    match &item.shape {
        Shape::Point(point) => finest(point.0).map(Figure::Point).into_iter().collect(),
        Shape::Lines(lines) => lines.iter().map(|l| Figure::Line(line(l))).collect(),
        Shape::Area(area) => {
            let ring = |closed: &LineString<f64>| {
                let mut corners = line(closed);
                if corners.len() > 1 && corners.first() == corners.last() {
                    corners.pop();
                }
                corners
            };
            area.iter()
                .map(|polygon| {
                    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
                    Figure::Area(rings.map(ring).collect())
                })
                .collect()
        }
    }
}

impl Figure {
    fn kind(&self) -> Kind {
        match self {
            Self::Point(_) => Kind::Points,
            Self::Line(_) => Kind::Lines,
            Self::Area(_) => Kind::Areas,
        }
    }

    fn corners(&self) -> usize {
        match self {
            Self::Point(_) => 1,
            Self::Line(corners) => corners.len(),
            Self::Area(rings) => rings.iter().map(Vec::len).sum(),
        }
    }

    fn bounds(&self) -> Option<Bounds> {
        match self {
            Self::Point(at) => Bounds::around(&[*at]),
            Self::Line(corners) => Bounds::around(corners),
            Self::Area(rings) => Bounds::around(rings.first()?),
        }
    }

    /// The same on the plane of a coarser zoom.
    fn at(&self, zoom: u8) -> Self {
        let line = |corners: &Vec<[i32; 2]>| -> Vec<[i32; 2]> {
            let mut corners: Vec<[i32; 2]> = corners.iter().map(|at| coarser(*at, zoom)).collect();
            corners.dedup();
            corners
        };
        match self {
            Self::Point(at) => Self::Point(coarser(*at, zoom)),
            Self::Line(corners) => Self::Line(line(corners)),
            Self::Area(rings) => Self::Area(rings.iter().map(line).collect()),
        }
    }

    /// Corners rounded to a grid, which neighbours share, and those taken out that lie on the line between others. An
    /// area that falls together though it is a pixel long becomes a pixel. Nothing where it is smaller.
    fn simplified(self, grid: i32) -> Option<Self> {
        let round = |at: &[i32; 2]| at.map(|n| (n + grid / 2).div_euclid(grid) * grid);
        match self {
            Self::Point(_) => Some(self),
            Self::Line(corners) => {
                let mut corners: Vec<[i32; 2]> = corners.iter().map(round).collect();
                corners.dedup();
                let corners = straightened(&corners);
                (corners.len() > 1).then_some(Self::Line(corners))
            }
            Self::Area(rings) => {
                let bounds = Bounds::around(rings.first()?)?;
                let simple = |ring: &Vec<[i32; 2]>| {
                    let ring = ring_straightened(ring.iter().map(round).collect());
                    (ring.len() > 2 && area2(&ring) != 0).then_some(ring)
                };
                if let Some(outer) = simple(&rings[0]) {
                    let holes = rings[1..].iter().filter_map(simple);
                    return Some(Self::Area(std::iter::once(outer).chain(holes).collect()));
                }
                let long = (0..2).any(|n| bounds.high[n] - bounds.low[n] >= PIXEL);
                long.then(|| {
                    let [x, y] =
                        [0, 1].map(|n| i32::midpoint(bounds.low[n], bounds.high[n]) - PIXEL / 2);
                    let far = [x + PIXEL, y + PIXEL];
                    Self::Area(vec![vec![[x, y], [far[0], y], far, [x, far[1]]]])
                })
            }
        }
    }
}

/// A line without the corners that lie straight between their neighbours.
fn straightened(corners: &[[i32; 2]]) -> Vec<[i32; 2]> {
    let mut kept: Vec<[i32; 2]> = Vec::with_capacity(corners.len());
    for at in corners {
        while let [.., before, last] = kept[..]
            && straight(before, last, *at)
        {
            kept.pop();
        }
        kept.push(*at);
    }
    kept
}

/// A ring without such corners, without steps there and back, and without a repeated corner.
fn ring_straightened(mut ring: Vec<[i32; 2]>) -> Vec<[i32; 2]> {
    loop {
        let before = ring.len();
        ring.dedup();
        while ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
        let mut kept: Vec<[i32; 2]> = Vec::with_capacity(ring.len());
        for at in &ring {
            while let [.., before, last] = kept[..]
                && cross(before, last, *at) == 0
            {
                kept.pop();
            }
            if kept.last() != Some(at) {
                kept.push(*at);
            }
        }
        while kept.len() > 2 && cross(kept[kept.len() - 2], kept[kept.len() - 1], kept[0]) == 0 {
            kept.pop();
        }
        while kept.len() > 2 && cross(kept[kept.len() - 1], kept[0], kept[1]) == 0 {
            kept.remove(0);
        }
        ring = kept;
        if ring.len() == before {
            return ring;
        }
    }
}

fn cross(a: [i32; 2], b: [i32; 2], c: [i32; 2]) -> i64 {
    let step = |from: [i32; 2], to: [i32; 2]| [0, 1].map(|n| i64::from(to[n]) - i64::from(from[n]));
    let (one, two) = (step(a, b), step(b, c));
    one[0] * two[1] - one[1] * two[0]
}

/// Whether the way goes straight on at `b`, and not back.
fn straight(a: [i32; 2], b: [i32; 2], c: [i32; 2]) -> bool {
    let step = |from: [i32; 2], to: [i32; 2]| [0, 1].map(|n| i64::from(to[n]) - i64::from(from[n]));
    let (one, two) = (step(a, b), step(b, c));
    cross(a, b, c) == 0 && one[0] * two[0] + one[1] * two[1] > 0
}

impl Drawn {
    /// Adds what lies in the box, in steps from the tile's corner.
    fn cut(
        &self,
        bounds: &Bounds,
        corner: [i32; 2],
        geometry: &mut Geometry,
        points: &mut Vec<[i32; 2]>,
    ) {
        let local = |at: &[i32; 2]| [at[0] - corner[0], at[1] - corner[1]];
        let inside = bounds.holds(&self.bounds);
        match &self.figure {
            Figure::Point(at) => {
                if bounds.holds_place(*at) {
                    points.push(local(at));
                }
            }
            Figure::Line(corners) if inside => {
                geometry.line(&corners.iter().map(local).collect::<Vec<_>>());
            }
            Figure::Line(corners) => {
                for piece in clip::line(corners, bounds) {
                    let mut piece: Vec<[i32; 2]> = piece.iter().map(local).collect();
                    piece.dedup();
                    if piece.len() > 1 {
                        geometry.line(&piece);
                    }
                }
            }
            Figure::Area(rings) => {
                for (n, ring) in rings.iter().enumerate() {
                    let cut = if inside {
                        ring.clone()
                    } else {
                        ring_straightened(clip::ring(ring, bounds))
                    };
                    let mut cut: Vec<[i32; 2]> = cut.iter().map(local).collect();
                    let area = area2(&cut);
                    if cut.len() < 3 || area == 0 {
                        if n == 0 {
                            return;
                        }
                        continue;
                    }
                    // The outer ring clockwise on the screen, holes the other way.
                    if (area > 0) != (n == 0) {
                        cut.reverse();
                    }
                    geometry.ring(&cut);
                }
            }
        }
    }
}
