//! A rain forecast helps while what falls bears it out, and does no harm when it lies.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod basin;

use basin::{Noise, STORMS, Storm, basin};
use hinan_models::{
    Case, FittedFloodModel, FloodModel, Follower, GaugeLeadScore, History, Hyper, Tier, examine,
};
use jiff::Timestamp;
use ndarray::Array2;
use std::sync::OnceLock;

const LATER: [Storm; 12] = [
    (60, 1.2),
    (170, 0.7),
    (260, 1.9),
    (350, 1.0),
    (440, 1.6),
    (540, 0.8),
    (680, 1.5),
    (790, 1.1),
    (900, 1.7),
    (1010, 0.9),
    (1120, 1.4),
    (1230, 1.2),
];
/// From this row on the forecasts lie, for more than three weeks.
const LIES_FROM: usize = 640;
const HOURS: usize = 6;

/// Rain of an hour: eight millimetres for each metre of the storm, in the four hours in which it begins.
fn rain_mm(row: usize) -> f64 {
    let fell = LATER.iter().map(|&(begins, size_m)| {
        let since = i64::try_from(row).unwrap() - i64::from(begins);
        if (1..=4).contains(&since) {
            8.0 * size_m
        } else {
            0.0
        }
    });
    fell.sum()
}

/// The bridge, its rain, and a forecast of six hours that is told as `told` says.
fn water(rows: usize, seed: u64, told: impl Fn(usize, f64) -> f64) -> History {
    let storms = if rows > 700 { &LATER[..] } else { &STORMS[..] };
    let levels = basin(u32::try_from(rows).unwrap(), storms, seed);
    let table = Array2::from_shape_fn((rows, 2 + HOURS), |(row, column)| match column {
        0 => levels.level(row, 2).unwrap(),
        1 => rain_mm(row),
        hour => told(row, rain_mm(row + hour - 1)),
    });
    let mut names = vec!["bridge".to_owned(), "rain".to_owned()];
    names.extend((1..=HOURS).map(|hour| format!("rf_{hour}")));
    History::new(Timestamp::UNIX_EPOCH, 3600, names, table).unwrap()
}

fn case(with_forecast: bool) -> Case {
    let hours = if with_forecast { HOURS } else { 0 };
    Case {
        target: "bridge".to_owned(),
        rain: vec!["rain".to_owned()],
        rain_forecast: (1..=hours).map(|hour| format!("rf_{hour}")).collect(),
        ..Case::default()
    }
}

/// Taught by four weeks of forecasts that were always right.
fn taught(with_forecast: bool) -> &'static FittedFloodModel {
    static WITH: OnceLock<FittedFloodModel> = OnceLock::new();
    static WITHOUT: OnceLock<FittedFloodModel> = OnceLock::new();
    let model = if with_forecast { &WITH } else { &WITHOUT };
    model.get_or_init(|| {
        let recipe = FloodModel::new(Hyper::default()).unwrap();
        let history = water(620, 7, |_, mm| mm);
        recipe.fit(&history, &case(with_forecast)).unwrap()
    })
}

fn tried(
    model: &FittedFloodModel,
    with_forecast: bool,
    told: impl Fn(usize, f64) -> f64,
) -> Vec<GaugeLeadScore> {
    let recent = water(1340, 11, told);
    let test = recent.rows_between(recent.time(LIES_FROM), recent.end());
    let mut guarded = (model, Follower::new(model));
    let case = case(with_forecast);
    examine(&mut guarded, &recent, &test, &case, None)
        .unwrap()
        .scores()
}

#[test]
fn a_forecast_that_comes_true_is_worth_something_where_rain_makes_the_flood() {
    let with = tried(taught(true), true, |_, mm| mm);
    let without = tried(taught(false), false, |_, mm| mm);
    for (with, without) in with.iter().zip(&without) {
        println!(
            "{} h: skill {:.3} with, {:.3} without",
            with.lead_h, with.skill, without.skill
        );
    }
    assert!(with[3].skill > without[3].skill + 0.05);
}

#[test]
fn a_forecast_that_lies_for_weeks_is_never_worse_than_persistence() {
    let mut noise = Noise(5);
    let nonsense: Vec<f64> = (0..1340)
        .map(|_| {
            if noise.next() > 0.8 {
                15.0 + 15.0 * noise.next()
            } else {
                0.0
            }
        })
        .collect();
    type Told<'t> = Box<dyn Fn(usize, f64) -> f64 + 't>;
    let lies: [(&str, Told<'_>); 4] = [
        ("never rain", Box::new(|_, _| 0.0)),
        ("always 3 mm", Box::new(|_, _| 3.0)),
        ("nonsense", Box::new(|row, _| nonsense[row])),
        ("twenty times too much", Box::new(|_, mm| 20.0 * mm)),
    ];
    for (what, lie) in &lies {
        let told = |row: usize, mm: f64| {
            if row < LIES_FROM { mm } else { lie(row, mm) }
        };
        for score in tried(taught(true), true, told) {
            println!("{what}: {} h: skill {:.3}", score.lead_h, score.skill);
            assert!(
                score.skill >= -0.02,
                "{what}, {} h: {}",
                score.lead_h,
                score.skill
            );
        }
    }
}

#[test]
fn what_fell_decides_whether_a_forecast_is_believed_and_nothing_that_comes_later() {
    let model = taught(true);
    let honest = water(1340, 11, |_, mm| mm);
    let lying = water(1340, 11, |row, mm| if row < LIES_FROM { mm } else { 3.0 });
    // Ten hours into the lie 30 mm were told and nothing fell.
    let at = honest.time(LIES_FROM + 10);
    assert_eq!(model.predict(&honest, at).tier, Tier::Full);
    let said = model.predict(&lying, at);
    assert_eq!(said.tier, Tier::UpstreamPartly, "{}", said.why_en);
    assert!(said.why_en.contains("not borne out"), "{}", said.why_en);
    assert!(
        said.why_ja.contains("降った雨と合わない"),
        "{}",
        said.why_ja
    );
    // Before it is told anything wrong it believes; and what comes later changes nothing.
    let at = honest.time(LIES_FROM - 1);
    let (a, b) = (model.predict(&honest, at), model.predict(&lying, at));
    assert_eq!(a.leads, b.leads);
    // In the middle of a storm a forecast of nothing is found out within its hours.
    let never = water(1340, 11, |row, mm| if row < LIES_FROM { mm } else { 0.0 });
    let storm_h = 680;
    assert_eq!(model.predict(&never, never.time(storm_h)).tier, Tier::Full);
    let found = (1..=8).find(|h| {
        let at = never.time(storm_h + h);
        model.predict(&never, at).tier != Tier::Full
    });
    println!("found out {found:?} h after the rain began");
    assert!(found.is_some());
}
