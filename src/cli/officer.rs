//! `hinan officer`

use std::io::{IsTerminal as _, Read as _};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::print::say;
use crate::approve::officer::{self as account, Role};
use crate::clock::wall;
use crate::config::Config;
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
    /// viewer, duty_officer, approver or auditor
    #[arg(long)]
    role: String,
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
        let fits = (1..=40).contains(&self.name.len())
            && self
                .name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
        if !fits {
            bail!(
                "--name is {}; it must be 1 to 40 letters, digits, dots and hyphens",
                self.name
            );
        }
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
        };
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
