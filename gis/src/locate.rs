//! One place, everything known about it: zones, depth, district, distances and where to flee to.

use std::sync::Arc;

use geo::{MultiPolygon, Point};

use crate::{
    AreaIndex, Bundle, Depth, DepthRank, DurationRank, Facts, Feature, Hazard, LandslideZone,
    Layer, LayerKind, LoadError, Phenomenon, Shelter, ShelterIndex, ShelterRule, SiteFacts, Town,
};

/// Everything that is asked about places, packed once.
#[derive(Debug)]
pub struct Locator {
    layers: Vec<ZoneLayer>,
    border: Option<AreaIndex>,
    districts: AreaIndex,
    names: Vec<(String, String)>,
    shelters: Vec<Shelter>,
    nearest: ShelterIndex,
}

/// The zones of one layer.
#[derive(Debug)]
struct ZoneLayer {
    kind: LayerKind,
    index: AreaIndex,
    /// By area: its number in the source, and what it says.
    marks: Vec<(u32, Mark)>,
}

/// What a zone says.
#[derive(Clone, Debug, PartialEq)]
enum Mark {
    /// Nothing where the source has a zone but no depth that is understood.
    Depth(Option<Depth>, Option<Arc<str>>),
    Duration(Option<DurationRank>, Option<Arc<str>>),
    Collapse(Option<Arc<str>>),
    Landslide(Option<Phenomenon>, Option<LandslideZone>),
    Observed,
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
    /// The nearest usable shelters with their distance in a straight line, metres.
    pub shelters: Vec<(&'a Shelter, f64)>,
}

/// A zone that touches a place.
#[derive(Clone, Debug, PartialEq)]
pub struct ZoneThere<'a> {
    /// Its layer.
    pub layer: LayerKind,
    /// Its number in the source: of a bundle the feature's number in its file, from 1; of a town folder its position, from 0.
    pub number: u32,
    /// Standard depth rank, where it has a depth.
    pub rank: Option<DepthRank>,
    /// What it says, in Japanese.
    pub words_ja: String,
    /// The same in English.
    pub words_en: String,
    /// The river it belongs to.
    pub river: Option<&'a str>,
}

impl Locator {
    /// How far away a zone is looked for.
    pub const ZONE_WITHIN_M: f64 = 10_000.0;

    /// From a town. Its rule says which shelters are usable for the hazard.
    #[must_use]
    pub fn of_town(town: Town, hazard: Hazard) -> Self {
        let nearest = ShelterIndex::build(&town.shelters, hazard, town.shelter_rule);
        let (outlines, ranks) = town.zones.into_parts();
        let marks = (0_u32..)
            .zip(ranks)
            .map(|(number, rank)| (number, Mark::Depth(Some(Depth::of_rank(rank)), None)))
            .collect();
        Self {
            layers: vec![ZoneLayer {
                kind: LayerKind::FloodMax,
                index: AreaIndex::of_outlines(outlines),
                marks,
            }],
            border: Some(AreaIndex::build([&town.outline])),
            districts: AreaIndex::build(town.districts.iter().map(|district| &district.outline)),
            names: town
                .districts
                .into_iter()
                .map(|district| (district.id, district.name))
                .collect(),
            shelters: town.shelters,
            nearest,
        }
    }

    /// From a bundle, which need not be a whole town. Without a town file only shelters outside every flood zone are
    /// usable in a flood.
    ///
    /// # Errors
    /// A depth rank of the town file that is none.
    pub fn of_bundle(bundle: &Bundle, hazard: Hazard) -> Result<Self, LoadError> {
        let rule = match bundle.town_file() {
            Some(file) => file.shelter_rule()?,
            None => ShelterRule::default(),
        };
        let layers: Vec<ZoneLayer> = bundle.layers().iter().filter_map(zone_layer).collect();
        let features = |kind| {
            bundle
                .layers_of(kind)
                .flat_map(|layer| layer.features.iter())
        };
        let areas = |kind| features(kind).filter_map(|feature| feature.shape.area());
        let border = areas(LayerKind::Boundary)
            .next()
            .is_some()
            .then(|| AreaIndex::build(areas(LayerKind::Boundary)));
        let (names, outlines): (Vec<_>, Vec<&MultiPolygon<f64>>) = features(LayerKind::District)
            .filter_map(|feature| match &feature.facts {
                Facts::District(facts) => Some((
                    (facts.id.clone(), facts.name.clone()),
                    feature.shape.area()?,
                )),
                _ => None,
            })
            .unzip();
        let shelters: Vec<Shelter> = features(LayerKind::ShelterEmergency)
            .filter_map(|feature| site(feature, &layers, border.as_ref()))
            .collect();
        Ok(Self {
            nearest: ShelterIndex::build(&shelters, hazard, rule),
            layers,
            border,
            districts: AreaIndex::build(outlines),
            names,
            shelters,
        })
    }

    /// Everything about one place, with up to `shelters` shelters.
    #[must_use]
    pub fn locate(&self, place: Point<f64>, shelters: usize) -> Located<'_> {
        let zones: Vec<ZoneThere<'_>> = self
            .layers
            .iter()
            .flat_map(|layer| {
                layer.index.at(place).map(|area| {
                    let (number, mark) = &layer.marks[area];
                    mark.there(layer.kind, *number)
                })
            })
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
            shelters: self
                .nearest
                .nearest(place, shelters)
                .into_iter()
                .map(|near| (&self.shelters[near.number], near.distance_m))
                .collect(),
        }
    }

    /// How many zones and usable shelters there are.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let zones = self.layers.iter().map(|layer| layer.marks.len()).sum();
        (zones, self.nearest.len())
    }

    fn flood_zone_m(&self, place: Point<f64>) -> Option<f64> {
        self.layers
            .iter()
            .filter(|layer| layer.kind == LayerKind::FloodMax)
            .filter_map(|layer| {
                let outlines = layer.index.outlines();
                outlines.nearest(place, Self::ZONE_WITHIN_M, |_| true)
            })
            .map(|(_, metres)| metres)
            .min_by(f64::total_cmp)
    }
}

impl Mark {
    fn of(facts: &Facts) -> Option<Self> {
        let river = |name: &Option<String>| name.as_deref().map(Arc::from);
        match facts {
            Facts::Depth(zone) => Some(Self::Depth(zone.depth, river(&zone.river))),
            Facts::Duration(zone) => Some(Self::Duration(zone.duration, river(&zone.river))),
            Facts::HouseCollapse(zone) => Some(Self::Collapse(river(&zone.river))),
            Facts::Landslide(area) => Some(Self::Landslide(area.phenomenon, area.zone)),
            Facts::Observed(_) => Some(Self::Observed),
            _ => None,
        }
    }

    fn there(&self, layer: LayerKind, number: u32) -> ZoneThere<'_> {
        let (rank, words_ja, words_en) = match self {
            Self::Depth(Some(depth), _) => (Some(depth.rank()), depth.words_ja(), depth.words_en()),
            Self::Depth(None, _) => (None, "深さ不明".to_owned(), "depth not known".to_owned()),
            Self::Duration(Some(rank), _) => {
                (None, rank.words_ja().to_owned(), rank.words_en().to_owned())
            }
            Self::Duration(None, _) => (
                None,
                "継続時間不明".to_owned(),
                "duration not known".to_owned(),
            ),
            Self::Landslide(phenomenon, zone) => {
                let (what_ja, what_en) =
                    phenomenon.map_or(("現象不明", "phenomenon not known"), Phenomenon::words);
                let (zone_ja, zone_en) =
                    zone.map_or(("区分不明", "class not known"), LandslideZone::words);
                (
                    None,
                    format!("{what_ja} {zone_ja}"),
                    format!("{what_en}, {zone_en}"),
                )
            }
            Self::Collapse(_) | Self::Observed => (
                None,
                layer.words_ja().to_owned(),
                layer.words_en().to_owned(),
            ),
        };
        ZoneThere {
            layer,
            number,
            rank,
            words_ja,
            words_en,
            river: match self {
                Self::Depth(_, river) | Self::Duration(_, river) | Self::Collapse(river) => {
                    river.as_deref()
                }
                Self::Landslide(..) | Self::Observed => None,
            },
        }
    }
}

/// The hazard zones of a layer; nothing where it has none.
fn zone_layer(layer: &Layer) -> Option<ZoneLayer> {
    layer.kind.hazard()?;
    let zones: Vec<(&Feature, &MultiPolygon<f64>, Mark)> = layer
        .features
        .iter()
        .filter_map(|feature| Some((feature, feature.shape.area()?, Mark::of(&feature.facts)?)))
        .collect();
    Some(ZoneLayer {
        kind: layer.kind,
        index: AreaIndex::build(zones.iter().map(|(_, area, _)| *area)),
        marks: zones
            .into_iter()
            .map(|(feature, _, mark)| (feature.number, mark))
            .collect(),
    })
}

/// A place to flee to, with the deepest flood zone at its site.
fn site(feature: &Feature, layers: &[ZoneLayer], border: Option<&AreaIndex>) -> Option<Shelter> {
    let (Facts::Site(facts), Some(at)) = (&feature.facts, feature.shape.point()) else {
        return None;
    };
    let facts: &SiteFacts = facts;
    let depth_rank = layers
        .iter()
        .filter(|layer| layer.kind == LayerKind::FloodMax)
        .flat_map(|layer| layer.index.at(at).map(|area| &layer.marks[area].1))
        .filter_map(|mark| match mark {
            // A depth that is not known counts as the worst: nobody is sent there.
            Mark::Depth(depth, _) => Some(depth.map_or(DepthRank::ALL[5], Depth::rank)),
            _ => None,
        })
        .max();
    Some(Shelter {
        id: facts.id.clone(),
        name: facts.name.clone(),
        name_en: facts.name_en.clone(),
        address: facts.address.clone(),
        at,
        approved_for: facts.approved_for.clone(),
        depth_rank,
        capacity: facts.capacity,
        in_town: border.is_none_or(|border| border.at(at).next().is_some()),
        note: facts.note.clone(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use geo::{MultiPolygon, Point, Rect};

    use super::Locator;
    use crate::{
        Bundle, Depth, DepthRank, DepthZone, DistrictFacts, Facts, Feature, Hazard, Layer,
        LayerKind, Shape, SiteFacts,
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
    fn locator() -> Locator {
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
        Locator::of_bundle(&Bundle::new(None, layers, vec![]), Hazard::Flood).unwrap()
    }

    #[test]
    fn a_place_on_a_common_line_is_in_both_zones_and_counts_as_the_deeper() {
        let locator = locator();
        let there = locator.locate(Point::new(143.02, 42.05), 5);
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
        let locator = locator();
        let there = locator.locate(Point::new(143.01, 42.05), 5);
        let ids: Vec<&str> = there
            .shelters
            .iter()
            .map(|(shelter, _)| shelter.id.as_str())
            .collect();
        assert_eq!(ids, ["dry"]);
        assert!(
            (there.shelters[0].1 - 2_480.0).abs() < 10.0,
            "{}",
            there.shelters[0].1
        );
    }

    #[test]
    fn outside_every_zone_the_distance_to_the_nearest_flood_zone_is_said() {
        let locator = locator();
        let there = locator.locate(Point::new(143.04, 42.05), 0);
        assert_eq!((there.flood_rank, there.shelters.len()), (None, 0));
        assert!(
            (there.flood_zone_m.unwrap() - 826.6).abs() < 3.0,
            "{:?}",
            there.flood_zone_m
        );
        assert_eq!(
            locator.locate(Point::new(145.0, 42.05), 0).flood_zone_m,
            None
        );
    }
}
