//! Grounds and doubts in English, for officers who read the console in it. The Japanese sentence is what is recorded; where a
//! ground has no English here it stays Japanese and is marked as such.

use hinan_dashboard::view::Evidence;
use hinan_recommend::{Answer, Finding, JmaLevel, Mark, Product, ReportKind, Test, TestResult};

use super::lines;
use crate::app::App;
use crate::clock::spoken_en;
use crate::outlook::{Assumed, GaugeOutlook};
use crate::recommend::counter::Counter;
use crate::recommend::proposal::Proposal;

/// What speaks for a proposal, and what against it, each line in both languages.
pub(super) fn grounds(app: &App, proposal: &Proposal) -> (Vec<Evidence>, Vec<Evidence>) {
    let names = Names::of(app);
    let both = |mut line: Evidence, en: Option<String>| {
        line.en = en;
        line
    };
    let speaks_for = proposal.met.iter().map(|finding| {
        let line = lines::evidence(finding, proposal.as_of);
        both(line, evidence(finding, &names))
    });
    let against = proposal.counter.iter().map(|counter| {
        let line = lines::counter_evidence(counter, proposal.as_of);
        both(line, Some(doubt(counter, &names)))
    });
    let judged = proposal.judgement.iter().map(|of| lines::judgement(of));
    (judged.chain(speaks_for).collect(), against.collect())
}

/// The English of a reason of the fixed lists, of declining, deferring and ending, by its code.
pub(super) fn reason(code: &str) -> Option<&'static str> {
    Some(match code {
        "patrol" => "On site there is no pressing danger",
        "doubt" => "There is doubt about a gauge or the forecast",
        "wait" => "Watch a little longer",
        "issued" => "It was told by other means or another notice",
        "over" => "The level has fallen and is falling upstream as well",
        "wrong" => "It was published by mistake",
        "other_area" => "The areas were wrong",
        _ => return None,
    })
}

/// Where a line comes from. Nothing for a word that is not known here.
pub(super) fn source(japanese: &str) -> Option<&'static str> {
    Some(match japanese {
        "観測" => "Observed",
        "観測と仮定" => "Observed and assumed",
        "観測・予測" => "Observed and forecast",
        "仮定(水位計は途絶)" => "Assumed (the gauge is silent)",
        "予測モデル" => "Forecast model",
        "予測モデル(参考)" => "Forecast model (for reference)",
        "上昇率の延長" => "Rate of rise, carried on",
        "品質検査" => "Quality control",
        "基準水位" => "Reference levels",
        "町のデータ" => "Data of the town",
        "公的情報" => "Official information",
        "モデルの限界" => "Limit of the model",
        "計算" => "Worked out",
        "報告" => "Reported",
        "職員の判断" => "An officer's own judgement",
        _ => return None,
    })
}

/// A 基準水位 by the word it has in the data.
pub(super) fn mark(code: &str) -> &'static str {
    Mark::from_code(code).map_or("reference level", mark_en)
}

/// The first ground of a proposal, as one short line for lists.
pub(super) fn reason_line(app: &App, proposal: &Proposal) -> Option<String> {
    if let Some(of) = &proposal.judgement {
        return lines::judgement(of).en;
    }
    evidence(proposal.met.first()?, &Names::of(app))
}

/// The record of a lead: what [`lines::record`] says in Japanese.
pub(super) fn record(gauge: &GaugeOutlook, lead_h: u32) -> Option<String> {
    let lead = gauge
        .forecast
        .leads
        .iter()
        .find(|lead| lead.lead_h == lead_h)?;
    let watched = gauge
        .watch
        .as_ref()
        .and_then(|watch| watch.leads.iter().find(|lead| lead.lead_h == lead_h));
    if let Some(hinan_models::Standing::Out { since, reason }) = watched.map(|lead| lead.standing) {
        return Some(format!(
            "Here, {lead_h} h ahead, since {}: {}",
            spoken_en(since),
            reason.english()
        ));
    }
    let record = lead.record.as_ref()?;
    Some(format!(
        "Here, {lead_h} h ahead: better than the present level carried on in {} of {} floods it was not taught, skill {:.2}, error (RMSE) {:.2} m, \
         90% band right {:.0}% of the time",
        record.floods_better,
        record.floods,
        record.skill,
        record.rmse_m,
        record.coverage90 * 100.0
    ))
}

/// The English names of gauges, by the Japanese ones that grounds hold.
struct Names(Vec<(String, String)>);

impl Names {
    fn of(app: &App) -> Self {
        let gauges = app.town().gauges.iter();
        Self(
            gauges
                .filter(|gauge| !gauge.name_en.is_empty())
                .map(|gauge| (gauge.name.clone(), gauge.name_en.clone()))
                .collect(),
        )
    }

    fn name<'a>(&'a self, japanese: &'a str) -> &'a str {
        let found = self.0.iter().find(|(ja, _)| ja == japanese);
        found.map_or(japanese, |(_, en)| en.as_str())
    }
}

/// A condition that holds. Nothing where one of its tests has no English.
fn evidence(finding: &Finding, names: &Names) -> Option<String> {
    let holding = finding
        .leaves()
        .filter(|(_, result)| finding.answer != Answer::Met || result.answer == Answer::Met);
    let said: Option<Vec<String>> = holding
        .map(|(test, result)| holds(test, result, names))
        .collect();
    said.filter(|said| !said.is_empty())
        .map(|said| said.join(". "))
}

fn holds(test: &Test, result: &TestResult, names: &Names) -> Option<String> {
    if result.answer != Answer::Met {
        return None;
    }
    let seen = &result.seen;
    let source = names.name(&seen.source);
    let named = |fallback: &str| {
        seen.mark.map_or_else(
            || fallback.to_owned(),
            |(mark, mark_m)| format!("the {} {mark_m:.2} m", mark_en(mark)),
        )
    };
    if let (Some(held), Some(level_m)) = (seen.assumed, seen.assumed_m) {
        let last = last_heard(&Assumed {
            level_m,
            last_m: held.last_m,
            at: held.at,
            rise_m_per_h: held.rise_m_per_h,
        });
        let end = match test {
            Test::Rise { .. } => {
                format!("a fast rise is assumed to go on (now {level_m:.2} m)")
            }
            Test::Forecast { within_h, .. } => format!(
                "if the rise goes on it is at {level_m:.2} m within {within_h} h and reaches {}",
                named("the mark")
            ),
            _ => format!(
                "if the rise went on it is at {level_m:.2} m now and has reached {}",
                named("the mark")
            ),
        };
        return Some(format!("{source} fell silent; last heard {last}; {end}"));
    }
    let value = seen.value?;
    Some(match test {
        Test::GaugeAt { .. } | Test::LevelAt { .. } => {
            let mark = match seen.mark {
                Some(_) => named("the mark"),
                None => format!("{:.2} m", seen.threshold?),
            };
            format!("The level at {source}, {value:.2} m, has reached {mark}")
        }
        Test::Rising => format!("The level at {source} is not falling ({value:+.2} m per hour)"),
        Test::Rise { m_per_h } => format!(
            "The level at {source} rises fast: {value:+.2} m per hour (criterion {m_per_h:.2} m)"
        ),
        Test::Forecast {
            within_h, chance, ..
        } => {
            let range = seen.range_m.map_or_else(String::new, |(low, high)| {
                format!(". Range of the level in {within_h} h: {low:.2} to {high:.2} m (90%)")
            });
            format!(
                "Chance that {source} reaches {} within {within_h} h: {} (criterion {:.0}% or more){range}",
                named("the mark"),
                percent(value),
                chance * 100.0
            )
        }
        Test::Deadline { .. } if value < 0.0 => {
            format!(
                "The last moment at which leaving still works passed {:.0} minutes ago",
                -value
            )
        }
        Test::Deadline { .. } => {
            format!(
                "{value:.0} minutes are left until the last moment at which leaving still works"
            )
        }
        Test::River { level } => format!(
            "Flood information for the river of level {} or above is in force (level {value:.0})",
            level.number()
        ),
        Test::Warning { product, level } => format!(
            "{} or above is in force (level {value:.0})",
            product_en(*product, *level)
        ),
        Test::Overnight { product, level } | Test::Night { product, level, .. } => format!(
            "{} or above is expected between night and dawn (level {value:.0})",
            product_en(*product, *level)
        ),
        Test::Expected { product, level } => format!(
            "{} or above is in force or expected (level {value:.0})",
            product_en(*product, *level)
        ),
        Test::Rain { mm, hours, ahead } => format!(
            "{}ain of {hours} h at {source}: {value:.1} mm (criterion {mm:.0} mm)",
            if *ahead { "Expected r" } else { "R" }
        ),
        Test::Report { of } => {
            let of: Vec<&str> = of.iter().map(|kind| report_en(*kind)).collect();
            format!("Reported: {}", of.join(" or "))
        }
        Test::Storm => "A storm warning is in force".to_owned(),
        _ => return None,
    })
}

/// A doubt.
fn doubt(counter: &Counter, names: &Names) -> String {
    let at = |gauge: &str| names.name(gauge).to_owned();
    match counter {
        Counter::StillBelow { gauge, mark: name, by_m } => {
            format!("The level at {} is still {by_m:.2} m below the {}", at(gauge), mark(name))
        }
        Counter::Falling { gauge, rise_m_per_h } => {
            format!("The level at {} is falling ({:.2} m per hour)", at(gauge), rise_m_per_h.abs())
        }
        Counter::MayNotHappen { gauge, mark: name, lead_h, chance_of_not } => format!(
            "There is a chance of {} that {} does not reach the {} within {lead_h} h. Of 100 forecasts like this one, about {:.0} do not",
            percent(*chance_of_not),
            at(gauge),
            mark(name),
            chance_of_not * 100.0
        ),
        Counter::RateSaysNo { gauge, mark: name, lead_h, would_be_m } => format!(
            "If {} goes on rising as now it is at {would_be_m:.2} m in {lead_h} h and does not reach the {} (the model disagrees)",
            at(gauge),
            mark(name)
        ),
        Counter::OutsideTraining { gauge } => format!(
            "The level at {} is outside what the model was taught. Its range is widened, and it is less to be trusted",
            at(gauge)
        ),
        Counter::NoModel { gauge, tier } => format!(
            "No fitted model is in use at {} ({}). The chance is a rough one with a wide range",
            at(gauge),
            tier_en(tier)
        ),
        Counter::Quiet { gauge, for_min, held: Some(last) } => format!(
            "Nothing was received from the gauge {} for {}. {}. How it really is is not known",
            at(gauge),
            minutes(*for_min),
            held(last)
        ),
        Counter::Quiet { gauge, for_min, held: None } => format!(
            "Nothing was received from the gauge {} for {}. Its last level is held; what came after is not known",
            at(gauge),
            minutes(*for_min)
        ),
        Counter::Unbelieved { gauge, why, held: last } => {
            let held = last.as_ref().map_or_else(String::new, |last| format!(" {}.", held(last)));
            format!("The gauge {} cannot be believed: {}.{held} How it really is is not known", at(gauge), why.en())
        }
        Counter::Doubted { gauge } => format!(
            "Quality control doubts the newest level at {}. A flash flood looks like this too: look at a camera or at the next gauge",
            at(gauge)
        ),
        Counter::LevelsUnknown { gauge, marks } => format!(
            "Not published for {}: {}. Criteria that rest on them cannot be judged",
            at(gauge),
            marks.iter().map(|name| mark(name)).collect::<Vec<_>>().join(", ")
        ),
        Counter::GroundsGone { held_until } => format!(
            "Its conditions are not met any more (last met {}). It does not step down by itself until an officer decides",
            spoken_en(*held_until)
        ),
        Counter::NotExamined => {
            "The threat to this area is not in the town's data any more and cannot be examined. The earlier recommendation is shown as it was".to_owned()
        }
        Counter::AgencyLower { agency: 0, advised } => {
            format!("No official warning of this hazard is in force (recommended: level {advised})")
        }
        Counter::AgencyLower { agency, advised } => format!(
            "Official information stands at level {agency}, lower than the recommended level {advised}"
        ),
        Counter::NotAdvised { districts } => {
            format!("The system does not recommend this level or a higher one for: {}", districts.join(", "))
        }
        Counter::AdvisedHigher { districts } => format!(
            "The system recommends a higher level for: {}. Decide on that recommendation",
            districts.join(", ")
        ),
        Counter::NobodyThere { districts } => {
            format!("By the data of the town nobody lives where this hazard reaches in: {}", districts.join(", "))
        }
        Counter::OverflowOnly => {
            "This forecast looks at water levels only. Breaches, seepage and inland flooding happen at lower levels too and are not in it".to_owned()
        }
    }
}

/// A 基準水位 by its kind.
pub(super) fn mark_en(mark: Mark) -> &'static str {
    match mark {
        Mark::Standby => "standby level",
        Mark::Caution => "caution level",
        Mark::EvacuationJudgement => "evacuation judgement level",
        Mark::Danger => "danger level",
        Mark::DesignHighWater => "design high water",
        Mark::OverflowStart => "level at which overflow begins",
    }
}

/// Information of the agency, as a sentence begins with it.
pub(super) fn product_en(product: Product, level: JmaLevel) -> String {
    let of = match product {
        Product::HeavyRain => "heavy rain",
        Product::Landslide => "landslides",
        Product::StormSurge => "storm surge",
    };
    format!("Information on {of} of level {}", level.number())
}

/// What somebody reports from the site.
pub(super) fn report_en(kind: ReportKind) -> &'static str {
    match kind {
        ReportKind::SeepageSlight => "slight seepage or erosion",
        ReportKind::SeepageAbnormal => "abnormal seepage or erosion",
        ReportKind::LeveeFailing => "seepage growing, cracks or slips in the levee",
        ReportKind::Overtopping => "overtopping",
        ReportKind::Breach => "a breach",
        ReportKind::GateFailure => "a gate that fails",
        ReportKind::PumpStopped => "a pumping station that stopped",
        ReportKind::DamEmergencyRelease => "notice of an emergency release of a dam",
        ReportKind::InlandWater => "inland water standing",
        ReportKind::LandslidePrecursor => "signs of a landslide",
        ReportKind::LandslideOccurred => "a landslide",
        ReportKind::SurgeFlooding => "flooding by the sea, or a sea wall that fell",
        ReportKind::RoadClosed => "a way out that is closed",
    }
}

fn tier_en(tier: &str) -> &'static str {
    match tier {
        "RateOfRise" => "rate of rise",
        "Persistence" => "the present level carried on",
        "NoInformation" => "no information",
        _ => "the present level carried on: no model did better when tested",
    }
}

fn percent(chance: f64) -> String {
    match lines::chance(chance).as_str() {
        "5%未満" => "under 5%".to_owned(),
        "95%以上" => "over 95%".to_owned(),
        percent => percent.to_owned(),
    }
}

/// The last word of a gauge: level, time, and how the water moved then.
fn last_heard(held: &Assumed) -> String {
    let moved = match held.rise_m_per_h {
        Some(rise) if rise >= 0.005 => format!(", rising {rise:.2} m per hour"),
        Some(rise) if rise <= -0.005 => format!(", falling {:.2} m per hour", rise.abs()),
        Some(_) => ", steady".to_owned(),
        None => String::new(),
    };
    format!("{:.2} m at {}{moved}", held.last_m, spoken_en(held.at))
}

fn held(held: &Assumed) -> String {
    let assumed = if held.is_worse() {
        format!(
            "The rise is assumed to have gone on for up to 3 h: {:.2} m now",
            held.level_m
        )
    } else {
        "It is not taken to have fallen; that level is used".to_owned()
    };
    format!("Last heard: {}. {assumed}", last_heard(held))
}

fn minutes(minutes: i64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, m) => format!("{m} min"),
        (h, 0) => format!("{h} h"),
        (h, m) => format!("{h} h {m} min"),
    }
}

#[cfg(test)]
mod tests {
    use hinan_recommend::Seen;

    use super::*;

    fn names() -> Names {
        Names(vec![("帯広".to_owned(), "Obihiro".to_owned())])
    }

    fn at() -> jiff::Timestamp {
        "2016-08-30T18:00:00Z".parse().expect("a time")
    }

    fn held() -> Assumed {
        Assumed {
            level_m: 37.7,
            last_m: 36.5,
            at: at(),
            rise_m_per_h: Some(0.4),
        }
    }

    fn is_japanese(text: &str) -> bool {
        text.chars()
            .any(|sign| matches!(sign, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}'))
    }

    #[test]
    fn every_reason_of_the_fixed_lists_has_english() {
        let declining = crate::web::decline::REASONS.iter();
        let ending = crate::web::end_notice::REASONS.iter();
        for (code, words) in declining.chain(ending) {
            assert!(reason(code).is_some(), "{code}: {words}");
        }
    }

    #[test]
    fn every_doubt_and_its_source_have_english_without_a_japanese_sign() {
        let gauge = || "帯広".to_owned();
        let mark = || "danger".to_owned();
        let doubts = [
            Counter::StillBelow {
                gauge: gauge(),
                mark: mark(),
                by_m: 0.8,
            },
            Counter::Falling {
                gauge: gauge(),
                rise_m_per_h: -0.2,
            },
            Counter::MayNotHappen {
                gauge: gauge(),
                mark: mark(),
                lead_h: 6,
                chance_of_not: 0.42,
            },
            Counter::RateSaysNo {
                gauge: gauge(),
                mark: mark(),
                lead_h: 6,
                would_be_m: 36.9,
            },
            Counter::OutsideTraining { gauge: gauge() },
            Counter::NoModel {
                gauge: gauge(),
                tier: "RateOfRise".to_owned(),
            },
            Counter::Quiet {
                gauge: gauge(),
                for_min: 95,
                held: Some(held()),
            },
            Counter::Quiet {
                gauge: gauge(),
                for_min: 95,
                held: None,
            },
            Counter::Unbelieved {
                gauge: gauge(),
                why: hinan_sensors::HealthReason::StandsStill { for_min: 300 },
                held: Some(held()),
            },
            Counter::Doubted { gauge: gauge() },
            Counter::LevelsUnknown {
                gauge: gauge(),
                marks: vec![mark()],
            },
            Counter::OverflowOnly,
            Counter::GroundsGone { held_until: at() },
            Counter::NotExamined,
            Counter::AgencyLower {
                agency: 0,
                advised: 4,
            },
            Counter::AgencyLower {
                agency: 2,
                advised: 4,
            },
        ];
        for counter in &doubts {
            let said = doubt(counter, &names());
            assert!(!is_japanese(&said), "{counter:?}: {said}");
            let japanese = lines::counter_evidence(counter, at());
            assert!(source(&japanese.source).is_some(), "{}", japanese.source);
        }
        let chance = doubt(&doubts[2], &names());
        assert!(
            chance.contains("42%") && chance.contains("Obihiro") && chance.contains("danger level"),
            "{chance}"
        );
    }

    #[test]
    fn a_ground_in_english_has_the_figures_of_the_japanese_one() {
        let result = TestResult {
            answer: Answer::Met,
            seen: Seen {
                source: "帯広".to_owned(),
                value: Some(37.52),
                mark: Some((Mark::Danger, 37.4)),
                ..Seen::default()
            },
            inner: Vec::new(),
        };
        let test = Test::GaugeAt {
            marks: vec![Mark::Danger],
        };
        let said = holds(&test, &result, &names());
        assert_eq!(
            said.as_deref(),
            Some("The level at Obihiro, 37.52 m, has reached the danger level 37.40 m")
        );
        let silent = TestResult {
            seen: Seen {
                assumed: Some(hinan_recommend::Held {
                    last_m: 36.5,
                    at: at(),
                    rise_m_per_h: Some(0.4),
                    goes_on_for_h: 3.0,
                }),
                assumed_m: Some(37.7),
                ..result.seen.clone()
            },
            ..result
        };
        let said = holds(&test, &silent, &names()).expect("it has English");
        assert!(
            said.contains("fell silent") && said.contains("36.50 m") && said.contains("37.70 m"),
            "an assumption is told as one: {said}"
        );
    }
}
