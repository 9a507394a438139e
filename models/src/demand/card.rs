use super::LineError;
use super::published::{Measure, PUBLISHED};
use super::rates::{RateModel, rate_figures};
use super::trial::SeriesFigures;
use crate::artifact::Words;
use serde::{Deserialize, Serialize};

/// What people must know before they read a demand: on what it rests, how well it did where it was blind, and what nobody
/// can say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemandCard {
    /// Program that made it.
    pub made_by: String,
    /// Published rates it was fitted on.
    pub rates: usize,
    /// Storms they come from.
    pub storms: usize,
    /// Weights in logits with their spreads: base, public shelter, danger plain, announced, night, level 3 only.
    pub weights: Vec<(f64, f64)>,
    /// On storms that were left out.
    pub on_rates: Vec<RateFigures>,
    /// On counts of shelters of events that were left out; empty where none were at hand.
    pub on_series: Vec<SeriesFigures>,
    /// What the data cannot support.
    pub limits: Vec<Words>,
}

/// How the model did on published rates of storms that were left out. Errors are natural logarithms of rates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateFigures {
    /// Of which rates; none = of all.
    pub measure: Option<Measure>,
    /// Rates compared.
    pub rates: usize,
    /// Root mean squared error.
    pub log_rmse: f64,
    /// The same of the prior alone, which has read no rate at all.
    pub log_rmse_prior: f64,
    /// The same of each fixed rate.
    pub log_rmse_fixed: Vec<(f64, f64)>,
    /// Rates for which an earlier storm has a rate of the same measure.
    pub rates_with_storm_before: usize,
    /// Error of "as in the storm before" on them.
    pub log_rmse_storm_before: f64,
    /// Error of the model on them.
    pub log_rmse_where_storm_before: f64,
    /// Share inside the 5–95 % interval; 0.90 is the aim.
    pub coverage90: f64,
    /// Share within a factor of two.
    pub within_factor_2: f64,
}

impl DemandCard {
    /// The card of the model of [`PUBLISHED`].
    ///
    /// # Errors
    /// [`LineError`]: a fit failed, which the table does not cause.
    pub fn of_published(on_series: Vec<SeriesFigures>) -> Result<Self, LineError> {
        let mut storms: Vec<&str> = PUBLISHED.iter().map(|row| row.storm).collect();
        storms.dedup();
        Ok(Self {
            made_by: crate::artifact::ModelCard::made_by_us().to_owned(),
            rates: PUBLISHED.len(),
            storms: storms.len(),
            weights: RateModel::of_published()?.weights(),
            on_rates: rate_figures(&PUBLISHED)?,
            on_series,
            limits: limits(PUBLISHED.len(), storms.len()),
        })
    }
}

fn limits(rates: usize, storms: usize) -> Vec<Words> {
    let words = |ja: String, en: String| Words { ja, en };
    vec![
        words(
            format!("把握できた公表の避難率は{storms}つの水害の{rates}件しかない。値の幅が広いのはそのためで、狭い幅を示す根拠はない。"),
            format!("Only {rates} published rates of {storms} floods are known to us. The range is wide for that reason; nothing supports a narrower one."),
        ),
        words(
            "初期値を決めた人は公表値を知っていた。一つの水害を除いて検証しても、まったく知らない水害で試したことにはならない。".into(),
            "Whoever wrote the prior knew the published rates. Leaving one storm out is therefore not the same as meeting a storm nobody knew.".into(),
        ),
        words(
            "少ないという予測は、避難情報を出さない理由にならない。避難者数は発令のあとに決まるもので、発令の判断には用いない。".into(),
            "A low figure is no reason not to issue. Demand follows from an order; it has no part in deciding it.".into(),
        ),
        words(
            "夜間、警戒レベル3、屋内安全確保、参集の速さは仮定であり、日本の水害の記録で検証されていない。避難所が開いた時からの時系列は一つも公表されていない。".into(),
            "Night, level 3, going upstairs and the pace of arrival are assumptions. No count of a Japanese flood from the opening of its shelters on has been published to test them.".into(),
        ),
        words(
            "休日、空振りの回数、年齢構成、過去の浸水経験、近所の声かけは影響するとされるが、公表値から分けられないため入れていない。".into(),
            "Holidays, recent false alarms, age, past floods and calls by neighbours are said to matter. Published rates cannot tell them apart, so they are left out.".into(),
        ),
        words(
            "広島県の値は避難の途中の数で、夜間について語る唯一の値でもある。17市町の平均は母数が示されていない。".into(),
            "The figure of Hiroshima was counted in mid-event and is the only one that speaks of night. The mean of 17 towns states no base.".into(),
        ),
        words(
            "90%区間は、公表値と七尾市では広すぎ、熊本県の一部では狭すぎた。".into(),
            "The 90 % interval was too wide on the published rates and in Nanao, and too narrow in parts of Kumamoto.".into(),
        ),
        words(
            "浸水した地区だけの調査は、結果で選ばれた人の答えなので、ほかの地区より高い。".into(),
            "Surveys of flooded quarters asked people chosen by the outcome; their rates are higher than elsewhere.".into(),
        ),
        words(
            "日ごとの人数の検証は地震の避難所（2024年七尾市、2026年熊本県）による。水害の数時間から1日の避難とは減り方が違う。".into(),
            "Day-to-day counts were tested on shelters of two earthquakes (Nanao 2024, Kumamoto 2026). People in a flood stay for hours, not for weeks.".into(),
        ),
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::DemandCard;

    #[test]
    fn the_card_says_what_the_data_cannot_support_in_both_languages() {
        let card = DemandCard::of_published(Vec::new()).unwrap();
        assert_eq!((card.rates, card.storms), (13, 4));
        assert!(
            card.limits
                .iter()
                .all(|words| !words.ja.is_empty() && !words.en.is_empty())
        );
        assert!(
            card.limits
                .iter()
                .any(|words| words.en.contains("no reason not to issue"))
        );
        let json = serde_json::to_string(&card).unwrap();
        assert_eq!(serde_json::from_str::<DemandCard>(&json).unwrap(), card);
    }
}
