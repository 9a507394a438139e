//! The devices, one of them stolen.

use hinan_dashboard::view::{
    DeviceRow, DeviceState, DeviceStep, DeviceView, DevicesView, FieldErrors,
};

use super::{Sample, jst};

impl Sample {
    /// The list: one in use, one that nobody enrolled, one taken out of use.
    pub(crate) fn devices(&self) -> DevicesView {
        DevicesView {
            rule_ja: self.t("登録した機器だけが話せます。"),
            rows: vec![
                self.device_row("gauge-1", DeviceState::InUse),
                DeviceRow {
                    heard_at: None,
                    connections: 0,
                    messages: 0,
                    ..self.device_row("301081281107050", DeviceState::NotEnrolled)
                },
                self.device_row("gauge-2", self.stolen()),
            ],
            may_bar: true,
        }
    }

    /// A device in three steps: asked for, about to be, and out of use.
    pub(crate) fn device_steps(&self) -> [DeviceView; 3] {
        let row = || self.device_row("gauge-2", DeviceState::InUse);
        let effects = self.all(&[
            "開いている接続(1本)を切り、以後の接続を断ります",
            "301081281107050: 保存済みの水位12件を異常として扱い、判断に使いません(値は消しません)",
        ]);
        [
            DeviceView {
                row: row(),
                step: DeviceStep::Form {
                    reason: self.t(""),
                    since: self.t("2016-08-30 22:00"),
                    errors: FieldErrors {
                        form: Some(self.t("gauge-2 は使用停止です")),
                        reason: Some(self.t("理由を400文字までで書いてください")),
                        check: Some(
                            self.t("2016-08-30 23:04 のように、いままでの時刻を書いてください"),
                        ),
                        ..FieldErrors::default()
                    },
                },
                events: vec![(jst(1, 9, 0), self.t("コンソール 機器 gauge-2 を登録"))],
            },
            DeviceView {
                row: row(),
                step: DeviceStep::Confirm {
                    reason: self.t("盗難の届け出"),
                    since: jst(30, 22, 0),
                    since_text: self.t("2016-08-30 22:00"),
                    effects: effects.clone(),
                },
                events: Vec::new(),
            },
            DeviceView {
                row: self.device_row("gauge-2", self.stolen()),
                step: DeviceStep::Shown { effects },
                events: vec![(
                    jst(30, 22, 10),
                    self.t("sato 機器 gauge-2 の使用を停止(理由: 盗難の届け出)"),
                )],
            },
        ]
    }

    fn stolen(&self) -> DeviceState {
        DeviceState::OutOfUse {
            at: jst(30, 22, 10),
            by: self.t("sato"),
            reason: self.t("盗難の届け出"),
        }
    }

    fn device_row(&self, name: &str, state: DeviceState) -> DeviceRow {
        DeviceRow {
            name: name.to_owned(),
            state,
            speaks_for: self.t("301081281107050、v3/+/devices/+/up"),
            heard_at: Some(jst(30, 23, 1)),
            connections: 1,
            messages: 1_204,
            refused: 3,
            throttled: 0,
        }
    }
}
