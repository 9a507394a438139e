//! GET /api/v1/events: what happens, as it happens (server-sent events).
//!
//! A listener that comes back with `Last-Event-ID` reads on where it was, as far as the log reaches; what it missed beyond
//! that is told by an event `gap`. An open ear is not a click: it ends when its session does.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event as Sent, KeepAlive};
use futures_util::Stream;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::Refused;
use super::asking::Asking;
use super::caller::Caller;
use crate::app::App;
use crate::clock::monotonic;
use crate::digest::Digest;
use crate::events::Event;
use crate::web::router::Doors;
use crate::web::seats::Seat;
use crate::web::who;

/// A sign of life when nothing happens.
const ALIVE_EVERY: Duration = Duration::from_secs(15);
/// How often it is asked whether the session still holds.
const ASKED_EVERY: Duration = Duration::from_secs(30);
/// Events taken from the log at a time.
const TAKEN_MAX: usize = 200;
/// How often a listener is told what time it is.
const TICKS_EVERY: Duration = Duration::from_secs(2);
/// The kind of the tick, which is in no log.
const STATUS: &str = "status";
const KINDS: [&str; 15] = [
    STATUS,
    "picture",
    "reading",
    "health",
    "recommendation",
    "decision",
    "notice",
    "delivery",
    "feed",
    "presence",
    "note",
    "device",
    "official",
    "external",
    "link",
];

/// What a listener wants to hear.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Asked {
    /// Kinds, joined by commas; all when left out.
    kinds: Option<String>,
    /// One station only; events that are about none are left out then.
    station: Option<String>,
}

impl Asked {
    fn check(&self) -> Result<(), Refused> {
        let Some(kinds) = &self.kinds else {
            return Ok(());
        };
        match kinds.split(',').find(|kind| !KINDS.contains(kind)) {
            None => Ok(()),
            Some(kind) => Err(Refused::BadQuestion(format!(
                "kinds has {:?}; accepted are {}, joined by commas",
                kind.chars().take(40).collect::<String>(),
                KINDS.join(", ")
            ))),
        }
    }

    fn wants_kind(&self, kind: &str) -> bool {
        self.kinds
            .as_ref()
            .is_none_or(|kinds| kinds.split(',').any(|wanted| wanted == kind))
    }

    fn wants(&self, event: &Event) -> bool {
        let kind = self.wants_kind(event.kind());
        let station = self
            .station
            .as_ref()
            .is_none_or(|station| event.station() == Some(station));
        kind && station
    }
}

/// The stream.
pub(in crate::web) async fn stream(
    State(doors): State<Doors>,
    Caller(who): Caller,
    Asking(asked): Asking<Asked>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Sent, Infallible>>>, Refused> {
    asked.check()?;
    let app = Arc::clone(&doors.app);
    let station_is_known = asked
        .station
        .as_ref()
        .is_none_or(|station| app.reference.stations.get(station).is_some());
    if !station_is_known {
        return Err(Refused::Unknown("there is no such station".to_owned()));
    }
    let own = doors.seats.sit(&who.token).ok_or(Refused::TooMany(
        "this session listens already as often as one may",
    ))?;
    let seat = Arc::clone(&doors.listeners)
        .try_acquire_owned()
        .map_err(|_| {
            Refused::TooMany(
                "too many programs listen already; web.listeners_max says how many may",
            )
        })?;
    let follow = app.events.follow();
    let last = headers
        .get("last-event-id")
        .and_then(|name| name.to_str().ok());
    let (after, other_run) = match last.map(|name| app.events.number(name)) {
        // A new listener begins now.
        None => (*follow.borrow(), false),
        Some(Some(number)) => (number, false),
        // It was last heard by another run of the service: it gets everything this run has.
        Some(None) => (0, true),
    };
    let ear = Ear {
        app,
        ticks: asked.station.is_none() && asked.wants_kind(STATUS),
        ticked_at: None,
        asked,
        session: who.token,
        follow,
        stop: doors.stop.clone(),
        after,
        other_run,
        waiting: std::collections::VecDeque::new(),
        asked_at: monotonic(),
        _seat: (seat, own),
    };
    let stream = futures_util::stream::unfold(ear, |mut ear| async move {
        let next = ear.next().await?;
        Some((Ok(next), ear))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(ALIVE_EVERY)))
}

/// One listener.
struct Ear {
    app: Arc<App>,
    asked: Asked,
    session: Digest,
    follow: watch::Receiver<u64>,
    stop: watch::Receiver<bool>,
    after: u64,
    other_run: bool,
    waiting: std::collections::VecDeque<Sent>,
    asked_at: std::time::Instant,
    /// Whether it wants to be told the time.
    ticks: bool,
    ticked_at: Option<std::time::Instant>,
    _seat: (OwnedSemaphorePermit, Seat),
}

impl Ear {
    /// The next event; `None` when the listener has to leave.
    async fn next(&mut self) -> Option<Sent> {
        loop {
            if let Some(next) = self.waiting.pop_front() {
                return Some(next);
            }
            if *self.stop.borrow() || !self.may_stay() {
                return None;
            }
            let took = self.take();
            self.tick();
            if took || !self.waiting.is_empty() {
                continue;
            }
            let pause = self.ticked_at.map_or(ASKED_EVERY, |at| {
                TICKS_EVERY.saturating_sub(monotonic().duration_since(at))
            });
            tokio::select! {
                _ = self.stop.changed() => return None,
                more = self.follow.changed() => more.ok()?,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// What time it is, and what the status bar counts: at once, then every few seconds. Old ones are not told again.
    fn tick(&mut self) {
        let now = monotonic();
        let due = self
            .ticked_at
            .is_none_or(|at| now.duration_since(at) >= TICKS_EVERY);
        if !self.ticks || !due {
            return;
        }
        self.ticked_at = Some(now);
        let pulse = self.app.pulse();
        let gauges = pulse.map(|pulse| json!({ "working": pulse.working, "all": pulse.gauges }));
        let data = json!({
            "event": STATUS, "server_time": self.app.clock.now(), "speed": self.app.clock.speed(),
            "as_of": self.app.picture().advice.outlook.as_of, "undecided": pulse.map(|pulse| pulse.undecided),
            "waiting_for_second": pulse.map(|pulse| pulse.waiting_for_second), "gauges": gauges,
        });
        // Its id is a bookmark: whoever was told nothing but the time comes back to where they were, too.
        let tick = Sent::default()
            .event(STATUS)
            .id(self.app.events.name(self.after))
            .data(data.to_string());
        self.waiting.push_back(tick);
    }

    /// Whether the session still holds; asked now and then.
    fn may_stay(&mut self) -> bool {
        if monotonic().duration_since(self.asked_at) < ASKED_EVERY {
            return true;
        }
        self.asked_at = monotonic();
        // When the record cannot be read the listener leaves: it will be told why when it comes back.
        who::holds(&self.app, &self.session).unwrap_or(false)
    }

    /// Takes what the log has; says whether there was anything.
    fn take(&mut self) -> bool {
        // Marked as seen first: what comes while we read wakes us again.
        self.follow.borrow_and_update();
        let next = self.app.events.after(self.after, TAKEN_MAX);
        if next.missed > 0 || self.other_run {
            let why = if self.other_run {
                "restarted"
            } else {
                "too_late"
            };
            self.other_run = false;
            let data = json!({ "event": "gap", "why": why, "missed": next.missed });
            self.waiting
                .push_back(Sent::default().event("gap").data(data.to_string()));
        }
        let Some((newest, _)) = next.events.last() else {
            return !self.waiting.is_empty();
        };
        self.after = *newest;
        for (number, event) in next.events {
            if self.asked.wants(&event) {
                // The types of events have text keys only, so that they can always be written.
                let data = serde_json::to_string(&event).unwrap_or_default();
                let sent = Sent::default()
                    .event(event.kind())
                    .id(self.app.events.name(number))
                    .data(data);
                self.waiting.push_back(sent);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(kinds: &str, station: Option<&str>) -> Asked {
        Asked {
            kinds: Some(kinds.to_owned()),
            station: station.map(str::to_owned),
        }
    }

    #[test]
    fn a_listener_hears_the_kinds_and_the_station_it_asked_for() {
        let health = Event::Health {
            station: "obihiro".parse().expect("an id"),
            state: "late",
            before: Some("live"),
            ja: String::new(),
            en: String::new(),
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        assert!(asked("reading,health", None).wants(&health));
        assert!(asked("health", Some("obihiro")).wants(&health));
        assert!(!asked("health", Some("shimizu")).wants(&health));
        assert!(!asked("official,link", None).wants(&health));
    }

    #[test]
    fn a_kind_that_does_not_exist_is_refused_with_those_that_do() {
        match asked("reading,weather", None).check() {
            Err(Refused::BadQuestion(why)) => {
                assert!(why.contains("weather") && why.contains("official"), "{why}");
            }
            other => panic!("{other:?}"),
        }
    }
}
