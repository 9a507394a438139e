//! What a notice (避難情報) says, in every language and format, and what must never leave the town hall.
//!
//! Everything here is a function of its arguments: no clock, no chance, no file, no network. Same facts, same bytes.
//!
//! - [`facts`]: the one set of facts that every text and document is made from
//! - [`text`]: the words, from templates whose legal sentences cannot be changed
//! - [`document`]: CAP with its signature, Atom, RSS, JSON, GeoJSON, L-Alert
//! - [`send`]: what each channel is handed: MQTT messages, the body of a webhook, a mail
//! - [`check`]: what would be wrong with it if it left
//!
//! This crate knows neither the service nor its channels; nothing in it can send anything.

pub mod check;
pub mod digest;
pub mod document;
pub mod facts;
pub mod id;
pub mod level;
pub mod realm;
pub mod send;
pub mod text;
pub mod when;
