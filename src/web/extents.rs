//! The panel of the situation page that says what the levels concern.

use hinan_dashboard::view::{ConcernCase, ConcernDistrict, ConcernPanel, ConcernRow};
use hinan_gis::{StageExtent, Town};

use super::flooding;
use crate::app::{App, Picture};
use crate::concern::{AHEAD_H, Concerned};

/// The panel.
pub(super) fn panel(app: &App, picture: &Picture) -> ConcernPanel {
    let town = app.town();
    let all = app.reference.concern.at(town, &picture.advice.outlook);
    let is_unknown = |one: &&Concerned<'_>| one.now.is_none() || one.table.steps.is_empty();
    let name = |one: &Concerned<'_>| format!("{} {}", one.table.river, one.gauge.name);
    ConcernPanel {
        ahead_h: AHEAD_H,
        unknown: all.iter().filter(is_unknown).map(name).collect(),
        asked: all.len() as u64,
        rows: all.iter().filter_map(|one| row(town, one)).collect(),
        flooding: flooding::table(app, picture),
    }
}

/// Nothing where no district is concerned even at the high level of the forecast.
fn row(town: &Town, one: &Concerned<'_>) -> Option<ConcernRow> {
    let mut cases = Vec::new();
    if let Some(now) = &one.now {
        let label = if now.assumed {
            "いま(仮定の水位)"
        } else {
            "いま"
        };
        cases.push((label, &now.extent));
    }
    if let Some(ahead) = &one.ahead {
        cases.push(("予測の低い方", &ahead.low));
        cases.push(("予測の中央", &ahead.median));
        cases.push(("予測の高い方", &ahead.high));
    }
    let (_, widest) = *cases
        .iter()
        .max_by_key(|(_, extent)| extent.districts.len())?;
    if widest.districts.is_empty() {
        return None;
    }
    let first = |district: usize| {
        let concerns =
            |extent: &StageExtent| extent.districts.iter().any(|d| d.district == district);
        cases
            .iter()
            .find(|(_, extent)| concerns(extent))
            .map(|(label, _)| *label)
    };
    let districts = widest.districts.iter().map(|found| ConcernDistrict {
        name: town.districts[found.district].name.clone(),
        depth_from: found.rank_min.words_ja().to_owned(),
        people_low: found.people.low.into(),
        people_high: found.people.high.into(),
        zones: found.zones.len() as u64,
        shelters: found
            .shelters
            .iter()
            .map(|shelter| town.shelters[*shelter].name.clone())
            .collect(),
        facilities: found.facilities.len() as u64,
        from: first(found.district).unwrap_or_default().to_owned(),
    });
    Some(ConcernRow {
        gauge: one.gauge.name.clone(),
        river: one.table.river.clone(),
        assumption: one.table.basis.assumption().map(|said| said.ja),
        districts: districts.collect(),
        cases: cases
            .iter()
            .map(|(label, extent)| ConcernCase {
                label: (*label).to_owned(),
                level_m: extent.level_m,
                districts: extent.districts.len() as u64,
                people_low: extent.people.low.into(),
                people_high: extent.people.high.into(),
                may_be_more: extent.may_be_more,
            })
            .collect(),
    })
}
