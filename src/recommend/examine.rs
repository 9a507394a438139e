//! Examines one gauge against the criteria.

use jiff::{SignedDuration, Timestamp};

use crate::config::Recommend;
use crate::outlook::{GaugeOutlook, Outlook};

use super::criterion::{Answer, Criterion, Rule};

/// Answers every condition for this gauge. No clock, no store, no network.
#[must_use]
pub fn examine(outlook: &Outlook, gauge: &GaugeOutlook, policy: &Recommend) -> Vec<Criterion> {
    Rule::ALL
        .into_iter()
        .map(|rule| answer(outlook, gauge, policy, rule))
        .collect()
}

fn answer(outlook: &Outlook, gauge: &GaugeOutlook, policy: &Recommend, rule: Rule) -> Criterion {
    let marks = &gauge.marks;
    let danger = marks.danger_m.map(|level| ("danger", level));
    let design = marks
        .design_high_water_m
        .map(|level| ("design_high_water", level));
    match rule {
        Rule::JudgementLevelReached => {
            let mark = marks
                .evacuation_judgement_m
                .map(|level| ("evacuation_judgement", level));
            let mut found = reached(outlook, gauge, rule, mark);
            // "and rising": a river that clearly falls is past this condition, danger level or not. Whether one that
            // fell when its gauge was last heard still falls, nobody knows.
            if found.answer == Answer::Met && gauge.rise_m_per_h.is_some_and(|rise| rise < 0.0) {
                found.answer = if gauge.is_held() {
                    Answer::Unknown
                } else {
                    Answer::NotMet
                };
            }
            found
        }
        Rule::DangerReached => reached(outlook, gauge, rule, danger),
        Rule::OverflowLevelReached => reached(outlook, gauge, rule, design),
        Rule::DangerExpected => expected(
            outlook,
            gauge,
            rule,
            danger.or(design),
            policy.level3_lead_h,
            policy.level3_probability,
        ),
        Rule::OverflowExpected => expected(
            outlook,
            gauge,
            rule,
            design,
            policy.level4_lead_h,
            policy.level4_probability,
        ),
        Rule::RapidRise => rapid(outlook, gauge, policy),
    }
}

fn blank(gauge: &GaugeOutlook, rule: Rule) -> Criterion {
    Criterion {
        rule,
        gauge: gauge.id.clone(),
        gauge_name: gauge.name.clone(),
        answer: Answer::Unknown,
        value: None,
        range_m: None,
        threshold: None,
        mark_m: None,
        mark: None,
        observed_at: gauge.observed.map(|o| o.at),
        lead_h: None,
        assumed: None,
    }
}

/// A gauge that is not heard any more holds its last level and is assumed to have gone on rising: reached stays reached,
/// assumed counts as reached, but "not reached" becomes unknown.
fn reached(
    outlook: &Outlook,
    gauge: &GaugeOutlook,
    rule: Rule,
    mark: Option<(&str, f64)>,
) -> Criterion {
    let mut found = blank(gauge, rule);
    let Some((name, level_m)) = mark else {
        return found;
    };
    found.mark = Some(name.to_owned());
    found.mark_m = Some(level_m);
    found.threshold = Some(level_m);
    found.assumed = gauge.assumed(outlook.as_of);
    if let Some(observed) = gauge.observed {
        let worst_m = found
            .assumed
            .map_or(observed.level_m, |assumed| assumed.level_m);
        found.value = Some(observed.level_m);
        if observed.level_m < level_m && worst_m >= level_m {
            found.value = Some(worst_m);
        }
        found.answer = match (worst_m >= level_m, gauge.is_held()) {
            (true, _) => Answer::Met,
            (false, true) => Answer::Unknown,
            (false, false) => Answer::NotMet,
        };
    }
    found
}

fn expected(
    outlook: &Outlook,
    gauge: &GaugeOutlook,
    rule: Rule,
    mark: Option<(&str, f64)>,
    lead_h: u32,
    probability: f64,
) -> Criterion {
    let mut found = blank(gauge, rule);
    found.lead_h = Some(lead_h);
    found.threshold = Some(probability);
    let Some((name, level_m)) = mark else {
        return found;
    };
    found.mark = Some(name.to_owned());
    found.mark_m = Some(level_m);
    if outlook.models_on && gauge.observed.is_some() && !gauge.is_silent() {
        forecast(&mut found, gauge, level_m, lead_h, probability);
    }
    if gauge.is_held() && found.answer != Answer::Met {
        // What a forecast says of a level that is only held is no "not met". A rise that is assumed to go on leads somewhere.
        let ahead = SignedDuration::from_hours(i64::from(lead_h));
        found.assumed = gauge.assumed(outlook.as_of.checked_add(ahead).unwrap_or(Timestamp::MAX));
        let reaches = found
            .assumed
            .is_some_and(|assumed| assumed.level_m >= level_m);
        found.answer = if reaches {
            Answer::Met
        } else {
            Answer::Unknown
        };
    }
    found
}

fn forecast(
    found: &mut Criterion,
    gauge: &GaugeOutlook,
    level_m: f64,
    lead_h: u32,
    probability: f64,
) {
    let chance = gauge.forecast.probability_within(lead_h, level_m);
    // Nothing can be said yet: the gauge spoke, but not at a time the models know.
    if chance.is_nan() {
        return;
    }
    found.value = Some(chance);
    found.range_m = gauge
        .forecast
        .leads
        .iter()
        .find(|lead| lead.lead_h == lead_h)
        .map(|lead| (lead.quantile_m(0.05), lead.quantile_m(0.95)));
    found.answer = if chance >= probability {
        Answer::Met
    } else {
        Answer::NotMet
    };
}

fn rapid(outlook: &Outlook, gauge: &GaugeOutlook, policy: &Recommend) -> Criterion {
    let mut found = blank(gauge, Rule::RapidRise);
    found.threshold = Some(policy.rapid_rise_m_per_h);
    let Some(caution_m) = gauge.marks.caution_m else {
        return found;
    };
    found.mark = Some("caution".to_owned());
    found.mark_m = Some(caution_m);
    if gauge.is_held() {
        found.assumed = gauge.assumed(outlook.as_of);
        if let Some(assumed) = found.assumed
            && let Some(rise) = assumed.rise_m_per_h
            && assumed.level_m >= caution_m
            && rise >= policy.rapid_rise_m_per_h
        {
            found.value = Some(rise);
            found.answer = Answer::Met;
        }
        return found;
    }
    if let (Some(observed), Some(rise)) = (gauge.observed, gauge.rise_m_per_h) {
        found.value = Some(rise);
        let met = observed.level_m >= caution_m && rise >= policy.rapid_rise_m_per_h;
        found.answer = if met { Answer::Met } else { Answer::NotMet };
    }
    found
}
