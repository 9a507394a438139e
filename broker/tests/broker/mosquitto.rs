//! The same rules with the command-line clients that officers' technicians use. Skipped where they are not
//! installed.

use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use crate::kit::{PATIENCE, Town};

fn installed() -> bool {
    let found = std::process::Command::new("mosquitto_pub")
        .arg("--help")
        .output()
        .is_ok();
    if !found {
        eprintln!("skipped: no mosquitto clients");
    }
    found
}

fn client(program: &str, town: &Town, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(["-h", "127.0.0.1", "-p", &town.address().port().to_string()])
        .args(arguments);
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn run(mut command: Command) -> Output {
    timeout(PATIENCE, command.output())
        .await
        .expect("in time")
        .unwrap()
}

const TOWER: [&str; 4] = ["-u", "tower", "-P", "high"];

#[tokio::test]
async fn publishing_ends_when_the_reading_is_committed() {
    if !installed() {
        return;
    }
    let mut town = Town::start().await;
    let arguments = [
        "-i",
        "a",
        "-u",
        "gauge",
        "-P",
        "water",
        "-q",
        "1",
        "-t",
        "sensors/a/level",
        "-m",
        "1.5",
    ];
    let mut publishing = client("mosquitto_pub", &town, &arguments).spawn().unwrap();
    let (message, receipt) = town.inbound().await.split();
    assert_eq!(message.payload, "1.5");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(
        publishing.try_wait().unwrap().is_none(),
        "it waits for its acknowledgement"
    );
    receipt.committed();
    assert!(
        timeout(PATIENCE, publishing.wait())
            .await
            .unwrap()
            .unwrap()
            .success()
    );
}

#[tokio::test]
async fn publishing_at_qos_2_is_completed_once() {
    if !installed() {
        return;
    }
    let mut town = Town::start().await;
    town.commit_everything();
    let arguments = [
        "-i",
        "a",
        "-u",
        "gauge",
        "-P",
        "water",
        "-q",
        "2",
        "-t",
        "sensors/a/level",
        "-m",
        "1.5",
    ];
    assert!(
        run(client("mosquitto_pub", &town, &arguments))
            .await
            .status
            .success()
    );
    assert_eq!(
        (town.counts().sink_handed, town.counts().sink_committed),
        (1, 1)
    );
}

#[tokio::test]
async fn a_lasting_subscriber_gets_retained_and_missed_messages() {
    if !installed() {
        return;
    }
    let town = Town::start().await;
    let publish = |topic: &'static str, text: &'static str, retain: bool| {
        let mut arguments = [&TOWER[..], &["-q", "1", "-t", topic, "-m", text]].concat();
        if retain {
            arguments.push("-r");
        }
        run(client("mosquitto_pub", &town, &arguments))
    };
    assert!(
        publish("notices/a", "retained", true)
            .await
            .status
            .success()
    );
    let subscribe = |count: &'static str| {
        let arguments = [
            &TOWER[..],
            &[
                "-i",
                "reader",
                "-c",
                "-q",
                "1",
                "-t",
                "notices/#",
                "-C",
                count,
                "-F",
                "%t %p %r",
            ],
        ]
        .concat();
        run(client("mosquitto_sub", &town, &arguments))
    };
    let first = subscribe("1").await;
    assert_eq!(
        String::from_utf8_lossy(&first.stdout),
        "notices/a retained 1\n"
    );
    assert!(
        publish("notices/a", "missed one", false)
            .await
            .status
            .success()
    );
    assert!(
        publish("notices/b", "missed two", false)
            .await
            .status
            .success()
    );
    let second = subscribe("3").await;
    let lines = String::from_utf8_lossy(&second.stdout).into_owned();
    // It subscribes again when it comes back, which asks for the retained message again.
    let mut lines: Vec<&str> = lines.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "notices/a missed one 0",
            "notices/a retained 1",
            "notices/b missed two 0"
        ]
    );
}

#[tokio::test]
async fn a_wrong_password_is_told() {
    if !installed() {
        return;
    }
    let town = Town::start().await;
    let arguments = ["-u", "gauge", "-P", "wrong", "-t", "x", "-m", "x"];
    let refused = run(client("mosquitto_pub", &town, &arguments)).await;
    assert!(!refused.status.success());
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("bad user name or password"), "{told}");
}

#[tokio::test]
async fn version_5_carries_its_properties_and_is_told_what_it_may_not() {
    if !installed() {
        return;
    }
    let town = Town::start().await;
    let publish = [
        &TOWER[..],
        &["-V", "5", "-q", "1", "-r", "-t", "notices/a", "-m", "x"],
        &["-D", "publish", "user-property", "river", "千歳川"],
        &["-D", "publish", "content-type", "text/plain"],
    ]
    .concat();
    let told = run(client("mosquitto_pub", &town, &publish)).await;
    assert!(told.status.success(), "{told:?}");
    let subscribe = [
        &TOWER[..],
        &["-V", "5", "-q", "1", "-t", "notices/#", "-C", "1"],
        &["-F", "%t %p %C %P"],
    ]
    .concat();
    let heard = run(client("mosquitto_sub", &town, &subscribe)).await;
    assert_eq!(
        String::from_utf8_lossy(&heard.stdout),
        "notices/a x text/plain river:千歳川\n"
    );
    let arguments = [
        "-V", "5", "-i", "a", "-u", "gauge", "-P", "water", "-q", "1",
    ];
    let refused = [&arguments[..], &["-t", "sensors/b/level", "-m", "9"]].concat();
    let told = run(client("mosquitto_pub", &town, &refused)).await;
    let words = String::from_utf8_lossy(&told.stderr).to_lowercase();
    assert!(words.contains("not authorized"), "{told:?}");
}
