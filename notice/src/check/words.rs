//! Level and wording fit each other, in every language; no forbidden word; easy Japanese is easy.

use super::{Finding, Subject, blocking, warning};
use crate::facts::{Facts, Kind};
use crate::level::OrderLevel;
use crate::text::lint::{NotEasy, lint};
use crate::text::{EASY_JAPANESE, ENGLISH, JAPANESE, forbidden};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    japanese(subject, found);
    english(subject, found);
    for one in &subject.texts.languages {
        forbidden_words(&one.language, &one.text.whole(), found);
    }
    let mail = &subject.texts.area_mail;
    forbidden_words(JAPANESE, &format!("{}\n{}", mail.subject, mail.body), found);
    easy(subject, found);
}

fn japanese(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let facts = subject.facts;
    let Some(text) = subject.texts.in_language(JAPANESE) else {
        return missing(JAPANESE, found);
    };
    let (level, name) = (facts.level.number(), facts.level.name());
    let whole = text.whole();
    let mut wanted = vec![
        (format!("警戒レベル{level}"), "level"),
        (name.to_owned(), "order"),
        (facts.hazard.spoken().to_owned(), "hazard"),
        (facts.town.clone(), "town"),
    ];
    wanted.extend(facts.districts.iter().map(|d| (d.name.clone(), "area")));
    said(JAPANESE, &whole, &wanted, found);
    // Another level's words beside ours make a text that says two things.
    for other in OrderLevel::ALL
        .into_iter()
        .filter(|other| *other != facts.level)
    {
        let words = format!("警戒レベル{}", other.number());
        if text.headline.contains(&words) || text.headline.contains(other.name()) {
            contradicts(JAPANESE, &words, found);
        }
    }
    if facts.kind != Kind::Issue {
        return;
    }
    let instruction = &text.instruction;
    let (must, must_not): (&[&str], &[&str]) = match facts.level {
        OrderLevel::ElderlyEvacuation => (&["高齢者", "そのほかの人"], &["全員避難"]),
        OrderLevel::EvacuationOrder => (&["全員", "避難"], &[]),
        OrderLevel::EmergencySafety => (
            &["いる場所で", "身の安全"],
            &["避難場所", "避難所", "へ避難", "避難してください"],
        ),
    };
    for word in must.iter().filter(|word| !instruction.contains(**word)) {
        lacks(JAPANESE, word, found);
    }
    for word in must_not.iter().filter(|word| instruction.contains(**word)) {
        contradicts(JAPANESE, word, found);
    }
}

fn english(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let facts = subject.facts;
    let Some(text) = subject.texts.in_language(ENGLISH) else {
        return missing(ENGLISH, found);
    };
    let mut wanted = vec![
        (format!("Level {}", facts.level.number()), "level"),
        (facts.level.name_en().to_owned(), "order"),
        (facts.town_en.clone(), "town"),
    ];
    wanted.extend(facts.districts.iter().map(|d| (d.name_en.clone(), "area")));
    said(ENGLISH, &text.whole(), &wanted, found);
    if facts.kind == Kind::Issue
        && facts.level == OrderLevel::EmergencySafety
        && text.instruction.to_lowercase().contains("evacuat")
    {
        contradicts(ENGLISH, "evacuat…", found);
    }
}

fn missing(language: &str, found: &mut Vec<Finding>) {
    blocking(
        found,
        "no_text",
        format!("{language}の文面がありません"),
        format!("there is no text in {language}"),
    );
}

fn said(language: &str, text: &str, wanted: &[(String, &str)], found: &mut Vec<Finding>) {
    for (words, what) in wanted {
        if words.is_empty() {
            blocking(
                found,
                "nothing_to_say",
                format!("{language}の文面に入れる{what}が空です"),
                format!("there is no {what} for the text in {language}"),
            );
        } else if !text.contains(words.as_str()) {
            lacks(language, words, found);
        }
    }
}

fn lacks(language: &str, words: &str, found: &mut Vec<Finding>) {
    blocking(
        found,
        "words_missing",
        format!("文面({language})に「{words}」がありません"),
        format!("the text ({language}) does not say \"{words}\""),
    );
}

fn contradicts(language: &str, words: &str, found: &mut Vec<Finding>) {
    blocking(
        found,
        "words_contradict_level",
        format!("文面({language})の「{words}」は、このレベルと合いません"),
        format!("\"{words}\" in the text ({language}) does not fit its level"),
    );
}

fn forbidden_words(language: &str, text: &str, found: &mut Vec<Finding>) {
    for word in forbidden::found(language, text) {
        blocking(
            found,
            "forbidden_word",
            format!(
                "文面({language})の「{}」は使えません: {}",
                word.word, word.why
            ),
            format!(
                "\"{}\" in the text ({language}) cannot be used: {}",
                word.word, word.why_en
            ),
        );
    }
}

fn easy(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let facts = subject.facts;
    let Some(text) = subject.texts.in_language(EASY_JAPANESE) else {
        return;
    };
    if facts.kind == Kind::Issue
        && facts.level == OrderLevel::EmergencySafety
        && text.instruction.contains("にげて")
    {
        contradicts(EASY_JAPANESE, "にげて", found);
    }
    let names = names(facts);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for one in lint(&text.whole(), &names) {
        let (ja, en) = match one {
            NotEasy::Long { sentence, signs } => (
                format!("やさしい日本語の文が長すぎます({signs}字): {sentence}"),
                format!("a sentence in easy Japanese is too long ({signs} signs): {sentence}"),
            ),
            NotEasy::NoReading { word, sentence } => (
                format!("やさしい日本語の「{word}」にふりがながありません: {sentence}"),
                format!("\"{word}\" in easy Japanese has no reading: {sentence}"),
            ),
            NotEasy::Hard {
                form,
                instead,
                sentence,
            } => (
                format!("やさしい日本語では「{form}」でなく「{instead}」を使います: {sentence}"),
                format!("easy Japanese says \"{instead}\" for \"{form}\": {sentence}"),
            ),
        };
        warning(found, "not_easy", ja, en);
    }
}

/// Proper names: they stand on signs and maps as they are.
fn names(facts: &Facts) -> Vec<String> {
    let left_out = facts.corrects.iter().flat_map(|one| &one.left_out);
    let districts = facts.districts.iter().chain(left_out).flat_map(|d| {
        let read = d.kana.iter().map(|kana| format!("{}({kana})", d.name));
        read.chain([d.name.clone()]).collect::<Vec<_>>()
    });
    let shelters = facts.shelters.iter().map(|s| s.name.clone());
    [
        facts.town.clone(),
        facts.river.clone(),
        facts.sender_name.clone(),
    ]
    .into_iter()
    .chain(districts)
    .chain(shelters)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Severity::Blocks;
    use super::super::tests::{around, codes, order};
    use super::super::{Subject, examine};
    use super::*;
    use crate::text::{AreaMailLimits, Phrasebook, Texts};

    fn with(change: impl Fn(&mut Facts), reword: impl Fn(&mut Texts)) -> Vec<Finding> {
        let mut facts = order("one");
        change(&mut facts);
        let mut texts = Texts::of(&facts, &Phrasebook::built_in(), &AreaMailLimits::default());
        reword(&mut texts);
        examine(
            &Subject {
                facts: &facts,
                texts: &texts,
                document_bytes: 1,
                now: facts.sent,
            },
            &around(),
        )
    }

    #[test]
    fn a_number_without_its_order_and_a_word_of_the_old_law_are_refused() {
        let findings = with(
            |_| {},
            |texts| {
                let text = &mut texts.languages[0].text;
                for part in [
                    &mut text.headline,
                    &mut text.description,
                    &mut text.instruction,
                ] {
                    *part = part.replace("避難指示", "避難勧告");
                }
            },
        );
        let blocks = codes(&findings, Blocks);
        assert!(
            blocks.contains(&"words_missing") && blocks.contains(&"forbidden_word"),
            "{findings:#?}"
        );
    }

    #[test]
    fn level_5_that_sends_people_out_and_level_3_that_forgets_the_others_are_refused() {
        let out = with(
            |facts| {
                facts.level = OrderLevel::EmergencySafety;
                facts.shelters.clear();
            },
            |texts| {
                texts.languages[0]
                    .text
                    .instruction
                    .push_str("避難所へ避難してください。");
            },
        );
        assert!(codes(&out, Blocks).contains(&"words_contradict_level"));
        let forgotten = with(
            |facts| facts.level = OrderLevel::ElderlyEvacuation,
            |texts| {
                let text = &mut texts.languages[0].text.instruction;
                *text = text.replace("そのほかの人", "みなさん");
            },
        );
        assert!(codes(&forgotten, Blocks).contains(&"words_missing"));
    }

    #[test]
    fn every_level_hazard_and_kind_of_ours_is_worded_without_a_finding() {
        use crate::facts::Hazard;
        for level in OrderLevel::ALL {
            for hazard in Hazard::ALL {
                for kind in [Kind::Issue, Kind::Lift, Kind::Cancel] {
                    let findings = with(
                        |facts| {
                            (facts.level, facts.hazard, facts.kind) = (level, hazard, kind);
                            if level == OrderLevel::EmergencySafety || kind != Kind::Issue {
                                facts.shelters.clear();
                            }
                            if kind != Kind::Issue {
                                facts.note = "確認した".to_owned();
                                let first = order("zero");
                                facts.replaces =
                                    super::super::tests::replacing("x", &first).replaces;
                            }
                        },
                        |_| {},
                    );
                    let left_out = findings
                        .iter()
                        .filter(|f| f.code != "left_out")
                        .collect::<Vec<_>>();
                    assert!(
                        left_out.is_empty(),
                        "{level} {hazard:?} {kind:?}: {left_out:#?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_correction_says_so_first_in_every_language_and_names_who_was_in_it_in_error() {
        use crate::facts::Correction;
        use crate::realm::Realm;
        for level in OrderLevel::ALL {
            for realm in [Realm::Actual, Realm::Exercise] {
                let corrected = |facts: &mut Facts| {
                    (facts.level, facts.realm) = (level, realm);
                    if level == OrderLevel::EmergencySafety {
                        facts.shelters.clear();
                    }
                    let first = order("zero");
                    facts.replaces = super::super::tests::replacing("x", &first).replaces;
                    let mut wrong = first.districts[0].clone();
                    (wrong.name, wrong.name_en) = ("南町".to_owned(), "Minami".to_owned());
                    facts.note = "先にお知らせした内容に誤りがありました".to_owned();
                    facts.corrects = Some(Correction {
                        notice: first.id,
                        left_out: vec![wrong],
                    });
                };
                let findings = with(corrected, |_| {});
                assert!(findings.is_empty(), "{level} {realm:?}: {findings:#?}");
                let mut facts = order("one");
                corrected(&mut facts);
                let limits = AreaMailLimits::default();
                let texts = Texts::of(&facts, &Phrasebook::built_in(), &limits);
                let says = [
                    (JAPANESE, "【訂正】", "南町"),
                    (EASY_JAPANESE, "【直(なお)し】", "南町"),
                    (ENGLISH, "[CORRECTION]", "Minami"),
                ];
                for (language, mark, who) in says {
                    let text = texts.in_language(language).expect("a text");
                    assert!(text.headline.contains(mark), "{}", text.headline);
                    assert!(text.description.ends_with(who), "{}", text.description);
                    assert!(text.instruction.contains(mark), "{}", text.instruction);
                }
                assert!(texts.mail.subject.contains("【訂正】"));
                let mail = &texts.area_mail;
                assert!(mail.subject.contains("訂正") && mail.body.contains("訂正します"));
                assert_eq!(
                    (mail.over(&limits).subject, mail.over(&limits).body),
                    (0, 0),
                    "{mail:?}"
                );
            }
        }
    }
}
