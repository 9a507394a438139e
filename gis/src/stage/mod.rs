//! From a level at a gauge to the districts, people, zones and shelters that it concerns.
//!
//! The official zone shows one flood only, the largest assumed. Which part of it is concerned at a smaller one is either
//! written down by the town (`[[stage]]` of the town file) or assumed from the depth ranks: where the largest flood would
//! stand deepest the ground is lowest, so that is concerned first. Which of the two it was is part of every answer.

mod check;
mod terrain;

use std::collections::BTreeSet;

use crate::index::AreaIndex;
use crate::{Assumption, DepthRank, District, GaugeSite, PlacedFacility, ReferenceLevels, Town};

pub use terrain::{TerrainExtent, terrain_extent};

/// A row of the town's own table (段階表): from this level on, these ranks of these districts are concerned.
#[derive(Clone, Debug, PartialEq)]
pub struct StageRow {
    /// The gauge whose level decides.
    pub gauge: String,
    /// The river whose districts are concerned.
    pub river: String,
    /// From this level on, metres in the gauge's own datum.
    pub level_m: f64,
    /// The official level that was named instead of metres.
    pub mark: Option<&'static str>,
    /// Zones of this rank and deeper.
    pub rank_min: DepthRank,
    /// Identifiers of districts; nothing means all that the river reaches.
    pub districts: Option<Vec<String>>,
    /// Where the town has it from.
    pub source: Option<String>,
}

/// On what an extent rests.
#[derive(Clone, Debug, PartialEq)]
pub enum StageBasis {
    /// The town's own table.
    Table,
    /// Assumed from depth ranks between the official levels. The pairs say which level is not known and which higher one
    /// stands in for it.
    AssumedFromRanks(Vec<(&'static str, &'static str)>),
}

impl StageBasis {
    /// The assumption in words; nothing where the town has a table.
    #[must_use]
    pub fn assumption(&self) -> Option<Assumption> {
        let Self::AssumedFromRanks(stand_ins) = self else {
            return None;
        };
        let (mut ja, mut en) = (
            "仮定：想定最大規模の浸水深が大きい所ほど低い水位から対象になるとみなしています。町の段階表ではありません。".to_owned(),
            "Assumed: where the largest flood would stand deeper, a lower level concerns it. This is not a table of the town's own.".to_owned(),
        );
        for (missing, by) in stand_ins {
            ja.push_str(&format!(
                "{}が不明のため{}で代用。",
                name_ja(missing),
                name_ja(by)
            ));
            en.push_str(&format!(" {missing} is not known; {by} stands in."));
        }
        Some(Assumption { ja, en })
    }
}

/// What is concerned by one gauge and river at which level.
#[derive(Clone, Debug)]
pub struct StageTable {
    /// The gauge.
    pub gauge: String,
    /// The river.
    pub river: String,
    /// Steps by rising level.
    pub steps: Vec<StageStep>,
    /// On what they rest.
    pub basis: StageBasis,
    /// Whether higher levels would concern more, but none is known from which on.
    pub unknown_above: bool,
    reached: BTreeSet<usize>,
}

/// One step of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct StageStep {
    /// From this level on.
    pub level_m: f64,
    /// The official level it is, by its key.
    pub mark: Option<&'static str>,
    /// Zones of this rank and deeper.
    pub rank_min: DepthRank,
    /// Positions of districts in the town.
    pub districts: BTreeSet<usize>,
}

/// What one level concerns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StageExtent {
    /// The level, metres in the gauge's own datum.
    pub level_m: f64,
    /// Position of the highest step reached; nothing below the first.
    pub step: Option<usize>,
    /// Whether it may concern more than is listed: the level is at or above the last step, and what comes after is not known.
    pub may_be_more: bool,
    /// Districts, those with most people first.
    pub districts: Vec<DistrictExtent>,
    /// Residents of all of them.
    pub people: PeopleRange,
}

/// What a level concerns in one district.
#[derive(Clone, Debug, PartialEq)]
pub struct DistrictExtent {
    /// Position in the town's list.
    pub district: usize,
    /// Zones of this rank and deeper.
    pub rank_min: DepthRank,
    /// Residents in these zones of this river.
    pub people: PeopleRange,
    /// Numbers of zones that meet the district, ascending. Zones of other rivers are among them where several reach it.
    pub zones: Vec<usize>,
    /// Positions of shelters that stand in these zones.
    pub shelters: Vec<usize>,
    /// Positions of facilities that stand in these zones.
    pub facilities: Vec<usize>,
}

/// A count that is known to lie between two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeopleRange {
    /// At least.
    pub low: u32,
    /// At most.
    pub high: u32,
}

/// What a forecast concerns: at its low, middle and high level.
#[derive(Clone, Debug, PartialEq)]
pub struct RangedExtent {
    /// At the low end of the forecast.
    pub low: StageExtent,
    /// At its middle.
    pub median: StageExtent,
    /// At its high end.
    pub high: StageExtent,
    /// On what the three rest.
    pub basis: StageBasis,
}

/// Tables of all gauges and rivers of a town, and what lies in its districts. Built once for a town.
#[derive(Clone, Debug, Default)]
pub struct StagePlan {
    tables: Vec<StageTable>,
    districts: Vec<Inside>,
}

/// By rank: 0 is outside every zone.
#[derive(Clone, Debug, Default)]
struct Inside {
    zones: [Vec<usize>; 7],
    shelters: [Vec<usize>; 7],
    facilities: [Vec<usize>; 7],
}

impl StagePlan {
    /// Works the tables out, and finds the zones, shelters and facilities of every district.
    #[must_use]
    pub fn build(town: &Town, facilities: &[PlacedFacility]) -> Self {
        let areas = AreaIndex::build(town.districts.iter().map(|district| &district.outline));
        let mut districts: Vec<Inside> = town
            .districts
            .iter()
            .map(|district| zones_inside(town, district))
            .collect();
        for (number, shelter) in town.shelters.iter().enumerate() {
            if let Some(district) = areas.at(shelter.at).next() {
                districts[district].shelters[rank_position(shelter.depth_rank)].push(number);
            }
        }
        for (number, facility) in facilities.iter().enumerate() {
            if let Some(district) = areas.at(facility.at).next() {
                let rank = town.zones().rank_at(facility.at);
                districts[district].facilities[rank_position(rank)].push(number);
            }
        }
        let tables = town
            .rivers
            .iter()
            .flat_map(|river| river.gauges.iter().map(move |gauge| (gauge, &river.name)))
            .filter_map(|(gauge, river)| Some(table(town, town.gauge(gauge)?, river)))
            .collect();
        Self { tables, districts }
    }

    /// All tables, in the order of the town's rivers and their gauges.
    #[must_use]
    pub fn tables(&self) -> &[StageTable] {
        &self.tables
    }

    /// The tables of one gauge: one for each river it decides for.
    pub fn tables_of<'a>(&'a self, gauge: &'a str) -> impl Iterator<Item = &'a StageTable> {
        self.tables.iter().filter(move |table| table.gauge == gauge)
    }

    /// What a level concerns. A level that is no number reaches no step, and says that it may be more.
    #[must_use]
    pub fn extent(&self, town: &Town, table: &StageTable, level_m: f64) -> StageExtent {
        let reached = table.steps.iter().rposition(|step| step.level_m <= level_m);
        let mut ranks = vec![None; self.districts.len()];
        for step in &table.steps[..reached.map_or(0, |last| last + 1)] {
            for district in &step.districts {
                let rank: &mut Option<DepthRank> = &mut ranks[*district];
                *rank = Some(rank.map_or(step.rank_min, |rank| rank.min(step.rank_min)));
            }
        }
        let mut districts: Vec<DistrictExtent> = ranks
            .into_iter()
            .enumerate()
            .filter_map(|(district, rank)| {
                self.district_extent(town, &table.river, district, rank?)
            })
            .collect();
        districts.sort_by(|a, b| {
            (b.people.high, b.people.low, a.district).cmp(&(
                a.people.high,
                a.people.low,
                b.district,
            ))
        });
        let sum = |of: fn(&PeopleRange) -> u32| districts.iter().map(|d| of(&d.people)).sum();
        let people = PeopleRange {
            low: sum(|people| people.low),
            high: sum(|people| people.high),
        };
        let at_the_end = reached.is_none_or(|last| last + 1 == table.steps.len());
        let beyond = table.steps.is_empty() || (at_the_end && reached.is_some());
        StageExtent {
            level_m,
            step: reached,
            may_be_more: level_m.is_nan() || (table.unknown_above && beyond),
            districts,
            people,
        }
    }

    /// What a forecast concerns. `levels_m` are its low, middle and high level.
    #[must_use]
    pub fn ranged(&self, town: &Town, table: &StageTable, levels_m: [f64; 3]) -> RangedExtent {
        let [low, median, high] = levels_m.map(|level_m| self.extent(town, table, level_m));
        RangedExtent {
            low,
            median,
            high,
            basis: table.basis.clone(),
        }
    }

    /// Nothing where the district has neither people nor zones of these ranks.
    fn district_extent(
        &self,
        town: &Town,
        river: &str,
        district: usize,
        rank_min: DepthRank,
    ) -> Option<DistrictExtent> {
        let from = usize::from(rank_min.get());
        let inside = &self.districts[district];
        let joined = |by_rank: &[Vec<usize>; 7]| {
            let mut all: Vec<usize> = by_rank[from..].iter().flatten().copied().collect();
            all.sort_unstable();
            all
        };
        let extent = DistrictExtent {
            district,
            rank_min,
            people: people_of_river(&town.districts[district], river, rank_min),
            zones: joined(&inside.zones),
            shelters: joined(&inside.shelters),
            facilities: joined(&inside.facilities),
        };
        (extent.people.high > 0 || !extent.zones.is_empty()).then_some(extent)
    }
}

/// Residents in zones of a river of at least a rank. The town counts people by rank over all rivers, and by river over all
/// ranks; where several rivers reach a district only bounds follow from that. Of a river by which the town counts nobody
/// here, the most is all that is known.
fn people_of_river(district: &District, river: &str, rank_min: DepthRank) -> PeopleRange {
    let Some(reach) = district.reaches.iter().find(|reach| reach.river == river) else {
        let from = usize::from(rank_min.get());
        return PeopleRange {
            low: 0,
            high: district.people_by_rank[from..].iter().sum(),
        };
    };
    let from = usize::from(rank_min.get());
    let deep: u32 = district.people_by_rank[from..].iter().sum();
    let shallow: u32 = district.people_by_rank[1..from].iter().sum();
    PeopleRange {
        low: reach.people_in_zone.saturating_sub(shallow),
        high: reach.people_in_zone.min(deep),
    }
}

fn zones_inside(town: &Town, district: &District) -> Inside {
    let mut inside = Inside::default();
    for zone in town.zones().zones_meeting(&district.outline) {
        inside.zones[rank_position(Some(zone.rank))].push(zone.number);
    }
    inside
}

fn rank_position(rank: Option<DepthRank>) -> usize {
    rank.map_or(0, |rank| usize::from(rank.get()))
}

fn table(town: &Town, gauge: &GaugeSite, river: &str) -> StageTable {
    let reached: BTreeSet<usize> = (0..town.districts.len())
        .filter(|n| {
            town.districts[*n]
                .reaches
                .iter()
                .any(|reach| reach.river == river)
        })
        .collect();
    let rows: Vec<&StageRow> = town
        .stages
        .iter()
        .filter(|row| row.gauge == gauge.id && row.river == river)
        .collect();
    let (steps, basis, unknown_above) = if rows.is_empty() {
        assumed(&gauge.levels, &reached)
    } else {
        let steps = rows
            .into_iter()
            .map(|row| step(town, row, &reached))
            .collect();
        (steps, StageBasis::Table, false)
    };
    StageTable {
        gauge: gauge.id.clone(),
        river: river.to_owned(),
        steps,
        basis,
        unknown_above,
        reached,
    }
}

impl StageTable {
    /// Positions of all districts that the river reaches.
    #[must_use]
    pub fn reached(&self) -> &BTreeSet<usize> {
        &self.reached
    }
}

fn step(town: &Town, row: &StageRow, reached: &BTreeSet<usize>) -> StageStep {
    let districts = match &row.districts {
        Some(ids) => (0..town.districts.len())
            .filter(|n| ids.contains(&town.districts[*n].id))
            .collect(),
        None => reached.clone(),
    };
    StageStep {
        level_m: row.level_m,
        mark: row.mark,
        rank_min: row.rank_min,
        districts,
    }
}

/// The default: from 氾濫注意水位 on the zones of 5 m and more, from 避難判断水位 those of 3 m, from 氾濫危険水位 those of
/// 0.5 m, and from 計画高水位 on all. Where a level is not known, the next higher known one stands in.
fn assumed(
    levels: &ReferenceLevels,
    reached: &BTreeSet<usize>,
) -> (Vec<StageStep>, StageBasis, bool) {
    let wanted = [
        ("caution_m", levels.caution_m, 4),
        ("evacuation_judgement_m", levels.evacuation_judgement_m, 3),
        ("danger_m", levels.danger_m, 2),
        ("design_high_water_m", levels.design_high_water_m, 1),
    ];
    let mut steps = Vec::new();
    let mut stand_ins = Vec::new();
    let mut unknown_above = false;
    for (n, (key, _, rank)) in wanted.iter().enumerate() {
        let known = wanted[n..]
            .iter()
            .find_map(|(key, level_m, _)| Some((*key, (*level_m)?)));
        let (Some((by, level_m)), Some(rank_min)) = (known, DepthRank::new(*rank)) else {
            unknown_above = true;
            continue;
        };
        if by != *key {
            stand_ins.push((*key, by));
        }
        steps.push(StageStep {
            level_m,
            mark: Some(by),
            rank_min,
            districts: reached.clone(),
        });
    }
    (
        steps,
        StageBasis::AssumedFromRanks(stand_ins),
        unknown_above,
    )
}

fn name_ja(key: &str) -> &'static str {
    match key {
        "standby_m" => "水防団待機水位",
        "caution_m" => "氾濫注意水位",
        "evacuation_judgement_m" => "避難判断水位",
        "danger_m" => "氾濫危険水位",
        _ => "計画高水位",
    }
}

#[cfg(test)]
mod tests {
    use super::{StageBasis, assumed};
    use crate::ReferenceLevels;

    fn levels(known: [Option<f64>; 4]) -> ReferenceLevels {
        let [
            caution_m,
            evacuation_judgement_m,
            danger_m,
            design_high_water_m,
        ] = known;
        ReferenceLevels {
            caution_m,
            evacuation_judgement_m,
            danger_m,
            design_high_water_m,
            ..ReferenceLevels::default()
        }
    }

    fn steps(known: [Option<f64>; 4]) -> (Vec<(f64, u8)>, bool) {
        let (steps, _, unknown_above) = assumed(&levels(known), &[0].into());
        let pairs = steps
            .iter()
            .map(|step| (step.level_m, step.rank_min.get()))
            .collect();
        (pairs, unknown_above)
    }

    #[test]
    fn each_official_level_concerns_shallower_zones_than_the_one_before() {
        let all = [Some(35.2), Some(36.8), Some(37.4), Some(38.5)];
        assert_eq!(
            steps(all),
            (vec![(35.2, 4), (36.8, 3), (37.4, 2), (38.5, 1)], false)
        );
    }

    #[test]
    fn a_level_that_is_not_known_is_stood_for_by_the_next_higher_one_and_that_is_said() {
        let (found, unknown_above) = steps([Some(2.0), None, None, Some(4.0)]);
        assert_eq!(
            (found, unknown_above),
            (vec![(2.0, 4), (4.0, 3), (4.0, 2), (4.0, 1)], false)
        );
        let (_, basis, _) = assumed(&levels([Some(2.0), None, None, Some(4.0)]), &[0].into());
        let words = basis.assumption().map(|said| said.en).unwrap_or_default();
        assert!(
            words.contains("danger_m is not known; design_high_water_m stands in"),
            "{words}"
        );
        assert_eq!(StageBasis::Table.assumption(), None);
    }

    #[test]
    fn above_the_last_known_level_more_may_be_concerned_than_is_listed() {
        assert_eq!(steps([Some(2.0), None, None, None]), (vec![(2.0, 4)], true));
        assert_eq!(steps([None; 4]), (vec![], true));
    }
}
