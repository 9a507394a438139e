//! Views as they could have been at Obihiro in the night of 30 August 2016, for the gallery and
//! the tests.
//!
//! Levels and reference levels are the recorded ones of the two gauges; forecasts, districts,
//! counts and outlines are made up to show what pages look like.

mod devices;
mod officers;
mod picture;
mod residents;

use jiff::Timestamp;

/// Makes views. What people or sensors could have typed passes through [`Sample::t`].
pub(crate) struct Sample {
    hostile: bool,
}

impl Sample {
    /// Names and sentences as they are.
    pub(crate) fn honest() -> Self {
        Self { hostile: false }
    }

    /// Every text replaced by something that wants to break out of its place, and far too long.
    #[allow(dead_code)] // the gallery is honest
    pub(crate) fn hostile() -> Self {
        Self { hostile: true }
    }

    fn t(&self, text: &str) -> String {
        if self.hostile {
            format!(
                "\"'><script>alert(1)</script>&{{{{ x }}}}<!--{}",
                "長".repeat(500)
            )
        } else {
            text.to_owned()
        }
    }

    fn all(&self, texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| self.t(text)).collect()
    }
}

/// A moment in Japan in August 2016, given day, hour and minute.
pub(crate) fn jst(day: i64, hour: i64, minute: i64) -> Timestamp {
    let first: Timestamp = "2016-07-31T15:00:00Z".parse().expect("a moment");
    first + jiff::SignedDuration::from_mins(((day - 1) * 24 + hour) * 60 + minute)
}

/// The moment of the sample.
pub(crate) fn now() -> Timestamp {
    jst(30, 23, 4)
}
