//! What outcomes ask of the doubt.

/// How much wider or narrower the doubt is to be: factors of its lower and its upper side. Persistence that answers in a model's
/// place is stretched alike: water that surprises the one surprises the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Nudge {
    /// Where the water moves, and where the level may reach high water.
    pub(crate) moving: [f64; 2],
    /// Where it is quiet.
    pub(crate) quiet: [f64; 2],
}

impl Nudge {
    /// As it was taught.
    pub(crate) const NONE: Self = Self {
        moving: [1.0; 2],
        quiet: [1.0; 2],
    };
}
