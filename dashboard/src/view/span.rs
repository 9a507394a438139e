use jiff::Timestamp;

/// A moment that is not known exactly: from the early to the late end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The early end.
    pub from: Timestamp,
    /// The late end, not before `from`; `None` when it may also never come.
    pub to: Option<Timestamp>,
}
