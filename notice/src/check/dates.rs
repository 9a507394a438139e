//! Impossible and stale dates: an order of six weeks ago that leaves when a queue comes back harms more than none.

use jiff::SignedDuration;

use super::{Finding, Subject, Surroundings, blocking, warning};
use crate::facts::Kind;
use crate::when::spoken;

/// A text this old was written for another hour.
const STALE_AFTER: SignedDuration = SignedDuration::from_hours(3);
/// Clocks differ by this much.
const AHEAD_MAX: SignedDuration = SignedDuration::from_mins(5);
/// Orders end or are renewed; an end is shown for three days.
const LIFE_MAX: SignedDuration = SignedDuration::from_hours(72);
const GROUND_OLD: SignedDuration = SignedDuration::from_hours(3);
const GROUND_STALE: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn check(subject: &Subject<'_>, around: &Surroundings<'_>, found: &mut Vec<Finding>) {
    let (facts, now) = (subject.facts, subject.now);
    let (sent, expires) = (facts.sent, facts.expires);
    if sent.duration_since(now) > AHEAD_MAX {
        blocking(
            found,
            "sent_in_future",
            format!("発表時刻 {} はまだ来ていません", spoken(sent)),
            format!("the time of the notice, {sent}, has not come"),
        );
    }
    if now.duration_since(sent) > STALE_AFTER {
        blocking(
            found,
            "stale",
            format!(
                "{}の文面です。古い文面は送れません。新しい文面を作ってください",
                spoken(sent)
            ),
            format!("the text is of {sent}; an old text cannot leave, prepare a new one"),
        );
    }
    if expires <= sent {
        blocking(
            found,
            "ends_before_it_begins",
            format!("失効時刻 {} が発表時刻より前です", spoken(expires)),
            format!("it would end at {expires}, before it begins"),
        );
    } else if expires <= now {
        blocking(
            found,
            "expired",
            format!("失効時刻 {} を過ぎています", spoken(expires)),
            format!("it ended at {expires}"),
        );
    }
    if expires.duration_since(sent) > LIFE_MAX {
        blocking(
            found,
            "lives_too_long",
            format!("有効期間が{}時間を超えています", LIFE_MAX.as_hours()),
            format!("it would hold for more than {} hours", LIFE_MAX.as_hours()),
        );
    }
    for reference in &facts.replaces {
        if reference.id == facts.id {
            blocking(
                found,
                "replaces_itself",
                "自分自身を置き換えることはできません".to_owned(),
                "a notice cannot replace itself".to_owned(),
            );
        } else if reference.sent > sent {
            blocking(
                found,
                "replaces_a_later_one",
                format!(
                    "あとから出た発表 {} を置き換えようとしています",
                    reference.id
                ),
                format!("it would replace {}, which was sent after it", reference.id),
            );
        }
    }
    if facts.kind != Kind::Issue {
        return;
    }
    let Some(observed_at) = around.observed_at else {
        return;
    };
    let age = now.duration_since(observed_at);
    if age < -AHEAD_MAX {
        blocking(
            found,
            "observed_in_future",
            format!("根拠の観測時刻 {} はまだ来ていません", spoken(observed_at)),
            format!("it rests on an observation of {observed_at}, which has not come"),
        );
    } else if age > GROUND_STALE {
        warning(
            found,
            "ground_is_stale",
            format!(
                "根拠の観測は{}時間前のものです。新しい状況を確かめてください",
                age.as_hours()
            ),
            format!("it rests on an observation of {} hours ago", age.as_hours()),
        );
    } else if age > GROUND_OLD {
        warning(
            found,
            "ground_is_old",
            format!("根拠の観測は{}時間前のものです", age.as_hours()),
            format!("it rests on an observation of {} hours ago", age.as_hours()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::Severity::{Blocks, Warns};
    use super::super::tests::{around, codes, found, found_at, order, replacing};
    use super::*;

    #[test]
    fn a_text_that_waited_is_refused_whatever_it_says() {
        let facts = order("one");
        let later = |hours| {
            found_at(
                &facts,
                &around(),
                facts.sent + SignedDuration::from_hours(hours),
            )
        };
        assert!(codes(&later(2), Blocks).is_empty());
        assert_eq!(codes(&later(4), Blocks), ["stale"]);
        assert_eq!(codes(&later(24 * 42), Blocks), ["stale", "expired"]);
        let early = found_at(&facts, &around(), facts.sent - SignedDuration::from_mins(6));
        assert_eq!(codes(&early, Blocks), ["sent_in_future"]);
    }

    #[test]
    fn impossible_ends_and_chains_are_refused() {
        let mut facts = order("one");
        facts.expires = facts.sent;
        assert_eq!(
            codes(&found(&facts, &around()), Blocks),
            ["ends_before_it_begins"]
        );
        facts.expires = facts.sent + SignedDuration::from_hours(73);
        assert_eq!(codes(&found(&facts, &around()), Blocks), ["lives_too_long"]);
        let first = order("one");
        let mut second = replacing("two", &first);
        second.sent = first.sent - SignedDuration::from_mins(1);
        assert!(codes(&found(&second, &around()), Blocks).contains(&"replaces_a_later_one"));
        let mut own = replacing("two", &first);
        own.id = first.id.clone();
        assert!(codes(&found(&own, &around()), Blocks).contains(&"replaces_itself"));
    }

    #[test]
    fn an_old_observation_is_told_and_an_impossible_one_refused() {
        let facts = order("one");
        let with = |hours: i64| {
            let mut around = around();
            around.observed_at = Some(facts.sent - SignedDuration::from_hours(hours));
            found(&facts, &around)
        };
        assert!(with(1).is_empty());
        assert_eq!(codes(&with(5), Warns), ["ground_is_old"]);
        // The gauge may be gone while people see the water: the officer decides.
        assert_eq!(codes(&with(25), Warns), ["ground_is_stale"]);
        assert_eq!(codes(&with(-1), Blocks), ["observed_in_future"]);
    }
}
