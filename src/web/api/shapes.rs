//! The JSON of what several answers have in common.

use hinan_dashboard::view::{
    AlertLevel, ChanceFact, Evidence, GaugeState, Hydrograph, ItemState, LevelMark, NoticeText,
    Quality, Span, TextKind, Tier,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::app::{App, Picture};
use crate::approve::rule::Needs;
use crate::outlook::GaugeOutlook;
use crate::recommend::level::OrderLevel;
use crate::web::both::Both;
use crate::web::decide::WayOut;
use crate::web::{english, gauges, lines};

/// A sentence in two languages.
pub(super) fn text(ja: impl Into<String>, en: impl Into<String>) -> Value {
    json!({ "ja": ja.into(), "en": en.into() })
}

/// The English of sentences, in their order; nothing where one has none.
pub(super) fn in_english(all: &[Both]) -> Value {
    all.iter().map(|one| json!(one.en)).collect()
}

/// Number and name of an order.
pub(super) fn level_text(level: OrderLevel) -> Value {
    text(level.to_string(), lines::level_en(level))
}

pub(super) fn number(level: AlertLevel) -> u8 {
    level.number()
}

pub(super) fn span(span: Option<&Span>) -> Value {
    span.map_or(
        Value::Null,
        |span| json!({ "from": span.from, "to": span.to }),
    )
}

pub(super) fn evidence(all: &[Evidence]) -> Value {
    all.iter()
        .map(|one| {
            json!({ "text": one.text, "en": one.en, "source": one.source,
            "source_en": english::source(&one.source), "at": one.at })
        })
        .collect()
}

/// The standing of an item. `until` is when it comes back, where it was put off.
pub(super) fn state(state: &ItemState, until: Option<(&str, Timestamp, Timestamp)>) -> Value {
    let of = |kind: &str, by: Option<&str>, at: Option<Timestamp>| json!({ "kind": kind, "by": by, "at": at, "until": null });
    match (state, until) {
        (
            ItemState::New | ItemState::Seen { .. } | ItemState::Deciding { .. },
            Some((by, at, until)),
        ) => {
            json!({ "kind": "deferred", "by": by, "at": at, "until": until })
        }
        (ItemState::New, None) => of("new", None, None),
        (ItemState::Seen { by, at }, None) => of("seen", Some(by), Some(*at)),
        (ItemState::Deciding { by }, None) => of("deciding", Some(by), None),
        (ItemState::Approved { by, at }, _) => of("approved", Some(by), Some(*at)),
        (ItemState::Declined { by, at }, _) => of("declined", Some(by), Some(*at)),
        (ItemState::Superseded, _) => of("superseded", None, None),
        (ItemState::Expired { at }, _) => of("expired", None, Some(*at)),
    }
}

/// A chance with its range, never certain, in the one wording for it.
pub(super) fn chance(fact: &ChanceFact) -> Value {
    let said = |percent: f64| lines::chance(percent / 100.0);
    // No end of the range is certain, either.
    let range = match (fact.low_percent < 5.0, fact.high_percent > 95.0) {
        (true, true) => "5%未満-95%以上".to_owned(),
        (true, false) => format!("5%未満-{:.0}%", fact.high_percent),
        (false, true) => format!("{:.0}-95%以上", fact.low_percent),
        (false, false) => format!("{:.0}-{:.0}%", fact.low_percent, fact.high_percent),
    };
    let range_en = range
        .replace("5%未満", "under 5%")
        .replace("95%以上", "over 95%");
    let of_100 = fact.percent.clamp(5.0, 95.0);
    let (ja, en) = if fact.percent < 5.0 {
        (
            "同じような予測 100回のうち5回より少なく超える見込み".to_owned(),
            "Of 100 forecasts like this one, fewer than 5 cross it".to_owned(),
        )
    } else if fact.percent > 95.0 {
        (
            "同じような予測 100回のうち95回以上で超える見込み".to_owned(),
            "Of 100 forecasts like this one, 95 or more cross it".to_owned(),
        )
    } else {
        (
            format!("同じような予測 100回のうち約{of_100:.0}回で超える見込み"),
            format!("Of 100 forecasts like this one, about {of_100:.0} cross it"),
        )
    };
    let percent_en = match said(fact.percent).as_str() {
        "5%未満" => "under 5%".to_owned(),
        "95%以上" => "over 95%".to_owned(),
        percent => percent.to_owned(),
    };
    json!({
        "mark": fact.mark, "mark_m": fact.mark_m, "gauge": fact.gauge, "ahead_h": fact.ahead_h,
        "percent": fact.percent, "low_percent": fact.low_percent, "high_percent": fact.high_percent,
        "text": text(
            format!("{}時間以内に{}を超える確率 {}(幅 {range})", fact.ahead_h, fact.mark, said(fact.percent)),
            format!("Chance to cross {:.2} m at {} within {} h: {percent_en} (range {range_en})", fact.mark_m, fact.gauge, fact.ahead_h),
        ),
        "per_100": text(ja, en),
    })
}

fn quality(quality: Quality) -> &'static str {
    match quality {
        Quality::Good => "good",
        Quality::NotChecked => "not_checked",
        Quality::Suspect => "suspect",
        Quality::Bad => "bad",
    }
}

pub(super) fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Model => "model",
        Tier::UpstreamPartly => "upstream_partly",
        Tier::OwnOnly => "own_only",
        Tier::RiseRate => "rise_rate",
        Tier::Persistence => "persistence",
        Tier::MarksOnly => "marks_only",
    }
}

fn gauge_state(state: GaugeState) -> &'static str {
    match state {
        GaugeState::Live => "live",
        GaugeState::QuietAsDesigned => "quiet_as_designed",
        GaugeState::Frozen => "frozen",
        GaugeState::Late => "late",
        GaugeState::Silent => "silent",
        GaugeState::SuspectedSubmerged => "suspected_submerged",
        GaugeState::OutOfUse => "out_of_use",
    }
}

/// The 基準水位 of a gauge, lowest first.
pub(super) fn marks(gauge: &GaugeOutlook) -> Value {
    let of = |(key, level_m): (&'static str, f64)| json!({ "key": key, "name": lines::mark(key), "level": lines::mark_level(key).map(number), "level_m": level_m });
    gauge.marks.named().into_iter().map(of).collect()
}

/// One gauge as it is.
pub(super) fn gauge(app: &App, gauge: &GaugeOutlook, deciding: bool) -> Value {
    let row = gauges::row(app, gauge);
    let site = app.town().gauge(&gauge.id);
    let reached = row
        .level_m
        .and_then(|level| {
            let marks = gauge.marks.named();
            marks.into_iter().rfind(|(_, mark_m)| level >= *mark_m)
        })
        .map(|(key, level_m)| json!({ "key": key, "name": lines::mark(key), "level": lines::mark_level(key).map(number), "level_m": level_m }));
    let next = row
        .level_m
        .and_then(|level| {
            let marks = gauge.marks.named();
            let next = marks.into_iter().find(|(_, mark_m)| level < *mark_m)?;
            Some((next, level))
        })
        .map(|((key, level_m), level)| {
            json!({ "key": key, "name": lines::mark(key), "level": lines::mark_level(key).map(number), "level_m": level_m, "margin_m": level_m - level })
        });
    json!({
        "id": gauge.id, "name": gauge.name, "name_en": gauge.name_en, "river": gauge.river, "river_en": gauge.river_en,
        "at": site.map(|site| [site.at.x(), site.at.y()]), "in_town": site.is_some_and(|site| site.in_town),
        "level_m": row.level_m, "observed_at": row.at, "state": gauge_state(row.state), "quality": quality(row.quality),
        "note": row.quality_note, "rise_m_per_h": row.rise_m_per_h, "reached": reached, "next": next,
        "chances": row.chances.iter().map(|one| json!({ "ahead_h": one.ahead_h, "percent": one.percent,
            "low_percent": one.low_percent, "high_percent": one.high_percent })).collect::<Value>(),
        "chance_of": row.chance_of, "marks": marks(gauge), "tier": tier(row.tier), "record": row.record,
        "source": row.source, "deciding": deciding,
    })
}

/// The hydrograph of a gauge: what was observed, what may come, what the levels mean.
pub(super) fn chart(app: &App, picture: &Picture, gauge: &GaugeOutlook) -> Value {
    let view = gauges::hydrograph(app, picture, gauge);
    let mut value = hydrograph(&view);
    value["gauge"] = json!(gauge.id);
    value["name"] = json!(gauge.name);
    value["name_en"] = json!(gauge.name_en);
    value["river"] = json!(gauge.river);
    value["river_en"] = json!(gauge.river_en);
    value["marks"] = marks(gauge);
    value
}

fn hydrograph(view: &Hydrograph) -> Value {
    let mark = |mark: &LevelMark| json!({ "name": mark.name, "level": mark.level.map(number), "level_m": mark.level_m });
    json!({
        "now": view.now, "datum": view.datum, "cadence_min": view.cadence_min,
        "observed": view.observed.iter().map(|one| json!({ "at": one.at, "level_m": one.level_m, "quality": quality(one.quality) })).collect::<Value>(),
        "forecast": view.forecast.iter().map(|one| json!({ "at": one.at, "low90_m": one.low90_m, "low50_m": one.low50_m,
            "median_m": one.median_m, "high50_m": one.high50_m, "high90_m": one.high90_m })).collect::<Value>(),
        "no_forecast": view.no_forecast, "marks": view.marks.iter().map(mark).collect::<Value>(),
        "tier": tier(view.tier), "record": view.record, "source": view.source,
    })
}

/// All words of a notice, each with its length and, for telephones, by how many characters it is too long.
pub(super) fn words(app: &App, texts: &[NoticeText]) -> Value {
    texts
        .iter()
        .map(|one| {
            let (kind, lang) = match one.kind {
                TextKind::Japanese => ("ja", "ja"),
                TextKind::EasyJapanese => ("ja_easy", "ja"),
                TextKind::English => ("en", "en"),
                TextKind::Further => ("other", ""),
                TextKind::AreaMail => ("area_mail", "ja"),
                TextKind::Cap => ("cap", ""),
            };
            let over = (one.kind == TextKind::AreaMail)
                .then(|| one.body.split_once("\n\n"))
                .flatten()
                .map(|(subject, body)| {
                    let mail = hinan_notice::text::AreaMail {
                        subject: subject.to_owned(),
                        body: body.to_owned(),
                    };
                    let over = mail.over(app.dispatch.limits());
                    json!({ "subject": over.subject, "body": over.body })
                });
            json!({ "kind": kind, "lang": lang, "body": one.body, "length": one.body.chars().count(), "over": over })
        })
        .collect()
}

/// Where a notice goes, how these ways are, and what they take.
pub(super) fn channels(app: &App) -> Value {
    app.dispatch
        .channels()
        .iter()
        .map(|channel| {
            let now = WayOut::of(app, channel);
            let limit = (*channel == crate::publish::outbox::ChannelName::AreaMail).then(|| {
                let limits = app.dispatch.limits();
                json!({ "subject_max": limits.subject_max, "body_max": limits.body_max })
            });
            json!({ "id": channel.word(), "name": channel.spoken(), "condition": now.japanese(), "state": now.word(),
                    "owed": now.owed(), "limit": limit })
        })
        .collect()
}

pub(super) fn needs(needs: Needs) -> &'static str {
    match needs {
        Needs::One => "one",
        Needs::Two => "two",
        Needs::OneThenReview => "one_then_review",
    }
}

/// The question that only a reader can answer.
pub(super) fn check() -> Value {
    json!({ "question": "この文面に書かれた対象地区は、何地区ですか", "question_en": "How many areas does this message name?",
            "hint": "数字だけ。全角でもかまいません", "hint_en": "Digits only" })
}
