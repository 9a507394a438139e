//! What the record and the channels hold at the end of a town, held against what the test remembers.

use std::collections::{BTreeMap, BTreeSet};

use hinan::approve::facts::Kind;
use hinan::approve::notice::{Content, How};
use hinan::approve::rule::Needs;
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;
use hinan::store::audit::Chain;

use super::Remembered;
use super::clicks::wants_two;
use crate::hall::Hall;
use crate::taken;

/// What the record holds is exactly what was let out, and what reached the outside is exactly what was read.
pub(super) fn hold_against(hall: &Hall, known: &Remembered, realm: Realm) {
    let (notices, chain) = hall
        .app
        .store
        .read(|view| Ok((view.notices(10_000)?, view.verify_audit()?)))
        .unwrap();
    assert!(matches!(chain, Chain::Whole { .. }), "{chain:?}");
    let in_record: BTreeSet<String> = notices.iter().map(|n| n.id().to_string()).collect();
    let let_out: BTreeSet<String> = known.published.iter().cloned().collect();
    assert_eq!(in_record, let_out, "nothing else is a notice");
    let read: BTreeMap<String, &Content> = known
        .drafts
        .iter()
        .map(|draft| (draft.notice.id().to_string(), draft.notice.content()))
        .collect();
    for notice in &notices {
        let facts = notice.content().facts();
        assert_eq!(
            notice.content().document(),
            read[notice.id().as_str()].document(),
            "not what was read"
        );
        assert_eq!(
            facts.realm, realm,
            "a record of one realm holds notices of it only"
        );
        let word = format!("<status>{}</status>", realm.cap_status());
        assert!(String::from_utf8_lossy(notice.content().document()).contains(&word));
        if wants_two(known, facts) {
            assert_ne!(*notice.state().how(), How::One);
        }
    }
    for channel in hall.app.dispatch.channels() {
        let taken = hall
            .outside
            .get(channel)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let once: BTreeSet<&str> = taken.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(once.len(), taken.len(), "{channel:?} took something twice");
        assert_eq!(once.len(), let_out.len(), "{channel:?} took all of it");
        for (id, bytes) in taken {
            taken::holds(hall, channel, read[id.as_str()], bytes);
        }
    }
    let rules = hall.app.config.approve.rules();
    assert_eq!(
        rules.needs(Kind::Issue, OrderLevel::EvacuationOrder),
        Needs::Two
    );
}
