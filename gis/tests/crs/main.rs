//! Every coordinate system against PROJ: the figures were computed by PROJ 9.5.1 with `tests/oracle/crs_by_proj.py`, and are
//! computed again where the machine has pyproj.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../peers/python.rs"]
mod python;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use geo::Coord;
use hinan_gis::crs::{Crs, Projector};
use hinan_gis::projection::distance_m;

/// One centimetre.
const FAR_M: f64 = 0.01;

#[test]
fn every_system_agrees_with_proj_within_a_centimetre_there_and_back() {
    let mut worst: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    let mut reader = csv::Reader::from_reader(&include_bytes!("proj.csv")[..]);
    for row in reader.records() {
        let row = row.unwrap();
        let number = |n: usize| row[n].parse::<f64>().unwrap();
        let epsg: u32 = row[0].parse().unwrap();
        let projector = Projector::new(Crs::from_epsg(epsg).unwrap()).unwrap();
        let (degrees, metres) = (
            Coord {
                x: number(1),
                y: number(2),
            },
            Coord {
                x: number(3),
                y: number(4),
            },
        );
        let there = projector.from_degrees(degrees).unwrap();
        let there_m = (there.x - metres.x).hypot(there.y - metres.y);
        let back = projector.to_degrees(metres).unwrap();
        let back_m = distance_m(back.into(), degrees.into());
        let known = worst.entry(epsg).or_default();
        *known = (known.0.max(there_m), known.1.max(back_m));
        assert!(
            there_m <= FAR_M && back_m <= FAR_M,
            "EPSG:{epsg} {degrees:?}: {there_m} m there, {back_m} m back"
        );
    }
    assert_eq!(
        worst.len(),
        19 * 2 + 5 * 3,
        "nineteen zones on two datums, five UTM zones on three"
    );
    let largest = worst
        .values()
        .fold((0.0_f64, 0.0_f64), |a, b| (a.0.max(b.0), a.1.max(b.1)));
    println!(
        "{} systems, largest difference to PROJ {:.2e} m there, {:.2e} m back",
        worst.len(),
        largest.0,
        largest.1
    );
}

#[test]
fn places_drawn_anew_agree_with_the_proj_of_this_machine() {
    let Some(python) = python::with("import pyproj") else {
        println!("skipped: no pyproj (name a Python that has it in HINAN_PYTHON)");
        return;
    };
    // A sequence without chance that fills the zone evenly.
    let golden = 0.618_033_988_749_894_9_f64;
    let places: Vec<(u32, Coord<f64>)> = (6669..=6692)
        .chain(32651..=32655)
        .flat_map(|epsg| {
            let middle = Projector::new(Crs::from_epsg(epsg).unwrap()).unwrap();
            let is_utm = epsg > 6687;
            let origin = middle
                .to_degrees(if is_utm {
                    Coord {
                        x: 500_000.0,
                        y: 3_900_000.0,
                    }
                } else {
                    Coord { x: 0.0, y: 0.0 }
                })
                .unwrap();
            (0..40).map(move |n| {
                let (a, b) = (
                    (f64::from(n) * golden).fract() - 0.5,
                    f64::from(n) / 40.0 - 0.5,
                );
                (
                    epsg,
                    Coord {
                        x: origin.x + 3.0 * a,
                        y: origin.y + 4.0 * b,
                    },
                )
            })
        })
        .collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/crs_by_proj.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut asked = String::new();
    for (epsg, at) in &places {
        asked.push_str(&format!("{epsg} {} {}\n", at.x, at.y));
    }
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(asked.as_bytes()));
    let answer = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let answer = String::from_utf8(answer.stdout).unwrap();
    assert_eq!(answer.lines().count(), places.len());
    let mut largest = 0.0_f64;
    for ((epsg, at), line) in places.iter().zip(answer.lines()) {
        let (east, north) = line.split_once(' ').unwrap();
        let expected = Coord {
            x: east.parse::<f64>().unwrap(),
            y: north.parse::<f64>().unwrap(),
        };
        let found = Projector::new(Crs::from_epsg(*epsg).unwrap())
            .unwrap()
            .from_degrees(*at)
            .unwrap();
        largest = largest.max((found.x - expected.x).hypot(found.y - expected.y));
        assert!(
            largest <= FAR_M,
            "EPSG:{epsg} {at:?}: {found:?} {expected:?}"
        );
    }
    println!(
        "{} places, largest difference to PROJ {largest:.2e} m",
        places.len()
    );
}
