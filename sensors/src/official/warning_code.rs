//! The code tables of weather and river warnings. Two tables: river codes overlap weather codes in number.

use serde::{Deserialize, Serialize};

use super::grade::{Class, Grade, Hazard, JmaLevel};

/// What told the grade of a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GradeFrom {
    /// `Kind/Code`.
    Code,
    /// `Significancy/Code`, because the kind's code is not in our table.
    Significancy,
    /// `Kind/Name`, because no code is in our tables.
    Name,
    /// Nothing: [`Class::Unknown`].
    Nothing,
}

/// `Kind/Code` of weather warnings (別表３).
#[rustfmt::skip]
const WEATHER: &[(&str, Hazard, Class, Option<JmaLevel>)] = &[
    ("02", Hazard::Snowstorm, Class::Warning, None),
    ("03", Hazard::HeavyRain, Class::Warning, Some(JmaLevel::L3)),
    ("04", Hazard::Flood, Class::Warning, Some(JmaLevel::L3)),
    ("05", Hazard::Storm, Class::Warning, None),
    ("06", Hazard::HeavySnow, Class::Warning, None),
    ("07", Hazard::Waves, Class::Warning, None),
    ("08", Hazard::StormSurge, Class::Warning, Some(JmaLevel::L3)),
    ("09", Hazard::Landslide, Class::Warning, Some(JmaLevel::L3)),
    ("10", Hazard::HeavyRain, Class::Advisory, Some(JmaLevel::L2)),
    ("12", Hazard::HeavySnow, Class::Advisory, None),
    ("13", Hazard::Snowstorm, Class::Advisory, None),
    ("14", Hazard::Thunder, Class::Advisory, None),
    ("15", Hazard::Storm, Class::Advisory, None),
    ("16", Hazard::Waves, Class::Advisory, None),
    ("17", Hazard::Snowmelt, Class::Advisory, None),
    ("18", Hazard::Flood, Class::Advisory, Some(JmaLevel::L2)),
    ("19", Hazard::StormSurge, Class::Advisory, Some(JmaLevel::L2)),
    ("20", Hazard::Fog, Class::Advisory, None),
    ("21", Hazard::DryAir, Class::Advisory, None),
    ("22", Hazard::Avalanche, Class::Advisory, None),
    ("23", Hazard::LowTemperature, Class::Advisory, None),
    ("24", Hazard::Frost, Class::Advisory, None),
    ("25", Hazard::Icing, Class::Advisory, None),
    ("26", Hazard::WetSnow, Class::Advisory, None),
    ("27", Hazard::Other, Class::Advisory, None),
    ("29", Hazard::Landslide, Class::Advisory, Some(JmaLevel::L2)),
    ("32", Hazard::Snowstorm, Class::Special, None),
    ("33", Hazard::HeavyRain, Class::Special, Some(JmaLevel::L5)),
    ("35", Hazard::Storm, Class::Special, None),
    ("36", Hazard::HeavySnow, Class::Special, None),
    ("37", Hazard::Waves, Class::Special, None),
    ("38", Hazard::StormSurge, Class::Special, Some(JmaLevel::L5)),
    ("39", Hazard::Landslide, Class::Special, Some(JmaLevel::L5)),
    ("43", Hazard::HeavyRain, Class::Danger, Some(JmaLevel::L4)),
    ("48", Hazard::StormSurge, Class::Danger, Some(JmaLevel::L4)),
    ("49", Hazard::Landslide, Class::Danger, Some(JmaLevel::L4)),
];

/// The words of a name that tell what it is about, for codes that are in no table.
const NAMES: &[(&str, Hazard)] = &[
    ("土砂", Hazard::Landslide),
    ("高潮", Hazard::StormSurge),
    ("氾濫", Hazard::RiverFlood),
    ("洪水", Hazard::Flood),
    ("大雨", Hazard::HeavyRain),
    ("浸水", Hazard::HeavyRain),
    ("暴風雪", Hazard::Snowstorm),
    ("風雪", Hazard::Snowstorm),
    ("暴風", Hazard::Storm),
    ("強風", Hazard::Storm),
    ("波浪", Hazard::Waves),
    ("大雪", Hazard::HeavySnow),
    ("着雪", Hazard::WetSnow),
    ("着氷", Hazard::Icing),
    ("融雪", Hazard::Snowmelt),
    ("雷", Hazard::Thunder),
    ("濃霧", Hazard::Fog),
    ("乾燥", Hazard::DryAir),
    ("なだれ", Hazard::Avalanche),
    ("低温", Hazard::LowTemperature),
    ("霜", Hazard::Frost),
    ("竜巻", Hazard::Tornado),
    ("津波", Hazard::Tsunami),
    ("噴火", Hazard::Volcano),
];

/// Grade and hazard of a weather warning: by code, then by significancy, then by name.
pub(crate) fn weather(
    code: &str,
    name: &str,
    significancy: Option<Grade>,
) -> (Hazard, Grade, GradeFrom) {
    if let Some((_, hazard, class, level)) = WEATHER.iter().find(|row| row.0 == code) {
        return (*hazard, Grade::new(*class, *level), GradeFrom::Code);
    }
    let hazard = hazard_of(name);
    if let Some(grade) = significancy.filter(|grade| grade.class != Class::Unknown) {
        return (hazard, grade, GradeFrom::Significancy);
    }
    match of_name(name) {
        Some(grade) => (hazard, grade, GradeFrom::Name),
        None => (hazard, Grade::new(Class::Unknown, None), GradeFrom::Nothing),
    }
}

/// The code of a weather warning whose hazard and grade these are, if the table has one.
pub(crate) fn hazard_of(name: &str) -> Hazard {
    NAMES
        .iter()
        .find(|(word, _)| name.contains(word))
        .map_or(Hazard::Unknown, |(_, hazard)| *hazard)
}

/// `Significancy/Code` (別表５). `None`: the code says that there is no value.
pub(crate) fn significancy(code: &str) -> Option<Grade> {
    match code {
        "00" => None,
        "01" | "11" => Some(Grade::NONE),
        "10" | "20" => Some(Grade::new(Class::Advisory, None)),
        "30" => Some(Grade::new(Class::Warning, None)),
        "50" => Some(Grade::new(Class::Special, None)),
        "21" | "22" => Some(Grade::of_level(JmaLevel::L2)),
        "31" => Some(Grade::of_level(JmaLevel::L3)),
        "41" => Some(Grade::of_level(JmaLevel::L4)),
        "51" => Some(Grade::of_level(JmaLevel::L5)),
        _ => Some(Grade::new(Class::Unknown, None)),
    }
}

/// `Kind/Code` of river warnings (指定河川洪水予報). The first digit is the level; `10` is a release.
pub(crate) fn river(code: &str, name: &str) -> (Grade, GradeFrom) {
    let grade = match code {
        "10" => Grade::NONE,
        "20" | "21" | "22" => Grade::of_level(JmaLevel::L2),
        "30" | "31" => Grade::of_level(JmaLevel::L3),
        "40" | "41" => Grade::of_level(JmaLevel::L4),
        "50" | "51" | "52" | "53" => Grade::of_level(JmaLevel::L5),
        _ => {
            return match of_name(name) {
                Some(grade) => (grade, GradeFrom::Name),
                None => (Grade::new(Class::Unknown, None), GradeFrom::Nothing),
            };
        }
    };
    (grade, GradeFrom::Code)
}

/// What a name says of its own level or class, digits of either width.
pub(crate) fn of_name(name: &str) -> Option<Grade> {
    if name.is_empty() {
        return None;
    }
    if let Some(level) = level_in(name) {
        return Some(Grade::of_level(level));
    }
    let class = if name.contains("特別警報") {
        Class::Special
    } else if name.contains("危険警報") {
        Class::Danger
    } else if name.contains("警報") {
        Class::Warning
    } else if name.contains("注意報") {
        Class::Advisory
    } else {
        return None;
    };
    Some(Grade::new(class, None))
}

/// `レベル４` or `レベル4` in a text.
pub(crate) fn level_in(text: &str) -> Option<JmaLevel> {
    let digit = text.split_once("レベル")?.1.chars().next()?;
    let number = match digit {
        '1'..='5' => digit as u32 - '0' as u32,
        '１'..='５' => digit as u32 - '０' as u32,
        _ => return None,
    };
    u8::try_from(number)
        .ok()
        .and_then(|n| JmaLevel::try_from(n).ok())
}

/// Whether a status says that the item is over or was never there. The words are open ended; every other one means
/// that the item stands.
pub(crate) fn is_over(code: &str, status: &str) -> bool {
    matches!(code, "00" | "0") || matches!(status, "解除" | "なし" | "発表警報・注意報はなし")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(number: u8) -> Option<JmaLevel> {
        JmaLevel::try_from(number).ok()
    }

    #[test]
    fn the_code_decides_before_the_name() {
        let (hazard, grade, from) = weather("43", "レベル３大雨警報", None);
        assert_eq!(
            (hazard, grade.level, from),
            (Hazard::HeavyRain, level(4), GradeFrom::Code)
        );
    }

    #[test]
    fn an_unknown_code_is_read_from_its_significancy_then_from_its_name() {
        let (hazard, grade, from) = weather("99", "レベル４土砂災害危険警報", significancy("31"));
        assert_eq!(
            (hazard, grade.level, from),
            (Hazard::Landslide, level(3), GradeFrom::Significancy)
        );
        let (_, grade, from) = weather("99", "レベル４土砂災害危険警報", None);
        assert_eq!(
            (grade.class, grade.level, from),
            (Class::Danger, level(4), GradeFrom::Name)
        );
    }

    #[test]
    fn what_nobody_knows_ranks_above_everything_and_is_never_nothing() {
        let (hazard, grade, from) = weather("99", "", None);
        assert_eq!(
            (hazard, grade.class, from),
            (Hazard::Unknown, Class::Unknown, GradeFrom::Nothing)
        );
        assert!(grade > Grade::of_level(JmaLevel::L5));
    }

    #[test]
    fn a_storm_warning_has_no_level() {
        assert_eq!(weather("05", "暴風警報", None).1.level, None);
    }

    #[test]
    fn the_same_number_means_other_things_for_rivers_and_for_weather() {
        assert_eq!(weather("20", "濃霧注意報", None).0, Hazard::Fog);
        assert_eq!(river("20", "氾濫注意情報").0.level, level(2));
        assert_eq!(river("10", "レベル２氾濫注意報解除").0, Grade::NONE);
    }

    #[test]
    fn digits_of_a_level_may_be_of_either_width() {
        assert_eq!(level_in("レベル４大雨危険警報"), level(4));
        assert_eq!(level_in("警戒レベル3相当"), level(3));
        assert_eq!(level_in("レベル９"), None);
        assert_eq!(level_in("レベル"), None);
    }

    #[test]
    fn only_known_words_mean_that_a_warning_is_over() {
        assert!(is_over("33", "解除"));
        assert!(is_over("00", ""));
        assert!(is_over("", "発表警報・注意報はなし"));
        assert!(!is_over("43", "特別警報から危険警報"));
        assert!(!is_over("43", "未知の言葉"));
    }
}
