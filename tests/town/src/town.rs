//! The town: its service, its broker, its people.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;

use crate::plan::{TownPlan, set};
use crate::{
    Acknowledged, Codes, Level, Listener, Mosquitto, Officer, Resident, Service, Sheet, backlog,
    eventually, free_port, message, meter, password_of, pour, ran, this_hour, topic, within,
};

/// The hour of the recorded night at which the Tokachi stood above its danger level (氾濫危険水位) at 帯広.
pub const FLOOD_HOUR: &str = "2016-08-30T18:00:00Z";
const PORTS_TRIED: u32 = 10;
/// An unoptimised service with a week of a basin behind it feeds all of it to its engine again before it is ready.
const STARTS_WITHIN: Duration = Duration::from_secs(240);

/// A running town. Ends with its owner.
pub struct Town {
    plan: TownPlan,
    home: TempDir,
    service: Option<Service>,
    mosquitto: Option<Mosquitto>,
    nudges: AtomicI64,
    /// The authenticator apps of its officers.
    pub codes: Codes,
    /// Port of the broker.
    pub mqtt: u16,
    /// Port of the pages.
    pub web: u16,
}

impl Town {
    pub(crate) async fn open(plan: TownPlan) -> Option<Self> {
        let mosquitto = if plan.mosquitto {
            Some(Mosquitto::start().await?)
        } else {
            None
        };
        let home = tempfile::tempdir().expect("a folder for the town");
        let mut town = Self {
            plan,
            home,
            service: None,
            mosquitto,
            nudges: AtomicI64::new(0),
            codes: Codes::default(),
            mqtt: 0,
            web: 0,
        };
        town.choose_ports();
        for (name, role) in &town.plan.officers {
            let arguments = [
                "officer",
                "--config",
                &town.config(),
                "--name",
                name,
                "--role",
                role,
            ];
            let strong = matches!(role.as_str(), "approver" | "administrator");
            let mut arguments = arguments.to_vec();
            if strong {
                arguments.push("--totp");
            }
            let added = ran(&town.plan.program, &arguments, &password_of(name));
            assert!(added.status.success(), "{name} gets an account: {added:?}");
            if strong {
                let said = String::from_utf8_lossy(&added.stdout).into_owned();
                town.codes.learn(name, &said);
            }
        }
        town.starts().await;
        Some(town)
    }

    /// Starts the service (again) and waits until it says that it is ready.
    pub async fn starts(&mut self) {
        for _ in 0..PORTS_TRIED {
            let service = Service::start_in(
                &self.plan.program,
                &["serve", "--config", &self.config()],
                self.home.path(),
                &self.plan.environment,
            );
            self.service = Some(service);
            if self.is_ready().await {
                return;
            }
            // Another test took the port in between: the next start uses others.
            let log = self.log();
            assert!(
                log.contains("cannot be opened"),
                "the service does not start: {log}"
            );
            std::fs::remove_file(self.home.path().join("log")).expect("the log can be removed");
            self.choose_ports();
        }
        panic!("no free ports in {PORTS_TRIED} attempts");
    }

    async fn is_ready(&mut self) -> bool {
        let resident = self.resident();
        let page = self.plan.ready_page;
        let mut service = self.service.take().expect("it was just started");
        let ready = within(STARTS_WITHIN, "the service is ready", || {
            let ended = service.ended();
            let resident = &resident;
            async move {
                if ended.is_some() {
                    return Some(false);
                }
                let answer = resident.tries(page).await.ok()?;
                answer.status.is_success().then_some(true)
            }
        })
        .await;
        self.service = Some(service);
        ready
    }

    fn choose_ports(&mut self) {
        self.web = free_port();
        self.mqtt = self.mosquitto.as_ref().map_or_else(free_port, |m| m.port);
        let settings = &mut self.plan.settings;
        let data_dir = self.home.path().join("data").display().to_string();
        set(settings, "service.data_dir", data_dir.into());
        set(settings, "broker.embedded", self.mosquitto.is_none().into());
        set(settings, "broker.port", i64::from(self.mqtt).into());
        set(
            settings,
            "web.listen",
            format!("127.0.0.1:{}", self.web).into(),
        );
        set(
            settings,
            "publish.public_url",
            format!("http://127.0.0.1:{}", self.web).into(),
        );
        std::fs::write(self.home.path().join("town.toml"), settings.to_string())
            .expect("the configuration is written");
    }

    /// Path of its configuration.
    #[must_use]
    pub fn config(&self) -> String {
        self.home.path().join("town.toml").display().to_string()
    }

    /// Port of its broker.
    #[must_use]
    pub fn mqtt_port(&self) -> u16 {
        self.mqtt
    }

    /// The folder of its record, for tests that are about the record itself.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// The program it runs.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.plan.program
    }

    /// Address of its pages.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.web)
    }

    /// What the service has told its operator, over all its runs.
    #[must_use]
    pub fn said(&self) -> String {
        self.service.as_ref().map(Service::said).unwrap_or_default()
    }

    /// What the service has logged, over all its runs.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.home.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A power cut: the service is gone, what it had not written is lost.
    pub fn power_fails(&mut self) {
        self.service.as_mut().expect("the service runs").kill();
    }

    /// The broker of the town's own, where it has one.
    pub fn mosquitto(&mut self) -> &mut Mosquitto {
        self.mosquitto
            .as_mut()
            .expect("a town that was planned with a mosquitto")
    }

    /// Stops the service as an operator does, and looks whether it ended well and its log is clean.
    pub async fn closes(&mut self) {
        let service = self.service.take().expect("the service runs");
        let status = service.stops().await;
        assert!(status.success(), "the service ends well: {status}");
        self.assert_clean_log();
    }

    /// Nothing went wrong inside: no error was logged and nothing panicked.
    pub fn assert_clean_log(&self) {
        let log = self.log();
        let bad: Vec<&str> = log
            .lines()
            .filter(|line| line.contains("\"level\":\"ERROR\"") || line.contains("panicked"))
            .collect();
        assert!(bad.is_empty(), "the log is clean: {bad:#?}");
    }

    /// Somebody outside.
    #[must_use]
    pub fn resident(&self) -> Resident {
        Resident::at(&self.address())
    }

    /// An officer who is signed in.
    pub async fn officer(&self, name: &str) -> Officer {
        let officer = Officer::nobody(&self.address(), name);
        let code = self.codes.next(name).await;
        let answer = officer
            .tries_to_sign_in_with(&password_of(name), &code)
            .await;
        assert_eq!(
            answer.to.as_deref(),
            Some("/plain/"),
            "{name} signs in: {}",
            answer.status
        );
        officer
    }

    /// Somebody who listens to all notices of a realm over MQTT.
    pub async fn listener(&self, client_id: &str, realm: &str) -> Listener {
        Listener::to(self.mqtt, client_id, &format!("hinan/v1/alerts/{realm}/#")).await
    }

    /// The counters, as text.
    pub async fn metrics(&self) -> String {
        self.resident().gets("/metrics").await.text()
    }

    /// A gateway sends levels and is told that each is safe.
    pub async fn receives(&self, levels: &[Level]) {
        let messages: Vec<(usize, String, Vec<u8>)> = levels
            .iter()
            .enumerate()
            .map(|(n, level)| (n, topic(&level.station), message(level, n as u64)))
            .collect();
        let acknowledged = Acknowledged::default();
        let all = tokio::time::timeout(
            crate::WITHIN,
            pour(self.mqtt, "gateway", &messages, &acknowledged),
        )
        .await;
        assert_eq!(
            all,
            Ok(true),
            "all {} levels are acknowledged",
            levels.len()
        );
    }

    /// The storm of 2016 reaches the town now: its hours up to `hour` arrive as a backlog, and `hour` is this hour.
    /// Returns when the service has thought about all of it.
    pub async fn storm_reaches(&self, hour: &str) {
        let hour: Timestamp = hour.parse().expect("a time");
        let levels = backlog(hour, 24, this_hour());
        self.receives(&levels).await;
        let expected = levels.len() as f64;
        eventually("every level has arrived", || async {
            (meter::total(&self.metrics().await, "hinan_readings_total") >= expected).then_some(())
        })
        .await;
        self.thinks().await;
    }

    /// Waits for an advice that knows everything that was committed before.
    pub async fn thinks(&self) {
        let thought = |text: &str| meter::total(text, "hinan_evaluation_seconds_count");
        let before = thought(&self.metrics().await);
        // News makes it think again soon: a level of long ago, at a second of its own.
        let nudge = Level {
            station: crate::OBIHIRO.to_owned(),
            at: this_hour()
                - jiff::SignedDuration::from_secs(
                    100_000 + self.nudges.fetch_add(1, Ordering::Relaxed),
                ),
            level_m: 33.0,
        };
        self.receives(&[nudge]).await;
        eventually("the advice is worked out again", || async {
            (thought(&self.metrics().await) > before).then_some(())
        })
        .await;
    }

    /// The sheet of the recommendation for this river, as this officer reads it.
    pub async fn sheet_for(&self, officer: &Officer, river: &str) -> Sheet {
        eventually(&format!("a recommendation for {river}"), || async {
            for id in officer.inbox().await {
                let sheet = officer.reads(&id).await;
                if sheet.is_about(river) {
                    return Some(sheet);
                }
            }
            None
        })
        .await
    }
}
