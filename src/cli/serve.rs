//! `hinan serve`

use std::path::PathBuf;

use clap::Args;

use super::print::say;
use crate::apart;
use crate::clock::EventClock;
use crate::config::Config;
use crate::run::{self, Doorways};
use crate::stop_signal::StopSignal;
use crate::town;

/// Runs the service until Ctrl-C or SIGTERM.
#[derive(Args)]
pub(super) struct Serve {
    /// The town's configuration; `hinan check-config --defaults` prints every key
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let config = Config::load(&self.config)?;
        run::log(config.service.log, "info");
        apart::check_here(&config)?;
        super::runtime()?.block_on(async move {
            // Everything that can be refused is refused before the first part starts.
            let mqtt = if config.broker.embedded {
                let address = format!("{}:{}", config.broker.host, config.broker.port);
                Some(run::open("broker.port", &address).await?)
            } else {
                None
            };
            let mqtt_tls = match config.broker.tls_listen.as_str() {
                "" => None,
                address => Some(run::open("broker.tls_listen", address).await?),
            };
            let web = run::open("web.listen", &config.web.listen).await?;
            let reference = town::load(&config)?;
            let doorways = Doorways {
                mqtt,
                mqtt_tls,
                web,
            };
            let mut signal = StopSignal::listen()?;
            let mut running = run::start(config, EventClock::present(), reference, doorways, None).await?;
            let app = &running.app;
            let scheme = if app.config.web.has_tls() { "https" } else { "http" };
            say(&format!(
                "避難 Hinan {} {} / {}\n職員 officers: {scheme}://{}/plain/\n住民 residents: {scheme}://{}/",
                env!("CARGO_PKG_VERSION"),
                app.town().name,
                app.config.service.realm,
                app.config.web.listen,
                app.config.web.listen
            ));
            if let Some(fingerprint) = app.certificate_fingerprint() {
                say(&format!(
                    "証明書 certificate SHA-256 (ブラウザの表示と比べてください compare with the browser's): {fingerprint}"
                ));
            }
            if app.store.read(|view| view.officer_count())? == 0 {
                let link = app.begin_first_run();
                say(&format!(
                    "アカウントがまだありません。次のアドレスを一度だけ開いて、最初の管理者を登録してください / no accounts yet, open once:\n  {scheme}://{}/plain/first-run/{link}",
                    app.config.web.listen
                ));
            }
            let outcome = running.until_stopped(&mut signal, std::future::pending()).await;
            say("終了しています / stopping");
            running.stop().await?;
            outcome
        })
    }
}
