//! Health in words, Japanese first: what an officer reads, and may read aloud.

use jiff::SignedDuration;

use super::{Health, Reason};

impl Health {
    /// In Japanese: the state, and why.
    ///
    /// ```
    /// use hinan_sensors::{Health, HealthReason, State};
    /// let health = Health { state: State::Failed, since: None, reason: HealthReason::Silent { for_min: 95 }, held: None };
    /// assert_eq!(health.ja(), "途絶: 1時間35分、水位が届いていません");
    /// assert_eq!(health.en(), "failed: no level for 1 h 35 min");
    /// ```
    #[must_use]
    pub fn ja(&self) -> String {
        format!("{}: {}", self.state.ja(), self.reason.ja())
    }

    /// In English: the state, and why.
    #[must_use]
    pub fn en(&self) -> String {
        format!("{}: {}", self.state.en(), self.reason.en())
    }
}

impl Reason {
    /// In Japanese.
    #[must_use]
    pub fn ja(&self) -> String {
        match self {
            Self::Reports => "約束どおりに水位が届いています".to_owned(),
            Self::NothingYet => "まだ一度も水位が届いていません".to_owned(),
            Self::BelowStartLevel {
                start_level_m,
                last_m,
            } => format!(
                "最後の水位 {last_m:.2} m は観測開始水位 {start_level_m:.2} m より低く、通報しない約束です"
            ),
            Self::NeighboursRise { station, rise_m } => {
                format!("待機中のはずですが、{station} では {rise_m:.2} m 上昇しています")
            }
            Self::Silent { for_min } => {
                format!("{}、水位が届いていません", time_ja(*for_min))
            }
            Self::Unusable { for_min, values } => format!(
                "{}、使える水位が届いていません(使えない値が{values}件)",
                time_ja(*for_min)
            ),
            Self::StandsStill { for_min } => {
                format!("{}、水位がまったく変わっていません", time_ja(*for_min))
            }
            Self::StandsStillWhile { station, rise_m } => {
                format!("水位が変わっていませんが、{station} では {rise_m:.2} m 上昇しています")
            }
            Self::SilentWhileRising {
                for_min,
                rise_m_per_h,
            } => format!(
                "1時間に {rise_m_per_h:.2} m の上昇中に途絶え、{}、水位が届いていません",
                time_ja(*for_min)
            ),
            Self::WaterAtDevice {
                submerges_at_m,
                assumed_m,
                ..
            } => format!(
                "水位が機器の高さ {submerges_at_m:.2} m に達した可能性があります(途絶えた頃の推定 {assumed_m:.2} m)"
            ),
        }
    }

    /// In English.
    #[must_use]
    pub fn en(&self) -> String {
        match self {
            Self::Reports => "reports as agreed".to_owned(),
            Self::NothingYet => "no level was ever received".to_owned(),
            Self::BelowStartLevel {
                start_level_m,
                last_m,
            } => format!(
                "its last level, {last_m:.2} m, is below its start level, {start_level_m:.2} m, where it does not report"
            ),
            Self::NeighboursRise { station, rise_m } => {
                format!("it should be asleep, but {station} rose by {rise_m:.2} m")
            }
            Self::Silent { for_min } => format!("no level for {}", time_en(*for_min)),
            Self::Unusable { for_min, values } => format!(
                "no usable level for {} ({values} unusable values)",
                time_en(*for_min)
            ),
            Self::StandsStill { for_min } => {
                format!("the level has not changed for {}", time_en(*for_min))
            }
            Self::StandsStillWhile { station, rise_m } => {
                format!("the level stands still while {station} rose by {rise_m:.2} m")
            }
            Self::SilentWhileRising {
                for_min,
                rise_m_per_h,
            } => format!(
                "fell silent while rising by {rise_m_per_h:.2} m/h; no level for {}",
                time_en(*for_min)
            ),
            Self::WaterAtDevice {
                submerges_at_m,
                assumed_m,
                ..
            } => format!(
                "water may have reached the device at {submerges_at_m:.2} m (assumed {assumed_m:.2} m when it fell silent)"
            ),
        }
    }
}

fn time_ja(minutes: i64) -> String {
    let [days, hours, minutes] = parts(minutes);
    match (days, hours) {
        (0, 0) => format!("{minutes}分"),
        (0, hours) => format!("{hours}時間{minutes}分"),
        (days, hours) => format!("{days}日{hours}時間"),
    }
}

fn time_en(minutes: i64) -> String {
    let [days, hours, minutes] = parts(minutes);
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, hours) => format!("{hours} h {minutes} min"),
        (days, hours) => format!("{days} d {hours} h"),
    }
}

fn parts(minutes: i64) -> [i64; 3] {
    let time = SignedDuration::from_mins(minutes);
    [
        time.as_hours() / 24,
        time.as_hours() % 24,
        time.as_mins() % 60,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        for (minutes, ja, en) in [
            (0, "0分", "0 min"),
            (59, "59分", "59 min"),
            (60, "1時間0分", "1 h 0 min"),
            (1441, "1日0時間", "1 d 0 h"),
        ] {
            assert_eq!(
                (time_ja(minutes).as_str(), time_en(minutes).as_str()),
                (ja, en)
            );
        }
    }
}
