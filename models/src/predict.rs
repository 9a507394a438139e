//! What a fitted model says at one moment.

use crate::baseline::{LastReading, lead_end, no_information, without_model};
use crate::flood::FittedFloodModel;
use crate::forecast::{GaugeForecast, LeadForecast, Method, Quantile, Tier};
use crate::history::History;
use crate::hyper::LEADS_H;
use crate::learning::blocks::{Block, CHANGE_1H, Columns, LEVEL, Reader, back};
use crate::learning::doubt::{MEDIAN, PROBABILITIES, State};
use crate::learning::lead::{LeadModel, TierModel, WIDEN_BEYOND, beyond, excess};
use crate::learning::members::{TREES, members};
use crate::learning::nudge::Nudge;
use crate::learning::plain::Plain;
use crate::learning::sides::Reach;
use crate::score::SkillRecord;
use crate::trees::{Ahead, Answers, MISSING, Orchard};
use jiff::Timestamp;

/// What the live comparison with persistence has found for one lead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Standing {
    /// False when the model was taken out of use.
    pub(crate) in_use: bool,
    /// How much wider or narrower outcomes want the doubt.
    pub(crate) nudge: Nudge,
}

impl Standing {
    pub(crate) const FRESH: Self = Self {
        in_use: true,
        nudge: Nudge::NONE,
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
    /// What both lines of each lead say, where they were worked out together.
    of_lines: Option<[[f64; 2]; LEADS_H.len()]>,
    /// What the trees of each lead say, where they were asked together.
    of_trees: Option<[[f64; TREES]; LEADS_H.len()]>,
}

/// What the leads share, and what is sent for while it is worked out.
struct Views<'v, 'w> {
    seen: Vec<View>,
    ahead: &'v mut Ahead<'w>,
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
        self.send_for();
        let columns = self.columns_of(recent);
        // Its own trees come while the readings are made ready for them.
        let trees = self.orchard.as_ref().map_or(&[][..], Orchard::words);
        let mut ahead = Ahead::over(&[], std::iter::empty(), trees, self.steps_before_trees());
        self.predict_near((recent, columns.as_ref()), as_of, standings, &mut ahead)
    }

    /// The same with the columns that the model looks at, `None` where its gauge has none; what is `ahead` is sent for meanwhile.
    pub(crate) fn predict_near(
        &self,
        (recent, columns): (&History, Option<&Columns>),
        as_of: Timestamp,
        standings: &[Standing; LEADS_H.len()],
        ahead: &mut Ahead<'_>,
    ) -> GaugeForecast {
        if recent.step_s() != self.card.step_s {
            return without_model(recent, &self.case, as_of);
        }
        match columns.and_then(|columns| self.moment_in(recent, columns, as_of)) {
            Some(moment) => {
                let knots = self.knots(&moment, standings, ahead);
                self.forecast(&moment, &knots, as_of)
            }
            None => no_information(&self.case, as_of),
        }
    }

    /// `None` when the history does not know the gauge.
    pub(crate) fn columns_of(&self, recent: &History) -> Option<Columns> {
        let target = recent.gauge_index(&self.case.target)?;
        Some(self.columns_in(recent, target))
    }

    /// `None` without a reading in the last three hours.
    fn moment_in(&self, recent: &History, columns: &Columns, as_of: Timestamp) -> Option<Moment> {
        let last = LastReading::in_column(recent, columns.target, as_of)?;
        let references_um = &self.parts.references_um[..];
        let reader = Reader {
            history: recent,
            columns,
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
        ahead: &mut Ahead<'_>,
    ) -> Vec<Knot<'_>> {
        let mut codes = Vec::new();
        if moment.mask != 0 {
            let features = &moment.features[..self.layout.width()];
            self.parts.cuts.encode(features, &mut codes, ahead);
        }
        // What the leads share is worked out once: nearly always one mask answers for all of them.
        let mut views = Views {
            seen: Vec::new(),
            ahead,
        };
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
        (codes, views): (&[u8], &mut Views<'_, '_>),
        standing: Standing,
    ) -> Knot<'a> {
        let tier = model
            .tiers
            .iter()
            .find(|tier| moment.mask & tier.mask == tier.mask);
        match tier.filter(|_| standing.in_use) {
            Some(tier) => {
                let Views { seen, ahead } = views;
                let known = seen.iter().position(|view| view.mask == tier.mask);
                let place = known.unwrap_or_else(|| {
                    seen.push(self.view(moment, tier.mask, codes, ahead));
                    seen.len() - 1
                });
                self.by_members(lead, (model, tier), moment, &seen[place], standing)
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

    /// How often a forecast with everything there looks after what is ahead before it asks its trees.
    fn steps_before_trees(&self) -> usize {
        2 * self.layout.width() + self.layout.products.len()
    }

    /// How often in all.
    pub(crate) fn steps(&self) -> usize {
        self.steps_before_trees() + self.orchard.as_ref().map_or(0, Orchard::steps)
    }

    fn view(&self, moment: &Moment, mask: u16, codes: &[u8], ahead: &mut Ahead<'_>) -> View {
        if mask == self.layout.all() {
            let width = self.layout.width();
            let products = width..width + self.layout.products.len();
            let view = self.view_of(
                moment,
                (mask, Answers::of(codes)),
                || 0..width,
                products,
                ahead,
            );
            let of_lines = self.abreast.as_ref();
            let of_trees = self.orchard.as_ref();
            return View {
                of_lines: of_lines.map(|abreast| abreast.predict(&view.scaled)),
                of_trees: of_trees.map(|orchard| together(orchard, &view.answers, ahead)),
                ..view
            };
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
        self.view_of(moment, (mask, answers), chosen, products, ahead)
    }

    fn view_of<F: Iterator<Item = usize>>(
        &self,
        moment: &Moment,
        (mask, answers): (u16, Answers),
        chosen: impl Fn() -> F,
        products: impl Iterator<Item = usize>,
        ahead: &mut Ahead<'_>,
    ) -> View {
        let (standard, features) = (&self.parts.standard, &moment.features);
        let mut scaled = Vec::with_capacity(features.len());
        let mut apply = |f: usize| {
            ahead.step();
            standard.apply(f, features[f])
        };
        scaled.extend(chosen().map(&mut apply));
        let plain = scaled.len();
        scaled.extend(products.map(&mut apply));
        let ranges = chosen().map(|f| (features[f], (standard.low[f], standard.high[f])));
        View {
            mask,
            scaled,
            plain,
            outside_by: beyond(ranges),
            outside: chosen().any(|f| standard.outside(f, features[f])),
            answers,
            of_lines: None,
            of_trees: None,
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
            let alone = || {
                let ridge = tier.lines.ridge.predict(scaled().take(view.plain));
                [ridge, tier.lines.bent.predict(scaled())]
            };
            let of_lines = view.of_lines.filter(|_| whole);
            let [ridge, bent] = of_lines.map_or_else(alone, |of_lines| of_lines[lead]);
            let asked = tier.blend.asked(view.outside_by);
            let members_m = match (view.of_trees, whole) {
                (Some(of_trees), true) => members(ridge, bent, of_trees[lead], asked),
                (None, true) => model.trees.members(ridge, bent, &view.answers, asked),
                (_, false) => model
                    .trees_partly
                    .members(ridge, bent, &view.answers, asked),
            };
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

fn together(
    orchard: &Orchard,
    answers: &Answers,
    ahead: &mut Ahead<'_>,
) -> [[f64; TREES]; LEADS_H.len()] {
    const ALL: usize = TREES * LEADS_H.len();
    let all: [f64; ALL] = orchard.predict(answers, ahead);
    std::array::from_fn(|lead| std::array::from_fn(|member| all[TREES * lead + member]))
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::case::Case;
    use crate::flood::FloodModel;
    use crate::history::History;
    use crate::hyper::Hyper;
    use jiff::Timestamp;
    use ndarray::Array2;

    #[test]
    fn lines_and_trees_asked_together_forecast_what_they_forecast_one_by_one() {
        // Two gauges, the lower one three hours behind; every fifth wave is a large one.
        let level_m = |hour: usize, gauge: usize| {
            let turn = f64::from(u32::try_from(hour + 3 * (1 - gauge)).unwrap()) / 40.0;
            let high_m = if turn % 5.0 < 1.0 { 2.0 } else { 0.5 };
            5.0 + high_m * (turn * std::f64::consts::TAU).sin().max(0.0)
                + 0.01 * (turn * 977.0).sin()
        };
        let table = Array2::from_shape_fn((700, 2), |(hour, gauge)| level_m(hour, 1 - gauge));
        let names = vec!["up".to_owned(), "down".to_owned()];
        let water = History::new(Timestamp::UNIX_EPOCH, 3600, names, table).unwrap();
        let case = Case {
            target: "down".to_owned(),
            upstream: vec!["up".to_owned()],
            ..Case::default()
        };
        let recipe = FloodModel::new(Hyper::default()).unwrap();
        let together = recipe.fit(&water, &case).unwrap();
        assert!(together.orchard.is_some(), "a month's trees are small");
        assert!(together.abreast.is_some(), "every lead has its lines");
        assert!(
            together
                .card
                .leads
                .iter()
                .any(|lead| lead.weights[2..].iter().any(|w| *w > 0.0)),
            "its trees have weight"
        );
        let mut one_by_one = together.clone();
        one_by_one.orchard = None;
        one_by_one.abreast = None;
        for hour in (30..700).step_by(7) {
            let at = water.time(hour);
            assert_eq!(together.predict(&water, at), one_by_one.predict(&water, at));
        }
    }
}
