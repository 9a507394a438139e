//! `hinan explain`

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use hinan_recommend::explain;

use super::print::say;
use crate::config::Config;
use crate::recommend::core::Core;
use crate::store::{Store, View};
use crate::town;

/// 導出: writes out everything that one recommendation was worked out from, so that it can be recomputed by hand: every
/// condition with its reading and threshold, the deadline with its terms, what waiting costs, what speaks against it.
///
/// The number of a recommendation stands at the foot of its page. Works beside a running service.
#[derive(Args)]
pub(super) struct Explain {
    /// The number of the recommendation
    #[arg(value_name = "RECOMMENDATION")]
    id: String,
    /// The data directory; the one of the configuration when it is not named
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The town's configuration; the built-in town when it is not named
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Explain {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let config = match &self.config {
            Some(path) => Config::load(path)?,
            None => Config::defaults(),
        };
        let data_dir = self.data_dir.as_ref().unwrap_or(&config.service.data_dir);
        let stored = Store::look(data_dir, |view: &View<'_>| view.proposal(&self.id))?;
        let Some(stored) = stored else {
            bail!(
                "{}: この番号の推奨は {} にありません / no recommendation of this number there",
                self.id,
                data_dir.display()
            );
        };
        let proposal = &stored.proposal;
        let names: Vec<&str> = proposal.districts.iter().map(|d| d.name.as_str()).collect();
        say(&format!(
            "推奨 recommendation {}: {} {}、{}地区 {}\n初めて作られた first made {}、根拠の最後 grounds last held {}",
            self.id,
            proposal.key.river,
            proposal.key.level,
            names.len(),
            names.join("・"),
            stored.first_at,
            stored.supported_at,
        ));
        for names in &proposal.names {
            say(&format!(
                "まとめる名前 bigger name: {}({}地区。ほかに{}地区{}人が加わる)",
                names.name,
                names.concerned.len(),
                names.besides.len(),
                names.people_besides
            ));
        }
        let Some(urgent) = &proposal.urgent else {
            say(
                "この推奨は以前の版が記録したもので、期限の計算はありません。当時調べた条件 written by an earlier version, without deadlines; the conditions examined then:",
            );
            for finding in proposal.examined() {
                say(&format!(
                    "- {} [{}] {}",
                    finding.condition.words,
                    finding.answer.japanese(),
                    finding.sentences().join("。")
                ));
            }
            return Ok(());
        };
        let town = town::town(&config)?;
        let core = Core::load(&config, &town)?;
        say("最も期限の早い地区について the district whose deadline comes first:");
        say(&explain(&core.town, &core.policy, proposal.as_of, urgent));
        let same = urgent.findings.iter().all(|finding| {
            core.policy
                .criteria
                .condition(&finding.condition.id)
                .is_some_and(|now| *now == finding.condition)
        });
        if !same {
            say(
                "注意: 判断基準はこの推奨の後に変わっています。上の条件は当時のものです / the criteria changed since; the conditions above are those of then",
            );
        }
        Ok(())
    }
}
