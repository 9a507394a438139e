//! Ranges and shapes of values; each error names key, value and what is accepted.

use super::ConfigError;

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
