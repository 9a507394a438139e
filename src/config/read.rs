//! The town's file over the defaults, and where in it a fault stands.

use super::ConfigError;

/// Puts the town's keys over the defaults.
pub(super) fn overlay(under: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => overlay(below, above),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

/// Finds the line of a fault that was seen in the merged table.
pub(super) fn locate(text: &str, path: &str, error: &toml::de::Error) -> ConfigError {
    let message = error.message().to_owned();
    let word = message.split('`').nth(1).unwrap_or_default().to_owned();
    let line = (!word.is_empty())
        .then(|| {
            text.lines()
                .position(|l| l.trim_start().trim_start_matches('[').starts_with(&word))
        })
        .flatten();
    let place = line.map_or_else(String::new, |n| format!(", line {}", n + 1));
    let keys = error.to_string();
    ConfigError::Malformed {
        path: format!("{path}{place}"),
        message: keys.trim().to_owned(),
    }
}
