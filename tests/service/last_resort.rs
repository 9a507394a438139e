//! A fault of the program while it serves somebody: that visitor gets a page, the log the place, and everybody else their answers.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use hinan::realm::Realm;
use hinan::web::{Doors, last_resort};
use hinan_dashboard::form;
use hinan_town::{Officer, StatusCode};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::hall::{Hall, reference};

/// What somebody typed, and what an inner part would say of it.
const TYPED: &str = "yamada-090-1234-5678";

/// The log, caught.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn falls(Path(word): Path<String>) -> &'static str {
    assert!(word.is_empty(), "the inner part cannot go on with {word}");
    "never"
}

/// On one thread: the log is caught there.
#[tokio::test]
async fn what_panics_is_answered_without_the_inside_logged_without_the_input_and_the_next_request_works()
 {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_writer(move || writer.clone())
        .finish();
    let _caught = tracing::subscriber::set_default(subscriber);
    let usual = std::panic::take_hook();
    hinan::fault::tell_the_log();

    let Hall {
        app, home: _home, ..
    } = Hall::opens(&reference(), Realm::Actual);
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    let (_stop, stopped) = watch::channel(false);
    let doors = Doors::new(Arc::new(app), metrics, stopped);
    let routes = Router::new()
        .route("/plain/falls/{word}", get(falls).post(falls))
        .route("/api/v1/falls/{word}", post(falls))
        .route("/falls/{word}", get(falls))
        .route("/plain/stands", get(|| async { "it stands" }));
    let served = last_resort(routes, &doors).with_state(doors);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, served).await });

    let visitor = Officer::nobody(&base, "nobody");
    let said_by_log = || String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let inside = [TYPED, "panic", "inner part", "last_resort", ".rs:", "src/"];
    let typed = [(form::REASON_TEXT, TYPED)];
    let mut pages = Vec::new();
    for (path, words) in [
        ("/plain/falls", "操作が終わったかどうか分かりません"),
        ("/falls", "このページを表示できません"),
    ] {
        let page = visitor.asks(&format!("{path}/{TYPED}"), &[]).await;
        let next = visitor.opens("/plain/stands").await;
        pages.push((path, words, page, next));
    }
    let posted = visitor
        .posts(&format!("/plain/falls/{TYPED}"), &typed)
        .await;
    let (status, problem) = visitor
        .sends_with(
            &format!("/api/v1/falls/{TYPED}"),
            &json!({ "words": TYPED }),
            &[],
        )
        .await;
    // What is wrong from here on is for whoever reads the test.
    std::panic::set_hook(usual);

    for (path, words, (status, headers, page), next) in pages {
        let page = String::from_utf8(page).unwrap();
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert!(page.contains(words) && page.contains("</html>"), "{page}");
        let (_, body) = page.split_once("</style>").unwrap();
        for word in inside {
            assert!(!body.contains(word), "{path} tells {word}");
        }
        let policy = &headers["content-security-policy"];
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        let (_, number) = page.split_once("番号 ").unwrap();
        let number: String = number.chars().take(8).collect();
        assert!(said_by_log().contains(&number), "{number} is in the log");
        assert_eq!(
            (next.status, next.text.as_str()),
            (StatusCode::OK, "it stands")
        );
    }
    assert_eq!(posted.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        (&problem["code"], &problem["status"]),
        (&json!("fault"), &json!(500))
    );
    for word in inside {
        assert!(!problem.to_string().contains(word), "{problem}");
    }

    // Each is two lines: where the program fell, and which request was given up.
    let log = said_by_log();
    assert!(!log.contains(TYPED) && !log.contains("inner part"), "{log}");
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is one entry"))
        .filter(|line: &Value| line["level"] == "ERROR")
        .collect();
    let of = |message: &str| {
        lines
            .iter()
            .filter(|line| line["message"] == message)
            .count()
    };
    assert_eq!(
        (of("the program panicked"), of("a request was given up")),
        (4, 4),
        "{log}"
    );
    let place = lines[0]["place"].as_str().unwrap();
    assert!(place.contains("last_resort.rs:"), "{place}");
    assert_eq!(lines[1]["route"], "/plain/falls/{word}");
}
