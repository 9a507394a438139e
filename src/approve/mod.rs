//! The human gate (人の承認). Nothing reaches the outside that a named, authorised official did not read and
//! approve, byte for byte. There is no second way around it.
//!
//! The gate is three things at once: types ([`notice::Notice`], [`authority::Approver`]), constraints and
//! triggers of the store, and tests.

pub mod authority;
pub mod compose;
pub mod facts;
pub mod notice;
pub mod officer;
pub mod rule;
