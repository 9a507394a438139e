//! Exercise and live apart (訓練と本番の分離): an exercise does not start where a credential of the live service is within
//! its reach. What holds a credential says by its name whose it is, so that none of a live configuration is overlooked.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::config::Config;
use crate::realm::Realm;

/// Environment variables that begin so hold credentials of the live service, whatever they are called.
pub const LIVE_PREFIX: &str = "HINAN_ACTUAL_";
/// And these those of exercises.
const EXERCISE_PREFIX: &str = "HINAN_EXERCISE_";

/// How the name of every environment variable begins that a configuration of this realm takes a credential from.
#[must_use]
pub fn prefix(realm: Realm) -> &'static str {
    match realm {
        Realm::Actual => LIVE_PREFIX,
        Realm::Exercise => EXERCISE_PREFIX,
    }
}

/// A credential of the live service that an exercise could use.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum WithinReach {
    /// An environment variable.
    #[error(
        "訓練を始められません: 本番の鍵 {0} がこの環境にあります / {0} is set: it holds a credential of the live service, which an exercise must not be able to use; start the exercise without it, as an account of its own"
    )]
    Variable(String),
    /// A file.
    #[error(
        "訓練を始められません: 本番の鍵 {path} を読めます / {path} can be read: it holds a credential of the live service; start the exercise as an account that cannot read it"
    )]
    File {
        /// The file.
        path: PathBuf,
    },
}

/// What can be seen from where the service runs.
pub struct Reach<'a> {
    /// Names of all environment variables.
    pub variables: &'a [String],
    /// Whether a file can be read.
    pub readable: &'a dyn Fn(&Path) -> bool,
}

/// Refuses an exercise from which a credential of the live service can be reached: a variable of the live prefix or one
/// named in `service.actual_secrets`, or a file named there. A live service is not concerned.
///
/// # Errors
/// The first that is within reach.
pub fn check(config: &Config, reach: &Reach<'_>) -> Result<(), WithinReach> {
    if config.service.realm == Realm::Actual {
        return Ok(());
    }
    let named = &config.service.actual_secrets;
    for variable in reach.variables {
        if variable.starts_with(LIVE_PREFIX) || named.contains(variable) {
            return Err(WithinReach::Variable(variable.clone()));
        }
    }
    let files = named.iter().filter(|name| name.contains('/'));
    for path in files.map(PathBuf::from) {
        if (reach.readable)(&path) {
            return Err(WithinReach::File { path });
        }
    }
    Ok(())
}

/// What this process can reach.
pub(crate) fn check_here(config: &Config) -> Result<(), WithinReach> {
    let variables: Vec<String> = std::env::vars_os()
        .map(|(name, _)| name.to_string_lossy().into_owned())
        .collect();
    let reach = Reach {
        variables: &variables,
        readable: &|path| std::fs::File::open(path).is_ok(),
    };
    check(config, &reach)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(realm: Realm, variables: &[&str], readable: &str) -> Result<(), WithinReach> {
        let mut config = Config::defaults();
        config.service.realm = realm;
        config.service.actual_secrets = vec![
            "TOWN_SMTP_PASSWORD".to_owned(),
            "/etc/town/cap.key".to_owned(),
        ];
        let variables: Vec<String> = variables.iter().map(|v| (*v).to_owned()).collect();
        let reach = Reach {
            variables: &variables,
            readable: &|path| path == Path::new(readable),
        };
        check(&config, &reach)
    }

    #[test]
    fn an_exercise_does_not_start_within_reach_of_a_live_credential() {
        let drill = |variables: &[&str], readable| checked(Realm::Exercise, variables, readable);
        assert_eq!(drill(&["PATH", "HINAN_BROKER_PASSWORD"], ""), Ok(()));
        for name in ["HINAN_ACTUAL_WEBHOOK_SECRET", "TOWN_SMTP_PASSWORD"] {
            assert_eq!(
                drill(&["PATH", name], ""),
                Err(WithinReach::Variable(name.to_owned()))
            );
        }
        let file = drill(&[], "/etc/town/cap.key").expect_err("it can be read");
        assert!(file.to_string().contains("/etc/town/cap.key can be read"));
    }

    #[test]
    fn the_live_service_may_hold_its_own_credentials() {
        let live = checked(
            Realm::Actual,
            &["HINAN_ACTUAL_X", "TOWN_SMTP_PASSWORD"],
            "/etc/town/cap.key",
        );
        assert_eq!(live, Ok(()));
    }
}
