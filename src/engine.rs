//! The core, alone: readings and moments in, advice out. No clock, no store, no network, no chance.
//!
//! Feeding the same readings in the same order and asking at the same moments gives the same advice, bit for
//! bit. The live service, the demo, `hinan replay` and the tests all drive this one type.

use std::sync::Arc;

use hinan_gis::Town;
use hinan_sensors::{Reading, Stations};
use jiff::Timestamp;

use crate::config::Recommend;
use crate::digest::Digest;
use crate::outlook::{ModelSet, Outlook, outlook};
use crate::recommend::hold::hold;
use crate::recommend::proposal::{Proposal, bundle};
use crate::recommend::{Recommendation, recommend};
use crate::situation::{Judged, Situation};

/// Everything that never changes while the engine runs.
#[derive(Clone)]
pub struct Reference {
    /// The municipality.
    pub town: Arc<Town>,
    /// Its gauges as devices.
    pub stations: Arc<Stations>,
    /// Its models; none when they are switched off or there is no history.
    pub models: Option<Arc<ModelSet>>,
    /// Its criteria.
    pub policy: Recommend,
    /// How often gauges are expected to report, seconds.
    pub cadence_s: u32,
}

/// The core with its memory.
pub struct Engine {
    reference: Reference,
    situation: Situation,
    held: Vec<Recommendation>,
}

/// What the core says at one moment.
#[derive(Clone)]
pub struct Advice {
    /// What it was made from.
    pub outlook: Outlook,
    /// By district.
    pub recommendations: Vec<Recommendation>,
    /// By river and level, as officers decide.
    pub proposals: Vec<Proposal>,
}

impl Advice {
    /// Digest of the recommendations.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of_json(&self.recommendations)
    }
}

impl Engine {
    /// An engine that knows nothing yet.
    #[must_use]
    pub fn new(reference: Reference) -> Self {
        Self {
            situation: Situation::new(&reference.stations),
            reference,
            held: Vec::new(),
        }
    }

    /// Puts back what was advised last, after the readings were fed again.
    pub fn remember(&mut self, advice: Vec<Recommendation>) {
        self.held = advice;
    }

    /// Takes one reading; the verdict is that of quality control, `None` when it changes nothing.
    pub fn take(&mut self, reading: &Reading) -> Option<Judged> {
        self.situation.take(reading)
    }

    /// What is known.
    #[must_use]
    pub fn situation(&self) -> &Situation {
        &self.situation
    }

    /// Works out the advice for one moment of the event, and remembers it.
    ///
    /// # Errors
    /// When the gauges of the town cannot form a history; that is a fault of the configuration.
    pub fn evaluate(&mut self, as_of: Timestamp) -> Result<Advice, hinan_models::HistoryError> {
        let advice = self.preview(as_of)?;
        self.held.clone_from(&advice.recommendations);
        Ok(advice)
    }

    /// What [`Engine::evaluate`] would say, without remembering it.
    ///
    /// # Errors
    /// As for [`Engine::evaluate`].
    pub fn preview(&self, as_of: Timestamp) -> Result<Advice, hinan_models::HistoryError> {
        let r = &self.reference;
        let outlook = outlook(
            &self.situation,
            &r.town,
            r.models.as_deref(),
            r.cadence_s,
            as_of,
        )?;
        let fresh = recommend(&outlook, &r.town, &r.policy);
        let recommendations = hold(fresh, &self.held, &outlook);
        let proposals = bundle(&recommendations, &outlook, &r.town);
        Ok(Advice {
            outlook,
            recommendations,
            proposals,
        })
    }
}
