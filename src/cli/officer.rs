//! `hinan officer`

use std::io::{IsTerminal as _, Read as _};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::authority::AuthorityArgs;
use super::print::say;
use crate::approve::authority::Grant;
use crate::approve::officer::{self as account, Role};
use crate::clock::wall;
use crate::config::Config;
use crate::second_factor::Secret;
use crate::store::recoveries::Lost;
use crate::store::{Store, StoreError, Tx};
use crate::vault::Vault;
use crate::{chance, password, town};

/// Adds an account, or changes one that is there. Works beside a running service.
///
/// A new account needs --role; its password is read from standard input, or made and printed once with --generate: then its
/// officer must choose one of their own before they can do anything. Of an account that is there, only what is asked for
/// changes: --display, --role, --password or --generate, --totp, --reset-factor, --subject, and the authority where one of its arguments is
/// given (then it replaces those that were there). `hinan authority` gives and takes single authorities.
///
/// A telephone was lost: `hinan officer --config town.toml --name deputy --reset-factor --totp`. Password and authorities stay.
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
    role: Option<String>,
    /// Make a second factor (確認コード) and print its secret once; without it a second factor is added at the first sign-in
    #[arg(long)]
    totp: bool,
    /// Take second factor, passkeys (パスキー) and the binding to single sign-on away: they were lost
    #[arg(long)]
    reset_factor: bool,
    #[command(flatten)]
    authority: AuthorityArgs,
    /// Bind the account to this name of its officer at the town's provider of single sign-on (`sub`), see [oidc]
    #[arg(long, value_name = "SUB", conflicts_with = "no_subject")]
    subject: Option<String>,
    /// Unbind it
    #[arg(long)]
    no_subject: bool,
    /// For an account that is there: read another password from standard input
    #[arg(long)]
    password: bool,
    /// Make a password and print it once
    #[arg(long, conflicts_with = "password")]
    generate: bool,
}

/// What is to change, as far as it was asked for.
struct Change {
    officer: account::Officer,
    /// The account's hash, and whose password it is.
    password: Option<(String, &'static str)>,
    /// Name, office or role.
    office: bool,
    /// Instead of all that were there.
    grant: Option<Grant>,
    /// Whether authorities go: with the role that may have them, or for others.
    revoke: bool,
    reset_factor: bool,
    /// A code's secret, sealed.
    sealed: Option<String>,
    /// The provider of single sign-on, and its name for the officer; nothing there to unbind.
    subject: Option<(String, Option<String>)>,
}

impl Officer {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let config = Config::load(&self.config)?;
        let role = self.role()?;
        if !account::is_account_name(&self.name) {
            bail!(
                "--name is {}; it must be 1 to 40 letters, digits, dots and hyphens",
                self.name
            );
        }
        let code = town::town(&config)?.code;
        let dir = &config.service.data_dir;
        let store = Store::open_beside(dir, config.service.realm, &code)?;
        let before = store.read(|view| view.officer(&self.name))?;
        let before = before.map(|(officer, _)| officer);
        let officer = match (&before, role) {
            (None, None) => bail!(
                "--role is missing; {} is a new account, whose role must be one of {}",
                self.name,
                Role::ALL.map(Role::word).join(", ")
            ),
            (None, Some(role)) => account::Officer {
                display: self.display.clone().unwrap_or_else(|| self.name.clone()),
                name: self.name.clone(),
                role,
                second_factor: false,
            },
            (Some(was), role) => account::Officer {
                display: self.display.clone().unwrap_or_else(|| was.display.clone()),
                role: role.unwrap_or(was.role),
                ..was.clone()
            },
        };
        let was = before.as_ref();
        let approves = officer.role == Role::Approver;
        let new_role = was.is_none_or(|was| was.role != officer.role);
        if self.authority.is_given() && !approves {
            bail!(
                "an authority is given, and the role is {}; an authority needs an approver",
                officer.role.word()
            );
        }
        let grant = match approves && (new_role || self.authority.is_given()) {
            true => Some(self.authority.grant(&self.name)?),
            false => None,
        };
        let subject = self.subject(&config.oidc.issuer, &store)?;
        let made = self.generate.then(chance::spoken_password);
        let password = match &made {
            Some(made) => Some((password::hash(made)?, "console")),
            None if was.is_none() || self.password => Some((password::hash(&typed()?)?, "")),
            None => None,
        };
        let factor = self.totp.then(|| Secret::new(chance::bytes()));
        let sealed = match &factor {
            Some(factor) => {
                Some(Vault::of_record(dir, &store)?.seal(&officer.name, factor, chance::bytes()))
            }
            None => None,
        };
        let change = Change {
            office: was.is_some_and(|was| *was != officer),
            password,
            revoke: was.is_some() && (new_role || grant.is_some()),
            grant,
            reset_factor: self.reset_factor,
            sealed,
            subject,
            officer,
        };
        if was.is_some() && change.is_empty() {
            bail!(
                "nothing is to change about {}; give --display, --role, --password, --generate, --totp, --reset-factor, \
                 --subject, --no-subject or an argument of the authority",
                self.name
            );
        }
        store.write(|tx| match was {
            None => change.adds(tx),
            Some(_) => change.changes(tx),
        })?;
        let officer = &change.officer;
        say(&format!(
            "{} ({}) を登録しました / account stored",
            officer.name,
            officer.role.spoken()
        ));
        if let Some(made) = &made {
            say(&format!(
                "パスワード password (一度だけ表示 shown once): {made}"
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

    fn subject(
        &self,
        issuer: &str,
        store: &Store,
    ) -> anyhow::Result<Option<(String, Option<String>)>> {
        let Some(subject) = &self.subject else {
            return Ok(self.no_subject.then(|| (issuer.to_owned(), None)));
        };
        if issuer.is_empty() {
            bail!(
                "--subject is {subject}; the town has no provider of single sign-on (oidc.issuer is empty)"
            );
        }
        if subject.is_empty() || subject.len() > 255 {
            bail!("--subject must have 1 to 255 bytes");
        }
        let bound = store.read(|view| view.officer_of_subject(issuer, subject))?;
        if let Some(other) = bound.filter(|other| *other != self.name) {
            bail!("--subject is {subject}; it is bound to {other}");
        }
        Ok(Some((issuer.to_owned(), Some(subject.clone()))))
    }

    fn role(&self) -> anyhow::Result<Option<Role>> {
        let Some(word) = &self.role else {
            return Ok(None);
        };
        let role = Role::from_word(word);
        let Some(role) = role else {
            bail!(
                "--role is {word}; it must be one of {}",
                Role::ALL.map(Role::word).join(", ")
            );
        };
        Ok(Some(role))
    }
}

impl Change {
    fn is_empty(&self) -> bool {
        !self.office
            && !self.reset_factor
            && self.password.is_none()
            && self.grant.is_none()
            && self.sealed.is_none()
            && self.subject.is_none()
    }

    fn adds(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let officer = &self.officer;
        if let Some((hash, by)) = &self.password {
            tx.put_account(officer, hash, by)?;
        }
        let detail = json!({ "role": officer.role });
        tx.audit(wall(), "console", "officer_added", &officer.name, &detail)?;
        self.keys(tx)
    }

    fn changes(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let (officer, name) = (&self.officer, self.officer.name.as_str());
        let note = |action: &str, detail: &serde_json::Value| {
            tx.audit(wall(), "console", action, name, detail)
        };
        if self.office {
            tx.put_office(officer)?;
            let detail = json!({ "role": officer.role, "display": officer.display });
            note("officer_changed", &detail)?;
        }
        if let Some((hash, by)) = &self.password {
            tx.put_password(name, hash, by)?;
            tx.put_recovery(name, Lost::Password, "console", wall(), true)?;
            note("password_reset", &json!({}))?;
        }
        if self.revoke && tx.revoke_grants_of(name, "console", wall())? > 0 {
            note("authority_revoked", &json!({}))?;
        }
        self.keys(tx)?;
        // Whoever binds an account that is there could be who comes in by it: every page says so for a day.
        if let Some((_, Some(_))) = &self.subject {
            tx.put_recovery(name, Lost::Binding, "console", wall(), true)?;
        }
        Ok(())
    }

    /// Says whether the account was bound.
    fn unbind(tx: &Tx<'_>, name: &str) -> Result<bool, StoreError> {
        let Some(issuer) = tx.drop_subject(name)? else {
            return Ok(false);
        };
        let detail = json!({ "issuer": issuer });
        tx.audit(wall(), "console", "subject_unbound", name, &detail)?;
        Ok(true)
    }

    /// What stands in both: factors and the authority. Whoever is signed in signs in again.
    fn keys(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let name = self.officer.name.as_str();
        tx.end_sessions_of(name)?;
        let mut had = tx.view().second_factor(name)?.is_some();
        if self.reset_factor {
            had |= tx.drop_passkeys_of(name)? > 0;
            tx.drop_second_factor(name)?;
            // Where it counts as one, the provider's word is a factor that somebody else may have.
            had |= Self::unbind(tx, name)?;
            let detail = json!({});
            tx.audit(wall(), "console", "second_factor_reset", name, &detail)?;
        }
        if let Some(sealed) = &self.sealed {
            tx.put_second_factor(name, sealed, 0, wall())?;
            let detail = json!({});
            tx.audit(wall(), "console", "second_factor_added", name, &detail)?;
        }
        if had && (self.reset_factor || self.sealed.is_some()) {
            tx.put_recovery(name, Lost::SecondFactor, "console", wall(), true)?;
        }
        match &self.subject {
            Some((issuer, Some(subject))) => {
                tx.put_subject(name, issuer, subject, wall())?;
                let detail = json!({ "issuer": issuer, "subject": subject });
                tx.audit(wall(), "console", "subject_bound", name, &detail)?;
            }
            Some((_, None)) => {
                Self::unbind(tx, name)?;
            }
            None => {}
        }
        if let Some(grant) = &self.grant {
            tx.put_grant(grant, "console", wall())?;
            tx.audit(wall(), "console", "authority_granted", name, grant)?;
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
