//! The request bodies of OGC's conformance suite, and the entities of a server's tests.

use hinan_sensors::observation::{Measured, Quantity};
use hinan_sensors::payload::{Context, Format, decode, recognise};
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::samples::{Account, family, files};

#[test]
fn observations_are_read_and_other_entities_are_refused_as_such() {
    let Some(folder) = family("sensorthings") else {
        return;
    };
    let mut account = Account::default();
    for (name, path) in files(&folder) {
        if name == "README.md" {
            continue;
        }
        // The suite fills its placeholders with the identifiers of entities it has made before.
        let body = std::fs::read_to_string(path)
            .unwrap()
            .replace("$DATASTREAM-ID", "7")
            .replace("$FOI-ID", "8")
            .replace("$THING-ID", "9")
            .replace("$OBSERVEDPROPERTY-ID", "10")
            .replace("$OBSPROP-ID", "10")
            .replace("$SENSOR-ID", "11");
        let theirs: Json = serde_json::from_str(&body).unwrap();
        let kind = name.rsplit_once('/').map_or("frost", |(kind, _)| kind);
        let context = Context {
            topic: Some("v1.1/Datastreams(7)/Observations"),
            ..Context::at(Timestamp::UNIX_EPOCH)
        };
        let read = decode(Format::Sensorthings, body.as_bytes(), &context);
        if kind != "ets-sta10/observations" {
            // Things, data streams, places and units are no observations, also where they carry some within them: a
            // device publishes observations to its stream, and entities are made over HTTP.
            let refused = read.unwrap_err();
            assert_eq!(refused.code(), "wrong_shape", "{name}");
            assert!(
                refused.to_string().contains("no `result`"),
                "{name}: {refused}"
            );
            assert_eq!(recognise(body.as_bytes()), None, "{name}");
            account.refused(kind);
            continue;
        }
        assert_eq!(
            recognise(body.as_bytes()),
            Some(Format::Sensorthings),
            "{name}"
        );
        let message = read.unwrap_or_else(|why| panic!("{name}: {why}"));
        let [seen] = &message.observations[..] else {
            panic!("{name}: {message:?}");
        };
        let time = |key: &str| {
            theirs
                .get(key)
                .map(|time| time.as_str().unwrap().parse::<Timestamp>().unwrap())
        };
        assert_eq!(
            seen.device.as_ref().unwrap().as_str(),
            "Datastreams(7)",
            "{name}"
        );
        assert_eq!(
            seen.measured,
            Measured::Number(theirs["result"].as_f64().unwrap()),
            "{name}"
        );
        // Neither the body nor the topic says what is measured; that is the town's configuration's.
        assert_eq!(seen.quantity, Quantity::Unstated);
        assert_eq!(seen.at, time("phenomenonTime"), "{name}");
        assert_eq!(seen.sent_at, time("resultTime"), "{name}");
        if name.ends_with("observationWithoutPTimeValid.json") {
            assert_eq!(seen.at, None, "the server's time, which is ours");
        } else {
            assert!(seen.at.is_some());
        }
        account.accepted(kind, 1);
    }
    account.is(
        "SensorThings",
        &[
            ("ets-sta10/datastreams", [14, 0, 14, 0]),
            ("ets-sta10/foi", [3, 0, 3, 0]),
            ("ets-sta10/locations", [4, 0, 4, 0]),
            ("ets-sta10/observations", [14, 14, 0, 14]),
            ("ets-sta10/observedproperties", [3, 0, 3, 0]),
            ("ets-sta10/sensors", [3, 0, 3, 0]),
            ("ets-sta10/thing", [7, 0, 7, 0]),
            ("ets-sta10/unitsOfMeasurement", [4, 0, 4, 0]),
            ("frost", [1, 0, 1, 0]),
        ],
    );
}
