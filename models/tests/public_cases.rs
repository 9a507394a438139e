//! Every case in `models/cases` reads the data it speaks of, where HINAN_SAMPLES names them.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use hinan_models::Basin;
use std::path::{Path, PathBuf};

/// Case, folder of its data, rows that teach and that examine, thresholds.
const CASES: [(&str, &str, [usize; 2], &[f64]); 8] = [
    (
        "dornbirnerach-at",
        "dornbirnerach-at",
        [52_608, 26_304],
        &[56.40],
    ),
    (
        "airgr-l0123003-fr",
        "airgr-l0123003-fr",
        [26_304, 8_760],
        &[313.37],
    ),
    (
        "fanno-creek-us",
        "fanno-creek-us",
        [61_368, 35_064],
        &[2.06],
    ),
    (
        "wangsukcheon-nakdong-kr",
        "wangsukcheon-nakdong-kr",
        [35_072, 17_520],
        &[1.0, 3.27],
    ),
    (
        "tokachi-2016-jp",
        "tokachi-2016-jp",
        [479, 192],
        &[6.21, 33.25],
    ),
    (
        "tokachi-typhoon10-jp",
        "tokachi-2016-jp",
        [671, 130],
        &[6.21, 33.25],
    ),
    (
        "kuji-naka-2026-jp",
        "kuji-naka-2026-jp",
        [1_089, 567],
        &[2.18],
    ),
    (
        "kuji-naka-2026-10min-jp",
        "kuji-naka-2026-jp",
        [3_168, 1_669],
        &[0.55],
    ),
];

fn samples() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("HINAN_SAMPLES")?).join("hydrology");
    folder.is_dir().then_some(folder)
}

#[test]
fn every_case_reads_its_data_with_its_split_and_its_threshold() {
    let Some(samples) = samples() else {
        println!("skipped: no samples");
        return;
    };
    for (case, folder, rows, thresholds) in CASES {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("cases/{case}.toml"));
        let basin = Basin::open_with(&samples.join(folder), &file)
            .unwrap_or_else(|why| panic!("{case}: {why}"));
        let test = basin.test().unwrap();
        println!(
            "{case}: {:?} {} {}",
            basin.grid,
            basin.train().len(),
            test.len()
        );
        assert_eq!([basin.train().len(), test.len()], rows, "{case}");
        let found: Vec<String> = basin
            .questions
            .iter()
            .map(|q| format!("{:.2}", q.threshold.unwrap()))
            .collect();
        let wanted: Vec<String> = thresholds.iter().map(|t| format!("{t:.2}")).collect();
        assert_eq!(found, wanted, "{case}");
    }
}
