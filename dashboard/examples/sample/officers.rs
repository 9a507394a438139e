//! The officers' views; the larger pages have files of their own.

mod deciding;
mod inbox;
mod layers;
mod notices;
mod recommendation;
mod review;
mod situation;

use hinan_dashboard::view::{
    AuditRow, AuditView, ChainCheck, ErrorView, Frame, LinkView, Realm, SignInView, Who,
};

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
