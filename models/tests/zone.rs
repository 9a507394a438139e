//! From the level of a river to the chance that a district is under water.
#![allow(clippy::unwrap_used)]

use hinan_models::{
    GaugeForecast, Label, LabelError, LabelledZone, LeadForecast, Method, Quantile, StagedZone,
    Tier, Zone,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{prop, prop_assert, proptest};

/// Leads of 1, 2, 3 and 6 h that rise from `now_m` by `rise_m` an hour, with half an interval of `half_m` an hour.
fn forecast(now_m: f64, rise_m: f64, half_m: f64) -> GaugeForecast {
    GaugeForecast {
        gauge: "g".to_owned(),
        as_of: Timestamp::UNIX_EPOCH,
        tier: Tier::Full,
        why_ja: String::new(),
        why_en: String::new(),
        upstream_missing: vec![],
        level_now_m: Some(now_m),
        level_now_at: Some(Timestamp::UNIX_EPOCH),
        rise_m_per_h: Some(rise_m),
        leads: [1_u32, 2, 3, 6]
            .map(|lead_h| {
                let hours = f64::from(lead_h);
                LeadForecast {
                    lead_h,
                    at: Timestamp::UNIX_EPOCH + SignedDuration::from_hours(i64::from(lead_h)),
                    method: Method::Model,
                    expected_m: now_m + rise_m * hours,
                    median_m: now_m + rise_m * hours,
                    quantiles: [
                        (0.05, -1.0),
                        (0.25, -0.4),
                        (0.5, 0.0),
                        (0.75, 0.4),
                        (0.95, 1.0),
                    ]
                    .map(|(p, off)| Quantile {
                        p,
                        level_m: now_m + (rise_m + off * half_m) * hours,
                    })
                    .to_vec(),
                    persistence_m: now_m,
                    rate_of_rise_m: now_m + rise_m * hours,
                    outside_training: false,
                    record: None,
                }
            })
            .to_vec(),
    }
}

fn staged() -> Zone {
    Zone::Staged(StagedZone {
        district: "川沿い".to_owned(),
        gauge: "g".to_owned(),
        level_m: 4.0,
        from_table: true,
    })
}

/// Water from about 4 m on, with a few exceptions on both sides.
fn labels() -> Vec<Label> {
    (0..60)
        .map(|i| {
            let peak_m = 2.0 + f64::from(i) * 4.0 / 60.0;
            let odd = i % 11 == 5;
            Label {
                peak_m,
                flooded: (peak_m > 4.0) != (odd && (3.5..4.5).contains(&peak_m)),
            }
        })
        .collect()
}

fn labelled() -> Zone {
    Zone::Labelled(LabelledZone::fit("川沿い", "g", &labels()).unwrap())
}

#[test]
fn a_district_of_the_table_is_as_likely_as_its_stage() {
    let forecast = forecast(3.0, 0.2, 0.1);
    let chance = staged().probability_within(&forecast, 6);
    assert!((chance - forecast.probability_within(6, 4.0)).abs() < 1e-12);
    let reached = staged().probability_within(&self::forecast(4.1, 0.0, 0.1), 1);
    assert!((reached - 1.0).abs() < 1e-12);
}

#[test]
fn labels_teach_where_the_water_begins_whichever_label_comes_first() {
    let zone = LabelledZone::fit("d", "g", &labels()).unwrap();
    assert!(
        zone.probability_at(2.5) < 0.15,
        "{}",
        zone.probability_at(2.5)
    );
    assert!(
        zone.probability_at(5.5) > 0.85,
        "{}",
        zone.probability_at(5.5)
    );
    let mut backwards = labels();
    backwards.reverse();
    let other = LabelledZone::fit("d", "g", &backwards).unwrap();
    assert!((zone.probability_at(4.0) - other.probability_at(4.0)).abs() < 1e-3);
}

#[test]
fn labels_that_a_level_parts_cleanly_give_no_step_of_infinite_height() {
    let clean: Vec<Label> = (0..20)
        .map(|i| Label {
            peak_m: f64::from(i),
            flooded: i >= 10,
        })
        .collect();
    let zone = LabelledZone::fit("d", "g", &clean).unwrap();
    let between = zone.probability_at(9.5);
    assert!((0.4..0.6).contains(&between), "{between}");
    assert!((0.02..0.5).contains(&zone.probability_at(8.0)));
}

#[test]
fn labels_that_teach_nothing_are_refused_with_the_reason() {
    let few = LabelledZone::fit("d", "g", &labels()[..20]).unwrap_err();
    assert!(
        matches!(
            few,
            LabelError::TooFew {
                flooded: 0,
                dry: 20,
                ..
            }
        ),
        "{few}"
    );
    let upside_down: Vec<Label> = labels()
        .into_iter()
        .map(|l| Label {
            flooded: !l.flooded,
            ..l
        })
        .collect();
    let error = LabelledZone::fit("d", "g", &upside_down).unwrap_err();
    assert!(
        error.to_string().contains("is it the right gauge?"),
        "{error}"
    );
    let mut broken = labels();
    broken[3].peak_m = f64::NAN;
    assert!(matches!(
        LabelledZone::fit("d", "g", &broken),
        Err(LabelError::Peak { .. })
    ));
}

#[test]
fn silence_is_neither_calm_nor_alarm() {
    let mut silent = forecast(3.0, 0.0, 0.1);
    silent.leads.clear();
    assert!(staged().probability_within(&silent, 6).is_nan());
    assert!(labelled().probability_within(&silent, 6).is_nan());
}

#[test]
fn each_way_has_its_card_and_says_what_it_does_not_know() {
    for zone in [staged(), labelled()] {
        let card = zone.card();
        assert_eq!(card.district, "川沿い");
        assert!(
            card.words
                .iter()
                .any(|w| w.ja.contains("堤防") && w.en.contains("levees"))
        );
    }
    assert_eq!((staged().card().labels, labelled().card().labels), (0, 60));
    assert!(
        staged().card().words[0]
            .en
            .contains("not checked against floods")
    );
}

proptest! {
    #[test]
    fn a_higher_river_is_never_less_dangerous_and_more_time_neither(
        now_m in 0.0..6.0_f64, rise_m in -0.5..0.5_f64, half_m in 0.01..0.5_f64,
        higher_m in 0.0..2.0_f64, lead in prop::sample::select(vec![1_u32, 2, 3]),
    ) {
        for zone in [staged(), labelled()] {
            let low = zone.probability_within(&forecast(now_m, rise_m, half_m), lead);
            let high = zone.probability_within(&forecast(now_m + higher_m, rise_m, half_m), lead);
            let later = zone.probability_within(&forecast(now_m, rise_m, half_m), 6);
            prop_assert!((0.0..=1.0).contains(&low));
            prop_assert!(high >= low - 1e-9, "{low} then {high}");
            prop_assert!(later >= low - 1e-12, "{low} then {later}");
        }
    }
}
