//! The situation, its gauges and what is awaited.

use hinan_dashboard::view::{
    AlertLevel, Broken, Chance, Change, ConcernCase, ConcernDistrict, ConcernPanel, ConcernRow,
    Danger, DangerKind, ExternalGroup, ExternalItem, FloodingRow, FloodingTable, GaugeRow,
    GaugeState, Headline, NextMark, OfficialBoard, OfficialItem, Quality, Said, Situation, Span,
    Tier,
};
use jiff::Timestamp;

use crate::sample::{Sample, jst};

impl Sample {
    /// The situation at 23:04.
    pub(crate) fn situation(&self) -> Situation {
        let t = |text: &str| self.t(text);
        Situation {
            as_of: jst(30, 23, 0),
            headline: Headline {
                level: AlertLevel::Four,
                sentence: t(
                    "十勝川 帯広が6時間以内に氾濫危険水位を超える確率31%(幅17〜49%)。東地区・十勝川沿いにレベル4を推奨",
                ),
                english: t("Decision needed: Level 4 Evacuation Order along the Tokachi River"),
                detail: Some(t("判断の期限は31日 00:20〜01:30です。")),
                detail_en: None,
            },
            dangers: vec![
                Danger {
                    level: AlertLevel::Three,
                    kind: DangerKind::Forecast,
                    place: t("十勝川 帯広"),
                    what: t("避難判断水位 36.80 m まであと0.74 m、1時間に0.16 m上昇"),
                    when: Some(Span {
                        from: jst(31, 2, 0),
                        to: Some(jst(31, 5, 0)),
                    }),
                    as_of: jst(30, 23, 0),
                    people: Some(21_400),
                },
                Danger {
                    level: AlertLevel::Two,
                    kind: DangerKind::Measured,
                    place: t("札内川 南帯橋"),
                    what: t("氾濫注意水位を1.11 m超過。計画高水位まで0.80 m"),
                    when: None,
                    as_of: jst(30, 23, 0),
                    people: Some(19_650),
                },
            ],
            unheard: Vec::new(),
            changes: vec![
                Change {
                    at: jst(30, 23, 0),
                    sentence: t("帯広 36.06 m(1時間に+0.16 m)"),
                },
                Change {
                    at: jst(30, 22, 52),
                    sentence: t("中島橋が途絶(最後の値 145.69 m)"),
                },
            ],
            decisions: self.items(),
            said: vec![Said {
                id: t("n-0007"),
                level: AlertLevel::Three,
                place: t("札内川沿い"),
                districts: self.all(&["東地区", "札内川左岸"]),
                at: jst(30, 21, 12),
                delivery: t("5経路のうち4経路に送信済み、防災行政無線は再送中"),
                partly_failed: true,
            }],
            broken: vec![
                Broken {
                    sentence: t(
                        "中島橋(戸蔦別川)が途絶。上昇中に止まったため、水没の疑いとして扱っています",
                    ),
                    since: Some(jst(30, 15, 0)),
                },
                Broken {
                    sentence: t("南帯橋の予測なし。上昇率の延長と基準水位だけで見ています"),
                    since: Some(jst(30, 15, 0)),
                },
            ],
            concern: ConcernPanel {
                ahead_h: 6,
                asked: 3,
                rows: vec![ConcernRow {
                    gauge: t("南帯橋"),
                    river: t("札内川"),
                    assumption: Some(t(
                        "仮定：想定最大規模の浸水深が大きい所ほど低い水位から対象になるとみなしています。",
                    )),
                    cases: vec![
                        ConcernCase {
                            label: t("いま"),
                            level_m: 87.31,
                            districts: 0,
                            people_low: 0,
                            people_high: 0,
                            may_be_more: false,
                        },
                        ConcernCase {
                            label: t("予測の高い方"),
                            level_m: 88.4,
                            districts: 1,
                            people_low: 120,
                            people_high: 1_310,
                            may_be_more: true,
                        },
                    ],
                    districts: vec![ConcernDistrict {
                        name: t("西帯広"),
                        depth_from: t("3m以上5m未満"),
                        people_low: 120,
                        people_high: 1_310,
                        zones: 42,
                        shelters: vec![t("西帯広小学校")],
                        facilities: 2,
                        from: t("予測の高い方"),
                    }],
                }],
                unknown: vec![t("帯広川 東4条")],
                flooding: FloodingTable {
                    rows: vec![FloodingRow {
                        district: t("西帯広"),
                        river: t("札内川"),
                        gauge: t("南帯橋"),
                        level_m: 88.2,
                        reached: None,
                        chances: vec![Chance {
                            ahead_h: 6,
                            percent: 21.0,
                            low_percent: 12.0,
                            high_percent: 34.0,
                        }],
                        when: Some(Span {
                            from: jst(31, 3, 20),
                            to: None,
                        }),
                        tier: Tier::Model,
                        level_at: Some(jst(30, 23, 0)),
                        quality: Quality::Good,
                        doubt: None,
                    }],
                    more: 0,
                    left_out: 4,
                    left_out_below_percent: 1,
                    unknown: vec![t("東帯広")],
                    words: vec![t("町の段階表による。浸水した記録で確かめたものではない。")],
                },
            },
            official: OfficialBoard {
                heard_at: Some(jst(30, 22, 58)),
                stale: false,
                items: vec![
                    OfficialItem {
                        name: t("大雨警報"),
                        place: t("帯広市 大雨"),
                        since: Some(jst(30, 17, 20)),
                        source: t("釧路地方気象台 VPWW54"),
                        issued_at: jst(30, 22, 40),
                        stale: false,
                        note: None,
                    },
                    OfficialItem {
                        name: t("氾濫警戒情報"),
                        place: t("十勝川"),
                        since: None,
                        source: t("帯広開発建設部・釧路地方気象台 VXKO50"),
                        issued_at: jst(30, 20, 10),
                        stale: true,
                        note: Some(t("電文どうしが食い違うため、より重いものを示しています")),
                    },
                ],
                left_out: 0,
                ahead: vec![OfficialItem {
                    name: t("警戒レベル3相当"),
                    place: t("帯広市 大雨 31日 00:00〜03:00"),
                    since: None,
                    source: t("釧路地方気象台 VPWP50"),
                    issued_at: jst(30, 22, 30),
                    stale: false,
                    note: None,
                }],
                drills: 1,
            },
            external: vec![ExternalGroup {
                title: t("気象観測所の雨"),
                title_en: t("Rain at stations"),
                heard_at: jst(30, 22, 53),
                items: vec![ExternalItem {
                    name: t("帯広"),
                    text: t("10分 3.5 mm、1時間 18.0 mm、24時間 欠測"),
                    source: t("観測所 19432"),
                    at: jst(30, 22, 50),
                    until: None,
                    stale: false,
                    note: None,
                }],
                left_out: 0,
            }],
            map: Some(self.map()),
            charts: vec![self.obihiro_chart(), self.nantai_chart()],
            gauges: self.gauges(),
        }
    }

    fn gauges(&self) -> Vec<GaugeRow> {
        let t = |text: &str| self.t(text);
        let next = |name: &str, level, level_m, margin_m| {
            Some(NextMark {
                name: t(name),
                level,
                level_m,
                margin_m,
            })
        };
        let silent =
            |name: &str, river: &str, level_m: Option<f64>, at: Option<Timestamp>, state| {
                GaugeRow {
                    name: t(name),
                    river: t(river),
                    level_m,
                    at,
                    state,
                    quality: Quality::NotChecked,
                    quality_note: None,
                    rise_m_per_h: None,
                    reached: None,
                    next: None,
                    chances: Vec::new(),
                    chance_of: None,
                    tier: Tier::MarksOnly,
                    record: None,
                    source: t("国土交通省"),
                }
            };
        vec![
            GaugeRow {
                name: t("帯広"),
                river: t("十勝川"),
                level_m: Some(36.06),
                at: Some(jst(30, 23, 0)),
                state: GaugeState::Live,
                quality: Quality::Good,
                quality_note: None,
                rise_m_per_h: Some(0.16),
                reached: next("氾濫注意水位", Some(AlertLevel::Two), 35.2, -0.86),
                next: next("避難判断水位", Some(AlertLevel::Three), 36.8, 0.74),
                chances: vec![
                    Chance {
                        ahead_h: 1,
                        percent: 1.0,
                        low_percent: 0.0,
                        high_percent: 3.0,
                    },
                    Chance {
                        ahead_h: 2,
                        percent: 6.0,
                        low_percent: 2.0,
                        high_percent: 13.0,
                    },
                    Chance {
                        ahead_h: 3,
                        percent: 18.0,
                        low_percent: 9.0,
                        high_percent: 31.0,
                    },
                    Chance {
                        ahead_h: 6,
                        percent: 64.0,
                        low_percent: 45.0,
                        high_percent: 79.0,
                    },
                ],
                chance_of: Some(t("避難判断水位")),
                tier: Tier::Model,
                record: Some(t("6時間先 12回中9回的中・見逃し1回")),
                source: t("国土交通省"),
            },
            GaugeRow {
                quality: Quality::Suspect,
                quality_note: Some(t("1時間前から急に上昇が止まった")),
                rise_m_per_h: Some(0.03),
                reached: next("氾濫注意水位", Some(AlertLevel::Two), 77.4, -1.11),
                next: next("計画高水位", None, 79.31, 0.80),
                tier: Tier::RiseRate,
                ..silent(
                    "南帯橋",
                    "札内川",
                    Some(78.51),
                    Some(jst(30, 23, 0)),
                    GaugeState::Live,
                )
            },
            GaugeRow {
                quality: Quality::Good,
                rise_m_per_h: Some(-0.01),
                tier: Tier::Persistence,
                ..silent(
                    "東3条",
                    "帯広川",
                    Some(33.51),
                    Some(jst(30, 23, 0)),
                    GaugeState::Live,
                )
            },
            silent(
                "中島橋",
                "戸蔦別川",
                Some(145.69),
                Some(jst(30, 15, 0)),
                GaugeState::SuspectedSubmerged,
            ),
            silent(
                "第二大川橋",
                "札内川",
                Some(103.12),
                Some(jst(30, 22, 0)),
                GaugeState::Late,
            ),
            silent("売買川", "売買川", None, None, GaugeState::QuietAsDesigned),
        ]
    }
}
