//! Documents for machines, one format a file.

pub mod atom;
pub mod cap;
pub mod geojson;
pub mod json;
pub mod l_alert;
pub mod rss;
pub mod signature;
mod xml;

use jiff::Timestamp;

use crate::facts::Facts;

/// A published notice, as the feeds want it.
pub struct Entry<'n> {
    /// Its facts.
    pub facts: &'n Facts,
    /// Its CAP document as published.
    pub document: &'n [u8],
    /// When it was approved.
    pub approved_at: Timestamp,
}

/// Who publishes a feed.
pub struct Publisher<'a> {
    /// Name as residents read it.
    pub name: &'a str,
    /// Address of the public page.
    pub url: &'a str,
    /// Municipality code.
    pub code: &'a str,
}

impl Publisher<'_> {
    fn base(&self) -> &str {
        self.url.trim_end_matches('/')
    }
}
