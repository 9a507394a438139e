//! Lifting (解除): what speaks for it and what is missing. Rain that ends is never enough; the river itself must fall.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::TEXT_SHOWN;
use crate::app::App;
use crate::digest::Digest;
use crate::outlook::GaugeOutlook;
use crate::recommend::cause;
use crate::store::drafts::StoredDraft;
use crate::store::{StoreError, View};

/// A rise per hour up to which water stands still: levels are told in centimetres, and two readings an hour apart differ by one or two
/// for nothing.
const STEADY_M_PER_H: f64 = 0.05;
/// The upper end of a forecast may pass a limit by this much from one telegram to the next for nothing.
const NEAR_M: f64 = 0.05;

/// How one gauge that decides for the river stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// Whether it speaks for lifting.
    pub met: bool,
    /// In words, with its figures.
    pub line: String,
    /// Station id.
    gauge: String,
    stand: Stand,
}

/// How a gauge stands, without figures, which move every minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stand {
    name: String,
    state: State,
    /// Below the limit and likely to stay there, but for what a few centimetres do.
    holds: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Silent,
    NotBelieved,
    NoLimit,
    Above,
    Below,
    Met,
}

/// What an officer has before them who lifts: how each gauge stands, and which advice for the river waits for a decision. It is kept
/// with the text, so that what becomes worse until the last click is seen, and what becomes better voids nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    river: String,
    gauges: BTreeMap<String, Stand>,
    waiting: BTreeSet<String>,
}

impl Standing {
    /// How it stands for a river now.
    ///
    /// # Errors
    /// The record's.
    pub fn now(app: &App, view: &View<'_>, river: &str) -> Result<Self, StoreError> {
        let grounds = grounds(app, river).into_iter();
        let waiting = view
            .open_proposals()?
            .into_iter()
            .filter(|stored| stored.proposal.key.river == river)
            .map(|stored| stored.id);
        Ok(Self {
            river: river.to_owned(),
            gauges: grounds.map(|g| (g.gauge, g.stand)).collect(),
            waiting: waiting.collect(),
        })
    }

    /// What binds the form to the page it stood on.
    #[must_use]
    pub fn digest(&self) -> Digest {
        // A gauge that stands still flickers between falling and not: that is the same page.
        let gauges: Vec<(&str, &str, bool)> = self
            .gauges
            .iter()
            .map(|(id, stand)| {
                let word = match stand.state {
                    State::Silent => "silent",
                    State::NotBelieved => "not believed",
                    State::NoLimit => "no limit",
                    State::Above => "above",
                    State::Below | State::Met => "below",
                };
                (id.as_str(), word, stand.holds)
            })
            .collect();
        Digest::of_json(&(&self.river, gauges, &self.waiting))
    }

    /// What speaks against a lift now that did not when it was `self`; nothing when nothing does.
    #[must_use]
    pub fn worsened(&self, now: &Self) -> Option<String> {
        if now.waiting.difference(&self.waiting).next().is_some() {
            return Some(format!("{}の新しい推奨が判断を待っています", self.river));
        }
        for (id, then) in &self.gauges {
            let name = &then.name;
            let Some(stand) = now.gauges.get(id) else {
                return Some(format!("{name}の水位計が、見られなくなりました"));
            };
            let is_heard = !matches!(stand.state, State::Silent | State::NotBelieved);
            let why = match then.state {
                State::Silent | State::NotBelieved => None,
                _ if !is_heard => Some("の水位が届かないか、信じられなくなりました"),
                State::Met if !stand.holds => {
                    Some("は、水位が上がっているか、予測の上限が基準を超えます")
                }
                State::Below if stand.state == State::Above => Some("が基準以上になりました"),
                _ => None,
            };
            if let Some(why) = why {
                return Some(format!("{name}{why}"));
            }
        }
        let new = now
            .gauges
            .iter()
            .find(|(id, stand)| !self.gauges.contains_key(*id) && stand.state != State::Met);
        new.map(|(_, stand)| format!("{}の水位計が加わりました", stand.name))
    }
}

/// What has become worse since this text of a lift was put on screen; nothing when nothing has.
///
/// # Errors
/// The record's.
pub(super) fn worsened(
    app: &App,
    view: &View<'_>,
    draft: &StoredDraft,
) -> Result<Option<String>, StoreError> {
    #[derive(Deserialize)]
    struct Shown {
        #[serde(default)]
        grounds: Option<Standing>,
    }
    let facts = draft.notice.content().facts();
    let now = Standing::now(app, view, cause::of_facts(facts))?;
    let entry = view.last_of(facts.id.as_str(), [TEXT_SHOWN; 2], 1)?.pop();
    let shown = entry
        .map(|entry| {
            serde_json::from_str::<Shown>(&entry.detail).map_err(|error| StoreError::Damaged {
                what: format!("audit entry {}", entry.seq),
                why: error.to_string(),
            })
        })
        .transpose()?;
    Ok(match shown.and_then(|shown| shown.grounds) {
        Some(then) => then.worsened(&now),
        // A text that was shown before grounds were kept is bound to their digest alone.
        None => (draft.substance != Some(now.digest()))
            .then(|| "水位、予測、判断待ちの推奨のどれかが違います".to_owned()),
    })
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

/// The digest of what an officer sees before they lift. When it is another one, they must look again.
///
/// # Errors
/// The record's.
pub fn substance(app: &App, view: &View<'_>, river: &str) -> Result<Digest, StoreError> {
    Ok(Standing::now(app, view, river)?.digest())
}

fn judged(gauge: &GaugeOutlook) -> Ground {
    let name = &gauge.name;
    let ground = |state: State, holds: bool, line: String| Ground {
        met: state == State::Met,
        line,
        gauge: gauge.id.clone(),
        stand: Stand {
            name: name.clone(),
            state,
            holds,
        },
    };
    let Some(observed) = gauge.observed.filter(|_| !gauge.is_silent()) else {
        let line = format!("{name}の水位が届いていません");
        return ground(State::Silent, false, line);
    };
    if gauge.is_held() {
        let line = format!("{name}の水位計は信じられません。現地で確かめてください");
        return ground(State::NotBelieved, false, line);
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
        return ground(State::NoLimit, false, line);
    };
    let below = observed.level_m < limit;
    let rises = gauge.rise_m_per_h.is_none_or(|rise| rise > STEADY_M_PER_H);
    let holds = below && !rises && upper < limit + NEAR_M;
    if below && falling && upper < limit {
        let line = format!(
            "{name}は{:.2} mで下がっており、6時間先までの上限も{limit:.2} mを下回ります",
            observed.level_m
        );
        return ground(State::Met, holds, line);
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
    ground(if below { State::Below } else { State::Above }, holds, line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outlook::{Marks, Voice};
    use crate::situation::Observed;
    use hinan_models::{GaugeForecast, Tier};
    use hinan_sensors::quality::{Doubts, Flag};

    /// 札内川 at two gauges, and what waits.
    fn standing(gauges: [(State, bool); 2], waiting: &[&str]) -> Standing {
        let named = ["南帯橋", "第二大川橋"].into_iter().zip(gauges);
        Standing {
            river: "札内川".to_owned(),
            gauges: named
                .map(|(name, (state, holds))| {
                    let stand = Stand {
                        name: name.to_owned(),
                        state,
                        holds,
                    };
                    (name.to_owned(), stand)
                })
                .collect(),
            waiting: waiting.iter().map(|id| (*id).to_owned()).collect(),
        }
    }

    fn outlook(level_m: f64, rise_m_per_h: f64) -> GaugeOutlook {
        let at = "2016-08-31T12:00:00Z".parse().expect("a time");
        GaugeOutlook {
            id: "g".to_owned(),
            name: "南帯橋".to_owned(),
            name_en: "Minamiobihashi".to_owned(),
            river: "札内川".to_owned(),
            river_en: "Satsunai River".to_owned(),
            marks: Marks {
                danger_m: Some(10.0),
                ..Marks::default()
            },
            observed: Some(Observed {
                at,
                level_m,
                flag: Flag::Good,
                doubts: Doubts::default(),
            }),
            voice: Voice::Live,
            health: None,
            rise_m_per_h: Some(rise_m_per_h),
            watch: None,
            forecast: GaugeForecast {
                gauge: "g".to_owned(),
                as_of: at,
                tier: Tier::NoInformation,
                why_ja: String::new(),
                why_en: String::new(),
                upstream_missing: Vec::new(),
                level_now_m: None,
                level_now_at: None,
                rise_m_per_h: None,
                leads: Vec::new(),
            },
        }
    }

    #[test]
    fn a_centimetre_up_or_down_voids_no_lift_and_changes_no_page() {
        let standing = |rise| {
            let ground = judged(&outlook(5.0, rise));
            Standing {
                river: "札内川".to_owned(),
                gauges: BTreeMap::from([(ground.gauge, ground.stand)]),
                waiting: BTreeSet::new(),
            }
        };
        let falling = standing(-0.01);
        assert!(judged(&outlook(5.0, -0.01)).met && !judged(&outlook(5.0, 0.01)).met);
        for rise in [-0.30, -0.01, 0.0, 0.01, 0.04] {
            let now = standing(rise);
            assert_eq!(falling.worsened(&now), None, "{rise} m/h");
            assert_eq!(now.worsened(&falling), None, "{rise} m/h, the other way");
            assert_eq!(now.digest(), falling.digest(), "{rise} m/h");
        }
        let why = falling.worsened(&standing(0.06)).expect("it rises");
        assert!(why.contains("上がっている"), "{why}");
        assert_ne!(standing(0.06).digest(), falling.digest());
    }

    #[test]
    fn what_becomes_worse_voids_a_lift_and_what_becomes_better_does_not() {
        let (met, steady) = ((State::Met, true), (State::Below, true));
        let (below, above) = ((State::Below, false), (State::Above, false));
        let (silent, doubted) = ((State::Silent, false), (State::NotBelieved, false));
        let worse = |then, now| {
            let then = standing([then, met], &[]);
            then.worsened(&standing([now, met], &[])).is_some()
        };
        for (then, now) in [
            (met, below),
            (met, above),
            (met, silent),
            (below, above),
            (below, silent),
            (above, doubted),
        ] {
            assert!(worse(then, now), "{then:?} to {now:?}");
        }
        for (then, now) in [
            (met, steady),
            (below, met),
            (above, below),
            (above, met),
            (silent, met),
            (silent, doubted),
            (doubted, above),
        ] {
            assert!(!worse(then, now), "{then:?} to {now:?}");
        }
        // Advice that opens does, advice that was decided does not.
        let (one, none) = (standing([met, met], &["r-1"]), standing([met, met], &[]));
        assert!(none.worsened(&one).is_some() && one.worsened(&none).is_none());
        // A gauge that is gone does.
        let mut fewer = none.clone();
        fewer.gauges.pop_first();
        assert!(none.worsened(&fewer).is_some() && fewer.worsened(&none).is_none());
    }
}
