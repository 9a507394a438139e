//! Keys of earlier versions that live elsewhere now: an old file gets an answer that says where, not "unknown key".

use super::ConfigError;

/// Key of `[recommend]`, and the condition and test of the criteria file that say it now.
const TO_CRITERIA: [(&str, &str); 5] = [
    (
        "level3_probability",
        "level = 3, { is = \"forecast\", chance = … }",
    ),
    (
        "level3_lead_h",
        "level = 3, { is = \"forecast\", within_h = … }",
    ),
    (
        "level4_probability",
        "level = 4, { is = \"forecast\", chance = … }",
    ),
    (
        "level4_lead_h",
        "level = 4, { is = \"forecast\", within_h = … }",
    ),
    (
        "rapid_rise_m_per_h",
        "level = 3, { is = \"rise\", m_per_h = … }",
    ),
];

pub(super) fn check(own: &toml::Table, text: &str, path: &str) -> Result<(), ConfigError> {
    let Some(recommend) = own.get("recommend").and_then(toml::Value::as_table) else {
        return Ok(());
    };
    for (key, condition) in TO_CRITERIA {
        let Some(value) = recommend.get(key) else {
            continue;
        };
        let line = text
            .lines()
            .position(|line| line.trim_start().starts_with(key))
            .map_or_else(String::new, |at| format!(", line {}", at + 1));
        return Err(ConfigError::Moved {
            path: path.to_owned(),
            line,
            key: format!("recommend.{key}"),
            value: value.to_string(),
            place: format!(
                "このキーは判断基準のファイルに移りました: [[condition]] {condition}。ファイルは recommend.criteria、または町のフォルダーの criteria.toml / \
                 this key moved to the criteria file (recommend.criteria, or criteria.toml in the town's folder), see docs/criteria.md"
            ),
        });
    }
    Ok(())
}
