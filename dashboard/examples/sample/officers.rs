//! The officers' views.

use hinan_dashboard::view::{
    AlertLevel, AuditRow, AuditView, Broken, ChainCheck, Chance, ChanceFact, Change, ChannelPlan,
    CheckNumber, ConcernCase, ConcernDistrict, ConcernPanel, ConcernRow, ConfirmView, Confirmed,
    Danger, DangerKind, DeadlineFact, DecisionSheet, DeclineView, Delivery, DeliveryCell, Draft,
    EndNoticeView, ErrorView, Evidence, Exposed, ExternalGroup, ExternalItem, FieldErrors, Filled,
    FloodingRow, FloodingTable, Frame, GaugeRow, GaugeState, Headline, InboxItem, InboxView,
    ItemState, LayerCell, LayerHead, LayerLink, LayerView, LayersView, LevelChoice, LinkView,
    NextMark, NoticeEvent, NoticeRow, NoticeState, NoticeText, NoticeView, OfficialBoard,
    OfficialItem, OfficialWarning, PublishedView, Quality, Realm, ReasonChoice, RecommendationView,
    ReviewEvent, ReviewFact, ReviewRow, ReviewSide, ReviewView, Said, ShelterRow, ShelterState,
    SignInView, Situation, Span, TextKind, Tier, TimeTerm, WaitingRow, Who,
};
use jiff::Timestamp;

use super::{Sample, jst, now};

const DIGEST: &str = "6d4c2f0b9a1e77c3d58e20f4b6a9c1d2e3f405162738495a6b7c8d9eaf0b1c2d";

impl Sample {
    /// The frame of a replay.
    pub(crate) fn frame(&self) -> Frame {
        Frame {
            town: self.t("帯広市"),
            realm: Realm::Demo {
                speed: self.t("60倍速"),
            },
            now: now(),
            user: Some(Who {
                name: self.t("佐藤 明"),
                role_ja: self.t("危機対策課長"),
            }),
            csrf: Some(self.t("9f2c61d0")),
            gauges_working: 4,
            gauges_all: 6,
            link: LinkView::Connected {
                since: jst(30, 12, 0),
            },
            models_on: true,
            undecided: 2,
            notices: Vec::new(),
            refresh_s: Some(15),
        }
    }

    /// The sign-in page after a wrong password.
    pub(crate) fn sign_in(&self) -> SignInView {
        SignInView {
            user: self.t("sato"),
            error: Some(self.t("利用者名かパスワードが違います。もう一度入力してください。")),
            demo_accounts: vec![[
                self.t("sato"),
                self.t("再現用の合言葉"),
                self.t("危機対策課長"),
            ]],
            // The one page with a script is looked at in the walk through Chromium.
            passkey: None,
            single_sign_on: true,
        }
    }

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

    /// Two open recommendations.
    pub(crate) fn items(&self) -> Vec<InboxItem> {
        vec![
            self.item(),
            InboxItem {
                id: self.t("r-0032"),
                level: AlertLevel::Three,
                place: self.t("戸蔦別川沿い"),
                districts: self.all(&["中島"]),
                people: Some(430),
                decide_by: None,
                crossing: Some(Span {
                    from: jst(31, 1, 0),
                    to: None,
                }),
                reason: self.t("上流の中島橋が上昇中に途絶。最後の水位より悪いものとして扱う"),
                made_at: jst(30, 22, 53),
                state: ItemState::Seen {
                    by: self.t("佐藤 明"),
                    at: jst(30, 22, 58),
                },
            },
        ]
    }

    fn item(&self) -> InboxItem {
        InboxItem {
            id: self.t("r-0031"),
            level: AlertLevel::Four,
            place: self.t("十勝川沿い"),
            districts: self.all(&["東地区", "十勝川沿い"]),
            people: Some(21_400),
            decide_by: Some(self.decide_by()),
            crossing: Some(Span {
                from: jst(31, 3, 0),
                to: Some(jst(31, 6, 0)),
            }),
            reason: self.t(
                "帯広が6時間以内に氾濫危険水位を超える確率31%(幅17〜49%)、夜間の避難に時間がかかる",
            ),
            made_at: jst(30, 23, 1),
            state: ItemState::New,
        }
    }

    fn decide_by(&self) -> Span {
        Span {
            from: jst(31, 0, 20),
            to: Some(jst(31, 1, 30)),
        }
    }

    /// The inbox with both.
    pub(crate) fn inbox(&self) -> InboxView {
        InboxView {
            waiting: Vec::new(),
            unknown: Vec::new(),
            items: self.items(),
            checked_at: jst(30, 23, 3),
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

    /// The recommendation of level 4.
    pub(crate) fn recommendation(&self) -> RecommendationView {
        let t = |text: &str| self.t(text);
        let line = |text: &str, source: &str, at| Evidence {
            text: t(text),
            en: None,
            source: t(source),
            at,
        };
        RecommendationView {
            id: t("r-0031"),
            judged: false,
            level: AlertLevel::Four,
            hazard: t("洪水"),
            place: t("十勝川沿い"),
            districts: self.all(&["東地区", "十勝川沿い"]),
            mode: Some(t(
                "立退き避難。外が危ないときは2階以上へ(想定浸水深3〜5 mの区域では3階以上)",
            )),
            made_at: jst(30, 23, 1),
            data_as_of: jst(30, 23, 0),
            chance: Some(ChanceFact {
                mark: t("氾濫危険水位"),
                mark_m: 37.4,
                gauge: t("帯広"),
                ahead_h: 6,
                percent: 31.0,
                low_percent: 17.0,
                high_percent: 49.0,
            }),
            no_chance: None,
            crossing: Some(Span {
                from: jst(31, 3, 0),
                to: Some(jst(31, 6, 0)),
            }),
            decide_by: Some(self.decide_by()),
            time_terms: vec![
                TimeTerm {
                    name: t("夜間の移動"),
                    name_en: t("travel at night"),
                    minutes: 60,
                    note: t("一般の設定値"),
                },
                TimeTerm {
                    name: t("準備"),
                    name_en: t("preparation"),
                    minutes: 45,
                    note: t("一般の設定値"),
                },
                TimeTerm {
                    name: t("伝達"),
                    name_en: t("dissemination"),
                    minutes: 30,
                    note: t("一般の設定値"),
                },
            ],
            deadline: Some(DeadlineFact {
                district: t("東地区"),
                safe_by: jst(31, 3, 0),
                limit: t("危険の到達"),
                limit_en: t("the hazard arrives"),
                needs_min: 135,
                in_the_dark: true,
                made_by: t("帯広 予測モデル"),
            }),
            waiting: vec![
                WaitingRow {
                    wait_min: 0,
                    late_by_min: -105,
                    too_late: Some(t("5%未満")),
                    people: Some(40),
                    in_the_dark: true,
                    in_the_storm: false,
                },
                WaitingRow {
                    wait_min: 60,
                    late_by_min: -45,
                    too_late: Some(t("9%")),
                    people: Some(1_900),
                    in_the_dark: true,
                    in_the_storm: true,
                },
                WaitingRow {
                    wait_min: 120,
                    late_by_min: 15,
                    too_late: None,
                    people: None,
                    in_the_dark: true,
                    in_the_storm: true,
                },
            ],
            exposed: Some(Exposed {
                people: 21_400,
                households: Some(10_900),
                needing_help: Some(612),
                shelter_users: Some([300, 1_900]),
                basis: t("2010年国勢調査 500 mメッシュを面積で按分。いまの人口とは違います"),
            }),
            charts: vec![self.obihiro_chart()],
            evidence: vec![
                line(
                    "帯広の水位 36.06 m、1時間に0.16 m上昇。上昇は8時間続いている",
                    "観測",
                    jst(30, 23, 0),
                ),
                line(
                    "6時間以内に氾濫危険水位 37.40 m を超える確率31%(幅17〜49%)",
                    "統計モデル 帯広-6h",
                    jst(30, 23, 0),
                ),
                line(
                    "上流の芽室太が63.11 m、1時間に0.24 m上昇",
                    "観測",
                    jst(30, 23, 0),
                ),
                line(
                    "日の出(04:57)前の避難になる。夜間は移動に時間がかかる",
                    "計算",
                    jst(30, 23, 0),
                ),
            ],
            counter_evidence: vec![
                line(
                    "中央値は氾濫危険水位に届かない(6時間後 36.90 m)",
                    "統計モデル 帯広-6h",
                    jst(30, 23, 0),
                ),
                line(
                    "モデルの学習に使った最高水位は35.49 m。いまはそれを超えており、予測の確からしさは下がる",
                    "モデルの記録",
                    jst(30, 23, 0),
                ),
                line(
                    "戸蔦橋・中島橋が途絶。札内川上流からの出水は見えていない",
                    "通信状態",
                    jst(30, 15, 0),
                ),
                line(
                    "雨量の入力がない。雨が弱まっていても予測には表れない",
                    "モデルの記録",
                    jst(30, 23, 0),
                ),
            ],
            shelters: self.shelters(),
            official: vec![
                OfficialWarning {
                    name: t("レベル3大雨警報"),
                    level: Some(AlertLevel::Three),
                    issuer: t("帯広測候所"),
                    at: jst(30, 18, 42),
                },
                OfficialWarning {
                    name: t("暴風警報"),
                    level: None,
                    issuer: t("帯広測候所"),
                    at: jst(30, 17, 10),
                },
            ],
            official_checked_at: Some(jst(30, 23, 2)),
            would_change: self.all(&[
                "帯広が1時間に0.30 m以上上昇すれば、期限は1時間早まる",
                "帯広が2時間続けて下降すれば、この推奨は取り下げる",
                "芽室太が64.27 m(計画高水位)を超えれば、対象を中央地区に広げる",
            ]),
            left_out: Vec::new(),
            tier: Tier::Model,
            model: t("帯広-6h 版2016-08-28"),
            tables: vec![hinan_dashboard::view::SlipTable {
                caption: t("地区ごとの避難のしかた・期限・行き先 By district"),
                head: vec![t("地区"), t("避難のしかた")],
                rows: vec![vec![
                    t("大正"),
                    t("立退き避難: 危険な場所から全員避難してください"),
                ]],
            }],
            record: Some(t("6時間先 12回中9回的中・見逃し1回(2016年8月の3つの台風)")),
            state: ItemState::Seen {
                by: t("佐藤 明"),
                at: jst(30, 23, 2),
            },
            locked: None,
        }
    }

    fn shelters(&self) -> Vec<ShelterRow> {
        let shelter =
            |name: &str, straight_m, approved, depth: Option<&str>, state, at, free| ShelterRow {
                name: self.t(name),
                straight_m,
                approved_for_flood: approved,
                depth_at_site: depth.map(|depth| self.t(depth)),
                state,
                state_at: at,
                capacity: free,
                free,
            };
        vec![
            shelter(
                "柏小学校(体育館等)",
                640.0,
                true,
                None,
                ShelterState::Open,
                Some(jst(30, 20, 0)),
                Some(180),
            ),
            shelter(
                "翔陽中学校(体育館等)",
                810.0,
                true,
                None,
                ShelterState::Open,
                Some(jst(30, 20, 0)),
                None,
            ),
            shelter(
                "光南小学校(体育館等)",
                1_320.0,
                true,
                None,
                ShelterState::Open,
                Some(jst(30, 20, 0)),
                None,
            ),
            shelter(
                "東小学校(体育館等)",
                420.0,
                true,
                Some("3〜5 m"),
                ShelterState::Open,
                Some(jst(30, 20, 0)),
                None,
            ),
            shelter(
                "総合体育館(駐車場)",
                700.0,
                false,
                Some("0.5〜3 m"),
                ShelterState::NotReported,
                None,
                None,
            ),
        ]
    }

    /// The decision sheet as it opens.
    pub(crate) fn decision(&self) -> DecisionSheet {
        DecisionSheet {
            item: self.item(),
            data_as_of: jst(30, 23, 0),
            levels: vec![
                LevelChoice {
                    level: AlertLevel::Three,
                    proposed: false,
                    barred: Some(self.t("東地区には既に発令中です")),
                },
                LevelChoice {
                    level: AlertLevel::Four,
                    proposed: true,
                    barred: None,
                },
                LevelChoice {
                    level: AlertLevel::Five,
                    proposed: false,
                    barred: None,
                },
            ],
            reasons: self.reasons(),
            judged: false,
            valid_h: [12, 48],
            check: CheckNumber {
                question: self.t("右の文面の対象地区は何地区ですか"),
                hint: self.t("数字だけ。全角でもかまいません"),
            },
            drafts: vec![Draft {
                level: AlertLevel::Four,
                texts: self.texts(),
            }],
            digest: DIGEST.to_owned(),
            filled: Filled::default(),
            errors: FieldErrors::default(),
            locked: None,
        }
    }

    /// The decision sheet after a refused attempt.
    pub(crate) fn refused(&self) -> DecisionSheet {
        DecisionSheet {
            filled: Filled {
                level: Some(AlertLevel::Four),
                reason: Some("own".to_owned()),
                reason_text: self.t("現地の消防団から堤防の漏水の報告"),
                check: self.t("３"),
                ..Filled::default()
            },
            errors: FieldErrors {
                form: None,
                level: None,
                reason: None,
                check: Some(
                    self.t("地区の数が文面と合いません。文面を読み直して入力してください。"),
                ),
            },
            ..self.decision()
        }
    }

    fn reasons(&self) -> Vec<ReasonChoice> {
        vec![
            ReasonChoice {
                value: self.t("e1"),
                text: self.t("帯広の水位 36.06 m、1時間に0.16 m上昇"),
            },
            ReasonChoice {
                value: self.t("e2"),
                text: self.t("6時間以内に氾濫危険水位を超える確率31%(幅17〜49%)"),
            },
            ReasonChoice {
                value: self.t("e4"),
                text: self.t("日の出前の避難になるため、早く伝える"),
            },
        ]
    }

    fn texts(&self) -> Vec<NoticeText> {
        let text = |kind, body: &str| NoticeText {
            kind,
            body: self.t(body),
        };
        vec![
            text(
                TextKind::Japanese,
                "警戒レベル4、避難指示。警戒レベル4、避難指示。\n帯広市です。\n東地区、十勝川沿いの2地区に、洪水に関する警戒レベル4「避難指示」を発令しました。\n十勝川の帯広で水位が上がり続け、氾濫のおそれが高まっています(30日23時 36.06メートル)。\n危険な場所にいる人は、全員、避難してください。\n外に出ることが危ないときは、家の中の高い階、川や崖から離れた部屋へ移ってください。\n開いている避難場所: 柏小学校、翔陽中学校、光南小学校\n2016年8月30日 23時10分 帯広市",
            ),
            text(
                TextKind::EasyJapanese,
                "すぐに にげてください。(避難指示)\nところ: 東地区、十勝川沿い\n川の 水が ふえています。\nあぶない ところに いる 人は みんな にげて ください。\n外が あぶない ときは、家の 高い ところへ 行って ください。",
            ),
            text(
                TextKind::English,
                "Alert Level 4: Evacuation Order.\nAreas: Higashi, along the Tokachi River (Obihiro City).\nThe Tokachi River is rising and may flood. Everyone in dangerous places must evacuate now. If going outside is dangerous, move to a higher floor.\nOpen shelters: Kashiwa ES, Shoyo JHS, Konan ES.",
            ),
            text(
                TextKind::Cap,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">\n  <identifier>01207-0198f3c2</identifier>\n  <sender>bosai@city.example</sender>\n  <sent>2016-08-30T23:10:00+09:00</sent>\n  <status>Exercise</status>\n  <msgType>Alert</msgType>\n  <scope>Public</scope>\n  <info>\n    <language>ja</language>\n    <category>Met</category>\n    <event>避難指示</event>\n    <urgency>Immediate</urgency>\n    <severity>Severe</severity>\n    <certainty>Likely</certainty>\n    <area><areaDesc>東地区、十勝川沿い</areaDesc></area>\n  </info>\n</alert>",
            ),
        ]
    }

    /// The confirmation of the level 4 order.
    pub(crate) fn confirm(&self) -> ConfirmView {
        ConfirmView {
            approving: hinan_dashboard::view::Approving::Alone,
            action: Confirmed::Issue,
            level: AlertLevel::Four,
            place: self.t("十勝川沿い"),
            districts: self.all(&["東地区", "十勝川沿い"]),
            reason: self.t("6時間以内に氾濫危険水位を超える確率31%(幅17〜49%)"),
            post_to: "/plain/r/r-0031/decide".to_owned(),
            back_to: "/plain/r/r-0031/decide".to_owned(),
            filled: Filled {
                level: Some(AlertLevel::Four),
                reason: Some(self.t("e2")),
                reason_text: String::new(),
                check: self.t("2"),
                ..Filled::default()
            },
            texts: self.texts(),
            digest: DIGEST.to_owned(),
            channels: self
                .channel_names()
                .into_iter()
                .map(|name| ChannelPlan {
                    name,
                    condition: self.t("接続中"),
                })
                .collect(),
            check: None,
            check_error: None,
            cautions: vec![self.t("中島地区の推奨(レベル3)はこの発表に含まれていません。")],
        }
    }

    /// Declining.
    pub(crate) fn decline(&self) -> DeclineView {
        DeclineView {
            item: self.item(),
            reasons: vec![
                ReasonChoice {
                    value: self.t("d1"),
                    text: self.t("現地を確かめた。危険は見られない"),
                },
                ReasonChoice {
                    value: self.t("d2"),
                    text: self.t("センサーの値が正しくない"),
                },
                ReasonChoice {
                    value: self.t("d3"),
                    text: self.t("外の移動のほうが危険(暴風など)"),
                },
                ReasonChoice {
                    value: self.t("d4"),
                    text: self.t("別の地区割りで発令する"),
                },
            ],
            digest: DIGEST.to_owned(),
            filled: Filled::default(),
            errors: FieldErrors::default(),
        }
    }

    fn channel_names(&self) -> Vec<String> {
        self.all(&[
            "公開ページ",
            "CAP・Atom",
            "メール配信",
            "防災行政無線",
            "県システム",
        ])
    }

    fn row(&self) -> NoticeRow {
        let arrived = |receipt: &str| DeliveryCell {
            delivery: Delivery::Accepted,
            at: Some(jst(30, 21, 12)),
            receipt: Some(self.t(receipt)),
            attempts: 1,
            retry: None,
        };
        NoticeRow {
            id: self.t("n-0007"),
            level: AlertLevel::Three,
            place: self.t("札内川沿い"),
            districts: self.all(&["東地区", "札内川左岸"]),
            state: NoticeState::InForce,
            approved_at: jst(30, 21, 12),
            approved_by: self.t("佐藤 明(危機対策課長)"),
            deliveries: vec![
                DeliveryCell {
                    delivery: Delivery::Sent,
                    at: Some(jst(30, 21, 12)),
                    receipt: None,
                    attempts: 1,
                    retry: None,
                },
                arrived("a41f09"),
                arrived("250 2.0.0"),
                DeliveryCell {
                    delivery: Delivery::Retrying {
                        next_at: Some(jst(30, 23, 5)),
                        why: self.t("応答がありません"),
                    },
                    at: Some(jst(30, 23, 3)),
                    receipt: None,
                    attempts: 7,
                    retry: None,
                },
                DeliveryCell {
                    delivery: Delivery::Waiting,
                    at: None,
                    receipt: None,
                    attempts: 0,
                    retry: None,
                },
            ],
        }
    }

    /// What was published.
    pub(crate) fn published(&self) -> PublishedView {
        let failed = DeliveryCell {
            delivery: Delivery::Failed {
                why: self.t("宛先が登録されていません"),
            },
            at: Some(jst(30, 18, 11)),
            receipt: None,
            attempts: 3,
            retry: None,
        };
        let mut lifted = NoticeRow {
            id: self.t("n-0006"),
            state: NoticeState::Lifted,
            place: self.t("伏古別川沿い"),
            districts: self.all(&["川北", "みどり", "北親", "親成", "東欄香"]),
            approved_at: jst(30, 18, 10),
            ..self.row()
        };
        lifted.deliveries[4] = failed;
        PublishedView {
            channels: self.channel_names(),
            rows: vec![self.row(), lifted],
            as_of: jst(30, 23, 4),
        }
    }

    /// One notice.
    pub(crate) fn notice(&self) -> NoticeView {
        let event = |at, who: &str, what: &str| NoticeEvent {
            at,
            who: self.t(who),
            what: self.t(what),
        };
        NoticeView {
            review_wanted: true,
            row: self.row(),
            channels: self.channel_names(),
            texts: self.texts(),
            digest: DIGEST.to_owned(),
            reason: self.t("札内川 南帯橋が氾濫注意水位を超えて上昇"),
            recommendation_id: Some(self.t("r-0024")),
            proposed_level: Some(AlertLevel::Four),
            events: vec![
                event(jst(30, 21, 8), "佐藤 明", "推奨を確認"),
                event(jst(30, 21, 12), "佐藤 明", "レベル3を選び、承認"),
                event(jst(30, 21, 12), "配信", "公開ページに掲載"),
                event(
                    jst(30, 21, 13),
                    "配信",
                    "防災行政無線が応答せず、再送を開始",
                ),
            ],
        }
    }

    /// Lifting or cancelling.
    pub(crate) fn end_notice(&self) -> EndNoticeView {
        EndNoticeView {
            row: self.row(),
            lift_lacks: self.all(&[
                "南帯橋の水位がまだ氾濫注意水位を1.11 m上回っている(23:00)",
                "上流の上札内がまだ上昇している(23:00 249.03 m)",
                "レベル3大雨警報が発表中",
            ]),
            lift_met: Vec::new(),
            also_in_force: vec!["十勝川 警戒レベル3 高齢者等避難(東地区など2地区)".to_owned()],
            reasons: vec![ReasonChoice {
                value: self.t("l1"),
                text: self.t("水位が下がり、上流の山も越えた"),
            }],
            check: CheckNumber {
                question: self.t("対象地区は何地区ですか"),
                hint: self.t("数字だけ。全角でもかまいません"),
            },
            digest: DIGEST.to_owned(),
            ending: None,
            filled: Filled::default(),
            errors: FieldErrors::default(),
        }
    }

    /// The review of that night.
    pub(crate) fn review(&self) -> ReviewView {
        let side = |at, what: &str| {
            Some(ReviewSide {
                at,
                what: self.t(what),
            })
        };
        let event = |at, place: &str, what: &str| ReviewEvent {
            at,
            place: self.t(place),
            what: self.t(what),
        };
        let fact = |name: &str, value: &str, basis: &str| ReviewFact {
            name: self.t(name),
            value: self.t(value),
            basis: self.t(basis),
        };
        ReviewView {
            event: self.t("2016年8月 台風第10号"),
            from: jst(29, 0, 0),
            to: jst(31, 12, 0),
            rows: vec![
                ReviewRow {
                    place: self.t("札内川沿い"),
                    level: AlertLevel::Three,
                    service: side(jst(30, 21, 10), "18地区"),
                    town: None,
                },
                ReviewRow {
                    place: self.t("札内川沿い"),
                    level: AlertLevel::Four,
                    service: side(jst(30, 22, 1), "23地区"),
                    town: side(jst(31, 2, 30), "帯広市: 避難勧告(約16,370世帯)"),
                },
                ReviewRow {
                    place: self.t("十勝川沿い"),
                    level: AlertLevel::Four,
                    service: None,
                    town: side(jst(31, 3, 45), "帯広市: 避難勧告(23町内会 2,960人)"),
                },
            ],
            also_done: vec![
                event(
                    jst(30, 18, 0),
                    "帯広市 伏古別川",
                    "避難準備情報(5町内会、約530世帯)",
                ),
                event(
                    jst(30, 22, 0),
                    "幕別町 札内地区(右岸)",
                    "避難勧告(3,283世帯、7,244人)",
                ),
            ],
            happened: vec![event(
                jst(31, 5, 20),
                "帯広市 中島地区",
                "札内川左岸で堤防決壊を確認。戸蔦別川の氾濫水が内側から越えた",
            )],
            facts: vec![
                fact("早かった推奨", "2件", "実際の対応の記録がある帯広市の3件のうち"),
                fact("推奨できなかった", "1件", "内水氾濫は対象の水位計がない"),
                fact("空振り", "0件", "この台風の期間"),
            ],
            could_not_know: self.all(&[
                "戸蔦別川の堤防が切れ、その水が札内川の堤防を内側から越えたこと。水位の予測では分かりません",
                "21時以降の札内ダムの放流操作。放流量は入力に入っていません",
                "職員の人数、避難所の鍵を持つ人、道路の冠水",
            ]),
            sources: self.all(&["続十勝川治水史(帯広開発建設部、2023年)", "十勝毎日新聞 2016年8月30日〜9月"]),
        }
    }

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

    /// The record.
    pub(crate) fn audit(&self) -> AuditView {
        let row = |seq, at, who: &str, what: &str, hash: &str| AuditRow {
            seq,
            at,
            who: self.t(who),
            what: self.t(what),
            hash: hash.repeat(8),
        };
        AuditView {
            rows: vec![
                row(
                    4182,
                    jst(30, 23, 2),
                    "佐藤 明",
                    "推奨 r-0031 を開いた(データ時点 23:00)",
                    "a91f03bc",
                ),
                row(
                    4181,
                    jst(30, 23, 1),
                    "推奨",
                    "r-0031 レベル4 東地区・十勝川沿いを作成",
                    "77c2e410",
                ),
                row(
                    4180,
                    jst(30, 23, 0),
                    "水位計 帯広",
                    "36.06 m を受信(正常)",
                    "0be4419d",
                ),
                row(
                    4179,
                    jst(30, 22, 58),
                    "佐藤 明",
                    "推奨 r-0032 を開いた",
                    "d0557ae2",
                ),
            ],
            check: ChainCheck::Whole {
                entries: 4182,
                at: jst(30, 23, 0),
            },
            older: Some("/plain/audit?before=4179".to_owned()),
            newer: None,
        }
    }

    /// Something went wrong.
    pub(crate) fn error(&self) -> ErrorView {
        ErrorView {
            status: 409,
            sentence_ja: self.t("読んだ文面が、その後に変わりました。何も発表されていません。"),
            sentence_en: self.t("The text you read has changed since. Nothing was published."),
            what_to_do: self.all(&[
                "推奨をもう一度開き、新しい値を確かめてください。",
                "急ぐときは紙の手順に切り替えてください。",
            ]),
            go_on: Some(["/plain/inbox".to_owned(), self.t("判断待ちへ")]),
        }
    }
}
