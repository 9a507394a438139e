//! What becomes of a publish of the client.

use std::sync::Arc;

use tokio::sync::mpsc::OwnedPermit;
use tokio::sync::mpsc::error::{SendError, TrySendError};

use super::Connection;
use super::end::End;
use crate::clock;
use crate::codec::{Publish, QoS, Reason, Reply, Version};
use crate::door::Misdeed;
use crate::router::{Message, Novelty};
use crate::sink::{Answer, Inbound};
use crate::topic;

impl Connection {
    pub(super) fn publish(&mut self, publish: Publish) -> Result<(), End> {
        let Publish {
            topic,
            payload,
            qos,
            retain,
            pkid,
            alias,
            expiry_s,
            passed_on,
        } = publish;
        let topic = self.incoming.topic(topic, alias).ok_or(End::Alias)?;
        topic::check_name(&topic, self.shared.settings.topic_max_bytes)?;
        if !self.me.grant.may_publish(&topic) {
            self.shared.tally.publishes_refused.one();
            self.note(Misdeed::NotGranted { topic: &topic });
            return self.refuse(qos, pkid, Reason::NOT_AUTHORIZED, End::NotGranted(topic));
        }
        let bytes = payload.len();
        if let Some(max_bytes) = self.me.grant.payload_max_bytes
            && bytes > max_bytes
        {
            self.shared.tally.payloads_refused.one();
            self.note(Misdeed::PayloadTooLong { bytes, max_bytes });
            let end = End::PayloadTooLong { bytes, max_bytes };
            return self.refuse(qos, pkid, Reason::QUOTA, end);
        }
        self.shared.tally.messages_in.one();
        self.me.meter.took(topic.len() + bytes);
        let Some(answer) = self.answer(qos, pkid)? else {
            return Ok(());
        };
        let message = Arc::new(Message {
            topic,
            payload,
            qos,
            expires: Message::expiry(expiry_s, clock::now()),
            passed_on,
        });
        if !self.shared.is_for_sink(&message.topic) {
            self.line.pass(message, retain, answer);
            return self.take_mail(); // answered before the packets behind it
        }
        let receipt = self.line.wait(Arc::clone(&message), retain, answer);
        let client_id = self.me.client_id.clone();
        let device = self.me.grant.device.clone();
        let inbound = Inbound::new(&message, retain, client_id, device, receipt);
        match self.shared.sink.try_send(inbound) {
            Ok(()) => {}
            Err(TrySendError::Full(inbound)) => {
                let turn = Box::pin(self.shared.sink.clone().reserve_owned());
                self.blocked = Some((inbound, turn));
            }
            // The service is going: the receipt is dropped and nothing acknowledged.
            Err(TrySendError::Closed(inbound)) => drop(inbound),
        }
        Ok(())
    }

    /// How a publish is to be answered; `None` if it came before.
    fn answer(&mut self, qos: QoS, pkid: u16) -> Result<Option<Answer>, End> {
        let router = &self.shared.router;
        let session = self.me.seat.session;
        Ok(match qos {
            QoS::AtMostOnce => Some(Answer::Nothing),
            QoS::AtLeastOnce => Some(Answer::PubAck(pkid)),
            QoS::ExactlyOnce => match router.begin_exact(session, self.number, pkid) {
                // One of 3.1.1 cannot be told how many we take; it has no more identifiers than these.
                Novelty::New
                    if self.me.version == Version::V5
                        && router.unreleased(session) > self.shared.settings.unacked_max =>
                {
                    // It has no effect now, so it is new when it comes again.
                    router.exact_failed(session, self.number, pkid);
                    return Err(End::ReceiveMax);
                }
                Novelty::New => Some(Answer::PubRec(pkid)),
                Novelty::Pending => None,
                Novelty::Received => {
                    self.reply(&Reply::PubRec(pkid, Reason::SUCCESS));
                    None
                }
            },
        })
    }

    /// Says no to a publish, in its turn. 3.1.1 has no word for it, and QoS 0 no answer: those are closed.
    fn refuse(&mut self, qos: QoS, pkid: u16, reason: Reason, end: End) -> Result<(), End> {
        self.me.meter.refused();
        let reply = match (self.me.version, qos) {
            (Version::V4, _) | (_, QoS::AtMostOnce) => return Err(end),
            (Version::V5, QoS::AtLeastOnce) => Reply::PubAck(pkid, reason),
            (Version::V5, QoS::ExactlyOnce) => Reply::PubRec(pkid, reason),
        };
        self.line.refuse(reply);
        self.take_mail()
    }

    /// The sink has room for what was blocked, or has gone.
    pub(super) fn unblock(&mut self, turn: Result<OwnedPermit<Inbound>, SendError<()>>) {
        let Some((inbound, _)) = self.blocked.take() else {
            return;
        };
        match turn {
            Ok(permit) => drop(permit.send(inbound)),
            Err(_) => drop(inbound),
        }
    }
}
