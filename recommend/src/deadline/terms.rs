//! The parts of the time an order needs.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::settings::{DeadlineSettings, Span};
use crate::level::OrderLevel;
use crate::outlook::Outlook;
use crate::town::{Facility, Unit};

/// Which part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermName {
    /// 承認
    Approval,
    /// 伝達
    Dissemination,
    /// 準備
    Preparation,
    /// 移動
    Travel,
    /// 避難所の開設
    Opening,
    /// 施設の避難(避難確保計画)
    FacilityLead,
    /// 避難指示に先立つ時間
    Ahead,
}

impl TermName {
    /// In the officers' words.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Approval => "承認",
            Self::Dissemination => "伝達",
            Self::Preparation => "準備",
            Self::Travel => "移動",
            Self::Opening => "避難所の開設",
            Self::FacilityLead => "施設の避難",
            Self::Ahead => "避難指示に先立つ時間",
        }
    }

    /// In English.
    pub fn english(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::Dissemination => "dissemination",
            Self::Preparation => "preparation",
            Self::Travel => "travel",
            Self::Opening => "opening of shelters",
            Self::FacilityLead => "the facility's own plan",
            Self::Ahead => "time ahead of level 4",
        }
    }
}

/// One part, minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// Which.
    pub name: TermName,
    /// 10 % quantile.
    pub quick_min: f64,
    /// Median.
    pub middle_min: f64,
    /// 90 % quantile: what is subtracted.
    pub slow_min: f64,
    /// What it rests on, in Japanese.
    pub note: Cow<'static, str>,
}

fn term(name: TermName, span: Span, note: &'static str) -> Term {
    Term {
        name,
        quick_min: span.quick_min,
        middle_min: span.middle_min,
        slow_min: span.slow_min,
        note: Cow::Borrowed(note),
    }
}

pub(super) fn of_unit(
    outlook: &Outlook,
    unit: &Unit,
    level: OrderLevel,
    settings: &DeadlineSettings,
) -> Vec<Term> {
    let elderly = level == OrderLevel::ElderlyEvacuation;
    let (preparation, slower) = if elderly {
        (settings.preparation_elderly, settings.travel_elderly_times)
    } else {
        (settings.preparation, 1.0)
    };
    let travel = unit.travel_min.unwrap_or(settings.travel).times(slower);
    let travel_note = if unit.travel_min.is_some() {
        "この地区の所要時間"
    } else {
        "一般の設定値"
    };
    let (opening, opening_note) = match outlook
        .opening_min
        .get(&unit.id)
        .filter(|minutes| (0.0..=2880.0).contains(*minutes))
    {
        Some(minutes) => (Span::new(*minutes, *minutes, *minutes), "避難所からの報告"),
        None => (settings.opening, "開設の報告なし、一般の設定値"),
    };
    vec![
        term(TermName::Approval, settings.approval, "一般の設定値"),
        term(
            TermName::Dissemination,
            settings.dissemination,
            "一般の設定値",
        ),
        term(
            TermName::Preparation,
            preparation,
            if elderly {
                "高齢者等"
            } else {
                "一般の設定値"
            },
        ),
        term(TermName::Travel, travel, travel_note),
        term(TermName::Opening, opening, opening_note),
    ]
}

pub(super) fn of_facility(facility: &Facility, settings: &DeadlineSettings) -> Vec<Term> {
    vec![
        term(TermName::Approval, settings.approval, "一般の設定値"),
        term(
            TermName::Dissemination,
            settings.dissemination,
            "一般の設定値",
        ),
        term(
            TermName::FacilityLead,
            facility.lead_min,
            "施設の避難確保計画",
        ),
    ]
}
