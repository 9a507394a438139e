//! What becomes of the plan of shelters for those who set out later, in lines for the page without script.

use jiff::{SignedDuration, Timestamp};

use super::shelters;
use crate::app::App;
use crate::clock::spoken;
use crate::recommend::refuge::{HazardPlan, HourPlan, Refuge};

/// How places are named.
struct Named<'n> {
    shelter: &'n dyn Fn(&str) -> String,
    district: &'n dyn Fn(&str) -> String,
}

/// The plan of each hazard now, and made again for the water of each later hour.
pub(super) fn lines(app: &App, refuge: &Refuge, as_of: Timestamp) -> Vec<String> {
    let named = Named {
        shelter: &|id: &str| shelters::name(app, id),
        district: &|id: &str| shelters::district(app, id),
    };
    refuge
        .plans
        .iter()
        .flat_map(|plan| of(plan, as_of, &named))
        .collect()
}

fn of(plan: &HazardPlan, as_of: Timestamp, named: &Named<'_>) -> Vec<String> {
    let hazard = plan.hazard.japanese();
    if let Some(why) = &plan.no_plan {
        return vec![format!("{hazard}: 割り当てを計算できません: {why}")];
    }
    let without = plan.people.saturating_sub(plan.placed);
    let now = format!(
        "{hazard}、いま出発した場合: 行き先のある人{}人、ない人{without}人(多く来た場合)",
        plan.placed
    );
    if plan.hours.is_empty() {
        let unknown = format!(
            "{hazard}、後で出発した場合: 計算していません。変わらないという意味ではありません"
        );
        return vec![now, unknown];
    }
    let later = plan.hours.iter().map(|hour| at(hazard, hour, as_of, named));
    std::iter::once(now).chain(later).collect()
}

/// One hour: who finds a place then, and what the water takes until then.
fn at(hazard: &str, hour: &HourPlan, as_of: Timestamp, named: &Named<'_>) -> String {
    let then = as_of + SignedDuration::from_hours(i64::from(hour.within_h));
    let without: u32 = hour
        .without_place
        .values()
        .fold(0_u32, |sum, people| sum.saturating_add(*people));
    let mut said = format!(
        "{hazard}、+{}時間({})に出発した場合: 行き先のある人{}人、ない人{without}人",
        hour.within_h,
        spoken(then),
        hour.placed
    );
    if without > 0 {
        let by_district: Vec<String> = hour
            .without_place
            .iter()
            .map(|(district, people)| format!("{} {people}人", (named.district)(district)))
            .collect();
        said.push_str(&format!("({})", by_district.join("、")));
    }
    for (what, places, name) in [
        ("浸水する避難所", &hour.wet, named.shelter),
        ("道が切れる地区", &hour.cut, named.district),
        (
            "水の及ぶ地区(浸水域を通る道は使えない)",
            &hour.reached,
            named.district,
        ),
    ] {
        said.push_str(&format!("。{what}: {}", names(places, name)));
    }
    for (district, to) in &hour.moved {
        said.push_str(&format!(
            "。{}の行き先が変わる: {}",
            (named.district)(district),
            names(to, named.shelter)
        ));
    }
    said
}

fn names(ids: &[String], name: &dyn Fn(&str) -> String) -> String {
    if ids.is_empty() {
        return "なし".to_owned();
    }
    let names: Vec<String> = ids.iter().map(|id| name(id)).collect();
    names.join("、")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use hinan_recommend::Hazard;

    use super::*;

    fn as_of() -> Timestamp {
        "2016-08-30T12:00:00Z".parse().expect("a time")
    }

    fn hour(within_h: u32) -> HourPlan {
        HourPlan {
            within_h,
            wet: Vec::new(),
            cut: Vec::new(),
            reached: Vec::new(),
            placed: 300,
            without_place: BTreeMap::new(),
            moved: BTreeMap::new(),
        }
    }

    fn told(plan: &HazardPlan) -> Vec<String> {
        let named = Named {
            shelter: &|id: &str| format!("避難所{id}"),
            district: &|id: &str| format!("地区{id}"),
        };
        of(plan, as_of(), &named)
    }

    fn plan(hours: Vec<HourPlan>) -> HazardPlan {
        HazardPlan {
            hazard: Hazard::Flood,
            districts: vec!["a".to_owned(), "b".to_owned()],
            people: 300,
            placed: 300,
            wet: vec!["s1".to_owned()],
            no_plan: None,
            hours,
        }
    }

    #[test]
    fn each_later_hour_is_told_with_its_time_and_what_the_water_takes() {
        let worst = HourPlan {
            wet: vec!["s1".to_owned()],
            cut: vec!["b".to_owned()],
            reached: vec!["a".to_owned(), "b".to_owned()],
            placed: 180,
            without_place: BTreeMap::from([("b".to_owned(), 120)]),
            moved: BTreeMap::from([
                ("a".to_owned(), vec!["s2".to_owned()]),
                ("b".to_owned(), Vec::new()),
            ]),
            ..hour(6)
        };
        let lines = told(&plan(vec![hour(1), hour(3), worst]));
        assert_eq!(lines.len(), 4, "now and three hours: {lines:?}");
        assert!(
            lines[0].contains("いま出発") && lines[0].contains("300人、ない人0人"),
            "{}",
            lines[0]
        );
        assert!(
            lines[1].contains("+1時間") && lines[1].contains("22:00"),
            "{}",
            lines[1]
        );
        assert!(lines[1].contains("浸水する避難所: なし"), "{}", lines[1]);
        let last = &lines[3];
        for part in [
            "+6時間",
            "行き先のある人180人、ない人120人(地区b 120人)",
            "浸水する避難所: 避難所s1",
            "道が切れる地区: 地区b",
            "水の及ぶ地区(浸水域を通る道は使えない): 地区a、地区b",
            "地区aの行き先が変わる: 避難所s2",
            "地区bの行き先が変わる: なし",
        ] {
            assert!(last.contains(part), "{part} is not in {last}");
        }
    }

    #[test]
    fn what_was_not_worked_out_is_no_calm() {
        let none = told(&plan(Vec::new()));
        assert_eq!(none.len(), 2);
        assert!(
            none[1].contains("変わらないという意味ではありません"),
            "{}",
            none[1]
        );
        let failed = HazardPlan {
            no_plan: Some("理由".to_owned()),
            ..plan(vec![hour(1)])
        };
        assert_eq!(told(&failed), ["洪水: 割り当てを計算できません: 理由"]);
    }
}
