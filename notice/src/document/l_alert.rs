//! An evacuation order as a report for L-Alert (Lアラート, 公共情報コモンズ).
//!
//! An adapter boundary, not a connection: the specification in force is given to members only. The structure follows what
//! is public of the older one (EDXL-DE around a report of the category `EvacuationOrder`); it has not been tested for
//! conformity, and every file says so. A member's gateway turns it into what the hub takes.

use serde::{Deserialize, Serialize};

use super::cap::Unwritable;
use super::xml::{self, Xml, element, element_with, leaf, leaf_with};
use crate::facts::{Facts, Kind};
use crate::when::cap as time;

const EDXL: &str = "urn:oasis:names:tc:emergency:EDXL:DE:1.0";
const COMMONS: &str = "http://xml.publiccommons.ne.jp/xml/edxl/";
const REPORT: &str = "http://xml.publiccommons.ne.jp/pcxml1/3";
const EVACUATION: &str = "http://xml.publiccommons.ne.jp/pcxml1/body/evacuation3";
/// What every file says of itself.
pub const NOT_TESTED: &str = "適合試験を受けていない連携用ファイル。Not tested for conformity with L-Alert: input for a member's gateway.";

/// Which document of L-Alert a notice belongs to: it keeps its id while its revision rises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// The notice that began it.
    pub document: String,
    /// 1 for the first.
    pub revision: usize,
}

impl Chain {
    /// Follows a notice back to the first of its chain. `earlier` are all notices that may be in it.
    #[must_use]
    pub fn of(facts: &Facts, earlier: &[&Facts]) -> Self {
        let mut chain = Self {
            document: facts.id.to_string(),
            revision: 1,
        };
        let mut at = facts;
        // No chain is longer than what there is, so that two notices which name each other do not hold us.
        for _ in 0..=earlier.len() {
            let Some(reference) = at.replaces.first() else {
                break;
            };
            chain.document = reference.id.to_string();
            chain.revision += 1;
            match earlier.iter().find(|known| known.id == reference.id) {
                Some(known) => at = known,
                None => break,
            }
        }
        chain
    }
}

/// Writes the report of these facts.
///
/// # Errors
/// [`Unwritable`] when the XML writer fails or a character cannot be written.
pub fn write(facts: &Facts, headline: &str, chain: &Chain) -> Result<Vec<u8>, Unwritable> {
    if let Some(bad) = xml::not_xml(headline) {
        return Err(Unwritable::NotXml {
            code: u32::from(bad),
        });
    }
    let revision = chain.revision;
    let attributes = [
        ("xmlns", EDXL),
        ("xmlns:commons", COMMONS),
        ("xmlns:pcx", REPORT),
        ("xmlns:pcx_ev", EVACUATION),
    ];
    Ok(xml::document("EDXLDistribution", &attributes, |xml| {
        leaf(xml, "distributionID", facts.id.as_str())?;
        leaf(xml, "senderID", &facts.sender)?;
        leaf(xml, "dateTimeSent", &time(facts.sent))?;
        leaf(xml, "distributionStatus", facts.realm.cap_status())?;
        leaf(xml, "distributionType", distribution(facts))?;
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
                    report(xml, facts, headline, chain)
                })
            })?;
            leaf(xml, "commons:publishingOfficeName", &facts.sender_name)?;
            leaf(xml, "commons:publishingOfficeID", &facts.town_code)?;
            leaf(xml, "commons:documentRevision", &revision.to_string())?;
            leaf(xml, "commons:documentID", &chain.document)?;
            leaf(xml, "commons:category", "EvacuationOrder")
        })
    })?)
}

fn report(xml: &mut Xml, facts: &Facts, headline: &str, chain: &Chain) -> std::io::Result<()> {
    let revision = chain.revision;
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
            leaf(xml, "pcx:documentID", &chain.document)?;
            element(xml, "pcx:Headline", |xml| leaf(xml, "pcx:Text", headline))
        })?;
        element(xml, "pcx:Body", |xml| {
            element(xml, "pcx_ev:EvacuationOrder", |xml| {
                element(xml, "pcx_ev:Disaster", |xml| {
                    leaf(xml, "pcx_ev:DisasterName", facts.hazard.spoken())
                })?;
                if !facts.note.is_empty() {
                    leaf(xml, "pcx_ev:ComplementaryInfo", &facts.note)?;
                }
                detail(xml, facts)
            })
        })
    })
}

/// Numbers of people and households are left out: what is not known is not written as 0.
fn detail(xml: &mut Xml, facts: &Facts) -> std::io::Result<()> {
    element(xml, "pcx_ev:Detail", |xml| {
        leaf(xml, "pcx_ev:Sort", facts.level.name())?;
        let issue_or_lift = match facts.kind {
            Kind::Issue => "発令",
            Kind::Lift | Kind::Cancel => "解除",
        };
        leaf(xml, "pcx_ev:IssueOrLift", issue_or_lift)?;
        element(xml, "pcx_ev:Areas", |xml| {
            facts.districts.iter().try_for_each(|district| {
                element_with(xml, "pcx_ev:Area", &[("id", &district.id)], |xml| {
                    element(xml, "pcx_ev:Location", |xml| {
                        leaf(xml, "commons:areaName", &district.name)?;
                        if let Some(kana) = &district.kana {
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
        let all = [&first, &second];
        assert_eq!(Chain::of(&first, &all).revision, 1);
        assert_eq!(
            Chain::of(&third, &all),
            Chain {
                document: first.id.to_string(),
                revision: 3
            }
        );
        let mut ring = first.clone();
        ring.replaces = second.replaces.clone();
        assert_eq!(Chain::of(&ring, &[&ring]).revision, 3, "a ring ends");
        let written = write(&third, "見出し", &Chain::of(&third, &all)).expect("it can be written");
        let text = String::from_utf8(written).expect("UTF-8");
        assert!(text.contains(NOT_TESTED) && text.contains("<pcx:previousDocumentRevision>2<"));
    }
}
