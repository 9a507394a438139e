//! 判断できない地区: districts that something threatens and of which nothing is known. They are named wherever calm could be read from
//! their absence.

use hinan_recommend::Kind;

use crate::app::App;

/// One of them.
pub(super) struct Unknown {
    /// District id.
    pub(super) id: String,
    /// Japanese name.
    pub(super) name: String,
    /// What threatens it.
    pub(super) kind: Kind,
}

/// All of them at the moment of the picture, in the town's order, each kind of threat once.
pub(super) fn districts(app: &App) -> Vec<Unknown> {
    let picture = app.picture();
    let core = &app.reference.core;
    let mut found: Vec<(usize, Unknown)> = picture
        .advice
        .core
        .unknown
        .iter()
        .filter_map(|(unit, kind)| {
            let place = core.place(unit.as_str())?;
            let district = app.town().districts.get(place)?;
            let unknown = Unknown {
                id: district.id.clone(),
                name: district.name.clone(),
                kind: *kind,
            };
            Some((place, unknown))
        })
        .collect();
    found.sort_by_key(|(place, of)| (*place, of.kind));
    found.dedup_by_key(|(place, of)| (*place, of.kind));
    found.into_iter().map(|(_, of)| of).collect()
}

/// Their names, each once.
pub(super) fn names(app: &App) -> Vec<String> {
    let mut names: Vec<String> = districts(app).into_iter().map(|of| of.name).collect();
    names.dedup();
    names
}

/// The same in one sentence; nothing where there is none.
pub(super) fn sentence(app: &App) -> Option<String> {
    let names = names(app);
    (!names.is_empty()).then(|| {
        format!(
            "判断できない地区 {}: {}。水位などの情報がありません。安全という意味ではありません",
            names.len(),
            names.join("、")
        )
    })
}
