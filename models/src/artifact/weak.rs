use super::card::{LeadFigures, ModelCard, Words};

/// Fewer floods than this say little.
const FEW_FLOODS: usize = 10;
/// The interval should hold this share of the observations in floods.
const COVERAGE: std::ops::RangeInclusive<f64> = 0.85..=0.95;

/// Where a model is weak, said from its figures; the worst first.
pub(crate) fn weak_spots(card: &ModelCard, perfect_rain: bool) -> Vec<Words> {
    let mut spots = Vec::new();
    if perfect_rain {
        spots.push(words(
            "実際に降った雨を降水予測として与えた実験用のモデルであり、運用に使ってはならない。",
            "An experiment: it is given the rain that really fell as its rain forecast. Not for use.",
        ));
    }
    if card.groups == 0 {
        spots.push(words(
            "学習に使わない出水での検証が行われていないため、精度は分からない。",
            "It was not tried on floods it had not seen: how good it is, is not known.",
        ));
    }
    let floods = card.floods.len();
    if floods < FEW_FLOODS {
        spots.push(Words {
            ja: format!("学習した出水が{floods}回と少ない。数値は次の出水で大きく変わりうる。"),
            en: format!(
                "Only {floods} floods taught it: its figures may change much with the next one."
            ),
        });
    }
    for lead in &card.leads {
        spots.extend(of_lead(lead));
    }
    let [low, high] = card.range_m;
    let unit = card.unit.symbol();
    spots.push(Words {
        ja: format!("学習した範囲は{low:.2}〜{high:.2} {unit}。これを超える出水では、幅を広げて示すが、検証されていない。"),
        en: format!("It learnt from {low:.2} to {high:.2} {unit}. Above that it widens its interval, but nobody could check it there."),
    });
    if card.case.upstream.is_empty() && card.case.rain.is_empty() {
        spots.push(words(
            "上流の水位も雨量も使わないため、増水の始まりは、始まってからしか分からない。",
            "It knows neither a gauge upstream nor rain: it sees a rise only once it has begun.",
        ));
    } else if card.case.rain_forecast.is_empty() {
        spots.push(words(
            "降水予測を使わないため、これから降る雨による増水は予測できない。",
            "It has no rain forecast: a rise from rain that is yet to fall is not foreseen.",
        ));
    }
    spots
}

fn of_lead(lead: &LeadFigures) -> Vec<Words> {
    let h = lead.lead_h;
    let mut spots = Vec::new();
    if lead.by_model < 0.5 {
        spots.push(Words {
            ja: format!(
                "{h}時間先では、現在水位の継続に勝らないことが多く、ほとんどの場合それを用いる。"
            ),
            en: format!(
                "{h} h ahead it seldom beats persistence and mostly holds the level instead."
            ),
        });
    }
    if let Some(skill) = lead.skill
        && skill.low < 0.0
    {
        spots.push(Words {
            ja: format!(
                "{h}時間先の改善率は{:.2}（{:.2}〜{:.2}）。現在水位の継続に劣る恐れがある。",
                skill.value, skill.low, skill.high
            ),
            en: format!(
                "{h} h ahead its skill is {:.2} ({:.2} to {:.2}): it may do worse than persistence.",
                skill.value, skill.low, skill.high
            ),
        });
    }
    if let Some(coverage) = lead.coverage90_flood
        && !COVERAGE.contains(&coverage.value)
    {
        let (share, low, high) = (
            100.0 * coverage.value,
            100.0 * coverage.low,
            100.0 * coverage.high,
        );
        spots.push(Words {
            ja: format!("{h}時間先の90%区間は、出水時には{share:.0}%（{low:.0}〜{high:.0}%）しか当たらない、または広すぎる。"),
            en: format!("{h} h ahead the 90 % interval holds {share:.0} % ({low:.0} to {high:.0} %) in floods, not 85 to 95 %."),
        });
    }
    if let Some(pod) = lead.pod_q95
        && pod < 0.6
    {
        let share = 100.0 * pod;
        spots.push(Words {
            ja: format!("{h}時間先の基準超過は、95%分位でも{share:.0}%しか捉えられない。"),
            en: format!(
                "{h} h ahead even its 0.95 quantile announces only {share:.0} % of the crossings."
            ),
        });
    }
    spots
}

fn words(ja: &str, en: &str) -> Words {
    Words {
        ja: ja.to_owned(),
        en: en.to_owned(),
    }
}
