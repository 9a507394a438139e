//! `hinan models`

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;

use super::officer::typed;
use super::print::say;
use crate::approve::officer::Role;
use crate::artifacts::{Candidate, candidates};
use crate::clock::{spoken, wall};
use crate::config::Config;
use crate::store::Store;
use crate::store::models::ModelDecision;
use crate::{password, town};

/// 承認: 予測モデルのカードを読み、使用を承認する、または取り消します。
///
/// [models] dir にあるモデルのうち、管理者（administrator）が承認したものだけを予測に使います。引数なしでは、すべてのモデルの
/// カード（期間、出水、精度、弱点）と、これまでの判断を表示します。承認するには、カードを読んだうえで、表示された
/// ダイジェストを --approve に、アカウント名を --officer に、理由を --reason に書き、パスワードを入力します。
///
/// Only models that an administrator has approved forecast. Without --approve or --withdraw it prints the card of every file in
/// [models] dir and what was decided. A decision names the file by its digest, so that it holds for exactly what was read; it is
/// noted with name, time and reason in the audit. It works beside a running service, which follows within seconds: from its next
/// advice on it uses what was approved and no longer what was withdrawn.
#[derive(Args)]
pub(super) struct Models {
    /// The town's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Approve the file of this digest, which `hinan models` prints under its card
    #[arg(long, value_name = "DIGEST", requires_all = ["officer", "reason"], conflicts_with = "withdraw")]
    approve: Option<String>,
    /// Withdraw an approval
    #[arg(long, value_name = "DIGEST", requires_all = ["officer", "reason"])]
    withdraw: Option<String>,
    /// Account of the administrator; the password is read from standard input
    #[arg(long, value_name = "NAME")]
    officer: Option<String>,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Models {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let config = Config::load(&self.config)?;
        let dir = &config.models.dir;
        if dir.as_os_str().is_empty() {
            bail!("[models] dir is empty: name the folder that `hinan train --out` wrote to");
        }
        let (sound, unsound) = candidates(dir)?;
        for why in &unsound {
            say(&format!("使えないファイル not usable: {why}"));
        }
        let code = town::town(&config)?.code;
        let store = Store::open_beside(&config.service.data_dir, config.service.realm, &code)?;
        let (decision, digest) = match (&self.approve, &self.withdraw) {
            (Some(digest), _) => (ModelDecision::Approved, digest),
            (None, Some(digest)) => (ModelDecision::Withdrawn, digest),
            (None, None) => return list(&store, &sound),
        };
        let candidate = sound
            .iter()
            .find(|candidate| candidate.digest == *digest)
            .with_context(|| {
                format!("{digest} はフォルダのどのモデルのダイジェストとも一致しません / no model in {} has this digest; `hinan models --config FILE` prints them", dir.display())
            })?;
        say(&card(candidate));
        let (name, reason) = (
            self.officer.context("--officer is needed")?,
            self.reason.unwrap_or_default(),
        );
        let reason = reason.trim();
        if !(1..=400).contains(&reason.chars().count()) {
            bail!("--reason must be 1 to 400 characters");
        }
        let secret = typed()?;
        let known = store.read(|view| view.officer(&name))?;
        let stored = known.as_ref().map(|(_, hash)| hash.as_str());
        if !password::matches(&secret, stored) {
            bail!("アカウント名またはパスワードが違います / account or password is wrong");
        }
        if known.is_none_or(|(officer, _)| officer.role != Role::Administrator) {
            bail!(
                "モデルの使用を決められるのは管理者だけです。{name} は管理者ではありません / only an administrator decides which model is used; {name} is none"
            );
        }
        let now = wall();
        store
            .write(|tx| {
                let of = (&candidate.card, candidate.digest.as_str());
                tx.decide_model(decision, of, (&name, reason), now)
            })
            .context("判断は記録されませんでした / the decision was not noted")?;
        say(match decision {
            ModelDecision::Approved => {
                "承認しました。動作中のサービスは数秒以内に使い始めます。 approved: a running service uses it within seconds"
            }
            ModelDecision::Withdrawn => {
                "承認を取り消しました。動作中のサービスは数秒以内に使用をやめます。 withdrawn: a running service stops using it within seconds"
            }
        });
        Ok(())
    }
}

fn list(store: &Store, sound: &[Candidate]) -> anyhow::Result<()> {
    let (approved, decisions) =
        store.read(|view| Ok((view.approved_models()?, view.model_decisions()?)))?;
    for candidate in sound {
        say(&card(candidate));
        let used = approved.get(&candidate.card.gauge) == Some(&candidate.digest);
        say(if used {
            "  状態 state: 承認済み・使用中 approved, in use"
        } else {
            "  状態 state: 未承認・使われない not approved, not used"
        });
        for decision in decisions.iter().filter(|d| d.digest == candidate.digest) {
            say(&format!(
                "  {} {} {}: {}",
                spoken(decision.at),
                decision.officer,
                decision.decision,
                decision.reason
            ));
        }
    }
    if sound.is_empty() {
        say("モデルがありません no model");
    }
    Ok(())
}

/// The card, for people to read before they decide.
fn card(candidate: &Candidate) -> String {
    let card = &candidate.card;
    let unit = card.unit.symbol();
    let mut lines = vec![
        format!(
            "■ {} ({})  {}",
            card.name,
            card.gauge,
            candidate.path.display()
        ),
        format!(
            "  データ data: {} – {}, {} s, {} 行 rows",
            card.from, card.to, card.step_s, card.rows
        ),
        format!("  データのSHA-256 of the data: {}", card.data_sha256),
        format!("  出典 source: {} ({})", card.attribution, card.licence),
        format!(
            "  入力 inputs: 上流 upstream [{}], 雨量 rain [{}], 降水予測 rain forecast [{}]",
            card.case.upstream.join(", "),
            card.case.rain.join(", "),
            card.case.rain_forecast.join(", ")
        ),
        format!(
            "  出水 floods: {}（最高 highest {:.2} {unit}）、検証 checked in {} groups",
            card.floods.len(),
            card.range_m[1],
            card.groups
        ),
    ];
    for lead in &card.leads {
        let interval = |i: Option<hinan_models::Interval>| {
            i.map_or("–".to_owned(), |i| {
                format!("{:.2} ({:.2}–{:.2})", i.value, i.low, i.high)
            })
        };
        let share = |s: Option<f64>| s.map_or("–".to_owned(), |s| format!("{s:.2}"));
        lines.push(format!(
            "  {} h: 改善率 skill {}  RMSE {:.3} {unit}（持続 persistence {:.3}）  出水時90%区間 90 % in floods {}  基準超過 POD/FAR {}/{}",
            lead.lead_h,
            interval(lead.skill),
            lead.rmse_m,
            lead.rmse_persistence_m,
            interval(lead.coverage90_flood),
            share(lead.pod_q95),
            share(lead.far_q95)
        ));
    }
    for spot in &card.weak_spots {
        lines.push(format!(
            "  弱点 weak: {}\n             {}",
            spot.ja, spot.en
        ));
    }
    lines.push(format!("  ダイジェスト digest: {}", candidate.digest));
    lines.join("\n")
}
