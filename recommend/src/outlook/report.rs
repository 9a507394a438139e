//! What people saw: reports typed in by officers.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::UnitId;

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportKind {
    /// 軽微な漏水・侵食
    SeepageSlight,
    /// 異常な漏水・侵食
    SeepageAbnormal,
    /// 漏水・侵食の進行、亀裂、すべり
    LeveeFailing,
    /// 越水・溢水
    Overtopping,
    /// 決壊
    Breach,
    /// 水門・樋門の故障
    GateFailure,
    /// 排水機場の停止
    PumpStopped,
    /// 異常洪水時防災操作(緊急放流)の通知
    DamEmergencyRelease,
    /// 内水の湛水
    InlandWater,
    /// 土砂災害の前兆現象
    LandslidePrecursor,
    /// 土砂災害の発生
    LandslideOccurred,
    /// 高潮による浸水、護岸の倒壊
    SurgeFlooding,
    /// 道路の通行止め(避難経路)
    RoadClosed,
}

impl ReportKind {
    /// All kinds.
    pub const ALL: [Self; 13] = [
        Self::SeepageSlight,
        Self::SeepageAbnormal,
        Self::LeveeFailing,
        Self::Overtopping,
        Self::Breach,
        Self::GateFailure,
        Self::PumpStopped,
        Self::DamEmergencyRelease,
        Self::InlandWater,
        Self::LandslidePrecursor,
        Self::LandslideOccurred,
        Self::SurgeFlooding,
        Self::RoadClosed,
    ];

    /// As written in files.
    pub fn code(self) -> &'static str {
        match self {
            Self::SeepageSlight => "seepage-slight",
            Self::SeepageAbnormal => "seepage-abnormal",
            Self::LeveeFailing => "levee-failing",
            Self::Overtopping => "overtopping",
            Self::Breach => "breach",
            Self::GateFailure => "gate-failure",
            Self::PumpStopped => "pump-stopped",
            Self::DamEmergencyRelease => "dam-emergency-release",
            Self::InlandWater => "inland-water",
            Self::LandslidePrecursor => "landslide-precursor",
            Self::LandslideOccurred => "landslide-occurred",
            Self::SurgeFlooding => "surge-flooding",
            Self::RoadClosed => "road-closed",
        }
    }

    /// In the officers' words.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::SeepageSlight => "軽微な漏水・侵食",
            Self::SeepageAbnormal => "異常な漏水・侵食",
            Self::LeveeFailing => "漏水・侵食の進行、亀裂、すべり",
            Self::Overtopping => "越水・溢水",
            Self::Breach => "決壊",
            Self::GateFailure => "水門・樋門の故障",
            Self::PumpStopped => "排水機場の停止",
            Self::DamEmergencyRelease => "異常洪水時防災操作(緊急放流)の通知",
            Self::InlandWater => "内水の湛水",
            Self::LandslidePrecursor => "土砂災害の前兆現象",
            Self::LandslideOccurred => "土砂災害の発生",
            Self::SurgeFlooding => "高潮による浸水、護岸の倒壊",
            Self::RoadClosed => "避難経路の通行止め",
        }
    }
}

/// One report that still stands. It does not grow old by itself: a breach is a breach until somebody closes the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// What was seen.
    pub kind: ReportKind,
    /// When.
    pub at: Timestamp,
    /// Who says so, as an office: 水防団, 消防, 町会.
    pub source: String,
    /// River it concerns; nothing = not a river.
    pub river: Option<String>,
    /// Units it concerns; empty = all at that river, or the whole town where no river is named.
    pub units: BTreeSet<UnitId>,
}

impl Report {
    /// Whether it concerns this unit along this river.
    pub fn concerns(&self, unit: &UnitId, river: Option<&str>) -> bool {
        if !self.units.is_empty() {
            return self.units.contains(unit);
        }
        match (&self.river, river) {
            (Some(of), Some(river)) => of == river,
            (Some(_), None) => false,
            (None, _) => true,
        }
    }
}
