//! Wills: what a client left to be said when it is gone, at once or after the delay that it asked for.

use std::sync::Arc;
use std::time::Duration;

use tracing::warn;

use crate::clock;
use crate::codec::Will;
use crate::listen::Shared;
use crate::outbox::Outbox;
use crate::router::Message;
use crate::sink::{Answer, Inbound, Line};

/// How long the sink may take for a will.
const WITHIN: Duration = Duration::from_secs(5);

/// A will that is due.
pub(crate) struct LateWill {
    pub(crate) will: Will,
    pub(crate) client_id: String,
    pub(crate) device: Option<String>,
    pub(crate) session: u64,
}

/// Publishes a will after its connection is gone.
pub(crate) async fn publish(late: LateWill, shared: &Shared) {
    let line = Line::new(
        Arc::clone(&shared.router),
        Arc::clone(&shared.tally),
        Arc::<Outbox>::default(),
        late.session,
        0,
    );
    publish_behind(&line, late, shared).await;
}

/// A will is a publish of the client like any other, behind those in its line; but nobody is left to be told of
/// it.
pub(crate) async fn publish_behind(line: &Arc<Line>, late: LateWill, shared: &Shared) {
    let LateWill {
        will,
        client_id,
        device,
        ..
    } = late;
    let message = Arc::new(Message {
        topic: will.topic,
        payload: will.payload,
        qos: will.qos,
        expires: Message::expiry(will.expiry_s, clock::now()),
        passed_on: will.passed_on,
    });
    shared.tally.messages_in.one();
    if !shared.is_for_sink(&message.topic) {
        line.pass(message, will.retain, Answer::Nothing);
        return;
    }
    let receipt = line.wait(Arc::clone(&message), will.retain, Answer::Nothing);
    let inbound = Inbound::new(&message, will.retain, client_id, device, receipt);
    if let Err(left) = shared.sink.send_timeout(inbound, WITHIN).await {
        shared.tally.dropped_wills.one();
        let inbound = left.into_inner();
        warn!(
            client_id = inbound.client_id,
            topic = inbound.topic,
            "the sink did not take a will"
        );
    }
}
