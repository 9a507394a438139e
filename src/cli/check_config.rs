//! `hinan check-config`

use std::path::PathBuf;

use clap::Args;

use super::print::say;
use crate::brokers;
use crate::config::{Config, DEFAULT};
use crate::recommend::core::Core;
use crate::town;

/// Reads a configuration as the service would, with the town's files, and says what it means.
#[derive(Args)]
pub(super) struct CheckConfig {
    /// The file to check
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print every key with its explanation and default
    #[arg(long)]
    defaults: bool,
}

/// The town's plan in words.
fn plan(core: &Core) -> String {
    let plan = &core.plan;
    let Some(path) = &plan.path else {
        return "町の避難計画 plan: なし none (雨量計・川以外の危険・まとめる名前・施設はありません)"
            .to_owned();
    };
    let mut lines = vec![format!(
        "町の避難計画 plan {path}: 雨量計{} 川以外の危険{} 家屋と避難路{} まとめる名前{} 施設{} / rain gauges, threats, homes and ways, names, facilities",
        plan.rain.len(),
        plan.threats.values().map(Vec::len).sum::<usize>(),
        plan.homes.len(),
        plan.groups.len(),
        plan.facilities.len(),
    )];
    for planned in &plan.facilities {
        let lead = planned.facility.lead_min;
        lines.push(format!(
            "  施設 {}: {}人、避難に{:.0}〜{:.0}分({})",
            planned.facility.name,
            planned.facility.people,
            lead.quick_min,
            lead.slow_min,
            planned.source
        ));
    }
    for ((district, river), homes) in &plan.homes {
        let known = |what: Option<String>| what.unwrap_or_else(|| "不明".to_owned());
        lines.push(format!(
            "  家屋 {district} {river}: 家屋倒壊区域{}、浸水しない部屋{}、孤立{}、避難路の冠水{}({})",
            known(homes.people_in_collapse_zone.map(|people| format!("{people}人"))),
            known(homes.people_with_dry_room.map(|people| format!("{people}人"))),
            known(homes.isolation_h.map(|hours| format!("{hours:.0}時間"))),
            known(homes.road_cut_m.map(|level_m| format!("{level_m:.2} mから"))),
            homes.source
        ));
    }
    for group in &plan.groups {
        lines.push(format!("  名前 {}: {}地区", group.name, group.units.len()));
    }
    lines.join("\n")
}

impl CheckConfig {
    pub(super) fn run(self) -> anyhow::Result<()> {
        if self.defaults {
            say(DEFAULT);
            return Ok(());
        }
        let config = match &self.config {
            Some(path) => Config::load(path)?,
            None => Config::defaults(),
        };
        let (town, core) = town::with_core(&config)?;
        let stations = town::stations(&config, &town)?;
        let devices = town::devices(&config, &stations)?;
        for remote in &config.broker.remote {
            brokers::tls(remote)?;
        }
        let history = town::history(&config)?;
        say(&config.explained());
        say(&core.policy.criteria.explained_without(&core.policy.unheard));
        say(&plan(&core));
        for note in core.notes(&town) {
            say(&note);
        }
        say(&format!(
            "{}: 水位計{} 発令区域{} 避難場所{} 浸水区域{} / gauges, districts, shelters, zones\n学習用の水位 history: {}",
            town.name,
            town.gauges.len(),
            town.districts.len(),
            town.shelters.len(),
            town.zones().len(),
            history.map_or_else(
                || "なし none (persistence and rate of rise only)".to_owned(),
                |h| format!("{} – {} ({} gauges)", h.start(), h.end(), h.gauges().len())
            )
        ));
        for station in stations.iter() {
            let contract = station.contract();
            let agreed = &station.quality;
            if agreed.cadence.is_none() && agreed.neighbours.is_none() {
                continue;
            }
            let asleep = contract.asleep.map_or_else(String::new, |(start_level_m, asleep)| {
                format!(
                    "、観測開始水位 {start_level_m} m 未満では {}分まで沈黙可 may be silent below it",
                    asleep.late_after.as_mins()
                )
            });
            let beside: Vec<&str> = agreed
                .neighbours
                .iter()
                .flat_map(|neighbours| &neighbours.gauges)
                .map(|neighbour| neighbour.station.as_str())
                .collect();
            let beside = if beside.is_empty() {
                String::new()
            } else {
                format!("、上下流 neighbours {}", beside.join(", "))
            };
            say(&format!(
                "水位計 gauge {} {}: {}分で遅延 late, {}分で途絶 failed{asleep}{beside}",
                station.id,
                station.name,
                contract.awake.late_after.as_mins(),
                contract.awake.failed_after.as_mins(),
            ));
        }
        if devices.iter().len() > 0 {
            say(&format!("機器 devices: {}", devices.iter().len()));
        }
        for note in &town.notes {
            say(&format!("注意 note: {}", note.ja));
        }
        say("OK");
        Ok(())
    }
}
