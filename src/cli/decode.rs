//! `hinan decode`

use std::fs::File;
use std::io::{self, Read as _};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use hinan_sensors::decoded::{Asked, BYTES_MAX, Family, Line, lines};
use hinan_sensors::payload::Profile;
use jiff::Timestamp;

use super::print::say;
use crate::clock;

/// Prints what messages of devices, networks and agencies say, as JSON lines.
///
/// Each observation, each piece of official information and each thing that cannot be read is one line; docs/decode.md
/// describes them. What a message is, is told by its content, or by --format. The exit status is 1 when anything was
/// refused; the other files are read all the same.
///
///   hinan decode uplink.json
///   mosquitto_sub -C 1 -t 'v3/+/devices/+/up' | hinan decode --profile dragino_ldds75 -
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Decode {
    /// Files to read; - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// The format of all files: native, senml_json, senml_cbor, sensorthings, tts_v3, chirpstack_v3, chirpstack_v4,
    /// netmore, jma_xml, cap, wis2, series or p2p
    #[arg(long, value_name = "NAME", value_parser = family)]
    format: Option<Family>,
    /// How the bytes of devices are read, such as dragino_ldds75 or decentlab_pr36(kp=8192)
    #[arg(long, value_name = "NAME")]
    profile: Option<Profile>,
    /// The topic the messages came on; names the data stream of SensorThings
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// When the messages arrived, for times that are told relative to it; now when left out
    #[arg(long, value_name = "TIME")]
    received_at: Option<Timestamp>,
}

impl Decode {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let received_at = self.received_at.unwrap_or_else(clock::wall);
        let asked = Asked {
            family: self.format,
            profile: self.profile,
            topic: self.topic.as_deref(),
        };
        let mut refused = false;
        for file in &self.files {
            let lines = match read(file) {
                Ok(bytes) => lines(file, &bytes, &asked, received_at),
                Err(error) => {
                    let text = format!("the file cannot be read: {error}");
                    vec![Line::refused(file, self.format, "unreadable_file", text)]
                }
            };
            for line in lines {
                refused |= matches!(line, Line::Refused(_));
                say(&serde_json::to_string(&line).context("a line cannot be written")?);
            }
        }
        Ok(if refused {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }
}

/// The bytes of a file, at most one more than is accepted.
fn read(file: &str) -> io::Result<Vec<u8>> {
    let limit = BYTES_MAX as u64 + 1;
    let mut bytes = Vec::new();
    if file == "-" {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
    } else {
        File::open(file)?.take(limit).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn family(name: &str) -> Result<Family, String> {
    Family::named(name).ok_or_else(|| {
        let names = Family::ALL.map(|(name, _)| name);
        format!("it must be one of {}", names.join(", "))
    })
}
