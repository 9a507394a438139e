//! Our documents, read by others: xmllint, xmlsec1, feedparser. Where one is missing, the test says so.

use std::path::{Path, PathBuf};
use std::process::Command;

use hinan_notice::document::signature::{self, Invalid, SigningKey};
use hinan_notice::document::{Entry, Publisher, atom, cap, geojson, json, l_alert, rss};
use hinan_notice::facts::{Facts, Hazard, Kind};
use hinan_notice::level::OrderLevel;
use hinan_notice::realm::Realm;
use hinan_notice::text::{ENGLISH, JAPANESE};
use ring::rand::SystemRandom;

use crate::fixture::{document, ended, order, texts};

/// Every level, hazard, kind and realm.
fn all() -> Vec<Facts> {
    let mut all = Vec::new();
    for level in OrderLevel::ALL {
        for hazard in Hazard::ALL {
            for realm in [Realm::Actual, Realm::Exercise] {
                let mut facts = order("first");
                (facts.level, facts.hazard, facts.realm) = (level, hazard, realm);
                if level == OrderLevel::EmergencySafety {
                    facts.shelters.clear();
                }
                for kind in [Kind::Lift, Kind::Cancel] {
                    all.push(ended("end", kind, &facts));
                }
                let mut update = ended("update", Kind::Issue, &facts);
                update.note.clear();
                all.push(update);
                all.push(facts);
            }
        }
    }
    all
}

/// A peer is missing: what it proves is skipped, or fails where `HINAN_PEERS=required`, as `./test` has it.
fn without_peer(why: &str) {
    let required = std::env::var("HINAN_PEERS").is_ok_and(|peers| peers == "required");
    assert!(
        !required,
        "{why}, and HINAN_PEERS=required: install it, or set HINAN_PEERS=optional to skip what it proves"
    );
    eprintln!("skipped: {why}");
}

/// Runs a program; `None`, and a word about it, where it is not installed.
fn ran(program: &str, arguments: &[&str]) -> Option<std::process::Output> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) => {
            without_peer(&format!("no {program} ({error})"));
            None
        }
    }
}

fn schema() -> Option<PathBuf> {
    let Some(samples) = std::env::var_os("HINAN_SAMPLES") else {
        eprintln!("skipped: no samples");
        return None;
    };
    let schema = Path::new(&samples).join("protocols/cap/schema/CAP-v1.2.xsd");
    if !schema.exists() {
        eprintln!("skipped: no samples at {}", schema.display());
        return None;
    }
    Some(schema)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A key of our own with a certificate for it, both as PEM files in `folder`.
fn ecdsa(folder: &Path) -> (SigningKey, PathBuf) {
    let key = rcgen::KeyPair::generate().unwrap();
    certified(folder, &key)
}

/// The same with RSA, made by openssl; `None` where it is not installed.
fn rsa(folder: &Path) -> Option<(SigningKey, PathBuf)> {
    let file = folder.join("rsa.pem");
    let made = ran(
        "openssl",
        &[
            "genpkey",
            "-quiet",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
            "-out",
            text(&file),
        ],
    )?;
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let key = rcgen::KeyPair::from_pem(&std::fs::read_to_string(&file).unwrap()).unwrap();
    Some(certified(folder, &key))
}

fn certified(folder: &Path, key: &rcgen::KeyPair) -> (SigningKey, PathBuf) {
    let parameters = rcgen::CertificateParams::new(vec!["bosai.example.lg.jp".to_owned()]).unwrap();
    let certificate = parameters.self_signed(key).unwrap().pem();
    let path = folder.join("certificate.pem");
    std::fs::write(&path, &certificate).unwrap();
    let key = SigningKey::from_pem(
        key.serialize_pem().as_bytes(),
        certificate.as_bytes(),
        &SystemRandom::new(),
    );
    (key.unwrap(), path)
}

#[test]
fn every_document_fits_the_official_schema_signed_or_not() {
    let Some(schema) = schema() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (key, _) = ecdsa(folder.path());
    let mut files = Vec::new();
    for (n, facts) in all().iter().enumerate() {
        let plain = document(facts);
        let signed = signature::sign(&plain, &key, &SystemRandom::new()).unwrap();
        for (kind, bytes) in [("plain", plain), ("signed", signed)] {
            let file = folder.path().join(format!("{n}-{kind}.xml"));
            std::fs::write(&file, bytes).unwrap();
            files.push(file);
        }
    }
    let mut arguments = vec!["--noout", "--nonet", "--schema", text(&schema)];
    arguments.extend(files.iter().map(|file| text(file)));
    let Some(checked) = ran("xmllint", &arguments) else {
        return;
    };
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stderr)
    );
    eprintln!("{} documents fit {}", files.len(), schema.display());
}

#[test]
fn every_document_is_written_in_its_canonical_form() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alert.xml");
    let mut tried = 0;
    for facts in all().iter().step_by(7) {
        let bytes = document(facts);
        std::fs::write(&file, &bytes).unwrap();
        let Some(canonical) = ran("xmllint", &["--exc-c14n", text(&file)]) else {
            return;
        };
        assert!(canonical.status.success());
        let ours = String::from_utf8(bytes).unwrap();
        let ours = ours.split_once("?>\n").unwrap().1.trim_end();
        assert_eq!(
            String::from_utf8(canonical.stdout).unwrap().trim_end(),
            ours
        );
        tried += 1;
    }
    eprintln!("{tried} documents are their own canonical form");
}

#[test]
fn a_signature_holds_for_xmlsec1_and_for_us_and_no_changed_byte_passes_either() {
    let folder = tempfile::tempdir().unwrap();
    let mut keys = vec![("ECDSA P-256", ecdsa(folder.path()))];
    let other = folder.path().join("rsa");
    std::fs::create_dir(&other).unwrap();
    keys.extend(rsa(&other).map(|made| ("RSA 2048", made)));
    for (name, (key, certificate)) in keys {
        for facts in [
            order("signed"),
            ended("signed-end", Kind::Cancel, &order("signed")),
        ] {
            let plain = document(&facts);
            let signed = signature::sign(&plain, &key, &SystemRandom::new()).unwrap();
            assert_eq!(
                signature::without(&signed).as_deref(),
                Some(plain.as_slice()),
                "the approved bytes are in it"
            );
            assert!(cap::carries(&signed, &facts));
            assert_eq!(signature::verify(&signed, key.public()), Ok(()));
            let altered =
                String::from_utf8(signed.clone())
                    .unwrap()
                    .replacen("避難指示", "避難解除", 1);
            assert_eq!(
                signature::verify(altered.as_bytes(), key.public()),
                Err(Invalid::Document)
            );
            assert_eq!(
                signature::verify(&plain, key.public()),
                Err(Invalid::Missing)
            );
            assert!(
                signature::sign(&signed, &key, &SystemRandom::new()).is_err(),
                "nothing is signed twice"
            );

            let says = |bytes: &[u8]| {
                let file = folder.path().join("alert.xml");
                std::fs::write(&file, bytes).unwrap();
                ran(
                    "xmlsec1",
                    &[
                        "--verify",
                        "--trusted-pem",
                        text(&certificate),
                        "--enabled-reference-uris",
                        "empty",
                        text(&file),
                    ],
                )
            };
            let Some(verdict) = says(&signed) else { return };
            let words = String::from_utf8_lossy(&verdict.stderr).into_owned();
            assert!(verdict.status.success(), "{name}: {words}");
            assert!(
                !says(altered.as_bytes()).unwrap().status.success(),
                "{name}: a changed text is refused"
            );
            eprintln!(
                "xmlsec1, {name}, {}: {}",
                facts.kind.word(),
                words.lines().next().unwrap_or_default()
            );
        }
    }
}

#[test]
fn a_key_that_is_not_the_certificates_is_refused_and_never_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let (_, certificate) = ecdsa(folder.path());
    let certificate = std::fs::read(certificate).unwrap();
    let random = SystemRandom::new();
    let error = SigningKey::from_pem(key.as_bytes(), &certificate, &random).unwrap_err();
    assert!(
        error.to_string().contains("does not hold this key"),
        "{error}"
    );
    let error = SigningKey::from_pem(b"no key", &certificate, &random).unwrap_err();
    assert!(
        error.to_string().contains("PKCS#8") && !error.to_string().contains("no key"),
        "{error}"
    );
    let error = SigningKey::from_pem(key.as_bytes(), b"", &random).unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[test]
fn the_words_are_read_back_from_the_document_as_they_were_written() {
    for facts in all() {
        let (bytes, texts) = (document(&facts), texts(&facts));
        for language in [JAPANESE, ENGLISH] {
            assert_eq!(
                cap::text_in(&bytes, language).as_ref(),
                texts.in_language(language)
            );
        }
        assert_eq!(cap::text_in(&bytes, "vi"), None);
        assert_eq!(cap::texts_digest(&bytes), Some(texts.digest()));
        assert_eq!(document(&facts), bytes, "same facts, same bytes");
    }
}

fn feed() -> (Vec<Facts>, Vec<Vec<u8>>) {
    let first = order("feed-1");
    let facts = vec![ended("feed-2", Kind::Cancel, &first), first];
    let documents = facts.iter().map(document).collect();
    (facts, documents)
}

const PUBLISHER: Publisher<'_> = Publisher {
    name: "川上町",
    url: "http://127.0.0.1:8080/",
    code: "012076",
};

fn entries<'e>(facts: &'e [Facts], documents: &'e [Vec<u8>]) -> Vec<Entry<'e>> {
    facts
        .iter()
        .zip(documents)
        .map(|(facts, document)| Entry {
            facts,
            document,
            approved_at: facts.sent + jiff::SignedDuration::from_secs(40),
        })
        .collect()
}

#[test]
fn a_stock_feed_reader_finds_every_notice_in_atom_and_rss() {
    let (facts, documents) = feed();
    let entries = entries(&facts, &documents);
    let began = facts[1].sent;
    let folder = tempfile::tempdir().unwrap();
    let python = std::env::var("HINAN_PYTHON_NOTICE").unwrap_or_else(|_| {
        let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(
            || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache"),
            PathBuf::from,
        );
        cache
            .join("hinan/tools/python-notice/bin/python")
            .display()
            .to_string()
    });
    for (name, bytes) in [
        ("atom10", atom::write(&PUBLISHER, &entries, began).unwrap()),
        ("rss20", rss::write(&PUBLISHER, &entries, began).unwrap()),
    ] {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        let script = "import feedparser, json, sys\n\
             f = feedparser.parse(open(sys.argv[1], 'rb').read())\n\
             print(json.dumps([f.bozo, f.version, f.feed.title, [[e.id, e.title, e.summary, e.published_parsed[3], \
             [l.href for l in e.links]] for e in f.entries]], ensure_ascii=False))";
        let Some(read) = ran(&python, &["-c", script, text(&file)]) else {
            return;
        };
        if !read.status.success()
            && String::from_utf8_lossy(&read.stderr).contains("No module named")
        {
            without_peer(&format!("no feedparser for {python}"));
            return;
        }
        assert!(
            read.status.success(),
            "{}",
            String::from_utf8_lossy(&read.stderr)
        );
        let said: serde_json::Value = serde_json::from_slice(&read.stdout).unwrap();
        assert!(
            said[0] == false || said[0] == 0,
            "{name} is well-formed: {}",
            said[0]
        );
        assert_eq!(said[1], name);
        assert!(said[2].as_str().unwrap().contains("川上町"));
        let found = said[3].as_array().unwrap();
        assert_eq!(found.len(), facts.len());
        for (entry, facts) in found.iter().zip(&facts) {
            assert!(entry[0].as_str().unwrap().ends_with(facts.id.as_str()));
            let text = cap::text_in(&document(facts), JAPANESE).unwrap();
            assert_eq!(entry[1], text.headline);
            // A reader may turn line breaks of a summary into others.
            let plain = |text: &str| text.split_whitespace().collect::<String>();
            let begins: String = plain(&text.description).chars().take(40).collect();
            assert!(plain(entry[2].as_str().unwrap()).starts_with(&begins));
            // At twelve or fourteen o'clock UTC: the hour of Japan less nine.
            let hour: i64 = if facts.kind == Kind::Issue { 12 } else { 14 };
            assert_eq!(entry[3], hour);
            let cap = format!("http://127.0.0.1:8080/cap/{}.xml", facts.id);
            assert!(
                entry[4]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|link| *link == cap.as_str())
            );
        }
        eprintln!("feedparser reads {} entries as {}", found.len(), said[1]);
    }
}

#[test]
fn json_and_geojson_name_the_same_notices_and_geojson_turns_the_order_of_coordinates() {
    let (facts, documents) = feed();
    let entries = entries(&facts, &documents);
    let in_force = |one: &Facts| one.kind == Kind::Issue;
    let list = json::write(&PUBLISHER, Realm::Actual, &entries, in_force, facts[1].sent);
    let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
    assert_eq!(
        (&list["in_force"], &list["realm"]),
        (&1.into(), &"actual".into())
    );
    assert_eq!(list["notices"][0]["kind"], "cancel");
    assert_eq!(
        list["notices"][1]["texts"]["ja-JP"]["headline"],
        texts(&facts[1]).languages[0].text.headline
    );
    let map = geojson::write(&PUBLISHER, Realm::Actual, &[&facts[1]]);
    let map: serde_json::Value = serde_json::from_slice(&map).unwrap();
    let features = map["features"].as_array().unwrap();
    assert_eq!(features.len(), 2, "one for each district");
    assert_eq!(
        features[0]["geometry"]["coordinates"][0][0][0],
        serde_json::json!([143.2, 42.9])
    );
    assert_eq!(features[0]["properties"]["level"], 4);
}

#[test]
fn a_report_for_l_alert_is_well_formed_and_says_that_it_is_not_tested() {
    let first = order("report");
    let lift = ended("report-end", Kind::Lift, &first);
    let began = l_alert::Chain::after(&first, &[]);
    let chain = l_alert::Chain::after(&lift, &[(&first, began)]);
    let bytes = l_alert::write(&lift, "見出し", &chain).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let parsed = roxmltree::Document::parse(&text).unwrap();
    let said = |name: &str| {
        parsed
            .descendants()
            .find(|n| n.tag_name().name() == name)
            .and_then(|n| n.text())
            .unwrap_or_default()
    };
    assert_eq!(said("contentDescription"), l_alert::NOT_TESTED);
    assert_eq!((said("Sort"), said("IssueOrLift")), ("避難指示", "解除"));
    assert_eq!(
        (said("documentRevision"), said("distributionType")),
        ("2", "Update")
    );
    assert_eq!(said("jisX0402"), "012076");
}
