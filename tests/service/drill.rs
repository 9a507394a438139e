//! Drills and live service: two worlds that never mix.

use hinan_town::{Device, FLOOD_HOUR, TownPlan, count, eventually, ran};
use roxmltree::Document;

use crate::HINAN;
use crate::alert::{Alert, fits_the_schema};

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_says_so_everywhere_and_its_record_can_never_be_used_live() {
    let mut town = TownPlan::of(HINAN)
        .in_a_drill()
        .with_officer("sato", "approver")
        .opens()
        .await
        .unwrap();
    let everything = hinan_town::Listener::to(town.mqtt, "bus-stop", "hinan/v1/alerts/#").await;
    town.storm_reaches(FLOOD_HOUR).await;
    let sato = town.officer("sato").await;
    let sheet = town.sheet_for(&sato, "十勝川").await;
    let confirmation = sato.decides(&sheet, 4, "訓練の判断").await;
    let notice = sato.lets_out(&confirmation).await;
    let heard = everything.hears(&notice).await;
    assert!(
        heard.topic.starts_with("hinan/v1/alerts/exercise/"),
        "{}",
        heard.topic
    );
    assert!(
        everything
            .heard()
            .iter()
            .all(|one| one.topic.contains("/exercise/"))
    );

    let text = String::from_utf8(heard.payload.clone()).unwrap();
    let document = Document::parse(&text).unwrap();
    let alert = Alert::of(&document);
    alert.is_sound();
    fits_the_schema(&heard.payload);
    assert_eq!(alert.says("status"), "Exercise");
    assert!(alert.says("note").contains("訓練"));
    for (info, mark) in alert.infos().zip(["【訓練】", "[EXERCISE]"]) {
        for part in ["headline", "description", "instruction"] {
            let said = info
                .children()
                .find(|n| n.tag_name().name() == part)
                .and_then(|n| n.text())
                .unwrap();
            assert!(said.starts_with(mark), "{part}: {said}");
        }
    }
    eventually("the drill is on the public page", || async {
        town.resident().home().await.contains("訓練").then_some(())
    })
    .await;
    town.closes().await;

    // The same record, live: refused in words.
    let config = std::fs::read_to_string(town.config())
        .unwrap()
        .replace("\"exercise\"", "\"actual\"");
    let live = town.data_dir().with_file_name("live.toml");
    std::fs::write(&live, config).unwrap();
    let refused = ran(
        town.program(),
        &["serve", "--config", &live.display().to_string()],
        "",
    );
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success());
    assert!(
        said.contains("realm is exercise, but this service is actual"),
        "{said}"
    );
    assert!(said.contains("choose another service.data_dir"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_service_can_publish_a_notice_on_the_embedded_broker() {
    let mut town = TownPlan::of(HINAN).opens().await.unwrap();
    let ears = town.listener("bus-stop", "actual").await;
    for realm in ["actual", "exercise"] {
        let mut forger = Device::connects(town.mqtt, "forger").await;
        let forged = format!("hinan/v1/alerts/{realm}/012076/jp-012076-forged");
        assert!(
            !forger.publishes(&forged, b"<alert/>", true).await,
            "the connection is closed"
        );
    }
    let mut device = Device::connects(town.mqtt, hinan_town::OBIHIRO).await;
    assert!(
        !device
            .publishes("hinan/v1/alerts/actual/012076/x", b"<alert/>", true)
            .await
    );
    // The name of the service's own publisher alone opens nothing either.
    let mut device = Device::connects(town.mqtt, "hinan-publisher").await;
    assert!(
        !device
            .publishes("hinan/v1/alerts/actual/012076/x", b"<alert/>", true)
            .await
    );
    eventually("the attempts are counted", || async {
        let refused = count(
            &town.metrics().await,
            "hinan_broker_total",
            "publishes_refused",
        );
        ((refused - 4.0).abs() < 0.5).then_some(())
    })
    .await;
    assert!(ears.heard().is_empty());
    let late = town.listener("latecomer", "actual").await;
    town.thinks().await;
    assert!(late.heard().is_empty(), "nothing is retained");
    town.closes().await;
}
