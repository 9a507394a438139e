//! `hinan decode`, as a maker or an operator runs it.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use boon::{Compiler, Schemas};
use serde_json::Value;

/// The real program.
const HINAN: &str = env!("CARGO_BIN_EXE_hinan");
const RECEIVED_AT: &str = "2026-08-30T09:00:00Z";

const READING: &str = r#"{"at":"2026-08-30T18:00:00+09:00","level_m":35.33}"#;

fn decode(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(HINAN)
        .arg("decode")
        .args(["--received-at", RECEIVED_AT])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}")))
        .collect()
}

fn file(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_refused_file_is_one_line_and_the_others_are_read_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        file(folder.path(), "a.json", READING.as_bytes()),
        file(folder.path(), "b.bin", b"\x00\xff"),
        folder.path().join("nowhere").to_str().unwrap().to_owned(),
        file(folder.path(), "c.json", READING.as_bytes()),
    ];
    let output = decode(&files.each_ref().map(String::as_str), b"");
    assert_eq!(output.status.code(), Some(1));
    let lines = lines(&output);
    let kinds: Vec<_> = lines
        .iter()
        .map(|line| (line["kind"].as_str().unwrap(), line["code"].as_str()))
        .collect();
    assert_eq!(
        kinds,
        [
            ("observation", None),
            ("refused", Some("unknown_format")),
            ("refused", Some("unreadable_file")),
            ("observation", None),
        ]
    );
    for (line, file) in lines.iter().zip(&files) {
        assert_eq!(line["file"].as_str(), Some(file.as_str()));
    }
}

#[test]
fn without_a_refusal_the_status_is_0_and_standard_input_is_a_file() {
    let output = decode(&["-"], READING.as_bytes());
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        std::str::from_utf8(&output.stdout).unwrap(),
        "{\"kind\":\"observation\",\"file\":\"-\",\"format\":\"native\",\"time\":\"2026-08-30T09:00:00Z\",\"time_from\":\"device\",\
         \"quantity\":\"water_level_m\",\"value\":35.33}\n"
    );
}

#[test]
fn the_options_choose_format_profile_and_topic() {
    let uplink = br#"{"applicationID":"1","devEUI":"24e124126d154397","data":"C+QJEgB//wE="}"#;
    let bytes = lines(&decode(&["-"], uplink));
    assert_eq!(bytes[0]["bytes"], "0be40912007fff01");
    let read = lines(&decode(&["--profile", "dragino_ldds75", "-"], uplink));
    assert_eq!(read[0]["value"], 2.322);
    let refused = lines(&decode(&["--format", "chirpstack_v4", "-"], uplink));
    assert_eq!(refused[0]["format"], "chirpstack_v4");
    assert_eq!(refused[0]["code"], "wrong_shape");
    let topic = ["--topic", "v1.1/Datastreams(7)/Observations", "-"];
    assert_eq!(
        lines(&decode(&topic, br#"{"result":1}"#))[0]["device"],
        "Datastreams(7)"
    );
    for wrong in [
        &["--format", "xml", "-"][..],
        &["--profile", "x", "-"],
        &["--received-at", "x", "-"],
        &[],
    ] {
        let output = decode(wrong, b"");
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_file_that_never_ends_is_refused_at_its_limit() {
    let output = decode(&["/dev/zero"], b"");
    assert_eq!(lines(&output)[0]["code"], "too_large");
    assert_eq!(output.status.code(), Some(1));
}

/// Every file of every family below the folder that `HINAN_SAMPLES` names.
fn samples() -> Option<BTreeMap<String, Vec<PathBuf>>> {
    let folder = std::env::var_os("HINAN_SAMPLES").map(PathBuf::from)?;
    let below = folder.join("protocols");
    let root = if below.is_dir() { below } else { folder };
    let mut families = BTreeMap::<String, Vec<PathBuf>>::new();
    let mut folders = vec![root.clone()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let within = path.strip_prefix(&root).unwrap();
                let family = within.components().next().unwrap().as_os_str();
                let family = family.to_str().unwrap().to_owned();
                families.entry(family).or_default().push(path);
            }
        }
    }
    families.values_mut().for_each(|files| files.sort());
    Some(families)
}

#[expect(clippy::print_stdout, reason = "the table is what the test shows")]
fn print(text: &str) {
    println!("{text}");
}

#[test]
fn every_sample_of_every_family_is_lines_of_the_documented_shape() {
    let Some(families) = samples() else {
        print("skipped: no samples");
        return;
    };
    let schema: Value = serde_json::from_str(hinan_sensors::schema::DECODED).unwrap();
    let id = schema["$id"].as_str().unwrap().to_owned();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource(&id, schema).unwrap();
    let index = compiler.compile(&id, &mut schemas).unwrap();
    let mut table = format!(
        "\n{:<18} {:>5} {:>13} {:>9} {:>8} {:>8}\n",
        "hinan decode", "files", "observations", "official", "refused", "nothing"
    );
    for (family, files) in families {
        let names: Vec<_> = files.iter().map(|file| file.to_str().unwrap()).collect();
        let output = decode(&names, b"");
        let error = std::str::from_utf8(&output.stderr).unwrap();
        assert!(error.is_empty(), "{family}: {error}");
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "{family}: {:?}",
            output.status
        );
        assert_eq!(
            output.stdout,
            decode(&names, b"").stdout,
            "{family}: the same twice"
        );
        let lines = lines(&output);
        let mut silent: std::collections::BTreeSet<_> = names.iter().copied().collect();
        let mut counts = BTreeMap::<&str, usize>::new();
        for line in &lines {
            if let Err(why) = schemas.validate(line, index) {
                panic!("{why:#}: {line}");
            }
            silent.remove(line["file"].as_str().unwrap());
            *counts.entry(line["kind"].as_str().unwrap()).or_default() += 1;
        }
        let count = |kind: &str| counts.get(kind).copied().unwrap_or(0);
        assert_eq!(
            output.status.code() == Some(1),
            count("refused") > 0,
            "{family}"
        );
        writeln!(
            table,
            "{family:<18} {:>5} {:>13} {:>9} {:>8} {:>8}",
            files.len(),
            count("observation"),
            count("official"),
            count("refused"),
            silent.len()
        )
        .unwrap();
        // Only an empty message has nothing to say.
        assert!(silent.is_empty(), "{family}: no line for {silent:?}");
    }
    print(&table);
}
