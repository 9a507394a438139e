//! What a town is to be like, before it is opened.

use std::path::{Path, PathBuf};

use crate::town::Town;

/// A town on paper.
pub struct TownPlan {
    pub(crate) program: PathBuf,
    pub(crate) settings: toml::Table,
    pub(crate) officers: Vec<(String, String)>,
    pub(crate) mosquitto: bool,
    pub(crate) ready_page: &'static str,
    pub(crate) environment: Vec<(String, String)>,
}

impl TownPlan {
    /// A town that runs this program live, with the embedded broker, without models, and with a gateway that may
    /// speak for every gauge.
    #[must_use]
    pub fn of(program: &str) -> Self {
        let plan = Self {
            program: Path::new(program).to_owned(),
            settings: toml::Table::new(),
            officers: Vec::new(),
            mosquitto: false,
            ready_page: "/readyz",
            environment: Vec::new(),
        };
        plan.with("service.realm", "actual")
            .with("service.log", "json")
            .with("models.enabled", false)
            // Most stories are not about the second person: one approver issues level 4, as a town may decide.
            .with("approve.level4", "one")
            .with("sensors.devices_publish", "any")
    }

    /// A drill instead of live service.
    #[must_use]
    pub fn in_a_drill(self) -> Self {
        self.with("service.realm", "exercise")
            .with("broker.realm", "exercise")
    }

    /// Level 4 needs two persons, as a town has it that decides nothing about it.
    #[must_use]
    pub fn with_two_persons(self) -> Self {
        self.with("approve.level4", "two")
    }

    /// A broker of the town's own instead of the embedded one.
    #[must_use]
    pub fn with_mosquitto(mut self) -> Self {
        self.mosquitto = true;
        self
    }

    /// An account: viewer, shelter_desk, duty_officer, approver, administrator or auditor. Approvers and administrators get
    /// a second factor.
    #[must_use]
    pub fn with_officer(mut self, name: &str, role: &str) -> Self {
        self.officers.push((name.to_owned(), role.to_owned()));
        self
    }

    /// It counts as open when it runs, whether or not it reaches its brokers.
    #[must_use]
    pub fn with_brokers_out_of_reach(mut self) -> Self {
        self.ready_page = "/healthz";
        self
    }

    /// A key of the configuration, written `section.key`.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<toml::Value>) -> Self {
        set(&mut self.settings, key, value.into());
        self
    }

    /// A variable in the environment of its service: where secrets stand.
    #[must_use]
    pub fn with_environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A program that is called with each notice, for this realm. Its secret stands in the environment.
    #[must_use]
    pub fn with_webhook(mut self, name: &str, url: &str, realm: &str, secret: &str) -> Self {
        let variable = format!(
            "HINAN_{}_TEST_SECRET_{}",
            realm.to_uppercase(),
            name.to_uppercase().replace('-', "_")
        );
        let entry = toml::Table::from_iter([
            ("name".to_owned(), name.into()),
            ("url".to_owned(), url.into()),
            ("realm".to_owned(), realm.into()),
            (
                "secret_env".to_owned(),
                toml::Value::from(variable.as_str()),
            ),
        ]);
        let publish = self
            .settings
            .entry("publish")
            .or_insert_with(|| toml::Value::Table(toml::Table::new()));
        let hooks = publish
            .as_table_mut()
            .expect("a section is a table")
            .entry("webhook")
            .or_insert_with(|| toml::Value::Array(Vec::new()));
        hooks
            .as_array_mut()
            .expect("webhooks are a list")
            .push(entry.into());
        self.with_environment(&variable, secret)
    }

    /// Opens the town; `None` where it needs a mosquitto and there is none.
    pub async fn opens(self) -> Option<Town> {
        Town::open(self).await
    }
}

pub(crate) fn set(settings: &mut toml::Table, key: &str, value: toml::Value) {
    let (section, key) = key.split_once('.').expect("a key is written section.key");
    settings
        .entry(section)
        .or_insert_with(|| toml::Value::Table(toml::Table::new()))
        .as_table_mut()
        .expect("a section is a table")
        .insert(key.to_owned(), value);
}
