//! The themes of a bundle's layers that are not part of its town.

use super::theme::{Column, Drawing, Item, Theme, Value};
use crate::{
    DepthRank, Facts, Feature, LandslideZone, Layer, LayerKind, Phenomenon, Shape, SiteFacts,
};

/// One theme for each kind of layer, in the order of the kinds. What a town is made of (its border, flood zones of the
/// largest flood, districts and sites to flee to) stands in the [themes of the town](super::themes) and not here.
#[must_use]
pub fn layer_themes(layers: &[Layer]) -> Vec<Theme> {
    LayerKind::ALL
        .into_iter()
        .filter(|kind| !is_of_the_town(*kind))
        .filter_map(|kind| theme(kind, layers.iter().filter(|layer| layer.kind == kind)))
        .collect()
}

fn is_of_the_town(kind: LayerKind) -> bool {
    matches!(
        kind,
        LayerKind::FloodMax
            | LayerKind::Boundary
            | LayerKind::District
            | LayerKind::ShelterEmergency
    )
}

/// Nothing where no layer of the kind has a feature.
fn theme<'a>(kind: LayerKind, layers: impl Iterator<Item = &'a Layer>) -> Option<Theme> {
    let features = layers.flat_map(|layer| {
        layer
            .features
            .iter()
            .map(|feature| (&*layer.source, feature))
    });
    let mut columns = Vec::new();
    let items: Vec<Item> = (1_u32..)
        .zip(features)
        .map(|(number, (source, feature))| {
            let (names, values) = row(kind, source, feature).into_iter().unzip();
            columns = names;
            Item {
                number,
                shape: feature.shape.clone(),
                values,
                zoom_min: zoom_min(kind),
                class: class(&feature.facts),
            }
        })
        .collect();
    let is_zone = kind.hazard().is_some();
    let (title_ja, title_en) = match kind {
        // The gauges that advice rests on are those of the town file.
        LayerKind::Gauge => ("水位観測所(取り込んだ一覧)", "gauges of imported lists"),
        _ => (kind.words_ja(), kind.words_en()),
    };
    (!items.is_empty()).then(|| Theme {
        key: kind.key(),
        title_ja,
        title_en,
        columns,
        items,
        zoom_min: 6,
        drawing: if is_zone {
            Drawing::ByClass
        } else {
            Drawing::Each
        },
    })
}

/// Points of which a town has thousands are drawn where streets are.
fn zoom_min(kind: LayerKind) -> u8 {
    match kind {
        LayerKind::TownPoint | LayerKind::Landmark => 13,
        LayerKind::Population => 10,
        _ => 0,
    }
}

/// What runs together when drawn: the worse the higher. What is not known counts as the worst.
fn class(facts: &Facts) -> u16 {
    match facts {
        Facts::Depth(zone) => zone.depth.map_or(7, |depth| depth.rank().get().into()),
        Facts::Duration(zone) => zone.duration.map_or(8, |duration| duration.get().into()),
        Facts::Landslide(area) => {
            let zone = area.zone.map_or(4, |zone| zone as u16);
            zone * 4 + area.phenomenon.map_or(3, |phenomenon| phenomenon as u16)
        }
        _ => 0,
    }
}

type Cell = (Column, Value);

fn cell(key: &'static str, ja: &'static str, en: &'static str, value: impl Into<Value>) -> Cell {
    let in_tiles = true;
    let column = Column {
        key,
        ja,
        en,
        in_tiles,
    };
    (column, value.into())
}

/// A cell that only tables carry.
fn table_cell(
    key: &'static str,
    ja: &'static str,
    en: &'static str,
    value: impl Into<Value>,
) -> Cell {
    let (mut column, value) = cell(key, ja, en, value);
    column.in_tiles = false;
    (column, value)
}

/// What is known about a feature. Features of one kind have the same columns. Those that tiles carry follow from the class
/// of a zone alone, because zones of a class are drawn as one.
fn row(kind: LayerKind, source: &str, feature: &Feature) -> Vec<Cell> {
    let mut row = match &feature.facts {
        Facts::Depth(zone) => {
            let rank = zone.depth.map(crate::Depth::rank);
            vec![
                cell(
                    "depth_rank",
                    "浸水深ランク",
                    "depth rank",
                    rank.map(|rank| u32::from(rank.get())),
                ),
                cell(
                    "depth_ja",
                    "浸水深",
                    "depth, Japanese",
                    rank.map(DepthRank::words_ja),
                ),
                cell(
                    "depth_en",
                    "浸水深(英語)",
                    "depth",
                    rank.map(DepthRank::words_en),
                ),
                table_cell(
                    "class_ja",
                    "出典の区分",
                    "class of the source",
                    zone.depth.map(|depth| depth.words_ja()).as_deref(),
                ),
                table_cell("river", "河川", "river", zone.river.as_deref()),
            ]
        }
        Facts::Duration(zone) => vec![
            cell(
                "duration_rank",
                "継続時間の区分",
                "duration class",
                zone.duration.map(|rank| u32::from(rank.get())),
            ),
            cell(
                "duration_ja",
                "浸水継続時間",
                "duration, Japanese",
                zone.duration.map(crate::DurationRank::words_ja),
            ),
            cell(
                "duration_en",
                "浸水継続時間(英語)",
                "duration",
                zone.duration.map(crate::DurationRank::words_en),
            ),
            table_cell("river", "河川", "river", zone.river.as_deref()),
        ],
        Facts::HouseCollapse(zone) => {
            vec![table_cell("river", "河川", "river", zone.river.as_deref())]
        }
        Facts::Landslide(area) => vec![
            cell(
                "zone_ja",
                "区域区分",
                "zone, Japanese",
                area.zone.map(|zone| LandslideZone::words(zone).0),
            ),
            cell(
                "zone_en",
                "区域区分(英語)",
                "zone",
                area.zone.map(|zone| LandslideZone::words(zone).1),
            ),
            cell(
                "phenomenon_ja",
                "現象の種類",
                "phenomenon, Japanese",
                area.phenomenon.map(|what| Phenomenon::words(what).0),
            ),
            cell(
                "phenomenon_en",
                "現象の種類(英語)",
                "phenomenon",
                area.phenomenon.map(|what| Phenomenon::words(what).1),
            ),
            table_cell(
                "area_number",
                "箇所番号",
                "area number",
                area.number.as_deref(),
            ),
            table_cell("name", "名称", "name", area.name.as_deref()),
        ],
        Facts::Observed(seen) => vec![table_cell("name", "名称", "name", seen.name.as_deref())],
        Facts::Boundary(municipality) => vec![
            cell("code", "団体コード", "code", municipality.code.as_deref()),
            cell("name", "名称", "name", municipality.name.as_str()),
        ],
        Facts::District(district) => vec![
            cell("id", "番号", "identifier", district.id.as_str()),
            cell("name", "地区", "district", district.name.as_str()),
            cell("people", "人口(人)", "people", district.people),
        ],
        Facts::Site(site) => site_row(kind, site),
        Facts::Population(people) => vec![
            cell(
                "mesh",
                "地域メッシュ",
                "mesh cell",
                people.mesh.map(|mesh| mesh.to_string()).as_deref(),
            ),
            cell("people", "人口(人)", "people", Some(people.people)),
            table_cell(
                "people_day",
                "昼間人口(人)",
                "people by day",
                people.people_day,
            ),
            table_cell("households", "世帯数", "households", people.households),
            table_cell(
                "share_inside",
                "区域内の面積割合",
                "share inside the municipality",
                people.share_inside,
            ),
        ],
        Facts::Facility(facility) => vec![
            cell("id", "番号", "identifier", facility.id.as_str()),
            cell("name", "名称", "name", facility.name.as_str()),
            cell("kind", "種類", "kind", facility.kind.as_deref()),
            table_cell("address", "住所", "address", facility.address.as_deref()),
            cell(
                "capacity",
                "定員(人)",
                "capacity (people)",
                facility.capacity,
            ),
        ],
        Facts::Gauge(gauge) => vec![
            cell("id", "観測所番号", "station number", gauge.id.as_str()),
            cell("name", "観測所", "gauge", gauge.name.as_str()),
            cell("river", "河川", "river", gauge.river.as_deref()),
            table_cell(
                "caution_m",
                "氾濫注意水位(m)",
                "caution level (m)",
                gauge.caution_m,
            ),
            cell(
                "danger_m",
                "氾濫危険水位(m)",
                "danger level (m)",
                gauge.danger_m,
            ),
        ],
        Facts::Camera(camera) => vec![
            cell("id", "番号", "identifier", camera.id.as_str()),
            cell("name", "名称", "name", camera.name.as_str()),
        ],
        Facts::TownPoint(point) => vec![
            cell("city", "市区町村", "city", point.city.as_deref()),
            cell("town", "町・丁目", "town", point.town.as_str()),
            cell("part", "小字", "part", point.part.as_deref()),
        ],
        Facts::Landmark(landmark) => {
            vec![cell("name", "名称", "name", landmark.name.as_deref())]
        }
    };
    if let Shape::Point(at) = feature.shape {
        row.push(table_cell(
            "lon",
            "経度(度)",
            "longitude (degrees)",
            Some(at.x()),
        ));
        row.push(table_cell(
            "lat",
            "緯度(度)",
            "latitude (degrees)",
            Some(at.y()),
        ));
    }
    row.push(table_cell(
        "source",
        "出典のファイル",
        "source file",
        source,
    ));
    row.push(table_cell(
        "source_number",
        "ファイル内の番号",
        "number in the file",
        Some(feature.number),
    ));
    row
}

fn site_row(kind: LayerKind, site: &SiteFacts) -> Vec<Cell> {
    let mut row = vec![
        cell("id", "共通ID", "identifier", site.id.as_str()),
        cell("name", "名称", "name, Japanese", site.name.as_str()),
        cell("name_en", "名称(英語)", "name", site.name_en.as_deref()),
        table_cell("address", "住所", "address", site.address.as_str()),
        cell(
            "capacity",
            "収容人数(人)",
            "capacity (people)",
            site.capacity,
        ),
    ];
    if kind == LayerKind::ShelterDesignated {
        row.push(table_cell(
            "accepts",
            "受入対象者",
            "whom it takes",
            site.accepts.as_deref(),
        ));
    }
    row.push(table_cell("note", "備考", "remark", site.note.as_deref()));
    row
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use geo::{MultiPolygon, Point, Rect};

    use super::layer_themes;
    use crate::tile::{Drawing, Value};
    use crate::{Depth, DepthZone, FacilityFacts, Facts, Feature, Layer, LayerKind, Shape};

    fn layer(kind: LayerKind, source: &str, features: Vec<(Shape, Facts)>) -> Layer {
        let features = (1..).zip(features).map(|(number, (shape, facts))| Feature {
            number,
            shape,
            facts,
        });
        Layer {
            kind,
            source: source.to_owned(),
            attribution: None,
            features: features.collect(),
        }
    }

    fn zone(depth: Option<Depth>) -> (Shape, Facts) {
        let area = Rect::new((143.0, 42.0), (143.1, 42.1)).to_polygon();
        let facts = DepthZone { depth, river: None };
        (
            Shape::Area(MultiPolygon::new(vec![area])),
            Facts::Depth(facts),
        )
    }

    fn hospital() -> (Shape, Facts) {
        let facts = FacilityFacts {
            id: "1".into(),
            name: "病院".into(),
            kind: None,
            address: None,
            capacity: None,
        };
        (
            Shape::Point(Point::new(143.0, 42.0)),
            Facts::Facility(facts),
        )
    }

    #[test]
    fn layers_of_one_kind_are_one_theme_and_say_which_file_each_thing_came_from() {
        let depth = Depth::new(30, Some(100));
        let themes = layer_themes(&[
            layer(LayerKind::Tsunami, "a.gml", vec![zone(depth)]),
            layer(LayerKind::Facility, "f.csv", vec![hospital()]),
            layer(LayerKind::Tsunami, "b.gml", vec![zone(None), zone(depth)]),
            layer(LayerKind::FloodMax, "c.gml", vec![zone(depth)]),
            layer(LayerKind::Camera, "empty.csv", vec![]),
        ]);
        let keys: Vec<(&str, usize)> = themes.iter().map(|t| (t.key, t.items.len())).collect();
        assert_eq!(keys, [("tsunami", 3), ("facility", 1)]);
        let tsunami = &themes[0];
        let value = |item: usize, key: &str| {
            let at = tsunami.columns.iter().position(|column| column.key == key);
            tsunami.items[item].values[at.unwrap()].clone()
        };
        assert_eq!(value(2, "source"), Value::Text("b.gml".into()));
        assert_eq!(value(2, "source_number"), Value::Whole(2));
        assert_eq!(value(2, "class_ja"), Value::Text("0.3m以上1m未満".into()));
        assert_eq!(value(0, "depth_rank"), Value::Whole(2));
        assert_eq!(
            (value(1, "depth_rank"), tsunami.items[1].class),
            (Value::Unknown, 7)
        );
        assert_eq!(tsunami.drawing, Drawing::ByClass);
    }

    #[test]
    fn every_thing_has_a_value_for_every_column() {
        for theme in layer_themes(&[
            layer(LayerKind::Facility, "f.csv", vec![hospital()]),
            layer(LayerKind::StormSurge, "s.gml", vec![zone(None)]),
        ]) {
            for item in &theme.items {
                assert_eq!(item.values.len(), theme.columns.len(), "{}", theme.key);
            }
        }
    }
}
