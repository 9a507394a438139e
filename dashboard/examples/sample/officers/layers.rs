//! Themes of the map as tables.

use hinan_dashboard::view::{LayerCell, LayerHead, LayerLink, LayerView, LayersView};

use crate::sample::Sample;

impl Sample {
    /// The layers of the map.
    pub(crate) fn layers(&self) -> LayersView {
        LayersView {
            layers: vec![self.layer_link()],
            credits: vec![self.t("洪水浸水想定区域: 国土数値情報(国土交通省)を加工して作成")],
            notes: vec![self.t("地区の境は近似です")],
        }
    }

    /// One of them as a table, with a cell of every kind.
    pub(crate) fn layer(&self) -> LayerView {
        let head = |ja: &str, en: &str| LayerHead {
            ja: self.t(ja),
            en: self.t(en),
        };
        LayerView {
            layer: self.layer_link(),
            heads: vec![
                head("名称", "name"),
                head("収容人数(人)", "capacity (people)"),
                head("洪水時に使えるか", "usable in a flood"),
                head("備考", "remark"),
            ],
            rows: vec![(
                1,
                vec![
                    LayerCell::Text(self.t("東小学校 屋内運動場")),
                    LayerCell::Number("210".to_owned()),
                    LayerCell::Flag(true),
                    LayerCell::Unknown,
                ],
            )],
            matched: 240,
            shown: 1,
            area: Some("143.1,42.8,143.3,43".to_owned()),
            first: None,
            next: Some("/plain/layers/shelters?after=1".to_owned()),
        }
    }

    fn layer_link(&self) -> LayerLink {
        LayerLink {
            title_ja: self.t("指定緊急避難場所"),
            title_en: "emergency evacuation sites".to_owned(),
            things: 240,
            table: "/plain/layers/shelters".to_owned(),
            geojson: "/plain/layers/shelters/features.geojson".to_owned(),
            csv: "/plain/layers/shelters/table.csv".to_owned(),
            json: "/plain/layers/shelters/table.json".to_owned(),
            tiles: "/plain/tiles/shelters.json".to_owned(),
        }
    }
}
