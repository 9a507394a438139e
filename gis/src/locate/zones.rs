//! The hazard zones of one layer, and what each says.

use std::sync::Arc;

use geo::{MultiPolygon, Point};

use crate::{
    AreaIndex, Depth, DepthRank, DurationRank, Facts, Feature, LandslideZone, Layer, LayerKind,
    OutlineIndex, Phenomenon,
};

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

/// The zones of one layer.
#[derive(Debug)]
pub(super) struct ZoneLayer {
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

impl ZoneLayer {
    /// The hazard zones of a layer; nothing where it has none.
    pub(super) fn of(layer: &Layer) -> Option<Self> {
        layer.kind.hazard()?;
        let zones: Vec<(&Feature, &MultiPolygon<f64>, Mark)> = layer
            .features
            .iter()
            .filter_map(|feature| Some((feature, feature.shape.area()?, Mark::of(&feature.facts)?)))
            .collect();
        Some(Self {
            kind: layer.kind,
            index: AreaIndex::build(zones.iter().map(|(_, area, _)| *area)),
            marks: zones
                .into_iter()
                .map(|(feature, _, mark)| (feature.number, mark))
                .collect(),
        })
    }

    /// The flood zones of a town that was loaded already.
    pub(super) fn of_town(outlines: OutlineIndex, ranks: Vec<DepthRank>) -> Self {
        Self {
            kind: LayerKind::FloodMax,
            index: AreaIndex::of_outlines(outlines),
            marks: (0_u32..)
                .zip(ranks)
                .map(|(number, rank)| (number, Mark::Depth(Some(Depth::of_rank(rank)), None)))
                .collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.marks.len()
    }

    pub(super) fn is_flood_max(&self) -> bool {
        self.kind == LayerKind::FloodMax
    }

    /// What touches a place, in the order of the source.
    pub(super) fn at(&self, place: Point<f64>) -> impl Iterator<Item = ZoneThere<'_>> {
        self.index.at(place).map(|area| {
            let (number, mark) = &self.marks[area];
            mark.there(self.kind, *number)
        })
    }

    /// Depths of the zones that touch a place. One that is not known counts as the worst: nobody is sent there.
    pub(super) fn depths_at(&self, place: Point<f64>) -> impl Iterator<Item = DepthRank> {
        self.index
            .at(place)
            .filter_map(|area| match self.marks[area].1 {
                Mark::Depth(depth, _) => Some(depth.map_or(DepthRank::ALL[5], Depth::rank)),
                _ => None,
            })
    }

    /// Metres to the nearest zone, zero inside.
    pub(super) fn distance_m(&self, place: Point<f64>, within_m: f64) -> Option<f64> {
        let nearest = self.index.outlines().nearest(place, within_m, |_| true);
        nearest.map(|(_, metres)| metres)
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
