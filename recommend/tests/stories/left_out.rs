//! Joso 2015: sixty households at the very place of the breach were in no order.

use std::collections::BTreeSet;

use hinan_recommend::{
    Advice, Hazard, LeftOut, Mark, Marks, OrderLevel, Orders, Policy, Town, UnitId, check_coverage,
    complement, recommend,
};

use super::made::{
    KURASHIKI, ask, exposure, gauge, japan, level, minutes, outlook, rising, town, unit,
};

fn eight_units() -> Town {
    let mut units: Vec<_> = (1..=8)
        .map(|n| unit(&format!("u{n}"), 500, vec![exposure("yakage", 300)]))
        .collect();
    units.push(unit("hill", 800, Vec::new()));
    let group = |name: &str, of: &[&str]| hinan_recommend::Group {
        name: name.to_owned(),
        name_en: name.to_owned(),
        units: of.iter().map(|id| UnitId::from(*id)).collect(),
    };
    let groups = vec![
        group("東小学校区", &["u1", "u2", "u3", "hill"]),
        group("西小学校区", &["u4", "u5", "u6", "u7", "u8"]),
    ];
    Town::new("常総", KURASHIKI, units, groups, Vec::new()).expect("a sound town")
}

#[test]
fn seven_of_eight_units_at_equal_risk_are_not_ordered_without_a_reason_for_the_eighth() {
    let town = eight_units();
    let now = japan("2015-09-10T10:00");
    let outlook = outlook(now, [("yakage", gauge(now, 5.8, 0.3))]);
    let (advice, memory) = ask(&town, &outlook);
    let seven: BTreeSet<UnitId> = (1..=7).map(|n| UnitId::new(format!("u{n}"))).collect();
    let ask = |selected: &BTreeSet<UnitId>, reason: Option<&str>| {
        let (hazard, level) = (Hazard::Flood, OrderLevel::EvacuationOrder);
        check_coverage(
            &town,
            &advice,
            &memory.examined(),
            selected,
            hazard,
            level,
            reason,
        )
    };
    let refused = ask(&seven, None).expect_err("blocked");
    assert_eq!(refused.0, [UnitId::from("u8")]);
    assert!(ask(&seven, Some("  ")).is_err(), "blanks are no reason");
    let kept = ask(&seven, Some("堤防の反対側で、現地を確認済み")).expect("a reason was given");
    assert_eq!(
        kept.at_risk().count(),
        1,
        "the audit keeps what was left out"
    );
    let mut eight = seven;
    eight.insert(UnitId::from("u8"));
    assert!(ask(&eight, None).is_ok());
}

#[test]
fn what_is_ordered_and_what_is_left_out_are_together_the_whole_town() {
    let town = eight_units();
    let now = japan("2015-09-10T10:00");
    let outlook = outlook(now, [("yakage", gauge(now, 5.8, 0.3))]);
    let (advice, memory) = ask(&town, &outlook);
    let draft = &advice.drafts[0];
    let left: BTreeSet<UnitId> = draft.complement.iter().map(|(id, _)| id.clone()).collect();
    assert!(left.iter().all(|unit| !draft.choice.chosen.contains(unit)));
    assert_eq!(left.len() + draft.choice.chosen.len(), town.units().len());
    let none = complement(
        &town,
        &advice,
        &memory.examined(),
        &BTreeSet::new(),
        Hazard::Flood,
        OrderLevel::EvacuationOrder,
    );
    let hill = none
        .iter()
        .find(|(id, _)| id.as_str() == "hill")
        .map(|(_, why)| why);
    assert_eq!(hill, Some(LeftOut::NotThreatened));
}

#[test]
fn many_small_names_become_one_bigger_name_and_its_price_is_told() {
    let town = eight_units();
    let now = japan("2015-09-10T10:00");
    let outlook = outlook(now, [("yakage", gauge(now, 5.8, 0.3))]);
    let (advice, _) = ask(&town, &outlook);
    let names = &advice.drafts[0].names;
    assert_eq!(names.len(), 2);
    assert_eq!(
        (names[0].name.as_str(), names[0].people_besides),
        ("西小学校区", 0)
    );
    assert_eq!(
        (names[1].name.as_str(), names[1].people_besides),
        ("東小学校区", 800)
    );
    assert_eq!(names[1].concerned.len(), 3, "the breakdown stays");
}

#[test]
fn a_unit_whose_gauge_says_nothing_is_named_as_unknown_and_never_as_safe() {
    let town = eight_units();
    let now = japan("2015-09-10T10:00");
    let (advice, memory) = ask(&town, &outlook(now, []));
    assert!(advice.units.is_empty(), "unknown never raises");
    assert_eq!(advice.unknown.len(), 8);
    let all = complement(
        &town,
        &advice,
        &memory.examined(),
        &BTreeSet::new(),
        Hazard::Flood,
        OrderLevel::EvacuationOrder,
    );
    assert_eq!(all.unknown().count(), 8);
}

/// How likely is likely enough for an order is said by units whose conditions hold. Where an order only stands from before, the same
/// chance elsewhere is no reason to ask for words.
#[test]
fn who_is_as_likely_needs_a_reason_while_the_grounds_of_the_order_hold() {
    let town = town(vec![
        unit("bank", 500, vec![exposure("yakage", 300)]),
        unit("other-bank", 500, vec![exposure("bridge", 300)]),
    ]);
    let at = |now, level_m| {
        let deciding = rising(now, level_m, 0.1, 1.0);
        // The same water, and no mark of it is published but the top of the levee.
        let mut other = deciding.clone();
        other.marks = Marks::new([(Mark::OverflowStart, 8.0)]);
        outlook(now, [("yakage", deciding), ("bridge", other)])
    };
    let left_out = |advice: &Advice| {
        let mut drafts = advice.drafts.iter();
        let order = drafts.find(|draft| draft.level == OrderLevel::EvacuationOrder);
        let order = order.expect("an order is advised");
        let mut all = order.complement.iter();
        let found = all.find(|(id, _)| id.as_str() == "other-bank");
        found.map(|(_, why)| why)
    };
    let now = japan("2015-09-10T10:00");
    let (advice, memory) = ask(&town, &at(now, 5.6));
    assert!(level(&advice, "other-bank") < Some(OrderLevel::EvacuationOrder));
    assert_eq!(left_out(&advice), Some(LeftOut::AsLikely));
    // The danger level is not reached any more; the order stands until somebody decides.
    let (policy, later) = (Policy::national(), minutes(now, 60));
    let (stands, after) = recommend(&town, &at(later, 5.2), &policy, &Orders::none(), &memory);
    let of_bank = stands.units.get(&UnitId::from("bank"), Hazard::Flood);
    let of_bank = of_bank.expect("it stands");
    assert_eq!(of_bank.level, OrderLevel::EvacuationOrder);
    assert!(!of_bank.holds_at(later), "its grounds are gone");
    assert_eq!(left_out(&stands), Some(LeftOut::Less));
    let bank = BTreeSet::from([UnitId::from("bank")]);
    let (hazard, order) = (Hazard::Flood, OrderLevel::EvacuationOrder);
    let ask = |advice, examined: &_| {
        check_coverage(&town, advice, examined, &bank, hazard, order, None).is_ok()
    };
    assert!(!ask(&advice, &memory.examined()));
    assert!(ask(&stands, &after.examined()));
}
