//! Maps and curves: what is missing is said and not drawn.

use hinan_dashboard::page;
use hinan_dashboard::view::Situation;

use super::reading::{elements, read};
use crate::sample::Sample;

#[test]
fn a_drawing_says_what_is_missing_instead_of_drawing_it() {
    let sample = Sample::honest();
    let mut situation = sample.situation();
    for chart in &mut situation.charts {
        chart.observed.clear();
        chart.forecast.clear();
    }
    if let Some(map) = &mut situation.map {
        map.bounds.east_m = map.bounds.west_m;
    }
    let html = page::situation(&sample.frame(), &situation);
    assert!(html.contains("帯広の観測値も予測もまだ届いていません。"));
    assert!(html.contains("地図の範囲が設定されていません。"));
}

#[test]
fn the_legend_names_what_is_drawn_and_nothing_else() {
    let sample = Sample::honest();
    let mut situation = sample.situation();
    let legend = |situation: &Situation| {
        let html = page::situation(&sample.frame(), situation);
        let (_, after) = html.split_once("<ul class=\"legend\">").unwrap();
        after.split_once("</ul>").unwrap().0.to_owned()
    };
    let all = legend(&situation);
    assert!(all.contains("浸水深 3〜5 m") && all.contains("水位計(途絶)") && all.contains("河川"));
    assert!(!all.contains("浸水深 10〜20 m"));
    // The same map, looking at a far corner where nothing is.
    let map = situation.map.as_mut().unwrap();
    (map.bounds.west_m, map.bounds.east_m) = (90_000.0, 99_000.0);
    map.districts.clear();
    assert!(!legend(&situation).contains("<li>"));
}

#[test]
fn numbers_that_are_no_numbers_never_reach_a_drawing() {
    let sample = Sample::honest();
    let mut situation = sample.situation();
    let chart = &mut situation.charts[0];
    chart.observed[2].level_m = Some(f64::NAN);
    chart.observed[4].level_m = Some(f64::INFINITY);
    chart.forecast[1].high90_m = f64::NAN;
    chart.marks[0].level_m = f64::NEG_INFINITY;
    let map = situation.map.as_mut().unwrap();
    map.districts[0].rings[0][0] = [f64::NAN, f64::INFINITY];
    map.gauges[0].point = [f64::NAN, 0.0];
    let html = page::situation(&sample.frame(), &situation);
    read(&html, "situation", |document| {
        for svg in elements(document, "svg") {
            for node in svg.descendants() {
                for attribute in node
                    .attributes()
                    .filter(|attribute| attribute.name() != "aria-label")
                {
                    let value = attribute.value();
                    assert!(!value.contains("NaN") && !value.contains("inf"), "{value}");
                }
            }
        }
    });
}
