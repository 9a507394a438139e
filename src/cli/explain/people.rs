//! 人の見通しと避難先: how many come, from which rates, and who finds a place where, now and later.

use std::fmt::Write as _;

use hinan_gis::Town;

use crate::clock::spoken;
use crate::recommend::derivation::PlacesFound;
use crate::recommend::refuge::People;

/// The demand with its rates, and of each district.
pub(super) fn people(of: &People, town: &Town) -> String {
    let mut text = String::new();
    let three = |of: [u64; 3]| format!("{}〜{}〜{}人", of[0], of[1], of[2]);
    // Writing to a String never fails.
    let _ = writeln!(
        text,
        "■ 人の見通し people (少なく5%〜中央50%〜多く95%): 曝露 exposed {}人、発令の対象 under order {}人、立退き leaving {}、避難所 public shelter {}、避難所外 elsewhere {}、屋内 upstairs {}",
        of.exposed,
        of.under_order,
        three(of.leaving),
        three(of.public_shelter),
        three(of.elsewhere),
        three(of.upstairs)
    );
    let _ = writeln!(text, "  根拠 basis: {}", of.basis);
    if let Some(rates) = of.rates {
        let share = |of: [f64; 3]| {
            let percent = of.map(|rate| format!("{:.3}%", rate * 100.0));
            percent.join("〜")
        };
        let _ = writeln!(
            text,
            "  率 rates: 立退き leaving {}、避難所 public shelter {}。避難所の人数 = 対象の住民 × 率(四捨五入)。地区ごとの幅は地区の差の分だけ広い",
            share(rates.leaving),
            share(rates.public_shelter)
        );
    }
    match of.counted {
        Some((persons, at)) => {
            let _ = writeln!(
                text,
                "  更新 update: 避難所で数えた{persons}人({})で率を更新",
                spoken(at)
            );
        }
        None => {
            let _ = writeln!(text, "  更新 update: 避難所の人数の報告がなく、更新なし");
        }
    }
    for unit in &of.units {
        let name = town
            .district(&unit.id)
            .map_or(unit.id.as_str(), |of| of.name.as_str());
        let _ = writeln!(
            text,
            "  地区 unit {} {name}: 住民{}人、曝露{}人、立退き{}、避難所{}",
            unit.id,
            unit.residents,
            unit.exposed,
            three(unit.leaving),
            three(unit.public_shelter)
        );
    }
    text
}

/// The allocation, and what becomes of it if people set out later.
pub(super) fn places(of: &PlacesFound, town: &Town) -> String {
    let mut text = String::new();
    let district = |id: &str| {
        town.district(id)
            .map_or_else(|| id.to_owned(), |of| of.name.clone())
    };
    let shelter = |id: &str| {
        town.shelter(id)
            .map_or_else(|| id.to_owned(), |of| of.name.clone())
    };
    let names = |ids: &[String], name: &dyn Fn(&str) -> String| {
        if ids.is_empty() {
            return "なし none".to_owned();
        }
        ids.iter().map(|id| name(id)).collect::<Vec<_>>().join("、")
    };
    let _ = writeln!(
        text,
        "■ 避難先 places: 多く来た場合の人数を、開設中で、この災害の指定があり、区域の外で、予測の高い側(90%)の水が6時間以内に及ばない所へ、超過と徒歩時間と水の中の道の合計が最小になるように割り当てる。徒歩の根拠: {}",
        of.ways
    );
    match &of.plan {
        None => {
            let _ = writeln!(
                text,
                "  割り当てなし no plan: この災害で避難を求める地区がない"
            );
        }
        Some(plan) => {
            let _ = writeln!(
                text,
                "  {} {}: {}地区、探す人{}人、行き先のある人{}人、予測で浸水するため外した避難所 wet {}{}",
                plan.hazard.japanese(),
                plan.hazard.english(),
                plan.districts.len(),
                plan.people,
                plan.placed,
                names(&plan.wet, &shelter),
                plan.no_plan
                    .as_ref()
                    .map_or_else(String::new, |why| format!("、割り当てできない理由 {why}"))
            );
        }
    }
    for (id, to) in &of.to {
        let to: Vec<String> = to
            .iter()
            .map(|sent| {
                format!(
                    "{}へ{}人(徒歩{}分、水の中{} m)",
                    shelter(&sent.shelter),
                    sent.people,
                    sent.walk_min,
                    sent.water_m
                )
            })
            .collect();
        let _ = writeln!(text, "  {} → {}", district(id), to.join("、"));
    }
    for (id, (people, why)) in &of.without_place {
        let _ = writeln!(text, "  {} → 行き先なし{people}人: {why}", district(id));
    }
    for site in &of.sites {
        let unknown = || "不明".to_owned();
        let word = site.word.as_ref();
        let _ = writeln!(
            text,
            "  避難所 shelter {} {}: 定員{}、状態{}、いま{}人、予定{}人{}",
            site.id,
            site.name,
            site.places
                .map_or_else(unknown, |places| format!("{places}人")),
            word.map_or("報告なし", |(state, _)| state.as_str()),
            word.and_then(|(_, inside)| *inside)
                .map_or_else(unknown, |inside| inside.to_string()),
            site.planned,
            site.not_usable
                .as_ref()
                .map_or_else(String::new, |why| format!("、使わない理由: {why}"))
        );
    }
    for (id, people) in &of.to_open {
        let _ = writeln!(
            text,
            "  開ければ行き先になる to open {}: {people}人",
            shelter(id)
        );
    }
    let hours = of.plan.iter().flat_map(|plan| &plan.hours);
    for hour in hours {
        let without: u32 = hour.without_place.values().sum();
        let _ = writeln!(
            text,
            "  +{}時間に出発した場合 if they set out then: 浸水する避難所 {}、道が切れる地区 {}、水の及ぶ地区(浸水域を通る道は使わない) {}、行き先のある人{}人、ない人{without}人",
            hour.within_h,
            names(&hour.wet, &shelter),
            names(&hour.cut, &district),
            names(&hour.reached, &district),
            hour.placed
        );
        for (id, to) in &hour.moved {
            let _ = writeln!(
                text,
                "    {} の行き先が変わる → {}",
                district(id),
                names(to, &shelter)
            );
        }
    }
    text
}
