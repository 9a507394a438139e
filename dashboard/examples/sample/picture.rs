//! The map and the hydrographs.

use hinan_dashboard::view::{
    AlertLevel, Bounds, DepthRank, DistrictOutline, DistrictState, FanPoint, GaugePin, Hydrograph,
    LevelMark, MapPolygon, MapView, Quality, Reading, ShelterPin, Tier,
};

use super::{Sample, jst, now};

/// Corners of a line or ring, hundreds of metres.
type Corners<'a> = &'a [[i32; 2]];

const TOKACHI: Corners = &[
    [0, 92],
    [18, 94],
    [36, 90],
    [56, 93],
    [74, 89],
    [96, 85],
    [118, 88],
    [140, 84],
];
const SATSUNAI: Corners = &[
    [34, 0],
    [40, 14],
    [52, 26],
    [56, 40],
    [68, 52],
    [78, 64],
    [92, 74],
    [104, 86],
];
const OTOFUKE: Corners = &[[62, 120], [66, 108], [64, 100], [72, 90]];
const TOTABETSU: Corners = &[[10, 4], [22, 12], [36, 18], [44, 18]];

/// Measured levels at 帯広 from 15:00 on 30 August, hourly, metres.
const OBIHIRO: [f64; 9] = [
    34.88, 34.99, 35.15, 35.33, 35.52, 35.66, 35.78, 35.90, 36.06,
];
/// Measured levels at 南帯橋 from 15:00 on 30 August, hourly, metres.
const NANTAI: [f64; 9] = [
    77.47, 77.65, 77.85, 77.95, 78.01, 78.15, 78.34, 78.48, 78.51,
];

impl Sample {
    /// The hydrograph of 帯広, with a forecast.
    pub(crate) fn obihiro_chart(&self) -> Hydrograph {
        let fan = [
            (1, 36.11, 36.16, 36.20, 36.25, 36.33),
            (2, 36.14, 36.24, 36.33, 36.43, 36.60),
            (3, 36.15, 36.32, 36.47, 36.63, 36.88),
            (4, 36.14, 36.40, 36.62, 36.84, 37.17),
            (5, 36.12, 36.47, 36.76, 37.05, 37.48),
            (6, 36.08, 36.53, 36.90, 37.26, 37.80),
        ];
        Hydrograph {
            gauge: self.t("帯広"),
            river: self.t("十勝川"),
            observed: hourly(&OBIHIRO),
            cadence_min: 60,
            forecast: fan
                .into_iter()
                .map(
                    |(hour, low90_m, low50_m, median_m, high50_m, high90_m)| FanPoint {
                        at: jst(30, 23 + hour, 0),
                        low90_m,
                        low50_m,
                        median_m,
                        high50_m,
                        high90_m,
                    },
                )
                .collect(),
            no_forecast: None,
            marks: vec![
                self.mark("水防団待機水位", Some(AlertLevel::One), 34.2),
                self.mark("氾濫注意水位", Some(AlertLevel::Two), 35.2),
                self.mark("避難判断水位", Some(AlertLevel::Three), 36.8),
                self.mark("氾濫危険水位", Some(AlertLevel::Four), 37.4),
                self.mark("計画高水位", None, 38.26),
            ],
            now: now(),
            datum: self.t("標高 T.P."),
            source: self.t("国土交通省 水文水質データベース"),
            tier: Tier::Model,
            record: Some(self.t("6時間先 12回中9回的中・見逃し1回")),
        }
    }

    /// The hydrograph of 南帯橋, with a gap, a doubtful and an impossible reading and no forecast.
    pub(crate) fn nantai_chart(&self) -> Hydrograph {
        let mut observed = hourly(&NANTAI);
        observed[3].level_m = None;
        observed[5].quality = Quality::Suspect;
        observed[6] = Reading {
            quality: Quality::Bad,
            level_m: Some(99.99),
            ..observed[6]
        };
        Hydrograph {
            gauge: self.t("南帯橋"),
            river: self.t("札内川"),
            observed,
            cadence_min: 60,
            forecast: Vec::new(),
            no_forecast: Some(
                self.t("上流の戸蔦橋・中島橋が途絶しており、この地点の予測を出せません"),
            ),
            marks: vec![
                self.mark("水防団待機水位", Some(AlertLevel::One), 76.6),
                self.mark("氾濫注意水位", Some(AlertLevel::Two), 77.4),
                self.mark("計画高水位", None, 79.31),
            ],
            now: now(),
            datum: self.t("標高 T.P."),
            source: self.t("国土交通省 水文水質データベース"),
            tier: Tier::MarksOnly,
            record: None,
        }
    }

    /// The map.
    pub(crate) fn map(&self) -> MapView {
        MapView {
            bounds: Bounds {
                west_m: 0.0,
                south_m: 0.0,
                east_m: 14_000.0,
                north_m: 12_000.0,
            },
            overview: None,
            depth: depth(),
            depth_source: self.t("国土数値情報 洪水浸水想定区域(国土交通省)を加工"),
            border: vec![ring(&[
                [2, 0],
                [4, 40],
                [0, 70],
                [2, 90],
                [36, 89],
                [74, 88],
                [104, 85],
                [92, 72],
                [77, 62],
                [66, 50],
                [70, 20],
                [66, 0],
            ])],
            rivers: [TOKACHI, SATSUNAI, OTOFUKE, TOTABETSU]
                .into_iter()
                .map(ring)
                .collect(),
            districts: self.districts(),
            gauges: vec![
                self.gauge("帯広", [68, 91], AlertLevel::Two, true, true),
                self.gauge("南帯橋", [58, 42], AlertLevel::Two, true, true),
                self.gauge("東3条", [76, 86], AlertLevel::Normal, true, true),
                self.gauge("中島橋", [33, 17], AlertLevel::Normal, false, true),
                self.gauge("音更", [66, 110], AlertLevel::Normal, true, true),
            ],
            shelters: vec![
                self.shelter("東小学校", [80, 82], false),
                self.shelter("柏小学校", [82, 74], true),
                self.shelter("翔陽中学校", [79, 72], true),
                self.shelter("豊成小学校", [60, 56], true),
                self.shelter("愛国小学校", [64, 34], true),
                self.shelter("総合体育館", [71, 84], false),
                self.shelter("大空小学校", [40, 52], true),
                self.shelter("第七中学校", [30, 34], true),
            ],
            caution: Some(self.t("発令区域は公式のものではなく、近似です")),
            notes: self.all(&[
                "地区の境界は町丁目の代表点から作った近似です",
                "人口は500mメッシュを面積で分けた推計です",
            ]),
            as_of: jst(30, 23, 0),
        }
    }

    fn districts(&self) -> Vec<DistrictOutline> {
        use AlertLevel::{Four, Three};
        use DistrictState::{Calm, InForce, Proposed, Raise};
        let district =
            |name: &str, corners: Corners, label: [i32; 2], state, people| DistrictOutline {
                name: self.t(name),
                rings: vec![ring(corners)],
                label_point: metres(label),
                state,
                people,
            };
        vec![
            district(
                "十勝川沿い",
                &[[30, 89], [56, 92], [73, 88], [72, 80], [50, 82], [30, 82]],
                [52, 86],
                Proposed(Four),
                Some(8_940),
            ),
            district(
                "東地区",
                &[[73, 88], [96, 84], [103, 85], [91, 74], [76, 74], [72, 80]],
                [87, 80],
                Raise {
                    in_force: Three,
                    proposed: Four,
                },
                Some(12_460),
            ),
            district(
                "札内川左岸",
                &[[76, 74], [91, 74], [77, 63], [66, 51], [58, 56], [62, 68]],
                [71, 63],
                InForce(Three),
                Some(19_650),
            ),
            district(
                "稲田・川西",
                &[[58, 56], [66, 51], [55, 41], [51, 28], [34, 36], [36, 56]],
                [47, 44],
                Calm,
                Some(2_310),
            ),
            district(
                "中央",
                &[[50, 82], [72, 80], [76, 74], [62, 68], [44, 68]],
                [58, 74],
                Calm,
                Some(5_720),
            ),
            district(
                "西",
                &[
                    [30, 89],
                    [30, 82],
                    [50, 82],
                    [44, 68],
                    [62, 68],
                    [58, 56],
                    [36, 56],
                    [14, 62],
                    [12, 90],
                ],
                [28, 72],
                Calm,
                Some(6_050),
            ),
            district(
                "中島",
                &[[34, 36], [51, 28], [40, 15], [22, 13], [18, 30]],
                [34, 26],
                Proposed(Three),
                Some(430),
            ),
            district(
                "大正",
                &[[51, 28], [66, 50], [70, 20], [66, 0], [36, 2], [41, 14]],
                [58, 18],
                Calm,
                None,
            ),
        ]
    }

    fn mark(&self, name: &str, level: Option<AlertLevel>, level_m: f64) -> LevelMark {
        LevelMark {
            name: self.t(name),
            level,
            level_m,
        }
    }

    fn gauge(
        &self,
        name: &str,
        at: [i32; 2],
        level: AlertLevel,
        heard: bool,
        named: bool,
    ) -> GaugePin {
        GaugePin {
            name: self.t(name),
            point: metres(at),
            level,
            heard,
            named,
        }
    }

    fn shelter(&self, name: &str, at: [i32; 2], usable: bool) -> ShelterPin {
        ShelterPin {
            name: self.t(name),
            point: metres(at),
            usable,
        }
    }
}

fn hourly(levels_m: &[f64]) -> Vec<Reading> {
    (15..)
        .zip(levels_m)
        .map(|(hour, level_m)| Reading {
            at: jst(30, hour, 0),
            level_m: Some(*level_m),
            quality: Quality::Good,
        })
        .collect()
}

fn metres([east, north]: [i32; 2]) -> [f64; 2] {
    [f64::from(east) * 100.0, f64::from(north) * 100.0]
}

fn ring(corners: Corners) -> Vec<[f64; 2]> {
    corners.iter().map(|corner| metres(*corner)).collect()
}

/// Runs of 50 m cells along the rivers, deeper where nearer: staircases like those of the official
/// maps.
fn depth() -> Vec<MapPolygon> {
    let mut runs: Vec<MapPolygon> = Vec::new();
    for row in 0..240 {
        let south = f64::from(row) * 50.0;
        let mut run: Option<(DepthRank, f64)> = None;
        for column in 0..=280 {
            let west = f64::from(column) * 50.0;
            let class = if column < 280 {
                rank_at(west, south)
            } else {
                None
            };
            if let Some((rank, from)) = run
                && class != Some(rank)
            {
                let corners = [
                    [from, south],
                    [west, south],
                    [west, south + 50.0],
                    [from, south + 50.0],
                ];
                runs.push(MapPolygon {
                    rings: vec![corners.to_vec()],
                    class: rank,
                });
                run = None;
            }
            if run.is_none() {
                run = class.map(|rank| (rank, west));
            }
        }
    }
    runs
}

fn rank_at(west: f64, south: f64) -> Option<DepthRank> {
    let wave = 160.0 * (west / 900.0).sin() + 130.0 * (south / 700.0).cos();
    let away = |river: Corners, reach: f64| distance([west, south], river) / reach;
    let nearest = away(TOKACHI, 1.0)
        .min(away(SATSUNAI, 0.8))
        .min(away(OTOFUKE, 0.5))
        .min(away(TOTABETSU, 0.4));
    match nearest + wave {
        deep if deep < 420.0 => Some(DepthRank::ThreeToFive),
        middle if middle < 1250.0 => Some(DepthRank::HalfToThree),
        shallow if shallow < 1600.0 => Some(DepthRank::UnderHalf),
        _ => None,
    }
}

fn distance(point: [f64; 2], line: Corners) -> f64 {
    line.windows(2)
        .map(|piece| {
            let ([ax, ay], [bx, by]) = (metres(piece[0]), metres(piece[1]));
            let (dx, dy) = (bx - ax, by - ay);
            let along = (((point[0] - ax) * dx + (point[1] - ay) * dy) / (dx * dx + dy * dy))
                .clamp(0.0, 1.0);
            (point[0] - ax - along * dx).hypot(point[1] - ay - along * dy)
        })
        .fold(f64::INFINITY, f64::min)
}
