//! What advice rests on beside readings and what is told, noted in the audit at a start where it changed: criteria and settings.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::app::App;
use crate::digest::Digest;
use crate::store::StoreError;

/// A changed file of criteria is noted with its digest and each change in words, old and new.
pub(crate) fn criteria(app: &App) -> Result<(), StoreError> {
    let now = &app.reference.core.policy.criteria;
    let digest = now.digest();
    let before = last(app, "criteria")?;
    if before
        .as_ref()
        .is_some_and(|before| before["digest"] == digest.as_str())
    {
        return Ok(());
    }
    let then: Option<hinan_recommend::Criteria> =
        before.and_then(|before| serde_json::from_value(before["criteria"].clone()).ok());
    let changes = then
        .as_ref()
        .map(|then| hinan_recommend::changes(then, now));
    let detail = json!({ "name": now.name, "version": now.version, "digest": digest,
        "before": then.as_ref().map(hinan_recommend::Criteria::digest), "changes": changes, "criteria": now });
    note(app, "criteria", &detail)
}

/// Settings that move a level or a deadline are noted when they change, each with its old and its new value.
pub(crate) fn settings(app: &App) -> Result<(), StoreError> {
    let now = app.reference.core.settings();
    let digest = Digest::of_json(&now);
    let before = last(app, "settings")?;
    if before
        .as_ref()
        .is_some_and(|before| before["digest"] == digest.as_str())
    {
        return Ok(());
    }
    let changes = before
        .as_ref()
        .map(|before| differences(&before["settings"], &now));
    let detail = json!({ "digest": digest, "before": before.as_ref().map(|before| before["digest"].clone()),
        "changes": changes, "settings": now });
    note(app, "settings", &detail)
}

/// What the last such entry says. One that cannot be read is as none, so that what holds now is noted again: the service starts all the
/// same, and the log says why nothing is compared.
pub(crate) fn last(app: &App, action: &str) -> Result<Option<Value>, StoreError> {
    let Some(detail) = app.store.read(|view| view.last_detail(action))? else {
        return Ok(None);
    };
    match serde_json::from_str(&detail) {
        Ok(before) => Ok(Some(before)),
        Err(error) => {
            tracing::error!(action, %error, "what was noted last cannot be read; what holds now is noted as if for the first time");
            Ok(None)
        }
    }
}

fn note(app: &App, action: &str, detail: &Value) -> Result<(), StoreError> {
    app.store
        .write(|tx| tx.audit(app.clock.now(), "console", action, &app.town().code, detail))?;
    Ok(())
}

/// `key: old → new` for each value that differs; a key that is only on one side stands against nothing.
fn differences(then: &Value, now: &Value) -> Vec<String> {
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    flat(String::new(), then, &mut before);
    flat(String::new(), now, &mut after);
    let keys: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    keys.into_iter()
        .filter(|key| before.get(*key) != after.get(*key))
        .map(|key| {
            let said = |of: &BTreeMap<String, String>| {
                of.get(key).cloned().unwrap_or_else(|| "なし".to_owned())
            };
            format!("{key}: {} → {}", said(&before), said(&after))
        })
        .collect()
}

fn flat(key: String, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let inner = if key.is_empty() {
                    name.clone()
                } else {
                    format!("{key}.{name}")
                };
                flat(inner, value, into);
            }
        }
        other => {
            into.insert(key, other.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_setting_is_said_with_its_old_and_its_new_value() {
        let then = json!({ "deadline": { "approval": { "slow_min": 30.0 } }, "river_kinds": {} });
        let now = json!({ "deadline": { "approval": { "slow_min": 45.0 } }, "river_kinds": { "売買川": "other-river" } });
        assert_eq!(
            differences(&then, &now),
            [
                "deadline.approval.slow_min: 30.0 → 45.0",
                "river_kinds.売買川: なし → \"other-river\""
            ]
        );
        assert!(differences(&now, &now).is_empty());
    }
}
