//! The broker as its clients see it: real sockets on the loopback, one file per story.
#![allow(clippy::unwrap_used)]

mod access;
mod acknowledgement;
mod crowd;
mod exactly_once;
mod hostile;
mod keep_alive;
mod kit;
mod mosquitto;
mod retained;
mod rumqttc_clients;
mod sessions;
mod stopping;
mod subscriptions;
mod wills;
