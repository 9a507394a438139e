//! Device profiles: how the bytes of one model of device are read.
//!
//! A network server may decode them too, but its decoder is a script that somebody installed once: messages have been
//! received whose decoded distance was not the one in the bytes. Where a profile is known, the bytes are read here and
//! the decoded object is not looked at.

mod bytes;
mod decentlab;
mod dragino;
mod milesight;
mod niab;
mod vega;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use self::decentlab::Decentlab;
pub use self::milesight::Milesight;
use super::{Unreadable, cut};
use crate::observation::{Measured, Observation, Quantity};

/// Bytes of one uplink. LoRaWAN ends at 242; a cellular device may send its history in one piece.
pub const FRAME_MAX_BYTES: usize = 1024;

/// How the bytes of a device are read.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Profile {
    /// Dragino LDDS75: ultrasonic distance.
    DraginoLdds75,
    /// Milesight's channels: EM300, EM310, EM400, EM500 and WTS506.
    Milesight(Milesight),
    /// Decentlab's protocol 2, with the constants that are printed on the device where it has some.
    Decentlab(Decentlab),
    /// VEGA VEGAPULS Air: radar distance.
    VegapulsAir,
    /// NIAB Mk2: ultrasonic distance.
    NiabMk2,
}

/// What the bytes of one uplink said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// What was observed. Device and network times are not known here.
    pub observations: Vec<Observation>,
    /// Why the bytes behind the last observation could not be read, if some could not.
    pub refused: Option<Unreadable>,
}

impl Frame {
    fn of(observations: Vec<Observation>) -> Self {
        Self {
            observations,
            refused: None,
        }
    }
}

impl Profile {
    /// Every profile, with the constants of an example where a model needs some.
    pub const EXAMPLES: [&'static str; 21] = [
        "dragino_ldds75",
        "milesight",
        "milesight_em300_mld",
        "milesight_em300_sld",
        "milesight_em310_udl",
        "milesight_em400_tld",
        "milesight_em500_pp",
        "milesight_em500_swl",
        "milesight_em500_udl",
        "milesight_wts506",
        "decentlab_ctd10",
        "decentlab_cws",
        "decentlab_dlr2_002",
        "decentlab_mbx",
        "decentlab_pr21(p_min_bar=-1,p_max_bar=10)",
        "decentlab_pr26(p_min_bar=0,p_max_bar=1)",
        "decentlab_pr36(kp=8192)",
        "decentlab_sdd",
        "decentlab_tbrg(resolution_mm=0.1)",
        "niab_mk2",
        "vegapuls_air",
    ];

    /// Reads the bytes of one uplink. `port` is that of LoRaWAN, where the network tells it.
    ///
    /// # Errors
    /// Why they are not from this device. An empty frame is none: it says nothing.
    pub fn read(self, port: Option<u8>, bytes: &[u8]) -> Result<Frame, Unreadable> {
        if bytes.len() > FRAME_MAX_BYTES {
            return Err(Unreadable::TooMany {
                what: "bytes in one uplink",
                max: FRAME_MAX_BYTES,
            });
        }
        if bytes.is_empty() {
            return Ok(Frame::default());
        }
        match self {
            Self::DraginoLdds75 => dragino::ldds75(port, bytes),
            Self::Milesight(model) => milesight::read(model, bytes),
            Self::Decentlab(model) => decentlab::read(model, bytes),
            Self::VegapulsAir => vega::read(bytes),
            Self::NiabMk2 => niab::read(bytes),
        }
    }

    /// The profile of a model as a network server names it: `EM500-UDL`, `Milesight EM400`, `ldds75`. Only models whose
    /// name alone says how to read them.
    #[must_use]
    pub fn of_model(name: &str) -> Option<Self> {
        let name: String = name
            .chars()
            .take(64)
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_uppercase())
            .collect();
        const MODELS: [(&str, Profile); 17] = [
            ("LDDS75", Profile::DraginoLdds75),
            ("EM300MLD", Profile::Milesight(Milesight::Em300Mld)),
            ("EM300SLD", Profile::Milesight(Milesight::Em300Sld)),
            ("EM310UDL", Profile::Milesight(Milesight::Em310Udl)),
            ("EM400TLD", Profile::Milesight(Milesight::Em400Tld)),
            ("EM500PP", Profile::Milesight(Milesight::Em500Pp)),
            ("EM500SWL", Profile::Milesight(Milesight::Em500Swl)),
            ("EM500UDL", Profile::Milesight(Milesight::Em500Udl)),
            ("WTS506", Profile::Milesight(Milesight::Wts506)),
            // The family alone: its channels say what they are, its history does not.
            ("MILESIGHTEM", Profile::Milesight(Milesight::Any)),
            ("DLCTD10", Profile::Decentlab(Decentlab::Ctd10)),
            ("DLCWS", Profile::Decentlab(Decentlab::Cws)),
            ("DLDLR2002", Profile::Decentlab(Decentlab::Dlr2002)),
            ("DLMBX", Profile::Decentlab(Decentlab::Mbx)),
            ("DLSDD", Profile::Decentlab(Decentlab::Sdd)),
            ("VEGAPULSAIR", Profile::VegapulsAir),
            ("NIABMK2", Profile::NiabMk2),
        ];
        MODELS
            .into_iter()
            .find(|(model, _)| name.contains(model))
            .map(|(_, profile)| profile)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DraginoLdds75 => f.write_str("dragino_ldds75"),
            Self::Milesight(model) => f.write_str(model.name()),
            Self::Decentlab(model) => model.fmt(f),
            Self::VegapulsAir => f.write_str("vegapuls_air"),
            Self::NiabMk2 => f.write_str("niab_mk2"),
        }
    }
}

/// `milesight_em500_udl`, or with constants `decentlab_pr36(kp=8192)`.
impl FromStr for Profile {
    type Err = InvalidProfile;

    fn from_str(text: &str) -> Result<Self, InvalidProfile> {
        let wrong = |why: &str| InvalidProfile {
            given: cut(text, 80),
            why: why.to_owned(),
        };
        let (name, constants) = match text.split_once('(') {
            None => (text, ""),
            Some((name, rest)) => (
                name,
                rest.strip_suffix(')')
                    .ok_or_else(|| wrong("the closing parenthesis is missing"))?,
            ),
        };
        let mut given = Vec::new();
        for constant in constants.split(',').filter(|text| !text.trim().is_empty()) {
            let (key, value) = constant
                .split_once('=')
                .ok_or_else(|| wrong("a constant must be KEY=NUMBER"))?;
            let value: f64 = value
                .trim()
                .parse()
                .ok()
                .filter(|value: &f64| value.is_finite())
                .ok_or_else(|| wrong("a constant must be KEY=NUMBER"))?;
            given.push((key.trim(), value));
        }
        if let Some(rest) = name.strip_prefix("decentlab_") {
            return Decentlab::named(rest, &given)
                .map(Self::Decentlab)
                .map_err(|why| wrong(&why));
        }
        if !given.is_empty() {
            return Err(wrong("this device has no constants"));
        }
        match name {
            "dragino_ldds75" => Ok(Self::DraginoLdds75),
            "vegapuls_air" => Ok(Self::VegapulsAir),
            "niab_mk2" => Ok(Self::NiabMk2),
            _ => Milesight::ALL
                .into_iter()
                .find(|model| model.name() == name)
                .map(Self::Milesight)
                .ok_or_else(|| wrong("there is none of this name")),
        }
    }
}

impl TryFrom<String> for Profile {
    type Error = InvalidProfile;

    fn try_from(text: String) -> Result<Self, InvalidProfile> {
        text.parse()
    }
}

impl From<Profile> for String {
    fn from(profile: Profile) -> Self {
        profile.to_string()
    }
}

/// A text that names no profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("profile is {given:?}: {why}; accepted are {}", Profile::EXAMPLES.join(", "))]
pub struct InvalidProfile {
    /// What was given, cut after 80 characters.
    pub given: String,
    /// What is wrong with it.
    pub why: String,
}

fn seen(quantity: Quantity, number: f64) -> Observation {
    Observation::new(quantity, Measured::Number(number))
}

fn labelled(label: &str, mut observation: Observation) -> Observation {
    observation.label = Some(label.into());
    observation
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_written_as_it_is_read() {
        for example in Profile::EXAMPLES {
            let profile: Profile = example.parse().unwrap();
            assert_eq!(profile.to_string(), example);
        }
    }

    #[test]
    fn a_profile_that_is_none_is_refused_with_all_that_are() {
        for (bad, why) in [
            ("milesight_em999", "none of this name"),
            ("niab_mk2(kp=1)", "no constants"),
            ("decentlab_pr36", "kp"),
            ("decentlab_pr36(kp=0)", "kp"),
            ("decentlab_pr36(kp=1", "parenthesis"),
            ("decentlab_pr36(kp)", "KEY=NUMBER"),
            ("decentlab_pr36(kp=NaN)", "KEY=NUMBER"),
            ("decentlab_pr36(kp=1,kq=2)", "kq"),
            ("decentlab_pr21(p_min_bar=1,p_max_bar=1)", "p_max_bar"),
            ("decentlab_x", "none of this name"),
            ("", "none of this name"),
        ] {
            let refused = bad.parse::<Profile>().unwrap_err().to_string();
            assert!(refused.contains(why), "{bad}: {refused}");
            assert!(refused.contains("decentlab_pr36(kp=8192)"), "{refused}");
        }
    }

    #[test]
    fn a_model_is_known_by_the_names_that_networks_give_it() {
        let of = |name| Profile::of_model(name).map(|profile| profile.to_string());
        assert_eq!(of("EM500-UDL").as_deref(), Some("milesight_em500_udl"));
        assert_eq!(
            of("Milesight EM400TLD").as_deref(),
            Some("milesight_em400_tld")
        );
        assert_eq!(of("Milesight EM500").as_deref(), Some("milesight"));
        assert_eq!(of("ldds75").as_deref(), Some("dragino_ldds75"));
        assert_eq!(of("dl-mbx").as_deref(), Some("decentlab_mbx"));
        // Without the constants that are printed on it, nobody can read a DL-PR36.
        assert_eq!(of("DL-PR36"), None);
        assert_eq!(of("Test device-profile"), None);
    }

    #[test]
    fn an_empty_frame_says_nothing_and_a_huge_one_is_refused() {
        for example in Profile::EXAMPLES {
            let profile: Profile = example.parse().unwrap();
            assert_eq!(profile.read(Some(1), &[]), Ok(Frame::default()));
            let refused = profile.read(None, &[1; FRAME_MAX_BYTES + 1]).unwrap_err();
            assert_eq!(refused.code(), "too_many");
        }
    }
}
