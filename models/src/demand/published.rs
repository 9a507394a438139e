use super::call::Conditions;
use serde::{Deserialize, Serialize};

/// Rates of leaving home or of coming to a shelter in Japanese floods, as published.
///
/// Left out, because they name no base or no behaviour: 34 and 4,472 people in the shelters of Fukuoka in two typhoons of
/// 2020, 12,107 in Nagasaki, 176,500 in Tokyo and 230,000 in all Japan in 2019, and what people say they would do.
/// "Toyono" is worked out from the two figures printed for Naganuma alone and for both together; the survey of Ebina printed
/// 35 % who left, 37 % of them in shelters of the city. The mean of 17 towns names no base and is taken as of those under
/// orders. Hiroshima was counted in mid-event, so its rate is less sure than its two million people suggest; it is also the
/// only one that speaks of night. Conditions stand where the sources state them; what they do not state counts as not so.
pub const PUBLISHED: [Published; 13] = [
    Published::new(
        "2015-09 関東・東北豪雨",
        2015,
        "常総市",
        Measure::Left,
        0.59,
        Some(516),
        Base::FloodedArea,
        PLAIN,
    ),
    Published::new(
        "2018-07 西日本豪雨",
        2018,
        "広島県 7月6日22時30分",
        Measure::PublicShelter,
        0.002_76,
        Some(2_170_000),
        Base::UnderOrder,
        NIGHT,
    )
    .in_mid_event(),
    Published::new(
        "2018-07 西日本豪雨",
        2018,
        "死者の出た17市町",
        Measure::PublicShelter,
        0.046,
        None,
        Base::NotStated,
        SUDDEN,
    ),
    Published::new(
        "2018-07 西日本豪雨",
        2018,
        "アプリ調査",
        Measure::Left,
        0.16,
        Some(7_889),
        Base::Answers,
        SUDDEN,
    ),
    Published::new(
        "2019-10 令和元年東日本台風",
        2019,
        "海老名市",
        Measure::PublicShelter,
        0.093,
        Some(54_000),
        Base::UnderOrder,
        ANNOUNCED_PLAIN,
    ),
    Published::new(
        "2019-10 令和元年東日本台風",
        2019,
        "海老名市 調査",
        Measure::Left,
        0.35,
        Some(1_011),
        Base::Answers,
        ANNOUNCED_PLAIN,
    ),
    Published::new(
        "2019-10 令和元年東日本台風",
        2019,
        "海老名市 調査・市の避難所",
        Measure::PublicShelter,
        0.13,
        Some(1_011),
        Base::Answers,
        ANNOUNCED_PLAIN,
    ),
    Published::new(
        "2019-10 令和元年東日本台風",
        2019,
        "須坂市",
        Measure::Left,
        0.127,
        Some(6_580),
        Base::Answers,
        ANNOUNCED,
    ),
    Published::new(
        "2019-10 令和元年東日本台風",
        2019,
        "長野市長沼",
        Measure::Left,
        0.84,
        Some(193),
        Base::FloodedArea,
        ANNOUNCED_PLAIN,
    ),
    Published::new(
        "2019-10 令和元年東日本台風",
        2019,
        "長野市豊野",
        Measure::Left,
        0.40,
        Some(582),
        Base::FloodedArea,
        ANNOUNCED_PLAIN,
    ),
    Published::new(
        "2019-10 令和元年東日本台風",
        2019,
        "丸森町",
        Measure::Left,
        0.17,
        None,
        Base::Answers,
        ANNOUNCED,
    ),
    Published::new(
        "2019-10 令和元年東日本台風",
        2019,
        "佐野市 被災家屋",
        Measure::Left,
        0.43,
        None,
        Base::FloodedArea,
        ANNOUNCED_PLAIN,
    ),
    Published::new(
        "2020-09 台風第10号",
        2020,
        "九州",
        Measure::PublicShelter,
        0.025_2,
        Some(7_730_000),
        Base::UnderOrder,
        ANNOUNCED,
    ),
];

/// One published rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Published {
    /// The storm. Rates of one storm are never on both sides of an evaluation.
    pub storm: &'static str,
    /// Its year.
    pub year: u16,
    /// Where.
    pub place: &'static str,
    /// What was counted.
    pub measure: Measure,
    /// Share of the base, 0 to 1.
    pub rate: f64,
    /// People or answers of the base, where stated.
    pub of: Option<u32>,
    /// Who the base is.
    pub base: Base,
    /// What was known before.
    pub conditions: Conditions,
    /// Counted while people still came, so it says less of the end; its variance is taken as doubled.
    pub mid_event: bool,
}

/// What a rate counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Left home.
    Left,
    /// Came to a public shelter.
    PublicShelter,
}

/// Whom a rate is a share of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    /// Everybody in the area of an order.
    UnderOrder,
    /// The source does not say.
    NotStated,
    /// Those who answered a survey.
    Answers,
    /// Those who answered, asked only where it was flooded: chosen by the outcome, so the rate is higher than elsewhere.
    FloodedArea,
}

const SUDDEN: Conditions = Conditions {
    announced_days_ahead: false,
    danger_plain: false,
    night: false,
};
const NIGHT: Conditions = Conditions {
    night: true,
    ..SUDDEN
};
const PLAIN: Conditions = Conditions {
    danger_plain: true,
    ..SUDDEN
};
const ANNOUNCED: Conditions = Conditions {
    announced_days_ahead: true,
    ..SUDDEN
};
const ANNOUNCED_PLAIN: Conditions = Conditions {
    danger_plain: true,
    ..ANNOUNCED
};

impl Published {
    #[expect(
        clippy::too_many_arguments,
        reason = "one line of a table, read as one line"
    )]
    const fn new(
        storm: &'static str,
        year: u16,
        place: &'static str,
        measure: Measure,
        rate: f64,
        of: Option<u32>,
        base: Base,
        conditions: Conditions,
    ) -> Self {
        Self {
            storm,
            year,
            place,
            measure,
            rate,
            of,
            base,
            conditions,
            mid_event: false,
        }
    }

    const fn in_mid_event(self) -> Self {
        Self {
            mid_event: true,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Measure, PUBLISHED};

    #[test]
    fn the_two_halves_of_nagano_make_the_figure_printed_for_both() {
        let of = |place: &str| {
            let row = PUBLISHED.iter().find(|row| row.place == place);
            row.and_then(|row| row.of.map(|of| (row.rate, f64::from(of))))
        };
        let (Some((a, n)), Some((b, m))) = (of("長野市長沼"), of("長野市豊野")) else {
            panic!("both are in the table");
        };
        let both = (a * n + b * m) / (n + m);
        assert!((both - 0.51).abs() < 0.005, "{both}");
    }

    #[test]
    fn every_rate_is_a_share_and_storms_stand_in_order() {
        assert!(PUBLISHED.iter().all(|row| row.rate > 0.0 && row.rate < 1.0));
        assert!(
            PUBLISHED
                .windows(2)
                .all(|pair| pair[0].year <= pair[1].year)
        );
        let shelters = PUBLISHED
            .iter()
            .filter(|row| row.measure == Measure::PublicShelter);
        assert_eq!(shelters.count(), 5);
    }
}
