//! Reading a CAP document as somebody else's software would.

use std::process::Command;

use geo::BoundingRect as _;
use roxmltree::{Document, Node};

use crate::town_reference::plain;

const CAP: &str = "urn:oasis:names:tc:emergency:cap:1.2";

/// What a document says about itself.
pub(crate) struct Alert<'d> {
    document: &'d Document<'d>,
}

impl<'d> Alert<'d> {
    pub(crate) fn of(document: &'d Document<'d>) -> Self {
        assert!(document.root_element().has_tag_name((CAP, "alert")));
        Self { document }
    }

    /// Text of a child of the alert.
    pub(crate) fn says(&self, name: &str) -> &'d str {
        child(self.document.root_element(), name)
            .unwrap_or_else(|| panic!("the alert has no {name}"))
    }

    pub(crate) fn mentions(&self, name: &str) -> bool {
        child(self.document.root_element(), name).is_some()
    }

    /// Text of a child of every language block, which must all say the same.
    pub(crate) fn info(&self, name: &str) -> &'d str {
        let said: Vec<&str> = self.infos().filter_map(|info| child(info, name)).collect();
        assert_eq!(said.len(), 2, "each language says {name} once");
        assert_eq!(said[0], said[1], "the languages agree on {name}");
        said[0]
    }

    pub(crate) fn infos(&self) -> impl Iterator<Item = Node<'d, 'd>> {
        self.document
            .root_element()
            .children()
            .filter(|n| n.has_tag_name((CAP, "info")))
    }

    /// Structure, times and places, whoever published it.
    pub(crate) fn is_sound(&self) {
        let languages: Vec<&str> = self.infos().filter_map(|i| child(i, "language")).collect();
        assert_eq!(languages, ["ja-JP", "en"]);
        let sent: jiff::Timestamp = self.says("sent").parse().unwrap();
        assert!(self.says("sent").ends_with("+09:00"), "Japan time, never Z");
        let expires = self.info("expires");
        assert!(expires.ends_with("+09:00") && expires.parse::<jiff::Timestamp>().unwrap() > sent);
        assert_eq!(self.says("scope"), "Public");
        for info in self.infos() {
            let codes = [("WMO:event", "Flood")];
            for (name, value) in codes {
                let found: Vec<&str> = named(info, "eventCode")
                    .filter(|code| child(*code, "valueName") == Some(name))
                    .filter_map(|code| child(code, "value"))
                    .collect();
                assert_eq!(found, [value], "{name}");
            }
        }
        for info in self.infos() {
            let areas: Vec<Node<'_, '_>> = named(info, "area").collect();
            assert!(!areas.is_empty(), "a place is named");
            for area in areas {
                assert!(child(area, "areaDesc").is_some_and(|text| !text.is_empty()));
                let codes: Vec<(&str, &str)> = named(area, "geocode")
                    .filter_map(|code| Some((child(code, "valueName")?, child(code, "value")?)))
                    .collect();
                assert!(codes.contains(&("jisX0402", plain().town.code.as_str())));
                let id = codes.iter().find(|(name, _)| *name == "hinan:areaId");
                let id = id.map(|(_, id)| *id).unwrap();
                let district = plain().town.districts.iter().find(|one| one.id == id);
                assert!(district.is_some(), "{id} is a district of the town");
                assert!(
                    named(area, "polygon").count() >= 1,
                    "each district has an outline"
                );
                for polygon in named(area, "polygon") {
                    is_in_town(polygon.text().unwrap_or_default());
                }
            }
        }
    }

    /// How many districts it names.
    pub(crate) fn districts(&self) -> usize {
        self.infos()
            .next()
            .map_or(0, |info| named(info, "area").count())
    }
}

fn child<'d>(node: Node<'d, 'd>, name: &str) -> Option<&'d str> {
    named(node, name)
        .next()
        .map(|n| n.text().unwrap_or_default())
}

fn named<'d>(node: Node<'d, 'd>, name: &str) -> impl Iterator<Item = Node<'d, 'd>> {
    node.children().filter(move |n| n.tag_name().name() == name)
}

/// Closed, latitude first, inside the box around the town.
fn is_in_town(polygon: &str) {
    let points: Vec<(f64, f64)> = polygon
        .split(' ')
        .map(|pair| {
            let (lat, lon) = pair.split_once(',').unwrap();
            (lat.parse().unwrap(), lon.parse().unwrap())
        })
        .collect();
    assert!(
        points.len() >= 4 && points.first() == points.last(),
        "the ring is closed"
    );
    let town = plain().town.outline.bounding_rect().unwrap();
    // Simplified outlines may stand a few metres over the border.
    let margin = 0.001;
    for (lat, lon) in points {
        assert!(
            lat > town.min().y - margin
                && lat < town.max().y + margin
                && lon > town.min().x - margin
                && lon < town.max().x + margin,
            "{lat},{lon} lies in the town, latitude first"
        );
    }
}

/// Validates against the official schema, where `HINAN_SAMPLES` names a folder that has it.
pub(crate) fn fits_the_schema(document: &[u8]) {
    let Some(samples) = std::env::var_os("HINAN_SAMPLES") else {
        eprintln!("skipped: no samples");
        return;
    };
    let schema = std::path::Path::new(&samples).join("protocols/cap/schema/CAP-v1.2.xsd");
    if !schema.exists() {
        hinan_town::without_peer(&format!("no samples at {}", schema.display()));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alert.xml");
    std::fs::write(&file, document).unwrap();
    let checked = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .arg(&schema)
        .arg(&file)
        .output();
    match checked {
        Ok(output) => {
            eprintln!("tried 1 document against {}", schema.display());
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Err(error) => hinan_town::without_peer(&format!("no xmllint ({error})")),
    }
}
