//! Official information: what agencies say about weather, rivers, earthquakes and tsunami.
//!
//! [`decode()`] turns bytes into an [`OfficialMessage`] or a [`Refusal`]; [`Lanes`] keeps what holds. Neither reads a clock
//! or talks to a network. A drill is another type than the real thing, from the first look at the message on.

pub mod area;
pub mod envelope;
pub mod grade;
pub mod jma;
pub mod lanes;
mod refusal;
mod standing;
pub mod value;
pub mod warning_code;
mod xml;

use serde::{Deserialize, Serialize};

pub use area::AreaCode;
pub use envelope::Envelope;
pub use grade::{Class, Grade, Hazard, JmaLevel};
pub use jma::{Content, Telegram};
pub use lanes::{Applied, Change, LaneSettings, Lanes, Outcome, Over, View};
pub use refusal::Refusal;
pub use standing::{Drill, Live, Standing};
pub use xml::XmlLimits;

/// A message of an agency, read and typed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
#[non_exhaustive]
pub enum OfficialMessage {
    /// 通常: a telegram that is meant.
    Telegram(Telegram<Live>),
    /// 訓練 or 試験: a telegram that is not.
    DrillTelegram(Telegram<Drill>),
}

/// Reads one message. `name` is the name of its file or feed entry, or its topic: the surest teller of a telegram's type.
///
/// # Errors
/// [`Refusal`] names what is wrong and what would be accepted. The message belongs into quarantine.
pub fn decode(name: Option<&str>, bytes: &[u8]) -> Result<OfficialMessage, Refusal> {
    let root = xml::read(bytes, &XmlLimits::default())?;
    if jma::is_telegram(&root) {
        return Ok(match jma::read(&root, name)? {
            jma::Gated::Live(telegram) => OfficialMessage::Telegram(telegram),
            jma::Gated::Drill(telegram) => OfficialMessage::DrillTelegram(telegram),
        });
    }
    Err(Refusal::UnknownKind {
        found: xml::cut(
            &format!("<{}> of namespace {:?}", root.name, root.namespace),
            160,
        ),
    })
}
