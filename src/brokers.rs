//! The brokers elsewhere: from the configuration to connections, and what they have done, counted.

use std::path::Path;

use anyhow::Context as _;
use hinan_sensors::connect::{Connection, Secret, Tally, Tls};

use crate::config::{Config, RemoteBroker};

/// The name of the broker of `[broker]`.
pub const MAIN: &str = "main";

/// One broker elsewhere, ready to be connected to.
pub struct Way {
    /// Its name in pages, counters and logs.
    pub name: String,
    /// How to reach it.
    pub connection: Connection,
}

/// Every broker elsewhere: that of `[broker]` unless it is the embedded one, then each `[[broker.remote]]`.
///
/// # Errors
/// Names the key, and the file, variable or value that cannot be used.
pub fn ways(config: &Config) -> anyhow::Result<Vec<Way>> {
    let mut ways = Vec::new();
    let realm = config.service.realm;
    if !config.broker.embedded {
        // Live and exercise at one broker must not take each other's session.
        let client_id = format!("{}-{realm}", config.broker.client_id);
        ways.push(Way {
            name: MAIN.to_owned(),
            connection: connection(config, &main(config), &client_id, login(config)?),
        });
    }
    for remote in &config.broker.remote {
        let client_id = client_id(config, remote);
        let key = format!("broker.remote {}", remote.name);
        let mut connection = connection(config, remote, &client_id, remote_login(remote)?);
        connection.tls = tls(remote)?;
        connection.validate().with_context(|| key)?;
        ways.push(Way {
            name: remote.name.clone(),
            connection,
        });
    }
    Ok(ways)
}

/// The name that the service has at this broker.
#[must_use]
pub fn client_id(config: &Config, remote: &RemoteBroker) -> String {
    let own = if remote.client_id.is_empty() {
        format!("{}-{}", config.broker.client_id, remote.name)
    } else {
        remote.client_id.clone()
    };
    format!("{own}-{}", config.service.realm)
}

/// The files of a broker's TLS, read and understood; `None` when it is not spoken.
///
/// # Errors
/// Names the key, the file and what is wrong with it.
pub fn tls(remote: &RemoteBroker) -> anyhow::Result<Option<Tls>> {
    if !remote.tls {
        return Ok(None);
    }
    let read = |key: &str, path: &Path| {
        std::fs::read(path).with_context(|| {
            format!(
                "broker.remote {}: {key} is {}; it must be a file that can be read",
                remote.name,
                path.display()
            )
        })
    };
    let authorities = read("ca_file", &remote.ca_file)?;
    let identity = if remote.cert_file.as_os_str().is_empty() {
        None
    } else {
        let chain = read("cert_file", &remote.cert_file)?;
        Some((chain, read("key_file", &remote.key_file)?))
    };
    let identity = identity
        .as_ref()
        .map(|(chain, key)| (chain.as_slice(), key.as_slice()));
    let tls = Tls::from_pem(&authorities, identity)
        .with_context(|| format!("broker.remote {}", remote.name))?;
    Ok(Some(tls))
}

/// The sign-in at the broker of `[broker]`.
///
/// # Errors
/// When the environment variable with its password is not set.
pub fn login(config: &Config) -> anyhow::Result<Option<(String, Secret)>> {
    secret(
        "broker",
        &config.broker.username,
        &config.broker.password_variable(config.service.realm),
    )
}

/// The sign-in at a broker elsewhere.
///
/// # Errors
/// When the environment variable with its password is not set.
pub fn remote_login(remote: &RemoteBroker) -> anyhow::Result<Option<(String, Secret)>> {
    let key = format!("broker.remote {}", remote.name);
    secret(&key, &remote.username, &remote.password_env)
}

/// A sign-in whose password stands in an environment variable; none without a name.
///
/// # Errors
/// When that variable is not set.
pub(crate) fn secret(
    section: &str,
    username: &str,
    password_env: &str,
) -> anyhow::Result<Option<(String, Secret)>> {
    if username.is_empty() {
        return Ok(None);
    }
    let password = std::env::var(password_env).with_context(|| {
        format!(
            "{section}: username is {username}, but the environment variable {password_env} (password_env) is not set"
        )
    })?;
    Ok(Some((username.to_owned(), Secret::new(&password))))
}

/// `[broker]` as one of the brokers elsewhere.
fn main(config: &Config) -> RemoteBroker {
    RemoteBroker {
        name: MAIN.to_owned(),
        host: config.broker.host.clone(),
        port: config.broker.port,
        ..RemoteBroker::default()
    }
}

fn connection(
    config: &Config,
    remote: &RemoteBroker,
    client_id: &str,
    login: Option<(String, Secret)>,
) -> Connection {
    let filter = if remote.filter.is_empty() {
        config.topics()
    } else {
        remote.filter.clone()
    };
    let mut connection = Connection::new(&remote.host, remote.port, client_id, filter);
    connection.login = login;
    connection.max_packet_bytes = config.broker.packet_max_bytes;
    connection.keep_alive_s = config.broker.keep_alive_s;
    connection
}

/// Shows the counts of one connection with the other counters of the service.
pub(crate) fn show(name: &str, tally: &Tally, up: bool) {
    for (what, so_far) in tally.counts() {
        metrics::counter!("hinan_link_total", "broker" => name.to_owned(), "what" => what)
            .absolute(so_far);
    }
    metrics::gauge!("hinan_link_up", "broker" => name.to_owned()).set(if up { 1.0 } else { 0.0 });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_broker_has_a_session_and_a_name_of_its_own() {
        let text = "[broker]\nembedded = false\n[[broker.remote]]\nname = \"prefecture\"\nhost = \"mqtt.pref.example\"\n\
                    [[broker.remote]]\nname = \"lorawan\"\nhost = \"ttn.example\"\nport = 1884\nfilter = [\"v3/+/devices/+/up\"]";
        let config = Config::parse(text, "town.toml").expect("a sound configuration");
        let ways = ways(&config).expect("three ways");
        let told: Vec<_> = ways
            .iter()
            .map(|w| {
                (
                    w.name.as_str(),
                    w.connection.client_id.as_str(),
                    w.connection.port,
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("main", "hinan-actual", 1883),
                ("prefecture", "hinan-prefecture-actual", 1883),
                ("lorawan", "hinan-lorawan-actual", 1884)
            ]
        );
        assert_eq!(ways[1].connection.filter, config.topics());
        assert_eq!(ways[2].connection.filter, ["v3/+/devices/+/up"]);
    }

    #[test]
    fn a_password_that_is_not_in_the_environment_is_asked_for_by_name() {
        let text = "[[broker.remote]]\nname = \"p\"\nhost = \"h\"\nusername = \"u\"\npassword_env = \"HINAN_ACTUAL_NO_SUCH\"";
        let config = Config::parse(text, "town.toml").expect("a sound configuration");
        let why = format!("{:#}", ways(&config).err().expect("no password"));
        assert!(
            why.contains("broker.remote p") && why.contains("HINAN_ACTUAL_NO_SUCH"),
            "{why}"
        );
    }

    #[test]
    fn a_certificate_file_that_is_not_there_is_named_with_its_key() {
        let text =
            "[[broker.remote]]\nname = \"p\"\nhost = \"h\"\ntls = true\nca_file = \"/no/such.pem\"";
        let config = Config::parse(text, "town.toml").expect("a sound configuration");
        let why = format!("{:#}", ways(&config).err().expect("no file"));
        assert!(why.contains("ca_file is /no/such.pem"), "{why}");
    }
}
