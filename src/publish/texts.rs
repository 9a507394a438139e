//! The words of a notice (伝達文), by fixed rules from its facts.
//!
//! Level number and order name always stand together; level 3 addresses 高齢者等 and all others separately;
//! level 5 never says "go to the shelter"; nothing here is a prediction of ours.

use crate::approve::facts::{Facts, Kind};
use crate::clock::{spoken, spoken_en};
use crate::realm::Realm;
use crate::recommend::level::OrderLevel;

/// A notice in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// One line, at most 160 characters.
    pub headline: String,
    /// What, where and why.
    pub description: String,
    /// What to do, for whom.
    pub instruction: String,
}

/// Longest headline, characters: the limit of common CAP editors.
pub const HEADLINE_MAX: usize = 160;

/// Japanese.
#[must_use]
pub fn japanese(facts: &Facts) -> Text {
    let order = format!(
        "警戒レベル{}「{}」",
        facts.level.number(),
        facts.level.name()
    );
    let mark = drill(facts.realm, "【訓練】");
    let names = facts
        .districts
        .iter()
        .map(|d| d.name.as_str())
        .collect::<Vec<_>>()
        .join("、");
    let what = match facts.kind {
        Kind::Issue => format!("{order}を発令"),
        Kind::Lift => format!("{order}を解除"),
        Kind::Cancel => format!("{order}の発令を取消(誤りでした)"),
    };
    let headline = format!(
        "{mark}{} {}沿い {}地区に{what}(洪水)",
        facts.town,
        facts.river,
        facts.districts.len()
    );
    let opening = match facts.kind {
        Kind::Issue => format!(
            "{mark}警戒レベル{n}、{name}。こちらは{town}です。{river}の洪水に関し、次の地区に{order}を発令しました。",
            n = facts.level.number(),
            name = facts.level.name(),
            town = facts.sender_name,
            river = facts.river,
        ),
        Kind::Lift => format!(
            "{mark}こちらは{}です。{}の洪水に関し、次の地区の{order}を解除しました。",
            facts.sender_name, facts.river
        ),
        Kind::Cancel => format!(
            "{mark}こちらは{}です。{}の洪水に関し次の地区へお知らせした{order}は誤りでした。取り消します。",
            facts.sender_name, facts.river
        ),
    };
    let why = match facts.kind {
        Kind::Issue => facts.ground.clone(),
        Kind::Lift | Kind::Cancel => format!("理由: {}", facts.note),
    };
    let description = format!(
        "{opening}\n対象地区: {names}\n{why}\n{}: {}",
        match facts.kind {
            Kind::Issue => "発令時刻",
            Kind::Lift => "解除時刻",
            Kind::Cancel => "取消時刻",
        },
        spoken(facts.sent)
    );
    let instruction = match facts.kind {
        Kind::Issue => issue_instruction(facts),
        Kind::Lift => "川の水位が下がっても、川や用水路には近づかないでください。".to_owned(),
        Kind::Cancel => "この取消は、ほかに発令されている避難情報には影響しません。".to_owned(),
    };
    Text {
        headline: shortened(headline),
        description,
        instruction: format!("{mark}{instruction}"),
    }
}

fn issue_instruction(facts: &Facts) -> String {
    let action = match facts.level {
        OrderLevel::ElderlyEvacuation => {
            "高齢者、障害のある人、乳幼児、妊娠中の人とその支援をする人は、危険な場所から避難してください。\
             そのほかの人は、ふだんの行動を見合わせて避難の準備をし、不安を感じたら早めに避難してください。"
        }
        OrderLevel::EvacuationOrder => {
            "対象地区のうち危険な場所にいる人は、全員避難してください。\
             外へ出るのが危険なときは、建物の2階以上など、少しでも高い場所へ移ってください。"
        }
        OrderLevel::EmergencySafety => {
            "命の危険が迫っています。いますぐ、いる場所で身の安全を確保してください。\
             建物の2階以上や近くの丈夫な建物など、少しでも高い場所へ移ってください。"
        }
    };
    if facts.shelters.is_empty() {
        return action.to_owned();
    }
    let names = facts
        .shelters
        .iter()
        .map(|s| s.name.as_str())
        .collect::<Vec<_>>()
        .join("、");
    format!(
        "{action}\n洪水のときに使う指定緊急避難場所(近い順の例): {names}。\
         開いているかどうかは、{}の案内で確かめてください。",
        facts.town
    )
}

/// English.
#[must_use]
pub fn english(facts: &Facts) -> Text {
    let order = format!(
        "Alert Level {} \"{}\"",
        facts.level.number(),
        facts.level.name_en()
    );
    let mark = drill(facts.realm, "[EXERCISE] ");
    let names = facts
        .districts
        .iter()
        .map(|d| d.name_en.as_str())
        .collect::<Vec<_>>()
        .join("; ");
    let count = facts.districts.len();
    let districts = if count == 1 {
        "1 district".to_owned()
    } else {
        format!("{count} districts")
    };
    let what = match facts.kind {
        Kind::Issue => "issued",
        Kind::Lift => "lifted",
        Kind::Cancel => "cancelled (sent in error)",
    };
    let headline = format!(
        "{mark}{}: {order} {what} for {districts} along the {} (flood)",
        facts.town_en, facts.river_en
    );
    let why = match facts.kind {
        Kind::Issue => facts.ground_en.clone(),
        Kind::Lift | Kind::Cancel => {
            format!("Reason given (in Japanese): {}", facts.note)
        }
    };
    let description = format!(
        "{mark}{} has {what} {order} because of flooding of the {}.\nDistricts: {names}\n{why}\nTime: {}",
        facts.town_en,
        facts.river_en,
        spoken_en(facts.sent)
    );
    let instruction = match (facts.kind, facts.level) {
        (Kind::Lift, _) => "Stay away from rivers and channels even while the water falls.".to_owned(),
        (Kind::Cancel, _) => "Other evacuation information that is in force remains in force.".to_owned(),
        (Kind::Issue, OrderLevel::ElderlyEvacuation) => {
            "Elderly people, people with disabilities, small children, pregnant women and those who help them: \
             leave dangerous places now. Everybody else: stop ordinary activities, prepare, and leave early if \
             you feel unsafe."
                .to_owned()
        }
        (Kind::Issue, OrderLevel::EvacuationOrder) => {
            "Everybody in a dangerous place in these districts: leave now. If going outside is dangerous, go to \
             the second floor or higher."
                .to_owned()
        }
        (Kind::Issue, OrderLevel::EmergencySafety) => {
            "Your life is in danger. Secure your safety at once where you are: go to the second floor or higher, \
             or to a sturdy building close by."
                .to_owned()
        }
    };
    let shelters = if facts.shelters.is_empty() {
        String::new()
    } else {
        let names = facts
            .shelters
            .iter()
            .map(|s| s.name.as_str())
            .collect::<Vec<_>>()
            .join("、");
        format!(
            "\nEvacuation sites designated for floods (examples, nearest first): {names}. Make sure that they are open."
        )
    };
    Text {
        headline: shortened(headline),
        description,
        instruction: format!("{mark}{instruction}{shelters}"),
    }
}

fn drill(realm: Realm, mark: &'static str) -> &'static str {
    match realm {
        Realm::Actual => "",
        Realm::Exercise => mark,
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
