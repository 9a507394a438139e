//! The built-in town for all stories that drive the core. Each test runs in a process of its own, so only the
//! models that decide something are fitted, and only where a story needs them.

use std::sync::{Arc, OnceLock};

use hinan::config::Config;
use hinan::engine::Reference;

/// Town, stations and criteria, without models.
pub(crate) fn plain() -> &'static Reference {
    static REFERENCE: OnceLock<Reference> = OnceLock::new();
    REFERENCE.get_or_init(|| {
        let mut config = Config::defaults();
        config.models.enabled = false;
        hinan::town::load(&config).unwrap()
    })
}

/// The same with the models of the gauges that decide for a river. Advice is what it is with all models: the
/// others' forecasts are only shown.
pub(crate) fn reference() -> &'static Reference {
    static REFERENCE: OnceLock<Reference> = OnceLock::new();
    REFERENCE.get_or_init(|| {
        let history = hinan::town::history(&Config::defaults()).unwrap().unwrap();
        let mut deciding = (*plain().town).clone();
        let decides = |id: &String| {
            plain()
                .town
                .rivers
                .iter()
                .any(|river| river.gauges.contains(id))
        };
        deciding
            .gauges
            .retain(|gauge| decides(&gauge.id) && gauge.levels.known().next().is_some());
        let models = hinan::town::fit(&history, &deciding).unwrap();
        Reference {
            models: Some(Arc::new(models)),
            ..plain().clone()
        }
    })
}
