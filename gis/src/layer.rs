//! Layers: features of one kind from one source.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Attribution, Feature, Hazard};

/// Features of one kind, read from one file.
///
/// All coordinates are longitude and latitude of JGD2011 in degrees, in whole steps of a hundred-millionth of a degree
/// (about a millimetre); the import puts them there before it checks the outlines.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// What the features are.
    pub kind: LayerKind,
    /// The file they were read from, without its folder.
    pub source: String,
    /// Whose data it is, where the town said so.
    pub attribution: Option<Attribution>,
    /// The features, in the order of the file.
    pub features: Vec<Feature>,
}

/// What a layer shows. The key is the word used in files, on the command line and in addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LayerKind {
    /// 洪水浸水想定区域（想定最大規模）
    FloodMax,
    /// 洪水浸水想定区域（計画規模）
    FloodPlanned,
    /// 浸水継続時間
    FloodDuration,
    /// 家屋倒壊等氾濫想定区域（氾濫流）
    HouseCollapseFlow,
    /// 家屋倒壊等氾濫想定区域（河岸侵食）
    HouseCollapseErosion,
    /// 内水浸水想定区域
    InlandFlood,
    /// 高潮浸水想定区域
    StormSurge,
    /// 津波浸水想定
    Tsunami,
    /// 土砂災害（特別）警戒区域
    Landslide,
    /// ため池浸水想定区域
    Reservoir,
    /// 浸水範囲（実績）: water that was really there
    FloodObserved,
    /// 津波浸水範囲（実績）
    TsunamiObserved,
    /// 斜面崩壊・堆積（実績）
    LandslideObserved,
    /// 行政区域
    Boundary,
    /// 隣接市区町村: borders for orientation only
    Neighbour,
    /// 発令区域: units for which an order is issued
    District,
    /// 指定緊急避難場所: places to flee to
    ShelterEmergency,
    /// 指定避難所: places to stay at afterwards
    ShelterDesignated,
    /// 人口
    Population,
    /// 道路
    Road,
    /// 施設: schools, hospitals, heliports, homes for people who need help
    Facility,
    /// 水位観測所
    Gauge,
    /// 河川カメラ
    Camera,
    /// 町・丁目の代表点
    TownPoint,
    /// 地価公示・標高点などの点: points that only orient
    Landmark,
    /// 標高
    Elevation,
}

impl LayerKind {
    /// All kinds, hazards first.
    pub const ALL: [Self; 26] = [
        Self::FloodMax,
        Self::FloodPlanned,
        Self::FloodDuration,
        Self::HouseCollapseFlow,
        Self::HouseCollapseErosion,
        Self::InlandFlood,
        Self::StormSurge,
        Self::Tsunami,
        Self::Landslide,
        Self::Reservoir,
        Self::FloodObserved,
        Self::TsunamiObserved,
        Self::LandslideObserved,
        Self::Boundary,
        Self::Neighbour,
        Self::District,
        Self::ShelterEmergency,
        Self::ShelterDesignated,
        Self::Population,
        Self::Road,
        Self::Facility,
        Self::Gauge,
        Self::Camera,
        Self::TownPoint,
        Self::Landmark,
        Self::Elevation,
    ];

    /// The word used in files.
    #[must_use]
    pub fn key(self) -> &'static str {
        self.words().0
    }

    /// The kind with this word, if there is one.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }

    /// In Japanese, as officers say it.
    #[must_use]
    pub fn words_ja(self) -> &'static str {
        self.words().1
    }

    /// In English.
    #[must_use]
    pub fn words_en(self) -> &'static str {
        self.words().2
    }

    /// The hazard whose extent the layer shows, official or observed; nothing for the rest.
    #[must_use]
    pub fn hazard(self) -> Option<Hazard> {
        match self {
            Self::FloodMax
            | Self::FloodPlanned
            | Self::FloodDuration
            | Self::HouseCollapseFlow
            | Self::HouseCollapseErosion
            | Self::Reservoir
            | Self::FloodObserved => Some(Hazard::Flood),
            Self::InlandFlood => Some(Hazard::InlandFlood),
            Self::StormSurge => Some(Hazard::StormSurge),
            Self::Tsunami | Self::TsunamiObserved => Some(Hazard::Tsunami),
            Self::Landslide | Self::LandslideObserved => Some(Hazard::Landslide),
            _ => None,
        }
    }

    /// Whether its zones carry a depth.
    #[must_use]
    pub fn has_depth(self) -> bool {
        matches!(
            self,
            Self::FloodMax
                | Self::FloodPlanned
                | Self::InlandFlood
                | Self::StormSurge
                | Self::Tsunami
                | Self::Reservoir
        )
    }

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::FloodMax => (
                "flood_max",
                "洪水浸水想定区域（想定最大規模）",
                "flood zone, assumed maximum",
            ),
            Self::FloodPlanned => (
                "flood_planned",
                "洪水浸水想定区域（計画規模）",
                "flood zone, planned scale",
            ),
            Self::FloodDuration => ("flood_duration", "浸水継続時間", "duration of flooding"),
            Self::HouseCollapseFlow => (
                "house_collapse_flow",
                "家屋倒壊等氾濫想定区域（氾濫流）",
                "house collapse zone, flow",
            ),
            Self::HouseCollapseErosion => (
                "house_collapse_erosion",
                "家屋倒壊等氾濫想定区域（河岸侵食）",
                "house collapse zone, bank erosion",
            ),
            Self::InlandFlood => ("inland_flood", "内水浸水想定区域", "inland flood zone"),
            Self::StormSurge => ("storm_surge", "高潮浸水想定区域", "storm surge zone"),
            Self::Tsunami => ("tsunami", "津波浸水想定", "tsunami zone"),
            Self::Landslide => (
                "landslide",
                "土砂災害（特別）警戒区域",
                "landslide warning area",
            ),
            Self::Reservoir => (
                "reservoir",
                "ため池浸水想定区域",
                "flood zone of a reservoir pond",
            ),
            Self::FloodObserved => ("flood_observed", "浸水範囲（実績）", "flooding observed"),
            Self::TsunamiObserved => (
                "tsunami_observed",
                "津波浸水範囲（実績）",
                "tsunami observed",
            ),
            Self::LandslideObserved => (
                "landslide_observed",
                "斜面崩壊・堆積（実績）",
                "landslides observed",
            ),
            Self::Boundary => ("boundary", "行政区域", "municipal boundary"),
            Self::Neighbour => ("neighbour", "隣接市区町村", "neighbouring municipality"),
            Self::District => ("district", "発令区域", "issuing unit"),
            Self::ShelterEmergency => (
                "shelter_emergency",
                "指定緊急避難場所",
                "emergency evacuation site",
            ),
            Self::ShelterDesignated => ("shelter_designated", "指定避難所", "designated shelter"),
            Self::Population => ("population", "人口", "population"),
            Self::Road => ("road", "道路", "road"),
            Self::Facility => ("facility", "施設", "facility"),
            Self::Gauge => ("gauge", "水位観測所", "water-level gauge"),
            Self::Camera => ("camera", "河川カメラ", "river camera"),
            Self::TownPoint => ("town_point", "町・丁目の代表点", "point of a block or town"),
            Self::Landmark => ("landmark", "目印の点", "point for orientation"),
            Self::Elevation => ("elevation", "標高", "elevation"),
        }
    }
}

impl fmt::Display for LayerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::LayerKind;

    #[test]
    fn every_key_leads_back_to_its_kind_and_is_used_once() {
        let keys: BTreeSet<&str> = LayerKind::ALL.iter().map(|kind| kind.key()).collect();
        assert_eq!(keys.len(), LayerKind::ALL.len());
        for kind in LayerKind::ALL {
            assert_eq!(LayerKind::from_key(kind.key()), Some(kind));
        }
        assert_eq!(LayerKind::from_key("flood"), None);
    }

    #[test]
    fn only_a_layer_of_a_hazard_carries_a_depth() {
        for kind in LayerKind::ALL.into_iter().filter(|kind| kind.has_depth()) {
            assert!(kind.hazard().is_some(), "{kind}");
        }
    }
}
