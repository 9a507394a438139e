//! What is in force already: nothing twice, nothing lower unsaid, and no end of what does not hold.

use std::collections::BTreeSet;

use super::{Finding, Subject, Surroundings, blocking, warning};
use crate::facts::{Facts, Kind};

pub(super) fn check(subject: &Subject<'_>, around: &Surroundings<'_>, found: &mut Vec<Finding>) {
    let facts = subject.facts;
    if around.live.iter().any(|live| live.id == facts.id) {
        blocking(
            found,
            "id_in_use",
            format!("識別子 {} はすでに使われています", facts.id),
            format!("the identifier {} is in use", facts.id),
        );
    }
    if facts.kind == Kind::Issue {
        issue(subject, around, found);
    } else {
        end(facts, found);
    }
}

fn issue(subject: &Subject<'_>, around: &Surroundings<'_>, found: &mut Vec<Finding>) {
    let facts = subject.facts;
    let own = ids(facts);
    for live in around
        .live
        .iter()
        .copied()
        .filter(|live| live.hazard == facts.hazard && live.river == facts.river)
    {
        let theirs = ids(live);
        if says_the_same(live, facts) && live.id != facts.id {
            // An order in force is renewed before it ends, even when nothing new was observed: then the new one names it.
            if facts.replaces.iter().any(|r| r.id == live.id) {
                warning(
                    found,
                    "renews",
                    format!(
                        "同じ内容が発令中です({})。この発表は、その延長になります",
                        live.id
                    ),
                    format!("the same is in force ({}); this notice renews it", live.id),
                );
            } else {
                blocking(
                    found,
                    "already_live",
                    format!("同じ内容が発令中です({})", live.id),
                    format!("the same is in force already ({})", live.id),
                );
            }
        } else if facts.is_correction_of(&live.id) {
            // What was wrong may have been too much: two persons look at that.
            if !facts.replaces.iter().any(|r| r.id == live.id) {
                blocking(
                    found,
                    "chain_incomplete",
                    format!("訂正する発表 {} が、参照に入っていません", live.id),
                    format!("it corrects {} and does not reference it", live.id),
                );
            }
        } else if live.level > facts.level && !own.is_disjoint(&theirs) {
            blocking(
                found,
                "lower_than_live",
                format!(
                    "対象地区の一部に{}が発令中です。下げるには先に解除してください",
                    live.level
                ),
                format!(
                    "a higher level ({}) is in force for some of these areas; lift it first",
                    live.level.number()
                ),
            );
        } else if theirs.is_subset(&own) && !facts.replaces.iter().any(|r| r.id == live.id) {
            blocking(
                found,
                "chain_incomplete",
                format!(
                    "発令中の {} を置き換えるのに、参照に入っていません",
                    live.id
                ),
                format!(
                    "it covers {}, which is in force, and does not reference it",
                    live.id
                ),
            );
        }
    }
}

fn end(facts: &Facts, found: &mut Vec<Finding>) {
    if facts.replaces.is_empty() {
        blocking(
            found,
            "ends_nothing",
            "解除・取消の対象となる発令がありません".to_owned(),
            "there is no order that it would end".to_owned(),
        );
    }
    if facts.note.trim().is_empty() {
        blocking(
            found,
            "no_reason",
            "解除・取消には理由が必要です".to_owned(),
            "an end needs a reason".to_owned(),
        );
    }
}

fn ids(facts: &Facts) -> BTreeSet<&str> {
    facts.districts.iter().map(|d| d.id.as_str()).collect()
}

fn says_the_same(a: &Facts, b: &Facts) -> bool {
    let shelters = |facts: &Facts| -> BTreeSet<String> {
        facts.shelters.iter().map(|s| s.id.clone()).collect()
    };
    a.kind == b.kind
        && a.level == b.level
        && a.ground == b.ground
        && a.note == b.note
        && ids(a) == ids(b)
        && shelters(a) == shelters(b)
}

#[cfg(test)]
mod tests {
    use super::super::Severity::{Blocks, Warns};
    use super::super::tests::{around, codes, found, order, replacing};
    use super::*;
    use crate::level::OrderLevel;

    #[test]
    fn the_same_content_is_not_sent_beside_itself_and_a_renewal_is_told() {
        let live = order("one");
        let around = || Surroundings {
            live: vec![&live],
            ..around()
        };
        let renewal = replacing("two", &live);
        assert_eq!(codes(&found(&renewal, &around()), Warns), ["renews"]);
        let mut again = renewal.clone();
        again.replaces.clear();
        assert_eq!(codes(&found(&again, &around()), Blocks), ["already_live"]);
        let mut news = renewal;
        news.ground = "札内川の水位は4.00 mです。".to_owned();
        assert!(found(&news, &around()).is_empty());
    }

    #[test]
    fn a_lower_level_and_a_chain_with_a_hole_are_refused() {
        let live = order("one");
        let around = || Surroundings {
            live: vec![&live],
            ..around()
        };
        let mut lower = replacing("two", &live);
        lower.level = OrderLevel::ElderlyEvacuation;
        assert!(codes(&found(&lower, &around()), Blocks).contains(&"lower_than_live"));
        let mut raised = replacing("two", &live);
        raised.level = OrderLevel::EmergencySafety;
        raised.shelters.clear();
        raised.replaces.clear();
        assert_eq!(
            codes(&found(&raised, &around()), Blocks),
            ["chain_incomplete"]
        );
    }

    #[test]
    fn a_correction_may_lower_and_leave_out_but_names_what_it_corrects() {
        use crate::facts::Correction;
        let live = order("one");
        let around = || Surroundings {
            live: vec![&live],
            ..around()
        };
        let mut lower = replacing("two", &live);
        lower.level = OrderLevel::ElderlyEvacuation;
        let wrong = lower.districts.pop();
        lower.corrects = Some(Correction {
            notice: live.id.clone(),
            left_out: wrong.into_iter().collect(),
        });
        let findings = found(&lower, &around());
        let blocks = codes(&findings, Blocks);
        assert!(
            !blocks.contains(&"lower_than_live") && !blocks.contains(&"chain_incomplete"),
            "{blocks:?}"
        );
        lower.replaces.clear();
        assert!(codes(&found(&lower, &around()), Blocks).contains(&"chain_incomplete"));
    }

    #[test]
    fn an_end_needs_what_it_ends_and_why() {
        let mut lift = replacing("two", &order("one"));
        lift.kind = Kind::Lift;
        lift.shelters.clear();
        lift.note = "水位が下がった".to_owned();
        assert!(codes(&found(&lift, &around()), Blocks).is_empty());
        lift.replaces.clear();
        lift.note.clear();
        assert_eq!(
            codes(&found(&lift, &around()), Blocks),
            ["ends_nothing", "no_reason"]
        );
    }
}
