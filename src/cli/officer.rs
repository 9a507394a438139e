//! `hinan officer`

use std::io::{IsTerminal as _, Read as _};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::authority::AuthorityArgs;
use super::print::say;
use crate::approve::officer::{self as account, Role};
use crate::clock::wall;
use crate::config::Config;
use crate::second_factor::Secret;
use crate::store::Store;
use crate::store::recoveries::Lost;
use crate::vault::Vault;
use crate::{chance, password, town};

/// Adds an account, or gives an existing one a new office, role and password. Works beside a running service.
///
/// The password is read from standard input, or made and printed once with --generate; then its officer must choose one of
/// their own before they can let anything out. `hinan authority` gives and takes authorities without a new password.
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
    #[command(flatten)]
    authority: AuthorityArgs,
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
        let grant = match role {
            Role::Approver => Some(self.authority.grant(&self.name)?),
            _ => None,
        };
        let secret = if self.generate {
            chance::spoken_password()
        } else {
            typed()?
        };
        let hash = password::hash(&secret)?;
        let code = town::town(&config)?.code;
        let dir = &config.service.data_dir;
        let store = Store::open_beside(dir, config.service.realm, &code)?;
        let display = self.display.unwrap_or_else(|| self.name.clone());
        let officer = account::Officer {
            name: self.name,
            display,
            role,
            second_factor: false,
        };
        let factor = self.totp.then(|| Secret::new(chance::bytes()));
        let sealed = match &factor {
            Some(factor) => {
                Some(Vault::of_record(dir, &store)?.seal(&officer.name, factor, chance::bytes()))
            }
            None => None,
        };
        let by = if self.generate { "console" } else { "" };
        store.write(|tx| {
            let was_there = tx.view().officer(&officer.name)?.is_some();
            tx.put_account(&officer, &hash, by)?;
            tx.end_sessions_of(&officer.name)?;
            if was_there {
                tx.put_recovery(&officer.name, Lost::Password, "console", wall(), true)?;
            }
            tx.audit(
                wall(),
                "console",
                "officer_added",
                &officer.name,
                &json!({ "role": role }),
            )?;
            if let Some(sealed) = &sealed {
                let had = tx.view().second_factor(&officer.name)?.is_some();
                tx.put_second_factor(&officer.name, sealed, 0, wall())?;
                if had {
                    tx.put_recovery(&officer.name, Lost::SecondFactor, "console", wall(), true)?;
                }
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
