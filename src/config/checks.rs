//! Ranges and shapes of values; each error names key, value and what is accepted.

use super::ConfigError;
use crate::apart;
use crate::realm::Realm;

pub(super) fn refused<T>(
    key: &str,
    value: &dyn std::fmt::Display,
    accepted: &str,
) -> Result<T, ConfigError> {
    Err(ConfigError::Refused {
        key: key.to_owned(),
        value: value.to_string(),
        accepted: accepted.to_owned(),
    })
}

pub(super) fn within<T: Copy + PartialOrd + std::fmt::Display>(
    key: &str,
    value: T,
    low: T,
    high: T,
) -> Result<(), ConfigError> {
    if value >= low && value <= high {
        Ok(())
    } else {
        refused(key, &value, &format!("from {low} to {high}"))
    }
}

pub(super) fn filled(key: &str, value: &str, accepted: &str) -> Result<(), ConfigError> {
    if value.is_empty() {
        refused(key, &"empty", accepted)
    } else {
        Ok(())
    }
}

/// A variable says by its name whose credential it holds: an exercise knows by it what it must not be able to read.
pub(super) fn secret_name(key: &str, name: &str, realm: Realm) -> Result<(), ConfigError> {
    let begins = apart::prefix(realm);
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    match name.strip_prefix(begins) {
        Some(rest) if !rest.is_empty() && rest.chars().all(plain) => Ok(()),
        _ => refused(
            key,
            &format_args!("{name:?}"),
            &format!(
                "the name of an environment variable that begins with {begins}, of A-Z 0-9 _, as its realm is {realm}: \
                 rename the variable here and where it is set"
            ),
        ),
    }
}

pub(super) fn topic(key: &str, value: &str) -> Result<(), ConfigError> {
    if value.is_empty()
        || value.contains(['+', '#', '\0'])
        || value.starts_with('/')
        || value.ends_with('/')
    {
        return refused(
            key,
            &value,
            "a topic without +, # and outer slashes, such as hinan/v1/readings",
        );
    }
    Ok(())
}
