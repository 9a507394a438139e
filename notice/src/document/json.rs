//! The JSON list of notices, and what holds in each area.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Entry, cap};
use crate::digest::Digest;
use crate::facts::{Facts, Kind, Reference};
use crate::realm::Realm;
use crate::text::{ENGLISH, JAPANESE, Text};

/// What holds in one area: the highest of the orders in force there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaState {
    /// Area.
    pub area: String,
    /// Its name.
    pub name: String,
    /// Live or exercise.
    pub realm: Realm,
    /// 3, 4, 5; none when no order is in force.
    pub level: Option<u8>,
    /// Name of the order in law.
    pub order: Option<String>,
    /// Hazard of that order.
    pub hazard: Option<String>,
    /// The notice that says so.
    pub notice: Option<String>,
    /// When that notice was sent.
    pub since: Option<Timestamp>,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
    /// The notice that this state came with.
    pub changed_by: String,
    /// When that was sent.
    pub changed_at: Timestamp,
}

/// What holds after a notice in each area that it or one it ends is about. `live` are all orders in force then, the notice
/// itself among them if it is one.
#[must_use]
pub fn areas_after(changed_by: &Facts, ended: &[&Facts], live: &[&Facts]) -> Vec<AreaState> {
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for facts in ended.iter().copied().chain([changed_by]) {
        for district in &facts.districts {
            names.insert(&district.id, &district.name);
        }
    }
    names
        .into_iter()
        .map(|(area, name)| {
            let highest = highest(area, live);
            AreaState {
                area: area.to_owned(),
                name: name.to_owned(),
                realm: changed_by.realm,
                level: highest.map(|facts| facts.level.number()),
                order: highest.map(|facts| facts.level.name().to_owned()),
                hazard: highest.map(|facts| facts.hazard.word().to_owned()),
                notice: highest.map(|facts| facts.id.to_string()),
                since: highest.map(|facts| facts.sent),
                expires: highest.map(|facts| facts.expires),
                changed_by: changed_by.id.to_string(),
                changed_at: changed_by.sent,
            }
        })
        .collect()
}

/// The order that counts in an area: the highest level, of equal ones the one that holds longest.
fn highest<'f>(area: &str, live: &[&'f Facts]) -> Option<&'f Facts> {
    live.iter()
        .copied()
        .filter(|facts| facts.districts.iter().any(|district| district.id == area))
        .max_by_key(|facts| (facts.level, facts.expires, std::cmp::Reverse(&facts.id)))
}

#[derive(Serialize)]
struct List<'l> {
    version: u32,
    realm: Realm,
    town_code: &'l str,
    updated: Timestamp,
    in_force: usize,
    notices: Vec<Listed<'l>>,
}

#[derive(Serialize)]
struct Listed<'l> {
    id: &'l str,
    kind: Kind,
    in_force: bool,
    level: u8,
    order: &'static str,
    order_en: &'static str,
    hazard: &'static str,
    river: &'l str,
    areas: Vec<Area<'l>>,
    sent: Timestamp,
    approved: Timestamp,
    expires: Timestamp,
    replaces: &'l [Reference],
    shelters: Vec<&'l str>,
    texts: BTreeMap<&'static str, Text>,
    cap: String,
    cap_sha256: Digest,
}

#[derive(Serialize)]
struct Area<'l> {
    id: &'l str,
    name: &'l str,
    name_en: &'l str,
}

/// Writes the list, newest first as given. `in_force` says which of them hold.
#[must_use]
pub fn write(
    publisher: &super::Publisher<'_>,
    realm: Realm,
    entries: &[Entry<'_>],
    in_force: impl Fn(&Facts) -> bool,
    began: Timestamp,
) -> Vec<u8> {
    let url = publisher.base();
    let notices: Vec<Listed<'_>> = entries
        .iter()
        .map(|entry| {
            let facts = entry.facts;
            let texts = [JAPANESE, ENGLISH]
                .into_iter()
                .filter_map(|language| Some((language, cap::text_in(entry.document, language)?)));
            Listed {
                id: facts.id.as_str(),
                kind: facts.kind,
                in_force: in_force(facts),
                level: facts.level.number(),
                order: facts.level.name(),
                order_en: facts.level.name_en(),
                hazard: facts.hazard.word(),
                river: &facts.river,
                areas: facts
                    .districts
                    .iter()
                    .map(|d| Area {
                        id: &d.id,
                        name: &d.name,
                        name_en: &d.name_en,
                    })
                    .collect(),
                sent: facts.sent,
                approved: entry.approved_at,
                expires: facts.expires,
                replaces: &facts.replaces,
                shelters: facts.shelters.iter().map(|s| s.name.as_str()).collect(),
                texts: texts.collect(),
                cap: format!("{url}/cap/{}.xml", facts.id),
                cap_sha256: Digest::of(entry.document),
            }
        })
        .collect();
    let list = List {
        version: 1,
        realm,
        town_code: publisher.code,
        updated: entries.iter().map(|e| e.approved_at).max().unwrap_or(began),
        in_force: notices.iter().filter(|one| one.in_force).count(),
        notices,
    };
    crate::send::json(&list)
}
