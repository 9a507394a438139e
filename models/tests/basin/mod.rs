//! A small synthetic basin: two upstream gauges, and the target some hours below them. Seeded, so that every run
//! sees the same water.
#![allow(dead_code)]

use hinan_models::{Case, History, Mark};
use jiff::Timestamp;
use ndarray::Array2;

/// One flood: the hour its rain begins and how large it is, metres at the target.
pub(crate) type Storm = (u32, f64);

/// Six floods in four weeks, none higher than two metres.
pub(crate) const STORMS: [Storm; 6] = [
    (60, 1.2),
    (170, 0.7),
    (260, 1.9),
    (350, 1.0),
    (440, 1.6),
    (540, 0.8),
];

/// Gauges `north`, `south` and `bridge` (in this order), hourly, with a centimetre or so of noise.
pub(crate) fn basin(hours: u32, storms: &[Storm], seed: u64) -> History {
    let mut noise = Noise(seed);
    let levels: Vec<f64> = (0..hours)
        .flat_map(|hour| {
            let north = 50.0 + wave(storms, hour, 0.0, 0.7);
            let south = 30.0 + wave(storms, hour, 2.0, 0.5);
            let bridge = 10.0 + wave(storms, hour, 4.0, 0.6) + wave(storms, hour, 6.0, 0.4);
            [north, south, bridge]
        })
        .map(|level_m| level_m + 0.01 * noise.next())
        .collect();
    let table = Array2::from_shape_vec((hours as usize, 3), levels).expect("three gauges an hour");
    let gauges = ["north", "south", "bridge"].map(str::to_owned).to_vec();
    History::new(Timestamp::UNIX_EPOCH, 3600, gauges, table).expect("a sound history")
}

/// The bridge with both gauges above it.
pub(crate) fn bridge() -> Case {
    Case {
        target: "bridge".to_owned(),
        upstream: vec!["north".to_owned(), "south".to_owned()],
        marks: vec![Mark {
            name: "caution".to_owned(),
            level_m: 11.5,
        }],
        ..Case::default()
    }
}

/// The same readings with every one of `gauge` that `silent` picks taken out, and all shifted by `datum_m`.
pub(crate) fn changed(
    history: &History,
    datum_m: f64,
    silent: impl Fn(&str, usize) -> bool,
) -> History {
    let table =
        Array2::from_shape_fn(
            (history.len(), history.gauges().len()),
            |(row, gauge)| match history.level(row, gauge) {
                Some(level_m) if !silent(&history.gauges()[gauge], row) => level_m + datum_m,
                _ => f64::NAN,
            },
        );
    History::new(
        history.start(),
        history.step_s(),
        history.gauges().to_vec(),
        table,
    )
    .expect("a sound history")
}

/// The same readings with the columns in another order.
pub(crate) fn reordered(history: &History, order: &[usize]) -> History {
    let table = Array2::from_shape_fn((history.len(), order.len()), |(row, to)| {
        history.level(row, order[to]).unwrap_or(f64::NAN)
    });
    let gauges = order
        .iter()
        .map(|from| history.gauges()[*from].clone())
        .collect();
    History::new(history.start(), history.step_s(), gauges, table).expect("a sound history")
}

/// A steep rise and a slow fall after each storm, `delay_h` hours downstream of the rain.
fn wave(storms: &[Storm], hour: u32, delay_h: f64, share: f64) -> f64 {
    storms
        .iter()
        .map(|&(begins, size_m)| {
            let since = f64::from(hour) - f64::from(begins) - delay_h;
            if since <= 0.0 {
                0.0
            } else {
                share * size_m * (since / 6.0) * (1.0 - since / 6.0).exp()
            }
        })
        .sum()
}

/// Uniform between −1 and 1: the multiplicative generator of Lehmer, enough for gauge noise.
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    /// The next number.
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = (self.0.max(1) * 48_271) % 2_147_483_647;
        let whole = u32::try_from(self.0).expect("below 2^31");
        f64::from(whole) / 1_073_741_823.5 - 1.0
    }
}
