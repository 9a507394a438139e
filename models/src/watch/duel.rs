use super::{Watch, WatchSettings};
use crate::forecast::GaugeForecast;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The model in use and one that might replace it, judged on the same water. It counts and never replaces: that is an
/// administrator's decision, with the card of the new model before their eyes.
#[derive(Clone, Debug, PartialEq)]
pub struct Duel {
    champion: Watch,
    challenger: Watch,
}

/// How a duel stands at one lead.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DuelTally {
    /// Hours ahead.
    pub lead_h: u32,
    /// Floods that both were judged on.
    pub floods: usize,
    /// Floods in which the challenger erred less.
    pub floods_won: usize,
    /// 1 − squared error of the challenger / of the champion, over those floods; positive = the challenger is better.
    pub gain: f64,
}

impl Duel {
    /// A duel in which nobody has been judged.
    #[must_use]
    pub fn new(settings: WatchSettings) -> Self {
        Self {
            champion: Watch::new(settings),
            challenger: Watch::new(settings),
        }
    }

    /// Tells of both forecasts of the same moment.
    pub fn issued(&mut self, champion: &GaugeForecast, challenger: &GaugeForecast) {
        self.champion.issued(champion);
        self.challenger.issued(challenger);
    }

    /// Tells of a reading.
    pub fn observed(&mut self, at: Timestamp, level_m: f64) {
        self.champion.observed(at, level_m);
        self.challenger.observed(at, level_m);
    }

    /// The watch over the model in use.
    #[must_use]
    pub fn champion(&self) -> &Watch {
        &self.champion
    }

    /// The watch over the other one.
    #[must_use]
    pub fn challenger(&self) -> &Watch {
        &self.challenger
    }

    /// One entry per lead that both were judged at, over the floods that are over.
    #[must_use]
    pub fn tally(&self) -> Vec<DuelTally> {
        let (ours, theirs) = (
            self.champion.report().floods,
            self.challenger.report().floods,
        );
        let mut tallies: std::collections::BTreeMap<u32, (usize, usize, f64, f64)> =
            std::collections::BTreeMap::new();
        for (a, b) in ours.iter().zip(&theirs) {
            for lead in &a.leads {
                let Some(other) = b.leads.iter().find(|l| l.lead_h == lead.lead_h) else {
                    continue;
                };
                let tally = tallies.entry(lead.lead_h).or_default();
                tally.0 += 1;
                tally.1 += usize::from(other.error_m2 < lead.error_m2);
                tally.2 += lead.error_m2;
                tally.3 += other.error_m2;
            }
        }
        tallies
            .into_iter()
            .map(
                |(lead_h, (floods, floods_won, champion, challenger))| DuelTally {
                    lead_h,
                    floods,
                    floods_won,
                    gain: crate::score::skill(challenger, champion),
                },
            )
            .collect()
    }
}
