//! Which type of telegram speaks about which hazard, how specifically, and for how long.

use jiff::SignedDuration;

use crate::official::grade::Hazard;

/// How far a telegram's silence about a municipality can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coverage {
    /// It lists everything: a municipality without the hazard has none.
    Whole,
    /// It only ever adds: 土砂災害警戒情報 says nothing about level 3, 特別警報報知 nothing about anything lower.
    OnlyAdds,
}

/// How a type covers a hazard: its rank (greater is more specific) and its coverage.
pub(crate) fn of(telegram_type: &str, hazard: Hazard) -> Option<(u8, Coverage)> {
    use Coverage::{OnlyAdds, Whole};
    let own = |mine: bool| mine.then_some((3, Whole));
    match telegram_type {
        "VPWW55" => own(hazard == Hazard::HeavyRain),
        "VPWW56" => own(hazard == Hazard::Landslide),
        "VPWW57" => own(hazard == Hazard::StormSurge),
        "VPWW58" => own(matches!(hazard, Hazard::Storm | Hazard::Snowstorm)),
        "VPWW59" => own(hazard == Hazard::Waves),
        "VPWW60" => own(hazard == Hazard::HeavySnow),
        "VPWW61" => own(is_minor(hazard)),
        "VXWW50" => (hazard == Hazard::Landslide).then_some((3, OnlyAdds)),
        "VPHW50" | "VPHW51" => (hazard == Hazard::Tornado).then_some((3, Whole)),
        "VPWW54" => old(hazard, 2),
        "VPWW53" => old(hazard, 1),
        "VPWW50" => old(hazard, 0),
        "VPNO50" => Some((1, OnlyAdds)),
        "VFVO50" | "VFVO56" => (hazard == Hazard::Volcano).then_some((3, OnlyAdds)),
        // Kinds nobody knows, from whatever lane: they only ever add.
        _ => Some((3, OnlyAdds)),
    }
    // A kind with an unknown code is shown, whichever lane it stands in.
    .or((hazard == Hazard::Unknown).then_some((3, OnlyAdds)))
}

/// Old forms put landslides under heavy rain, and only where they say so.
fn old(hazard: Hazard, rank: u8) -> Option<(u8, Coverage)> {
    match hazard {
        Hazard::Landslide => Some((rank, Coverage::OnlyAdds)),
        Hazard::HeavyRain
        | Hazard::Flood
        | Hazard::StormSurge
        | Hazard::Storm
        | Hazard::Snowstorm
        | Hazard::Waves
        | Hazard::HeavySnow => Some((rank, Coverage::Whole)),
        hazard if is_minor(hazard) => Some((rank, Coverage::Whole)),
        _ => None,
    }
}

fn is_minor(hazard: Hazard) -> bool {
    matches!(
        hazard,
        Hazard::Thunder
            | Hazard::Snowmelt
            | Hazard::Fog
            | Hazard::DryAir
            | Hazard::Avalanche
            | Hazard::LowTemperature
            | Hazard::Frost
            | Hazard::Icing
            | Hazard::WetSnow
            | Hazard::Other
    )
}

/// How long a report can hold that says nothing of its own end. `None`: until it is replaced.
///
/// Warnings of weather, rivers, landslides and tsunami hold until they are lifted. What tells of a moment does not.
pub(crate) fn life(telegram_type: &str) -> Option<SignedDuration> {
    let minutes = match telegram_type {
        "VPHW50" | "VPHW51" => 70,
        "VXSE42" | "VXSE43" | "VXSE44" | "VXSE45" => 10,
        "VPOA50" | "VPBS50" | "VFVO56" => 3 * 60,
        kind if kind.starts_with("VXSE") => 3 * 24 * 60,
        kind if kind.starts_with("VTSE5") => 24 * 60,
        kind if kind.starts_with("VPTW") => 12 * 60,
        kind if kind.starts_with("VPWP") => 24 * 60,
        kind if kind.starts_with("VPWW")
            || kind.starts_with("VXWW")
            || kind.starts_with("VPNO")
            || kind.starts_with("VXKO")
            || kind.starts_with("VXSU")
            || kind == "VTSE41"
            || kind == "VFVO50" =>
        {
            return None;
        }
        _ => 2 * 24 * 60,
    };
    Some(SignedDuration::from_mins(minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_has_no_end_of_its_own_and_a_moment_has() {
        assert_eq!(life("VPWW55"), None);
        assert_eq!(life("VXKO51"), None);
        assert_eq!(life("VTSE41"), None);
        assert!(life("VPHW51").is_some() && life("VXSE43").is_some() && life("VPOA50").is_some());
    }

    #[test]
    fn silence_of_the_landslide_telegram_says_nothing_about_lower_levels() {
        assert_eq!(
            of("VXWW50", Hazard::Landslide),
            Some((3, Coverage::OnlyAdds))
        );
        assert_eq!(of("VPWW56", Hazard::Landslide), Some((3, Coverage::Whole)));
        assert_eq!(
            of("VPWW54", Hazard::Landslide),
            Some((2, Coverage::OnlyAdds))
        );
        assert_eq!(of("VPWW55", Hazard::Landslide), None);
    }
}
