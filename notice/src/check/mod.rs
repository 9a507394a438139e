//! What would be wrong with a notice if it left: one pure function over the notice and what is around it.
//!
//! A finding that blocks cannot be approved away; it says what to change. One that warns is shown beside the text and the
//! officer decides. Each check is a file; together they are what happened to others: a district left out, a shelter that
//! was not open, a drill's text in earnest, an order of weeks ago that left when a queue came back.

mod areas;
mod dates;
mod live;
mod realm;
mod shelters;
mod sizes;
mod words;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::facts::Facts;
use crate::text::{AreaMailLimits, Texts};

/// A notice that asks to leave.
pub struct Subject<'s> {
    /// Its facts.
    pub facts: &'s Facts,
    /// Its words.
    pub texts: &'s Texts,
    /// Bytes of its CAP document.
    pub document_bytes: usize,
    /// The moment of asking.
    pub now: Timestamp,
}

/// What is around it, as far as the service knows.
#[derive(Clone, Debug, Default)]
pub struct Surroundings<'s> {
    /// Orders in force, of every river and hazard.
    pub live: Vec<&'s Facts>,
    /// Every issuing unit of the town, by id.
    pub units: BTreeMap<String, Unit>,
    /// Sites that the town knows, by id.
    pub shelters: BTreeMap<String, Shelter>,
    /// Sites that the recommendation has within reach, by id with their names, the nearest first.
    pub sites_near: Vec<(String, String)>,
    /// The box around the town: west, south, east, north in degrees. None where it is not known.
    pub town_box: Option<[f64; 4]>,
    /// Why units with equal or higher hazard are left out, in the officer's words; empty when nobody said.
    pub left_out_because: String,
    /// Time of the newest observation the notice rests on.
    pub observed_at: Option<Timestamp>,
    /// Limits of the text for telephones.
    pub area_mail: AreaMailLimits,
    /// Whether that text will be sent at all.
    pub area_mail_is_sent: bool,
}

/// An issuing unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// Name.
    pub name: String,
    /// The same in English, where it has one.
    pub name_en: Option<String>,
    /// The level that is advised for it now against this hazard of this river; 0 when none is.
    pub advised_level: u8,
    /// Ids of the units beside it.
    pub neighbours: Vec<String>,
}

impl Unit {
    /// Its name for a sentence in English: a place without an English name keeps its own.
    fn in_english(&self) -> &str {
        self.name_en.as_deref().unwrap_or(&self.name)
    }
}

/// A site as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shelter {
    /// Whether people can enter.
    pub state: ShelterState,
    /// Whether it is designated for this hazard.
    pub valid_for_hazard: bool,
    /// Whether it stands where this hazard is expected to reach.
    pub inside_hazard: bool,
}

/// Whether people can enter a site (開設状況).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShelterState {
    /// 開設
    Open,
    /// 満員
    Full,
    /// 閉鎖・未開設
    Closed,
    /// Nobody has said.
    Unknown,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It cannot be approved.
    Blocks,
    /// The officer sees it and decides.
    Warns,
}

/// One thing that is wrong, or may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable name.
    pub code: String,
    /// How grave.
    pub severity: Severity,
    /// For officers, Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

/// Everything that is wrong, the gravest first, else in the order of the checks.
#[must_use]
pub fn examine(subject: &Subject<'_>, around: &Surroundings<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    realm::check(subject, &mut found);
    dates::check(subject, around, &mut found);
    areas::check(subject, around, &mut found);
    shelters::check(subject, around, &mut found);
    live::check(subject, around, &mut found);
    words::check(subject, &mut found);
    sizes::check(subject, around, &mut found);
    found.sort_by_key(|finding: &Finding| finding.severity);
    found
}

/// Whether one of them blocks.
#[must_use]
pub fn blocks(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|finding| finding.severity == Severity::Blocks)
}

fn blocking(found: &mut Vec<Finding>, code: &str, ja: String, en: String) {
    found.push(Finding {
        code: code.to_owned(),
        severity: Severity::Blocks,
        ja,
        en,
    });
}

fn warning(found: &mut Vec<Finding>, code: &str, ja: String, en: String) {
    found.push(Finding {
        code: code.to_owned(),
        severity: Severity::Warns,
        ja,
        en,
    });
}

/// Names named in one line, at most, so that it stays a line.
const NAMED_MAX: usize = 8;

/// Names in one line of Japanese.
fn named<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let (first, more) = first_of(names);
    let first = first.join("、");
    match more {
        0 => first,
        more => format!("{first} ほか{more}"),
    }
}

/// The same in English.
fn named_en<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let (first, more) = first_of(names);
    let first = first.join(", ");
    match more {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

fn first_of<'n>(names: impl Iterator<Item = &'n str>) -> (Vec<&'n str>, usize) {
    let mut all: Vec<&str> = names.collect();
    let more = all.len().saturating_sub(NAMED_MAX);
    all.truncate(NAMED_MAX);
    (all, more)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::facts::{Certainty, Hazard, Kind, NamedShelter, NoticeDistrict, Reference};
    use crate::id::NoticeId;
    use crate::level::OrderLevel;
    use crate::realm::Realm;
    use crate::text::Phrasebook;

    pub(crate) fn id(name: &str) -> NoticeId {
        NoticeId::try_from(format!("jp-012076-{name}")).expect("a valid id")
    }

    fn district(id: &str, name: &str, west: f64) -> NoticeDistrict {
        let ring = vec![
            [west, 42.9],
            [west + 0.01, 42.9],
            [west + 0.01, 42.91],
            [west, 42.91],
            [west, 42.9],
        ];
        NoticeDistrict {
            id: id.to_owned(),
            name: name.to_owned(),
            kana: None,
            name_en: id.to_owned(),
            rings: vec![ring],
        }
    }

    /// A sound order of level 4 for two districts.
    pub(crate) fn order(name: &str) -> Facts {
        let sent: Timestamp = "2016-08-30T12:04:00Z".parse().expect("a time");
        Facts {
            id: id(name),
            realm: Realm::Actual,
            kind: Kind::Issue,
            town_code: "012076".to_owned(),
            town: "帯広市".to_owned(),
            town_en: "Obihiro City".to_owned(),
            level: OrderLevel::EvacuationOrder,
            hazard: Hazard::Flood,
            river: "札内川".to_owned(),
            river_en: "Satsunai River".to_owned(),
            districts: vec![
                district("a", "東町", 143.2),
                district("b", "西町", 143.21),
            ],
            people_in_zone: 1000,
            shelters: vec![NamedShelter {
                id: "s1".to_owned(),
                name: "中央小学校".to_owned(),
            }],
            ground: "札内川の南帯橋観測所の水位は、8月30日(火) 21:00に3.20 m(氾濫危険水位以上)で、上昇しています。".to_owned(),
            ground_en: "The Satsunai River stood at 3.20 m, rising.".to_owned(),
            certainty: Certainty::Observed,
            replaces: Vec::new(),
            sent,
            expires: sent + jiff::SignedDuration::from_hours(12),
            sender: "bosai@example.lg.jp".to_owned(),
            sender_name: "帯広市".to_owned(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            note: String::new(),
            corrects: None,
            earlier: Vec::new(),
        }
    }

    /// The same anew, in the place of another.
    pub(crate) fn replacing(name: &str, replaced: &Facts) -> Facts {
        let mut facts = replaced.clone();
        facts.id = id(name);
        facts.sent = replaced.sent + jiff::SignedDuration::from_mins(60);
        facts.expires = facts.sent + jiff::SignedDuration::from_hours(12);
        facts.replaces = vec![Reference {
            sender: replaced.sender.clone(),
            id: replaced.id.clone(),
            sent: replaced.sent,
        }];
        facts
    }

    pub(crate) fn around<'s>() -> Surroundings<'s> {
        let unit = |name: &str, level: u8, beside: &[&str]| Unit {
            name: name.to_owned(),
            name_en: None,
            advised_level: level,
            neighbours: beside.iter().map(|id| (*id).to_owned()).collect(),
        };
        Surroundings {
            units: [
                ("a".to_owned(), unit("東町", 4, &["b"])),
                ("b".to_owned(), unit("西町", 4, &["a"])),
                ("c".to_owned(), unit("南町", 0, &["a", "b"])),
            ]
            .into(),
            shelters: [(
                "s1".to_owned(),
                Shelter {
                    state: ShelterState::Open,
                    valid_for_hazard: true,
                    inside_hazard: false,
                },
            )]
            .into(),
            town_box: Some([143.0, 42.6, 143.4, 43.0]),
            ..Surroundings::default()
        }
    }

    pub(crate) fn found(facts: &Facts, around: &Surroundings<'_>) -> Vec<Finding> {
        found_at(facts, around, facts.sent)
    }

    pub(crate) fn found_at(
        facts: &Facts,
        around: &Surroundings<'_>,
        now: Timestamp,
    ) -> Vec<Finding> {
        let texts = Texts::of(facts, &Phrasebook::built_in(), &around.area_mail);
        let subject = Subject {
            facts,
            texts: &texts,
            document_bytes: 1000,
            now,
        };
        examine(&subject, around)
    }

    pub(crate) fn codes(findings: &[Finding], severity: Severity) -> Vec<&str> {
        findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .map(|finding| finding.code.as_str())
            .collect()
    }

    #[test]
    fn a_sound_order_leaves_without_a_word() {
        let findings = found(&order("one"), &around());
        assert_eq!(findings, [], "{findings:#?}");
    }

    #[test]
    fn every_finding_is_said_in_japanese_and_in_english() {
        let mut bad = order("one");
        bad.districts.clear();
        bad.shelters[0].id = "unknown".to_owned();
        bad.ground = "避難勧告を出しました。○○".to_owned();
        bad.expires = bad.sent;
        let findings = found(&bad, &around());
        assert!(findings.len() >= 4 && blocks(&findings));
        for finding in findings {
            assert!(
                !finding.ja.is_ascii() && !finding.en.is_empty(),
                "{finding:?}"
            );
        }
    }
}
