//! Password and access files for a town that has a broker of its own: the same devices may say the same there.

use std::fmt::Write as _;

use super::{Device, Verifier};

/// Topics of the service.
pub struct Topics<'a> {
    /// Readings are published at `{readings}/{station}`.
    pub readings: &'a str,
    /// Approved notices are published under it.
    pub alerts: &'a str,
    /// Everything that the service subscribes to.
    pub service: &'a [String],
}

/// The service's own account at that broker.
pub struct Account<'a> {
    /// User name.
    pub name: &'a str,
    /// Recognises its password.
    pub verifier: Verifier,
}

/// A file and what is to be written into it.
#[derive(Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

/// Files for mosquitto 2: `password_file` and `acl_file`. A device that is not in use is in neither.
#[must_use]
pub fn mosquitto(
    devices: &[&Device],
    service: Option<&Account<'_>>,
    topics: &Topics<'_>,
) -> [File; 2] {
    let mut passwords = String::new();
    let mut access = format!(
        "# Everybody reads approved notices.\ntopic read {}/#\n",
        topics.alerts
    );
    if let Some(account) = service {
        let _ = writeln!(
            passwords,
            "{}:{}",
            account.name,
            account.verifier.mosquitto()
        );
        let _ = writeln!(access, "\nuser {}", account.name);
        for filter in topics.service {
            let _ = writeln!(access, "topic read {filter}");
        }
        let _ = writeln!(access, "topic readwrite {}/#", topics.alerts);
    }
    for device in in_use(devices) {
        if let Some(verifier) = &device.verifier {
            let _ = writeln!(passwords, "{}:{}", device.name, verifier.mosquitto());
        }
        let _ = writeln!(access, "\nuser {}", device.name);
        for topic in publishes(device, topics) {
            let _ = writeln!(access, "topic write {topic}");
        }
        let _ = writeln!(access, "topic read {}/#", topics.alerts);
    }
    [
        File {
            name: "passwords",
            text: passwords,
        },
        File {
            name: "access",
            text: access,
        },
    ]
}

/// Files for EMQX 5: users to be imported into its built-in database (`password_hash_algorithm` = pbkdf2, `mac_fun` =
/// sha512, `iterations` = 101, `dk_length` = 64), and rules for its `acl.conf`. Everything not allowed is denied.
#[must_use]
pub fn emqx(devices: &[&Device], service: Option<&Account<'_>>, topics: &Topics<'_>) -> [File; 2] {
    let mut users = "user_id,password_hash,salt,is_superuser\n".to_owned();
    let mut rules = String::new();
    let mut user = |name: &str, verifier: Option<&Verifier>| {
        if let Some((key, salt)) = verifier.and_then(Verifier::emqx) {
            let _ = writeln!(users, "{name},{key},{salt},false");
        }
    };
    if let Some(account) = service {
        user(account.name, Some(&account.verifier));
        rule(&mut rules, account.name, "subscribe", topics.service.iter());
        let alerts = [format!("{}/#", topics.alerts)];
        rule(&mut rules, account.name, "publish", alerts.iter());
    }
    for device in in_use(devices) {
        user(&device.name, device.verifier.as_ref());
        rule(
            &mut rules,
            &device.name,
            "publish",
            publishes(device, topics).iter(),
        );
    }
    let _ = writeln!(
        rules,
        "{{allow, all, subscribe, [\"{}/#\"]}}.\n{{deny, all}}.",
        topics.alerts
    );
    [
        File {
            name: "users.csv",
            text: users,
        },
        File {
            name: "acl.conf",
            text: rules,
        },
    ]
}

/// Names and topics are checked when a device is enrolled: no quote and no line end is in them.
fn rule<'a>(
    rules: &mut String,
    user: &str,
    action: &str,
    topics: impl Iterator<Item = &'a String>,
) {
    let list: Vec<String> = topics.map(|topic| format!("\"{topic}\"")).collect();
    if list.is_empty() {
        return;
    }
    let _ = writeln!(
        rules,
        "{{allow, {{user, \"{user}\"}}, {action}, [{}]}}.",
        list.join(", ")
    );
}

fn in_use<'a>(devices: &'a [&Device]) -> impl Iterator<Item = &'a Device> {
    devices
        .iter()
        .copied()
        .filter(|device| device.state.in_use())
}

/// Topics that a device may publish.
#[must_use]
pub fn publishes(device: &Device, topics: &Topics<'_>) -> Vec<String> {
    device
        .stations
        .iter()
        .map(|station| format!("{}/{station}", topics.readings))
        .chain(device.topics.iter().cloned())
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::devices::{Limits, State};

    fn device(name: &str, stations: &[&str], topics: &[&str]) -> Device {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Device {
            name: name.to_owned(),
            stations: owned(stations),
            topics: owned(topics),
            limits: Limits::default(),
            certificate: None,
            verifier: Some(Verifier::of("a secret")),
            before: None,
            state: State::InUse,
            enrolled_at: Timestamp::UNIX_EPOCH,
            enrolled_by: "console".to_owned(),
            rotated_at: None,
        }
    }

    /// A term of an ACL file as EMQX documents it: who may do what to which topics, closed by a full stop.
    fn is_term(line: &str) -> bool {
        let quoted = |text: &str| {
            let inner = text
                .strip_prefix('"')
                .and_then(|text| text.strip_suffix('"'));
            inner.is_some_and(|inner| !inner.is_empty() && !inner.contains(['"', '\\']))
        };
        if line == "{deny, all}." {
            return true;
        }
        let Some(term) = line
            .strip_prefix("{allow, ")
            .and_then(|line| line.strip_suffix("]}."))
        else {
            return false;
        };
        let Some((head, topics)) = term.split_once(", [") else {
            return false;
        };
        let Some((who, action)) = head.rsplit_once(", ") else {
            return false;
        };
        let named = who
            .strip_prefix("{user, ")
            .and_then(|who| who.strip_suffix('}'))
            .is_some_and(quoted);
        (who == "all" || named)
            && matches!(action, "publish" | "subscribe")
            && topics.split(", ").all(quoted)
    }

    #[test]
    fn files_for_emqx_have_the_form_that_its_documentation_gives() {
        let [gauge, gateway, idle] = [
            device("gauge-1", &["301081281107050"], &[]),
            device("lns", &[], &["v3/+/devices/+/up", "senml/#"]),
            device("idle", &[], &[]),
        ];
        let service = Account {
            name: "hinan",
            verifier: Verifier::of("another"),
        };
        let filters = ["hinan/v1/readings/+".to_owned()];
        let topics = Topics {
            readings: "hinan/v1/readings",
            alerts: "hinan/v1/alerts",
            service: &filters,
        };
        let [users, rules] = emqx(&[&gauge, &gateway, &idle], Some(&service), &topics);
        for line in rules.text.lines() {
            assert!(is_term(line), "{line}");
        }
        assert_eq!(rules.text.lines().last(), Some("{deny, all}."));
        assert!(
            rules
                .text
                .contains(r#"{allow, {user, "lns"}, publish, ["v3/+/devices/+/up", "senml/#"]}."#)
        );
        assert!(
            !rules.text.contains("idle"),
            "who may say nothing has no rule"
        );
        for wrong in [
            "{allow, all}",
            "{allow, {user, \"a\"}, publish, []}.",
            "{deny, all",
        ] {
            assert!(!is_term(wrong), "{wrong}");
        }
        let mut rows = users.text.lines();
        assert_eq!(rows.next(), Some("user_id,password_hash,salt,is_superuser"));
        for row in rows {
            let fields: Vec<&str> = row.split(',').collect();
            let [_, hash, salt, superuser] = fields[..] else {
                panic!("{row}")
            };
            assert_eq!(hash.len(), 128, "64 bytes");
            assert!(hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{row}");
            assert!(
                !salt.is_empty() && salt.is_ascii() && superuser == "false",
                "{row}"
            );
        }
    }
}
