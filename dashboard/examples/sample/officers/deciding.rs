//! The sheet to decide on, the confirmation and the form to decline.

use hinan_dashboard::view::{
    AlertLevel, ChannelPlan, CheckNumber, ConfirmView, Confirmed, DecisionSheet, DeclineView,
    Draft, FieldErrors, Filled, LevelChoice, NoticeText, ReasonChoice, TextKind,
};

use super::DIGEST;
use crate::sample::{Sample, jst};

impl Sample {
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

    pub(super) fn texts(&self) -> Vec<NoticeText> {
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
}
