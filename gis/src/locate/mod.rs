//! One place, everything known about it: zones, depth, district, distances and where to flee to.

mod refuge;
mod zones;

use geo::{MultiPolygon, Point};

use crate::bundle::{own_border, units};
use crate::road::{RoadGraph, WalkConditions, WalkSettings};
use crate::{
    AreaIndex, Bundle, DepthRank, Facts, Feature, Hazard, LayerKind, LoadError, Shelter,
    ShelterRule, Town,
};

use refuge::Refuges;
use zones::ZoneLayer;

pub use refuge::ShelterThere;
pub use zones::ZoneThere;

/// What is asked about every place.
#[derive(Clone, Copy, Debug)]
pub struct LocateSettings {
    /// The hazard that shelters must be designated for.
    pub hazard: Hazard,
    /// How many shelters to name.
    pub shelters: usize,
    /// How people walk. Must have been checked.
    pub walking: WalkSettings,
    /// Who walks, and under which conditions.
    pub conditions: WalkConditions,
}

/// Everything that is asked about places, packed once.
#[derive(Debug)]
pub struct Locator {
    layers: Vec<ZoneLayer>,
    border: Option<AreaIndex>,
    districts: AreaIndex,
    names: Vec<(String, String)>,
    refuges: Refuges,
}

/// What is known about a place.
#[derive(Clone, Debug)]
pub struct Located<'a> {
    /// Whether it is in the municipality; nothing where no border is known.
    pub in_town: Option<bool>,
    /// The district it is in, on a common border the first: identifier and name.
    pub district: Option<(&'a str, &'a str)>,
    /// Whether it is in a flood zone of the largest assumed flood.
    pub in_flood_zone: bool,
    /// The deepest rank of the flood zone of the largest assumed flood (洪水浸水想定区域、想定最大規模).
    pub flood_rank: Option<DepthRank>,
    /// All zones that touch it, by layer in the order of the source.
    pub zones: Vec<ZoneThere<'a>>,
    /// Metres to the nearest such flood zone, zero inside; nothing where none is within [`Locator::ZONE_WITHIN_M`].
    pub flood_zone_m: Option<f64>,
    /// The nearest usable shelters on foot, and where no way leads to so many, the nearest others.
    pub shelters: Vec<ShelterThere<'a>>,
}

impl Locator {
    /// How far away a zone is looked for.
    pub const ZONE_WITHIN_M: f64 = 10_000.0;

    /// From a town and its roads. Its rule says which shelters are usable for the hazard.
    #[must_use]
    pub fn of_town(town: Town, roads: Option<RoadGraph>, asked: LocateSettings) -> Self {
        let refuges = Refuges::new(town.shelters, town.shelter_rule, roads, asked);
        let (outlines, ranks) = town.zones.into_parts();
        Self {
            layers: vec![ZoneLayer::of_town(outlines, ranks)],
            border: Some(AreaIndex::build([&town.outline])),
            districts: AreaIndex::build(town.districts.iter().map(|district| &district.outline)),
            names: town
                .districts
                .into_iter()
                .map(|district| (district.id, district.name))
                .collect(),
            refuges,
        }
    }

    /// From a bundle with its roads, which need not be a whole town. Without a town file only shelters outside every flood
    /// zone are usable in a flood.
    ///
    /// # Errors
    /// A depth rank of the town file that is none, a border of other municipalities only, or roads that cannot be read.
    pub fn of_bundle(bundle: &Bundle, asked: LocateSettings) -> Result<Self, LoadError> {
        let rule = match bundle.town_file() {
            Some(file) => file.shelter_rule()?,
            None => ShelterRule::default(),
        };
        let layers: Vec<ZoneLayer> = bundle.layers().iter().filter_map(ZoneLayer::of).collect();
        let features = |kind| {
            bundle
                .layers_of(kind)
                .flat_map(|layer| layer.features.iter())
        };
        let border: Vec<&MultiPolygon<f64>> = own_border(bundle)?
            .into_iter()
            .filter_map(|feature| feature.shape.area())
            .collect();
        let border = (!border.is_empty()).then(|| AreaIndex::build(border));
        let (names, outlines): (Vec<_>, Vec<&MultiPolygon<f64>>) = units(bundle)?
            .into_iter()
            .map(|(unit, area)| ((unit.id, unit.name), area))
            .unzip();
        let shelters: Vec<Shelter> = features(LayerKind::ShelterEmergency)
            .filter_map(|feature| site(feature, &layers, border.as_ref()))
            .collect();
        Ok(Self {
            refuges: Refuges::new(shelters, rule, bundle.roads()?, asked),
            layers,
            border,
            districts: AreaIndex::build(outlines),
            names,
        })
    }

    /// Everything about one place.
    #[must_use]
    pub fn locate(&self, place: Point<f64>) -> Located<'_> {
        let zones: Vec<ZoneThere<'_>> = self
            .layers
            .iter()
            .flat_map(|layer| layer.at(place))
            .collect();
        let floods = || {
            zones
                .iter()
                .filter(|zone| zone.layer == LayerKind::FloodMax)
        };
        let flood_rank = floods().filter_map(|zone| zone.rank).max();
        let in_flood_zone = floods().next().is_some();
        Located {
            in_town: self
                .border
                .as_ref()
                .map(|border| border.at(place).next().is_some()),
            district: self
                .districts
                .at(place)
                .next()
                .map(|number| &self.names[number])
                .map(|(id, name)| (id.as_str(), name.as_str())),
            in_flood_zone,
            flood_rank,
            flood_zone_m: if in_flood_zone {
                Some(0.0)
            } else {
                self.flood_zone_m(place)
            },
            zones,
            shelters: self.refuges.of(place),
        }
    }

    /// How many zones and usable shelters there are.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let zones = self.layers.iter().map(ZoneLayer::len).sum();
        (zones, self.refuges.len())
    }

    fn flood_zone_m(&self, place: Point<f64>) -> Option<f64> {
        self.layers
            .iter()
            .filter(|layer| layer.is_flood_max())
            .filter_map(|layer| layer.distance_m(place, Self::ZONE_WITHIN_M))
            .min_by(f64::total_cmp)
    }
}

/// A place to flee to, with the deepest flood zone at its site.
fn site(feature: &Feature, layers: &[ZoneLayer], border: Option<&AreaIndex>) -> Option<Shelter> {
    let (Facts::Site(facts), Some(at)) = (&feature.facts, feature.shape.point()) else {
        return None;
    };
    let depth_rank = layers
        .iter()
        .filter(|layer| layer.is_flood_max())
        .flat_map(|layer| layer.depths_at(at))
        .max();
    let in_town = border.is_none_or(|border| border.at(at).next().is_some());
    Some(Shelter::of_site(facts, at, depth_rank, in_town))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use geo::{MultiPolygon, Point, Rect};

    use super::{LocateSettings, Locator};
    use crate::road::{
        NoWay, RoadGraph, RoadLimits, WalkBasis, WalkConditions, WalkGroup, WalkSettings,
    };
    use crate::{
        Bundle, Depth, DepthRank, DepthZone, DistrictFacts, Facts, Feature, Hazard, Layer,
        LayerKind, ROADS, Shape, SiteFacts,
    };

    fn area(west: f64, east: f64) -> Shape {
        Shape::Area(MultiPolygon::new(vec![
            Rect::new((west, 42.0), (east, 42.1)).to_polygon(),
        ]))
    }

    fn layer(kind: LayerKind, features: Vec<(Shape, Facts)>) -> Layer {
        Layer {
            kind,
            source: "test".into(),
            attribution: None,
            features: (1..)
                .zip(features)
                .map(|(number, (shape, facts))| Feature {
                    number,
                    shape,
                    facts,
                })
                .collect(),
        }
    }

    fn depth(rank: u8) -> Facts {
        Facts::Depth(DepthZone {
            depth: Some(Depth::of_rank(DepthRank::new(rank).unwrap())),
            river: Some("試験川".into()),
        })
    }

    fn school(id: &str, lon: f64, hazards: &[Hazard]) -> (Shape, Facts) {
        let facts = SiteFacts {
            id: id.into(),
            name: "学校".into(),
            kana: None,
            name_en: None,
            address: "町".into(),
            municipality: None,
            approved_for: hazards.iter().copied().collect(),
            capacity: None,
            elevation_m: None,
            both_kinds: false,
            accepts: None,
            note: None,
        };
        (Shape::Point(Point::new(lon, 42.05)), Facts::Site(facts))
    }

    /// Zones from 143.00 to 143.02 and a deeper one to 143.03; schools inside, outside, and one not for floods.
    fn bundle() -> Bundle {
        let district = DistrictFacts {
            id: "d1".into(),
            name: "東".into(),
            people: None,
            households: None,
            approximate: false,
        };
        let layers = vec![
            layer(
                LayerKind::FloodMax,
                vec![
                    (area(143.00, 143.02), depth(2)),
                    (area(143.02, 143.03), depth(4)),
                ],
            ),
            layer(LayerKind::Tsunami, vec![(area(143.015, 143.1), depth(3))]),
            layer(
                LayerKind::District,
                vec![(area(143.0, 143.05), Facts::District(district))],
            ),
            layer(
                LayerKind::ShelterEmergency,
                vec![
                    school("wet", 143.01, &[Hazard::Flood]),
                    school("dry", 143.04, &[Hazard::Flood]),
                    school("quake", 143.035, &[Hazard::Earthquake]),
                ],
            ),
        ];
        Bundle::new(None, layers, vec![])
    }

    fn locator(shelters: usize) -> Locator {
        locator_of(&bundle(), Hazard::Flood, shelters)
    }

    fn locator_of(bundle: &Bundle, hazard: Hazard, shelters: usize) -> Locator {
        let settings = LocateSettings {
            hazard,
            shelters,
            walking: WalkSettings::default(),
            conditions: WalkConditions::calm(WalkGroup::Adults),
        };
        Locator::of_bundle(bundle, settings).unwrap()
    }

    /// A street through the place 143.035 and the school "dry", and one that leads to neither.
    fn with_roads(bundle: Bundle) -> Bundle {
        let map = "<osm><node id='1' lat='42.05' lon='143.02'/><node id='2' lat='42.05' lon='143.05'/>\
                   <node id='3' lat='42.05' lon='143.2'/><node id='4' lat='42.05' lon='143.23'/>\
                   <way id='1'><nd ref='1'/><nd ref='2'/><tag k='highway' v='residential'/></way>\
                   <way id='2'><nd ref='3'/><nd ref='4'/><tag k='highway' v='residential'/></way></osm>";
        let roads = RoadGraph::from_osm(map.as_bytes(), RoadLimits::default()).unwrap();
        let bytes = bundle.with_part(ROADS, roads.to_bytes()).write().unwrap();
        Bundle::open(&bytes).unwrap()
    }

    #[test]
    fn without_roads_a_time_rests_on_the_straight_line_and_with_the_bundles_roads_on_them() {
        let place = Point::new(143.035, 42.05);
        let straight = locator(1);
        let there = straight.locate(place).shelters[0];
        let walk = there.walk.unwrap();
        assert_eq!(walk.basis, WalkBasis::StraightLine);
        let expected_s = there.distance_m * 1.3;
        assert!((f64::from(walk.time_ms) / 1e3 - expected_s).abs() < 0.01);

        let by_road = locator_of(&with_roads(bundle()), Hazard::Flood, 1);
        let there = by_road.locate(place).shelters[0];
        let walk = there.walk.unwrap();
        assert_eq!(
            (walk.basis, there.shelter.id.as_str()),
            (WalkBasis::Roads, "dry")
        );
        assert!((f64::from(walk.time_ms) / 1e3 - there.distance_m).abs() < 0.5);
    }

    #[test]
    fn where_no_way_leads_the_nearest_shelter_is_named_with_the_reason_and_without_a_time() {
        let locator = locator_of(&with_roads(bundle()), Hazard::Flood, 3);
        let why = |lon: f64| -> Vec<(String, Option<NoWay>)> {
            let found = locator.locate(Point::new(lon, 42.05));
            found
                .shelters
                .iter()
                .map(|there| (there.shelter.id.clone(), there.walk.err()))
                .collect()
        };
        assert_eq!(why(143.03), [("dry".to_owned(), None)]);
        assert_eq!(why(143.205), [("dry".to_owned(), Some(NoWay::CutOff))]);
        assert_eq!(why(143.5), [("dry".to_owned(), Some(NoWay::NoRoadAtStart))]);
    }

    #[test]
    fn a_place_on_a_common_line_is_in_both_zones_and_counts_as_the_deeper() {
        let locator = locator(5);
        let there = locator.locate(Point::new(143.02, 42.05));
        let zones: Vec<_> = there
            .zones
            .iter()
            .map(|z| (z.layer.key(), z.number, z.river))
            .collect();
        assert_eq!(
            zones,
            [
                ("flood_max", 1, Some("試験川")),
                ("flood_max", 2, Some("試験川")),
                ("tsunami", 1, Some("試験川"))
            ]
        );
        assert_eq!(there.flood_rank, DepthRank::new(4));
        assert_eq!(there.flood_zone_m, Some(0.0));
        assert_eq!(there.district, Some(("d1", "東")));
        assert_eq!(there.in_town, None, "no border is known");
    }

    #[test]
    fn only_dry_shelters_for_floods_are_offered_in_a_flood() {
        let locator = locator(5);
        let there = locator.locate(Point::new(143.01, 42.05));
        let ids: Vec<&str> = there
            .shelters
            .iter()
            .map(|there| there.shelter.id.as_str())
            .collect();
        assert_eq!(ids, ["dry"]);
        assert!(
            (there.shelters[0].distance_m - 2_480.0).abs() < 10.0,
            "{}",
            there.shelters[0].distance_m
        );
    }

    #[test]
    fn outside_every_zone_the_distance_to_the_nearest_flood_zone_is_said() {
        let locator = locator(0);
        let there = locator.locate(Point::new(143.04, 42.05));
        assert_eq!((there.flood_rank, there.shelters.len()), (None, 0));
        assert!(
            (there.flood_zone_m.unwrap() - 826.6).abs() < 3.0,
            "{:?}",
            there.flood_zone_m
        );
        assert_eq!(locator.locate(Point::new(145.0, 42.05)).flood_zone_m, None);
    }
}
