//! The change of shift: both officers sign that they read the same.

use hinan_town::StatusCode;
use serde_json::{Value, json};

use super::town;

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_is_signed_for_what_was_read_and_not_for_what_came_since() {
    let mut town = town().await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let page = tanaka.reads_json("/api/v1/handover").await;
    assert!(!page["open"].as_array().unwrap().is_empty());
    let (status, _) = sato
        .sends(
            "/api/v1/notes",
            &json!({ "from": "patrol", "words": "樋門を閉じた" }),
        )
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let sign = |digest: &Value| json!({ "side": "leaving", "digest": digest });
    let (status, why) = tanaka
        .sends("/api/v1/handover/signature", &sign(&page["digest"]))
        .await;
    assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{why}");
    let page = tanaka.reads_json("/api/v1/handover").await;
    assert_eq!(page["notes"].as_array().unwrap().len(), 1);
    let (status, signed) = tanaka
        .sends("/api/v1/handover/signature", &sign(&page["digest"]))
        .await;
    assert_eq!(status, StatusCode::CREATED, "{signed}");
    let arriving = json!({ "side": "arriving", "digest": page["digest"] });
    let (status, why) = tanaka.sends("/api/v1/handover/signature", &arriving).await;
    assert_eq!(
        status,
        StatusCode::FORBIDDEN,
        "one hand does not give to itself: {why}"
    );
    let (status, signed) = sato.sends("/api/v1/handover/signature", &arriving).await;
    assert_eq!(status, StatusCode::CREATED, "{signed}");
    let verified = sato.reads_json("/api/v1/audit/verify").await;
    assert_eq!(verified["whole"], true, "{verified}");
    town.closes().await;
}
