use crate::baseline::rows_per_h;
use crate::card::{CARD_FORMAT, Card, DroppedUpstream, LeadCard, Why, data_sha256};
use crate::case::{Case, CaseError};
use crate::floods::Floods;
use crate::history::History;
use crate::hyper::{Hyper, HyperError, LEADS_H};
use crate::learning::abreast::Abreast;
use crate::learning::blocks::{Columns, Layout};
use crate::learning::lead::{LeadFit, LeadModel, ROWS_MIN, School, fit_lead, skill_needed};
use crate::learning::lesson::{Lesson, Standard};
use crate::learning::members::{Textbook, recipe_for};
use crate::learning::sides::Sides;
use crate::score::Share;
use crate::trees::{Chance, Cuts, Ensemble, Orchard, shelve};
use serde::{Deserialize, Serialize};

/// A recipe for a flood model. It can be fitted; it cannot predict.
#[derive(Clone, Debug)]
pub struct FloodModel {
    hyper: Hyper,
}

/// What fitting produced for one gauge, all lead times. It can never be half-fitted.
///
/// Every lead is a blend of lines and trees that predict the change of the level. For what may be missing (upstream
/// gauges, rain, the older past) there are blends and doubts of their own, so that a gauge that falls silent in the
/// flood costs accuracy and not the forecast. Serialised, it is the same bytes for the same readings and seed; reading
/// it back checks that its parts fit together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Artifact")]
pub struct FittedFloodModel {
    pub(crate) case: Case,
    pub(crate) card: Card,
    /// Places in `case.upstream` of the gauges the model uses, in the order of their names.
    pub(crate) used_upstream: Vec<usize>,
    pub(crate) parts: Parts,
    #[serde(skip)]
    pub(crate) layout: Layout,
    /// The lines that answer where everything is there, worked out together; `None` where some lead has none for that.
    #[serde(skip)]
    pub(crate) abreast: Option<Abreast>,
    /// The trees that answer where everything is there, asked together; `None` where they are too large for it.
    #[serde(skip)]
    pub(crate) orchard: Option<Orchard>,
}

/// The fitted numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parts {
    /// Levels that features are measured from, whole micrometres: the target's, then the used upstream gauges'.
    pub(crate) references_um: Vec<f64>,
    pub(crate) standard: Standard,
    pub(crate) cuts: Cuts,
    pub(crate) leads: Vec<LeadModel>,
}

/// Why a recipe could not be fitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// The case does not fit the history.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// The step does not divide the hour.
    #[error("step {step_s} s is not accepted for fitting: it must divide 3600 s")]
    Step {
        /// The step, seconds.
        step_s: i64,
    },
    /// Too little was read.
    #[error(
        "gauge `{gauge}`: {rows} usable rows for {lead_h} h ahead, at least {needed} are needed"
    )]
    TooFewRows {
        /// The target.
        gauge: String,
        /// Hours ahead.
        lead_h: u32,
        /// Rows with six hours of readings before them and one at the end of the lead.
        rows: usize,
        /// Fewest that are accepted.
        needed: usize,
    },
    /// Too many series, so that a feature would have no place.
    #[error(
        "gauge `{gauge}`: {features} features are too many, at most 255 are accepted: name fewer upstream gauges"
    )]
    TooManyFeatures {
        /// The target.
        gauge: String,
        /// How many there would be.
        features: usize,
    },
    /// linfa could not solve the least squares.
    #[error("gauge `{gauge}`, {lead_h} h ahead: least squares failed: {why}")]
    Solver {
        /// The target.
        gauge: String,
        /// Hours ahead.
        lead_h: u32,
        /// What linfa says.
        why: String,
    },
}

impl FloodModel {
    /// A recipe with checked settings.
    ///
    /// # Errors
    /// The first setting that is not accepted.
    pub fn new(hyper: Hyper) -> Result<Self, HyperError> {
        hyper.check()?;
        Ok(Self { hyper })
    }

    /// Fits one gauge for all lead times (1, 2, 3 and 6 h). The same history and seed give the same model, whatever
    /// the order of its columns and the number of threads.
    ///
    /// # Errors
    /// [`FitError`]: the case does not fit the history, the step does not divide the hour, or too few rows.
    pub fn fit(&self, history: &History, case: &Case) -> Result<FittedFloodModel, FitError> {
        case.check_against(history)?;
        let per_h = rows_per_h(history.step_s()).ok_or(FitError::Step {
            step_s: history.step_s(),
        })?;
        let target = history
            .gauge_index(&case.target)
            .expect("checked against the history");
        let floods = Floods::find(history, target, self.hyper.flood_rise_share);
        let silence: Vec<f64> = case
            .upstream
            .iter()
            .map(|gauge| missing_in_floods(history, &floods, target, gauge))
            .collect();
        let mut used_upstream: Vec<usize> = (0..silence.len())
            .filter(|place| silence[*place] <= self.hyper.upstream_missing_max)
            .collect();
        // By name: in which order a case lists its gauges must not move a single bit.
        used_upstream.sort_by_key(|place| &case.upstream[*place]);
        let layout = layout_of(case, used_upstream.len(), per_h);
        if layout.width() > 255 {
            return Err(FitError::TooManyFeatures {
                gauge: case.target.clone(),
                features: layout.width(),
            });
        }
        let columns = columns_of(case, &used_upstream, history, target);
        let lesson = Lesson::of(history, &columns, layout, &floods, self.hyper.fit_rows_max);
        let masks = lesson.layout.masks();
        let recipe = recipe_for(lesson.len());
        let seed = Chance::new(self.hyper.seed);
        let book = Textbook::of(&lesson, &masks, recipe.cuts, &mut seed.branch(0));
        let school = School {
            lesson: &lesson,
            book: &book,
            masks: &masks,
            floods: floods.list.len(),
            hyper: &self.hyper,
            recipe: &recipe,
            seed: &seed,
        };
        let mut leads = Vec::new();
        let mut lead_cards = Vec::new();
        for (lead, &lead_h) in LEADS_H.iter().enumerate() {
            let fit = fit_lead(&school, lead);
            let fit = fit.map_err(|why| FitError::Solver {
                gauge: case.target.clone(),
                lead_h,
                why: why.to_string(),
            })?;
            let fit = fit.ok_or_else(|| FitError::TooFewRows {
                gauge: case.target.clone(),
                lead_h,
                rows: lesson.rows_with(1, lead).len(),
                needed: ROWS_MIN,
            })?;
            lead_cards.push(lead_card(&fit, floods.list.len(), &self.hyper));
            leads.push(fit.model);
        }
        let rows = lesson.len();
        let Lesson {
            layout,
            references_um,
            standard,
            ..
        } = lesson;
        let card = Card {
            format: CARD_FORMAT,
            data_sha256: data_sha256(history, &columns.all()),
            from: history.start(),
            to: history.end(),
            step_s: history.step_s(),
            rows,
            floods: floods.list,
            dropped_upstream: (0..silence.len())
                .filter(|place| !used_upstream.contains(place))
                .map(|place| DroppedUpstream {
                    gauge: case.upstream[place].clone(),
                    missing_in_floods: silence[place],
                })
                .collect(),
            leads: lead_cards,
        };
        let mut parts = Parts {
            references_um,
            standard,
            cuts: book.cuts,
            leads,
        };
        parts.shelve();
        Ok(FittedFloodModel {
            case: case.clone(),
            card,
            used_upstream,
            abreast: parts.abreast(&layout),
            orchard: parts.orchard(),
            parts,
            layout,
        })
    }
}

impl FittedFloodModel {
    /// What the model was made from and how good it was.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// What it was asked.
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// Bytes the fitted numbers hold in memory, about.
    pub fn bytes(&self) -> usize {
        let numbers = self.parts.standard.centre.len() * 32 + self.parts.references_um.len() * 8;
        numbers
            + self.parts.cuts.bytes()
            + self.orchard.as_ref().map_or(0, Orchard::bytes)
            + self.abreast.as_ref().map_or(0, Abreast::bytes)
            + self.parts.leads.iter().map(LeadModel::bytes).sum::<usize>()
    }

    /// Columns of a history, as far as it knows them.
    pub(crate) fn columns_in(&self, history: &History, target: usize) -> Columns {
        columns_of(&self.case, &self.used_upstream, history, target)
    }
}

fn layout_of(case: &Case, upstream: usize, rows_per_h: usize) -> Layout {
    Layout::new(
        rows_per_h,
        upstream,
        case.rain.len(),
        case.rain_forecast.len(),
    )
}

fn columns_of(case: &Case, used_upstream: &[usize], history: &History, target: usize) -> Columns {
    let all = |names: &[String]| names.iter().map(|name| history.gauge_index(name)).collect();
    Columns {
        target,
        upstream: used_upstream
            .iter()
            .map(|place| history.gauge_index(&case.upstream[*place]))
            .collect(),
        rain: all(&case.rain),
        rain_forecast: all(&case.rain_forecast),
    }
}

fn lead_card(fit: &LeadFit, floods: usize, hyper: &Hyper) -> LeadCard {
    let fullest = &fit.model.tiers[0];
    let own = fit.model.tiers.iter().find(|tier| tier.mask == 0b11);
    let why = match fullest.record.as_ref() {
        Some(record) if record.floods >= 2 && floods >= hyper.floods_min => {
            if fullest.beats_persistence {
                Why::Better { record }
            } else if record.skill < skill_needed(hyper, floods) {
                Why::NoBetter {
                    record,
                    needed: skill_needed(hyper, floods),
                }
            } else {
                Why::FewFloodsBetter { record }
            }
        }
        _ => Why::FewFloods {
            found: floods,
            needed: hyper.floods_min,
        },
    };
    LeadCard {
        lead_h: fit.model.lead_h,
        used: why.method(),
        why_ja: why.japanese(),
        why_en: why.english(),
        record: fullest.record.clone(),
        own_only: own.and_then(|tier| tier.record.clone()),
        penalties: fit.penalties,
        weights: fullest.blend.weights(),
        alarm: fullest.alarm,
    }
}

fn missing_in_floods(history: &History, floods: &Floods, target: usize, gauge: &str) -> f64 {
    let column = history
        .gauge_index(gauge)
        .expect("checked against the history");
    let mut in_floods = Share::default();
    let mut anywhere = Share::default();
    for row in 0..history.len() {
        let missing = history.level(row, column).is_none();
        anywhere.add(missing);
        if history
            .level(row, target)
            .is_some_and(|level_m| floods.is_high_water(row, level_m))
        {
            in_floods.add(missing);
        }
    }
    in_floods.get().or(anywhere.get()).unwrap_or(1.0)
}

/// A serialised model before its parts are checked against each other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Artifact {
    case: Case,
    card: Card,
    used_upstream: Vec<usize>,
    parts: Parts,
}

/// A serialised model whose parts do not fit together.
#[derive(Debug, thiserror::Error)]
#[error("not a usable flood model: {0}")]
struct BrokenArtifact(String);

impl TryFrom<Artifact> for FittedFloodModel {
    type Error = BrokenArtifact;

    fn try_from(artifact: Artifact) -> Result<Self, BrokenArtifact> {
        let Artifact {
            case,
            card,
            used_upstream,
            mut parts,
        } = artifact;
        let broken = |why: String| Err(BrokenArtifact(why));
        if card.format != CARD_FORMAT {
            return broken(format!(
                "format {} is not accepted, {CARD_FORMAT} is",
                card.format
            ));
        }
        if let Err(why) = case.check() {
            return broken(why.to_string());
        }
        let Some(per_h) = rows_per_h(card.step_s) else {
            return broken(format!("step {} s does not divide the hour", card.step_s));
        };
        let known = used_upstream
            .iter()
            .all(|place| *place < case.upstream.len());
        if !known
            || !used_upstream
                .windows(2)
                .all(|pair| case.upstream[pair[0]] < case.upstream[pair[1]])
        {
            return broken("used_upstream does not name gauges of the case".to_owned());
        }
        let layout = layout_of(&case, used_upstream.len(), per_h);
        if let Err(why) = parts.check(&layout) {
            return broken(why.to_owned());
        }
        parts.shelve();
        Ok(Self {
            case,
            card,
            used_upstream,
            abreast: parts.abreast(&layout),
            orchard: parts.orchard(),
            parts,
            layout,
        })
    }
}

impl Parts {
    fn check(&self, layout: &Layout) -> Result<(), &'static str> {
        let width = layout.width();
        let with_products = width + layout.products.len();
        if self.references_um.len() != 1 + layout.upstream()
            || !self.references_um.iter().all(|x| x.is_finite())
        {
            return Err("references: one per gauge is needed");
        }
        if !self.standard.sound(width, with_products) {
            return Err("standard: one entry per feature is needed");
        }
        if self.cuts.features() != width || !self.cuts.sound() {
            return Err("cuts: rising ones for every feature are needed");
        }
        if !self.leads.iter().map(|lead| lead.lead_h).eq(LEADS_H) {
            return Err("leads: 1, 2, 3 and 6 h are needed");
        }
        self.leads.iter().try_for_each(|lead| lead.check(layout))
    }

    fn abreast(&self, layout: &Layout) -> Option<Abreast> {
        let width = layout.width();
        let with_products = width + layout.products.len();
        Abreast::of(&self.leads, layout.all(), width, with_products)
    }

    fn orchard(&self) -> Option<Orchard> {
        Orchard::of(self.leads.iter().flat_map(|lead| lead.trees.asked()))
    }

    /// Puts all trees onto one shelf: those that a forecast with everything there asks, in its order, then the others.
    fn shelve(&mut self) {
        let (mut asked, mut others) = (Vec::new(), Vec::new());
        for lead in &mut self.leads {
            asked.extend(lead.trees.ensembles());
            let Sides { down, middle, up } = &mut lead.sides;
            asked.extend([middle, down, up]);
            asked.extend(&mut lead.fan.ribs);
            others.extend(lead.trees_partly.ensembles());
        }
        shelve(asked.into_iter().chain(others).flat_map(Ensemble::words));
    }
}
