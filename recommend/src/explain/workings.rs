//! 計算の元と計算のしかた: the inputs in full, and the rules in words, so that a stranger can work everything out again.

use std::fmt::{self, Write as _};

use super::{at, at_second};
use crate::deadline::{Term, Workings};
use crate::level::OrderLevel;
use crate::outlook::{Forecast, Gauge, Tier, Voice};

/// Everything that was put in, and how the figures above come out of it.
pub(super) fn write_workings(text: &mut String, of: &Workings, level: OrderLevel) -> fmt::Result {
    writeln!(text, "\n■ 計算の元 inputs, as they were then")?;
    for (id, gauge) in &of.gauges {
        write_gauge(text, id.as_str(), gauge)?;
        if let Some(made) = &gauge.forecast {
            write_forecast(text, made, of.models.get(id).map(String::as_str))?;
        } else {
            writeln!(text, "    予測なし no forecast")?;
        }
    }
    if of.gauges.is_empty() {
        writeln!(text, "  水位計なし no gauge")?;
    }
    write_sky(text, of)?;
    write_homes(text, of)?;
    write_rules(text, of)?;
    write_terms(text, of, level)
}

fn write_gauge(text: &mut String, id: &str, gauge: &Gauge) -> fmt::Result {
    writeln!(
        text,
        "  水位計 gauge [{id}] {}({}) {}",
        gauge.name,
        gauge.river,
        match gauge.voice {
            Voice::Live => "通報中 live".to_owned(),
            Voice::Late { for_min } => format!("遅れ late {for_min}分"),
            Voice::Silent { for_min } => format!("途絶 silent {for_min}分"),
            Voice::NeverHeard => "受信なし never heard".to_owned(),
        }
    )?;
    if let Some(observed) = gauge.observed {
        writeln!(
            text,
            "    観測 observed {:.4} m {}{}",
            observed.level_m,
            at_second(observed.at),
            if observed.doubted {
                "(疑わしい値 doubted)"
            } else {
                ""
            }
        )?;
    }
    if let Some(rise) = gauge.rise_m_per_h {
        writeln!(text, "    上昇 rise {rise:+.4} m/h")?;
    }
    if let Some(held) = gauge.held {
        writeln!(
            text,
            "    最後の水位 held {:.4} m {}、その時の上昇 {} m/h、{:.1}時間まで続くと仮定(下降は続くとみなさない)",
            held.last_m,
            at_second(held.at),
            held.rise_m_per_h
                .map_or_else(|| "不明".to_owned(), |rise| format!("{rise:+.4}")),
            held.goes_on_for_h
        )?;
    }
    for (mark, level_m) in gauge.marks.iter() {
        writeln!(
            text,
            "    基準水位 mark {} {level_m:.4} m {}",
            mark.code(),
            mark.japanese()
        )?;
    }
    Ok(())
}

fn write_forecast(text: &mut String, made: &Forecast, model: Option<&str>) -> fmt::Result {
    writeln!(
        text,
        "    予測 forecast {} {} {}",
        at_second(made.made_at),
        made.tier.japanese(),
        model.map_or_else(
            || "承認された予測モデルのファイルによらない not by an approved model file".to_owned(),
            |which| format!("モデル model {which}")
        )
    )?;
    for lead in &made.leads {
        let quantiles: Vec<String> = lead
            .quantiles
            .iter()
            .map(|(p, level_m)| format!("{p:.4}:{level_m:.4}"))
            .collect();
        writeln!(
            text,
            "      {}時間後 lead_h={} 中央 median {:.4} m 分位 quantiles {}{}",
            lead.lead_h,
            lead.lead_h,
            lead.median_m,
            quantiles.join(" "),
            if lead.outside_training {
                "(学習の範囲の外 outside what it was fitted on)"
            } else {
                ""
            }
        )?;
    }
    Ok(())
}

fn write_sky(text: &mut String, of: &Workings) -> fmt::Result {
    let moment = |when: Option<jiff::Timestamp>| when.map_or_else(|| "なし none".to_owned(), at);
    writeln!(
        text,
        "  日の出 sunrise {}、日没 sunset {}(北緯{:.4} 東経{:.4}、NOAAの式、高度-0.833度)",
        moment(of.sun.rises_at),
        moment(of.sun.sets_at),
        of.place.lat,
        of.place.lon
    )?;
    match of.storm {
        None => writeln!(text, "  暴風 storm: 見込みなし none expected")?,
        Some((begins, assumed)) => writeln!(
            text,
            "  暴風 storm: {}{}",
            at(begins),
            if assumed {
                "(警報に時刻がなく、発表の時からとみなす assumed)"
            } else {
                ""
            }
        )?,
    }
    match &of.overnight {
        None => writeln!(text, "  夜間の見込み overnight: 発表なし none said"),
        Some(told) => writeln!(
            text,
            "  夜間の見込み overnight: レベル{}({} {})",
            told.value.number(),
            told.source,
            at(told.at)
        ),
    }
}

/// The facts behind the three conditions of staying upstairs, and how many follow from them.
fn write_homes(text: &mut String, of: &Workings) -> fmt::Result {
    let exposure = &of.exposure;
    let people = |known: Option<u32>| {
        known.map_or_else(|| "不明 unknown".to_owned(), |people| format!("{people}人"))
    };
    writeln!(
        text,
        "  住民 residents {}人、危険のある人 at risk {}人、家屋倒壊等氾濫想定区域に住む人 in a collapse zone {}、浸水しない部屋のある人 with a dry room {}、最大浸水深 deepest {}、浸水継続 isolation {}(耐えられるのは{:.0}時間まで)",
        of.people,
        exposure.people_at_risk,
        people(exposure.people_in_collapse_zone),
        people(exposure.people_with_dry_room),
        exposure.depth_max_m.map_or_else(
            || "不明 unknown".to_owned(),
            |depth_m| format!("{depth_m:.1} m")
        ),
        exposure.isolation_h.map_or_else(
            || "不明 unknown".to_owned(),
            |hours| format!("{hours:.0}時間")
        ),
        of.action.isolation_max_h
    )?;
    if let Some(road_m) = exposure.road_cut_m {
        writeln!(text, "  避難経路が冠水する水位 road cut {road_m:.4} m")?;
    }
    writeln!(
        text,
        "  とどまれる人 = 三条件がすべて該当なら、浸水しない部屋のある人 − 倒壊区域に住む人、そうでなければ0。最大浸水深が5 mを超えるとだれもとどまれない"
    )
}

fn write_rules(text: &mut String, of: &Workings) -> fmt::Result {
    let settings = &of.deadline;
    let early = settings.early_chance;
    writeln!(text, "■ 計算のしかた rules")?;
    let forecast = of.gauges.values().find_map(|gauge| gauge.forecast.as_ref());
    if forecast.is_some_and(|made| made.tier != Tier::Persistence) {
        writeln!(
            text,
            "  (1) 一つの時点の確率: 分位の点(確率:水位)を直線で結ぶ。最上の点(p,q)より上は P(水位≥x) = (1−p)·exp(−(x−q)/f)、最下の点(p,q)以下は P(水位≥x) = 1−p·exp(−(q−x)/f)、f = max(0.001, |q−中央|/ln10)。逆に確率から水位を読むときも同じ曲線で、確率は0.001〜0.999に限る"
        )?;
        writeln!(
            text,
            "  (2) n時間以内に達する確率: 観測がすでにその高さなら1、そうでなければn時間以内の各時点の(1)の最大"
        )?;
        writeln!(
            text,
            "  (3) 到達の時刻: 予測の時刻の観測から、各時点の水位を直線で結び、その高さに初めて達する時刻。早い側({:.0}%)は分位{:.4}、中央は分位0.5",
            early * 100.0,
            1.0 - early
        )?;
        writeln!(
            text,
            "  (4) ある時刻までに達する確率: それまでの各時点の(1)と、前後の時点の分位とfを時間で直線に配分した曲線の(1)(最初の時点より前は、水位 観測+(高さ−観測)/割合 の(1))の最大。0.001未満は0、0.999を上限とする"
        )?;
    }
    if of.gauges.values().any(|gauge| gauge.rise_m_per_h.is_some()) {
        writeln!(
            text,
            "  (5) 使える予測がないとき: 到達まで = (高さ−観測)/(上昇×倍率)時間。早い側は{}倍、中央は1倍、遅い側は{}倍。{}時間先まで。確率は(0時間,0)から(早い側,{early})(中央,0.5)(遅い側,{})を直線で結ぶ",
            settings.rate_early_times,
            settings.rate_late_times,
            settings.rate_horizon_h,
            1.0 - early
        )?;
    }
    writeln!(
        text,
        "  (6) 期限 = 守るべき時刻 − 各項の遅い側(90%)の和。守るべき時刻は、到達の早い側、避難経路の冠水、暴風の始まりのうち最も早いもの。移動は守るべき時刻から逆にたどり、暗い間の分だけ{}倍かかる。決める時か移動が暗い時間にかかり、いまが明るいときは、日没から昼の各項の和を引いた時刻が早ければそれを期限とする。到達が見通せないときは、暴風の始まりと、夜間にその段階が見込まれるときの日没だけを守るべき時刻とする",
        settings.travel_night_times
    )?;
    writeln!(
        text,
        "  (7) 高齢者等の期限は避難指示の期限の{:.0}分以上前",
        settings.elderly_ahead_min
    )?;
    writeln!(
        text,
        "  (8) 待った場合に間に合わない確率 = 決める時刻 + 各項の中央(昼)の和 までに到達する確率(3)(4)(5)。人数はそれに危険のある人をかけた期待値"
    )
}

fn write_terms(text: &mut String, of: &Workings, level: OrderLevel) -> fmt::Result {
    let terms = of.terms(level);
    if terms.is_empty() {
        return Ok(());
    }
    writeln!(
        text,
        "■ 時間の項(昼) terms by day: 早い quick 10%、中央 middle 50%、遅い slow 90%"
    )?;
    for term in terms {
        write_term(text, term)?;
    }
    let middle_min: f64 = terms.iter().map(|term| term.middle_min).sum();
    writeln!(text, "  中央の和 middle sum {middle_min:.4}分")
}

pub(super) fn write_term(text: &mut String, term: &Term) -> fmt::Result {
    writeln!(
        text,
        "  項 term {} {}: quick {:.4} middle {:.4} slow {:.4}分({})",
        term.name.english(),
        term.name.japanese(),
        term.quick_min,
        term.middle_min,
        term.slow_min,
        term.note
    )
}
