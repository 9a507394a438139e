//! The templates of all languages (文面の型): three are built in, further ones are files of the town.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use super::template::places;
use super::{EASY_JAPANESE, ENGLISH, JAPANESE, LanguageText, render};
use crate::digest::Digest;
use crate::facts::{Facts, Hazard, Kind};

/// Largest template file, bytes.
pub const FILE_MAX_BYTES: usize = 64 * 1024;
/// Most languages beside the three that are built in.
pub const FURTHER_MAX: usize = 16;
/// Longest line of a template, characters.
const LINE_MAX: usize = 2000;

const BUILT_IN: [(&str, &str); 3] = [
    ("ja.toml", include_str!("../../languages/ja.toml")),
    (
        "ja-x-easy.toml",
        include_str!("../../languages/ja-x-easy.toml"),
    ),
    ("en.toml", include_str!("../../languages/en.toml")),
];

/// The templates in use.
#[derive(Clone, Debug)]
pub struct Phrasebook {
    languages: Vec<Language>,
}

/// The templates of one language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Language {
    pub(super) language: String,
    pub(super) title: String,
    /// Who answers for the translation of the locked sentences; only for languages that are not built in.
    #[serde(default)]
    confirmed_by: String,
    /// Digest of the locked sentences as they were confirmed; only for languages that are not built in.
    #[serde(default)]
    locked_sha256: String,
    pub(super) style: Style,
    pub(super) words: BTreeMap<String, String>,
    pub(super) hazard: BTreeMap<String, HazardWords>,
    pub(super) headline: ByKind,
    pub(super) description: ByKind,
    pub(super) instruction: Instruction,
    /// What a correction says of itself. A further language that does not word it says it in English.
    #[serde(default)]
    pub(super) correction: Option<CorrectionWords>,
    pub(super) locked: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CorrectionWords {
    /// Before the headline.
    pub(super) mark: String,
    /// Before the description.
    pub(super) said: String,
    /// Behind it, where units were named that should not have been.
    pub(super) left_out: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Style {
    pub(super) names: Names,
    pub(super) times: Times,
    pub(super) separator: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Names {
    Ja,
    Easy,
    En,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Times {
    Ja,
    Easy,
    En,
    Numbers,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HazardWords {
    pub(super) name: String,
    pub(super) cause: String,
    pub(super) cause_river: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ByKind {
    issue: String,
    lift: String,
    cancel: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Instruction {
    issue: String,
    lift: String,
    cancel: String,
    pub(super) shelters: String,
}

impl ByKind {
    pub(super) fn of(&self, kind: Kind) -> &str {
        match kind {
            Kind::Issue => &self.issue,
            Kind::Lift => &self.lift,
            Kind::Cancel => &self.cancel,
        }
    }
}

impl Instruction {
    pub(super) fn of(&self, kind: Kind) -> &str {
        match kind {
            Kind::Issue => &self.issue,
            Kind::Lift => &self.lift,
            Kind::Cancel => &self.cancel,
        }
    }
}

/// Why a template file is refused. Nothing of it is used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Refused {
    /// Not readable as templates.
    #[error("{file}: 文面の型として読めません / not a template file: {why}")]
    Malformed {
        /// The file.
        file: String,
        /// Line, key and what was expected.
        why: String,
    },
    /// Too large.
    #[error("{file}: 大きすぎます / too large: {found} {what}, 上限 limit {most}")]
    TooLarge {
        /// The file.
        file: String,
        /// What was counted.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many may be.
        most: usize,
    },
    /// A word or sentence of the law was changed.
    #[error(
        "{file}: [locked] \"{key}\" は法令・ガイドラインの語句のため変更できません / is a legal phrase and cannot be changed. 期待 expected: 「{expected}」 実際 found: 「{found}」"
    )]
    Locked {
        /// The file.
        file: String,
        /// Which.
        key: String,
        /// What must stand there.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// The locked sentences of a further language are not those that were confirmed.
    #[error(
        "{file}: [locked] の内容は確認済みのものと違います / the locked sentences are not the confirmed ones: locked_sha256 は is {stated}, 内容は content has {found}。翻訳を確認した人が locked_sha256 を直してください / whoever confirms the translation states the new digest"
    )]
    NotConfirmed {
        /// The file.
        file: String,
        /// The digest it states.
        stated: String,
        /// The digest of what it holds.
        found: String,
    },
    /// A key is missing or empty.
    #[error("{file}: {key} がありません / is missing; 必要なもの wanted: {wanted}")]
    Missing {
        /// The file.
        file: String,
        /// Which.
        key: String,
        /// What would do.
        wanted: String,
    },
    /// A place that nothing fills, or a fixed key that nobody knows.
    #[error(
        "{file}: {key} の {found} は使えません / cannot be used; 使えるもの accepted: {accepted}"
    )]
    Unknown {
        /// The file.
        file: String,
        /// Where.
        key: String,
        /// What stands there.
        found: String,
        /// What may stand there.
        accepted: String,
    },
    /// A language twice.
    #[error("{file}: 言語 {language} は2つあります / this language is there twice")]
    Twice {
        /// The second file.
        file: String,
        /// The language.
        language: String,
    },
}

const WORDS: [&str; 5] = ["mark", "count_one", "count_many", "along", "ground"];
const HEADLINE: [&str; 7] = ["mark", "town", "along", "count", "order", "hazard", "level"];
const DESCRIPTION: [&str; 16] = [
    "mark",
    "town",
    "sender",
    "along",
    "count",
    "order",
    "hazard",
    "level",
    "name",
    "cause",
    "districts",
    "ground",
    "sent",
    "note",
    "explained",
    "place",
];
const INSTRUCTION: [&str; 8] = [
    "mark",
    "town",
    "action",
    "lifted",
    "cancelled",
    "shelters",
    "hazard",
    "order",
];

impl Phrasebook {
    /// Japanese, easy Japanese and English as built in.
    ///
    /// # Panics
    /// Never: a test reads the built-in templates.
    #[must_use]
    pub fn built_in() -> Self {
        Self::with(&[]).expect("the built-in templates are sound, a test reads them")
    }

    /// The built-in templates with a town's files over them: one file per language, `(name, text)`. A file of a built-in
    /// language may word everything anew but what is locked; a file of another language adds it.
    ///
    /// # Errors
    /// [`Refused`] names file, key, what stands there and what is accepted; then nothing is used.
    pub fn with(files: &[(String, String)]) -> Result<Self, Refused> {
        let mut languages = Vec::new();
        for (file, text) in BUILT_IN {
            let language = read(file, text)?;
            sound(file, &language)?;
            languages.push(language);
        }
        let further = files.len();
        if further > FURTHER_MAX {
            return Err(Refused::TooLarge {
                file: files[0].0.clone(),
                what: "files",
                found: further,
                most: FURTHER_MAX,
            });
        }
        let mut seen: Vec<String> = Vec::new();
        let mut added = Vec::new();
        for (file, text) in files {
            let language = read(file, text)?;
            sound(file, &language)?;
            if seen.contains(&language.language) {
                return Err(Refused::Twice {
                    file: file.clone(),
                    language: language.language,
                });
            }
            seen.push(language.language.clone());
            match languages
                .iter_mut()
                .find(|known| known.language == language.language)
            {
                Some(known) => {
                    unchanged(file, known, &language)?;
                    *known = language;
                }
                None => {
                    confirmed(file, &language)?;
                    added.push(language);
                }
            }
        }
        added.sort_by(|a, b| a.language.cmp(&b.language));
        languages.extend(added);
        let english = languages.iter().find(|one| one.language == ENGLISH);
        let english = english.and_then(|one| one.correction.clone());
        for language in &mut languages {
            if language.correction.is_none() {
                language.correction.clone_from(&english);
            }
        }
        Ok(Self { languages })
    }

    /// The tags of the languages, in their order.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.languages.iter().map(|one| one.language.as_str())
    }

    /// The texts of these facts in all languages.
    #[must_use]
    pub fn all(&self, facts: &Facts) -> Vec<LanguageText> {
        self.languages
            .iter()
            .map(|language| LanguageText {
                language: language.language.clone(),
                title: language.title.clone(),
                text: render::text(language, facts),
            })
            .collect()
    }
}

/// What a file must state as `locked_sha256` for the locked sentences it holds.
///
/// # Errors
/// When it cannot be read as a template file.
pub fn locked_digest(file: &str, text: &str) -> Result<Digest, Refused> {
    Ok(digest_of(&read(file, text)?.locked))
}

fn digest_of(locked: &BTreeMap<String, String>) -> Digest {
    Digest::of_json(locked)
}

fn read(file: &str, text: &str) -> Result<Language, Refused> {
    if text.len() > FILE_MAX_BYTES {
        return Err(Refused::TooLarge {
            file: file.to_owned(),
            what: "bytes",
            found: text.len(),
            most: FILE_MAX_BYTES,
        });
    }
    toml::from_str(text).map_err(|error| Refused::Malformed {
        file: file.to_owned(),
        why: error.to_string().trim().to_owned(),
    })
}

/// The locked keys every language has.
fn locked_keys() -> Vec<String> {
    let mut keys = Vec::new();
    for level in ["3", "4", "5"] {
        keys.push(format!("order.{level}"));
        keys.push(format!("name.{level}"));
        for group in render::GROUPS {
            keys.push(format!("action.{group}.{level}"));
        }
    }
    keys.extend(render::GROUPS.map(|group| format!("lifted.{group}")));
    keys.push("cancelled".to_owned());
    keys
}

fn sound(file: &str, language: &Language) -> Result<(), Refused> {
    let missing = |key: String, wanted: &str| Refused::Missing {
        file: file.to_owned(),
        key,
        wanted: wanted.to_owned(),
    };
    let tag = &language.language;
    if !(2..=35).contains(&tag.len())
        || !tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    {
        return Err(Refused::Unknown {
            file: file.to_owned(),
            key: "language".to_owned(),
            found: tag.clone(),
            accepted: "a tag such as vi or zh-Hans".to_owned(),
        });
    }
    for key in WORDS {
        if language.words.get(key).is_none_or(String::is_empty) {
            return Err(missing(format!("words.{key}"), "text"));
        }
    }
    for hazard in Hazard::ALL {
        if !language.hazard.contains_key(hazard.word()) {
            return Err(missing(
                format!("hazard.{}", hazard.word()),
                "name, cause, cause_river",
            ));
        }
    }
    if is_built_in(tag) && language.correction.is_none() {
        return Err(missing("correction".to_owned(), "mark, said, left_out"));
    }
    for key in locked_keys() {
        if language
            .locked
            .get(&key)
            .is_none_or(|text| text.trim().is_empty())
        {
            return Err(missing(
                format!("locked.\"{key}\""),
                "the phrase of the law",
            ));
        }
    }
    for level in ["3", "4", "5"] {
        let key = format!("order.{level}");
        if !language.locked[&key].contains(level) {
            return Err(missing(
                format!("locked.\"{key}\""),
                "the number of the level in it",
            ));
        }
    }
    let lines = lines(language);
    for (key, template, accepted, wanted) in &lines {
        if template.chars().count() > LINE_MAX {
            return Err(Refused::TooLarge {
                file: file.to_owned(),
                what: "characters in one line",
                found: template.chars().count(),
                most: LINE_MAX,
            });
        }
        for place in places(template) {
            if !accepted.contains(&place) {
                return Err(Refused::Unknown {
                    file: file.to_owned(),
                    key: key.clone(),
                    found: format!("{{{place}}}"),
                    accepted: accepted
                        .iter()
                        .map(|name| format!("{{{name}}}"))
                        .collect::<Vec<_>>()
                        .join(" "),
                });
            }
        }
        for place in *wanted {
            if !places(template).contains(place) {
                return Err(missing(key.clone(), &format!("{{{place}}} in it")));
            }
        }
    }
    Ok(())
}

type Line<'l> = (
    String,
    &'l str,
    &'static [&'static str],
    &'static [&'static str],
);

/// Every template: its key, itself, the places it may have and those it must have.
fn lines(language: &Language) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (key, template) in &language.words {
        let accepted: &'static [&'static str] = match key.as_str() {
            "count_one" | "count_many" => &["n"],
            "along" => &["river"],
            "ground" => &["ground", "place"],
            _ => &[],
        };
        lines.push((format!("words.{key}"), template, accepted, &[]));
    }
    for (key, words) in &language.hazard {
        lines.push((format!("hazard.{key}.name"), &words.name, &[], &[]));
        lines.push((format!("hazard.{key}.cause"), &words.cause, &[], &[]));
        let river = (
            format!("hazard.{key}.cause_river"),
            words.cause_river.as_str(),
        );
        lines.push((river.0, river.1, &["river"], &[]));
    }
    for kind in [Kind::Issue, Kind::Lift, Kind::Cancel] {
        let key = |part: &str| format!("{part}.{}", kind.word());
        let headline = language.headline.of(kind);
        let must: &'static [&'static str] = &["mark", "town", "order", "hazard"];
        lines.push((key("headline"), headline, &HEADLINE, must));
        let must: &'static [&'static str] = match kind {
            Kind::Issue => &["mark", "order", "districts", "ground", "sent"],
            Kind::Lift | Kind::Cancel => &["mark", "order", "districts", "sent"],
        };
        lines.push((
            key("description"),
            language.description.of(kind),
            &DESCRIPTION,
            must,
        ));
        let must: &'static [&'static str] = match kind {
            Kind::Issue => &["mark", "action"],
            Kind::Lift => &["mark", "lifted"],
            Kind::Cancel => &["mark", "cancelled"],
        };
        lines.push((
            key("instruction"),
            language.instruction.of(kind),
            &INSTRUCTION,
            must,
        ));
    }
    if let Some(correction) = &language.correction {
        let of = |key: &str| format!("correction.{key}");
        lines.push((of("mark"), &correction.mark, &[], &[]));
        lines.push((of("said"), &correction.said, &[], &[]));
        let wanted: &'static [&'static str] = &["left_out"];
        lines.push((of("left_out"), &correction.left_out, wanted, wanted));
    }
    let shelters = &language.instruction.shelters;
    lines.push((
        "instruction.shelters".to_owned(),
        shelters,
        &INSTRUCTION,
        &["shelters"],
    ));
    for (key, phrase) in &language.locked {
        lines.push((format!("locked.\"{key}\""), phrase, &[], &[]));
    }
    lines
}

/// A file of a built-in language keeps every locked phrase and adds none.
fn unchanged(file: &str, known: &Language, given: &Language) -> Result<(), Refused> {
    for key in known.locked.keys().chain(given.locked.keys()) {
        let expected = known.locked.get(key).cloned().unwrap_or_default();
        let found = given.locked.get(key).cloned().unwrap_or_default();
        if expected != found {
            return Err(Refused::Locked {
                file: file.to_owned(),
                key: key.clone(),
                expected,
                found,
            });
        }
    }
    Ok(())
}

/// A further language states who confirmed its locked phrases, and which they were.
fn confirmed(file: &str, given: &Language) -> Result<(), Refused> {
    if given.confirmed_by.trim().is_empty() {
        return Err(Refused::Missing {
            file: file.to_owned(),
            key: "confirmed_by".to_owned(),
            wanted: "who answers for the translation of [locked]".to_owned(),
        });
    }
    let found = digest_of(&given.locked);
    if given.locked_sha256 != found.as_str() {
        return Err(Refused::NotConfirmed {
            file: file.to_owned(),
            stated: given.locked_sha256.clone(),
            found: found.to_string(),
        });
    }
    Ok(())
}

/// Whether a tag is one of the three that are built in.
#[must_use]
pub fn is_built_in(tag: &str) -> bool {
    [JAPANESE, EASY_JAPANESE, ENGLISH].contains(&tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(from: &str, to: &str) -> Result<Phrasebook, Refused> {
        let text = BUILT_IN[0].1.replace(from, to);
        assert_ne!(text, BUILT_IN[0].1, "{from} stands in the file");
        Phrasebook::with(&[("town.toml".to_owned(), text)])
    }

    #[test]
    fn the_built_in_languages_are_sound_and_stand_in_their_order() {
        let book = Phrasebook::built_in();
        assert_eq!(
            book.tags().collect::<Vec<_>>(),
            [JAPANESE, EASY_JAPANESE, ENGLISH]
        );
    }

    #[test]
    fn a_town_may_word_its_headline_but_not_the_law() {
        assert!(changed("{count}に{order}を発令", "{count}に対し{order}を発令").is_ok());
        let error = changed("\"避難指示\"", "\"避難勧告\"").expect_err("a word of the law");
        assert_eq!(
            error,
            Refused::Locked {
                file: "town.toml".to_owned(),
                key: "name.4".to_owned(),
                expected: "避難指示".to_owned(),
                found: "避難勧告".to_owned(),
            }
        );
        let error = changed("全員避難してください。外へ", "避難してください。外へ")
            .expect_err("a legal sentence");
        assert!(matches!(error, Refused::Locked { key, .. } if key == "action.water.4"));
    }

    #[test]
    fn a_template_that_loses_the_order_or_names_an_unknown_place_is_refused_by_its_key() {
        let error = changed(
            "{count}に{order}を発令({hazard})",
            "{count}に発令({hazard})",
        )
        .expect_err("no order");
        assert!(
            error.to_string().contains("headline.issue") && error.to_string().contains("{order}"),
            "{error}"
        );
        let error = changed("{ground}\n", "{ground}{forecast}\n").expect_err("an unknown place");
        assert!(
            error.to_string().contains("{forecast}") && error.to_string().contains("{districts}"),
            "{error}"
        );
        let error = changed("[style]", "[stile]").expect_err("an unknown key");
        assert!(error.to_string().contains("stile"), "{error}");
    }

    #[test]
    fn a_further_language_is_data_and_its_legal_sentences_are_those_that_were_confirmed() {
        let sentences = BUILT_IN[2].1.replace(
            "language = \"en\"",
            "language = \"en-AU\"\nconfirmed_by = \"国際課\"",
        );
        let digest = locked_digest("en-AU.toml", &sentences).expect("it is readable");
        let stated = format!("locked_sha256 = \"{digest}\"\n{sentences}");
        let book = Phrasebook::with(&[("en-AU.toml".to_owned(), stated.clone())])
            .expect("a fourth language");
        assert_eq!(book.tags().last(), Some("en-AU"));
        let altered = stated.replace("leave now.", "leave when you like.");
        let error = Phrasebook::with(&[("en-AU.toml".to_owned(), altered)])
            .expect_err("a changed sentence");
        assert!(matches!(error, Refused::NotConfirmed { .. }), "{error}");
        let nobody = stated.replace("confirmed_by = \"国際課\"", "");
        let error = Phrasebook::with(&[("en-AU.toml".to_owned(), nobody)])
            .expect_err("nobody answers for it");
        assert!(error.to_string().contains("confirmed_by"), "{error}");
        let twice = [
            ("a.toml".to_owned(), stated.clone()),
            ("b.toml".to_owned(), stated),
        ];
        assert!(matches!(
            Phrasebook::with(&twice),
            Err(Refused::Twice { .. })
        ));
    }
}
