//! One approved notice on every channel that a town can have: the same words, the same identifier, signed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hinan::publish::channel::mail::{MailChannel, MailTarget, MailTls};
use hinan::publish::outbox::Attempt;
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;
use hinan_town::{FLOOD_HOUR, StatusCode, TownPlan, eventually, free_port, without_peer};
use roxmltree::Document;

use crate::HINAN;
use crate::alert::{Alert, fits_the_schema};
use crate::hall::{Hall, reference};

/// A mail server of others (aiosmtpd) that keeps what it takes as files. Ends with its owner.
struct MailServer {
    process: Child,
    port: u16,
    folder: PathBuf,
}

const SERVER: &str = "\
import asyncio, os, sys, time, hashlib
from aiosmtpd.controller import Controller
class Keep:
    async def handle_DATA(self, server, session, envelope):
        name = hashlib.sha256(envelope.content).hexdigest()
        with open(sys.argv[2] + '/taken', 'a') as f:
            f.write(name + '\\n')
        if os.path.exists(sys.argv[2] + '/slow'):
            await asyncio.sleep(3)
        with open(sys.argv[2] + '/' + name + '.eml', 'wb') as f:
            f.write(envelope.content)
        return '250 2.0.0 kept as ' + name
Controller(Keep(), hostname='127.0.0.1', port=int(sys.argv[1])).start()
print('ready', flush=True)
time.sleep(3600)
";

impl MailServer {
    /// `None`, and a word about it, where there is none.
    async fn starts(folder: &Path) -> Option<Self> {
        let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(
            || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache"),
            PathBuf::from,
        );
        let python = std::env::var("HINAN_PYTHON_NOTICE").unwrap_or_else(|_| {
            cache
                .join("hinan/tools/python-notice/bin/python")
                .display()
                .to_string()
        });
        let has = Command::new(&python)
            .args(["-c", "import aiosmtpd"])
            .stderr(Stdio::null())
            .status();
        if !has.is_ok_and(|status| status.success()) {
            without_peer(&format!("no aiosmtpd for {python}"));
            return None;
        }
        let port = free_port();
        let process = Command::new(&python)
            .args(["-c", SERVER, &port.to_string(), folder.to_str().unwrap()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self {
            process,
            port,
            folder: folder.to_owned(),
        };
        eventually("the mail server listens", || async {
            tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .ok()
                .map(drop)
        })
        .await;
        Some(server)
    }

    /// How many mails it took, the same ones counted anew.
    fn taken(&self) -> usize {
        let all = std::fs::read_to_string(self.folder.join("taken"));
        all.unwrap_or_default().lines().count()
    }

    fn kept(&self) -> Vec<String> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(&self.folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "eml"))
            .collect();
        files.sort();
        files
            .iter()
            .map(|file| std::fs::read_to_string(file).unwrap())
            .collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Key and certificate of a town, as PEM files.
pub(crate) fn key(folder: &Path) -> (String, String) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "30",
        ])
        .args(["-subj", "/CN=bosai.example.lg.jp", "-keyout"])
        .arg(folder.join("key.pem"))
        .arg("-out")
        .arg(folder.join("certificate.pem"))
        .output()
        .expect("openssl is installed");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let path = |name: &str| folder.join(name).display().to_string();
    (path("key.pem"), path("certificate.pem"))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_notice_leaves_signed_on_every_channel_with_the_same_words() {
    let folder = tempfile::tempdir().unwrap();
    let home = |name: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    };
    let (key, certificate) = key(folder.path());
    let Some(mail) = MailServer::starts(&home("mail")).await else {
        return;
    };
    let (area_mail, l_alert) = (home("area-mail"), home("l-alert"));
    let text = |path: &Path| path.display().to_string();
    let mail_config = toml::Table::from_iter([
        ("host".to_owned(), toml::Value::from("127.0.0.1")),
        ("port".to_owned(), i64::from(mail.port).into()),
        ("tls".to_owned(), "none".into()),
        ("from".to_owned(), "bosai@example.lg.jp".into()),
        (
            "to".to_owned(),
            toml::Value::Array(vec!["list@example.lg.jp".into()]),
        ),
    ]);
    let one = |key: &str, value: String| {
        toml::Table::from_iter([(key.to_owned(), toml::Value::from(value))])
    };
    let mut town = TownPlan::of(HINAN)
        .with_officer("sato", "approver")
        .with("publish.sign", "required")
        .with("publish.sign_key_file", key)
        .with("publish.sign_certificate_file", certificate.clone())
        .with("publish.mail", mail_config)
        .with("publish.area_mail", one("dir", text(&area_mail)))
        .with("publish.l_alert", one("dir", text(&l_alert)))
        .opens()
        .await
        .unwrap();
    let ears = town.listener("loudspeaker", "actual").await;
    town.storm_reaches(FLOOD_HOUR).await;
    let sato = town.officer("sato").await;
    let sheet = town.sheet_for(&sato, "十勝川").await;
    let confirmation = sato.decides(&sheet, 4, "水位が氾濫危険水位に達した").await;
    let id = sato.lets_out(&confirmation).await;

    // CAP: signed, and without the signature the very bytes that were read.
    let heard = ears.hears(&format!("/{id}")).await;
    let plain = hinan_notice::document::signature::without(&heard.payload);
    assert_eq!(plain.as_deref(), Some(confirmation.document.as_bytes()));
    fits_the_schema(&heard.payload);
    let signed = folder.path().join("signed.xml");
    std::fs::write(&signed, &heard.payload).unwrap();
    match Command::new("xmlsec1")
        .args([
            "--verify",
            "--enabled-reference-uris",
            "empty",
            "--trusted-pem",
            &certificate,
        ])
        .arg(&signed)
        .output()
    {
        Ok(verdict) => assert!(
            verdict.status.success(),
            "{}",
            String::from_utf8_lossy(&verdict.stderr)
        ),
        Err(error) => without_peer(&format!("no xmlsec1 ({error})")),
    }
    let resident = town.resident();
    eventually("the document is on the public server", || async {
        (resident.cap(&id).await.bytes == heard.payload).then_some(())
    })
    .await;

    // MQTT: each area says what holds, and the event happened once.
    let document = Document::parse(&confirmation.document).unwrap();
    let districts = Alert::of(&document).districts();
    let areas: Vec<_> = eventually("every area says what holds", || async {
        let areas: Vec<_> = ears
            .heard()
            .into_iter()
            .filter(|one| one.topic.contains("/areas/"))
            .collect();
        (areas.len() == districts).then_some(areas)
    })
    .await;
    for area in &areas {
        let state: serde_json::Value = serde_json::from_slice(&area.payload).unwrap();
        assert_eq!(
            (&state["level"], &state["notice"]),
            (&4.into(), &id.as_str().into())
        );
    }
    let event = ears.hears("/events/issue").await;
    assert!(!event.retained && String::from_utf8(event.payload).unwrap().contains(&id));

    // Mail, telephones, L-Alert: the same words.
    let kept = eventually("the mail server has it", || async {
        let kept = mail.kept();
        (!kept.is_empty()).then_some(kept)
    })
    .await;
    assert!(
        kept[0].contains(&format!("Message-ID: <{id}.0@example.lg.jp>"))
            && kept[0].contains("To: list@example.lg.jp")
    );
    let file = |dir: &Path, end: &str| std::fs::read_to_string(dir.join(format!("{id}{end}"))).ok();
    let told = eventually("the text for telephones is there", || async {
        file(&area_mail, ".txt")
    })
    .await;
    // The districts fit, so that they stand there and not the river.
    for word in ["避難指示", "帯広市", "警戒レベル4", "洪水", "西7条"] {
        assert!(told.contains(word), "{word} in {told}");
    }
    let report = eventually("the report is there", || async { file(&l_alert, ".xml") }).await;
    assert!(report.contains("適合試験を受けていない") && report.contains("避難指示"));

    // The pages say that it arrived, and in which words.
    eventually("every channel has its receipt", || async {
        let page = sato.opens("/plain/published").await.text;
        (page.contains("SMTP 250")
            && page.contains(&format!("{id}.xml"))
            && page.contains(&format!("{id}.txt")))
        .then_some(())
    })
    .await;
    let page = resident.gets(&format!("/n/{id}")).await;
    assert!(page.status == StatusCode::OK && page.text().contains("やさしい日本語"));

    // Feeds for everybody, each with the same identifier.
    for (path, kind) in [
        ("/feed.atom", "application/atom+xml"),
        ("/feed.rss", "application/rss+xml"),
        ("/alerts.json", "application/json"),
        ("/alerts.geojson", "application/geo+json"),
    ] {
        let feed = resident.gets(path).await;
        assert!(
            feed.kind.starts_with(kind) && feed.text().contains(&id),
            "{path}"
        );
        assert!(
            resident.home().await.contains(path),
            "{path} is linked from the page"
        );
    }
    town.closes().await;
}

/// A server that is slow to answer has taken the mail all the same: whoever waited no longer must not hand it over a second time.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_whose_answer_comes_late_is_not_sent_a_second_time_and_holds_one_thread() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = MailServer::starts(folder.path()).await else {
        return;
    };
    std::fs::write(folder.path().join("slow"), "").unwrap();
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let order = hall.two_issue("十勝川", OrderLevel::EvacuationOrder);
    let publication = hall
        .app
        .store
        .read(|view| view.publication(order.notice.id().as_str()))
        .unwrap()
        .unwrap();
    let channel = MailChannel::new(&MailTarget {
        host: "127.0.0.1".to_owned(),
        port: server.port,
        tls: MailTls::None,
        authorities_pem: Vec::new(),
        credentials: None,
        from: "bosai@example.lg.jp".to_owned(),
        to: vec!["list@example.lg.jp".to_owned()],
        timeout: Duration::from_secs(30),
    })
    .unwrap();
    let called_off = tokio::time::timeout(Duration::from_secs(1), channel.send(&publication));
    assert!(called_off.await.is_err(), "it is slower than that");
    eventually("the server has it", || async {
        (server.taken() == 1).then_some(())
    })
    .await;
    // The next attempts come while the first still hangs.
    for _ in 0..3 {
        let attempt = channel.send(&publication).await;
        let Attempt::TryAgain { why } = attempt else {
            panic!("{attempt:?}");
        };
        assert!(why.contains("終わっていません"), "{why}");
    }
    let receipt = eventually("its answer has come", || async {
        match channel.send(&publication).await {
            Attempt::Delivered { receipt } => Some(receipt),
            Attempt::TryAgain { .. } | Attempt::GiveUp { .. } => None,
        }
    })
    .await;
    assert!(receipt.contains("250"), "{receipt}");
    assert_eq!(server.taken(), 1, "taken once");
}
