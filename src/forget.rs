//! Old official information is forgotten: by age, counted, noted in the audit; never what was known when somebody decided.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::app::App;
use crate::store::StoreError;
use crate::store::official::Forgotten;

/// Messages of one transaction: readings wait meanwhile.
const AT_ONCE: u32 = 200;

/// Forgets what is older than was configured, and says how much.
pub(crate) fn official(app: &Arc<App>) -> Result<Forgotten, StoreError> {
    let now = app.clock.now();
    let older_than = |days: u32| {
        now.checked_sub(SignedDuration::from_hours(24 * i64::from(days)))
            .unwrap_or(Timestamp::MIN)
    };
    let (before, drills_before) = (
        older_than(app.config.official.keep_days),
        older_than(app.config.official.keep_drills_days),
    );
    let mut all = Forgotten::default();
    loop {
        let round = app.store.write(|tx| {
            let round = tx.forget_official(before, drills_before, AT_ONCE)?;
            if round != Forgotten::default() {
                let detail = json!({ "information": round.information, "drills": round.drills,
                    "information_before": before, "drills_before": drills_before });
                tx.audit(
                    now,
                    "system",
                    "official_forgotten",
                    &app.town().code,
                    &detail,
                )?;
            }
            Ok(round)
        })?;
        metrics::counter!("hinan_official_forgotten_total", "of" => "information")
            .increment(round.information);
        metrics::counter!("hinan_official_forgotten_total", "of" => "drill")
            .increment(round.drills);
        all.information += round.information;
        all.drills += round.drills;
        if round == Forgotten::default() {
            return Ok(all);
        }
    }
}
