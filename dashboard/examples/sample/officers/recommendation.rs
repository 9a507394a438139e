//! One recommendation with its grounds, its counter-evidence and its shelters.

use hinan_dashboard::view::{
    AlertLevel, ChanceFact, DeadlineFact, Evidence, Exposed, ItemState, OfficialWarning,
    RecommendationView, ShelterRow, ShelterState, Span, Tier, TimeTerm, WaitingRow,
};

use crate::sample::{Sample, jst};

impl Sample {
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
}
