//! What a decoder on the network server made of the bytes, used only when no profile can read them.
//!
//! Its keys are whatever its author liked. A number is given a meaning only where a unit stands beside it: in the text
//! (`"1234 mm"`, as Dragino's decoders write) or at the end of the key (`level_m`). Any other number is unstated, and
//! the town's configuration must say what it is.

use serde_json::{Map, Value};

use crate::observation::{Measured, Observation, Quantity};
use crate::payload::unit::{Unit, number_with_unit};
use crate::payload::{RECORDS_MAX, TEXT_MAX_BYTES, Unreadable, cut};

/// Reads a decoded object. Objects within it are read too, one level deep: some decoders group by sensor.
pub(super) fn observe(
    object: Map<String, Value>,
    seen: &mut Vec<Observation>,
) -> Result<(), Unreadable> {
    let mut flat = Vec::with_capacity(object.len());
    for (key, value) in object {
        match value {
            Value::Object(within) => {
                flat.extend(within.into_iter().map(|(k, v)| (format!("{key}.{k}"), v)));
            }
            value => flat.push((key, value)),
        }
    }
    if flat.len() > RECORDS_MAX {
        return Err(Unreadable::TooMany {
            what: "decoded values",
            max: RECORDS_MAX,
        });
    }
    seen.extend(
        flat.into_iter()
            .filter_map(|(key, value)| field(&key, value)),
    );
    Ok(())
}

fn field(key: &str, value: Value) -> Option<Observation> {
    let (quantity, measured) = match value {
        Value::Number(number) => {
            let number = number.as_f64().filter(|number| number.is_finite())?;
            match unit_of_key(key) {
                Some(unit) => with_unit(key, number, unit),
                None => (Quantity::Unstated, Measured::Number(number)),
            }
        }
        Value::String(text) if text.len() <= TEXT_MAX_BYTES => match number_with_unit(&text) {
            Some((number, unit)) => with_unit(key, number, unit),
            None => (Quantity::Other, Measured::Text(text.into())),
        },
        Value::Bool(truth) => (Quantity::Other, Measured::Truth(truth)),
        // Lists, long texts and nulls are no measurements.
        _ => return None,
    };
    Some(Observation {
        label: Some(cut(key, 64).into()),
        ..Observation::new(quantity, measured)
    })
}

fn with_unit(key: &str, number: f64, unit: Unit) -> (Quantity, Measured) {
    let (quantity, factor) = unit.quantity(key);
    let ours = unit.to_ours(number) * factor;
    if quantity == Quantity::Other || !ours.is_finite() {
        (Quantity::Other, Measured::Number(number))
    } else {
        (quantity, Measured::Number(ours))
    }
}

/// `distance_mm` is in millimetres. Only what stands behind the last `_`, and only units of which no other word is one.
fn unit_of_key(key: &str) -> Option<Unit> {
    let (_, last) = key.rsplit_once('_')?;
    ["m", "cm", "mm", "hPa", "kPa", "Pa", "mV", "V"]
        .contains(&last)
        .then(|| Unit::named(last))
        .flatten()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn observed(object: &str) -> Vec<(String, Quantity, Measured)> {
        let mut seen = Vec::new();
        observe(serde_json::from_str(object).unwrap(), &mut seen).unwrap();
        seen.into_iter()
            .map(|o| (o.label.unwrap().into(), o.quantity, o.measured))
            .collect()
    }

    #[test]
    fn draginos_texts_with_units_are_read() {
        let seen = observed(
            r#"{"Node_type":"LDDS75","Bat":"3.3 V","Distance":"1234 mm","Interrupt_flag":0,"TempC_DS18B20":"25.00 °C"}"#,
        );
        assert_eq!(
            seen,
            [
                (
                    "Bat".into(),
                    Quantity::BatteryVoltage,
                    Measured::Number(3.3)
                ),
                (
                    "Distance".into(),
                    Quantity::DistanceToWater,
                    Measured::Number(1.234)
                ),
                (
                    "Interrupt_flag".into(),
                    Quantity::Unstated,
                    Measured::Number(0.0)
                ),
                (
                    "Node_type".into(),
                    Quantity::Other,
                    Measured::Text("LDDS75".into())
                ),
                (
                    "TempC_DS18B20".into(),
                    Quantity::Temperature,
                    Measured::Number(25.0)
                ),
            ]
        );
    }

    #[test]
    fn a_number_without_a_unit_is_not_guessed() {
        assert_eq!(
            observed(r#"{"distance":267}"#),
            [(
                "distance".into(),
                Quantity::Unstated,
                Measured::Number(267.0)
            )]
        );
        assert_eq!(
            observed(r#"{"distance_mm":267,"level_m":1.5}"#),
            [
                (
                    "distance_mm".into(),
                    Quantity::DistanceToWater,
                    Measured::Number(0.267)
                ),
                (
                    "level_m".into(),
                    Quantity::WaterLevel,
                    Measured::Number(1.5)
                ),
            ]
        );
    }

    #[test]
    fn groups_are_read_one_level_deep_and_lists_are_not() {
        assert_eq!(
            observed(r#"{"a":{"distance":"10 cm","b":{"c":1}},"history":[1,2],"x":null}"#),
            [(
                "a.distance".into(),
                Quantity::DistanceToWater,
                Measured::Number(0.1)
            )]
        );
    }
}
