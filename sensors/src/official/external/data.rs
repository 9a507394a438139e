//! What WIS2 notifications say there is: the newest data, each with how it was verified or what would have to be fetched.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::DataLine;
use crate::official::lanes::pairs;
use crate::official::wis2::{Notification, Notifications, Notified, Rel};

/// Data that is shown; the oldest is forgotten first. Duplicates and late words are recognised far beyond it.
const LINES_MAX: usize = 200;
/// Messages and data that are recognised again.
const RECOGNISED_MAX: usize = 10_000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct DataLog {
    known: Notifications,
    /// By time of publication, then identifier of the message and of the data.
    #[serde(with = "pairs")]
    lines: BTreeMap<(Timestamp, String, String), DataLine>,
}

impl Default for DataLog {
    fn default() -> Self {
        Self {
            known: Notifications::keeping(RECOGNISED_MAX),
            lines: BTreeMap::new(),
        }
    }
}

impl DataLog {
    pub(super) fn take(&mut self, notification: &Notification, received_at: Timestamp) -> Notified {
        let notified = self.known.take(notification);
        if matches!(notified, Notified::Duplicate | Notified::Late) {
            return notified;
        }
        if !notification.data_id.is_empty() {
            self.lines
                .retain(|_, line| line.data_id != notification.data_id);
        }
        let key = (
            notification.key.pubtime,
            notification.key.id.clone(),
            notification.data_id.clone(),
        );
        self.lines.insert(key, line(notification, received_at));
        if self.lines.len() > LINES_MAX {
            self.lines.pop_first();
        }
        notified
    }

    /// Newest first.
    pub(super) fn shown(&self) -> impl Iterator<Item = DataLine> {
        self.lines.values().rev().cloned()
    }
}

fn line(notification: &Notification, received_at: Timestamp) -> DataLine {
    let (fetch, refused) = match notification.fetch() {
        Ok(fetch) => (fetch, None),
        Err(why) => (None, Some(why.to_string())),
    };
    DataLine {
        data_id: notification.data_id.clone(),
        about: notification.about,
        published_at: notification.key.pubtime,
        received_at,
        deleted: notification.key.rel == Rel::Deletion,
        carried: notification
            .content
            .as_ref()
            .map(|content| (content.data.len(), content.verdict)),
        fetch,
        refused,
        findings: notification.findings.clone(),
    }
}
