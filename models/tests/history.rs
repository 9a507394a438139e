//! Reading levels: what is accepted, and what the refusal says.
#![allow(clippy::unwrap_used)]

use hinan_models::{History, HistoryError};
use jiff::Timestamp;
use ndarray::{Array2, array};
use proptest::prelude::{prop, prop_assert_eq, prop_assume, proptest};

const HEAD: &str = "time,level_m_a,rain_mm,level_m_b\n";

fn read(lines: &str) -> Result<History, HistoryError> {
    History::from_csv(format!("{HEAD}{lines}").as_bytes(), "level_m_")
}

fn refusal(lines: &str) -> String {
    read(lines).unwrap_err().to_string()
}

fn time(written: &str) -> Timestamp {
    written.parse().unwrap()
}

#[test]
fn columns_with_the_prefix_are_gauges_and_empty_cells_are_missing() {
    let history =
        read("2016-08-01T00:00:00Z,1.5,9,\n2016-08-01T01:00:00Z,,9,2.5\n2016-08-01T03:00:00Z,1.7,9,2.7\n").unwrap();
    assert_eq!(history.gauges(), ["a", "b"]);
    assert_eq!((history.len(), history.step_s()), (4, 3600));
    assert_eq!(history.level(0, 0), Some(1.5));
    assert_eq!((history.level(0, 1), history.level(1, 0)), (None, None));
    assert_eq!(history.level(2, 1), None, "the hour that is left out");
    assert_eq!(history.end(), time("2016-08-01T03:00:00Z"));
}

#[test]
fn a_longer_step_keeps_the_rows_at_its_whole_multiples() {
    let quarters = Array2::from_shape_fn((9, 1), |(row, _)| f64::from(u8::try_from(row).unwrap()));
    let from = |start: &str, step_s| {
        History::new(time(start), step_s, vec!["a".to_owned()], quarters.clone()).unwrap()
    };
    let hours = from("2016-08-01T00:30:00Z", 900).every(3600).unwrap();
    assert_eq!(
        (hours.start(), hours.step_s(), hours.len()),
        (time("2016-08-01T01:00:00Z"), 3600, 2)
    );
    assert_eq!(
        (hours.level(0, 0), hours.level(1, 0)),
        (Some(2.0), Some(6.0))
    );
    let none = from("2016-08-01T00:15:00Z", 900).every(86_400).unwrap();
    assert!(none.is_empty(), "no midnight among the rows");
    // Not a multiple, too long, and rows that never lie on a full hour.
    for (history, step_s) in [
        (from("2016-08-01T00:00:00Z", 900), 1000),
        (from("2016-08-01T00:00:00Z", 900), 172_800),
        (from("2016-08-01T00:07:00Z", 900), 3600),
    ] {
        assert!(history.every(step_s).is_none(), "{step_s} s");
    }
}

#[test]
fn a_refusal_names_line_and_column() {
    let first = "2016-08-01T00:00:00Z,1.5,9,\n";
    let twice = refusal(&format!("{first}{first}"));
    assert!(
        twice.starts_with("line 3, column `time`: `2016-08-01T00:00:00Z` stands twice"),
        "{twice}"
    );
    let back = refusal(&format!("{first}2016-07-01T00:00:00Z,1,9,1\n"));
    assert!(
        back.starts_with("line 3, column `time`") && back.contains("earlier"),
        "{back}"
    );
    let junk = refusal(&format!("{first}2016-08-01T01:00:00Z,1.5,9,high\n"));
    assert!(
        junk.starts_with("line 3, column `level_m_b`: `high` is not a level"),
        "{junk}"
    );
    for level in ["NaN", "inf", "-inf", "1e9"] {
        let found = refusal(&format!("{first}2016-08-01T01:00:00Z,{level},9,\n"));
        assert!(found.contains("column `level_m_a`"), "{found}");
    }
    assert!(refusal("yesterday,1,2,3\n").contains("is not a time"));
    assert!(refusal("2016-08-01T09:00:00+09:00,1,2,3\n").contains("only UTC"));
    let off = refusal(&format!(
        "{first}2016-08-01T01:00:00Z,1,,\n2016-08-01T02:30:00Z,1,,\n"
    ));
    assert!(
        off.starts_with("line 4, column `time`") && off.contains("off the grid"),
        "{off}"
    );
    let short = refusal("2016-08-01T00:00:00Z,1.5\n");
    assert!(short.starts_with("line 2"), "{short}");
}

#[test]
fn a_table_without_time_gauges_or_two_lines_is_refused() {
    let of = |text: &str| {
        History::from_csv(text.as_bytes(), "level_m_")
            .unwrap_err()
            .to_string()
    };
    assert!(of("when,level_m_a\n").contains("the first column must be `time`"));
    assert!(of("time,rain_mm\n").contains("no column begins with `level_m_`"));
    assert!(of("time,level_m_a\n2016-08-01T00:00:00Z,1\n").contains("at least two lines"));
    assert!(of("").contains("the first column must be `time`"));
}

#[test]
fn a_gap_that_would_fill_the_memory_is_refused() {
    let far =
        refusal("2016-08-01T00:00:00Z,1,,\n2016-08-01T00:00:01Z,1,,\n2026-08-01T00:00:00Z,1,,\n");
    assert!(far.contains("at most 2000000 are accepted"), "{far}");
}

#[test]
fn new_refuses_what_no_gauge_can_report() {
    let start = time("2016-08-01T00:00:00Z");
    let new = |step_s, gauges: &[&str], levels: Array2<f64>| {
        History::new(
            start,
            step_s,
            gauges.iter().map(|g| (*g).to_owned()).collect(),
            levels,
        )
    };
    assert!(new(3600, &["a"], array![[1.0], [f64::NAN]]).is_ok());
    assert!(matches!(
        new(3600, &["a"], array![[f64::INFINITY]]),
        Err(HistoryError::Level { row: 0, .. })
    ));
    assert!(matches!(
        new(0, &["a"], array![[1.0]]),
        Err(HistoryError::Step { .. })
    ));
    assert!(matches!(
        new(60, &["a", "a"], array![[1.0, 2.0]]),
        Err(HistoryError::GaugeTwice { .. })
    ));
    assert!(matches!(
        new(60, &["a"], array![[1.0, 2.0]]),
        Err(HistoryError::Shape { .. })
    ));
    assert!(matches!(
        new(60, &[], Array2::zeros((1, 0))),
        Err(HistoryError::NoGauge(_))
    ));
    let last = History::new(
        Timestamp::MAX,
        60,
        vec!["a".to_owned()],
        array![[1.0], [2.0]],
    );
    assert!(matches!(last, Err(HistoryError::Calendar { .. })));
}

#[test]
fn rows_until_cuts_at_the_moment_asked_for() {
    let history =
        read("2016-08-01T00:00:00Z,1,,5\n2016-08-01T01:00:00Z,2,,6\n2016-08-01T02:00:00Z,3,,7\n")
            .unwrap();
    assert_eq!(history.rows_until(time("2016-08-01T01:59:59Z")).len(), 2);
    assert_eq!(history.rows_until(time("2016-08-01T01:00:00Z")).len(), 2);
    assert_eq!(history.rows_until(time("2020-01-01T00:00:00Z")).len(), 3);
    let none = history.rows_until(time("2016-07-31T23:59:59Z"));
    assert!(none.is_empty());
    assert_eq!(none.end(), time("2016-07-31T23:00:00Z"));
    assert_eq!(none.append(&history).unwrap().len(), 3);
}

#[test]
fn histories_join_with_the_missing_hours_between_whatever_the_order_of_gauges() {
    let early = read("2016-08-01T00:00:00Z,1,,5\n2016-08-01T01:00:00Z,2,,6\n").unwrap();
    let late = History::from_csv(
        "time,level_m_b,level_m_a\n2016-08-01T04:00:00Z,8,3\n2016-08-01T05:00:00Z,9,4\n".as_bytes(),
        "level_m_",
    )
    .unwrap();
    let joined = early.append(&late).unwrap();
    assert_eq!(joined.len(), 6);
    assert_eq!(
        (joined.level(3, 0), joined.level(4, 0), joined.level(4, 1)),
        (None, Some(3.0), Some(8.0))
    );
    let overlap = early.append(&early).unwrap_err().to_string();
    assert!(
        overlap.contains("this one ends 2016-08-01T01:00:00Z"),
        "{overlap}"
    );
}

proptest! {
    #[test]
    fn a_gauge_is_found_by_its_whole_name_however_alike_the_names_begin(
        // Few letters and two long beginnings, so that many names begin alike; a zero byte is a letter like others.
        names in prop::collection::btree_set("(level_m_of_gauge|g)?[ab\u{0}]{0,3}", 1..30), other in "(level_m_of_gauge|g)?[ab\u{0}]{0,3}",
    ) {
        let mut names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.chars().rev().collect::<String>()));
        prop_assume!(!names.is_empty());
        let table = Array2::zeros((1, names.len()));
        let history = History::new(Timestamp::UNIX_EPOCH, 3600, names.clone(), table).unwrap();
        for (column, name) in names.iter().enumerate() {
            prop_assert_eq!(history.gauge_index(name), Some(column));
        }
        let place = names.iter().position(|name| *name == other);
        prop_assert_eq!(history.gauge_index(&other), place);
    }
}
