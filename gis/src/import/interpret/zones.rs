//! Zones of a hazard: depth, duration, house collapse, landslide, and what was observed.

use super::{Interpreter, Unclear};
use crate::import::raw::{RawFeature, Value, half_width};
use crate::import::report::FileReport;
use crate::{
    Depth, DepthRank, DepthZone, DurationRank, DurationZone, HouseCollapseZone, LandslideArea,
    LandslideZone, LayerKind, Observed, Phenomenon,
};

/// Columns whose codes 1 to 6 are the standard ranks.
const STANDARD_DEPTH: [&str; 12] = [
    "depth_rank",
    "waterDepth",
    "A31a_205",
    "A31a_105",
    "A31b_205",
    "A31b_105",
    "A31_101",
    "A31_201",
    "rank",
    "A40_003",
    "A49_003",
    "浸水ランク",
];
/// The column of PLATEAU for ranks of a city's own list.
const OWN_RANK: &str = "rankOrg";
/// Columns with words, or with codes of a list of their own.
const OWN_DEPTH: [&str; 6] = [
    OWN_RANK,
    "浸水深",
    "浸水深ランク",
    "浸水深区分",
    "depth_class",
    "depth",
];
const DURATION: [&str; 6] = [
    "inundationTime",
    "A31a_305",
    "A31b_305",
    "A31_301",
    "浸水継続時間",
    "duration_rank",
];
const COLLAPSE: [&str; 5] = [
    "hazardousZone",
    "A31a_405",
    "A31a_505",
    "A31_401",
    "家屋倒壊等氾濫想定区域",
];
const RIVER: [&str; 9] = [
    "riverName",
    "A31a_202",
    "A31a_102",
    "A31a_302",
    "A31a_402",
    "A31a_502",
    "河川名",
    "river",
    "river_name",
];

impl Interpreter {
    pub(super) fn depth_zone(
        &mut self,
        raw: &RawFeature,
        report: &mut FileReport,
    ) -> Result<DepthZone, Unclear> {
        let standard = self.find_named(raw, "depth", &STANDARD_DEPTH);
        let known: Vec<&str> = STANDARD_DEPTH.iter().chain(&OWN_DEPTH).copied().collect();
        let found = standard.or_else(|| self.find_named(raw, "depth", &OWN_DEPTH));
        let depth = match found {
            None if self.class_seen => {
                Self::unknown(report, "depth", &Value::Nothing);
                None
            }
            None => return Err(self.no_column(raw, "depth", &known)),
            Some((column, value)) => {
                let by_standard = STANDARD_DEPTH
                    .iter()
                    .any(|name| column.eq_ignore_ascii_case(name));
                let depth = self.depth(column, value, by_standard);
                if depth.is_none() {
                    Self::unknown(report, column, value);
                }
                depth
            }
        };
        self.class_seen = true;
        Ok(DepthZone {
            depth,
            river: self.river_of(raw),
        })
    }

    /// By the plan's list of codes, or the city's code list where the column has its own ranks; else by its words, else by the standard ranks where the column has those.
    fn depth(&self, column: &str, value: &Value, by_standard: bool) -> Option<Depth> {
        let text = value.text()?;
        let own = || {
            let is_own = column.eq_ignore_ascii_case(OWN_RANK);
            self.codelist.get(&text).filter(|_| is_own)
        };
        if let Some(depth) = self.codes.get(&text).or_else(own) {
            return Some(*depth);
        }
        if let Some(depth) = Depth::from_words(&text) {
            return Some(depth);
        }
        let code = small_code(value).filter(|_| by_standard)?;
        DepthRank::new(code).map(Depth::of_rank)
    }

    pub(super) fn duration_zone(
        &mut self,
        raw: &RawFeature,
        report: &mut FileReport,
    ) -> Result<DurationZone, Unclear> {
        let Some((column, value)) = self.find_named(raw, "duration", &DURATION) else {
            return Err(self.no_column(raw, "duration", &DURATION));
        };
        let duration = small_code(value).and_then(DurationRank::new);
        if duration.is_none() {
            Self::unknown(report, column, value);
        }
        Ok(DurationZone {
            duration,
            river: self.river_of(raw),
        })
    }

    /// The zone code says flow or erosion, as the layer does; a zone of the other kind is counted as not understood.
    pub(super) fn house_collapse(
        &mut self,
        raw: &RawFeature,
        report: &mut FileReport,
    ) -> HouseCollapseZone {
        let expected = if self.kind == LayerKind::HouseCollapseFlow {
            1
        } else {
            2
        };
        if let Some((column, value)) = self.find_named(raw, "zone", &COLLAPSE)
            && small_code(value) != Some(expected)
        {
            Self::unknown(report, column, value);
        }
        HouseCollapseZone {
            river: self.river_of(raw),
        }
    }

    pub(super) fn landslide(
        &mut self,
        raw: &RawFeature,
        report: &mut FileReport,
    ) -> Result<LandslideArea, Unclear> {
        const PHENOMENON: [&str; 3] = ["A33_001", "disasterType", "現象の種類"];
        const ZONE: [&str; 3] = ["A33_002", "areaType", "区域区分"];
        let mut code = |asked: &str, known: &[&str], top: u8| {
            let Some((column, value)) = self.find_named(raw, asked, known) else {
                return Err(self.no_column(raw, asked, known));
            };
            let code = small_code(value).filter(|code| (1..=top).contains(code));
            if code.is_none() {
                Self::unknown(report, column, value);
            }
            Ok(code)
        };
        Ok(LandslideArea {
            phenomenon: code("phenomenon", &PHENOMENON, 3)?.and_then(Phenomenon::from_code),
            zone: code("zone", &ZONE, 4)?.and_then(LandslideZone::from_code),
            number: self.text(
                raw,
                "number",
                &["A33_004", "zoneNumber", "箇所番号", "区域番号"],
            ),
            name: self.text(raw, "name", &["A33_005", "zoneName", "区域名", "箇所名"]),
        })
    }

    pub(super) fn observed(&self, raw: &RawFeature) -> Observed {
        Observed {
            name: self.text(raw, "name", &["name", "名称", "description"]),
        }
    }

    fn river_of(&self, raw: &RawFeature) -> Option<String> {
        self.text(raw, "river", &RIVER)
            .or_else(|| self.river.clone())
    }
}

/// A whole number from 0 to 255, written as a number or as digits of either width.
fn small_code(value: &Value) -> Option<u8> {
    match value {
        Value::Text(text) => half_width(text.trim()).parse().ok(),
        other => other.count().and_then(|code| u8::try_from(code).ok()),
    }
}
