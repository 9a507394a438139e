//! Made-up towns of any size, the same for the same seed.
#![allow(missing_docs, dead_code, unreachable_pub)]

use hinan_recommend::Hazard;
use hinan_recommend::shelters::{Places, Shelter, State, UnitPeople, Way, Ways};
use std::collections::BTreeSet;

pub struct Town {
    pub units: Vec<UnitPeople>,
    pub shelters: Vec<Shelter>,
    pub ways: Ways,
    /// Metres, units × shelters.
    pub distance_m: Vec<f64>,
}

/// Chance, seeded.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// 0 to 1.
    pub fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        f64::from(u32::try_from(self.0 >> 32).expect("32 bits")) / f64::from(u32::MAX)
    }
}

/// A town on a square of 8 km: people crowd towards the middle, shelters are spread evenly, and one way in ten leads through
/// water. There are ways to the shelters within `reach_m`.
pub fn grid_town(
    units: usize,
    shelters: usize,
    places: u32,
    persons: u32,
    reach_m: f64,
    seed: u64,
) -> Town {
    const SIDE_M: f64 = 8_000.0;
    let mut dice = Dice::new(seed);
    let middle = |dice: &mut Dice| SIDE_M * (dice.next() + dice.next() + dice.next()) / 3.0;
    let unit_at: Vec<(f64, f64)> = (0..units)
        .map(|_| (middle(&mut dice), middle(&mut dice)))
        .collect();
    let shelter_at: Vec<(f64, f64)> = (0..shelters)
        .map(|_| (SIDE_M * dice.next(), SIDE_M * dice.next()))
        .collect();
    let persons_of = shares(persons, units, &mut dice);
    let places_of = shares(places, shelters, &mut dice);
    let mut ways = Ways::none(units, shelters).expect("towns of the tests are small");
    let mut distance_m = Vec::with_capacity(units * shelters);
    for (u, from) in unit_at.iter().enumerate() {
        for (s, to) in shelter_at.iter().enumerate() {
            let metres = (from.0 - to.0).hypot(from.1 - to.1);
            distance_m.push(metres);
            if metres <= reach_m {
                let water_m = if dice.next() < 0.1 {
                    whole(metres * 0.2)
                } else {
                    0
                };
                // 1.3 times the straight line at 0.8 m/s.
                ways.set(
                    u,
                    s,
                    Way {
                        walk_s: whole(metres * 1.3 / 0.8),
                        water_m,
                    },
                );
            }
        }
    }
    Town {
        units: persons_of
            .into_iter()
            .enumerate()
            .map(|(n, persons)| UnitPeople {
                id: format!("u{n:05}").as_str().into(),
                persons,
            })
            .collect(),
        shelters: places_of
            .into_iter()
            .enumerate()
            .map(|(n, places)| Shelter {
                id: format!("E{n:05}").as_str().into(),
                name: format!("避難所{n}"),
                designated_for: BTreeSet::from([Hazard::Flood]),
                inside: BTreeSet::new(),
                state: State::Open,
                opening_min: 30,
                places: Places::Own(places),
                occupied: 0,
            })
            .collect(),
        ways,
        distance_m,
    }
}

impl Town {
    /// How many come to each shelter when everybody goes to the nearest.
    pub fn everybody_to_the_nearest(&self) -> Vec<u32> {
        let mut come = vec![0; self.shelters.len()];
        for (unit, row) in self
            .units
            .iter()
            .zip(self.distance_m.chunks(self.shelters.len()))
        {
            let nearest = row.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
            come[nearest.expect("there are shelters").0] += unit.persons;
        }
        come
    }
}

/// So many in unequal parts of at least 1 that add up.
fn shares(all: u32, parts: usize, dice: &mut Dice) -> Vec<u32> {
    let weights: Vec<f64> = (0..parts)
        .map(|_| 0.2 + dice.next() * dice.next() * 3.0)
        .collect();
    let sum: f64 = weights.iter().sum();
    let mut shares: Vec<u32> = weights
        .iter()
        .map(|w| whole(f64::from(all) * w / sum).max(1))
        .collect();
    let mut n = 0;
    loop {
        let had: u32 = shares.iter().sum();
        if had == all {
            return shares;
        }
        if had < all {
            shares[n % parts] += 1;
        } else if shares[n % parts] > 1 {
            shares[n % parts] -= 1;
        }
        n += 1;
    }
}

fn whole(value: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "metres and seconds of a town"
    )]
    let whole = value as u32;
    whole
}
