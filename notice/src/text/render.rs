//! From facts and the templates of one language to its text.

use super::phrasebook::{Language, Names, Times};
use super::template::{Values, filled};
use super::{HEADLINE_MAX, Text};
use crate::facts::{Facts, Hazard, Kind, NoticeDistrict};
use crate::realm::Realm;
use crate::when;

/// Hazards that are answered alike.
pub(super) const GROUPS: [&str; 3] = ["water", "landslide", "tsunami"];

fn group(hazard: Hazard) -> &'static str {
    match hazard {
        Hazard::Flood | Hazard::InlandFlood | Hazard::StormSurge => "water",
        Hazard::Landslide => "landslide",
        Hazard::Tsunami => "tsunami",
    }
}

pub(super) fn text(language: &Language, facts: &Facts) -> Text {
    let (style, words) = (&language.style, &language.words);
    let word = |key: &str| words.get(key).map_or("", String::as_str);
    let locked = |key: &str| language.locked.get(key).map_or("", String::as_str);
    let hazard = &language.hazard[facts.hazard.word()];
    let level = facts.level.number().to_string();
    let english = style.names == Names::En;
    let (town, river, ground) = if english {
        (&facts.town_en, &facts.river_en, &facts.ground_en)
    } else {
        (&facts.town, &facts.river, &facts.ground)
    };
    let n = facts.districts.len().to_string();
    let count = filled(
        word(if facts.districts.len() == 1 {
            "count_one"
        } else {
            "count_many"
        }),
        &Values::from([("n", n.as_str())]),
    );
    let by_river = Values::from([("river", river.as_str())]);
    let along = if river.is_empty() {
        String::new()
    } else {
        filled(word("along"), &by_river)
    };
    let cause = if river.is_empty() {
        hazard.cause.clone()
    } else {
        filled(&hazard.cause_river, &by_river)
    };
    let place = if river.is_empty() { town } else { river };
    let ground = filled(
        word("ground"),
        &Values::from([("ground", ground.as_str()), ("place", place.as_str())]),
    );
    let districts = facts
        .districts
        .iter()
        .map(|district| name(district, style.names))
        .collect::<Vec<_>>()
        .join(&style.separator);
    // Names of shelters stand on their signs in Japanese: whoever looks for one must find these very signs.
    let shelters = facts
        .shelters
        .iter()
        .map(|shelter| shelter.name.as_str())
        .collect::<Vec<_>>()
        .join("、");
    let sent = match style.times {
        Times::Ja => when::spoken(facts.sent),
        Times::Easy => when::easy(facts.sent),
        Times::En => when::spoken_en(facts.sent),
        Times::Numbers => when::numbers(facts.sent),
    };
    let drill = match facts.realm {
        Realm::Actual => "",
        Realm::Exercise => word("mark"),
    };
    let correction = facts.corrects.as_ref().zip(language.correction.as_ref());
    let mark = match correction {
        Some((_, words)) => format!("{drill}{}", words.mark),
        None => drill.to_owned(),
    };
    let sender = if english {
        &facts.town_en
    } else {
        &facts.sender_name
    };
    let group = group(facts.hazard);
    let values = Values::from([
        ("mark", mark.as_str()),
        ("town", town.as_str()),
        ("sender", sender.as_str()),
        ("along", along.as_str()),
        ("count", count.as_str()),
        ("order", locked(&format!("order.{level}"))),
        ("name", locked(&format!("name.{level}"))),
        ("explained", locked(&format!("explained.{level}"))),
        ("action", locked(&format!("action.{group}.{level}"))),
        ("lifted", locked(&format!("lifted.{group}"))),
        ("cancelled", locked("cancelled")),
        ("level", level.as_str()),
        ("hazard", hazard.name.as_str()),
        ("cause", cause.as_str()),
        ("districts", districts.as_str()),
        ("ground", ground.as_str()),
        ("note", facts.note.as_str()),
        ("sent", sent.as_str()),
        ("shelters", shelters.as_str()),
        ("place", place.as_str()),
    ]);
    let mut instruction = filled(language.instruction.of(facts.kind), &values);
    if facts.kind == Kind::Issue && !facts.shelters.is_empty() {
        instruction.push_str(&filled(&language.instruction.shelters, &values));
    }
    let mut description = filled(language.description.of(facts.kind), &values);
    if let Some((corrected, words)) = correction {
        description = format!("{drill}{}\n{description}", words.said);
        if !corrected.left_out.is_empty() {
            let names = corrected.left_out.iter();
            let names: Vec<String> = names.map(|d| name(d, style.names)).collect();
            let names = names.join(&style.separator);
            let left_out = filled(
                &words.left_out,
                &Values::from([("left_out", names.as_str())]),
            );
            description.push('\n');
            description.push_str(&left_out);
        }
    }
    Text {
        headline: shortened(filled(language.headline.of(facts.kind), &values)),
        description,
        instruction,
    }
}

fn name(district: &NoticeDistrict, names: Names) -> String {
    match (names, &district.kana) {
        (Names::En, _) => district.name_en.clone(),
        (Names::Easy, Some(kana)) => format!("{}({kana})", district.name),
        (Names::Ja | Names::Easy, _) => district.name.clone(),
    }
}

fn shortened(headline: String) -> String {
    if headline.chars().count() <= HEADLINE_MAX {
        return headline;
    }
    headline
        .chars()
        .take(HEADLINE_MAX - 1)
        .chain(['…'])
        .collect()
}
