//! A delivery once more (再送): at once where it rests, and by a new order where it was given up. The bytes and the identifier are those of
//! the approval, so a receiver that has it already does nothing twice.

use jiff::Timestamp;
use serde_json::json;

use super::{Declined, may, on_record};
use crate::app::App;
use crate::approve::facts::Kind;
use crate::approve::notice::{Approved, Notice};
use crate::approve::officer::{Act, Officer};
use crate::publish::outbox::{ChannelName, Delivery};
use crate::recommend::cause;
use crate::store::outbox::DeliveryState;
use crate::store::{StoreError, View};

/// The word of the entry that a given-up delivery was ordered once more.
const ORDERED_AGAIN: &str = "delivery_ordered_again";

/// Wants one notice at one channel; no other delivery is touched.
///
/// # Errors
/// [`Declined`] says why nothing is sent: it arrived, it is over, or it would say what no longer holds.
pub fn retry(
    app: &App,
    officer: &Officer,
    notice_id: &str,
    channel: &ChannelName,
) -> Result<(), Declined> {
    on_record(app, officer, "retry", notice_id, || {
        may(officer, Act::Acknowledge)?;
        let now = app.clock.now();
        let hurried = app.store.write(|tx| {
        let view = tx.view();
        let Some(notice) = view.notice(notice_id)? else {
            return Ok(Err(Declined::Unknown("発表")));
        };
        let deliveries = view.deliveries(notice_id)?;
        let Some(found) = deliveries.iter().find(|one| one.channel == *channel) else {
            return Ok(Err(Declined::Unknown("送り先")));
        };
        let word = channel.word();
        match found.state {
            DeliveryState::Delivered => Ok(Err(Declined::NoLongerOpen(
                "この送り先は、すでに受領しています".to_owned(),
            ))),
            DeliveryState::Waiting | DeliveryState::Sending | DeliveryState::Retrying => {
                let detail = json!({ "channel": word });
                let action = "delivery_retry_asked";
                tx.audit(now, &officer.name, action, notice_id, &detail)?;
                Ok(Ok(found.id))
            }
            DeliveryState::GivenUp => {
                if let Some(why) = over(app, &view, &notice, channel, now)? {
                    let why = format!("もう送れません: {why}");
                    return Ok(Err(Declined::NoLongerOpen(why)));
                }
                tx.enqueue(&Delivery::of(&notice, channel.clone()), now)?;
                let detail = json!({ "channel": word, "digest": found.digest, "given_up": found.note,
                    "given_up_at": found.changed_at, "attempts": found.attempts });
                tx.audit(now, &officer.name, ORDERED_AGAIN, notice_id, &detail)?;
                Ok(Ok(found.id))
            }
        }
    })??;
        app.hurry(hurried);
        app.owed.notify_waiters();
        Ok(())
    })
}

/// Why a notice must not be sent any more; nothing when it may.
fn over(
    app: &App,
    view: &View<'_>,
    notice: &Notice<Approved>,
    channel: &ChannelName,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let facts = notice.content().facts();
    if facts.expires <= now {
        return Ok(Some("失効しています".to_owned()));
    }
    if !app.dispatch.channels().contains(channel) {
        return Ok(Some(format!("{}は設定されていません", channel.spoken())));
    }
    let is_over = match facts.kind {
        Kind::Issue => !view.is_unended(facts.id.as_str())?,
        // Whoever reads of the end of an order after a new one for the same place believes that nothing holds there.
        Kind::Lift | Kind::Cancel => {
            let later = view.approved_since(notice.state().at())?;
            later.iter().any(|other| {
                let other = other.content().facts();
                let shares = facts
                    .districts
                    .iter()
                    .any(|one| other.districts.iter().any(|two| two.id == one.id));
                other.id != facts.id && cause::of_facts(other) == cause::of_facts(facts) && shares
            })
        }
    };
    Ok(is_over.then(|| "この発表の後に、別の発表が出ています".to_owned()))
}
