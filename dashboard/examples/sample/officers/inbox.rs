//! What waits for a decision.

use hinan_dashboard::view::{AlertLevel, InboxItem, InboxView, ItemState, Span};

use crate::sample::{Sample, jst};

impl Sample {
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

    pub(super) fn item(&self) -> InboxItem {
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

    pub(super) fn decide_by(&self) -> Span {
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
}
