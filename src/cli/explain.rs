//! `hinan explain`

mod areas;
mod people;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use hinan_gis::Town;
use hinan_recommend::{FacilityAdvice, explain, explain_facility, explain_from};

use super::print::say;
use crate::config::Config;
use crate::recommend::core::Core;
use crate::store::{Store, View};
use crate::town;

/// 導出: writes out everything that one recommendation was worked out from, so that it can be recomputed by hand: every
/// condition with its reading and threshold, each forecast with its quantiles and its model, the rules in words, the deadline with its
/// terms, what waiting costs, sunset, the facts of staying upstairs, who is in the area and who is not, people and shelters.
///
/// With them stand the facilities that are to be told (要配慮者利用施設), whose own deadlines may come before any recommendation: `--facilities`
/// writes out these alone. The number of a recommendation stands at the foot of its page. Works beside a running service.
#[derive(Args)]
pub(super) struct Explain {
    /// The number of the recommendation
    #[arg(value_name = "RECOMMENDATION", required_unless_present = "facilities")]
    id: Option<String>,
    /// 施設の期限: the deadlines of facilities at the last evaluation that was written down, those to be told and the others
    #[arg(long)]
    facilities: bool,
    /// The recommendation as it is stored, as JSON, with the same inputs
    #[arg(long, requires = "id", conflicts_with = "facilities")]
    json: bool,
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
        let core = || -> anyhow::Result<(Town, Core)> { Ok(town::with_core(&config)?) };
        if let Some(id) = &self.id {
            if self.json {
                return as_json(id, data_dir);
            }
            one(id, data_dir, core)?;
        }
        let told = Store::look(data_dir, |view: &View<'_>| view.last_stood())?.facilities;
        if self.facilities || told.iter().any(|of| of.due) {
            facilities(&told, &core()?.1, self.facilities);
        }
        Ok(())
    }
}

/// The derivation of each facility's deadline: of those that are to be told, or of all.
fn facilities(told: &[Arc<FacilityAdvice>], core: &Core, all: bool) {
    let named = told.iter().filter(|of| all || of.due);
    say(
        "\n■ 要配慮者利用施設の期限 deadlines of facilities, at the last evaluation that was written down",
    );
    if told.is_empty() {
        say("  記録がありません none is on record");
    }
    for of in named {
        let policy = &core.policy;
        say(&explain_facility(&core.town, policy, of.as_of, of));
    }
}

/// As it is stored.
fn as_json(id: &str, data_dir: &Path) -> anyhow::Result<()> {
    match Store::look(data_dir, |view: &View<'_>| view.proposal(id))? {
        Some(stored) => say(&serde_json::to_string_pretty(&stored.proposal)?),
        None => bail!(unknown(id, data_dir)),
    }
    Ok(())
}

fn unknown(id: &str, data_dir: &Path) -> String {
    format!(
        "{id}: この番号の推奨は {} にありません / no recommendation of this number there",
        data_dir.display()
    )
}

/// The derivation of one recommendation.
fn one(
    id: &str,
    data_dir: &Path,
    core: impl Fn() -> anyhow::Result<(Town, Core)>,
) -> anyhow::Result<()> {
    let found = Store::look(data_dir, |view: &View<'_>| {
        let Some(stored) = view.proposal(id)? else {
            return Ok(None);
        };
        let criteria = view.criteria_at(stored.proposal.as_of)?;
        Ok(Some((stored, criteria)))
    })?;
    let Some((stored, criteria)) = found else {
        bail!(unknown(id, data_dir));
    };
    let proposal = &stored.proposal;
    let names: Vec<&str> = proposal.districts.iter().map(|d| d.name.as_str()).collect();
    say(&format!(
        "推奨 recommendation {id}: {} {}、{}地区 {}\n初めて作られた first made {}、根拠の最後 grounds last held {}",
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
    if let Some(of) = &proposal.judgement {
        say(&format!(
            "職員の判断(システムの推奨ではありません) an officer's own judgement, no recommendation: {} {}({}): {}",
            of.at, of.display, of.by, of.words
        ));
        return Ok(());
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
    let (town, core) = core()?;
    say("最も期限の早い地区について the district whose deadline comes first:");
    let (known, policy) = (&core.town, &core.policy);
    match &proposal.derivation {
        Some(derivation) => {
            let workings = &derivation.workings;
            say(&explain_from(
                known,
                policy,
                proposal.as_of,
                urgent,
                workings,
            ));
            say(&areas::areas(&derivation.areas, &town));
        }
        None => {
            say(&explain(known, policy, proposal.as_of, urgent));
            say(
                "計算の元(予測の分位、対象区域の選び方、避難先)は、以前の版の記録にはありません / the inputs are not on record in what an earlier version wrote",
            );
        }
    }
    if let Some(of) = &proposal.people {
        say(&people::people(of, &town));
    }
    if let Some(derivation) = &proposal.derivation {
        say(&people::places(&derivation.places, &town));
    }
    match criteria {
        Some(then) if then == core.criteria => {}
        Some(then) => say(&format!(
            "注意: 判断基準はこの推奨の後に変わっています。この推奨は sha256 {then} の基準によるもので、いまの基準は sha256 {} です / the criteria changed since: this recommendation rests on the former, the latter decide today",
            core.criteria
        )),
        None => say(
            "注意: この推奨の時の判断基準の要約値(sha256)は記録にありません / the digest of the criteria of then is not on record",
        ),
    }
    Ok(())
}
