//! The one helper of the templates: figures and moments in words, beside the present moment.

use jiff::Timestamp;

use crate::{figure, jst, markup::Markup, view::Span};

/// Names of districts beyond this many are folded away on the officers' pages.
const OPEN_NAMES: usize = 8;

/// How values are shown. Its methods borrow, because templates do.
#[derive(Clone, Copy)]
pub(crate) struct Show {
    now: Timestamp,
}

impl Show {
    /// Beside this present moment.
    pub(crate) fn beside(now: Timestamp) -> Self {
        Self { now }
    }

    /// As short as is clear: `21:04`, `31日(水) 02:30`.
    pub(crate) fn short(&self, at: &Timestamp) -> Markup {
        jst::short(*at, self.now)
    }

    /// `8月30日(火) 21:04`.
    pub(crate) fn day(&self, at: &Timestamp) -> Markup {
        jst::day_and_time(*at, self.now)
    }

    /// `2016年8月30日(火) 21:04`.
    pub(crate) fn full(&self, at: &Timestamp) -> Markup {
        jst::full(*at)
    }

    /// `12分前`.
    pub(crate) fn age(&self, at: &Timestamp) -> String {
        jst::age(*at, self.now)
    }

    /// `12分`, without direction.
    pub(crate) fn lasted(&self, since: &Timestamp) -> String {
        jst::duration(jst::minutes_between(*since, self.now).max(0))
    }

    /// `31日(水) 01:10〜02:40`.
    pub(crate) fn span(&self, span: &Span) -> Markup {
        jst::span(*span, self.now)
    }

    /// `あと2時間10分〜3時間40分`.
    pub(crate) fn left(&self, span: &Span) -> String {
        jst::left(*span, self.now)
    }

    /// Whether even the late end is not ahead.
    pub(crate) fn is_past(&self, span: &Span) -> bool {
        span.to.is_some_and(|to| to <= self.now)
    }

    /// Minutes as `1時間20分`.
    pub(crate) fn minutes(&self, minutes: &u32) -> String {
        jst::duration(i64::from(*minutes))
    }

    /// `36.06 m`.
    pub(crate) fn metres(&self, level_m: &f64) -> String {
        figure::metres(*level_m)
    }

    /// `+0.16 m/h`.
    pub(crate) fn rise(&self, m_per_h: &f64) -> String {
        figure::rise(*m_per_h)
    }

    /// `あと0.74 m`.
    pub(crate) fn margin(&self, margin_m: &f64) -> String {
        figure::margin(*margin_m)
    }

    /// `1.2 km`.
    pub(crate) fn distance(&self, straight_m: &f64) -> String {
        figure::distance(*straight_m)
    }

    /// `32,110`.
    pub(crate) fn count(&self, number: &u64) -> String {
        figure::count(*number)
    }

    /// The first few names, which stand open.
    pub(crate) fn first_of<'a>(&self, names: &'a [String]) -> &'a [String] {
        &names[..names.len().min(OPEN_NAMES)]
    }

    /// The other names, which are folded away but there; a fold for one or two would only cost a click.
    pub(crate) fn rest_of<'a>(&self, names: &'a [String]) -> &'a [String] {
        &names[names.len().min(OPEN_NAMES)..]
    }

    /// Names joined, all of them.
    pub(crate) fn all_of(&self, names: &[String]) -> String {
        names.join("、")
    }
}
