//! Official information: what agencies say about weather, rivers, earthquakes and tsunami.
//!
//! [`decode()`] turns bytes into an [`OfficialMessage`] or a [`Refusal`]; [`Lanes`] keeps what holds, [`External`] what
//! others say. None of them reads a clock or talks to a network. A drill is another type than the real thing, from
//! the first look at the message on.

pub mod area;
pub mod cap;
pub mod envelope;
pub mod external;
pub mod feed;
pub mod grade;
pub mod jma;
pub mod lanes;
pub mod life;
pub mod p2p;
mod refusal;
pub mod series;
mod standing;
pub mod value;
pub mod warning_code;
pub mod wis2;
mod xml;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use area::AreaCode;
pub use cap::CapAlert;
pub use cap::alerts::{AlertOutcome, AlertSettings, ExternalAlerts};
pub use envelope::{Envelope, InfoType};
pub use external::{External, ExternalView};
pub use grade::{Class, Grade, Hazard, JmaLevel};
pub use jma::{Content, Telegram};
pub use lanes::{Applied, Change, LaneSettings, Lanes, Outcome, Over, View};
pub use refusal::Refusal;
pub use standing::{Drill, Live, Standing};
pub use xml::XmlLimits;

use life::SignOfLife;
use p2p::P2pItem;
use series::{RainForecast, StationPlace, StationSeries};
use wis2::Notification;

/// Bytes of a JSON document.
const JSON_MAX_BYTES: usize = 8 * 1024 * 1024;

/// A message of an agency, read and typed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
#[non_exhaustive]
pub enum OfficialMessage {
    /// 通常: a telegram that is meant.
    Telegram(Telegram<Live>),
    /// 訓練 or 試験: a telegram that is not.
    DrillTelegram(Telegram<Drill>),
    /// CAP: alerts of others. External information, live or not by their own type.
    Cap {
        /// One, or all that an envelope carries.
        alerts: Vec<CapAlert>,
        /// Why alerts of an envelope were left out.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        refused: Vec<String>,
    },
    /// WIS2: data is there, replaced or withdrawn.
    Wis2(Box<Notification>),
    /// Observations of stations.
    Observations(StationSeries),
    /// A table of stations.
    Stations {
        /// Its rows.
        stations: Vec<StationPlace>,
    },
    /// Precipitation that is expected.
    RainForecast {
        /// The next days, the week.
        forecasts: Vec<RainForecast>,
    },
    /// P2P地震情報: the agency's earthquakes as others pass them on. External information.
    P2p(Box<P2pItem>),
    /// A bridge's sign of life: until when everything the agency said is known.
    SignOfLife(SignOfLife),
}

/// What kind of message bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// JMA XML.
    JmaXml,
    /// CAP.
    Cap,
    /// WIS2.
    Wis2,
    /// AMeDAS observations, station tables and forecasts as JSON.
    Series,
    /// P2P earthquake JSON.
    P2p,
    /// A bridge's sign of life.
    SignOfLife,
}

impl OfficialMessage {
    /// What kind of message it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Telegram(_) | Self::DrillTelegram(_) => Kind::JmaXml,
            Self::Cap { .. } => Kind::Cap,
            Self::Wis2(_) => Kind::Wis2,
            Self::Observations(_) | Self::Stations { .. } | Self::RainForecast { .. } => {
                Kind::Series
            }
            Self::P2p(_) => Kind::P2p,
            Self::SignOfLife(_) => Kind::SignOfLife,
        }
    }

    /// Whether it is meant for practice and nothing in it is for real: it must not reach a proposal or a public channel. Of an
    /// envelope with both kinds of alerts the types tell them apart.
    #[must_use]
    pub fn is_drill(&self) -> bool {
        match self {
            Self::DrillTelegram(_) => true,
            Self::Cap { alerts, .. } => alerts
                .iter()
                .all(|alert| matches!(alert, CapAlert::NotActual(_))),
            Self::P2p(item) => {
                matches!(&item.what, p2p::P2pWhat::EarlyWarning(warning) if warning.test)
            }
            _ => false,
        }
    }
}

/// Reads one message. `name` is the name of its file or feed entry, or its topic: the surest teller of a telegram's type,
/// and of the station or time of observations.
///
/// # Errors
/// [`Refusal`] names what is wrong and what would be accepted. The message belongs into quarantine.
///
/// ```
/// use hinan_sensors::official::{OfficialMessage, decode};
/// let text = r#"<Report xmlns="http://xml.kishou.go.jp/jmaxml1/">
///   <Control><Title>震度速報</Title><DateTime>2026-01-01T00:00:30Z</DateTime><Status>訓練</Status>
///     <EditorialOffice>気象庁本庁</EditorialOffice><PublishingOffice>気象庁</PublishingOffice></Control>
///   <Head xmlns="http://xml.kishou.go.jp/jmaxml1/informationBasis1/"><Title>震度速報</Title>
///     <ReportDateTime>2026-01-01T09:00:00+09:00</ReportDateTime><InfoType>発表</InfoType></Head>
///   <Body xmlns="http://xml.kishou.go.jp/jmaxml1/body/seismology1/"/></Report>"#;
/// let message = decode(Some("20260101000030_0_VXSE51_010000.xml"), text.as_bytes())?;
/// assert!(matches!(message, OfficialMessage::DrillTelegram(_)));
/// # Ok::<(), hinan_sensors::official::Refusal>(())
/// ```
pub fn decode(name: Option<&str>, bytes: &[u8]) -> Result<OfficialMessage, Refusal> {
    match bytes.trim_ascii_start().first() {
        Some(b'{' | b'[') => json(name, bytes),
        _ => xml(name, bytes),
    }
}

/// Whether bytes look like official information, without reading them whole: XML, or JSON of one of our kinds.
#[must_use]
pub fn recognise(bytes: &[u8]) -> Option<Kind> {
    let head = bytes
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(bytes)
        .trim_ascii_start();
    match head.first()? {
        b'<' => {
            let head = &head[..head.len().min(4096)];
            let has = |text: &[u8]| head.windows(text.len()).any(|window| window == text);
            if has(b"http://xml.kishou.go.jp/jmaxml1/") {
                Some(Kind::JmaXml)
            } else if has(b"emergency:cap:1") || has(b"incident.com/cap/1") || has(EDXL) {
                Some(Kind::Cap)
            } else {
                None
            }
        }
        b'{' | b'[' if bytes.len() <= JSON_MAX_BYTES => {
            kind_of(&serde_json::from_slice::<Value>(bytes).ok()?)
        }
        _ => None,
    }
}

const EDXL: &[u8] = b"urn:oasis:names:tc:emergency:EDXL:DE";

fn xml(name: Option<&str>, bytes: &[u8]) -> Result<OfficialMessage, Refusal> {
    let root = xml::read(bytes, &XmlLimits::default())?;
    if jma::is_telegram(&root) {
        return Ok(match jma::read(&root, name)? {
            jma::Gated::Live(telegram) => OfficialMessage::Telegram(telegram),
            jma::Gated::Drill(telegram) => OfficialMessage::DrillTelegram(telegram),
        });
    }
    if cap::is_cap(&root) {
        return cap::read(&root).map(|(alerts, refused)| OfficialMessage::Cap { alerts, refused });
    }
    Err(Refusal::UnknownKind {
        found: xml::cut(
            &format!("<{}> of namespace {:?}", root.name, root.namespace),
            160,
        ),
    })
}

fn json(name: Option<&str>, bytes: &[u8]) -> Result<OfficialMessage, Refusal> {
    if bytes.len() > JSON_MAX_BYTES {
        return Err(Refusal::TooLarge {
            bytes: bytes.len(),
            bytes_max: JSON_MAX_BYTES,
        });
    }
    // The reader stops at 128 levels of depth by itself.
    let json: Value =
        serde_json::from_slice(bytes).map_err(|why| Refusal::json("official JSON", &why))?;
    match kind_of(&json) {
        Some(Kind::Wis2) => wis2::read(json, bytes.len())
            .map(|notification| OfficialMessage::Wis2(Box::new(notification))),
        Some(Kind::SignOfLife) => life::read(json).map(OfficialMessage::SignOfLife),
        Some(Kind::P2p) => p2p::read(&json).map(|item| OfficialMessage::P2p(Box::new(item))),
        Some(Kind::Series) if series::looks_like_table(&json) => {
            series::read_table(&json).map(|stations| OfficialMessage::Stations { stations })
        }
        Some(Kind::Series) if series::looks_like_forecast(&json) => {
            series::read_forecast(json).map(|forecasts| OfficialMessage::RainForecast { forecasts })
        }
        Some(Kind::Series) => {
            series::read_observations(name, &json).map(OfficialMessage::Observations)
        }
        _ => Err(Refusal::UnknownKind {
            found: "JSON of another kind".to_owned(),
        }),
    }
}

fn kind_of(json: &Value) -> Option<Kind> {
    if wis2::looks_like(json) {
        Some(Kind::Wis2)
    } else if life::looks_like(json) {
        Some(Kind::SignOfLife)
    } else if series::looks_like_table(json)
        || series::looks_like_forecast(json)
        || series::looks_like_observations(json)
    {
        Some(Kind::Series)
    } else if json.is_object() && matches!(p2p::code(json), Some(551 | 552 | 556 | 561)) {
        Some(Kind::P2p)
    } else {
        None
    }
}
