//! The built-in town with its fitted models, made once for all stories that drive the core.

use std::sync::OnceLock;

use hinan::config::Config;
use hinan::engine::Reference;

/// Town, stations, models, criteria.
pub(crate) fn reference() -> &'static Reference {
    static REFERENCE: OnceLock<Reference> = OnceLock::new();
    REFERENCE.get_or_init(|| hinan::town::load(&Config::defaults()).unwrap())
}
