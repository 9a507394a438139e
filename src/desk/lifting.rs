//! Lifting (解除): what speaks for it and what is missing. Rain that ends is never enough; the river itself must fall.

use crate::app::App;
use crate::digest::Digest;
use crate::outlook::GaugeOutlook;
use crate::store::{StoreError, View};

/// How one gauge that decides for the river stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// Whether it speaks for lifting.
    pub met: bool,
    /// In words, with its figures.
    pub line: String,
    /// The same without figures, which move every minute.
    substance: String,
}

/// Every gauge that decides for the river.
#[must_use]
pub fn grounds(app: &App, river: &str) -> Vec<Ground> {
    let picture = app.picture();
    let rivers = app.town().rivers.iter().filter(|r| r.name == river);
    rivers
        .flat_map(|r| r.gauges.iter())
        .filter_map(|id| picture.advice.outlook.gauges.get(id))
        .map(judged)
        .collect()
}

/// The digest of what an officer sees before they lift: how each gauge stands, and which advice of this river waits for a
/// decision. When it changes, they must look again.
///
/// # Errors
/// The record's.
pub fn substance(app: &App, view: &View<'_>, river: &str) -> Result<Digest, StoreError> {
    let mut parts = vec![river.to_owned()];
    parts.extend(grounds(app, river).into_iter().map(|g| g.substance));
    let mut waiting: Vec<String> = view
        .open_proposals()?
        .into_iter()
        .filter(|stored| stored.proposal.key.river == river)
        .map(|stored| stored.id)
        .collect();
    waiting.sort_unstable();
    parts.extend(waiting);
    let bytes = serde_json::to_vec(&parts).map_err(|error| StoreError::Damaged {
        what: "the grounds of a lift".to_owned(),
        why: error.to_string(),
    })?;
    Ok(Digest::of(&bytes))
}

fn judged(gauge: &GaugeOutlook) -> Ground {
    let name = &gauge.name;
    let ground = |met, line: String, state: &str| Ground {
        met,
        line,
        substance: format!("{name}: {state}"),
    };
    let Some(observed) = gauge.observed.filter(|_| !gauge.is_silent()) else {
        return ground(false, format!("{name}の水位が届いていません"), "silent");
    };
    if gauge.is_held() {
        let line = format!("{name}の水位計は信じられません。現地で確かめてください");
        return ground(false, line, "not believed");
    }
    let limit = gauge
        .marks
        .danger_m
        .or(gauge.marks.design_high_water_m)
        .or(gauge.marks.caution_m);
    let falling = gauge.rise_m_per_h.is_some_and(|rise| rise < 0.0);
    let upper = gauge
        .forecast
        .leads
        .iter()
        .map(|lead| lead.quantile_m(0.95))
        .fold(f64::NEG_INFINITY, f64::max);
    let Some(limit) = limit else {
        let line = format!("{name}には比べる基準水位がありません");
        return ground(false, line, "no limit");
    };
    let below = observed.level_m < limit;
    if below && falling && upper < limit {
        let line = format!(
            "{name}は{:.2} mで下がっており、6時間先までの上限も{limit:.2} mを下回ります",
            observed.level_m
        );
        return ground(true, line, "below, falling, and stays below");
    }
    let line = format!(
        "{name}は{:.2} m({}{limit:.2} m)で、{}",
        observed.level_m,
        if below {
            "基準未満 "
        } else {
            "なお基準以上 "
        },
        if falling {
            "下がっていますが、予測の上限が基準を超えます"
        } else {
            "下がっていません"
        }
    );
    let state = match (below, falling) {
        (true, true) => "below, falling, may rise above",
        (true, false) => "below, not falling",
        (false, true) => "above, falling",
        (false, false) => "above, not falling",
    };
    ground(false, line, state)
}
