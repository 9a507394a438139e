//! Bulletins in words: 府県気象防災速報 (VPBS50), 気象情報・気象解説情報 (VPFJ, VPCJ, VPZJ), 台風情報 (VPTI), 地震の活動状況
//! (VXSE56), 南海トラフ地震臨時情報 (VYSE) and every type that has no form of its own here.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::official::area::Area;
use crate::official::envelope::time;
use crate::official::grade::Hazard;
use crate::official::refusal::Refusal;
use crate::official::value::Measured;
use crate::official::xml::{Element, cut};

const LIST_MAX: usize = 500;
const TEXTS_MAX: usize = 50;

/// A bulletin: its tags, areas, observed values and words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bulletin {
    /// 情報タグ of the headline: 線状降水帯発生, 記録雨, 台風, ….
    pub tags: Vec<String>,
    /// What the tags are about, where a town would act on them.
    pub hazards: Vec<Hazard>,
    /// Areas the headline names.
    pub areas: Vec<Area>,
    /// What was observed: rain of the record, the band of rain, ….
    pub observed: Vec<Observed>,
    /// The texts of the body, in order; each cut after 4000 characters.
    pub texts: Vec<String>,
}

/// One observed event or amount.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// The area or station.
    pub place: Area,
    /// `Status` of the area: 付近, …
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub near: String,
    /// When.
    pub at: Option<Timestamp>,
    /// Name of the event, if it is one.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub event: String,
    /// The amount, if it is one.
    pub amount: Option<Measured>,
}

/// Reads a bulletin. Never fails on content it does not know: what is unknown is not kept, the words are.
pub(crate) fn read(head: &Element, body: &Element) -> Result<Bulletin, Refusal> {
    let mut bulletin = Bulletin {
        tags: Vec::new(),
        hazards: Vec::new(),
        areas: Vec::new(),
        observed: Vec::new(),
        texts: Vec::new(),
    };
    for item in head
        .child("Headline")
        .iter()
        .flat_map(|headline| headline.all("Information"))
        .flat_map(|information| information.all("Item"))
        .take(LIST_MAX)
    {
        for kind in item.all("Kind") {
            let words = match kind.text_of("Name") {
                "情報タグ" => kind.text_of("Condition"),
                name => name,
            };
            for tag in words.split_whitespace() {
                if !bulletin.tags.iter().any(|known| known == tag) && bulletin.tags.len() < LIST_MAX
                {
                    bulletin.tags.push(cut(tag, 80));
                }
            }
        }
        for area in item.all("Areas").flat_map(|areas| areas.all("Area")) {
            let area = Area::of(area);
            if !bulletin.areas.contains(&area) && bulletin.areas.len() < LIST_MAX {
                bulletin.areas.push(area);
            }
        }
    }
    bulletin.hazards = hazards(&bulletin.tags);
    observed(body, &mut bulletin)?;
    texts(body, &mut bulletin.texts);
    Ok(bulletin)
}

fn hazards(tags: &[String]) -> Vec<Hazard> {
    let mut found: Vec<Hazard> = tags
        .iter()
        .filter_map(|tag| {
            if tag.contains("線状降水帯") {
                Some(Hazard::RainBand)
            } else if tag.contains("記録雨") || tag.contains("記録的短時間大雨") {
                Some(Hazard::RecordRain)
            } else if tag.contains("竜巻") {
                Some(Hazard::Tornado)
            } else {
                None
            }
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn observed(body: &Element, bulletin: &mut Bulletin) -> Result<(), Refusal> {
    for item in body
        .all("MeteorologicalInfos")
        .filter(|infos| infos.attribute("type") == "観測実況")
        .flat_map(|infos| infos.all("MeteorologicalInfo"))
        .flat_map(|info| info.all("Item"))
        .take(LIST_MAX)
    {
        let place = item.child("Area").or_else(|| item.child("Station"));
        let named = place.map_or_else(
            || Area {
                code: String::new(),
                name: String::new(),
            },
            Area::of,
        );
        let near = place.map_or(String::new(), |place| cut(place.text_of("Status"), 20));
        for property in item.all("Kind").flat_map(|kind| kind.all("Property")) {
            for event in property.all("EventPart").flat_map(|part| part.all("Event")) {
                bulletin.observed.push(Observed {
                    place: named.clone(),
                    near: near.clone(),
                    at: at(event)?,
                    event: cut(event.text_of("EventName"), 80),
                    amount: None,
                });
            }
            for part in property.all("PrecipitationPart") {
                for amount in part.all("Precipitation") {
                    bulletin.observed.push(Observed {
                        place: named.clone(),
                        near: near.clone(),
                        at: at(part)?,
                        event: String::new(),
                        amount: Some(Measured::of(amount)),
                    });
                }
            }
        }
        if bulletin.observed.len() > LIST_MAX {
            return Err(Refusal::TooMany {
                what: "observed values",
                max: LIST_MAX,
            });
        }
    }
    Ok(())
}

fn at(part: &Element) -> Result<Option<Timestamp>, Refusal> {
    match part.text_of("Time") {
        "" => Ok(None),
        text => time("Time of an observation", text).map(Some),
    }
}

/// The words of a body, wherever they stand.
pub(crate) fn texts(body: &Element, found: &mut Vec<String>) {
    const WORDS: [&str; 9] = [
        "Text",
        "Notice",
        "FreeFormComment",
        "VolcanoHeadline",
        "VolcanoActivity",
        "VolcanoPrevention",
        "NextAdvisory",
        "Sentence",
        "Appendix",
    ];
    for child in &body.children {
        if found.len() >= TEXTS_MAX {
            return;
        }
        if WORDS.contains(&&*child.name) && !child.text().is_empty() {
            let text = cut(child.text(), 4000);
            if found.last() != Some(&text) {
                found.push(text);
            }
        }
        texts(child, found);
    }
}
