//! An evacuation order as a report for L-Alert (Lアラート, 公共情報コモンズ).
//!
//! An adapter boundary, not a connection: the specification in force is given to members only. The structure follows what
//! is public of the older one (EDXL-DE around a report of the category `EvacuationOrder`); it has not been tested for
//! conformity, and every file says so. A member's gateway turns it into what the hub takes.

use serde::{Deserialize, Serialize};

use super::cap::Unwritable;
use super::xml::{self, Xml, element, element_with, leaf, leaf_with};
use crate::facts::{Facts, Kind};
use crate::level::OrderLevel;
use crate::when::cap as time;

const EDXL: &str = "urn:oasis:names:tc:emergency:EDXL:DE:1.0";
const COMMONS: &str = "http://xml.publiccommons.ne.jp/xml/edxl/";
const REPORT: &str = "http://xml.publiccommons.ne.jp/pcxml1/3";
const EVACUATION: &str = "http://xml.publiccommons.ne.jp/pcxml1/body/evacuation3";
/// What every file says of itself.
pub const NOT_TESTED: &str = "適合試験を受けていない連携用ファイル。Not tested for conformity with L-Alert: input for a member's gateway.";

/// Which document of L-Alert a notice belongs to: it keeps its id while its revision rises. A notice that replaces several goes
/// on with the document of the first and ends those of the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// The notice that began it.
    pub document: String,
    /// 1 for the first.
    pub revision: usize,
    /// Documents of others that it replaces: they end with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<Ended>,
}

/// A document that ends because a notice goes on in another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The notice that began it.
    pub document: String,
    /// The revision that ends it.
    pub revision: usize,
    /// What ends: the level of its order.
    pub level: OrderLevel,
    /// And for whom: id, name and reading of each unit.
    pub areas: Vec<(String, String, Option<String>)>,
}

impl Chain {
    /// The place of these facts, after the notices that they replace (in that order) with the places those have.
    #[must_use]
    pub fn after(facts: &Facts, replaced: &[(&Facts, Self)]) -> Self {
        let Some((_, first)) = replaced.first() else {
            return Self {
                document: facts.id.to_string(),
                revision: 1,
                ends: Vec::new(),
            };
        };
        let mut ends: Vec<Ended> = Vec::new();
        for (other, chain) in &replaced[1..] {
            // A lift or a cancel has ended its document itself.
            let over = other.kind != Kind::Issue || chain.document == first.document;
            if over || ends.iter().any(|one| one.document == chain.document) {
                continue;
            }
            let areas = other.districts.iter();
            ends.push(Ended {
                document: chain.document.clone(),
                revision: chain.revision + 1,
                level: other.level,
                areas: areas
                    .map(|d| (d.id.clone(), d.name.clone(), d.kana.clone()))
                    .collect(),
            });
        }
        Self {
            document: first.document.clone(),
            revision: first.revision + 1,
            ends,
        }
    }
}

/// What a report says of its document, and what holds afterwards.
struct Said<'s> {
    document: &'s str,
    revision: usize,
    level: OrderLevel,
    lifted: bool,
    areas: Vec<(&'s str, &'s str, Option<&'s str>)>,
    note: &'s str,
    distribution: &'static str,
    /// Distinguishes the files of one notice.
    suffix: String,
}

/// Writes the report of these facts.
///
/// # Errors
/// [`Unwritable`] when the XML writer fails or a character cannot be written.
pub fn write(facts: &Facts, headline: &str, chain: &Chain) -> Result<Vec<u8>, Unwritable> {
    let areas = facts.districts.iter();
    written(
        facts,
        headline,
        &Said {
            document: &chain.document,
            revision: chain.revision,
            level: facts.level,
            lifted: facts.kind != Kind::Issue,
            areas: areas
                .map(|d| (d.id.as_str(), d.name.as_str(), d.kana.as_deref()))
                .collect(),
            note: &facts.note,
            distribution: distribution(facts),
            suffix: String::new(),
        },
    )
}

/// Writes the end (解除) of each other document that these facts replace, in the order of [`Chain::ends`]: without it the hub
/// would show an order that nobody means any more.
///
/// # Errors
/// [`Unwritable`] when the XML writer fails or a character cannot be written.
pub fn write_ends(
    facts: &Facts,
    headline: &str,
    chain: &Chain,
) -> Result<Vec<Vec<u8>>, Unwritable> {
    let note = format!("発表 {} に置き換えられました。", facts.id);
    let ends = chain.ends.iter().enumerate();
    ends.map(|(n, ended)| {
        let areas = ended.areas.iter();
        written(
            facts,
            headline,
            &Said {
                document: &ended.document,
                revision: ended.revision,
                level: ended.level,
                lifted: true,
                areas: areas
                    .map(|(id, name, kana)| (id.as_str(), name.as_str(), kana.as_deref()))
                    .collect(),
                note: &note,
                distribution: "Update",
                suffix: format!("-end-{}", n + 1),
            },
        )
    })
    .collect()
}

fn written(facts: &Facts, headline: &str, said: &Said<'_>) -> Result<Vec<u8>, Unwritable> {
    if let Some(bad) = xml::not_xml(headline) {
        return Err(Unwritable::NotXml {
            code: u32::from(bad),
        });
    }
    let attributes = [
        ("xmlns", EDXL),
        ("xmlns:commons", COMMONS),
        ("xmlns:pcx", REPORT),
        ("xmlns:pcx_ev", EVACUATION),
    ];
    Ok(xml::document("EDXLDistribution", &attributes, |xml| {
        let id = format!("{}{}", facts.id, said.suffix);
        leaf(xml, "distributionID", &id)?;
        leaf(xml, "senderID", &facts.sender)?;
        leaf(xml, "dateTimeSent", &time(facts.sent))?;
        leaf(xml, "distributionStatus", facts.realm.cap_status())?;
        leaf(xml, "distributionType", said.distribution)?;
        leaf(
            xml,
            "combinedConfidentiality",
            "unclassified and not sensitive",
        )?;
        element(xml, "commons:targetArea", |xml| {
            leaf(xml, "commons:jisX0402", &facts.town_code)
        })?;
        element(xml, "commons:contentObject", |xml| {
            leaf(xml, "contentDescription", NOT_TESTED)?;
            element(xml, "xmlContent", |xml| {
                element(xml, "embeddedXMLContent", |xml| {
                    report(xml, facts, headline, said)
                })
            })?;
            leaf(xml, "commons:publishingOfficeName", &facts.sender_name)?;
            leaf(xml, "commons:publishingOfficeID", &facts.town_code)?;
            leaf(xml, "commons:documentRevision", &said.revision.to_string())?;
            leaf(xml, "commons:documentID", said.document)?;
            leaf(xml, "commons:category", "EvacuationOrder")
        })
    })?)
}

fn report(xml: &mut Xml, facts: &Facts, headline: &str, said: &Said<'_>) -> std::io::Result<()> {
    let revision = said.revision;
    element(xml, "pcx:Report", |xml| {
        element(xml, "pcx:Control", |xml| {
            leaf(xml, "pcx:Title", "避難情報")?;
            leaf(xml, "pcx:distributionStatus", facts.realm.cap_status())?;
            element(xml, "pcx:PublishingOffice", |xml| {
                leaf(xml, "pcx:OrganizationCode", &facts.town_code)?;
                leaf(xml, "pcx:OfficeName", &facts.sender_name)
            })
        })?;
        element(xml, "pcx:Head", |xml| {
            leaf(xml, "pcx:Title", &format!("{} 避難情報", facts.town))?;
            leaf(xml, "pcx:CreateDateTime", &time(facts.sent))?;
            leaf(xml, "pcx:ReportDateTime", &time(facts.sent))?;
            leaf(xml, "pcx:documentRevision", &revision.to_string())?;
            if revision > 1 {
                leaf(
                    xml,
                    "pcx:previousDocumentRevision",
                    &(revision - 1).to_string(),
                )?;
            }
            leaf(xml, "pcx:documentID", said.document)?;
            element(xml, "pcx:Headline", |xml| leaf(xml, "pcx:Text", headline))
        })?;
        element(xml, "pcx:Body", |xml| {
            element(xml, "pcx_ev:EvacuationOrder", |xml| {
                element(xml, "pcx_ev:Disaster", |xml| {
                    leaf(xml, "pcx_ev:DisasterName", facts.hazard.spoken())
                })?;
                if !said.note.is_empty() {
                    leaf(xml, "pcx_ev:ComplementaryInfo", said.note)?;
                }
                detail(xml, facts, said)
            })
        })
    })
}

/// Numbers of people and households are left out: what is not known is not written as 0.
fn detail(xml: &mut Xml, facts: &Facts, said: &Said<'_>) -> std::io::Result<()> {
    element(xml, "pcx_ev:Detail", |xml| {
        leaf(xml, "pcx_ev:Sort", said.level.name())?;
        let issue_or_lift = if said.lifted { "解除" } else { "発令" };
        leaf(xml, "pcx_ev:IssueOrLift", issue_or_lift)?;
        element(xml, "pcx_ev:Areas", |xml| {
            said.areas.iter().try_for_each(|(id, name, kana)| {
                element_with(xml, "pcx_ev:Area", &[("id", id)], |xml| {
                    element(xml, "pcx_ev:Location", |xml| {
                        leaf(xml, "commons:areaName", name)?;
                        if let Some(kana) = kana {
                            leaf(xml, "commons:areaNameKana", kana)?;
                        }
                        Ok(())
                    })?;
                    leaf_with(xml, "pcx_ev:DateTime", &[], &time(facts.sent))
                })
            })
        })
    })
}

fn distribution(facts: &Facts) -> &'static str {
    match facts.kind {
        Kind::Cancel => "Cancel",
        Kind::Issue if facts.replaces.is_empty() => "Report",
        Kind::Issue | Kind::Lift => "Update",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::tests::{order, replacing};

    #[test]
    fn a_document_keeps_its_id_and_its_revision_rises_along_the_chain() {
        let first = order("one");
        let second = replacing("two", &first);
        let third = replacing("three", &second);
        let began = Chain::after(&first, &[]);
        assert_eq!(
            (began.document.as_str(), began.revision),
            (first.id.as_str(), 1)
        );
        let went_on = Chain::after(&second, &[(&first, began)]);
        let chain = Chain::after(&third, &[(&second, went_on)]);
        assert_eq!(
            chain,
            Chain {
                document: first.id.to_string(),
                revision: 3,
                ends: Vec::new()
            }
        );
        let written = write(&third, "見出し", &chain).expect("it can be written");
        let text = String::from_utf8(written).expect("UTF-8");
        assert!(text.contains(NOT_TESTED) && text.contains("<pcx:previousDocumentRevision>2<"));
        let ends = write_ends(&third, "見出し", &chain).expect("it can be written");
        assert!(ends.is_empty(), "nothing else ends");
    }

    #[test]
    fn an_order_that_replaces_two_goes_on_with_one_document_and_ends_the_other() {
        let (east, mut west) = (order("east"), order("west"));
        west.districts.truncate(1);
        west.level = OrderLevel::ElderlyEvacuation;
        let mut both = replacing("both", &east);
        both.replaces.extend(replacing("x", &west).replaces);
        let of = |facts| Chain::after(facts, &[]);
        let chain = Chain::after(&both, &[(&east, of(&east)), (&west, of(&west))]);
        assert_eq!(
            (chain.document.as_str(), chain.revision),
            (east.id.as_str(), 2)
        );
        assert_eq!(chain.ends.len(), 1);
        assert_eq!(chain.ends[0].document, west.id.to_string());
        let ends = write_ends(&both, "見出し", &chain).expect("they can be written");
        let text = String::from_utf8(ends[0].clone()).expect("UTF-8");
        for part in [
            format!("<commons:documentID>{}<", west.id),
            "<commons:documentRevision>2<".to_owned(),
            "<pcx_ev:IssueOrLift>解除<".to_owned(),
            format!("<pcx_ev:Sort>{}<", west.level.name()),
            format!("<commons:areaName>{}<", west.districts[0].name),
            format!("{} に置き換えられました", both.id),
        ] {
            assert!(text.contains(&part), "{part} in {text}");
        }
        assert_eq!(text.matches("<pcx_ev:Area ").count(), 1);
        // The next one goes on with the first document; the other is not ended twice.
        let next = replacing("next", &both);
        let chain = Chain::after(&next, &[(&both, chain)]);
        assert_eq!(
            (chain.document.as_str(), chain.revision),
            (east.id.as_str(), 3)
        );
        assert!(chain.ends.is_empty());
        // What earlier versions kept is still read.
        let kept: Chain =
            serde_json::from_str("{\"document\":\"a\",\"revision\":2}").expect("a chain");
        assert!(kept.ends.is_empty());
    }
}
