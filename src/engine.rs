//! The core, alone: readings and moments in, advice out. No clock, no store, no network, no chance.
//!
//! Feeding the same readings in the same order and asking at the same moments gives the same advice, bit for
//! bit; whether it is worked out whole or from what changed makes no difference to it. The live service, the demo, `hinan replay` and the tests all drive this one type.

use std::collections::BTreeSet;
use std::sync::Arc;

use hinan_gis::road::RoadGraph;
use hinan_gis::{Layer, Town};
use hinan_recommend::{FacilityAdvice, Memory, Orders};
use hinan_sensors::official::external::Taken;
use hinan_sensors::official::series::StationSeries;
use hinan_sensors::official::{Applied, External, Lanes, Live, OfficialMessage, Outcome};
use hinan_sensors::{Devices, Reading, StationId, Stations};
use jiff::{SignedDuration, Timestamp};

use crate::concern::Concern;
use crate::config::Recommend;
use crate::digest::Digest;
use crate::outlook::{ModelSet, Outlook, outlook, outlook_after};
use crate::recommend::briefed::Briefed;
use crate::recommend::complete::complete;
use crate::recommend::core::Core;
use crate::recommend::derivation::{self, Derivation};
use crate::recommend::judgement::{self, Around};
use crate::recommend::level::OrderLevel;
use crate::recommend::proposal::{Proposal, bundle};
use crate::recommend::refuge::{Asked, Refuge, Water, refuge};
use crate::recommend::told::Told;
use crate::recommend::{
    Advised, Before, Kept, Recommendation, advise, advise_after, agency, rain, remembered,
};
use crate::situation::{Judged, Situation};

/// Everything that never changes while the engine runs.
#[derive(Clone)]
pub struct Reference {
    /// The municipality.
    pub town: Arc<Town>,
    /// Its roads, where they are loaded.
    pub roads: Option<Arc<RoadGraph>>,
    /// What its bundle holds beside the town; empty for a town from a folder.
    pub layers: Arc<Vec<Layer>>,
    /// What a level at a gauge concerns.
    pub concern: Arc<Concern>,
    /// Its gauges.
    pub stations: Arc<Stations>,
    /// Devices that do not name their gauge themselves.
    pub devices: Arc<Devices>,
    /// Its models; none when they are switched off or there is no history.
    pub models: Option<Arc<ModelSet>>,
    /// When advice is asked again and ends.
    pub policy: Recommend,
    /// Its criteria, and its districts as the core of the advice knows them.
    pub core: Arc<Core>,
    /// How often gauges are expected to report, seconds.
    pub cadence_s: u32,
}

/// Advice is worked out for one moment, and readings that come within so long after it and are not newer than it are worked into it:
/// devices report at the same minute, and their packets arrive one after another. Ages are wrong by this much, and no more.
pub const MOMENT_LASTS: SignedDuration = SignedDuration::from_secs(30);
/// Where people find a place is worked out anew after this, if nothing about it changed.
const REFUGE_LASTS: SignedDuration = SignedDuration::from_secs(60);

/// The core with its memory.
pub struct Engine {
    reference: Reference,
    situation: Situation,
    official: Arc<Lanes<Live>>,
    external: Arc<External>,
    held: Vec<Arc<Recommendation>>,
    memory: Memory,
    told: Told,
    briefed: Briefed,
    news: News,
    last: Option<Last>,
}

/// What came since the last evaluation.
#[derive(Default)]
struct News {
    /// Stations with a new reading.
    stations: BTreeSet<StationId>,
    /// The newest of these readings.
    newest: Option<Timestamp>,
    /// Anything that may concern every gauge.
    for_all: bool,
}

/// When people were called, and which districts to which level.
type CalledAt = (Timestamp, Vec<(String, OrderLevel)>);

/// The last evaluation, to go on from.
struct Last {
    outlook: Outlook,
    /// Everything the core asked for, also what is not of now.
    asked: Vec<Kept>,
    orders: Orders,
    told: Arc<Told>,
    refuge: Arc<Refuge>,
    refuge_of: CalledAt,
    /// The water that the places were found beside.
    water: Water,
}

/// What became of a message of an agency or of others.
pub struct Received {
    /// In the lanes of the agency's telegrams.
    pub applied: Applied,
    /// Among what others say; `None` for telegrams and signs of life.
    pub external: Option<Taken>,
}

/// What the core says at one moment.
#[derive(Clone)]
pub struct Advice {
    /// What it was made from.
    pub outlook: Outlook,
    /// By district.
    pub recommendations: Vec<Arc<Recommendation>>,
    /// SHA-256 of each, in their order, and of what stands beside them for officers' own judgements.
    digests: Vec<Digest>,
    /// By river and level, as officers decide; then what officers ask for of their own accord.
    pub proposals: Vec<Proposal>,
    /// The core's whole answer: liftings, the coming night, what is unknown.
    pub core: Arc<hinan_recommend::Advice>,
    /// Who comes, and where they find a place.
    pub refuge: Arc<Refuge>,
    /// What was told by then.
    pub told: Arc<Told>,
    /// 夕方の見通し of today, as it was at the fixed hours.
    pub briefed: Briefed,
}

impl Advice {
    /// Digest of the recommendations and of what officers ask for: of the digests of each, so that only what changed is read again.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of_json(&self.digests)
    }
}

impl Engine {
    /// An engine that knows nothing yet.
    #[must_use]
    pub fn new(reference: Reference) -> Self {
        Self {
            situation: Situation::new(&reference.stations).asking_rain_of(
                reference
                    .core
                    .plan
                    .rain
                    .iter()
                    .map(|gauge| gauge.station.as_str()),
            ),
            official: Arc::default(),
            external: Arc::default(),
            reference,
            held: Vec::new(),
            memory: Memory::empty(),
            told: Told::default(),
            briefed: Briefed::default(),
            news: News::default(),
            last: None,
        }
    }

    /// Puts back what was advised last, after the readings were fed again. What comes next is worked out whole.
    pub fn remember(&mut self, advice: Vec<Arc<Recommendation>>, as_of: Timestamp) {
        self.memory = remembered(&advice, as_of);
        self.held = advice;
        self.last = None;
    }

    /// Puts back what facilities were told last: who is to be told stays so, since when it was.
    pub fn remember_facilities(&mut self, told: Vec<Arc<FacilityAdvice>>) {
        self.memory = std::mem::take(&mut self.memory).telling(told);
    }

    /// Puts back what officers were told of the coming night, so that they are not told twice.
    pub fn remember_briefed(&mut self, briefed: Briefed) {
        self.briefed = briefed;
    }

    /// What officers were told of the coming night today.
    #[must_use]
    pub fn briefed(&self) -> &Briefed {
        &self.briefed
    }

    /// From the next advice on these models forecast; none: baselines alone.
    pub fn use_models(&mut self, models: Option<Arc<ModelSet>>) {
        self.reference.models = models;
        self.news.for_all = true;
    }

    /// Takes what people told: orders in force, reports, words on shelters. What agencies say is heard, not told.
    pub fn tell(&mut self, told: Told) {
        self.told = told;
    }

    /// Takes one reading; the verdict is that of quality control, `None` when it changes nothing.
    pub fn take(&mut self, reading: &Reading) -> Option<Judged> {
        let judged = self.situation.take(reading)?;
        self.news.stations.insert(reading.station.clone());
        self.news.newest = self.news.newest.max(Some(reading.at));
        Some(judged)
    }

    /// Takes a reading that its device had kept and says is old. It finds its place behind what is known; it is never
    /// the newest word of its gauge, so that it cannot ring an alarm.
    pub fn take_historic(&mut self, reading: &Reading) -> Option<Judged> {
        let newest = self.situation.newest(&reading.station, Timestamp::MAX)?;
        (reading.at < newest.at).then(|| self.take(reading))?
    }

    /// Levels of these times are not believed any more: they are shown as bad and not used, and quality control
    /// judges what comes as if they had not been.
    pub fn distrust(&mut self, station: &StationId, times: &BTreeSet<Timestamp>) {
        self.news.for_all = true;
        if let Some(of) = self.reference.stations.get(station.as_str()) {
            self.situation.distrust(station, times, &of.quality);
        }
    }

    /// Takes official or external information. What others say is shown and nothing more, but for the rain of
    /// stations, which the checks of gauges ask for.
    pub fn hear(&mut self, message: &OfficialMessage, received_at: Timestamp) -> Received {
        let applied = match message {
            OfficialMessage::Telegram(_) | OfficialMessage::SignOfLife(_) => {
                Arc::make_mut(&mut self.official).apply(message, received_at)
            }
            // Not copied for what cannot change it.
            _ => Applied {
                outcome: Outcome::NotOurs,
                changes: Vec::new(),
            },
        };
        if let OfficialMessage::Observations(series) = message {
            // Only rain that some gauge asks for is in the record, and only that may change what is said of one.
            self.news.for_all |= self.situation.asked(series).is_some();
            self.situation.rain(series);
        }
        let external = match message {
            OfficialMessage::Telegram(_) | OfficialMessage::SignOfLife(_) => None,
            _ => Arc::make_mut(&mut self.external).take(message, received_at),
        };
        Received { applied, external }
    }

    /// What evaluations rest on in a message that is not a telegram: rain of stations that some gauge asks for. Such a
    /// message is needed to recompute them.
    #[must_use]
    pub fn grounds(&self, message: &OfficialMessage) -> Option<StationSeries> {
        match message {
            OfficialMessage::Observations(series) => self.situation.asked(series),
            _ => None,
        }
    }

    /// Takes such grounds again, when a record is recomputed.
    pub fn hear_again(&mut self, grounds: &StationSeries) {
        self.news.for_all = true;
        self.situation.rain(grounds);
    }

    /// What others say.
    #[must_use]
    pub fn external(&self) -> &Arc<External> {
        &self.external
    }

    /// What agencies said that holds.
    #[must_use]
    pub fn official(&self) -> &Arc<Lanes<Live>> {
        &self.official
    }

    /// What is known.
    #[must_use]
    pub fn situation(&self) -> &Situation {
        &self.situation
    }

    /// Works out the advice for now, and remembers it. A reading that came just after the last moment and is not newer than it is
    /// worked into that one.
    ///
    /// # Errors
    /// When the gauges of the town cannot form a history; that is a fault of the configuration.
    pub fn evaluate(&mut self, now: Timestamp) -> Result<Advice, hinan_models::HistoryError> {
        let told = self.told_by(now);
        self.evaluate_told(now, told)
    }

    /// The same with exactly this told, the agency's word included: a record is recomputed so.
    ///
    /// # Errors
    /// As for [`Engine::evaluate`].
    pub fn evaluate_told(
        &mut self,
        now: Timestamp,
        told: Arc<Told>,
    ) -> Result<Advice, hinan_models::HistoryError> {
        let (advice, memory, last) = match self.goes_on(now, &told) {
            Some(last) => self.work_on(last)?,
            None => self.work(now, told)?,
        };
        self.held.clone_from(&advice.recommendations);
        self.memory = memory;
        self.briefed.clone_from(&advice.briefed);
        self.news = News::default();
        self.last = Some(last);
        Ok(advice)
    }

    /// The same worked out whole for a moment, whatever came just before.
    ///
    /// # Errors
    /// As for [`Engine::evaluate`].
    pub fn evaluate_whole(
        &mut self,
        as_of: Timestamp,
    ) -> Result<Advice, hinan_models::HistoryError> {
        self.last = None;
        self.evaluate(as_of)
    }

    /// The last evaluation, where only readings came since that are not newer than its moment, a moment ago.
    fn goes_on(&self, now: Timestamp, told: &Told) -> Option<&Last> {
        let last = self.last.as_ref()?;
        let as_of = last.outlook.as_of;
        let goes_on = !self.news.for_all
            && (as_of..as_of + MOMENT_LASTS).contains(&now)
            && self.news.newest.is_none_or(|at| at <= as_of)
            && *last.told == *told;
        goes_on.then_some(last)
    }

    fn told_by(&self, as_of: Timestamp) -> Arc<Told> {
        let r = &self.reference;
        Arc::new(Told {
            official: agency::official(
                &self.official,
                &r.town,
                &r.core.plan,
                r.core.town.place(),
                as_of,
            ),
            rain: rain::fallen(&self.situation, &r.core, as_of),
            criteria: r.core.criteria.clone(),
            ..self.told.clone()
        })
    }

    /// What [`Engine::evaluate`] would say, without remembering it.
    ///
    /// # Errors
    /// As for [`Engine::evaluate`].
    pub fn preview(&self, as_of: Timestamp) -> Result<Advice, hinan_models::HistoryError> {
        Ok(self.work(as_of, self.told_by(as_of))?.0)
    }

    /// The whole town at one moment.
    fn work(
        &self,
        as_of: Timestamp,
        told: Arc<Told>,
    ) -> Result<(Advice, Memory, Last), hinan_models::HistoryError> {
        let r = &self.reference;
        let outlook = outlook(
            &self.situation,
            &r.town,
            r.models.as_deref(),
            r.cadence_s,
            as_of,
        )?;
        let advised = advise(&outlook, &told, &self.memory, &r.town, &r.core);
        Ok(self.conclude(outlook, told, advised))
    }

    /// The moment of the last evaluation again: what nothing new concerns stays as it was found.
    fn work_on(&self, last: &Last) -> Result<(Advice, Memory, Last), hinan_models::HistoryError> {
        let r = &self.reference;
        let outlook = outlook_after(
            &self.situation,
            &r.town,
            r.models.as_deref(),
            r.cadence_s,
            (&last.outlook, &self.news.stations),
        )?;
        let before = Before {
            outlook: &last.outlook,
            recommendations: &last.asked,
            orders: &last.orders,
        };
        let place = (r.town.as_ref(), r.core.as_ref());
        let advised = advise_after(&outlook, &last.told, &self.memory, place, before);
        Ok(self.conclude(outlook, Arc::clone(&last.told), advised))
    }

    fn conclude(
        &self,
        outlook: Outlook,
        told: Arc<Told>,
        advised: Advised,
    ) -> (Advice, Memory, Last) {
        let r = &self.reference;
        let as_of = outlook.as_of;
        let asked = advised.recommendations;
        let of_now = |kept: &&Kept| is_of_now(&kept.recommendation, &self.held, as_of, &r.policy);
        let (recommendations, mut digests): (Vec<Arc<Recommendation>>, Vec<Digest>) = asked
            .iter()
            .filter(of_now)
            .map(|kept| (Arc::clone(&kept.recommendation), kept.digest.clone()))
            .unzip();
        let water = Water::of(&r.concern, &r.core, &outlook);
        let (refuge, refuge_of) = self.refuge(&told, &recommendations, (as_of, &water));
        let mut proposals = bundle(&recommendations, &outlook, &r.town, &r.core);
        for proposal in &mut proposals {
            // A notice never names a place that receives nobody, or where water is foreseen.
            proposal.shelters.retain(|shelter| {
                let site = r.town.shelter(&shelter.id);
                !refuge.wet.contains(&shelter.id)
                    && site.is_some_and(|site| told.receives(site, as_of))
            });
        }
        let place = (r.town.as_ref(), r.core.as_ref());
        let mut proposals = complete(proposals, &recommendations, &advised.core, &refuge, place);
        let from = derivation::Origins {
            asked: &advised.asked,
            models: r.models.as_deref(),
            advice: &advised.core,
            refuge: &refuge,
            town: &r.town,
            core: &r.core,
        };
        for proposal in &mut proposals {
            proposal.derivation = Derivation::of(proposal, &from).map(Box::new);
        }
        let around = Around {
            outlook: &outlook,
            told: &told,
            recommendations: &recommendations,
            unknown: &advised.core.unknown,
            wet: &refuge.wet,
            town: &r.town,
            core: &r.core,
        };
        for judgement in &told.judgements {
            let proposal = judgement::proposal(judgement, &around);
            digests.push(Digest::of_json(&proposal));
            proposals.push(proposal);
        }
        let last = Last {
            outlook: outlook.clone(),
            asked,
            orders: advised.orders,
            told: Arc::clone(&told),
            refuge: Arc::clone(&refuge),
            refuge_of,
            water,
        };
        let advice = Advice {
            outlook,
            recommendations,
            digests,
            proposals,
            briefed: self.briefed.after(as_of, &advised.core.briefings),
            core: Arc::new(advised.core),
            refuge,
            told,
        };
        (advice, advised.memory, last)
    }

    /// Where people find a place: as found a moment ago, while the same people are called, nobody said anything of a shelter, and the
    /// water takes the same places.
    fn refuge(
        &self,
        told: &Told,
        recommendations: &[Arc<Recommendation>],
        (as_of, water): (Timestamp, &Water),
    ) -> (Arc<Refuge>, CalledAt) {
        let r = &self.reference;
        let called: Vec<(String, OrderLevel)> = recommendations
            .iter()
            .map(|one| (one.district.clone(), one.level))
            .collect();
        let known = self.last.as_ref().filter(|last| {
            let (at, then) = &last.refuge_of;
            (*at..*at + REFUGE_LASTS).contains(&as_of)
                && *then == called
                && last.told.orders == told.orders
                && last.told.shelters == told.shelters
                && last.water == *water
        });
        if let Some(last) = known {
            return (Arc::clone(&last.refuge), (last.refuge_of.0, called));
        }
        let found = refuge(&Asked {
            town: &r.town,
            core: &r.core,
            basis: &r.core.refuge,
            told,
            advice: recommendations,
            water,
            as_of,
        });
        (Arc::new(found), (as_of, called))
    }
}

/// Whether advice speaks of now. Levels of long ago, come late from a gauge that says nothing since, are known and shown,
/// but open no proposal for the past; what was advised when they were new is held.
fn is_of_now(
    advice: &Recommendation,
    held: &[Arc<Recommendation>],
    as_of: Timestamp,
    policy: &Recommend,
) -> bool {
    let oldest = SignedDuration::from_hours(i64::from(policy.expire_after_h));
    let newest = advice
        .met
        .iter()
        .filter_map(hinan_recommend::Finding::newest_at)
        .max();
    let recent = newest.is_none_or(|at| as_of.duration_since(at) <= oldest);
    recent
        || held
            .iter()
            .any(|past| past.district == advice.district && past.level >= advice.level)
}
