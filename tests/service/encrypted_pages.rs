//! The pages over TLS in the server itself: nothing in the clear, cookies marked, and a stalled handshake holds up nobody.

use std::path::Path;

use hinan_dashboard::form;
use hinan_town::{Service, eventually, free_port, password_of, ran};

use crate::HINAN;
use crate::authority::certificates;

#[tokio::test(flavor = "multi_thread")]
async fn officers_sign_in_over_tls_and_nothing_is_served_in_the_clear() {
    let home = tempfile::tempdir().unwrap();
    if !certificates(home.path(), "web", "127.0.0.1") {
        return;
    }
    let (web, mqtt) = (free_port(), free_port());
    let path = |name: &str| home.path().join(name).display().to_string();
    let config = format!(
        "[service]\ndata_dir = \"{}\"\n[models]\nenabled = false\n[broker]\nport = {mqtt}\n\
         [web]\nlisten = \"127.0.0.1:{web}\"\ntls_certificate = \"{}\"\ntls_key = \"{}\"\n",
        path("data"),
        path("web.pem"),
        path("web.key")
    );
    std::fs::write(path("town.toml"), config).unwrap();
    let file = path("town.toml");
    let added = ran(
        Path::new(HINAN),
        &[
            "officer",
            "--config",
            &file,
            "--name",
            "tanaka",
            "--role",
            "duty_officer",
        ],
        &password_of("tanaka"),
    );
    assert!(added.status.success(), "{added:?}");
    let service = Service::start(Path::new(HINAN), &["serve", "--config", &file], home.path());
    hinan::bridge::install_tls();
    let authority = std::fs::read(path("ca.pem")).unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(&authority).unwrap()])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    // Somebody connects and says nothing: others are served all the same.
    let silent = eventually("the port is open", || async {
        tokio::net::TcpStream::connect(("127.0.0.1", web))
            .await
            .ok()
    })
    .await;
    let page = eventually("the sign-in page comes over TLS", || async {
        let answer = client
            .get(format!("https://127.0.0.1:{web}/plain/signin"))
            .send()
            .await;
        answer.ok().filter(|answer| answer.status().is_success())
    })
    .await;
    assert!(page.headers().contains_key("strict-transport-security"));
    // Browsers speak HTTP/2 over TLS, which names the host in the address and sends no header with it.
    assert_eq!(page.version(), reqwest::Version::HTTP_2);
    // As a browser does it: saying where the form comes from.
    let signs_in = |origin: String| {
        let said = [
            (form::USER, "tanaka".to_owned()),
            (form::PASSWORD, password_of("tanaka")),
        ];
        client
            .post(format!("https://127.0.0.1:{web}/plain/signin"))
            .header("origin", origin)
            .form(&said)
            .send()
    };
    let foreign = signs_in("https://elsewhere.example.jp".to_owned())
        .await
        .unwrap();
    assert_eq!(foreign.status(), reqwest::StatusCode::FORBIDDEN);
    assert!(!foreign.headers().contains_key("set-cookie"));
    let answer = signs_in(format!("https://127.0.0.1:{web}")).await.unwrap();
    assert_eq!(answer.version(), reqwest::Version::HTTP_2);
    assert_eq!(answer.status(), reqwest::StatusCode::SEE_OTHER);
    let cookies: Vec<&str> = answer
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    assert_eq!(cookies.len(), 2);
    // Browsers take this name only from this host itself, over TLS and for all of it.
    assert!(
        cookies[0].starts_with("__Host-hinan_actual="),
        "{}",
        cookies[0]
    );
    assert!(cookies[0].contains("; Path=/;") && !cookies[0].contains("Domain"));
    for cookie in cookies {
        for mark in ["; Secure", "; HttpOnly", "; SameSite=Strict"] {
            assert!(cookie.contains(mark), "{cookie}");
        }
    }
    let clear = client
        .get(format!("http://127.0.0.1:{web}/plain/signin"))
        .send()
        .await;
    assert!(clear.is_err(), "nothing is served in the clear");
    drop(silent);
    assert!(service.stops().await.success());

    // A key that does not belong to the certificate is refused at the start, by name.
    std::fs::copy(path("ca.key"), path("web.key")).unwrap();
    let refused = ran(Path::new(HINAN), &["serve", "--config", &file], "");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("web.tls_certificate and web.tls_key"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_town_without_a_certificate_gets_one_whose_fingerprint_it_can_compare() {
    let home = tempfile::tempdir().unwrap();
    let (web, mqtt) = (free_port(), free_port());
    let path = |name: &str| home.path().join(name).display().to_string();
    let config = format!(
        "[service]\ndata_dir = \"{}\"\n[models]\nenabled = false\n[broker]\nport = {mqtt}\n\
         [publish]\npublic_url = \"https://bosai.example.lg.jp\"\n\
         [web]\nlisten = \"127.0.0.1:{web}\"\nself_signed = true\n",
        path("data")
    );
    std::fs::write(path("town.toml"), config).unwrap();
    let file = path("town.toml");
    hinan::bridge::install_tls();
    let mut told = Vec::new();
    for _ in ["first start", "second start"] {
        let service = Service::start(Path::new(HINAN), &["serve", "--config", &file], home.path());
        let said = eventually("the fingerprint is printed", || async {
            let said = service.said();
            let (_, rest) = said.rsplit_once("compare with the browser's): ")?;
            Some(rest.lines().next()?.trim().to_owned())
        })
        .await;
        told.push(said);
        // Whoever was told the certificate trusts it, and nothing else.
        let certificate = std::fs::read(path("data/web.pem")).unwrap();
        let trusts = |pem: &[u8]| {
            reqwest::Client::builder()
                .tls_certs_only([reqwest::Certificate::from_pem(pem).unwrap()])
                .resolve("bosai.example.lg.jp", ([127, 0, 0, 1], web).into())
                .build()
                .unwrap()
        };
        let address = format!("https://bosai.example.lg.jp:{web}/plain/signin");
        eventually("the sign-in page comes over TLS", || async {
            let answer = trusts(&certificate).get(&address).send().await;
            answer.ok().filter(|answer| answer.status().is_success())
        })
        .await;
        let der = pem_bytes(&certificate);
        let digest = hinan::digest::Digest::of(&der).to_string().to_uppercase();
        assert_eq!(told[0].replace(':', ""), digest);
        assert!(service.stops().await.success());
    }
    assert_eq!(told[0], told[1], "it is made once");
}

/// Where this machine is reached from others; none where it has no network.
fn own_address() -> Option<std::net::IpAddr> {
    // Nothing is sent: the system only chooses the interface.
    let asked = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    asked.connect("192.0.2.1:9").ok()?;
    let own = asked.local_addr().ok()?.ip();
    (!own.is_loopback() && !own.is_unspecified()).then_some(own)
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_server_in_front_nobody_else_is_answered() {
    let Some(own) = own_address() else {
        eprintln!("skipped: this machine has no network but its own");
        return;
    };
    // Whoever comes by the machine's own address is first nobody, then the server in front.
    for (front, answered) in [("198.51.100.7".to_owned(), false), (own.to_string(), true)] {
        let home = tempfile::tempdir().unwrap();
        let (web, mqtt) = (free_port(), free_port());
        let file = home.path().join("town.toml").display().to_string();
        let config = format!(
            "[service]\ndata_dir = \"{}\"\n[models]\nenabled = false\n[broker]\nport = {mqtt}\n\
             [web]\nlisten = \"0.0.0.0:{web}\"\ntrusted_proxies = [\"{front}\"]\n",
            home.path().join("data").display()
        );
        std::fs::write(&file, config).unwrap();
        let service = Service::start(Path::new(HINAN), &["serve", "--config", &file], home.path());
        hinan::bridge::install_tls();
        let client = reqwest::Client::new();
        let asked = |at: String| client.get(at).send();
        eventually("this machine itself is answered", || async {
            let answer = asked(format!("http://127.0.0.1:{web}/plain/signin")).await;
            answer.ok().filter(|answer| answer.status().is_success())
        })
        .await;
        let page = asked(format!("http://{own}:{web}/plain/signin"))
            .await
            .unwrap();
        let api = asked(format!("http://{own}:{web}/api/v1/status"))
            .await
            .unwrap();
        assert_eq!(page.status().is_success(), answered, "{front}");
        assert!(page.headers().contains_key("strict-transport-security"));
        let (status, said) = (api.status().as_u16(), api.text().await.unwrap());
        assert_eq!(
            status == 403 && said.contains("in_the_clear"),
            !answered,
            "{said}"
        );
        let words = page.text().await.unwrap();
        assert_eq!(words.contains("https://"), !answered, "{words}");
        assert!(service.stops().await.success());
    }
}

/// What a PEM file holds, as a browser has it.
fn pem_bytes(pem: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    let text = String::from_utf8(pem.to_vec()).unwrap();
    let inside: String = text
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    base64::engine::general_purpose::STANDARD
        .decode(inside)
        .unwrap()
}

#[test]
fn an_exercise_does_not_start_where_a_live_credential_is_set() {
    let home = tempfile::tempdir().unwrap();
    let config = format!(
        "[service]\nrealm = \"exercise\"\ndata_dir = \"{}\"\n[models]\nenabled = false\n[broker]\nport = {}\n[web]\nlisten = \"127.0.0.1:{}\"\n",
        home.path().join("data").display(),
        free_port(),
        free_port()
    );
    let file = home.path().join("town.toml");
    std::fs::write(&file, config).unwrap();
    let refused = std::process::Command::new(HINAN)
        .args(["serve", "--config", &file.display().to_string()])
        .env("HINAN_ACTUAL_WEBHOOK_SECRET", "wakasagi")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success());
    assert!(
        said.contains("HINAN_ACTUAL_WEBHOOK_SECRET is set") && !said.contains("wakasagi"),
        "{said}"
    );
    assert!(!home.path().join("data").exists(), "nothing was begun");
}
