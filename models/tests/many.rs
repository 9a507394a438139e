//! Many models asked at one moment.
#![allow(clippy::unwrap_used)]

mod basin;

use basin::{STORMS, basin, bridge, changed};
use hinan_models::{Case, FittedFloodModel, FloodModel, GaugeForecast, Hyper, Tier, predict_each};
use jiff::SignedDuration;

fn fitted() -> Vec<FittedFloodModel> {
    let water = basin(640, &STORMS, 7);
    let alone = Case {
        upstream: Vec::new(),
        ..bridge()
    };
    let elsewhere = Case {
        target: "north".to_owned(),
        ..alone.clone()
    };
    let recipe = FloodModel::new(Hyper::default()).unwrap();
    [bridge(), alone, elsewhere]
        .iter()
        .map(|case| recipe.fit(&water, case).unwrap())
        .collect()
}

#[test]
fn each_of_many_says_what_it_says_alone_whatever_is_missing() {
    let fitted = fitted();
    let water = basin(640, &STORMS, 7);
    let silent = changed(&water, 0.0, |gauge, hour| {
        gauge == "south" || (gauge == "bridge" && hour > 264)
    });
    let lost = changed(&water, 0.0, |gauge, hour| gauge == "bridge" && hour > 200);
    let others = basin::reordered(&water, &[0, 1]);
    let at = water.time(266);
    let mut tiers = Vec::new();
    for water in [&water, &silent, &lost, &others] {
        for count in 0..8 {
            let models = || fitted.iter().cycle().take(count);
            let alone: Vec<GaugeForecast> =
                models().map(|model| model.predict(water, at)).collect();
            let each: Vec<GaugeForecast> = predict_each(models(), water, at).collect();
            assert_eq!(each, alone);
            tiers.extend(each.iter().map(|forecast| forecast.tier));
        }
    }
    for tier in [Tier::Full, Tier::UpstreamPartly, Tier::NoInformation] {
        assert!(tiers.contains(&tier), "{tier:?} was met");
    }
    let early = water.time(0) - SignedDuration::from_hours(9);
    assert!(
        predict_each(&fitted, &water, early).all(|forecast| forecast.tier == Tier::NoInformation)
    );
}
