//! `hinan demo`

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use hinan_sensors::StationId;
use jiff::Timestamp;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::print::say;
use crate::app::{App, Replayed};
use crate::approve::authority::{Basis, Grant};
use crate::approve::officer::{Officer, Role};
use crate::clock::{EventClock, spoken};
use crate::config::Config;
use crate::demo::report::{self, Firsts};
use crate::demo::{device, night, obihiro};
use crate::realm::Realm;
use crate::recommend::level::OrderLevel;
use crate::run::{self, Doorways};
use crate::stop_signal::StopSignal;
use crate::{apart, chance, password, town};

/// Ports tried after the wanted one when it is taken.
const PORTS_TRIED: u16 = 50;
/// The calm hours before --from run this fast.
const LEAD_IN_SPEED: f64 = 7200.0;
/// How often the story is looked at.
const LOOK_EACH: Duration = Duration::from_millis(250);
/// What the demo has of its own, whatever a file says besides. Two officers on one machine, for an hour: they get no second
/// factor, and every page says so. Whatever level comes first, both have something to do.
const OWN: &str = r#"
service.realm = "exercise"
officers.without_second_factor = true
approve.level3 = "two"
approve.level5 = "two"
"#;

/// The gauges report each hour: five minutes in which people can read, decide and be the second person before the grounds change again.
const SPEED: f64 = 12.0;

/// Replays the record flood of typhoon 10 (29–31 August 2016) on the Tokachi through the whole service: MQTT
/// broker, simulated devices, quality control, models, recommendations, approval, publication.
///
/// It is an exercise: nothing it publishes is a real alert, and its data directory can never be used live.
#[derive(Args)]
pub(super) struct Demo {
    /// How many seconds of the event pass in one second, 1 to 3600
    #[arg(long, default_value_t = SPEED)]
    speed: f64,
    /// Event time at which the service begins. Levels before it were reported already, and nothing was advised on them; the
    /// beginning of the recording where it is not given (RFC 3339)
    #[arg(long)]
    begin: Option<Timestamp>,
    /// Event time at which the paced replay begins; the hours before run fast (RFC 3339)
    #[arg(long, default_value = "2016-08-30T15:00:00+09:00")]
    from: Timestamp,
    /// Event time at which the replay ends (RFC 3339)
    #[arg(long, default_value = "2016-09-01T00:00:00+09:00")]
    to: Timestamp,
    /// Port of the web pages; the next free one is taken when it is in use, 0 = any
    #[arg(long, default_value_t = 8080)]
    http_port: u16,
    /// Port of the MQTT broker; the next free one is taken when it is in use, 0 = any
    #[arg(long, default_value_t = 1883)]
    mqtt_port: u16,
    /// Where the demo keeps its record; a new folder is made when it is not given
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// A configuration to try the demo with: channels, rules of approval, limits, models. Ports, addresses and the data
    /// directory stay those of the demo
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Do not open a browser
    #[arg(long)]
    no_browser: bool,
    /// Stop when the recording ends instead of waiting for Ctrl-C
    #[arg(long)]
    exit_at_end: bool,
    /// Log lines: pretty or json
    #[arg(long, default_value = "pretty")]
    log: String,
}

impl Default for Demo {
    fn default() -> Self {
        let time = |text: &str| text.parse().expect("a fixed and valid time");
        Self {
            speed: SPEED,
            begin: None,
            from: time("2016-08-30T15:00:00+09:00"),
            to: time("2016-09-01T00:00:00+09:00"),
            http_port: 8080,
            mqtt_port: 1883,
            data_dir: None,
            config: None,
            no_browser: false,
            exit_at_end: false,
            log: "pretty".to_owned(),
        }
    }
}

impl Demo {
    pub(super) fn run(self) -> anyhow::Result<()> {
        if !(1.0..=3600.0).contains(&self.speed) {
            bail!("--speed is {}; it must be from 1 to 3600", self.speed);
        }
        let log = match self.log.as_str() {
            "pretty" => crate::config::LogStyle::Pretty,
            "json" => crate::config::LogStyle::Json,
            other => bail!("--log is {other}; it must be pretty or json"),
        };
        run::log(log, "warn");
        super::runtime()?.block_on(self.play())
    }

    async fn play(self) -> anyhow::Result<()> {
        say(
            "避難 Hinan デモ / demo: 平成28年8月 台風第10号の記録を、いま起きているように再現します。",
        );
        say(
            "訓練です。実際の避難情報ではありません。 An exercise: nothing here is a real alert.\n",
        );
        let mqtt = free_port(self.mqtt_port).await.context("MQTT")?;
        let web = free_port(self.http_port).await.context("web pages")?;
        let config = self.config(&mqtt, &web)?;
        say("1. 町と学習用の出水を読み、モデルを学習しています(2016年8月1日〜28日の出水) …");
        let reference = town::load(&config)?;
        let storm = town::read_history(obihiro::STORM, "the built-in storm")?;
        let begin = self.begin.unwrap_or(storm.start()).max(storm.start());
        let (from, to) = (self.from.max(begin), self.to.min(storm.end()));
        if from >= to {
            bail!(
                "--from is {from}, --begin {begin}; both must be before --to {to}, between {} and {}",
                storm.start(),
                storm.end()
            );
        }
        let fitted = reference
            .models
            .as_ref()
            .map_or(0, |models| models.fitted.len());
        say(&format!(
            "   水位計{}(モデル{}) 発令区域{} 避難場所{}",
            reference.town.gauges.len(),
            fitted,
            reference.town.districts.len(),
            reference.town.shelters.len()
        ));
        let (url, data_dir) = (
            config.publish.public_url.clone(),
            config.service.data_dir.clone(),
        );
        let accounts = accounts();
        let replay = Replayed {
            event: obihiro::EVENT.to_owned(),
            event_en: obihiro::EVENT_EN.to_owned(),
            timeline: obihiro::TIMELINE.to_owned(),
        };
        // The fast hours begin when the service runs: on a slow machine its start takes seconds, and each would be two hours of the event.
        let clock = EventClock::recorded(begin, 1.0);
        let mqtt_port = mqtt.local_addr()?.port();
        let doorways = Doorways {
            mqtt: Some(mqtt),
            mqtt_tls: None,
            web,
        };
        let mut signal = StopSignal::listen()?;
        let mut running = run::start(config, clock, reference, doorways, Some(replay)).await?;
        let app = Arc::clone(&running.app);
        register(&app, &accounts)?;
        say(&format!(
            "2. MQTTブローカー broker: 127.0.0.1:{mqtt_port}(シミュレーションの水位計が送信)"
        ));
        say(&format!("   記録 data: {}", data_dir.display()));
        say(&format!(
            "3. 職員の画面 officers:   {url}/console/ (スクリプトなし without scripts: {url}/plain/)\n   住民の画面 residents:  {url}/"
        ));
        say("   一度だけのアカウント one-time accounts:");
        for [name, secret, office] in &accounts {
            say(&format!("     {name}  {secret}  ({office})"));
        }
        say(
            "   まず duty で入り、推奨を開いて「判断する」。次に別のブラウザ(シークレットウィンドウ)に approver で入り、2人目として承認すると、\n   \
             住民の画面に出ます。確認コードは空欄のままで入れます。\n   \
             Sign in as duty, open a recommendation and decide; then, in another (private) window, as approver: the second person. The code stays empty.",
        );
        say(&format!(
            "4. {} まで早送りし、その後は{:.0}倍速で再現します。最初の推奨までは1分ほどです。Ctrl-C で終了。\n",
            spoken(from),
            self.speed
        ));
        if !self.no_browser
            && let Err(error) = open::that_detached(format!("{url}/console/"))
        {
            say(&format!(
                "   ブラウザを開けません({error})。上のアドレスを開いてください"
            ));
        }
        let (stop, stopped) = watch::channel(false);
        app.clock
            .set_until(begin, LEAD_IN_SPEED, (from, self.speed));
        let mut devices = JoinSet::new();
        for (column, gauge) in storm.gauges().iter().enumerate() {
            let station: StationId = gauge
                .parse()
                .map_err(|why| anyhow::anyhow!("{gauge}: {why}"))?;
            let readings = device::readings(&storm, column, &station, storm.start(), to);
            devices.spawn(device::run(
                Arc::clone(&app),
                station,
                readings,
                stopped.clone(),
            ));
        }
        let story = tell(Arc::clone(&app), from, to, stopped);
        let exit_at_end = self.exit_at_end;
        let outcome = running
            .until_stopped(&mut signal, async move {
                story.await;
                if !exit_at_end {
                    say("記録の再現が終わりました。画面は開いたままです。Ctrl-C で終了。");
                    std::future::pending::<()>().await;
                }
            })
            .await;
        let _ = stop.send(true);
        while devices.join_next().await.is_some() {}
        say("終了しています / stopping");
        running.stop().await?;
        outcome
    }

    fn config(&self, mqtt: &TcpListener, web: &TcpListener) -> anyhow::Result<Config> {
        let mut config = match &self.config {
            Some(file) => Config::load_over(OWN, file)?,
            None => Config::parse(OWN, "the demo's own settings")?,
        };
        if config.service.realm != Realm::Exercise {
            bail!(
                "service.realm is \"{}\"; a demo is an exercise: leave the key out or write \"exercise\"",
                config.service.realm
            );
        }
        if !config.broker.embedded {
            bail!(
                "broker.embedded is false; the simulated gauges of a demo speak to the embedded broker: leave the key out"
            );
        }
        apart::check_here(&config)?;
        config.service.data_dir = match &self.data_dir {
            Some(dir) => dir.clone(),
            None => std::env::temp_dir().join(format!("hinan-demo-{}", &chance::token()[..12])),
        };
        "127.0.0.1".clone_into(&mut config.broker.host);
        config.broker.port = mqtt.local_addr()?.port();
        config.web.listen = web.local_addr()?.to_string();
        config.publish.public_url = format!("http://127.0.0.1:{}", web.local_addr()?.port());
        let port = web.local_addr()?.port();
        config.officers.passkey_origin = format!("http://localhost:{port}");
        config.check()?;
        Ok(config)
    }
}

/// Tells the story: the fast hours, then the paced ones, and at the end what the towns really did.
async fn tell(app: Arc<App>, from: Timestamp, to: Timestamp, mut stop: watch::Receiver<bool>) {
    let mut known = std::collections::BTreeSet::new();
    let mut paced = false;
    while !*stop.borrow() {
        let now = app.clock.now();
        if !paced && now >= from {
            paced = true;
            say(&format!("   {} 再現を始めます", spoken(from)));
        }
        if let Ok(proposals) = app.store.read(|view| view.proposals(10_000)) {
            for stored in proposals
                .iter()
                .rev()
                .filter(|stored| known.insert(stored.id.clone()))
            {
                say(&format!(
                    "   {} 推奨: {} {}({}地区、浸水想定区域に約{}人)",
                    spoken(stored.first_at),
                    stored.proposal.key.river,
                    stored.proposal.key.level,
                    stored.proposal.districts.len(),
                    stored.proposal.people_in_zone()
                ));
            }
        }
        if now >= to {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(pause(&app.clock, (!paced).then_some(from))) => {}
            _ = stop.changed() => return,
        }
    }
    let proposals = match app.store.read(|view| view.proposals(10_000)) {
        Ok(proposals) => proposals,
        Err(why) => {
            say(&format!(
                "推奨の記録を読めないため、一覧を出せません / the recommendations cannot be read: {why}"
            ));
            return;
        }
    };
    let mut firsts = Firsts::new();
    for stored in &proposals {
        report::note(&mut firsts, stored.first_at, &stored.proposal);
    }
    match night::read(obihiro::TIMELINE) {
        Ok(real) => say(&report::written(&firsts, &real)),
        Err(why) => say(&why),
    }
}

/// How long until the story is looked at again: at the latest when the fast hours end, of which a quarter of a second is half an hour.
fn pause(clock: &EventClock, fast_until: Option<Timestamp>) -> Duration {
    fast_until.map_or(LOOK_EACH, |from| clock.until(from).min(LOOK_EACH))
}

/// Accounts that exist for this run only.
fn accounts() -> Vec<[String; 3]> {
    let one = |name: &str, office: &str| {
        [
            name.to_owned(),
            chance::spoken_password(),
            office.to_owned(),
        ]
    };
    vec![
        one("approver", "危機管理監・承認者 approver"),
        one("duty", "当直 duty officer"),
    ]
}

fn register(app: &App, accounts: &[[String; 3]]) -> anyhow::Result<()> {
    for ([name, secret, display], role) in accounts.iter().zip([Role::Approver, Role::DutyOfficer])
    {
        let hash = password::hash(secret)?;
        let officer = Officer {
            name: name.clone(),
            display: display.clone(),
            role,
            second_factor: false,
        };
        app.store.write(|tx| {
            tx.put_officer(&officer, &hash)?;
            if role == Role::Approver {
                let grant = Grant {
                    id: 0,
                    officer: name.clone(),
                    basis: Basis::Delegated,
                    document: "再現のための設定(実在の文書ではありません)".to_owned(),
                    condition: String::new(),
                    level_max: OrderLevel::EmergencySafety,
                    rank: 1,
                    from: Timestamp::UNIX_EPOCH,
                    until: app.clock.now() + jiff::SignedDuration::from_hours(24 * 365),
                };
                tx.put_grant(&grant, "console", app.clock.now())?;
            }
            tx.audit(
                app.clock.now(),
                "console",
                "officer_added",
                name,
                &json!({ "role": role }),
            )?;
            Ok(())
        })?;
    }
    Ok(())
}

/// The wanted port of this machine, or the next free one.
async fn free_port(wanted: u16) -> anyhow::Result<TcpListener> {
    if wanted == 0 {
        return Ok(TcpListener::bind(("127.0.0.1", 0)).await?);
    }
    for port in wanted..=wanted.saturating_add(PORTS_TRIED) {
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await {
            if port != wanted {
                say(&format!(
                    "   ポート{wanted}は使用中のため{port}を使います / port {wanted} is taken, using {port}"
                ));
            }
            return Ok(listener);
        }
    }
    bail!(
        "no free port from {wanted} to {}; choose another with --http-port or --mqtt-port",
        wanted.saturating_add(PORTS_TRIED)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn tried_with(file: &str) -> anyhow::Result<Config> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("town.toml");
        std::fs::write(&path, file)?;
        let demo = Demo {
            config: Some(path),
            ..Demo::default()
        };
        let (mqtt, web) = (free_port(0).await?, free_port(0).await?);
        demo.config(&mqtt, &web)
    }

    #[test]
    fn the_fast_hours_end_when_they_were_asked_to_and_not_half_an_hour_later() {
        let begin: Timestamp = "2016-08-30T01:15:00Z".parse().expect("a time");
        let clock = EventClock::recorded(begin, LEAD_IN_SPEED);
        let soon = pause(&clock, Some(begin + jiff::SignedDuration::from_secs(60)));
        assert!(soon.as_secs_f64() <= 60.0 / LEAD_IN_SPEED, "{soon:?}");
        let late = begin + jiff::SignedDuration::from_hours(24);
        assert_eq!(pause(&clock, Some(late)), LOOK_EACH);
        assert_eq!(pause(&clock, None), LOOK_EACH);
    }

    #[tokio::test]
    async fn a_file_changes_rules_and_limits_and_what_it_leaves_out_is_the_demos_own() {
        let config = tried_with(
            "approve.level3 = \"one\"\nweb.idle_max_min = 1\nweb.listen = \"127.0.0.1:80\"",
        )
        .await
        .expect("the file is sound");
        assert_eq!(config.approve.level3, crate::approve::rule::Needs::One);
        assert_eq!(config.approve.level5, crate::approve::rule::Needs::Two);
        assert_eq!(config.web.idle_max_min, 1);
        assert!(config.officers.without_second_factor);
        assert!(
            config.web.listen.starts_with("127.0.0.1:") && !config.web.listen.ends_with(":80"),
            "the demo keeps its own address: {}",
            config.web.listen
        );
    }

    #[tokio::test]
    async fn no_file_makes_a_demo_of_live_service() {
        let refused =
            tried_with("service.realm = \"actual\"\nofficers.without_second_factor = false")
                .await
                .expect_err("a demo is an exercise");
        assert!(refused.to_string().contains("exercise"), "{refused}");
    }
}
