//! 屋内安全確保の三条件: what is known of the homes of a district, from the town's plan and from the maps of a bundle.
//!
//! Maps are read at the places of a raster over the district. People are taken to live evenly where the water comes; what is counted
//! is rounded to the careful side. What no map of the river says stays unknown: nobody is told to stay because a map is missing.

use geo::{BoundingRect, Point};
use hinan_gis::{AreaIndex, District, DurationRank, Facts, Layer, LayerKind, Town};

/// Places of the raster across a district, each way.
const SIDE: u32 = 48;

/// What the maps of a bundle say of homes.
pub(super) struct HomeMaps {
    /// House-collapse zones (家屋倒壊等氾濫想定区域) by flow and by erosion; none unless both are loaded.
    collapse: Option<Zones<()>>,
    /// 浸水継続時間; none where no such map is loaded.
    duration: Option<Zones<Option<DurationRank>>>,
}

/// What they say of one district along one river.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Mapped {
    /// Part of the people at risk in a house-collapse zone, 0 to 1.
    pub(super) collapse_share: Option<f64>,
    /// Longest duration of the water, hours.
    pub(super) isolation_h: Option<f64>,
}

struct Zones<T> {
    index: AreaIndex,
    marks: Vec<(Option<String>, T)>,
}

impl HomeMaps {
    pub(super) fn of(layers: &[Layer]) -> Self {
        let loaded = |kind| layers.iter().any(|layer| layer.kind == kind);
        let (flow, erosion) = (
            LayerKind::HouseCollapseFlow,
            LayerKind::HouseCollapseErosion,
        );
        let collapse = loaded(flow) && loaded(erosion);
        Self {
            collapse: collapse.then(|| {
                Zones::of(layers, |facts| match facts {
                    Facts::HouseCollapse(zone) => Some((zone.river.clone(), ())),
                    _ => None,
                })
            }),
            duration: loaded(LayerKind::FloodDuration).then(|| {
                Zones::of(layers, |facts| match facts {
                    Facts::Duration(zone) => Some((zone.river.clone(), zone.duration)),
                    _ => None,
                })
            }),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.collapse.is_none() && self.duration.is_none()
    }

    pub(super) fn along(&self, town: &Town, district: &District, river: &str) -> Mapped {
        let places = places(district);
        let collapse_share = self.collapse.as_ref().and_then(|zones| {
            // A map of other rivers says nothing of this one.
            if !zones.speaks_of(river) {
                return None;
            }
            let inside = |at: &Point<f64>| zones.at(*at, river).next().is_some();
            let (mut wet, mut collapsing) = (0_u32, 0_u32);
            for at in &places {
                let falls = inside(at);
                collapsing += u32::from(falls);
                wet += u32::from(falls || town.zones().rank_at(*at).is_some());
            }
            (wet > 0).then(|| f64::from(collapsing) / f64::from(wet))
        });
        let isolation_h = self.duration.as_ref().and_then(|zones| {
            let found = places.iter().flat_map(|at| zones.at(*at, river));
            // One that no list explains may be any.
            let longest = found
                .map(|duration| Some(longest_h((*duration)?)))
                .collect::<Option<Vec<f64>>>()?;
            longest.into_iter().reduce(f64::max)
        });
        Mapped {
            collapse_share,
            isolation_h,
        }
    }
}

impl<T> Zones<T> {
    fn of(layers: &[Layer], read: impl Fn(&Facts) -> Option<(Option<String>, T)>) -> Self {
        let found = layers.iter().flat_map(|layer| &layer.features);
        let (areas, marks): (Vec<_>, Vec<_>) = found
            .filter_map(|feature| Some((feature.shape.area()?, read(&feature.facts)?)))
            .unzip();
        Self {
            index: AreaIndex::build(areas),
            marks,
        }
    }

    fn is_of(mark: &(Option<String>, T), river: &str) -> bool {
        mark.0.as_deref().is_none_or(|named| named == river)
    }

    fn speaks_of(&self, river: &str) -> bool {
        self.marks.iter().any(|mark| Self::is_of(mark, river))
    }

    fn at(&self, place: Point<f64>, river: &str) -> impl Iterator<Item = &T> {
        self.index
            .at(place)
            .map(|area| &self.marks[area])
            .filter(move |mark| Self::is_of(mark, river))
            .map(|(_, mark)| mark)
    }
}

/// The longest of a class; of the last, which has no end, its shortest, which is four weeks.
fn longest_h(rank: DurationRank) -> f64 {
    f64::from(rank.max_h().unwrap_or_else(|| rank.min_h()))
}

/// Places of a raster inside a district; of one that the raster misses its label.
fn places(district: &District) -> Vec<Point<f64>> {
    let Some(around) = district.outline.bounding_rect() else {
        return vec![district.label];
    };
    let outline = AreaIndex::build([&district.outline]);
    let along =
        |from: f64, to: f64, n: u32| from + (to - from) * (f64::from(n) + 0.5) / f64::from(SIDE);
    let mut found: Vec<Point<f64>> = (0..SIDE * SIDE)
        .map(|n| {
            let (x, y) = (n % SIDE, n / SIDE);
            Point::new(
                along(around.min().x, around.max().x, x),
                along(around.min().y, around.max().y, y),
            )
        })
        .filter(|at| outline.at(*at).next().is_some())
        .collect();
    if found.is_empty() {
        found.push(district.label);
    }
    found
}

/// Of so many at risk those with a room above the water, where the storeys of the district's homes are known: percent with one
/// storey, two, and three or more. Water of up to 3 m leaves the second floor dry, of up to 5 m the third; deeper, none. Homes of every
/// height are taken to stand everywhere in the district (**assumed**). Rounded down.
pub(super) fn with_dry_room(district: &District, at_risk: u32, [_, two, three]: [f64; 3]) -> u32 {
    let [_, shallow, to_3_m, to_5_m, ..] = district.people_by_rank;
    let in_zone = district.people_in_zone();
    if in_zone == 0 {
        return 0;
    }
    let dry = (f64::from(shallow) + f64::from(to_3_m)) * (two + three) / 100.0
        + f64::from(to_5_m) * three / 100.0;
    let of_these = (dry / f64::from(in_zone) * f64::from(at_risk)).floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of a whole number of people"
    )]
    let people = of_these.clamp(0.0, f64::from(at_risk)) as u32;
    people
}

/// People of a part of those at risk, rounded up.
pub(super) fn rounded_up(share: f64, at_risk: u32) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of a whole number of people"
    )]
    let people = (share * f64::from(at_risk))
        .ceil()
        .clamp(0.0, f64::from(at_risk)) as u32;
    people
}

#[cfg(test)]
mod tests {
    use geo::{MultiPolygon, Rect};
    use hinan_gis::{DurationZone, Feature, HouseCollapseZone, Shape};

    use super::*;
    use crate::config::Config;

    fn town() -> Town {
        crate::town::town(&Config::defaults()).expect("the built-in town loads")
    }

    fn layer(kind: LayerKind, area: Rect<f64>, facts: Facts) -> Layer {
        Layer {
            kind,
            source: "made by hand".to_owned(),
            attribution: None,
            features: vec![Feature {
                number: 1,
                shape: Shape::Area(MultiPolygon::new(vec![area.to_polygon()])),
                facts,
            }],
        }
    }

    fn collapse(kind: LayerKind, area: Rect<f64>) -> Layer {
        let facts = Facts::HouseCollapse(HouseCollapseZone {
            river: Some("札内川".to_owned()),
        });
        layer(kind, area, facts)
    }

    #[test]
    fn a_map_that_is_missing_or_speaks_of_another_river_keeps_nobody_at_home() {
        let town = town();
        let inada = town.district("inada").expect("it is in the town");
        let around = inada.outline.bounding_rect().expect("it has an outline");
        let far = Rect::new((0.0, 0.0), (0.1, 0.1));
        let (flow, erosion) = (
            LayerKind::HouseCollapseFlow,
            LayerKind::HouseCollapseErosion,
        );
        let along = |layers: &[Layer], river| HomeMaps::of(layers).along(&town, inada, river);
        assert_eq!(along(&[], "札内川"), Mapped::default());
        // One of the two maps alone is not both.
        assert_eq!(along(&[collapse(flow, far)], "札内川"), Mapped::default());
        let both = [collapse(flow, far), collapse(erosion, far)];
        assert_eq!(along(&both, "札内川").collapse_share, Some(0.0));
        assert_eq!(along(&both, "帯広川").collapse_share, None);
        let everywhere = [collapse(flow, around), collapse(erosion, far)];
        assert_eq!(along(&everywhere, "札内川").collapse_share, Some(1.0));
    }

    #[test]
    fn water_stays_as_long_as_the_worst_place_of_the_district_says_and_an_unknown_class_is_unknown()
    {
        let town = town();
        let inada = town.district("inada").expect("it is in the town");
        let around = inada.outline.bounding_rect().expect("it has an outline");
        let stays = |duration| {
            let facts = Facts::Duration(DurationZone {
                duration,
                river: None,
            });
            layer(LayerKind::FloodDuration, around, facts)
        };
        let hours = |layers: &[Layer]| {
            HomeMaps::of(layers)
                .along(&town, inada, "札内川")
                .isolation_h
        };
        assert_eq!(hours(&[stays(DurationRank::new(2))]), Some(24.0));
        assert_eq!(
            hours(&[stays(DurationRank::new(2)), stays(DurationRank::new(4))]),
            Some(168.0)
        );
        assert_eq!(hours(&[stays(DurationRank::new(2)), stays(None)]), None);
    }

    #[test]
    fn who_has_a_room_above_the_water_follows_from_depth_and_storeys() {
        let mut inada = town().district("inada").expect("it is in the town").clone();
        inada.people_by_rank = [500, 0, 100, 100, 0, 0, 0];
        // Up to 3 m: the second floor of nine in ten; up to 5 m: the third of one in ten.
        assert_eq!(with_dry_room(&inada, 200, [10.0, 80.0, 10.0]), 100);
        assert_eq!(with_dry_room(&inada, 100, [10.0, 80.0, 10.0]), 50);
        inada.people_by_rank = [500, 0, 0, 0, 200, 0, 0];
        assert_eq!(with_dry_room(&inada, 200, [0.0, 0.0, 100.0]), 0);
    }
}
