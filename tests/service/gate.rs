//! Nothing leaves the town hall before an officer approves, and what leaves is what was read.

use hinan_town::{FLOOD_HOUR, Listener, Resident, StatusCode, Town, TownPlan, eventually};
use roxmltree::Document;
use sha2::{Digest as _, Sha256};

use crate::HINAN;
use crate::alert::{Alert, fits_the_schema};
use crate::who_may::question;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_town_hall_before_an_officer_approves() {
    story(TownPlan::of(HINAN)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_town_hall_before_an_officer_approves_with_a_broker_of_the_town() {
    story(TownPlan::of(HINAN).with_mosquitto()).await;
}

async fn story(plan: TownPlan) {
    let Some(mut town) = plan
        .with_officer("sato", "approver")
        .with_officer("suzuki", "approver")
        .opens()
        .await
    else {
        return;
    };
    let resident = town.resident();
    let ears = town.listener("bus-stop", "actual").await;
    town.storm_reaches(FLOOD_HOUR).await;
    let sato = town.officer("sato").await;
    let suzuki = town.officer("suzuki").await;

    let order = issue(&town, &sato, "十勝川", &resident, &ears).await;
    let mistake = issue(&town, &sato, "帯広川", &resident, &ears).await;

    // The second one was wrong: it is cancelled, and the first stays in force.
    let cancelled = end(&sato, &suzuki, &mistake, "cancel", &resident, &ears).await;
    let document = Document::parse(&cancelled).unwrap();
    let alert = Alert::of(&document);
    assert_eq!(alert.says("msgType"), "Cancel");
    assert!(
        alert
            .says("references")
            .contains(&format!(",{},", mistake.id))
    );
    assert!(!alert.says("references").contains(&order.id));
    let home = resident.home().await;
    assert!(
        home.contains(&format!("/n/{}", order.id)),
        "the order is still there"
    );

    // The first one is over: it is lifted.
    let lifted = end(&sato, &suzuki, &order, "lift", &resident, &ears).await;
    let document = Document::parse(&lifted).unwrap();
    let alert = Alert::of(&document);
    assert_eq!(alert.says("msgType"), "Update");
    assert_eq!(alert.info("responseType"), "AllClear");
    assert!(
        alert
            .says("references")
            .contains(&format!(",{},", order.id))
    );

    // Somebody who begins to listen now hears what holds, not what was replaced.
    let latecomer = town.listener("latecomer", "actual").await;
    eventually("the ends of both orders are retained", || async {
        (latecomer.heard().len() >= 2).then_some(())
    })
    .await;
    for heard in latecomer.heard() {
        assert!(heard.retained);
        assert!(!heard.topic.ends_with(&order.id) && !heard.topic.ends_with(&mistake.id));
    }
    assert_eq!(resident.notices().await.len(), 4);
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_approved_arrives_although_the_power_fails_in_the_same_moment() {
    let mut town = TownPlan::of(HINAN)
        .with_officer("sato", "approver")
        .opens()
        .await
        .unwrap();
    town.storm_reaches(FLOOD_HOUR).await;
    let sato = town.officer("sato").await;
    let sheet = town.sheet_for(&sato, "十勝川").await;
    let asked = question(&sato, &sheet.recommendation).await;
    let confirmation = sato.decides(&sheet, 4, "水位が氾濫危険水位に達した").await;
    let notice = sato.lets_out(&confirmation).await;
    town.power_fails();
    town.starts().await;
    let ears = town.listener("bus-stop", "actual").await;
    assert_eq!(
        unsigned(&ears.hears(&format!("/{notice}")).await.payload),
        confirmation.document.as_bytes()
    );
    let resident = town.resident();
    eventually("the order is in the feed", || async {
        (resident.notices().await == [notice.clone()]).then_some(())
    })
    .await;
    assert_eq!(
        unsigned(&resident.cap(&notice).await.bytes),
        confirmation.document.as_bytes()
    );
    // The desk is as it was left: the session still holds, and the question is not asked again. Late in an hour, when the last reading
    // is old, other districts of the same river are asked about, at another level.
    for id in sato.inbox().await {
        let again = sato.reads(&id).await.is_about("十勝川");
        let called = question(&sato, &id).await;
        assert!(!again || called != asked, "asked again: {called}");
    }
    town.closes().await;
}

struct Order {
    id: String,
    districts: usize,
}

/// What was approved: a document as it left, without the signature that every live one carries.
pub(crate) fn unsigned(document: &[u8]) -> Vec<u8> {
    hinan_notice::document::signature::without(document).expect("it is signed")
}

/// From the recommendation to the published order, looking at every door on the way.
async fn issue(
    town: &Town,
    sato: &hinan_town::Officer,
    river: &str,
    resident: &Resident,
    ears: &Listener,
) -> Order {
    let before = resident.notices().await;
    let sheet = town.sheet_for(sato, river).await;
    let confirmation = sato.decides(&sheet, 4, "水位が氾濫危険水位に達した").await;
    let document = Document::parse(&confirmation.document).unwrap();
    let id = Alert::of(&document).says("identifier").to_owned();

    // Prepared, shown, and nowhere outside.
    assert_eq!(resident.notices().await, before);
    assert_eq!(resident.cap(&id).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        resident.gets(&format!("/n/{id}")).await.status,
        StatusCode::NOT_FOUND
    );
    assert!(!resident.home().await.contains(&id));
    for heard in ears.heard() {
        let payload = String::from_utf8_lossy(&heard.payload);
        assert!(!heard.topic.contains(&id) && !payload.contains(&id));
    }

    // The page shows the digest of the very bytes it shows.
    assert_eq!(
        hex::encode(Sha256::digest(&confirmation.document)),
        confirmation.digest()
    );

    assert_eq!(sato.lets_out(&confirmation).await, id);
    eventually("the order is in the feed", || async {
        resident.notices().await.contains(&id).then_some(())
    })
    .await;
    let published = resident.cap(&id).await;
    assert_eq!(published.status, StatusCode::OK);
    assert!(published.kind.starts_with("application/cap+xml"));
    assert_eq!(
        unsigned(&published.bytes),
        confirmation.document.as_bytes(),
        "what was read is what left"
    );
    let heard = ears.hears(&format!("/{id}")).await;
    assert_eq!(
        heard.payload, published.bytes,
        "the same bytes on every channel"
    );
    assert_eq!(heard.topic, format!("hinan/v1/alerts/actual/012076/{id}"));
    let home = resident.home().await;
    assert!(home.contains(&format!("/n/{id}")) && home.contains("避難指示"));

    let alert = Alert::of(&document);
    alert.is_sound();
    fits_the_schema(&published.bytes);
    assert_eq!(alert.says("status"), "Actual");
    assert_eq!(alert.says("msgType"), "Alert");
    assert!(!alert.mentions("references"));
    assert_eq!(alert.info("responseType"), "Evacuate");
    assert_eq!(alert.districts(), sheet.districts());
    Order {
        id,
        districts: sheet.districts(),
    }
}

/// Ends an order through the same gate and returns the published document.
async fn end(
    sato: &hinan_town::Officer,
    suzuki: &hinan_town::Officer,
    order: &Order,
    ending: &str,
    resident: &Resident,
    ears: &Listener,
) -> String {
    let before = resident.notices().await;
    let confirmation = sato
        .ends(&order.id, ending, order.districts, "現地と電話で確認した")
        .await;
    assert_eq!(
        resident.notices().await,
        before,
        "an end is not published unread either"
    );
    // One cancels what was wrong at once; lifting what was right always takes two.
    let id = if ending == "lift" {
        let draft = sato.approves_first(&confirmation).await;
        assert_eq!(
            resident.notices().await,
            before,
            "the first of two lets nothing out"
        );
        suzuki.completes(&draft, "lift", order.districts).await
    } else {
        sato.lets_out(&confirmation).await
    };
    let heard = ears.hears(&format!("/{id}")).await;
    assert_eq!(unsigned(&heard.payload), confirmation.document.as_bytes());
    eventually("the end is in the feed", || async {
        resident.notices().await.contains(&id).then_some(())
    })
    .await;
    fits_the_schema(&heard.payload);
    let document = Document::parse(&confirmation.document).unwrap();
    Alert::of(&document).is_sound();
    confirmation.document
}
