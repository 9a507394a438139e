//! The residents' views.

use hinan_dashboard::view::{
    AlertLevel, FeedLink, PublicFrame, PublicHome, PublicNotice, PublicNoticePage, PublicShelter,
    Realm,
};

use super::{Sample, jst};

impl Sample {
    /// The public frame of a replay.
    pub(crate) fn public_frame(&self) -> PublicFrame {
        let feed = |label: &str, href: &str, media_type: &str| FeedLink {
            label: self.t(label),
            href: href.to_owned(),
            media_type: media_type.to_owned(),
        };
        PublicFrame {
            town: self.t("帯広市"),
            realm: Realm::Demo {
                speed: self.t("60倍速"),
            },
            now: jst(30, 23, 20),
            feeds: vec![
                feed("Atom", "/feed.atom", "application/atom+xml"),
                feed("CAP", "/cap.xml", "application/cap+xml"),
                feed("JSON", "/notices.json", "application/json"),
            ],
            contact: Some(self.t("危機対策課 0155-00-0000")),
        }
    }

    /// One order in force, one lifted.
    pub(crate) fn public_home(&self) -> PublicHome {
        PublicHome {
            in_force: vec![self.public_order()],
            ended: vec![self.lifted()],
        }
    }

    fn public_order(&self) -> PublicNotice {
        let shelter = |name: &str, address: &str, note: Option<&str>| PublicShelter {
            name: self.t(name),
            address: Some(self.t(address)),
            note: note.map(|note| self.t(note)),
        };
        PublicNotice {
            id: self.t("n-0008"),
            level: AlertLevel::Four,
            hazard: self.t("洪水"),
            place: self.t("十勝川沿い"),
            districts: self.all(&["東地区", "十勝川沿い"]),
            what_to_do: self.all(&[
                "危険な場所にいる人は、全員、避難してください。",
                "外に出ることが危ないときは、家の中の高い階、川や崖から離れた部屋へ移ってください。",
            ]),
            reason: self.t("十勝川の帯広で水位が上がり続けています(30日23時 36.06メートル)。"),
            issued_at: jst(30, 23, 10),
            lifted_at: None,
            cancelled_at: None,
            successor: None,
            expired_at: None,
            shelters: vec![
                shelter("柏小学校", "東6条南13丁目", None),
                shelter("翔陽中学校", "東5条南14丁目", Some("体育館")),
                shelter("光南小学校", "東5条南22丁目", None),
            ],
        }
    }

    fn lifted(&self) -> PublicNotice {
        PublicNotice {
            id: self.t("n-0006"),
            level: AlertLevel::Three,
            place: self.t("伏古別川沿い"),
            districts: self.all(&["川北", "みどり", "北親", "親成", "東欄香"]),
            reason: self.t("伏古別川の水位が下がりました。"),
            issued_at: jst(30, 18, 10),
            lifted_at: Some(jst(30, 22, 40)),
            ..self.public_order()
        }
    }

    /// The page of the order.
    pub(crate) fn public_notice(&self) -> PublicNoticePage {
        PublicNoticePage {
            notice: self.public_order(),
            english: Some(
                self.t("Alert Level 4: Evacuation Order. Areas: Higashi, along the Tokachi River."),
            ),
            easy_japanese: Some(
                self.t("すぐに にげてください。(避難指示)\nところ: 東地区、十勝川沿い"),
            ),
            japanese: self.t(
                "警戒レベル4、避難指示。\n帯広市です。東地区、十勝川沿いに避難指示を発令しました。",
            ),
            cap_href: Some("/n/n-0008.cap.xml".to_owned()),
        }
    }
}
