//! One lane: the reports of one type from one office for one area, and what they leave standing together.
//!
//! What stands is a function of the set of reports, not of the order in which they arrived: they are put in order, then
//! walked from the oldest on. An issue replaces; a correction replaces the report with its own serial; a retraction takes
//! the report it names away, so that what held before holds again.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::order::Order;
use super::stand::Stand;
use crate::official::area::AreaCode;
use crate::official::envelope::InfoType;

/// Reports that a lane remembers. Enough to take one back, and another.
pub(crate) const REPORTS_MAX: usize = 8;

/// A report in its lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) order: Order,
    pub(crate) info_type: InfoType,
    pub(crate) event_id: String,
    pub(crate) serial: String,
    pub(crate) title: String,
    pub(crate) headline: String,
    pub(crate) office: String,
    pub(crate) valid_until: Option<Timestamp>,
    pub(crate) unknown_type: bool,
    pub(crate) received_at: Timestamp,
    pub(crate) stand: Stand,
}

impl Report {
    /// What it calls an area that something is in force in.
    pub(crate) fn name_of(&self, area: AreaCode) -> Option<String> {
        let rows = &self.stand.municipal()?.rows;
        let at = rows.partition_point(|row| row.area < area);
        let row = rows.get(at).filter(|row| row.area == area)?;
        Some(row.area_name.clone())
    }
}

/// The reports of a lane, oldest first. Copies share them until one of them changes: a picture of all lanes is a few
/// pointers, and a telegram that arrives afterwards copies its own lane only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Lane {
    #[serde(with = "shared")]
    reports: Arc<Vec<Report>>,
    /// Which of them stands; derived from them.
    current: Option<usize>,
}

/// What became of a report in its lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Stands,
    TookBack,
    TookNothingBack,
    Late,
    Duplicate,
}

impl Lane {
    pub(crate) fn current(&self) -> Option<&Report> {
        self.current.and_then(|at| self.reports.get(at))
    }

    pub(crate) fn reports(&self) -> &[Report] {
        &self.reports
    }

    /// Takes a report to where it belongs.
    pub(crate) fn take(&mut self, report: Report) -> Taken {
        let at = match self
            .reports
            .binary_search_by(|known| known.order.cmp(&report.order))
        {
            Ok(_) => return Taken::Duplicate,
            Err(at) => at,
        };
        if at == 0 && self.reports.len() >= REPORTS_MAX {
            return Taken::Late;
        }
        let before = self.current().map(|current| current.order.clone());
        let retracts = report.info_type == InfoType::Retraction;
        let order = report.order.clone();
        Arc::make_mut(&mut self.reports).insert(at, report);
        let all_events = self.retracts_whole_events();
        if self.reports.len() > REPORTS_MAX {
            self.forget_one(all_events);
        }
        self.settle(all_events);
        let after = self.current().map(|current| &current.order);
        if retracts {
            return if after == before.as_ref() {
                Taken::TookNothingBack
            } else {
                Taken::TookBack
            };
        }
        if after == Some(&order) {
            Taken::Stands
        } else {
            Taken::Late
        }
    }

    /// An early warning is retracted with all its serials.
    fn retracts_whole_events(&self) -> bool {
        self.reports
            .iter()
            .any(|report| matches!(report.stand, Stand::EarlyWarning(_)))
    }

    /// The oldest goes; the report that stands never does.
    fn forget_one(&mut self, all_events: bool) {
        let standing = standing(&self.reports, all_events);
        let at = usize::from(standing == Some(0));
        Arc::make_mut(&mut self.reports).remove(at);
    }

    fn settle(&mut self, all_events: bool) {
        let left = left_standing(&self.reports, all_events);
        self.current = left.last().copied();
        // "Since when" follows the reports that were never taken back, in their order, whatever order they came in.
        for pair in left.windows(2) {
            let (before, here) = Arc::make_mut(&mut self.reports).split_at_mut(pair[1]);
            let here = &mut here[0];
            if let (Stand::Municipal(before), Stand::Municipal(rows)) =
                (&before[pair[0]].stand, &mut here.stand)
            {
                rows.continues(before, here.order.report_at);
            }
        }
    }
}

/// Shared reports are written as if they were not.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use super::Report;

    pub(super) fn serialize<S: Serializer>(
        reports: &Arc<Vec<Report>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        reports.as_slice().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<Vec<Report>>, D::Error> {
        Vec::deserialize(deserializer).map(Arc::new)
    }
}

fn standing(reports: &[Report], all_events: bool) -> Option<usize> {
    left_standing(reports, all_events).last().copied()
}

/// Walks the reports from the oldest on and says which are left: the last of them stands.
fn left_standing(reports: &[Report], all_events: bool) -> Vec<usize> {
    let mut left: Vec<usize> = Vec::with_capacity(reports.len());
    for (at, report) in reports.iter().enumerate() {
        match report.info_type {
            InfoType::Issue => left.push(at),
            InfoType::Correction => {
                if !report.serial.is_empty() {
                    left.retain(|other| !is_same(&reports[*other], report));
                }
                left.push(at);
            }
            InfoType::Retraction if all_events => {
                left.retain(|other| reports[*other].event_id != report.event_id);
            }
            InfoType::Retraction => {
                let named = left
                    .iter()
                    .rposition(|other| is_same(&reports[*other], report))
                    .or_else(|| {
                        left.iter()
                            .rposition(|other| reports[*other].event_id == report.event_id)
                    });
                if let Some(named) = named {
                    left.remove(named);
                }
            }
        }
    }
    left
}

fn is_same(one: &Report, other: &Report) -> bool {
    one.event_id == other.event_id && one.serial == other.serial
}
