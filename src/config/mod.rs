//! The configuration: `config/default.toml` (which is also its documentation), then the town's file.
//!
//! An error names the key, the value and what would be accepted. One file per section, which also checks it.

mod audit;
mod broker;
mod checks;
mod explained;
mod models;
mod moved;
mod official;
pub mod oidc;
mod publish;
mod read;
mod recommend;
mod sensors;
mod service;
mod web;

use std::path::Path;

use hinan_sensors::{TopicRule, TopicRules};
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::audit::Audit;
pub use self::broker::{Broker, DevicesRule, RemoteBroker, TlsClients};
use self::checks::refused;
pub use self::models::Models;
pub use self::official::Official;
pub use self::publish::{
    Approve, AreaMailConfig, LAlertConfig, MailConfig, Officers, Publish, Signing, WebhookConfig,
};
use self::read::{locate, overlay};
pub use self::recommend::Recommend;
pub use self::sensors::{DevicesPublish, Sensors};
pub use self::service::{LogStyle, Service, TownSource};
pub use self::web::Web;

use crate::realm::Realm;

/// Topic filters of one subscription.
const TOPICS_MAX: usize = 64;

/// The defaults, embedded so that the program can explain them anywhere.
pub const DEFAULT: &str = include_str!("../../config/default.toml");

/// Everything the service can be told. One section per stage of the story.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Config {
    pub service: Service,
    pub town: TownSource,
    pub broker: Broker,
    pub sensors: Sensors,
    pub official: Official,
    pub models: Models,
    pub recommend: Recommend,
    pub officers: Officers,
    pub oidc: oidc::Oidc,
    pub approve: Approve,
    pub publish: Publish,
    pub audit: Audit,
    pub web: Web,
}

/// Why a configuration cannot be used. The text names key, value and what is accepted.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not TOML, an unknown key, or a value of another type.
    #[error("{path}: {message}")]
    Malformed {
        /// The file.
        path: String,
        /// Line, column and what was expected.
        message: String,
    },
    /// A key that has a new place.
    #[error("{path}{line}: {key} = {value}: {place}")]
    Moved {
        /// The file.
        path: String,
        /// Its line, if it was found.
        line: String,
        /// The key with its section.
        key: String,
        /// The value found.
        value: String,
        /// Where it lives now.
        place: String,
    },
    /// A value out of its range.
    #[error("{key} is {value}; it must be {accepted}")]
    Refused {
        /// The key with its section.
        key: String,
        /// The value found.
        value: String,
        /// What would be accepted.
        accepted: String,
    },
}

impl Config {
    /// The defaults alone.
    ///
    /// # Panics
    /// Never: the embedded defaults are checked by a test.
    #[must_use]
    pub fn defaults() -> Self {
        toml::from_str(DEFAULT).expect("the embedded defaults are valid, a test reads them")
    }

    /// Reads the town's file over the defaults and checks every value.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::load_over("", path)
    }

    /// The same with `base`, in the form of a file, between the defaults and the town's file.
    pub fn load_over(base: &str, path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.display().to_string(),
            source,
        })?;
        Self::parse_over(base, &text, &path.display().to_string())
    }

    /// Reads a file's text over the defaults and checks every value.
    pub fn parse(text: &str, path: &str) -> Result<Self, ConfigError> {
        Self::parse_over("", text, path)
    }

    fn parse_over(base: &str, text: &str, path: &str) -> Result<Self, ConfigError> {
        let malformed = |error: &toml::de::Error| ConfigError::Malformed {
            path: path.to_owned(),
            message: error.to_string(),
        };
        let own: toml::Table = toml::from_str(text).map_err(|e| malformed(&e))?;
        moved::check(&own, text, path)?;
        let mut all: toml::Table = toml::from_str(DEFAULT).map_err(|e| malformed(&e))?;
        overlay(&mut all, toml::from_str(base).map_err(|e| malformed(&e))?);
        overlay(&mut all, own);
        let mut config: Self = match toml::Value::Table(all).try_into() {
            Ok(config) => config,
            // The merged table has no line numbers; reading the file alone finds the place.
            Err(error) => return Err(locate(text, path, &error)),
        };
        config.recommend.file = path.into();
        config.check()?;
        Ok(config)
    }

    /// Checks every value against its range.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.broker.check(self.service.realm)?;
        self.oidc.check()?;
        if !self.broker.embedded
            && self.service.realm == Realm::Exercise
            && self.broker.realm == Realm::Actual
        {
            return refused(
                "broker.realm",
                &self.broker.realm,
                "\"exercise\" in an exercise with a broker elsewhere (broker.embedded = false): a login at a live broker \
                 must not be within its reach",
            );
        }
        if let (Realm::Exercise, Some(live)) = (
            self.service.realm,
            self.broker.remote.iter().find(|r| r.realm == Realm::Actual),
        ) {
            return refused(
                &format!("broker.remote {}: realm", live.name),
                &live.realm,
                "\"exercise\" in an exercise: a login at a live broker must not be within its reach",
            );
        }
        self.sensors.check(&self.broker)?;
        self.rules().validate().or_else(|why| {
            refused(
                "sensors.source",
                &why,
                "as explained in config/default.toml",
            )
        })?;
        self.official.check(&self.broker)?;
        if self.topics().len() > TOPICS_MAX {
            return refused(
                "sensors.source",
                &self.topics().len(),
                "at most 64 topic filters in all, official ones included",
            );
        }
        self.recommend.check()?;
        self.officers.check(self.service.realm)?;
        self.approve.check()?;
        self.publish.check(&self.broker, self.service.realm)?;
        self.web.check()
    }

    /// The topics that readings and official information come on, as filters to subscribe to.
    #[must_use]
    pub fn topics(&self) -> Vec<String> {
        let mut topics: Vec<String> = self.rules().filters().collect();
        topics.extend(
            self.official
                .filter
                .iter()
                .map(|filter| filter.as_str().to_owned()),
        );
        topics
    }

    /// What a publisher at our own broker waits for until it is committed: the topics of the rules and of official
    /// information, and everything below the prefix of readings, so that a wrong topic there is refused by name and not
    /// passed over in silence.
    #[must_use]
    pub fn waited_for(&self) -> Vec<String> {
        let mut filters = self.topics();
        filters.push(format!("{}/#", self.sensors.topic_prefix));
        filters.sort_unstable();
        filters.dedup();
        filters
    }

    /// Which topics carry readings, and in which format.
    #[must_use]
    pub fn rules(&self) -> TopicRules {
        TopicRules {
            readings: TopicRule {
                prefix: self.sensors.topic_prefix.clone(),
            },
            formats: self.sensors.source.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let error = Config::parse(text, "town.toml")
            .expect_err("must be refused")
            .to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn the_defaults_are_valid_and_explain_themselves() {
        let config = Config::parse("", "nothing").expect("defaults");
        assert!(config.explained().contains("判断の期限"));
    }

    #[test]
    fn a_wrong_value_names_key_value_and_what_is_accepted() {
        check(
            "[approve]\nbasis_age_max_min = 0",
            "approve.basis_age_max_min is 0; it must be from 1 to 120",
        );
        check(
            "[recommend]\nreopen_after_min = 1",
            "recommend.reopen_after_min is 1; it must be from 5 to 720",
        );
        check(
            "[recommend.deadline]\ntravel = { quick_min = 9, middle_min = 5, slow_min = 20 }",
            "recommend.deadline.travel is 9, 5, 20; it must be 0 <= quick_min",
        );
        check(
            "[recommend.deadline]\nearly_chance = 0.9",
            "recommend.deadline.early_chance is 0.9; it must be from 0.01 to 0.5",
        );
        check("[web]\nlisten = \"somewhere\"", "web.listen is somewhere");
        check(
            "[web]\nself_signed = true\ntls_certificate = \"a\"\ntls_key = \"b\"",
            "web.self_signed is true",
        );
    }

    #[test]
    fn a_key_that_moved_to_the_criteria_file_says_where_it_lives_now() {
        let old = "[recommend]\nevery_s = 600\nlevel4_probability = 0.5";
        check(old, "town.toml, line 3: recommend.level4_probability = 0.5");
        check(old, "chance");
        check(old, "criteria.toml");
        check("[recommend]\nrapid_rise_m_per_h = 1.0", "m_per_h");
    }

    #[test]
    fn tls_needs_its_files_and_devices_that_are_enrolled_need_no_shared_login() {
        check(
            "[broker]\ntls_listen = \"0.0.0.0:8883\"",
            "broker.tls_certificate is empty; it must be a PEM file",
        );
        check(
            "[broker]\ntls_key = \"own.key\"",
            "broker.tls_listen is empty",
        );
        check(
            "[broker]\ntls_listen = \"8883\"",
            "broker.tls_listen is 8883",
        );
        let files = "tls_certificate = \"a\"\ntls_key = \"b\"\ntls_listen = \"0.0.0.0:8883\"";
        check(
            &format!("[broker]\n{files}\ntls_clients = \"required\""),
            "broker.tls_client_ca is empty",
        );
        check("[broker]\nhost = \"0.0.0.0\"", "broker.username is empty");
        let enrolled = "[broker]\nhost = \"0.0.0.0\"\ndevices = \"enrolled\"";
        assert!(Config::parse(enrolled, "town.toml").is_ok());
        check("[broker]\ndevices = \"some\"", "devices");
    }

    #[test]
    fn in_the_clear_only_on_this_machine_or_behind_a_server_that_encrypts() {
        for open in ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:8080"] {
            let clear = format!("[web]\nlisten = \"{open}\"");
            check(&clear, "web.listen is");
            for closed in ["self_signed = true", "trusted_proxies = [\"192.0.2.9\"]"] {
                let config = Config::parse(&format!("{clear}\n{closed}"), "town.toml");
                assert!(
                    config.is_ok_and(|config| config.web.is_encrypted()),
                    "{open} {closed}"
                );
            }
        }
        assert!(!Config::defaults().web.is_encrypted());
    }

    #[test]
    fn a_broker_elsewhere_is_refused_by_its_name_and_key() {
        let remote =
            |keys: &str| format!("[[broker.remote]]\nname = \"pref\"\nhost = \"h\"\n{keys}");
        check(
            &remote("tls = true"),
            "broker.remote pref: ca_file is empty; it must be a PEM file",
        );
        check(
            &remote("ca_file = \"ca.pem\""),
            "broker.remote pref: tls is false",
        );
        check(
            &remote("username = \"u\""),
            "broker.remote pref: password_env is empty",
        );
        check(
            &remote("filter = [\"a/#/b\"]"),
            "broker.remote pref: filter is a/#/b",
        );
        check(
            &remote("[[broker.remote]]\nname = \"pref\"\nhost = \"h\""),
            "each name once",
        );
        check(&remote("prot = 1"), "prot");
        check(
            "[publish]\nbroker = \"pref\"",
            "publish.broker is pref; it must be empty",
        );
    }

    #[test]
    fn an_exercise_has_no_way_to_a_live_broker_and_the_live_service_no_way_around_the_second_factor()
     {
        let remote = "[[broker.remote]]\nname = \"pref\"\nhost = \"h\"\n";
        let drill = "[service]\nrealm = \"exercise\"\n";
        check(
            &format!("{drill}{remote}"),
            "broker.remote pref: realm is actual; it must be \"exercise\"",
        );
        assert!(
            Config::parse(&format!("{drill}{remote}realm = \"exercise\""), "town.toml").is_ok()
        );
        let elsewhere = "[broker]\nembedded = false\n";
        check(
            &format!("{drill}{elsewhere}"),
            "broker.realm is actual; it must be \"exercise\"",
        );
        assert!(
            Config::parse(
                &format!("{drill}{elsewhere}realm = \"exercise\""),
                "town.toml"
            )
            .is_ok()
        );
        let provider = "[oidc]\nissuer = \"https://id.example.lg.jp\"\nclient_id = \"hinan\"\nclient_secret_file = \"s\"\n";
        let back = "redirect_url = \"https://bosai.example.lg.jp/plain/signin/oidc\"\n";
        assert!(Config::parse(&format!("{provider}{back}"), "town.toml").is_ok());
        check(provider, "oidc.redirect_url is");
        for (key, value) in [
            ("issuer", "http://id.example.lg.jp"),
            ("client_id", ""),
            ("client_secret_file", ""),
            ("redirect_url", "https://bosai.example.lg.jp/"),
            (
                "redirect_url",
                "http://bosai.example.lg.jp/plain/signin/oidc",
            ),
            (
                "redirect_url",
                "https://bosai.example.lg.jp/elsewhere/plain/signin/oidc",
            ),
            (
                "redirect_url",
                "https://bosai.example.lg.jp/elsewhere?to=/plain/signin/oidc",
            ),
            (
                "redirect_url",
                "https://bosai.example.lg.jp/plain/signin/oidc?more=1",
            ),
            (
                "redirect_url",
                "https://bosai.example.lg.jp/plain/signin/oidc#here",
            ),
            (
                "redirect_url",
                "https://bosai@example.lg.jp/plain/signin/oidc",
            ),
        ] {
            let mut all: toml::Table =
                toml::from_str(&format!("{provider}{back}")).expect("a table");
            let section = all["oidc"].as_table_mut().expect("a section");
            section.insert(key.to_owned(), value.into());
            check(&all.to_string(), &format!("oidc.{key} is"));
        }
        check("[oidc]\nclient_id = \"hinan\"", "oidc.client_id is hinan");
        check("[web]\ntrusted_proxies = [\"proxy\"]", "trusted_proxies");
        let behind = "[web]\ntrusted_proxies = [\"127.0.0.1\", \"2001:db8::2\"]";
        assert!(Config::parse(behind, "town.toml").is_ok());
        for origin in [
            "http://bosai.example.lg.jp",
            "https://192.0.2.1",
            "https://bosai.example.lg.jp/",
            "bosai",
        ] {
            check(
                &format!("[officers]\npasskey_origin = \"{origin}\""),
                "officers.passkey_origin is",
            );
        }
        for origin in [
            "",
            "https://bosai.example.lg.jp:8443",
            "http://localhost:8080",
        ] {
            let text = format!("[officers]\npasskey_origin = \"{origin}\"");
            assert!(Config::parse(&text, "town.toml").is_ok(), "{origin}");
        }
        let without = "[officers]\nwithout_second_factor = true";
        check(without, "officers.without_second_factor is true");
        assert!(Config::parse(&format!("{drill}{without}"), "town.toml").is_ok());
        check(
            "[approve]\nlone_after_min = 10",
            "approve.lone_after_min is 10; it must be less than approve.basis_age_max_min (10)",
        );
        check("[approve]\ncancel = \"one_then_review\"", "approve.cancel");
        check("[approve]\nlevel4 = \"three\"", "level4");
        check(
            "[approve]\nescalate_after_s = [60, 60]",
            "approve.escalate_after_s",
        );
    }

    #[test]
    fn what_holds_a_credential_says_by_its_name_whose_it_is() {
        let webhook = |realm: &str, name: &str| {
            format!(
                "[service]\nrealm = \"{realm}\"\n[[publish.webhook]]\nname = \"p\"\nurl = \"https://h/\"\n\
                 realm = \"{realm}\"\nsecret_env = \"{name}\""
            )
        };
        let mail = |realm: &str, name: &str| {
            format!(
                "[service]\nrealm = \"{realm}\"\n[publish.mail]\nhost = \"h\"\nto = [\"l@example.jp\"]\nfrom = \"a@example.jp\"\n\
                 username = \"u\"\nrealm = \"{realm}\"\npassword_env = \"{name}\""
            )
        };
        let remote = |realm: &str, name: &str| {
            format!(
                "[service]\nrealm = \"{realm}\"\n[[broker.remote]]\nname = \"p\"\nhost = \"h\"\nusername = \"u\"\n\
                 realm = \"{realm}\"\npassword_env = \"{name}\""
            )
        };
        let broker = |realm: &str, name: &str| {
            format!(
                "[service]\nrealm = \"{realm}\"\n[broker]\nusername = \"u\"\npassword_env = \"{name}\""
            )
        };
        type File<'a> = &'a dyn Fn(&str, &str) -> String;
        let all: [File<'_>; 4] = [&webhook, &mail, &remote, &broker];
        for of in all {
            for (realm, own, other) in [
                ("actual", "HINAN_ACTUAL_X", "HINAN_EXERCISE_X"),
                ("exercise", "HINAN_EXERCISE_X", "HINAN_ACTUAL_X"),
            ] {
                let sound = Config::parse(&of(realm, own), "town.toml");
                assert!(sound.is_ok(), "{}: {:?}", of(realm, own), sound.err());
                for wrong in [other, "TOWN_SECRET", "HINAN_MAIL_PASSWORD"] {
                    let begins = own.trim_end_matches('X');
                    check(
                        &of(realm, wrong),
                        &format!(
                            "{wrong:?}; it must be the name of an environment variable that begins with {begins}"
                        ),
                    );
                }
            }
        }
        // Where none is named, the name goes by the realm.
        for (realm, begins) in [("actual", "HINAN_ACTUAL_"), ("exercise", "HINAN_EXERCISE_")] {
            let config = Config::parse(&mail(realm, ""), "town.toml").expect("it has a name");
            let mail = config.publish.mail.password_variable();
            assert_eq!(mail, format!("{begins}MAIL_PASSWORD"));
            let broker = config.broker.password_variable(config.service.realm);
            assert_eq!(broker, format!("{begins}BROKER_PASSWORD"));
        }
    }

    #[test]
    fn a_channel_of_the_other_realm_or_without_its_secrets_is_refused() {
        let webhook = |realm: &str, keys: &str| {
            let secret = format!("HINAN_{}_S", realm.to_uppercase());
            format!(
                "[[publish.webhook]]\nname = \"pref\"\nsecret_env = \"{secret}\"\nrealm = \"{realm}\"\n{keys}"
            )
        };
        check(
            &webhook("exercise", "url = \"https://h/\""),
            "publish.webhook pref: realm is exercise; it must be actual",
        );
        check(
            &webhook("actual", "url = \"http://h/\""),
            "publish.webhook pref: url is http://h/",
        );
        let mail = |keys: &str| {
            format!(
                "[publish.mail]\nhost = \"h\"\nto = [\"l@example.jp\"]\nfrom = \"a@example.jp\"\n{keys}"
            )
        };
        assert!(Config::parse(&mail(""), "town.toml").is_ok());
        check(&mail("tls = \"none\""), "publish.mail.tls is none");
        check(
            &mail("realm = \"exercise\""),
            "publish.mail.realm is exercise",
        );
        check(
            "[publish]\nsign = \"off\"",
            "publish.sign is off; it must be own",
        );
        let drill = "[service]\nrealm = \"exercise\"\n[publish]\nsign = \"off\"";
        assert!(Config::parse(drill, "town.toml").is_ok());
        check(
            "[publish]\nsign = \"required\"",
            "publish.sign_key_file is empty",
        );
        let signing = "[publish]\nsign = \"required\"\nsign_key_file = \"k\"\nsign_certificate_file = \"c\"\n";
        assert!(Config::parse(signing, "town.toml").is_ok());
        check(
            &format!("[service]\nrealm = \"exercise\"\n{signing}"),
            "publish.sign_realm is actual; it must be exercise",
        );
        check(
            "[publish.area_mail]\nbody_max = 0",
            "publish.area_mail.body_max is 0",
        );
    }

    #[test]
    fn the_topics_that_are_waited_for_are_those_of_the_rules_and_no_others() {
        let config = Config::parse(
            "[[sensors.source]]\nfilter = \"v3/+/devices/+/up\"\n[official]\nfilter = [\"agency/#\"]",
            "town.toml",
        );
        assert_eq!(
            config.expect("two rules").waited_for(),
            [
                "agency/#",
                "hinan/v1/readings/#",
                "hinan/v1/readings/+",
                "v3/+/devices/+/up"
            ]
        );
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_known_ones() {
        check("[web]\n\nlistn = \"0.0.0.0:80\"", "line 3");
        check("[web]\n\nlistn = \"0.0.0.0:80\"", "listen");
        check("[service]\nrealm = \"live\"", "exercise");
        check("[broker]\nport = \"many\"", "port");
    }
}
