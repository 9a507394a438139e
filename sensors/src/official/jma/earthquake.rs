//! 震度速報 (VXSE51), 震源に関する情報 (VXSE52), 震源・震度に関する情報 (VXSE53), 震源要素更新 (VXSE61), 長周期地震動 (VXSE62),
//! 地震回数 (VXSE60).
//!
//! The reports of one earthquake share an event identifier; each type is replaced by its own newer report. A report about
//! something far away (遠地) may be an eruption: its fixed headline says earthquake, only the free comment tells.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::official::area::Area;
use crate::official::envelope::{Envelope, time};
use crate::official::refusal::Refusal;
use crate::official::value::{Intensity, Measured, Place, coordinate};
use crate::official::xml::{Element, cut};

const POINTS_MAX: usize = 20_000;

/// One report about an earthquake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarthquakeReport {
    /// The earthquakes it speaks of: usually one, none in a flash report, two when they were almost at once.
    pub earthquakes: Vec<Earthquake>,
    /// Greatest intensity observed.
    pub max_intensity: Option<Intensity>,
    /// Greatest class of long-period motion observed, 1 to 4.
    pub max_long_period: Option<u8>,
    /// Prefectures with what was observed in them.
    pub prefectures: Vec<Prefecture>,
    /// What the agency adds in fixed sentences: code and text. They say whether there is a tsunami.
    pub comments: Vec<Comment>,
    /// What it adds in its own words; cut after 4000 characters.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub free_comment: String,
    /// 遠地: far from Japan.
    pub far: bool,
    /// The words speak of an eruption: this is no earthquake, whatever the headline says.
    pub eruption: bool,
}

/// Where, when and how strong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Earthquake {
    /// 地震発生時刻.
    pub origin_at: Option<Timestamp>,
    /// 地震発現時刻.
    pub arrival_at: Option<Timestamp>,
    /// 震央地名.
    pub hypocentre: Area,
    /// 詳細震央地名, of far ones.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub detailed_name: String,
    /// 短縮用震央地名, of early warnings.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub short_name: String,
    /// Where, in degrees. `None`: unknown.
    pub place: Option<Place>,
    /// Where, to the minute, when the agency refined it.
    pub refined_place: Option<Place>,
    /// Where, in the agency's words (`北緯…　深さ不明`).
    pub place_words: String,
    /// `Earthquake/Condition`: 仮定震源要素 and the like.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub condition: String,
    /// Magnitude; without a value when it is 不明, then the description tells why.
    pub magnitude: Option<Measured>,
}

/// What was observed in one prefecture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prefecture {
    /// Name and two digits.
    pub prefecture: Area,
    /// Greatest intensity.
    pub max: Option<Intensity>,
    /// Its areas (細分区域).
    pub areas: Vec<IntensityArea>,
}

/// What was observed in one area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntensityArea {
    /// Name and three digits.
    pub area: Area,
    /// Greatest intensity.
    pub max: Option<Intensity>,
    /// Municipalities, with the stations in them.
    pub cities: Vec<IntensityCity>,
}

/// What was observed in one municipality.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntensityCity {
    /// Name and seven digits.
    pub city: Area,
    /// Greatest intensity that arrived.
    pub max: Option<Intensity>,
    /// 震度５弱以上未入電: some station is thought to have 5- or more, but nothing arrived.
    pub missing_strong: bool,
    /// Stations, in the order of the telegram.
    pub stations: Vec<IntensityStation>,
}

impl IntensityCity {
    /// Greatest intensity, counting what is missing but thought to be strong.
    #[must_use]
    pub fn at_least(&self) -> Option<Intensity> {
        let missing = self.missing_strong.then_some(Intensity::AtLeast5Lower);
        self.max.max(missing)
    }
}

/// What one station observed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntensityStation {
    /// Name and seven digits. `＊` marks a station that is not the agency's.
    pub station: Area,
    /// Intensity.
    pub intensity: Option<Intensity>,
}

/// A fixed sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Codes, separated by spaces.
    pub code: String,
    /// Text; cut after 2000 characters.
    pub text: String,
}

/// Reads a report.
pub(crate) fn read(envelope: &Envelope, body: &Element) -> Result<EarthquakeReport, Refusal> {
    let observation = body.at(&["Intensity", "Observation"]);
    let free_comment = cut(body.text_at(&["Comments", "FreeFormComment"]), 4000);
    let far = envelope.title.contains("遠地");
    let mut points = 0;
    let prefectures = observation
        .iter()
        .flat_map(|observation| observation.all("Pref"))
        .map(|pref| prefecture(pref, &mut points))
        .collect();
    if points > POINTS_MAX {
        return Err(Refusal::TooMany {
            what: "intensity stations",
            max: POINTS_MAX,
        });
    }
    Ok(EarthquakeReport {
        earthquakes: body
            .all("Earthquake")
            .take(10)
            .map(earthquake)
            .collect::<Result<_, _>>()?,
        max_intensity: observation.and_then(|o| Intensity::read(o.text_of("MaxInt"))),
        max_long_period: observation
            .and_then(|o| o.text_of("MaxLgInt").parse().ok())
            .filter(|class| *class <= 4),
        prefectures,
        comments: comments(body),
        eruption: free_comment.contains("噴火"),
        free_comment,
        far,
    })
}

/// Reads `Earthquake`, which tsunami and early warnings carry too.
pub(crate) fn earthquake(element: &Element) -> Result<Earthquake, Refusal> {
    let area = element.at(&["Hypocenter", "Area"]);
    let mut place = None;
    let mut refined_place = None;
    let mut place_words = String::new();
    for one in area.iter().flat_map(|area| area.all("Coordinate")) {
        if one.attribute("type").contains("度分") {
            refined_place = coordinate(one);
        } else {
            place = coordinate(one);
            place_words = cut(one.attribute("description"), 200);
        }
    }
    let text = |name| area.map_or("", |area| area.text_of(name));
    Ok(Earthquake {
        origin_at: optional(element, "OriginTime", "Earthquake/OriginTime")?,
        arrival_at: optional(element, "ArrivalTime", "Earthquake/ArrivalTime")?,
        hypocentre: area.map_or_else(
            || Area {
                code: String::new(),
                name: String::new(),
            },
            Area::of,
        ),
        detailed_name: cut(text("DetailedName"), 120),
        short_name: cut(text("ReduceName"), 80),
        place,
        refined_place,
        place_words,
        condition: cut(element.text_of("Condition"), 80),
        magnitude: element.child("Magnitude").map(Measured::of),
    })
}

pub(crate) fn comments(body: &Element) -> Vec<Comment> {
    body.child("Comments")
        .iter()
        .flat_map(|comments| &comments.children)
        .filter(|comment| comment.child("Text").is_some())
        .take(20)
        .map(|comment| Comment {
            code: cut(comment.text_of("Code"), 200),
            text: cut(comment.text_of("Text"), 2000),
        })
        .collect()
}

fn optional(
    element: &Element,
    name: &str,
    what: &'static str,
) -> Result<Option<Timestamp>, Refusal> {
    match element.text_of(name) {
        "" => Ok(None),
        text => time(what, text).map(Some),
    }
}

fn prefecture(pref: &Element, points: &mut usize) -> Prefecture {
    Prefecture {
        prefecture: Area::of(pref),
        max: Intensity::read(pref.text_of("MaxInt")),
        areas: pref
            .all("Area")
            .map(|area| self::area(area, points))
            .collect(),
    }
}

fn area(area: &Element, points: &mut usize) -> IntensityArea {
    *points += 1;
    IntensityArea {
        area: Area::of(area),
        max: Intensity::read(area.text_of("MaxInt")),
        cities: area
            .all("City")
            .map(|city| {
                let stations: Vec<_> = city
                    .all("IntensityStation")
                    .map(|station| {
                        *points += 1;
                        IntensityStation {
                            station: Area::of(station),
                            intensity: Intensity::read(station.text_of("Int")),
                        }
                    })
                    .collect();
                IntensityCity {
                    city: Area::of(city),
                    max: Intensity::read(city.text_of("MaxInt")),
                    missing_strong: Intensity::read(city.text_of("Condition"))
                        == Some(Intensity::AtLeast5Lower)
                        || stations
                            .iter()
                            .any(|s| s.intensity == Some(Intensity::AtLeast5Lower)),
                    stations,
                }
            })
            .collect(),
    }
}
