//! The review of a night.

use hinan_dashboard::view::{
    AlertLevel, ReviewEvent, ReviewFact, ReviewRow, ReviewSide, ReviewView,
};

use crate::sample::{Sample, jst};

impl Sample {
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
}
