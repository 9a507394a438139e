//! What was published, and the form that ends it.

use hinan_dashboard::view::{
    AlertLevel, CheckNumber, Delivery, DeliveryCell, EndNoticeView, FieldErrors, Filled,
    NoticeEvent, NoticeRow, NoticeState, NoticeView, PublishedView, ReasonChoice,
};

use super::DIGEST;
use crate::sample::{Sample, jst};

impl Sample {
    pub(super) fn channel_names(&self) -> Vec<String> {
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
}
