//! Reading a town: two files in, one checked town out.

use std::collections::BTreeMap;

use geo::{Area, Coord, Intersects, LineString, MultiPolygon, Point, Polygon};

use crate::map_file::{self, MapDistrict, MapFile, MapShelter, MapZone};
use crate::refusal::LoadError;
use crate::town_file::{self, TownFile, TownGauge, TownRiver, TownStage};
use crate::{
    Assumption, Attribution, DepthRank, District, GaugeSite, Hazard, HazardZone, OutlineIndex,
    Reach, ReferenceLevels, River, Shelter, ShelterRule, StageRow, Town, ZoneIndex,
};

const RIVERS_MAX: usize = 1_000;
const GAUGES_MAX: usize = 2_000;
pub(crate) const DISTRICTS_MAX: usize = 5_000;
pub(crate) const SHELTERS_MAX: usize = 20_000;
const STAGES_MAX: usize = 10_000;
pub(crate) const ZONES_MAX: usize = 2_000_000;
const NOTES_MAX: usize = 200;
/// Square degrees; below the smallest triangle that whole millionths of a degree can make, so only rounding is left.
const AREA_MIN: f64 = 1e-13;

impl Town {
    /// Reads a town from the text of its town file and the bytes of its map file, and checks all of it.
    ///
    /// # Errors
    /// The first rule that is broken, with file, place in it, key, value and what is accepted.
    pub fn load(town_toml: &str, map_gz: &[u8]) -> Result<Self, LoadError> {
        let file = TownFile::read(town_toml)?;
        let map = MapFile::unpack(map_gz)?;
        let outline = map_file::outline(&map_part("municipality"), &map.municipality)?;
        let zones = ZoneIndex::build(limited(&map_part("zones"), &map.zones, ZONES_MAX, zone)?);
        let lines = river_lines(&map)?;
        let rivers = rivers(&file, &lines)?;
        let districts = limited(
            &map_part("districts"),
            &map.districts,
            DISTRICTS_MAX,
            |part, written| district(part, written, &rivers),
        )?;
        let shelters = limited(
            &map_part("shelters"),
            &map.shelters,
            SHELTERS_MAX,
            |part, written| shelter(part, written, &outline, &zones),
        )?;
        Self::assemble(
            file,
            Placed {
                outline,
                zones,
                rivers,
                districts,
                shelters,
            },
        )
    }

    /// A town of what people wrote about it and what has a place, checked whole. A folder and a bundle both end here.
    pub(crate) fn assemble(file: TownFile, placed: Placed) -> Result<Self, LoadError> {
        let gauges = limited(
            &town_part("gauge"),
            &file.gauges,
            GAUGES_MAX,
            |part, written| gauge(part, written, &placed.outline),
        )?;
        let stages = limited(
            &town_part("stage"),
            &file.stages,
            STAGES_MAX,
            |part, row| stage(part, row, &gauges),
        )?;
        let town = Self {
            stages,
            shelter_rule: file.shelter_rule()?,
            notes: limited(&town_part("note"), &file.notes, NOTES_MAX, |_, note| {
                Ok(Assumption {
                    ja: note.ja.clone(),
                    en: note.en.clone(),
                })
            })?,
            attribution: limited(
                &town_part("attribution"),
                &file.attribution,
                NOTES_MAX,
                |_, credit| {
                    Ok(Attribution {
                        what: credit.what.clone(),
                        source: credit.source.clone(),
                        licence: credit.licence.clone(),
                    })
                },
            )?,
            code: file.code,
            name: file.name,
            name_en: file.name_en,
            prefecture: file.prefecture,
            outline: placed.outline,
            gauges,
            rivers: placed.rivers,
            districts: placed.districts,
            shelters: placed.shelters,
            zones: placed.zones,
        };
        town.validate()?;
        Ok(town)
    }
}

/// What has a place, wherever it was read from.
pub(crate) struct Placed {
    pub(crate) outline: MultiPolygon<f64>,
    pub(crate) zones: ZoneIndex,
    pub(crate) rivers: Vec<River>,
    pub(crate) districts: Vec<District>,
    pub(crate) shelters: Vec<Shelter>,
}

/// The rivers of the town file, with their lines where some are known.
pub(crate) fn rivers(
    file: &TownFile,
    lines: &BTreeMap<&str, Vec<LineString<f64>>>,
) -> Result<Vec<River>, LoadError> {
    limited(
        &town_part("river"),
        &file.rivers,
        RIVERS_MAX,
        |_, written| Ok(river(written, lines)),
    )
}

/// Reads each entry of a list that has a limit, telling the reader where it is.
pub(crate) fn limited<W, T>(
    list: &str,
    written: &[W],
    max: usize,
    read: impl Fn(&str, &W) -> Result<T, LoadError>,
) -> Result<Vec<T>, LoadError> {
    if written.len() > max {
        return Err(LoadError::refused(
            list,
            "length",
            written.len(),
            format!("at most {max}"),
        ));
    }
    written
        .iter()
        .enumerate()
        .map(|(n, entry)| read(&format!("{list}[{n}]"), entry))
        .collect()
}

fn zone(part: &str, written: &MapZone) -> Result<HazardZone, LoadError> {
    let Some(rank) = DepthRank::new(written.rank) else {
        return Err(LoadError::refused(part, "rank", written.rank, "1 to 6"));
    };
    let shape = map_file::polygon(part, &written.rings)?;
    if shape.unsigned_area() < AREA_MIN {
        return Err(LoadError::refused(
            part,
            "rings",
            "a shape without area",
            "an outline that encloses something",
        ));
    }
    if let Some(hole) = hole_outside(&shape) {
        let accepted = "holes that lie in their outer ring";
        let at = format!("a hole that leaves it at {} {}", hole.x, hole.y);
        return Err(LoadError::refused(part, "rings", at, accepted));
    }
    Ok(HazardZone::new(rank, shape))
}

/// A corner of a hole that is outside the outer ring; on its line is inside.
fn hole_outside(shape: &Polygon<f64>) -> Option<Coord<f64>> {
    if shape.interiors().is_empty() {
        return None;
    }
    let whole = Polygon::new(shape.exterior().clone(), Vec::new());
    let outer = OutlineIndex::build([whole]);
    let corners = shape.interiors().iter().flat_map(|hole| hole.coords());
    corners
        .copied()
        .find(|at| outer.at(Point::from(*at)).next().is_none())
}

fn gauge(
    part: &str,
    written: &TownGauge,
    outline: &MultiPolygon<f64>,
) -> Result<GaugeSite, LoadError> {
    let at = map_file::in_japan(part, "lon, lat", Point::new(written.lon, written.lat))?;
    let levels = written.levels.clone().unwrap_or_default();
    Ok(GaugeSite {
        id: written.id.clone(),
        name: written.name.clone(),
        kana: written.kana.clone(),
        name_en: written.name_en.clone(),
        river: written.river.clone(),
        river_en: written.river_en.clone(),
        at,
        river_km: written.river_km,
        upstream: written.upstream.clone(),
        levels: ReferenceLevels {
            standby_m: levels.standby_m,
            caution_m: levels.caution_m,
            evacuation_judgement_m: levels.evacuation_judgement_m,
            danger_m: levels.danger_m,
            design_high_water_m: levels.design_high_water_m,
            overflow_start_m: levels.overflow_start_m,
            source: levels.source,
        },
        in_town: outline.intersects(&at),
    })
}

/// The level is written once: by the name of an official level that the gauge has, or in metres.
fn stage(part: &str, written: &TownStage, gauges: &[GaugeSite]) -> Result<StageRow, LoadError> {
    let gauge = gauges.iter().find(|gauge| gauge.id == written.gauge);
    let named = |key: &str| gauge.and_then(|gauge| gauge.levels.known().find(|(k, _)| *k == key));
    let (mark, level_m) = match (&written.at, written.level_m) {
        (Some(key), None) => match named(key) {
            Some((key, level_m)) => (Some(key), level_m),
            None => {
                let accepted =
                    "the key of an official level that this gauge has, or level_m instead";
                return Err(LoadError::refused(part, "at", key, accepted));
            }
        },
        (None, Some(level_m)) => (None, level_m),
        (at, _) => {
            let found = if at.is_some() {
                "given beside level_m"
            } else {
                "left out, and level_m too"
            };
            return Err(LoadError::refused(
                part,
                "at",
                found,
                "either at or level_m",
            ));
        }
    };
    let Some(rank_min) = DepthRank::new(written.depth_rank_min) else {
        return Err(LoadError::refused(
            part,
            "depth_rank_min",
            written.depth_rank_min,
            "1 to 6",
        ));
    };
    Ok(StageRow {
        gauge: written.gauge.clone(),
        river: written.river.clone(),
        level_m,
        mark,
        rank_min,
        districts: written.districts.clone(),
        source: written.source.clone(),
    })
}

fn river_lines(map: &MapFile) -> Result<BTreeMap<&str, Vec<LineString<f64>>>, LoadError> {
    let mut lines = BTreeMap::new();
    for (n, written) in map.rivers.iter().enumerate() {
        let part = format!("{}[{n}]", map_part("rivers"));
        let read = written
            .lines
            .iter()
            .map(|line| line.line(&part, 2))
            .collect::<Result<_, _>>()?;
        if lines.insert(written.river.as_str(), read).is_some() {
            return Err(LoadError::refused(
                part,
                "river",
                &written.river,
                "each river once",
            ));
        }
    }
    Ok(lines)
}

fn river(written: &TownRiver, lines: &BTreeMap<&str, Vec<LineString<f64>>>) -> River {
    River {
        name: written.name.clone(),
        name_en: written.name_en.clone(),
        gauges: written.gauges.clone(),
        lines: lines
            .get(written.name.as_str())
            .cloned()
            .unwrap_or_default(),
    }
}

fn district(part: &str, written: &MapDistrict, rivers: &[River]) -> Result<District, LoadError> {
    let mut reaches = written
        .people_by_river
        .iter()
        .map(|(name, people)| reach(part, name, *people, rivers))
        .collect::<Result<Vec<Reach>, LoadError>>()?;
    reaches.sort_by(|a, b| {
        b.people_in_zone
            .cmp(&a.people_in_zone)
            .then_with(|| a.river.cmp(&b.river))
    });
    Ok(District {
        id: written.id.clone(),
        name: written.name.clone(),
        kana: written.kana.clone(),
        name_en: written.name_en.clone(),
        outline: map_file::outline(part, &written.outline)?,
        label: map_file::place(part, "label", written.label)?,
        people: written.people,
        households: written.households,
        people_by_rank: written.people_by_rank,
        reaches,
        approximate: written.approximate,
    })
}

fn reach(
    part: &str,
    name: &str,
    people_in_zone: u32,
    rivers: &[River],
) -> Result<Reach, LoadError> {
    let Some(river) = rivers.iter().find(|river| river.name == name) else {
        return Err(LoadError::refused(
            part,
            "people_by_river",
            name,
            "a river of town.toml",
        ));
    };
    Ok(Reach {
        river: river.name.clone(),
        river_en: river.name_en.clone(),
        gauges: river.gauges.clone(),
        people_in_zone,
    })
}

fn shelter(
    part: &str,
    written: &MapShelter,
    outline: &MultiPolygon<f64>,
    zones: &ZoneIndex,
) -> Result<Shelter, LoadError> {
    let at = map_file::place(part, "at", written.at)?;
    let hazard = |key: &String| {
        Hazard::from_key(key).ok_or_else(|| {
            let accepted = Hazard::ALL.map(Hazard::key).join(", ");
            LoadError::refused(part, "approved_for", key, accepted)
        })
    };
    Ok(Shelter {
        id: written.id.clone(),
        name: written.name.clone(),
        name_en: written.name_en.clone(),
        address: written.address.clone(),
        at,
        approved_for: written
            .approved_for
            .iter()
            .map(hazard)
            .collect::<Result<_, _>>()?,
        depth_rank: zones.rank_at(at),
        capacity: written.capacity,
        in_town: outline.intersects(&at),
        note: written.note.clone(),
    })
}

impl TownFile {
    /// What makes a shelter usable.
    pub(crate) fn shelter_rule(&self) -> Result<ShelterRule, LoadError> {
        let rank = self.shelter_rule.flood_depth_rank_max;
        match (rank, DepthRank::new(rank)) {
            (0, _) => Ok(ShelterRule {
                flood_depth_rank_max: None,
            }),
            (_, Some(rank)) => Ok(ShelterRule {
                flood_depth_rank_max: Some(rank),
            }),
            (_, None) => {
                let accepted = "0 (only outside every flood zone) to 6";
                Err(LoadError::refused(
                    town_part("shelter_rule"),
                    "flood_depth_rank_max",
                    rank,
                    accepted,
                ))
            }
        }
    }
}

pub(crate) fn map_part(list: &str) -> String {
    format!("{} {list}", map_file::PART)
}

pub(crate) fn town_part(list: &str) -> String {
    format!("{} {list}", town_file::PART)
}
