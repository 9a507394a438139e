//! Has models brought near before they are asked.
//!
//! Where every gauge has a model of its own, they come from far away. Asked for one after the other, each line of memory keeps
//! the forecast waiting; sent for beforehand, they come while another forecast is worked out.

use crate::flood::FittedFloodModel;
use crate::forecast::GaugeForecast;
use crate::history::History;
use crate::hyper::LEADS_H;
use crate::learning::abreast::Abreast;
use crate::learning::blocks::Columns;
use crate::learning::lead::{LeadModel, TierModel};
use crate::learning::lesson::Standard;
use crate::learning::members::BOOSTED;
use crate::predict::Standing;
use crate::trees::{Ahead, Orchard, send_for};
use jiff::Timestamp;
use std::slice::from_ref;

/// Hours of levels that a forecast looks back on.
const LOOKS_BACK_H: usize = 25;

/// What each of many models says at one moment, in their order: the same as [`FittedFloodModel::predict`] one by one, to the last
/// bit, but sooner where there are more of them than a processor keeps near itself.
///
/// What lies where is known only when the line of memory has come that says so. Therefore several models are on their way at a
/// time: the third from now is sent for itself, the second for what it points to, and so on; the numbers and trees of the next come
/// while this one is worked out, a few lines at a time.
pub fn predict_each<'m>(
    models: impl IntoIterator<Item = &'m FittedFloodModel>,
    recent: &History,
    as_of: Timestamp,
) -> impl Iterator<Item = GaugeForecast> {
    let mut models = models.into_iter();
    let mut coming: [Option<&FittedFloodModel>; 3] = [None; 3];
    let mut next: Option<Asked<'m>> = None;
    std::iter::from_fn(move || {
        loop {
            let [first, second, third] = coming;
            coming = [second, third, models.next()];
            let now = next.take();
            next = first.map(|model| Asked {
                columns: model.columns_of(recent),
                model,
            });
            let [first, second, third] = coming;
            if let Some(model) = third {
                model.send_for_itself();
            }
            if let Some(model) = second {
                model.send_for_lists();
            }
            if let Some(model) = first {
                model.send_for_answers();
            }
            if let Some(asked) = &next {
                asked.model.send_for_rest();
                asked.send_for_readings(recent, as_of);
            }
            let steps = now.as_ref().map_or(0, |asked| asked.model.steps());
            let of_next = next.as_ref().map(|asked| asked.model.ahead(steps));
            let mut ahead = of_next.unwrap_or_default();
            if now.is_none() {
                // Nothing is worked out meanwhile.
                ahead.rest();
            }
            if let Some(Asked { model, columns }) = now {
                let fresh = [Standing::FRESH; LEADS_H.len()];
                let readings = (recent, columns.as_ref());
                return Some(model.predict_near(readings, as_of, &fresh, &mut ahead));
            }
            if next.is_none() && coming.iter().all(Option::is_none) {
                return None;
            }
        }
    })
}

/// A model and the columns that it looks at.
struct Asked<'m> {
    model: &'m FittedFloodModel,
    columns: Option<Columns>,
}

impl Asked<'_> {
    /// Sends for the readings that a forecast looks back on.
    fn send_for_readings(&self, recent: &History, as_of: Timestamp) {
        let (Some(columns), Some(last)) = (&self.columns, recent.row_at_or_before(as_of)) else {
            return;
        };
        let first = last.saturating_sub(LOOKS_BACK_H * self.model.layout.rows_per_h);
        let upstream = columns.upstream.iter().flatten();
        for column in std::iter::once(&columns.target).chain(upstream) {
            recent.send_for(first, last, *column);
        }
    }
}

impl FittedFloodModel {
    /// Sends for what a forecast with everything there will want, but for trees that are asked together.
    pub(crate) fn send_for(&self) {
        self.send_for_rest();
        Ahead::over(self.parts.cuts.edges(), self.numbers(), &[], 1).rest();
        if self.orchard.is_none() {
            self.answering().for_each(send_for_trees);
        }
    }

    /// The long lists that a forecast with everything there reads.
    pub(crate) fn ahead(&self, steps: usize) -> Ahead<'_> {
        let trees = self.orchard.as_ref().map_or(&[][..], Orchard::words);
        Ahead::over(self.parts.cuts.edges(), self.numbers(), trees, steps)
    }

    /// Those of numbers.
    fn numbers(&self) -> impl Iterator<Item = &[f64]> {
        let Standard {
            centre,
            scale,
            low,
            high,
            ..
        } = &self.parts.standard;
        let lists = [centre, scale, low, high].map(Vec::as_slice);
        let of_leads = self.answering().map(|(_, tier)| tier.doubt.numbers());
        let lines = self.abreast.as_ref().map(Abreast::numbers);
        lists.into_iter().chain(lines).chain(of_leads)
    }

    /// The lines of memory that the model itself stands in.
    fn send_for_itself(&self) {
        let Self {
            case,
            card,
            used_upstream,
            parts,
            layout,
            abreast,
            orchard,
        } = self;
        send_for(from_ref(&case.target));
        send_for(from_ref(&case.rain_forecast));
        send_for(from_ref(&card.step_s));
        send_for(from_ref(used_upstream));
        send_for(from_ref(&parts.references_um));
        send_for(from_ref(&parts.standard.centre));
        send_for(from_ref(&parts.standard.high));
        send_for(from_ref(&parts.cuts));
        send_for(from_ref(&parts.leads));
        send_for(from_ref(&layout.blocks));
        send_for(from_ref(&layout.products));
        send_for(from_ref(abreast));
        send_for(from_ref(orchard));
    }

    /// What it points to.
    fn send_for_lists(&self) {
        send_for(self.case.target.as_bytes());
        send_for(&self.case.upstream);
        send_for(&self.used_upstream);
        send_for(&self.layout.blocks);
        send_for(&self.layout.products);
        for lead in &self.parts.leads {
            send_for(from_ref(&lead.tiers));
            send_for(from_ref(&lead.lead_h));
        }
        if let Some(orchard) = &self.orchard {
            orchard.send_for_beds();
        }
    }

    /// What that points to: names to look for, and what answers when everything is there.
    fn send_for_answers(&self) {
        for name in &self.case.upstream {
            send_for(name.as_bytes());
        }
        for (_, tier) in self.answering() {
            send_for(from_ref(&tier.mask));
            send_for(from_ref(&tier.lines));
            send_for(from_ref(&tier.blend));
            send_for(from_ref(&tier.record));
        }
    }

    /// Everything else but the trees.
    fn send_for_rest(&self) {
        send_for(&self.parts.references_um);
        self.parts.cuts.send_for_ends();
        for (_, tier) in self.answering() {
            tier.doubt.send_for();
            if tier.beats_persistence && self.abreast.is_none() {
                send_for(&tier.lines.ridge.weights);
                send_for(&tier.lines.bent.weights);
            }
        }
    }

    /// Each lead and what answers when everything is there.
    fn answering(&self) -> impl Iterator<Item = (&LeadModel, &TierModel)> {
        let leads = self.parts.leads.iter();
        leads.filter_map(|lead| Some((lead, lead.tiers.first()?)))
    }
}

/// Of the trees that have any weight while nothing lies outside what was taught.
fn send_for_trees((lead, tier): (&LeadModel, &TierModel)) {
    let asked = tier.blend.asked(0.0);
    let ensembles = lead.trees.asked().into_iter().zip(&asked[BOOSTED..]);
    for (ensemble, asked) in ensembles {
        if tier.beats_persistence && *asked {
            ensemble.send_for();
        }
    }
}
