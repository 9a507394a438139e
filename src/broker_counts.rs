//! What the embedded broker has done, shown with the other counters of the service.

use hinan_broker::Counts;

/// Shows the counts as they are now. A device that keeps trying what it may not do is seen here.
#[expect(
    clippy::cast_precision_loss,
    reason = "fewer connections than a float can count"
)]
pub(crate) fn show(counts: &Counts) {
    metrics::gauge!("hinan_broker_connections").set(counts.connections as f64);
    metrics::gauge!("hinan_broker_retained").set(counts.retained as f64);
    let happened = [
        ("admitted", counts.admitted),
        ("denied", counts.denied),
        ("refused_for_limit", counts.refused_for_limit),
        ("malformed", counts.malformed),
        ("oversized", counts.oversized),
        ("silent", counts.silent),
        ("stalled", counts.stalled),
        ("publishes_refused", counts.publishes_refused),
        ("subscriptions_refused", counts.subscriptions_refused),
        ("sink_uncommitted", counts.sink_uncommitted),
        ("dropped_queue_full", counts.dropped_queue_full),
        ("dropped_queue_full_away", counts.dropped_queue_full_away),
        ("dropped_retained_full", counts.dropped_retained_full),
    ];
    for (what, so_far) in happened {
        metrics::counter!("hinan_broker_total", "what" => what).absolute(so_far);
    }
}
