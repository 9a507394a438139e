//! Drill and live never mix, and no template is sent half filled in.

use super::{Finding, Subject, blocking};
use crate::facts::{Facts, Kind};
use crate::realm::Realm;

/// Words that say that something is not meant.
const NOT_MEANT: [&str; 12] = [
    "訓練",
    "くんれん",
    "テスト",
    "試験",
    "例文",
    "サンプル",
    "リハーサル",
    "drill",
    "exercise",
    "this is a test",
    "test message",
    "lorem ipsum",
];
/// Signs of a place that nobody filled in.
const UNFILLED: [&str; 8] = ["○○", "〇〇", "◯◯", "××", "△△", "{", "}", "[..."];

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let facts = subject.facts;
    match facts.realm {
        Realm::Actual => {
            let names = names(facts);
            for (language, text) in texts(subject) {
                // A town may have a place of that name.
                let text = without(&text.to_lowercase(), &names);
                if let Some(word) = NOT_MEANT.iter().find(|word| text.contains(**word)) {
                    blocking(
                        found,
                        "drill_words_in_live",
                        format!(
                            "本番の文面({language})に「{word}」があります。訓練・試験の文面は本番では送れません"
                        ),
                        format!(
                            "the live text ({language}) says \"{word}\"; words of a drill or a test cannot leave here"
                        ),
                    );
                }
            }
        }
        Realm::Exercise => {
            for one in &subject.texts.languages {
                let parts = [
                    &one.text.headline,
                    &one.text.description,
                    &one.text.instruction,
                ];
                let marked =
                    |text: &str| text.contains("訓練") || text.to_uppercase().contains("EXERCISE");
                if super::super::text::phrasebook::is_built_in(&one.language)
                    && !parts.into_iter().all(|part| marked(part))
                {
                    blocking(
                        found,
                        "drill_not_marked",
                        format!("訓練の文面({})に訓練の表示がありません", one.language),
                        format!(
                            "the text of a drill ({}) is not marked as one",
                            one.language
                        ),
                    );
                }
            }
        }
    }
    for (language, text) in texts(subject) {
        if let Some(sign) = UNFILLED.iter().find(|sign| text.contains(**sign)) {
            blocking(
                found,
                "unfilled",
                format!("文面({language})に記入されていない箇所「{sign}」があります"),
                format!("the text ({language}) has a place that was not filled in: {sign}"),
            );
        }
    }
}

fn texts<'s>(subject: &'s Subject<'_>) -> Vec<(&'s str, String)> {
    let mut all: Vec<(&str, String)> = subject
        .texts
        .languages
        .iter()
        .map(|one| (one.language.as_str(), one.text.whole()))
        .collect();
    let mail = &subject.texts.area_mail;
    all.push(("area mail", format!("{}\n{}", mail.subject, mail.body)));
    all
}

/// Names of places and what an observation says, gauge names in it: a town may have a 試験場橋. Of a cancel also the reason,
/// which may be that a drill was sent in earnest.
fn names(facts: &Facts) -> Vec<String> {
    let own = [
        &facts.ground,
        &facts.ground_en,
        &facts.town,
        &facts.town_en,
        &facts.river,
        &facts.river_en,
        &facts.sender_name,
    ];
    let reason = (facts.kind == Kind::Cancel).then_some(&facts.note);
    let left_out = facts.corrects.iter().flat_map(|one| &one.left_out);
    let districts = facts.districts.iter().chain(left_out);
    let districts = districts.flat_map(|d| [&d.name, &d.name_en]);
    let shelters = facts.shelters.iter().map(|s| &s.name);
    let mut names: Vec<String> = own
        .into_iter()
        .chain(reason)
        .chain(districts)
        .chain(shelters)
        .map(|name| name.to_lowercase())
        .collect();
    // Longer ones first: a short one would take a piece out of a long one.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names
}

fn without(text: &str, names: &[String]) -> String {
    names
        .iter()
        .filter(|name| !name.is_empty())
        .fold(text.to_owned(), |text, name| {
            text.replace(name.as_str(), "")
        })
}
