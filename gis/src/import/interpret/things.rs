//! Facilities, gauges, cameras and points that orient.

use super::{Interpreter, Unclear};
use crate::import::raw::{RawFeature, Value};
use crate::import::report::FileReport;
use crate::{CameraFacts, FacilityFacts, GaugeFacts, Landmark, TownPointFacts};

const NAME: [&str; 6] = ["name", "名称", "施設名", "施設名称", "station", "P04_002"];

impl Interpreter {
    pub(super) fn facility(
        &mut self,
        raw: &RawFeature,
        report: &FileReport,
    ) -> Result<FacilityFacts, Unclear> {
        let name = self.required_text(raw, "name", &NAME)?;
        Ok(FacilityFacts {
            id: self.identifier(raw, &["id", "ID", "施設コード"], &report.file)?,
            name,
            kind: self.text(
                raw,
                "facility_kind",
                &["kind", "種別", "施設種別", "facility_type", "医療圏"],
            ),
            address: self.text(raw, "address", &["address", "住所", "所在地", "P04_003"]),
            capacity: self.capacity(raw),
        })
    }

    pub(super) fn gauge(&self, raw: &RawFeature) -> Result<GaugeFacts, Unclear> {
        const ID: [&str; 4] = ["code", "mlit_station_id", "id", "観測所コード"];
        let metres = |known: &[&str]| {
            known
                .iter()
                .find_map(|column| self.find(raw, column, &[column]).and_then(Value::number))
        };
        Ok(GaugeFacts {
            id: self.required_text(raw, "id", &ID)?,
            name: self.required_text(raw, "name", &["name", "station", "観測所名"])?,
            river: self.text(raw, "river", &["river", "河川名"]),
            standby_m: metres(&["standby_level_m", "standby_m", "start_level_m"]),
            caution_m: metres(&["caution_level_m", "caution_m", "warn_level_m"]),
            evacuation_judgement_m: metres(&[
                "evacuation_judgement_level_m",
                "evacuation_judgement_m",
            ]),
            danger_m: metres(&["danger_level_m", "danger_m", "flood_level_m"]),
            design_high_water_m: metres(&["design_high_water_m"]),
        })
    }

    pub(super) fn camera(&self, raw: &RawFeature) -> Result<CameraFacts, Unclear> {
        Ok(CameraFacts {
            id: self.required_text(raw, "id", &["id", "カメラID"])?,
            name: self.required_text(raw, "name", &["name", "名称"])?,
        })
    }

    pub(super) fn town_point(&self, raw: &RawFeature) -> Result<TownPointFacts, Unclear> {
        Ok(TownPointFacts {
            city: self.text(raw, "city", &["city", "市区町村名"]),
            town: self.required_text(raw, "town", &["town", "大字町丁目名", "町丁目名"])?,
            part: self.text(raw, "part", &["koaza", "小字・通称名"]),
        })
    }

    pub(super) fn landmark(&self, raw: &RawFeature) -> Landmark {
        Landmark {
            name: self.text(raw, "name", &["name", "名称", "L01_025", "L01_024"]),
        }
    }
}
