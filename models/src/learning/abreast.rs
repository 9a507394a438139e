//! Both lines of every lead, worked out together.

use crate::hyper::LEADS_H;
use crate::learning::lead::LeadModel;

const LEADS: usize = LEADS_H.len();
/// Both lines of every lead, the ridge before the one with products.
const LINES: usize = 2 * LEADS;

/// The lines that answer where everything is there. Their weights stand by feature, so that eight sums are made side by side and none waits
/// for another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Abreast {
    intercepts: [f64; LINES],
    /// Per feature, then per product; the ridge looks at no product.
    weights: Vec<[f64; LINES]>,
    features: usize,
}

impl Abreast {
    /// `None` where some lead has no lines for all `features` features and as many products as `width` leaves.
    pub(crate) fn of(leads: &[LeadModel], all: u16, features: usize, width: usize) -> Option<Self> {
        let mut abreast = Self {
            intercepts: [0.0; LINES],
            weights: vec![[0.0; LINES]; width],
            features,
        };
        if leads.len() != LEADS || features > width {
            return None;
        }
        for (lead, model) in leads.iter().enumerate() {
            let tier = model.tiers.first().filter(|tier| tier.mask == all)?;
            let lines = [(&tier.lines.ridge, features), (&tier.lines.bent, width)];
            for (side, (line, length)) in lines.into_iter().enumerate() {
                if line.weights.len() != length {
                    return None;
                }
                let place = 2 * lead + side;
                abreast.intercepts[place] = line.intercept;
                for (weights, weight) in abreast.weights.iter_mut().zip(&line.weights) {
                    weights[place] = *weight;
                }
            }
        }
        Some(abreast)
    }

    /// What the ridge and the line with products of each lead say, to the last bit what each says alone.
    pub(crate) fn predict(&self, scaled: &[f64]) -> [[f64; 2]; LEADS] {
        // A sum of numbers begins with this.
        let mut sums = [-0.0_f64; LINES];
        let (of_features, of_products) = self.weights.split_at(self.features);
        let (features, products) = scaled.split_at(self.features.min(scaled.len()));
        for (weights, x) in of_features.iter().zip(features) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += weight * x;
            }
        }
        for (weights, x) in of_products.iter().zip(products) {
            for (sum, weight) in sums.iter_mut().zip(weights).skip(1).step_by(2) {
                *sum += weight * x;
            }
        }
        let said = |place: usize| self.intercepts[place] + sums[place];
        std::array::from_fn(|lead| [said(2 * lead), said(2 * lead + 1)])
    }

    /// Bytes held in memory.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&self.weights[..])
    }

    /// All weights, in the order in which they are read.
    pub(crate) fn numbers(&self) -> &[f64] {
        self.weights.as_flattened()
    }
}
