//! `hinan officer`

use std::io::{IsTerminal as _, Read as _};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::print::say;
use crate::approve::authority::{Basis, Grant};
use crate::approve::officer::{self as account, Role};
use crate::clock::wall;
use crate::config::Config;
use crate::recommend::level::OrderLevel;
use crate::second_factor::Secret;
use crate::store::Store;
use crate::{chance, password, town};

/// Adds an account, or gives an existing one a new office, role and password.
///
/// The service must not be running: accounts belong to its record. The password is read from standard input,
/// or made and printed once with --generate.
#[derive(Args)]
pub(super) struct Officer {
    /// The town's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Account name, 1 to 40 letters, digits, dots and hyphens
    #[arg(long)]
    name: String,
    /// Name and office as shown and recorded, for example "佐藤 危機管理監"
    #[arg(long)]
    display: Option<String>,
    /// viewer, shelter_desk, duty_officer, approver, administrator or auditor
    #[arg(long)]
    role: String,
    /// Make a second factor (確認コード) and print its secret once; without it a second factor is added at the first sign-in
    #[arg(long)]
    totp: bool,
    /// For an approver: on what the power to issue rests: own (市町村長本人), delegated (委任), acting (職務代理) or
    /// pre_authorised (事前の承認, with --condition)
    #[arg(long, default_value = "delegated")]
    basis: String,
    /// For an approver: the document that says so, such as the number of the rule or the letter
    #[arg(long)]
    document: Option<String>,
    /// For an approver: under which condition, in words
    #[arg(long, default_value = "")]
    condition: String,
    /// For an approver: the highest level, 3, 4 or 5
    #[arg(long, default_value_t = 5)]
    level_max: u8,
    /// For an approver: place in the order of succession, from 1
    #[arg(long, default_value_t = 1)]
    rank: u32,
    /// For an approver: from when (RFC 3339); from ever when it is not given
    #[arg(long)]
    from: Option<Timestamp>,
    /// For an approver: until before when (RFC 3339); 2100 when it is not given
    #[arg(long)]
    until: Option<Timestamp>,
    /// Make a password and print it once
    #[arg(long)]
    generate: bool,
}

impl Officer {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let config = Config::load(&self.config)?;
        let Some(role) = Role::from_word(&self.role) else {
            bail!(
                "--role is {}; it must be one of {}",
                self.role,
                Role::ALL.map(Role::word).join(", ")
            );
        };
        let fits = account::is_account_name(&self.name);
        if !fits {
            bail!(
                "--name is {}; it must be 1 to 40 letters, digits, dots and hyphens",
                self.name
            );
        }
        let grant = self.grant(role)?;
        let secret = if self.generate {
            chance::spoken_password()
        } else {
            typed()?
        };
        let hash = password::hash(&secret)?;
        let code = town::town(&config)?.code;
        let store = Store::open(&config.service.data_dir, config.service.realm, &code)?;
        let display = self.display.unwrap_or_else(|| self.name.clone());
        let officer = account::Officer {
            name: self.name,
            display,
            role,
            second_factor: false,
        };
        let factor = self.totp.then(|| Secret::new(chance::bytes()));
        store.write(|tx| {
            tx.put_officer(&officer, &hash)?;
            tx.end_sessions_of(&officer.name)?;
            tx.audit(
                wall(),
                "console",
                "officer_added",
                &officer.name,
                &json!({ "role": role }),
            )?;
            if let Some(factor) = &factor {
                tx.put_second_factor(&officer.name, &factor.to_hex(), 0, wall())?;
                tx.audit(
                    wall(),
                    "console",
                    "second_factor_added",
                    &officer.name,
                    &json!({}),
                )?;
            }
            if tx.revoke_grants_of(&officer.name, "console", wall())? > 0 {
                tx.audit(
                    wall(),
                    "console",
                    "authority_revoked",
                    &officer.name,
                    &json!({}),
                )?;
            }
            if let Some(grant) = &grant {
                tx.put_grant(grant, "console", wall())?;
                tx.audit(wall(), "console", "authority_granted", &officer.name, grant)?;
            }
            Ok(())
        })?;
        say(&format!(
            "{} ({}) を登録しました / account stored",
            officer.name,
            role.spoken()
        ));
        if self.generate {
            say(&format!(
                "パスワード password (一度だけ表示 shown once): {secret}"
            ));
        }
        if let Some(factor) = &factor {
            say(&format!(
                "確認コードの秘密 second factor (一度だけ表示 shown once): {}",
                factor.address(&officer.name)
            ));
        }
        Ok(())
    }

    /// The authority of an approver; others have none.
    fn grant(&self, role: Role) -> anyhow::Result<Option<Grant>> {
        if role != Role::Approver {
            return Ok(None);
        }
        let Some(basis) = Basis::from_word(&self.basis) else {
            bail!(
                "--basis is {}; it must be one of {}",
                self.basis,
                Basis::ALL.map(Basis::word).join(", ")
            );
        };
        let Some(level_max) = OrderLevel::from_number(self.level_max) else {
            bail!("--level-max is {}; it must be 3, 4 or 5", self.level_max);
        };
        if basis == Basis::PreAuthorised && self.condition.trim().is_empty() {
            bail!("--condition is empty; pre_authorised needs the condition in words");
        }
        if self.rank == 0 {
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
        Ok(Some(Grant {
            id: 0,
            officer: self.name.clone(),
            basis,
            document: self
                .document
                .clone()
                .unwrap_or_else(|| "文書の記載なし(コンソールで登録)".to_owned()),
            condition: self.condition.clone(),
            level_max,
            rank: self.rank,
            from,
            until,
        }))
    }
}

pub(super) fn typed() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        say(
            "パスワードを入力してください(12文字以上) / type the password (12 characters or more), then Enter:",
        );
        let mut line = String::new();
        std::io::stdin()
            .read_line(&mut line)
            .context("reading the password")?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let mut text = String::new();
    std::io::stdin()
        .take(1024)
        .read_to_string(&mut text)
        .context("reading the password from standard input")?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
