//! Cadence (通報間隔): what a device has agreed to report, and from when on its silence means something.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::settings::{InvalidQuality, demand};

/// The kind of device. It says what silence means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceClass {
    /// 常時観測: reports at its interval, whatever the water does.
    #[default]
    Regular,
    /// 危機管理型水位計: reports at its interval from its start level (観測開始水位) on; below it only a sign of life.
    Crisis,
    /// 省電力無線 (LPWA): reports at its interval without being told whether it was heard; single reports get lost.
    Lpwa,
}

impl DeviceClass {
    /// Intervals without a word until a device of this class is late, and until it has failed.
    const fn patience(self) -> (f64, f64) {
        match self {
            Self::Regular | Self::Crisis => (1.5, 3.0),
            Self::Lpwa => (2.5, 5.0),
        }
    }
}

/// What was agreed with one device, as a file states it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cadence {
    /// Its kind.
    #[serde(default)]
    pub class: DeviceClass,
    /// How often it reports, seconds. Left out: as the service expects of all (`cadence_s`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_s: Option<u32>,
    /// Late after so many intervals without a word. Left out: 1.5, for LPWA 2.5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_after: Option<f64>,
    /// Failed after so many intervals without a word. Left out: 3, for LPWA 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_after: Option<f64>,
    /// 観測開始水位: a crisis device reports at its interval from this level on, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_level_m: Option<f64>,
    /// How often a crisis device gives a sign of life below its start level, seconds. Left out: once a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_alive_s: Option<u32>,
    /// The level at which water reaches the device itself, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submerges_at_m: Option<f64>,
}

/// When silence becomes what, with everything that was left out filled in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contract {
    /// While it must report.
    pub awake: Patience,
    /// While it may sleep, and below which level it does, metres; none for devices that never sleep.
    pub asleep: Option<(f64, Patience)>,
    /// The level at which water reaches the device, metres.
    pub submerges_at_m: Option<f64>,
}

/// How long nothing may be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Late after this.
    pub late_after: SignedDuration,
    /// Failed after this.
    pub failed_after: SignedDuration,
}

impl Cadence {
    /// Fills in what was left out; `cadence_s` is what the service expects of all.
    ///
    /// ```
    /// use hinan_sensors::quality::{Cadence, DeviceClass};
    /// let agreed = Cadence { class: DeviceClass::Crisis, start_level_m: Some(2.4), ..Cadence::default() };
    /// let contract = agreed.contract(600);
    /// assert_eq!(contract.awake.late_after.as_mins(), 15);
    /// let (start_level_m, asleep) = contract.asleep.unwrap();
    /// assert_eq!((start_level_m, asleep.failed_after.as_hours()), (2.4, 72));
    /// ```
    #[must_use]
    pub fn contract(&self, cadence_s: u32) -> Contract {
        let (late, failed) = self.class.patience();
        let after = |interval_s: u32| {
            let after =
                |intervals: f64| SignedDuration::from_secs_f64(intervals * f64::from(interval_s));
            Patience {
                late_after: after(self.late_after.unwrap_or(late)),
                failed_after: after(self.failed_after.unwrap_or(failed)),
            }
        };
        let asleep = || after(self.keep_alive_s.unwrap_or(86_400));
        Contract {
            awake: after(self.interval_s.unwrap_or(cadence_s)),
            asleep: self
                .start_level_m
                .filter(|_| self.class == DeviceClass::Crisis)
                .map(|start_level_m| (start_level_m, asleep())),
            submerges_at_m: self.submerges_at_m,
        }
    }

    pub(super) fn validate(&self) -> Result<(), InvalidQuality> {
        for (key, interval_s) in [
            ("cadence.interval_s", self.interval_s),
            ("cadence.keep_alive_s", self.keep_alive_s),
        ] {
            if let Some(interval_s) = interval_s {
                demand(
                    (1..=7 * 86_400).contains(&interval_s),
                    key,
                    &interval_s,
                    "from 1 to 604800",
                )?;
            }
        }
        let (late, failed) = self.class.patience();
        let late_after = self.late_after.unwrap_or(late);
        let failed_after = self.failed_after.unwrap_or(failed);
        demand(
            (1.0..=100.0).contains(&late_after),
            "cadence.late_after",
            &late_after,
            "from 1 to 100 intervals",
        )?;
        demand(
            failed_after > late_after && failed_after <= 1000.0,
            "cadence.failed_after",
            &failed_after,
            &format!("above cadence.late_after, {late_after}, and at most 1000 intervals"),
        )?;
        let crisis = self.class == DeviceClass::Crisis;
        match self.start_level_m {
            Some(start_level_m) => demand(
                crisis && start_level_m.is_finite(),
                "cadence.start_level_m",
                &start_level_m,
                "finite, and only given with class = \"crisis\"",
            )?,
            None => demand(
                !crisis,
                "cadence.start_level_m",
                &"left out",
                "given with class = \"crisis\": below it the device may be silent",
            )?,
        }
        demand(
            crisis || self.keep_alive_s.is_none(),
            "cadence.keep_alive_s",
            &self.keep_alive_s.unwrap_or_default(),
            "left out unless class = \"crisis\"",
        )?;
        self.submerges_at_m.map_or(Ok(()), |submerges_at_m| {
            demand(
                submerges_at_m.is_finite(),
                "cadence.submerges_at_m",
                &submerges_at_m,
                "finite",
            )
        })
    }
}
