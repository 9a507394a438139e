//! The change of shift: both officers sign that they read the same.

use hinan::desk::{Declined, note};
use hinan::digest::Digest;
use hinan::realm::Realm;
use hinan_town::StatusCode;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::town;
use crate::hall::{Hall, reference};

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

#[test]
fn a_signature_that_cannot_be_read_holds_up_its_officer_alone_with_a_sentence_that_says_so() {
    let hall = Hall::opens(&reference(), Realm::Actual);
    let (duty, ando) = (Hall::person("duty"), Hall::person("ando"));
    let page = Digest::of(b"what is handed over");
    let signs = |officer, side| note::sign(&hall.app, officer, side, &page, |_| Ok(page.clone()));
    let seq = signs(&duty, "leaving").unwrap();
    let ja = format!("dutyが8月31日(水) 03:00にした引き継ぎの署名(監査記録の{seq}番)");
    let en =
        format!("The handover signature of duty at 03:00 JST, 31 August 2016 (audit entry {seq})");
    // Somebody who has the file makes it illegible.
    let db = Connection::open(hall.home.path().join("hinan.sqlite3")).unwrap();
    db.execute_batch("DROP TRIGGER audit_stays").unwrap();
    for illegible in ["{", "{}"] {
        let changed = db.execute(
            "UPDATE audit SET detail = ?1 WHERE seq = ?2",
            (illegible, seq),
        );
        assert_eq!(changed.unwrap(), 1);
        // It may have been either side.
        for side in note::SIDES {
            let Err(Declined::NotAuthorised(why)) = signs(&duty, side) else {
                panic!("{side}: nobody may sign both sides");
            };
            for said in [
                ja.as_str(),
                "記録の詳細を読めません",
                "ほかの職員が署名し、管理者に監査記録の検証を頼んでください",
                en.as_str(),
                "the detail of this entry cannot be read",
                "Let another officer sign, and ask an administrator to verify the audit",
            ] {
                assert!(why.contains(said), "{said}: {why}");
            }
        }
    }
    signs(&ando, "arriving").unwrap();
}
