//! The themes of a town.

use geo::{Centroid, GeodesicArea, MultiLineString, MultiPolygon, Polygon};

use super::theme::{Column, Drawing, Item, Theme, Value};
use crate::road::{RoadClass, RoadGraph};
use crate::{DepthRank, Hazard, Shape, Town};

/// All themes of a town, in the order in which they are drawn, lowest first. Roads stand among them when they are loaded.
#[must_use]
pub fn themes(town: &Town, roads: Option<&RoadGraph>) -> Vec<Theme> {
    let zones = zone_theme(town.zones().iter().map(|zone| (zone.rank, zone.shape())));
    let mut themes = vec![zones, districts(town), boundary(town), rivers(town)];
    themes.extend(roads.map(road_theme));
    themes.extend([shelters(town), gauges(town)]);
    themes
}

const fn column(key: &'static str, ja: &'static str, en: &'static str) -> Column {
    Column {
        key,
        ja,
        en,
        in_tiles: true,
    }
}

const fn table_column(key: &'static str, ja: &'static str, en: &'static str) -> Column {
    Column {
        key,
        ja,
        en,
        in_tiles: false,
    }
}

fn numbered(items: impl Iterator<Item = (Shape, Vec<Value>)>) -> Vec<Item> {
    (1_u32..)
        .zip(items)
        .map(|(number, (shape, values))| Item {
            number,
            shape,
            values,
            zoom_min: 0,
            class: 0,
        })
        .collect()
}

/// Flood zones (洪水浸水想定区域), each a depth rank and an outline.
#[must_use]
pub fn zone_theme(zones: impl Iterator<Item = (DepthRank, Polygon<f64>)>) -> Theme {
    let items = zones.map(|(rank, outline)| {
        let area_ha = outline.geodesic_area_unsigned() / 1e4;
        let middle = outline.centroid();
        let values = vec![
            Value::Whole(rank.get().into()),
            rank.words_ja().into(),
            rank.words_en().into(),
            Value::Measure(rank.min_m()),
            rank.max_m().into(),
            Value::Measure((area_ha * 100.0).round() / 100.0),
            middle.map(|at| at.x()).into(),
            middle.map(|at| at.y()).into(),
        ];
        let shape = Shape::Area(MultiPolygon::new(vec![outline]));
        (u16::from(rank.get()), shape, values)
    });
    let items = (1_u32..)
        .zip(items)
        .map(|(number, (class, shape, values))| Item {
            number,
            shape,
            values,
            zoom_min: 0,
            class,
        })
        .collect();
    Theme {
        key: "zones",
        title_ja: "洪水浸水想定区域",
        title_en: "flood zones",
        columns: vec![
            column("depth_rank", "浸水深ランク", "depth rank"),
            column("depth_ja", "浸水深", "depth, Japanese"),
            column("depth_en", "浸水深(英語)", "depth"),
            column("depth_min_m", "浸水深 以上(m)", "depth from (m)"),
            column("depth_max_m", "浸水深 未満(m)", "depth below (m)"),
            table_column("area_ha", "面積(ha)", "area (ha)"),
            table_column("lon", "中心の経度(度)", "longitude of the middle (degrees)"),
            table_column("lat", "中心の緯度(度)", "latitude of the middle (degrees)"),
        ],
        items,
        zoom_min: 6,
        drawing: Drawing::ByClass,
    }
}

/// 発令区域
fn districts(town: &Town) -> Theme {
    let items = town.districts.iter().map(|district| {
        let values = vec![
            district.id.as_str().into(),
            district.name.as_str().into(),
            district.kana.as_deref().into(),
            district.name_en.as_deref().into(),
            Value::Whole(district.people.into()),
            Value::Whole(district.people_in_zone().into()),
            Value::Whole(district.households.into()),
            Value::Flag(district.approximate),
        ];
        (Shape::Area(district.outline.clone()), values)
    });
    Theme {
        key: "districts",
        title_ja: "発令区域",
        title_en: "districts",
        columns: vec![
            column("id", "番号", "identifier"),
            column("name", "地区", "district, Japanese"),
            table_column("kana", "よみ", "reading"),
            column("name_en", "地区(英語)", "district"),
            column("people", "人口(人)", "people"),
            column(
                "people_in_zone",
                "浸水想定区域内の人口(人)",
                "people in the flood zone",
            ),
            table_column("households", "世帯数", "households"),
            column("approximate", "境は近似か", "approximate"),
        ],
        items: numbered(items),
        zoom_min: 6,
        drawing: Drawing::Each,
    }
}

/// 行政区域
fn boundary(town: &Town) -> Theme {
    let values = vec![
        town.code.as_str().into(),
        town.name.as_str().into(),
        town.name_en.as_str().into(),
    ];
    let items = std::iter::once((Shape::Area(town.outline.clone()), values));
    Theme {
        key: "boundary",
        title_ja: "行政区域",
        title_en: "municipal boundary",
        columns: vec![
            column("code", "団体コード", "code"),
            column("name", "名称", "name, Japanese"),
            column("name_en", "名称(英語)", "name"),
        ],
        items: numbered(items),
        zoom_min: 0,
        drawing: Drawing::Each,
    }
}

/// 河川
fn rivers(town: &Town) -> Theme {
    let drawn = |river: &&crate::River| !river.lines.is_empty();
    let items = town.rivers.iter().filter(drawn).map(|river| {
        let values = vec![
            river.name.as_str().into(),
            river.name_en.as_str().into(),
            Value::Text(river.gauges.join(" ")),
        ];
        (
            Shape::Lines(MultiLineString::new(river.lines.clone())),
            values,
        )
    });
    Theme {
        key: "rivers",
        title_ja: "河川(概略)",
        title_en: "rivers, rough",
        columns: vec![
            column("name", "河川", "river, Japanese"),
            column("name_en", "河川(英語)", "river"),
            table_column("gauges", "受け持つ水位観測所", "deciding gauges"),
        ],
        items: numbered(items),
        zoom_min: 6,
        drawing: Drawing::Each,
    }
}

/// 指定緊急避難場所
fn shelters(town: &Town) -> Theme {
    let items = town.shelters.iter().map(|shelter| {
        let approved: Vec<&str> = shelter.approved_for.iter().map(|h| h.key()).collect();
        let values = vec![
            shelter.id.as_str().into(),
            shelter.name.as_str().into(),
            shelter.name_en.as_deref().into(),
            shelter.address.as_str().into(),
            Value::Text(approved.join(" ")),
            Value::Flag(shelter.usable_for(Hazard::Flood, town.shelter_rule)),
            shelter.depth_rank.map(|rank| u32::from(rank.get())).into(),
            shelter.capacity.into(),
            Value::Flag(shelter.in_town),
            shelter.note.as_deref().into(),
            Value::Measure(shelter.at.x()),
            Value::Measure(shelter.at.y()),
        ];
        (Shape::Point(shelter.at), values)
    });
    Theme {
        key: "shelters",
        title_ja: "指定緊急避難場所",
        title_en: "emergency evacuation sites",
        columns: vec![
            column("id", "共通ID", "identifier"),
            column("name", "名称", "name, Japanese"),
            column("name_en", "名称(英語)", "name"),
            table_column("address", "住所", "address"),
            column("approved_for", "対象とする災害", "designated for"),
            column("usable_in_flood", "洪水時に使えるか", "usable in a flood"),
            column("depth_rank", "敷地の浸水深ランク", "depth rank at the site"),
            column("capacity", "収容人数(人)", "capacity (people)"),
            column("in_town", "市内か", "inside the municipality"),
            table_column("note", "備考", "remark"),
            table_column("lon", "経度(度)", "longitude (degrees)"),
            table_column("lat", "緯度(度)", "latitude (degrees)"),
        ],
        items: numbered(items),
        zoom_min: 6,
        drawing: Drawing::Each,
    }
}

/// 水位観測所
fn gauges(town: &Town) -> Theme {
    let items = town.gauges.iter().map(|gauge| {
        let values = vec![
            gauge.id.as_str().into(),
            gauge.name.as_str().into(),
            gauge.name_en.as_str().into(),
            gauge.river.as_str().into(),
            gauge.river_km.into(),
            gauge.levels.caution_m.into(),
            gauge.levels.evacuation_judgement_m.into(),
            gauge.levels.danger_m.into(),
            gauge.levels.design_high_water_m.into(),
            Value::Flag(gauge.in_town),
            Value::Measure(gauge.at.x()),
            Value::Measure(gauge.at.y()),
        ];
        (Shape::Point(gauge.at), values)
    });
    Theme {
        key: "gauges",
        title_ja: "水位観測所",
        title_en: "water-level gauges",
        columns: vec![
            column("id", "観測所番号", "station number"),
            column("name", "観測所", "gauge, Japanese"),
            column("name_en", "観測所(英語)", "gauge"),
            column("river", "河川", "river"),
            table_column(
                "river_km",
                "河口・合流点からの距離(km)",
                "distance along the river (km)",
            ),
            table_column("caution_m", "氾濫注意水位(m)", "caution level (m)"),
            table_column(
                "evacuation_judgement_m",
                "避難判断水位(m)",
                "evacuation judgement level (m)",
            ),
            column("danger_m", "氾濫危険水位(m)", "danger level (m)"),
            table_column(
                "design_high_water_m",
                "計画高水位(m)",
                "design high water (m)",
            ),
            column("in_town", "市内か", "inside the municipality"),
            table_column("lon", "経度(度)", "longitude (degrees)"),
            table_column("lat", "緯度(度)", "latitude (degrees)"),
        ],
        items: numbered(items),
        zoom_min: 6,
        drawing: Drawing::Each,
    }
}

/// Roads where people may walk (歩ける道).
#[must_use]
pub fn road_theme(roads: &RoadGraph) -> Theme {
    let items = (0_u32..)
        .zip(roads.stretches())
        .map(|(id, stretch)| {
            let traits: Vec<&str> = stretch.traits.iter().map(crate::road::Trait::key).collect();
            let traits = (!traits.is_empty()).then(|| traits.join(" "));
            let line = geo::LineString::new(roads.course(id).collect());
            Item {
                number: id + 1,
                shape: Shape::Lines(MultiLineString::new(vec![line])),
                values: vec![
                    stretch.class.key().into(),
                    traits.as_deref().into(),
                    Value::Measure((stretch.length_m() * 10.0).round() / 10.0),
                    Value::Whole(stretch.way),
                ],
                zoom_min: match stretch.class {
                    RoadClass::Trunk => 8,
                    RoadClass::Main => 11,
                    RoadClass::Street => 13,
                    RoadClass::Service | RoadClass::Foot => 15,
                },
                class: stretch.class as u16 * 64 + u16::from(stretch.traits.byte()),
            }
        })
        .collect();
    Theme {
        key: "roads",
        title_ja: "道路(歩ける道)",
        title_en: "roads, where people may walk",
        columns: vec![
            column("class", "種別", "class"),
            column(
                "traits",
                "階段・橋・トンネルなど",
                "steps, bridge, tunnel and the like",
            ),
            table_column("length_m", "長さ(m)", "length (m)"),
            table_column("way", "OpenStreetMapのway番号", "OpenStreetMap way"),
        ],
        items,
        zoom_min: 8,
        drawing: Drawing::ByClass,
    }
}
