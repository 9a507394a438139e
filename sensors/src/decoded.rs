//! What `hinan decode` prints: one JSON line for each thing a message says, whatever its format.
//!
//! The shape is stable and described by [`schema::DECODED`](crate::schema::DECODED): keys are only ever added.

use jiff::Timestamp;
use serde::Serialize;

use crate::observation::{Measured, Observation, Problem, Quantity};
use crate::official::{self, OfficialMessage};
use crate::payload::{self, Context, Format, Message, Profile, Unreadable};

/// Largest message of any kind, bytes. The largest telegram seen has 4 MB.
pub const BYTES_MAX: usize = 8 * 1024 * 1024;

/// What is known about the bytes of a file beside themselves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// The format; recognised by the content otherwise.
    pub family: Option<Family>,
    /// How the bytes of a device are read.
    pub profile: Option<Profile>,
    /// Where it was published.
    pub topic: Option<&'a str>,
}

/// Which kind of message bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Of a device or its network.
    Payload(Format),
    /// Of an agency.
    Official(official::Kind),
}

impl Family {
    /// Every family, by the name that commands and lines write.
    pub const ALL: [(&'static str, Self); 13] = [
        ("native", Self::Payload(Format::Native)),
        ("senml_json", Self::Payload(Format::SenmlJson)),
        ("senml_cbor", Self::Payload(Format::SenmlCbor)),
        ("sensorthings", Self::Payload(Format::Sensorthings)),
        ("tts_v3", Self::Payload(Format::TtsV3)),
        ("chirpstack_v3", Self::Payload(Format::ChirpstackV3)),
        ("chirpstack_v4", Self::Payload(Format::ChirpstackV4)),
        ("netmore", Self::Payload(Format::Netmore)),
        ("jma_xml", Self::Official(official::Kind::JmaXml)),
        ("cap", Self::Official(official::Kind::Cap)),
        ("wis2", Self::Official(official::Kind::Wis2)),
        ("series", Self::Official(official::Kind::Series)),
        ("p2p", Self::Official(official::Kind::P2p)),
    ];

    /// The family of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, family)| family)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL
            .into_iter()
            .find(|(_, family)| *family == self)
            .map_or("unknown", |(name, _)| name)
    }
}

/// Which kind of message bytes are, by their content.
#[must_use]
pub fn recognise_file(bytes: &[u8]) -> Option<Family> {
    payload::recognise(bytes)
        .map(Family::Payload)
        .or_else(|| official::recognise(bytes).map(Family::Official))
}

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a line is written and forgotten")]
pub enum Line {
    /// A device observed something.
    Observation(ObservationLine),
    /// An agency said something.
    Official(OfficialLine),
    /// Something could not be read.
    Refused(RefusedLine),
}

/// See [`Line::Observation`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ObservationLine {
    /// The file it was read from, as it was named.
    pub file: String,
    /// The format it was read as.
    pub format: &'static str,
    /// The device, where the message or its topic names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// When it was measured, as well as anyone knows.
    pub time: Timestamp,
    /// Whose clock says so.
    pub time_from: TimeFrom,
    /// What was measured, with its unit.
    pub quantity: Quantity,
    /// What the device calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The measured value: a number, a text, true or false. Absent where nothing was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Printed>,
    /// Bytes that nobody read, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// Why nothing was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// The number that the device sent all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<f64>,
    /// Over which time it was measured, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_s: Option<u32>,
    /// The device's running number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// An old record that the device had kept.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub historic: bool,
    /// How the device's bytes were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
}

/// Whose clock a time is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeFrom {
    /// The device's own.
    Device,
    /// The network's.
    Network,
    /// Ours: the time of the arrival.
    Arrival,
}

/// A value that JSON can write.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Printed {
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
    /// True or false.
    Truth(bool),
}

/// See [`Line::Official`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfficialLine {
    /// The file it was read from, as it was named.
    pub file: String,
    /// The format it was read as.
    pub format: &'static str,
    /// 訓練・試験: nothing in it is meant.
    pub drill: bool,
    /// The message.
    pub official: OfficialMessage,
}

/// See [`Line::Refused`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RefusedLine {
    /// The file, as it was named.
    pub file: String,
    /// The format it was read as, if one was recognised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<&'static str>,
    /// Which part of it, counted from 1, where the rest was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<usize>,
    /// A short name of the reason that never changes.
    pub code: &'static str,
    /// The reason, with what would be accepted.
    pub text: String,
}

impl Line {
    /// A file that could not be read at all.
    #[must_use]
    pub fn refused(file: &str, family: Option<Family>, code: &'static str, text: String) -> Self {
        Self::Refused(RefusedLine {
            file: file.to_owned(),
            format: family.map(Family::name),
            part: None,
            code,
            text,
        })
    }
}

/// The lines of one file, in the order of its message. `file` is its name, which also tells the type of a telegram.
///
/// ```
/// use hinan_sensors::decoded::{Asked, Line, lines};
/// let pack = br#"[{"n":"urn:dev:ow:1:distance","u":"mm","v":1500}]"#;
/// let lines = lines("pack.json", pack, &Asked::default(), "2026-08-30T09:00:00Z".parse()?);
/// assert_eq!(
///     serde_json::to_string(&lines[0])?,
///     r#"{"kind":"observation","file":"pack.json","format":"senml_json","device":"urn:dev:ow:1","time":"2026-08-30T09:00:00Z","time_from":"arrival","quantity":"distance_to_water_m","label":"distance","value":1.5}"#
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn lines(file: &str, bytes: &[u8], asked: &Asked<'_>, received_at: Timestamp) -> Vec<Line> {
    if bytes.len() > BYTES_MAX {
        let text =
            format!("the file has more than {BYTES_MAX} bytes; at most {BYTES_MAX} are accepted");
        return vec![Line::refused(file, asked.family, "too_large", text)];
    }
    let Some(family) = asked.family.or_else(|| recognise_file(bytes)) else {
        let names = Family::ALL.map(|(name, _)| name).join(", ");
        let text = format!("its format is not recognised; accepted are {names}");
        return vec![Line::refused(file, None, "unknown_format", text)];
    };
    match family {
        Family::Payload(format) => of_payload(file, bytes, format, asked, received_at),
        Family::Official(kind) => vec![of_official(file, bytes, kind)],
    }
}

fn of_payload(
    file: &str,
    bytes: &[u8],
    format: Format,
    asked: &Asked<'_>,
    received_at: Timestamp,
) -> Vec<Line> {
    let context = Context {
        topic: asked.topic,
        received_at,
        profile_of: &|_| asked.profile,
    };
    let refused = |part: Option<usize>, why: &Unreadable| {
        Line::Refused(RefusedLine {
            file: file.to_owned(),
            format: Some(format.name()),
            part,
            code: why.code(),
            text: why.to_string(),
        })
    };
    let Message {
        observations,
        refused: parts,
        profile,
        dedup: _,
    } = match payload::decode(format, bytes, &context) {
        Ok(message) => message,
        Err(why) => return vec![refused(None, &why)],
    };
    observations
        .into_iter()
        .map(|seen| Line::Observation(observed(file, format, seen, profile, received_at)))
        .chain(parts.iter().map(|one| refused(Some(one.part), &one.why)))
        .collect()
}

fn observed(
    file: &str,
    format: Format,
    seen: Observation,
    profile: Option<Profile>,
    received_at: Timestamp,
) -> ObservationLine {
    let time_from = match (seen.at, seen.sent_at) {
        (Some(_), _) => TimeFrom::Device,
        (None, Some(_)) => TimeFrom::Network,
        (None, None) => TimeFrom::Arrival,
    };
    let time = seen.time_or(received_at);
    let (mut value, mut bytes, mut problem, mut said) = (None, None, None, None);
    match seen.measured {
        Measured::Number(number) => value = Some(Printed::Number(number)),
        Measured::Text(text) => value = Some(Printed::Text(text.into())),
        Measured::Truth(truth) => value = Some(Printed::Truth(truth)),
        Measured::Bytes(all) => bytes = Some(hex::encode(all)),
        Measured::Nothing {
            problem: why,
            said: number,
        } => {
            problem = Some(why);
            said = number;
        }
    }
    ObservationLine {
        file: file.to_owned(),
        format: format.name(),
        device: seen.device.map(String::from),
        time,
        time_from,
        quantity: seen.quantity,
        label: seen.label.map(String::from),
        value,
        bytes,
        problem,
        said,
        over_s: seen.over_s,
        sequence: seen.sequence,
        historic: seen.historic,
        profile,
    }
}

fn of_official(file: &str, bytes: &[u8], asked: official::Kind) -> Line {
    let family = Family::Official(asked);
    let name = file.rsplit(['/', '\\']).next();
    match official::decode(name, bytes) {
        Ok(official) if official.kind() == asked => Line::Official(OfficialLine {
            file: file.to_owned(),
            format: family.name(),
            drill: official.is_drill(),
            official,
        }),
        Ok(official) => {
            let text = format!(
                "it is {}; {} was asked for",
                Family::Official(official.kind()).name(),
                family.name()
            );
            Line::refused(file, Some(family), "unexpected_format", text)
        }
        Err(why) => Line::refused(file, Some(family), why.code(), why.to_string()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn printed(file: &str, bytes: &[u8], asked: &Asked<'_>) -> Vec<String> {
        let received_at = "2026-08-30T09:00:00Z".parse().unwrap();
        lines(file, bytes, asked, received_at)
            .iter()
            .map(|line| serde_json::to_string(line).unwrap())
            .collect()
    }

    #[test]
    fn a_reading_of_ours_is_one_line() {
        let payload =
            br#"{"at":"2016-08-30T18:00:00+09:00","level_m":35.33,"seq":12,"station":"obihiro"}"#;
        assert_eq!(
            printed("a.json", payload, &Asked::default()),
            [
                r#"{"kind":"observation","file":"a.json","format":"native","device":"obihiro","time":"2016-08-30T09:00:00Z","time_from":"device","quantity":"water_level_m","value":35.33,"sequence":12}"#
            ]
        );
    }

    #[test]
    fn a_tilted_sensor_has_a_problem_and_no_value() {
        let uplink =
            br#"{"applicationID":"1","devEUI":"24e124126d154397","fCnt":3,"data":"BIJECAUAAQ=="}"#;
        let asked = Asked {
            profile: Some("milesight_em400_tld".parse().unwrap()),
            ..Asked::default()
        };
        let lines = printed("up.json", uplink, &asked);
        assert!(
            lines[0].ends_with(
                r#""quantity":"distance_to_water_m","problem":"tilted","said":2.116,"sequence":3,"profile":"milesight_em400_tld"}"#
            ),
            "{}",
            lines[0]
        );
    }

    #[test]
    fn a_refused_file_is_one_line_with_its_reason() {
        assert_eq!(
            printed("x", b"hello", &Asked::default())[0],
            r#"{"kind":"refused","file":"x","code":"unknown_format","text":"its format is not recognised; accepted are native, senml_json, senml_cbor, sensorthings, tts_v3, chirpstack_v3, chirpstack_v4, netmore, jma_xml, cap, wis2, series, p2p"}"#
        );
        let asked = Asked {
            family: Family::named("senml_json"),
            ..Asked::default()
        };
        let lines = printed("x", b"hello", &asked);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with(
            r#"{"kind":"refused","file":"x","format":"senml_json","code":"not_json","text":"it is not JSON: "#
        ));
    }

    #[test]
    fn a_refused_part_is_a_line_beside_its_neighbours() {
        let lines = printed(
            "x",
            br#"[{"n":"a","u":"m","v":1},{"n":"b","v":"x"},{"n":"c","u":"m","v":2}]"#,
            &Asked::default(),
        );
        assert_eq!(lines.len(), 3);
        assert!(lines[2].contains(r#""kind":"refused""#));
        assert!(lines[2].contains(r#""part":2,"code":"wrong_shape""#));
    }

    #[test]
    fn official_information_is_told_from_a_drill() {
        let telegram = r#"<Report xmlns="http://xml.kishou.go.jp/jmaxml1/">
            <Control><Title>震度速報</Title><DateTime>2026-01-01T00:00:30Z</DateTime><Status>訓練</Status>
            <EditorialOffice>気象庁本庁</EditorialOffice><PublishingOffice>気象庁</PublishingOffice></Control>
            <Head xmlns="http://xml.kishou.go.jp/jmaxml1/informationBasis1/"><Title>震度速報</Title>
            <ReportDateTime>2026-01-01T09:00:00+09:00</ReportDateTime><InfoType>発表</InfoType></Head>
            <Body xmlns="http://xml.kishou.go.jp/jmaxml1/body/seismology1/"/></Report>"#;
        let name = "some/20260101000030_0_VXSE51_010000.xml";
        let lines = printed(name, telegram.as_bytes(), &Asked::default());
        assert!(
            lines[0].starts_with(&format!(
                r#"{{"kind":"official","file":"{name}","format":"jma_xml","drill":true,"official":{{"message":"drill_telegram""#
            )),
            "{}",
            lines[0]
        );
        let asked = Asked {
            family: Family::named("cap"),
            ..Asked::default()
        };
        let refused = printed(name, telegram.as_bytes(), &asked);
        assert!(
            refused[0].contains(
                r#""code":"unexpected_format","text":"it is jma_xml; cap was asked for""#
            )
        );
    }

    #[test]
    fn a_file_that_is_too_large_is_refused_unread() {
        let lines = printed("x", &vec![b' '; BYTES_MAX + 1], &Asked::default());
        assert!(lines[0].contains(r#""code":"too_large""#));
    }

    #[test]
    fn every_family_has_one_name() {
        for (name, family) in Family::ALL {
            assert_eq!(family.name(), name);
            assert_eq!(Family::named(name), Some(family));
        }
        assert_eq!(
            Format::ALL.map(|format| Family::Payload(format).name()),
            Format::ALL.map(Format::name)
        );
    }
}
