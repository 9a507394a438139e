//! What the program refuses, and the words it refuses with.

use hinan_town::{Service, TownPlan, eventually, free_port, ran};

use crate::HINAN;

fn refused(arguments: &[&str], expected: &[&str]) {
    let output = ran(std::path::Path::new(HINAN), arguments, "");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{arguments:?} must be refused");
    for words in expected {
        assert!(said.contains(words), "{words:?} is not in: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_service_on_the_same_record_is_refused_and_the_first_goes_on() {
    let mut town = TownPlan::of(HINAN).opens().await.unwrap();
    let config = std::fs::read_to_string(town.config()).unwrap();
    let elsewhere = config
        .replace(&format!(":{}", town.web), &format!(":{}", free_port()))
        .replace(
            &format!("port = {}", town.mqtt),
            &format!("port = {}", free_port()),
        );
    let second = town.data_dir().with_file_name("second.toml");
    std::fs::write(&second, elsewhere).unwrap();
    let second = second.display().to_string();
    refused(
        &["serve", "--config", &second],
        &["別のサービスが使用中です", "is in use by another service"],
    );
    // Accounts may be added beside a running service, and its record stays whole.
    let added = ran(
        town.program(),
        &[
            "officer",
            "--config",
            &town.config(),
            "--name",
            "eve",
            "--role",
            "approver",
            "--generate",
        ],
        "",
    );
    assert!(added.status.success(), "{added:?}");
    // Reading beside a running service is allowed.
    let verified = ran(
        town.program(),
        &[
            "verify",
            "--data-dir",
            &town.data_dir().display().to_string(),
        ],
        "",
    );
    assert!(verified.status.success(), "{verified:?}");
    town.thinks().await;
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_named_with_its_key() {
    let mut town = TownPlan::of(HINAN).opens().await.unwrap();
    let config = std::fs::read_to_string(town.config()).unwrap();
    let own = |name: &str, text: &str| {
        let file = town.data_dir().with_file_name(format!("{name}.toml"));
        std::fs::write(&file, text.replace("/data\"", "/other\"")).unwrap();
        file.display().to_string()
    };
    let mqtt = format!("127.0.0.1:{}", town.mqtt);
    refused(
        &["serve", "--config", &own("mqtt", &config)],
        &["broker.port is", &mqtt, "choose another port"],
    );
    let web_only = config.replace(
        &format!("port = {}", town.mqtt),
        &format!("port = {}", free_port()),
    );
    let web = format!("127.0.0.1:{}", town.web);
    refused(
        &["serve", "--config", &own("web", &web_only)],
        &["web.listen is", &web, "choose another port"],
    );
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_takes_the_next_free_ports_and_says_which() {
    let town = TownPlan::of(HINAN).opens().await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let (web, mqtt) = (town.web.to_string(), town.mqtt.to_string());
    let data = home.path().join("data").display().to_string();
    let arguments = [
        "demo",
        "--no-browser",
        "--http-port",
        &web,
        "--mqtt-port",
        &mqtt,
        "--data-dir",
        &data,
    ];
    let demo = Service::start(std::path::Path::new(HINAN), &arguments, home.path());
    let said = eventually("the demo has chosen its ports", || async {
        let said = demo.said();
        (said.matches("is taken, using").count() == 2).then_some(said)
    })
    .await;
    assert!(
        said.contains(&format!("port {web} is taken"))
            && said.contains(&format!("port {mqtt} is taken"))
    );
}

#[test]
fn a_wrong_configuration_names_key_value_and_what_is_accepted() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("town.toml");
    let path = file.display().to_string();
    let cases: [(&str, &[&str]); 8] = [
        (
            "[approve]\nbasis_age_max_min = 0",
            &["approve.basis_age_max_min", "is 0", "from 1 to 120"],
        ),
        (
            "[recommend]\nreopen_after_min = 1",
            &["recommend.reopen_after_min", "is 1", "from 5 to 720"],
        ),
        ("[web]\n\nlistn = \"x\"", &["line 3", "listn", "listen"]),
        (
            "[service]\nrealm = \"live\"",
            &["live", "actual", "exercise"],
        ),
        ("[broker]\nport = 70000", &["port", "70000"]),
        (
            "[sensors]\ntopic_prefix = \"a/#\"",
            &["sensors.topic_prefix", "a/#", "without +"],
        ),
        (
            "[sensors.station.nowhere]\nusual = { low = 1.0, high = 2.0 }",
            &["nowhere", "does not have"],
        ),
        (
            "[town]\ndir = \"/nonexistent\"",
            &["/nonexistent/town.toml"],
        ),
    ];
    for (text, expected) in cases {
        std::fs::write(&file, text).unwrap();
        refused(&["check-config", "--config", &path], expected);
        refused(&["serve", "--config", &path], expected);
    }
    refused(
        &["serve", "--config", "/nonexistent.toml"],
        &["/nonexistent.toml"],
    );
    refused(
        &["demo", "--speed", "0"],
        &["--speed is 0", "from 1 to 3600"],
    );
    std::fs::write(
        &file,
        format!(
            "[service]\ndata_dir = \"{}\"",
            home.path().join("data").display()
        ),
    )
    .unwrap();
    refused(
        &[
            "officer",
            "--config",
            &path,
            "--name",
            "a b",
            "--role",
            "approver",
            "--generate",
        ],
        &["--name is a b", "1 to 40 letters"],
    );
    refused(
        &[
            "officer",
            "--config",
            &path,
            "--name",
            "sato",
            "--role",
            "mayor",
            "--generate",
        ],
        &["--role is mayor", "duty_officer"],
    );
    refused(
        &[
            "officer", "--config", &path, "--name", "sato", "--role", "approver",
        ],
        &["12 characters"],
    );
}
