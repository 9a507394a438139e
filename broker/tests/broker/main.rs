//! The broker as its clients see it: real sockets on the loopback, one file per story.
#![allow(clippy::unwrap_used)]

mod access;
mod acknowledgement;
mod crowd;
mod encrypted;
mod exactly_once;
mod hostile;
mod keep_alive;
mod kit;
mod kit5;
mod mosquitto;
mod rates;
mod retained;
mod rumqttc_clients;
mod sessions;
mod stopping;
mod subscriptions;
mod version_5;
mod wills;
