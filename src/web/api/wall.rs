//! GET /api/v1/wall: what the display of the room shows, read by everybody in it. Counts of people below five are not told there.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::caller::Caller;
use super::{Refused, shapes, situation};
use crate::web::router::Doors;
use crate::web::situation::{Known, deciding, ranked, view};

/// Gauges on the display.
const GAUGES_MAX: usize = 6;
/// Fewer people than this are somebody in particular.
const PEOPLE_MIN: u64 = 5;

/// The display.
pub(super) async fn show(State(doors): State<Doors>, _: Caller) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let picture = app.picture();
    let known = Known::of(app)?;
    let seen = situation::said(&view(app, &picture, &known));
    let ranked = ranked(&picture);
    let charts: Value = ranked
        .iter()
        .filter(|gauge| deciding(app, gauge))
        .take(1)
        .map(|gauge| shapes::chart(app, &picture, gauge))
        .collect();
    let gauges: Value = ranked
        .iter()
        .take(GAUGES_MAX)
        .map(|gauge| shapes::gauge(app, gauge, deciding(app, gauge)))
        .collect();
    let mut areas = situation::areas(app, &known);
    for area in areas.as_array_mut().into_iter().flatten() {
        for count in ["people", "people_in_zone"] {
            area[count] = told(area[count].as_u64());
        }
    }
    let in_force: BTreeMap<&str, u32> = known
        .live
        .iter()
        .flat_map(|notice| notice.content().facts().districts.iter())
        .filter_map(|district| {
            let found = app.town().district(&district.id)?;
            Some((found.id.as_str(), found.people))
        })
        .collect();
    let people: u64 = in_force.values().map(|people| u64::from(*people)).sum();
    let pulse = app.pulse();
    Ok(Json(json!({
        "as_of": seen["as_of"], "headline": seen["headline"], "areas": areas, "gauges": gauges, "charts": charts,
        "in_force": seen["in_force"], "people_in_force": told(Some(people)), "broken": seen["broken"],
        "undecided": pulse.map(|pulse| pulse.undecided), "waiting_for_second": pulse.map(|pulse| pulse.waiting_for_second),
    })))
}

/// A count of people, unless they are so few that they could be named.
fn told(people: Option<u64>) -> Value {
    people
        .filter(|people| *people == 0 || *people >= PEOPLE_MIN)
        .map_or(Value::Null, |people| json!(people))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_below_five_is_not_told_in_the_room() {
        assert_eq!(told(Some(4)), Value::Null);
        assert_eq!(told(Some(1)), Value::Null);
        assert_eq!(told(Some(0)), json!(0));
        assert_eq!(told(Some(5)), json!(5));
    }
}
