//! One file per public alert system. Each sends exactly what was approved, may be asked twice for the same notice, and says
//! what became of it.

pub mod area_mail;
mod folder;
pub mod l_alert;
pub mod mail;
pub mod mqtt;
pub mod webhook;
