//! 気象警報・注意報 in all its forms, and what looks like it: VPWW50–61, VXWW50, VPHW50/51, VPNO50, VPOA50.
//!
//! A telegram repeats the same facts at four layers of areas. Only the municipal layer (市町村等) is read into items; the
//! outermost layer names the scope of the telegram.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::official::area::{Area, AreaCode};
use crate::official::envelope::{Envelope, time};
use crate::official::grade::{Class, Grade, Hazard, JmaLevel};
use crate::official::refusal::Refusal;
use crate::official::warning_code::{self, GradeFrom};
use crate::official::xml::{Element, cut};

/// Items of one telegram.
const ITEMS_MAX: usize = 20_000;

/// What one telegram says of every municipality it is responsible for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WarningBulletin {
    /// 府県予報区 or whatever the outermost layer is: the area the telegram is responsible for. One office may write for
    /// several.
    pub scope: Vec<Area>,
    /// Every municipality the telegram speaks of, those without any warning too.
    pub covers: Vec<AreaCode>,
    /// What it says of them, in the order of the telegram.
    pub items: Vec<WarningItem>,
    /// Areas of a coarser table, when the telegram has no municipal layer (VPOA50).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub wider: Vec<WiderItem>,
    /// `Body/Notice`. Old forms carry level 4 only here; cut after 2000 characters.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub notice: String,
}

/// One kind of warning for one municipality.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WarningItem {
    /// Municipality or part of one.
    pub area: AreaCode,
    /// Its name.
    pub area_name: String,
    /// What it is about.
    pub hazard: Hazard,
    /// How serious. Of a lifted warning: what was lifted.
    pub grade: Grade,
    /// What told the grade.
    pub grade_from: GradeFrom,
    /// Whether it holds: not 解除, not なし.
    pub in_force: bool,
    /// `Kind/Code` as sent.
    pub code: String,
    /// `Kind/Name` as sent.
    pub name: String,
    /// `Kind/Status` as sent: 発表, 継続, 解除, 特別警報から危険警報, … The vocabulary is open.
    pub status: String,
    /// `LastKind/Code`: what held before.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub last_code: String,
    /// `Kind/Condition`: 土砂災害, 浸水害, ….
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub condition: String,
    /// 基準到達時間帯: when the criterion is expected to be reached.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub expected: Vec<ExpectedPeriod>,
}

/// From when to when a criterion is expected to be exceeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedPeriod {
    /// The level whose criterion it is.
    pub level: Option<JmaLevel>,
    /// Begin.
    pub from: Option<Timestamp>,
    /// End.
    pub until: Option<Timestamp>,
    /// In the agency's words.
    pub sentence: String,
}

/// One kind of information for an area coarser than a municipality.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WiderItem {
    /// The area.
    pub area: Area,
    /// What it is about.
    pub hazard: Hazard,
    /// How serious.
    pub grade: Grade,
    /// Whether it holds.
    pub in_force: bool,
    /// `Kind/Name` as sent.
    pub name: String,
    /// `Kind/Status` or `Kind/Condition` as sent.
    pub status: String,
}

/// Reads the body of a warning.
pub(crate) fn read(
    envelope: &Envelope,
    head: &Element,
    body: &Element,
) -> Result<WarningBulletin, Refusal> {
    let layers = layers(head, body);
    let mut bulletin = WarningBulletin {
        scope: scope(&layers, body),
        covers: Vec::new(),
        items: Vec::new(),
        wider: Vec::new(),
        notice: cut(body.text_of("Notice"), 2000),
    };
    let municipal = layers.iter().find(|layer| is_municipal(layer));
    for item in municipal.iter().flat_map(|layer| layer.all("Item")) {
        for area in areas(item) {
            municipality(envelope, item, area, &mut bulletin)?;
        }
    }
    if municipal.is_none() {
        for item in layers.first().iter().flat_map(|layer| layer.all("Item")) {
            wider(envelope, item, &mut bulletin)?;
        }
    }
    bulletin.covers.sort_unstable();
    bulletin.covers.dedup();
    Ok(bulletin)
}

/// The layers of areas: the body's, or the headline's where the body is empty (VPNO50).
fn layers<'e>(head: &'e Element, body: &'e Element) -> Vec<&'e Element> {
    let of_body: Vec<_> = body.all("Warning").collect();
    if !of_body.is_empty() {
        return of_body;
    }
    head.child("Headline")
        .iter()
        .flat_map(|headline| headline.all("Information"))
        .collect()
}

fn is_municipal(layer: &Element) -> bool {
    let kind = layer.attribute("type");
    // 市町村等をまとめた地域等 is a layer above. 土砂災害警戒情報 has one layer only, and it is municipal.
    kind.ends_with("（市町村等）") || kind == "土砂災害警戒情報"
}

fn scope(layers: &[&Element], body: &Element) -> Vec<Area> {
    let mut scope: Vec<Area> = match body.child("TargetArea") {
        Some(target) => vec![Area::of(target)],
        None => layers
            .first()
            .iter()
            .filter(|layer| !is_municipal(layer))
            .flat_map(|layer| layer.all("Item"))
            .flat_map(areas)
            .map(Area::of)
            .collect(),
    };
    scope.sort();
    scope.dedup();
    scope.truncate(100);
    scope
}

/// The areas of an item: one in a body, a list in a headline.
fn areas(item: &Element) -> impl Iterator<Item = &Element> {
    item.all("Area")
        .chain(item.all("Areas").flat_map(|areas| areas.all("Area")))
}

fn municipality(
    envelope: &Envelope,
    item: &Element,
    area: &Element,
    bulletin: &mut WarningBulletin,
) -> Result<(), Refusal> {
    let named = area.text_of("Code");
    let code = AreaCode::read(named).ok_or_else(|| {
        Refusal::unknown("Area/Code of the municipal layer", named, "seven digits")
    })?;
    bulletin.covers.push(code);
    for kind in item.all("Kind") {
        for read in kinds(envelope, kind)? {
            if bulletin.items.len() >= ITEMS_MAX {
                return Err(Refusal::TooMany {
                    what: "warning items",
                    max: ITEMS_MAX,
                });
            }
            bulletin.items.push(WarningItem {
                area: code,
                area_name: cut(area.text_of("Name"), 80),
                ..read
            });
        }
    }
    if bulletin.covers.len() > ITEMS_MAX {
        return Err(Refusal::TooMany {
            what: "municipalities",
            max: ITEMS_MAX,
        });
    }
    Ok(())
}

fn wider(
    envelope: &Envelope,
    item: &Element,
    bulletin: &mut WarningBulletin,
) -> Result<(), Refusal> {
    for kind in item.all("Kind") {
        for read in kinds(envelope, kind)? {
            for area in areas(item) {
                if bulletin.wider.len() >= ITEMS_MAX {
                    return Err(Refusal::TooMany {
                        what: "warning items",
                        max: ITEMS_MAX,
                    });
                }
                bulletin.wider.push(WiderItem {
                    area: Area::of(area),
                    hazard: read.hazard,
                    grade: read.grade,
                    in_force: read.in_force,
                    name: read.name.clone(),
                    status: read.status.clone(),
                });
            }
        }
    }
    Ok(())
}

/// What one `Kind` says; nothing when it says "none here"; two things when an old form puts landslides under heavy rain.
fn kinds(envelope: &Envelope, kind: &Element) -> Result<Vec<WarningItem>, Refusal> {
    let (code, name, status) = (
        kind.text_of("Code"),
        kind.text_of("Name"),
        kind.text_of("Status"),
    );
    let condition = kind.text_of("Condition");
    if code.is_empty() && name.is_empty() {
        // 発表警報・注意報はなし: none here. Anything else without a code is something to look at.
        if warning_code::is_over("", status) {
            return Ok(Vec::new());
        }
    } else if warning_code::is_over(code, "") {
        return Ok(Vec::new());
    }
    let (hazard, grade, grade_from) = graded(envelope, kind, code, name);
    let over = warning_code::is_over(code, status) || status.is_empty() && condition == "解除";
    let item = WarningItem {
        area: AreaCode::read("0000000").expect("seven digits"),
        area_name: String::new(),
        hazard,
        grade,
        grade_from,
        in_force: !over,
        code: cut(code, 10),
        name: cut(name, 80),
        status: cut(if status.is_empty() { condition } else { status }, 80),
        last_code: cut(kind.text_at(&["LastKind", "Code"]), 10),
        condition: cut(condition, 80),
        expected: expected(kind)?,
    };
    // Until May 2026 landslides had no warning of their own: 大雨警報（土砂災害）.
    let old_landslide = hazard == Hazard::HeavyRain && condition.contains("土砂災害");
    let second = old_landslide.then(|| WarningItem {
        hazard: Hazard::Landslide,
        ..item.clone()
    });
    Ok(std::iter::once(item).chain(second).collect())
}

fn graded(
    envelope: &Envelope,
    kind: &Element,
    code: &str,
    name: &str,
) -> (Hazard, Grade, GradeFrom) {
    let information = Grade::new(Class::Information, None);
    match (
        &envelope.telegram_type[..envelope.telegram_type.len().min(4)],
        code,
    ) {
        // 土砂災害警戒情報: 3 is 警戒 (= level 4), 1 解除.
        ("VXWW", "3" | "1") => (
            Hazard::Landslide,
            Grade::of_level(JmaLevel::L4),
            GradeFrom::Code,
        ),
        ("VXWW", _) => (
            Hazard::Landslide,
            Grade::new(Class::Unknown, None),
            GradeFrom::Nothing,
        ),
        ("VPHW", "1") => (Hazard::Tornado, information, GradeFrom::Code),
        ("VPOA", "1") => (Hazard::RecordRain, information, GradeFrom::Code),
        ("VPHW" | "VPOA", _) => (
            if envelope.telegram_type.starts_with("VPHW") {
                Hazard::Tornado
            } else {
                Hazard::RecordRain
            },
            Grade::new(Class::Unknown, None),
            GradeFrom::Nothing,
        ),
        _ => warning_code::weather(code, name, significancy(kind)),
    }
}

/// The highest significancy of a kind. Surge warnings give one per stretch of coast.
fn significancy(kind: &Element) -> Option<Grade> {
    let mut found = Vec::new();
    kind.below("Significancy", &mut found);
    found
        .iter()
        .filter_map(|one| warning_code::significancy(one.text_of("Code")))
        .max()
}

fn expected(kind: &Element) -> Result<Vec<ExpectedPeriod>, Refusal> {
    let mut periods = Vec::new();
    kind.below("CriteriaPeriod", &mut periods);
    let mut expected = Vec::new();
    for base in periods.iter().flat_map(|period| period.all("Base")) {
        let locals: Vec<_> = base.all("Local").collect();
        let places = if locals.is_empty() {
            vec![base]
        } else {
            locals
        };
        for place in places.into_iter().take(100) {
            let from = match place.text_of("Time") {
                "" => None,
                text => Some(time("CriteriaPeriod/Time", text)?),
            };
            expected.push(ExpectedPeriod {
                level: warning_code::significancy(place.text_at(&["CriteriaClass", "Code"]))
                    .and_then(|grade| grade.level),
                from,
                until: from.and_then(|from| {
                    let long: jiff::SignedDuration = place.text_of("Duration").parse().ok()?;
                    from.checked_add(long).ok()
                }),
                sentence: cut(place.text_of("Sentence"), 200),
            });
        }
    }
    Ok(expected)
}
