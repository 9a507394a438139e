//! What others say on the situation page: one group per kind of source, each piece with its source, age and quality.

use hinan_dashboard::view::{ExternalGroup, ExternalItem};
use hinan_sensors::official::ExternalView;
use hinan_sensors::official::external::{
    AlertLine, DataLine, ForecastLine, QuakeLine, Source, StationLine,
};
use hinan_sensors::official::p2p::P2pWhat;
use hinan_sensors::official::series::StationValue;
use hinan_sensors::official::wis2::Verdict;
use jiff::Timestamp;

use crate::clock::spoken;

/// Lines of one group on the page; the rest is counted, and all of it is in the API.
const ITEMS_MAX: usize = 10;

/// The groups that were ever heard, alerts first.
pub(super) fn groups(view: &ExternalView) -> Vec<ExternalGroup> {
    let group = |source, title: &str, title_en: &str, items: Vec<ExternalItem>| {
        let heard_at = *view.heard.get(&source)?;
        Some(ExternalGroup {
            title: title.to_owned(),
            title_en: title_en.to_owned(),
            heard_at,
            left_out: items.len().saturating_sub(ITEMS_MAX),
            items: items.into_iter().take(ITEMS_MAX).collect(),
        })
    };
    let mut rain: Vec<&StationLine> = view.stations.iter().collect();
    // Where most rain is known to have fallen in the last hour first; where nothing is known, last.
    let fell = |line: &StationLine| line.observed.rain_1h_mm.usable().unwrap_or(-1.0);
    rain.sort_by(|a, b| fell(b).total_cmp(&fell(a)));
    [
        group(
            Source::Cap,
            "他機関の警報(CAP)",
            "Alerts of others (CAP)",
            view.alerts.iter().map(alert).collect(),
        ),
        group(
            Source::P2p,
            "地震・津波の速報(P2P地震情報)",
            "Earthquakes and tsunami (P2P)",
            view.quakes.iter().filter_map(quake).collect(),
        ),
        group(
            Source::Observations,
            "観測所の雨",
            "Rain at stations",
            rain.into_iter().map(station).collect(),
        ),
        group(
            Source::Forecasts,
            "府県の天気予報",
            "Forecasts of offices",
            view.forecasts
                .iter()
                .flat_map(|forecast| forecasts(forecast, view.at))
                .collect(),
        ),
        group(
            Source::Wis2,
            "公開データの通知(WIS2)",
            "Notifications of data (WIS2)",
            view.data.iter().map(data).collect(),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn alert(line: &AlertLine) -> ExternalItem {
    let severity = match line.severity.as_str() {
        "Extreme" => "極めて重大",
        "Severe" => "重大",
        "Moderate" => "中程度",
        "Minor" => "軽微",
        _ => "重大さ不明",
    };
    let certainty = match line.certainty.as_str() {
        "Observed" => "確認済み",
        "Likely" | "Very Likely" => "可能性が高い",
        "Possible" => "可能性あり",
        "Unlikely" => "可能性は低い",
        _ => "確度不明",
    };
    let mut notes = vec![format!("{severity}・{certainty}")];
    if line.all_clear {
        notes.push("解除の知らせです".to_owned());
    }
    if line.end_is_ours {
        notes.push("終わりの時刻が示されていないため、24時間で表示を終えます".to_owned());
    }
    if !line.may_republish {
        notes.push("外に出してはいけない情報です".to_owned());
    }
    let areas: Vec<&str> = line
        .areas
        .iter()
        .map(|area| area.description.as_str())
        .take(3)
        .collect();
    ExternalItem {
        name: short(&line.headline),
        text: short(&areas.join("、")),
        source: if line.sender_name.is_empty() {
            short(&line.sender)
        } else {
            format!("{}({})", short(&line.sender_name), short(&line.sender))
        },
        at: line.sent,
        until: Some(line.until),
        stale: false,
        note: Some(notes.join("。")),
    }
}

/// An item that was taken back is not shown as if it held.
fn quake(line: &QuakeLine) -> Option<ExternalItem> {
    let unknown = || "不明".to_owned();
    let (name, text, note) = match &line.item.what {
        P2pWhat::Quake(quake) => {
            let centre = &quake.hypocentre;
            let text = format!(
                "{} 最大{} M{} 深さ{}",
                if centre.name.is_empty() {
                    "震源は調査中"
                } else {
                    &centre.name
                },
                quake
                    .max_intensity
                    .map_or("震度不明", |intensity| intensity.japanese()),
                centre.magnitude.map_or_else(unknown, |m| format!("{m:.1}")),
                centre
                    .depth_km
                    .map_or_else(unknown, |km| format!("{km:.0} km")),
            );
            let tsunami = match quake.domestic_tsunami.as_str() {
                "None" => "津波の心配なし",
                "Checking" => "津波は調査中",
                "NonEffective" => "若干の海面変動、被害の心配なし",
                "Watch" => "津波注意報",
                "Warning" => "津波警報等",
                _ => "津波は不明",
            };
            ("地震", text, tsunami.to_owned())
        }
        P2pWhat::Tsunami(tsunami) if tsunami.cancelled => (
            "津波予報の解除",
            String::new(),
            "気象庁の電文で確かめてください".to_owned(),
        ),
        P2pWhat::Tsunami(tsunami) => {
            let areas: Vec<String> = tsunami
                .areas
                .iter()
                .take(5)
                .map(|(area, grade)| {
                    let grade = match grade.as_str() {
                        "MajorWarning" => "大津波警報",
                        "Warning" => "津波警報",
                        "Watch" => "津波注意報",
                        _ => "種類不明",
                    };
                    format!("{area} {grade}")
                })
                .collect();
            (
                "津波予報",
                areas.join("、"),
                "気象庁の電文で確かめてください".to_owned(),
            )
        }
        P2pWhat::EarlyWarning(warning) if warning.cancelled => return None,
        P2pWhat::EarlyWarning(warning) => {
            let areas: Vec<&str> = warning
                .areas
                .iter()
                .take(5)
                .map(|area| area.0.as_str())
                .collect();
            (
                "緊急地震速報",
                areas.join("、"),
                "職員向け。再配信には別の決まりがあります".to_owned(),
            )
        }
    };
    Some(ExternalItem {
        name: name.to_owned(),
        text: short(&text),
        source: "P2P地震情報(気象庁発表を第三者が中継)".to_owned(),
        at: line.item.issued_at,
        until: None,
        stale: false,
        note: Some(note),
    })
}

fn station(line: &StationLine) -> ExternalItem {
    let observed = &line.observed;
    let name = match (line.name.as_str(), line.station.as_str()) {
        ("", "") => "観測所(名称不明)".to_owned(),
        ("", station) => format!("観測所 {station}"),
        (name, _) => name.to_owned(),
    };
    let text = [
        ("10分", &observed.rain_10min_mm),
        ("1時間", &observed.rain_1h_mm),
        ("3時間", &observed.rain_3h_mm),
        ("24時間", &observed.rain_24h_mm),
    ]
    .into_iter()
    .filter_map(|(over, value)| Some(format!("{over} {}", millimetres(value)?)))
    .collect::<Vec<_>>();
    ExternalItem {
        name,
        text: if text.is_empty() {
            "雨は観測していません".to_owned()
        } else {
            text.join("、")
        },
        source: format!("観測所 {}", line.station),
        at: observed.at,
        until: None,
        stale: line.stale,
        note: None,
    }
}

/// 欠測, doubtful and "not measured" are three things, none of them zero.
fn millimetres(value: &StationValue) -> Option<String> {
    match value {
        StationValue::Good { value } => Some(format!("{value:.1} mm")),
        StationValue::Doubtful { value, .. } => {
            Some(format!("{value:.1} mm(品質に疑い、使いません)"))
        }
        StationValue::Missing { .. } => Some("欠測".to_owned()),
        StationValue::NotMeasured => None,
    }
}

fn forecasts(line: &ForecastLine, now: Timestamp) -> Vec<ExternalItem> {
    // The next rain is what matters here: the first spans that have a probability, of each area one.
    let mut areas = std::collections::BTreeSet::new();
    line.steps
        .iter()
        .filter(|step| step.from >= now)
        .filter_map(|step| Some((step, step.probability_percent?)))
        .filter(|(step, _)| areas.insert(step.area.clone()))
        .map(|(step, percent)| ExternalItem {
            name: short(&step.area_name),
            text: format!("{}から 降水確率 {percent}%", spoken(step.from)),
            source: short(&line.office),
            at: line.report_at,
            until: None,
            stale: line.stale,
            note: None,
        })
        .collect()
}

fn data(line: &DataLine) -> ExternalItem {
    let text = match (line.deleted, &line.carried, &line.fetch, &line.refused) {
        (true, ..) => "取り下げられました".to_owned(),
        (_, Some((bytes, Verdict::Verified)), ..) => format!("{bytes}バイト、検証済み"),
        (_, Some((bytes, _)), ..) => format!("{bytes}バイト、検証できません(使いません)"),
        (_, None, Some(fetch), _) => format!("取得先 {}", fetch.href),
        (_, None, None, Some(why)) => format!("取得しません: {why}"),
        (_, None, None, None) => "取得できる場所が示されていません".to_owned(),
    };
    ExternalItem {
        name: short(if line.data_id.is_empty() {
            "名前のないデータ"
        } else {
            &line.data_id
        }),
        text: short(&text),
        source: "WIS2".to_owned(),
        at: line.published_at,
        until: None,
        stale: false,
        note: (!line.findings.is_empty()).then(|| "通知の形が規格と違います".to_owned()),
    }
}

/// Texts of others may be long: the page shows their beginning, the API all of it.
fn short(text: &str) -> String {
    const MAX: usize = 120;
    if text.chars().count() <= MAX {
        return text.to_owned();
    }
    text.chars().take(MAX).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hinan_sensors::official::{External, decode};

    fn at(time: &str) -> Timestamp {
        format!("2026-08-30T{time}:00+09:00")
            .parse()
            .expect("a time")
    }

    #[test]
    fn a_missing_and_a_doubtful_value_are_said_and_neither_is_a_zero() {
        let mut external = External::default();
        let text = r#"{"19432":{"precipitation10m":[0.5,1],"precipitation1h":[null,6],"precipitation24h":[12.0,0]}}"#;
        let message = decode(Some("20260830180000.json"), text.as_bytes()).expect("observations");
        external.take(&message, at("18:05"));
        let groups = groups(&external.view(at("18:45")));
        assert_eq!(groups.len(), 1, "only what was heard");
        let item = &groups[0].items[0];
        assert_eq!(
            item.text,
            "10分 0.5 mm(品質に疑い、使いません)、1時間 欠測、24時間 12.0 mm"
        );
        assert!(item.stale);
    }

    #[test]
    fn an_alert_says_who_sends_it_how_sure_it_is_and_that_its_end_is_ours() {
        let mut external = External::default();
        let text = "<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><identifier>A1</identifier><sender>pref@example.jp</sender>\
                    <sent>2026-08-30T18:00:00+09:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Private</scope>\
                    <addresses>town</addresses><info><language>ja</language><category>Met</category><event>洪水</event>\
                    <urgency>Expected</urgency><severity>Severe</severity><certainty>Likely</certainty>\
                    <senderName>県</senderName><area><areaDesc>町全域</areaDesc></area></info></alert>";
        external.take(
            &decode(None, text.as_bytes()).expect("an alert"),
            at("18:01"),
        );
        let item = groups(&external.view(at("18:02")))
            .remove(0)
            .items
            .remove(0);
        assert_eq!((item.name.as_str(), item.text.as_str()), ("洪水", "町全域"));
        assert_eq!(item.source, "県(pref@example.jp)");
        let note = item.note.unwrap_or_default();
        for said in ["重大・可能性が高い", "24時間", "外に出してはいけない"] {
            assert!(note.contains(said), "{note}");
        }
    }
}
