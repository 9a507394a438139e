//! What may lie upstream is suggested from who moves first.
#![allow(clippy::unwrap_used)]

mod basin;

use basin::{STORMS, basin};
use hinan_models::suggest_upstream;

#[test]
fn the_gauges_that_move_first_are_suggested_and_a_gauge_below_is_not() {
    let water = basin(620, &STORMS, 7);
    let found = suggest_upstream(&water, "bridge");
    let names: Vec<&str> = found.iter().map(|s| s.gauge.as_str()).collect();
    assert_eq!(names.len(), 2, "{found:?}");
    assert!(names.contains(&"north") && names.contains(&"south"));
    for s in &found {
        assert!((1.0..=6.0).contains(&s.lag_h), "{s:?}");
    }
    let above = suggest_upstream(&water, "north");
    assert!(above.iter().all(|s| s.gauge != "bridge"), "{above:?}");
    assert!(suggest_upstream(&water, "nowhere").is_empty());
}
