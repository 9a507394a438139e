//! Examines one gauge against the criteria.

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
            let mut found = reached(gauge, rule, mark);
            // "and rising": a river that clearly falls is past this condition, danger level or not.
            if found.answer == Answer::Met && gauge.rise_m_per_h.is_some_and(|rise| rise < 0.0) {
                found.answer = Answer::NotMet;
            }
            found
        }
        Rule::DangerReached => reached(gauge, rule, danger),
        Rule::OverflowLevelReached => reached(gauge, rule, design),
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
        Rule::RapidRise => rapid(gauge, policy),
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
    }
}

/// A silent gauge holds its last level: reached stays reached, but "not reached" becomes unknown.
fn reached(gauge: &GaugeOutlook, rule: Rule, mark: Option<(&str, f64)>) -> Criterion {
    let mut found = blank(gauge, rule);
    let Some((name, level_m)) = mark else {
        return found;
    };
    found.mark = Some(name.to_owned());
    found.mark_m = Some(level_m);
    found.threshold = Some(level_m);
    if let Some(observed) = gauge.observed {
        found.value = Some(observed.level_m);
        found.answer = match (observed.level_m >= level_m, gauge.is_silent()) {
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
    if !outlook.models_on || gauge.observed.is_none() || gauge.is_silent() {
        return found;
    }
    let chance = gauge.forecast.probability_within(lead_h, level_m);
    // Nothing can be said yet: the gauge spoke, but not at a time the models know.
    if chance.is_nan() {
        return found;
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
    found
}

fn rapid(gauge: &GaugeOutlook, policy: &Recommend) -> Criterion {
    let mut found = blank(gauge, Rule::RapidRise);
    found.threshold = Some(policy.rapid_rise_m_per_h);
    let Some(caution_m) = gauge.marks.caution_m else {
        return found;
    };
    found.mark = Some("caution".to_owned());
    found.mark_m = Some(caution_m);
    if let (Some(observed), Some(rise), false) =
        (gauge.observed, gauge.rise_m_per_h, gauge.is_silent())
    {
        found.value = Some(rise);
        let met = observed.level_m >= caution_m && rise >= policy.rapid_rise_m_per_h;
        found.answer = if met { Answer::Met } else { Answer::NotMet };
    }
    found
}
