//! What a fitted model says at one moment.

use crate::baseline::{LastReading, lead_end, no_information, without_model};
use crate::flood::FittedFloodModel;
use crate::forecast::{GaugeForecast, LeadForecast, Method, Quantile, Tier};
use crate::history::History;
use crate::hyper::LEADS_H;
use crate::learning::blocks::{Block, CHANGE_1H, LEVEL, Reader, back};
use crate::learning::doubt::{MEDIAN, PROBABILITIES, Reach, State};
use crate::learning::lead::{LeadModel, TierModel, WIDEN_BEYOND, beyond, excess};
use crate::learning::plain::Plain;
use crate::score::SkillRecord;
use crate::trees::{Answers, MISSING};
use jiff::Timestamp;

/// What the live comparison with persistence has found for one lead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Standing {
    /// False when the model was taken out of use.
    pub(crate) in_use: bool,
    /// Stretch of the lower and the upper side where the level may reach high water.
    pub(crate) nudge: [f64; 2],
}

impl Standing {
    pub(crate) const FRESH: Self = Self {
        in_use: true,
        nudge: [1.0; 2],
    };
}

/// The readings of one moment, as the model wants them.
pub(crate) struct Moment {
    pub(crate) last: LastReading,
    /// Features and their products; NaN = missing.
    features: Vec<f64>,
    /// Blocks that are there; 0 when not even the short one is.
    mask: u16,
    /// Level above the reference, metres.
    level_m: f64,
    /// Change over the last hour, metres; `None` when it is not known.
    change_1h_m: Option<f64>,
}

/// A moment as the models of one mask see it: the same for every lead.
struct View {
    mask: u16,
    /// Features, centred and scaled; their products stand behind them.
    scaled: Vec<f64>,
    /// How many are features.
    plain: usize,
    /// How far outside what was taught, 0 to 1.
    outside_by: f64,
    /// Whether any feature lies outside what was taught.
    outside: bool,
    answers: Answers,
}

/// The quantiles of the change at one of the fitted leads.
pub(crate) struct Knot<'a> {
    pub(crate) lead_h: u32,
    pub(crate) method: Method,
    pub(crate) expected_m: f64,
    pub(crate) changes_m: [f64; PROBABILITIES.len()],
    pub(crate) outside: bool,
    record: Option<&'a SkillRecord>,
}

impl FittedFloodModel {
    /// What may happen next, from the rows of `recent` at or before `as_of`; a day and an hour of them is all that
    /// levels need, a week where there is rain.
    ///
    /// Never fails: what is missing lowers the tier. When the last reading is older than `as_of` (three hours at
    /// most), the forecast is made from that reading and read off at `as_of` + lead.
    pub fn predict(&self, recent: &History, as_of: Timestamp) -> GaugeForecast {
        self.predict_with(recent, as_of, &[Standing::FRESH; LEADS_H.len()])
    }

    pub(crate) fn predict_with(
        &self,
        recent: &History,
        as_of: Timestamp,
        standings: &[Standing; LEADS_H.len()],
    ) -> GaugeForecast {
        if recent.step_s() != self.card.step_s {
            return without_model(recent, &self.case, as_of);
        }
        // Read for nothing but to have it near; so it must not be left out.
        std::hint::black_box(self.touch());
        match self.moment(recent, as_of) {
            Some(moment) => {
                let knots = self.knots(&moment, standings);
                self.forecast(&moment, &knots, as_of)
            }
            None => no_information(&self.case, as_of),
        }
    }

    /// Looks at the trees that a forecast with everything there will want, one word of each line of memory. Where every gauge has a
    /// model of its own they come from far away: asked for at once they come side by side, and later nothing waits.
    fn touch(&self) -> u32 {
        let trees = self.parts.leads.iter().map(|lead| &lead.trees);
        let ensembles = trees.flat_map(|trees| [&trees.boosted, &trees.residual, &trees.forest]);
        ensembles.fold(0, |all, ensemble| all ^ ensemble.touch())
    }

    /// `None` without a reading in the last three hours.
    pub(crate) fn moment(&self, recent: &History, as_of: Timestamp) -> Option<Moment> {
        let last = LastReading::of(recent, &self.case.target, as_of)?;
        let columns = self.columns_in(recent, last.column);
        let references_um = &self.parts.references_um[..];
        let reader = Reader {
            history: recent,
            columns: &columns,
            layout: &self.layout,
            references_um,
        };
        let mut features = vec![f64::NAN; self.layout.width() + self.layout.products.len()];
        let mask = reader.read(last.row, &mut features);
        let levels = recent.column(last.column);
        let per_h = self.layout.rows_per_h;
        let now_um = back(levels, last.row, 0, per_h)?;
        Some(Moment {
            last,
            features,
            mask,
            level_m: (now_um - references_um[0]) / 1e6,
            change_1h_m: back(levels, last.row, per_h, per_h)
                .map(|then_um| (now_um - then_um) / 1e6),
        })
    }

    pub(crate) fn knots(
        &self,
        moment: &Moment,
        standings: &[Standing; LEADS_H.len()],
    ) -> Vec<Knot<'_>> {
        let mut codes = Vec::new();
        if moment.mask != 0 {
            self.parts
                .cuts
                .encode(&moment.features[..self.layout.width()], &mut codes);
        }
        // What the leads share is worked out once: nearly always one mask answers for all of them.
        let mut views: Vec<View> = Vec::new();
        let leads = self.parts.leads.iter().zip(standings).enumerate();
        leads
            .map(|(lead, (model, standing))| {
                self.knot(lead, model, moment, (&codes, &mut views), *standing)
            })
            .collect()
    }

    fn knot<'a>(
        &'a self,
        lead: usize,
        model: &'a LeadModel,
        moment: &Moment,
        (codes, views): (&[u8], &mut Vec<View>),
        standing: Standing,
    ) -> Knot<'a> {
        let tier = model
            .tiers
            .iter()
            .find(|tier| moment.mask & tier.mask == tier.mask);
        match tier.filter(|_| standing.in_use) {
            Some(tier) => {
                let known = views.iter().position(|view| view.mask == tier.mask);
                let place = known.unwrap_or_else(|| {
                    views.push(self.view(moment, tier.mask, codes));
                    views.len() - 1
                });
                self.by_members(lead, (model, tier), moment, &views[place], standing)
            }
            None => match moment.change_1h_m.filter(|_| standing.in_use) {
                Some(change_1h_m) => self.by_plain(
                    lead,
                    &model.rate,
                    change_1h_m,
                    moment,
                    Method::RateOfRise,
                    standing,
                ),
                None => self.by_plain(
                    lead,
                    &model.held,
                    0.0,
                    moment,
                    Method::Persistence,
                    standing,
                ),
            },
        }
    }

    fn view(&self, moment: &Moment, mask: u16, codes: &[u8]) -> View {
        if mask == self.layout.all() {
            let width = self.layout.width();
            let products = width..width + self.layout.products.len();
            return self.view_of(moment, mask, Answers::of(codes), || 0..width, products);
        }
        let answers = if moment.mask == mask {
            Answers::of(codes)
        } else {
            let mut hidden = codes.to_vec();
            for (bit, (_, range)) in self.layout.blocks.iter().enumerate() {
                if mask >> bit & 1 == 0 {
                    hidden[range.clone()].fill(MISSING);
                }
            }
            Answers::of(&hidden)
        };
        let products = self.layout.products_of(mask).into_iter();
        let chosen = || self.layout.places_of(mask);
        self.view_of(moment, mask, answers, chosen, products)
    }

    fn view_of<F: Iterator<Item = usize>>(
        &self,
        moment: &Moment,
        mask: u16,
        answers: Answers,
        chosen: impl Fn() -> F,
        products: impl Iterator<Item = usize>,
    ) -> View {
        let (standard, features) = (&self.parts.standard, &moment.features);
        let mut scaled = Vec::with_capacity(features.len());
        scaled.extend(chosen().map(|f| standard.apply(f, features[f])));
        let plain = scaled.len();
        scaled.extend(products.map(|f| standard.apply(f, features[f])));
        let ranges = chosen().map(|f| (features[f], (standard.low[f], standard.high[f])));
        View {
            mask,
            scaled,
            plain,
            outside_by: beyond(ranges),
            outside: chosen().any(|f| standard.outside(f, features[f])),
            answers,
        }
    }

    fn by_members<'a>(
        &'a self,
        lead: usize,
        (model, tier): (&'a LeadModel, &'a TierModel),
        moment: &Moment,
        view: &View,
        standing: Standing,
    ) -> Knot<'a> {
        let standard = &self.parts.standard;
        let whole = tier.mask == self.layout.all();
        let change_m = if tier.beats_persistence {
            let scaled = || view.scaled.iter().copied();
            let ridge = tier.lines.ridge.predict(scaled().take(view.plain));
            let bent = tier.lines.bent.predict(scaled());
            let trees = if whole {
                &model.trees
            } else {
                &model.trees_partly
            };
            let asked = tier.blend.asked(view.outside_by);
            let members_m = trees.members(ridge, bent, &view.answers, asked);
            tier.blend.change_m(&members_m, view.outside_by)
        } else {
            0.0
        };
        let over = excess(
            moment.level_m,
            change_m,
            standard.low[LEVEL],
            standard.high[LEVEL],
        );
        let state = State {
            change_m,
            swing_m: moment.features[CHANGE_1H + 2] * f64::from(LEADS_H[lead]) / 3.0,
            level_m: moment.level_m,
            excess: over + WIDEN_BEYOND * view.outside_by,
        };
        let (reach, fan) = if whole {
            let reach = model.sides.reach(&view.answers);
            let asked = tier.doubt.asks_fan(state, reach);
            let fan = asked.then(|| model.fan.changes_m(&view.answers));
            (reach, fan.flatten())
        } else {
            (Reach::EVEN, None)
        };
        let errors_m = tier
            .doubt
            .errors_m(state, reach, fan.as_ref(), standing.nudge);
        Knot {
            lead_h: model.lead_h,
            method: if tier.beats_persistence {
                Method::Model
            } else {
                Method::Persistence
            },
            expected_m: change_m,
            changes_m: errors_m.map(|error_m| change_m + error_m),
            outside: over > 0.0 || view.outside,
            record: tier.record.as_ref(),
        }
    }

    fn by_plain<'a>(
        &'a self,
        lead: usize,
        plain: &'a Plain,
        change_1h_m: f64,
        moment: &Moment,
        method: Method,
        standing: Standing,
    ) -> Knot<'a> {
        let standard = &self.parts.standard;
        let change_m = plain.slope * change_1h_m;
        let over = excess(
            moment.level_m,
            change_m,
            standard.low[LEVEL],
            standard.high[LEVEL],
        );
        let state = Plain::state(plain.slope, change_1h_m, moment.level_m, over, lead);
        let errors_m = plain
            .doubt
            .errors_m(state, Reach::EVEN, None, standing.nudge);
        Knot {
            lead_h: LEADS_H[lead],
            method,
            expected_m: change_m,
            changes_m: errors_m.map(|error_m| change_m + error_m),
            outside: over > 0.0,
            record: plain.record.as_ref(),
        }
    }

    pub(crate) fn forecast(
        &self,
        moment: &Moment,
        knots: &[Knot<'_>],
        as_of: Timestamp,
    ) -> GaugeForecast {
        let tier = self.tier(moment, knots);
        let missing = self.missing(moment);
        let (why_ja, why_en) = why(tier, &missing, moment.mask != 0);
        GaugeForecast {
            gauge: self.case.target.clone(),
            as_of,
            tier,
            why_ja,
            why_en,
            upstream_missing: self.upstream_missing(moment.mask),
            level_now_m: Some(moment.last.level_m),
            level_now_at: Some(moment.last.at),
            rise_m_per_h: moment.last.rise_m_per_h,
            leads: LEADS_H
                .iter()
                .map(|&lead_h| lead_forecast(knots, &moment.last, as_of, lead_h))
                .collect(),
        }
    }

    fn tier(&self, moment: &Moment, knots: &[Knot<'_>]) -> Tier {
        let answered = self.parts.leads[0]
            .tiers
            .iter()
            .find(|tier| moment.mask & tier.mask == tier.mask);
        if knots.iter().all(|knot| knot.method == Method::RateOfRise) {
            return Tier::RateOfRise;
        }
        let Some(tier) = answered else {
            return Tier::Persistence;
        };
        if tier.mask == self.layout.all() {
            Tier::Full
        } else if tier.mask >> 2 != 0 {
            Tier::UpstreamPartly
        } else {
            Tier::OwnOnly
        }
    }

    /// What is missing, for people.
    fn missing(&self, moment: &Moment) -> Vec<(String, String)> {
        let mut missing = Vec::new();
        for (bit, (block, _)) in self.layout.blocks.iter().enumerate() {
            if moment.mask >> bit & 1 == 1 {
                continue;
            }
            missing.push(match block {
                Block::Short => (
                    "当地点の直近6時間の水位".to_owned(),
                    "this gauge's last six hours".to_owned(),
                ),
                Block::Long => (
                    "当地点の前日からの水位".to_owned(),
                    "this gauge's last day".to_owned(),
                ),
                Block::Upstream(place) => {
                    let gauge = &self.case.upstream[self.used_upstream[*place]];
                    (format!("上流 {gauge}"), format!("upstream {gauge}"))
                }
                Block::Rain => ("雨量".to_owned(), "rain".to_owned()),
                Block::RainForecast => (
                    "降水予測（届いていないか、降った雨と合わない）".to_owned(),
                    "rain forecast (not there, or not borne out by the rain that fell)".to_owned(),
                ),
            });
        }
        missing
    }

    fn upstream_missing(&self, mask: u16) -> Vec<String> {
        let silent = |place: usize| match self.used_upstream.iter().position(|used| *used == place)
        {
            // The short and the long block come before the gauges upstream.
            Some(bit) => mask >> (bit + 2) & 1 == 0,
            None => true,
        };
        let places = self.case.upstream.iter().enumerate();
        places
            .filter(|(place, _)| silent(*place))
            .map(|(_, gauge)| gauge.clone())
            .collect()
    }
}

fn why(tier: Tier, missing: &[(String, String)], by_model: bool) -> (String, String) {
    if missing.is_empty() {
        return (
            "必要な観測がすべて届いている。".to_owned(),
            "Everything the model looks at is there.".to_owned(),
        );
    }
    let japanese: Vec<&str> = missing.iter().map(|(ja, _)| ja.as_str()).collect();
    let english: Vec<&str> = missing.iter().map(|(_, en)| en.as_str()).collect();
    let instead = match (tier, by_model) {
        (Tier::RateOfRise, _) => ("水位の上昇速度", "the rate of rise"),
        (Tier::Persistence, false) => ("現在水位の継続", "the level as it is"),
        _ => ("残りの観測", "what is left"),
    };
    (
        format!(
            "欠測（{}）のため、{}で予測する。",
            japanese.join("、"),
            instead.0
        ),
        format!(
            "Missing: {}. Forecast from {}.",
            english.join(", "),
            instead.1
        ),
    )
}

/// Reads the fitted leads off at `as_of` + `lead_h`, which lies `age_h` further from the reading than the lead.
fn lead_forecast(
    knots: &[Knot<'_>],
    last: &LastReading,
    as_of: Timestamp,
    lead_h: u32,
) -> LeadForecast {
    let hours = f64::from(lead_h) + last.age_h;
    let knot = knots
        .iter()
        .find(|k| f64::from(k.lead_h) >= hours)
        .or(knots.last());
    let knot = knot.expect("every fitted model has its leads: fit and Artifact see to it");
    let (expected_m, changes_m) = changes_at(knots, hours);
    let quantiles: Vec<Quantile> = PROBABILITIES
        .iter()
        .zip(changes_m)
        .map(|(&p, change_m)| Quantile {
            p,
            level_m: last.level_m + change_m,
        })
        .collect();
    LeadForecast {
        lead_h,
        at: lead_end(as_of, lead_h),
        method: knot.method,
        expected_m: last.level_m + expected_m,
        median_m: quantiles[MEDIAN].level_m,
        quantiles,
        persistence_m: last.level_m,
        rate_of_rise_m: last.rate_of_rise_m(hours),
        outside_training: knot.outside,
        record: knot.record.cloned(),
    }
}

/// Linear between the fitted leads; beyond the last one the median stays and the doubt grows with √time.
fn changes_at(knots: &[Knot<'_>], hours: f64) -> (f64, [f64; PROBABILITIES.len()]) {
    let mut before = (0.0, 0.0, [0.0; PROBABILITIES.len()]);
    for knot in knots {
        let at = f64::from(knot.lead_h);
        if hours <= at {
            let share = (hours - before.0) / (at - before.0);
            // Written so that share = 1 gives the fitted value to the last bit.
            let between = |end: f64, start: f64| end * share + start * (1.0 - share);
            let mut changes_m = knot.changes_m;
            for (change_m, start) in changes_m.iter_mut().zip(before.2) {
                *change_m = between(*change_m, start);
            }
            return (between(knot.expected_m, before.1), changes_m);
        }
        before = (at, knot.expected_m, knot.changes_m);
    }
    let widen = (hours / before.0).sqrt();
    let median_m = before.2[MEDIAN];
    (
        before.1,
        before
            .2
            .map(|change_m| median_m + (change_m - median_m) * widen),
    )
}
