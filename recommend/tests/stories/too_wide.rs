//! Hiroshima 2018: more than two million were ordered to leave, and three in a thousand went.

use super::made::{ask, exposure, gauge, japan, outlook, town, unit};

/// A made town like many: a flood plain where most homes are in the zone, and a big rim where few are.
#[test]
fn the_proposed_areas_hold_95_of_100_people_at_risk_and_at_most_one_and_a_half_times_their_number()
{
    let mut units = Vec::new();
    for n in 0..60u32 {
        let people = 200 + (n * 137) % 700;
        units.push(unit(
            &format!("plain{n:02}"),
            people,
            vec![exposure("yakage", people * (75 + n % 20) / 100)],
        ));
    }
    for n in 0..140u32 {
        let people = 300 + (n * 211) % 1200;
        units.push(unit(
            &format!("rim{n:03}"),
            people,
            vec![exposure("yakage", people / (60 + n % 40))],
        ));
    }
    let town = town(units);
    let now = japan("2018-07-06T19:40");
    let outlook = outlook(now, [("yakage", gauge(now, 5.8, 0.3))]);
    let (advice, _) = ask(&town, &outlook);
    let choice = &advice.drafts[0].choice;
    let held = f64::from(choice.at_risk) / f64::from(choice.at_risk_all);
    let times = f64::from(choice.people) / f64::from(choice.at_risk_all);
    println!(
        "{} of {} units hold {:.1} % of the people at risk with {times:.2} times their number; all units: {:.2} times",
        choice.chosen.len(),
        town.units().len(),
        held * 100.0,
        f64::from(choice.people_all) / f64::from(choice.at_risk_all)
    );
    assert!(held >= 0.95, "{held:.3}");
    assert!(times <= 1.5, "{times:.2}");
    assert!(!choice.beside.is_empty(), "the others are named beside it");
    let every = choice.chosen.len() + choice.beside.len();
    assert_eq!(every, town.units().len(), "and nobody is forgotten");
}
