//! `hinan authority`: who may issue, on which basis, in which order.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;

use super::print::say;
use crate::approve::authority::{Basis, Grant};
use crate::approve::officer::Role;
use crate::clock::{spoken, wall};
use crate::config::Config;
use crate::recommend::level::OrderLevel;
use crate::store::Store;
use crate::town;

/// Gives and takes the authority to issue (発令権限). Works beside a running service, without a new password.
///
/// When the mayor is prevented at night: `hinan authority grant --config town.toml --name deputy --basis acting --document
/// "職務代理規程第2条" --rank 2`. It holds from the next click.
#[derive(Args)]
pub(super) struct Authority {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// 登録: give an approver one more authority; what they have stays
    Grant(GrantOne),
    /// 取消: revoke one authority by its number, or all of an officer
    Revoke(Revoke),
    /// 一覧: the order of succession (職務代理の順序) with basis, document and validity
    List(List),
}

/// What an authority rests on and how far it reaches.
#[derive(Args)]
pub(super) struct AuthorityArgs {
    /// For an approver: on what the power to issue rests: own (市町村長本人), delegated (委任, where it is not given), acting
    /// (職務代理) or pre_authorised (事前の承認, with --condition)
    #[arg(long)]
    basis: Option<String>,
    /// For an approver: the document that says so, such as the number of the rule or the letter
    #[arg(long)]
    document: Option<String>,
    /// For an approver: under which condition, in words
    #[arg(long)]
    condition: Option<String>,
    /// For an approver: the highest level, 3, 4 or 5; 5 when it is not given
    #[arg(long)]
    level_max: Option<u8>,
    /// For an approver: place in the order of succession, from 1; 1 when it is not given
    #[arg(long)]
    rank: Option<u32>,
    /// For an approver: from when (RFC 3339); from ever when it is not given
    #[arg(long)]
    from: Option<Timestamp>,
    /// For an approver: until before when (RFC 3339); 2100 when it is not given
    #[arg(long)]
    until: Option<Timestamp>,
}

#[derive(Args)]
struct GrantOne {
    /// The town's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Account name of an approver
    #[arg(long)]
    name: String,
    #[command(flatten)]
    authority: AuthorityArgs,
}

#[derive(Args)]
struct Revoke {
    /// The town's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Account name
    #[arg(long)]
    name: String,
    /// Number of the authority, as `hinan authority list` shows it; all of this officer when it is not given
    #[arg(long)]
    number: Option<i64>,
}

#[derive(Args)]
struct List {
    /// The town's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Authority {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self.what {
            What::Grant(one) => one.run(),
            What::Revoke(revoke) => revoke.run(),
            What::List(list) => list.run(),
        }
    }
}

fn store(config: &Path) -> anyhow::Result<Store> {
    let config = Config::load(config)?;
    let code = town::town(&config)?.code;
    let store = Store::open_beside(&config.service.data_dir, config.service.realm, &code)?;
    Ok(store)
}

impl AuthorityArgs {
    /// Whether anything is said about an authority.
    pub(super) fn is_given(&self) -> bool {
        let words = [&self.basis, &self.document, &self.condition];
        words.into_iter().any(Option::is_some)
            || self.level_max.is_some()
            || self.rank.is_some()
            || self.from.is_some()
            || self.until.is_some()
    }

    /// The authority of this account.
    pub(super) fn grant(&self, officer: &str) -> anyhow::Result<Grant> {
        let basis = self.basis.as_deref().unwrap_or("delegated");
        let Some(basis) = Basis::from_word(basis) else {
            bail!(
                "--basis is {basis}; it must be one of {}",
                Basis::ALL.map(Basis::word).join(", ")
            );
        };
        let level_max = self.level_max.unwrap_or(5);
        let Some(level_max) = OrderLevel::from_number(level_max) else {
            bail!("--level-max is {level_max}; it must be 3, 4 or 5");
        };
        let condition = self.condition.clone().unwrap_or_default();
        if basis == Basis::PreAuthorised && condition.trim().is_empty() {
            bail!("--condition is empty; pre_authorised needs the condition in words");
        }
        let rank = self.rank.unwrap_or(1);
        if rank == 0 {
            bail!("--rank is 0; it must be 1 or more");
        }
        let from = self.from.unwrap_or(Timestamp::UNIX_EPOCH);
        let until = match self.until {
            Some(until) => until,
            None => Timestamp::from_second(4_102_444_800)?,
        };
        if until <= from {
            bail!("--until is {until}; it must be after --from {from}");
        }
        let document = self.document.as_deref().unwrap_or_default().trim();
        Ok(Grant {
            id: 0,
            officer: officer.to_owned(),
            basis,
            document: if document.is_empty() {
                "文書の記載なし(コンソールで登録)".to_owned()
            } else {
                document.to_owned()
            },
            condition,
            level_max,
            rank,
            from,
            until,
        })
    }
}

impl GrantOne {
    fn run(self) -> anyhow::Result<()> {
        let grant = self.authority.grant(&self.name)?;
        let store = store(&self.config)?;
        let found = store.read(|view| view.officer(&self.name))?;
        let (officer, _) =
            found.with_context(|| format!("--name is {}; there is no such account", self.name))?;
        if officer.role != Role::Approver {
            bail!(
                "--name is {}, whose role is {}; an authority needs an approver",
                self.name,
                officer.role.word()
            );
        }
        let id = store.write(|tx| {
            let id = tx.put_grant(&grant, "console", wall())?;
            let granted = Grant {
                id,
                ..grant.clone()
            };
            tx.audit(wall(), "console", "authority_granted", &self.name, &granted)?;
            Ok(id)
        })?;
        say(&format!(
            "{id}番の発令権限を{}に登録しました / authority {id} granted",
            officer.display
        ));
        Ok(())
    }
}

impl Revoke {
    fn run(self) -> anyhow::Result<()> {
        let store = store(&self.config)?;
        let revoked = store.write(|tx| {
            let revoked = match self.number {
                Some(number) => tx.revoke_grant(number, &self.name, "console", wall())?,
                None => tx.revoke_grants_of(&self.name, "console", wall())?,
            };
            if revoked > 0 {
                let detail = json!({ "number": self.number, "revoked": revoked });
                tx.audit(wall(), "console", "authority_revoked", &self.name, &detail)?;
            }
            Ok(revoked)
        })?;
        if revoked == 0 {
            bail!(
                "{} has no such authority that is not revoked; `hinan authority list` shows them",
                self.name
            );
        }
        say(&format!(
            "{}の発令権限{revoked}件を取り消しました / revoked",
            self.name
        ));
        Ok(())
    }
}

impl List {
    fn run(self) -> anyhow::Result<()> {
        let config = Config::load(&self.config)?;
        let grants = Store::look(&config.service.data_dir, |view| view.grants())?;
        if grants.is_empty() {
            say("発令権限の登録がありません / no authority is registered");
        }
        for g in grants {
            say(&format!(
                "{}番 順位{} {} {} {} {}まで {}から{}まで {}",
                g.id,
                g.rank,
                g.officer,
                g.basis.spoken(),
                g.document,
                g.level_max,
                spoken(g.from),
                spoken(g.until),
                g.condition
            ));
        }
        Ok(())
    }
}
