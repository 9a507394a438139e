//! Two persons at two browsers, and every role at the doors: as they happen over the pages.

use hinan_dashboard::form;
use hinan_town::{FLOOD_HOUR, StatusCode, Town, TownPlan, eventually, fields};

use crate::HINAN;

pub(crate) async fn town_of_two_persons() -> Town {
    let town = TownPlan::of(HINAN)
        .with_two_persons()
        .with_officer("tanaka", "duty_officer")
        .with_officer("sato", "approver")
        .with_officer("mori", "viewer")
        .opens()
        .await
        .unwrap();
    town.storm_reaches(FLOOD_HOUR).await;
    town
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_leaves_when_a_second_person_chose_the_same_without_seeing_the_first() {
    let mut town = town_of_two_persons().await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let sheet = town.sheet_for(&tanaka, "十勝川").await;
    let secret_reason = "一人目だけが知っている理由";
    let confirmation = tanaka.decides(&sheet, 4, secret_reason).await;
    let draft = tanaka.approves_first(&confirmation).await;
    assert!(
        town.resident().notices().await.is_empty(),
        "the first lets nothing out"
    );

    // The second person sees districts and evidence, and nothing of what the first chose.
    let inbox = sato.opens("/plain/inbox").await;
    assert!(
        inbox.text.contains(&format!("/plain/second/{draft}")),
        "it waits in the inbox"
    );
    for path in [
        format!("/plain/second/{draft}"),
        "/plain/inbox".to_owned(),
        "/plain/audit".to_owned(),
    ] {
        let page = sato.opens(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(
            !page.text.contains(secret_reason),
            "{path} tells the first person's reason"
        );
        assert!(
            !page.text.contains(confirmation.digest()),
            "{path} tells which text"
        );
    }
    let page = sato.opens(&format!("/plain/second/{draft}")).await;
    assert!(page.text.contains("根拠") && page.text.contains("反対の根拠"));
    assert!(
        !page.text.contains("checked=\"checked\""),
        "nothing is chosen beforehand"
    );

    // What the first chose is on the page before going alone; the second does not get to see it.
    let peeked = sato.opens(&format!("/plain/first/{draft}/alone")).await;
    assert_eq!(peeked.status, StatusCode::FORBIDDEN);
    assert!(!peeked.text.contains(confirmation.digest()));

    // The first cannot be the second, by the page or by a request made by hand.
    let own = tanaka.opens(&format!("/plain/second/{draft}")).await;
    assert_eq!(
        own.to.as_deref(),
        Some(format!("/plain/first/{draft}").as_str())
    );
    let csrf = fields(&tanaka.opens("/plain/account").await.text)[form::CSRF].clone();
    let by_hand = [
        (form::CSRF, csrf.as_str()),
        (form::STEP, form::STEP_APPROVE),
        (form::DIGEST, confirmation.digest()),
    ];
    let refused = tanaka
        .posts(&format!("/plain/second/{draft}"), &by_hand)
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    // Nor does the second's click count before the choice, nor the first's alone before the time.
    let csrf = fields(&sato.opens("/plain/account").await.text)[form::CSRF].clone();
    let unchosen = [
        (form::CSRF, csrf.as_str()),
        (form::STEP, form::STEP_APPROVE),
        (form::DIGEST, confirmation.digest()),
    ];
    let refused = sato
        .posts(&format!("/plain/second/{draft}"), &unchosen)
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("1人目の判断を見る前に"));
    let waiting = tanaka.opens(&format!("/plain/first/{draft}")).await;
    assert!(
        waiting.text.contains("2人目を") && !waiting.text.contains("/alone"),
        "too early to go alone"
    );
    let refused = tanaka
        .posts(&format!("/plain/first/{draft}"), &by_hand)
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(town.resident().notices().await.is_empty());

    // The wrong number, then the same choice: the very bytes of the first, and out.
    let wrong = sato.chooses(&draft, "4", sheet.districts() + 1).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let notice = sato.completes(&draft, "4", sheet.districts()).await;
    eventually("the order is out", || async {
        (town.resident().notices().await == [notice.clone()]).then_some(())
    })
    .await;
    assert_eq!(
        crate::gate::unsigned(&town.resident().cap(&notice).await.bytes),
        confirmation.document.as_bytes()
    );
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_persons_who_differ_send_nothing_and_both_are_told() {
    let mut town = town_of_two_persons().await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let sheet = town.sheet_for(&tanaka, "十勝川").await;
    let draft = tanaka
        .approves_first(&tanaka.decides(&sheet, 4, "氾濫危険水位に達した").await)
        .await;
    let differs = sato.chooses(&draft, "3", sheet.districts()).await;
    assert_eq!(differs.status, StatusCode::CONFLICT);
    assert!(
        differs.text.contains("1人目 警戒レベル4") && differs.text.contains("2人目 警戒レベル3"),
        "{}",
        differs.heading()
    );
    // It cannot be chosen again, and the first learns that it is over.
    assert_eq!(
        sato.chooses_by_hand(&draft, "4").await.status,
        StatusCode::CONFLICT
    );
    assert!(
        tanaka
            .opens(&format!("/plain/first/{draft}"))
            .await
            .text
            .contains("2人の判断の違い")
    );
    assert!(
        tanaka
            .opens("/plain/audit")
            .await
            .text
            .contains("2人の判断が違う")
    );
    assert!(town.resident().notices().await.is_empty());
    // The recommendation is still there for both.
    let again = town.sheet_for(&sato, "十勝川").await;
    assert_eq!(again.recommendation, sheet.recommendation);
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_meets_the_matrix_at_the_doors() {
    let mut town = TownPlan::of(HINAN)
        .with_officer("viewer", "viewer")
        .with_officer("desk", "shelter_desk")
        .with_officer("duty", "duty_officer")
        .with_officer("approver", "approver")
        .with_officer("admin", "administrator")
        .with_officer("auditor", "auditor")
        .opens()
        .await
        .unwrap();
    // Who may open what: viewer, shelter desk, duty officer, approver, administrator, auditor.
    let pages = [
        ("/plain/", [true, true, true, true, true, true]),
        ("/plain/inbox", [true, true, true, true, true, true]),
        ("/plain/published", [true, true, true, true, true, true]),
        ("/plain/account", [true, true, true, true, true, true]),
        ("/plain/audit", [false, false, true, true, true, true]),
        (
            "/plain/audit/entries.jsonl",
            [false, false, false, false, true, true],
        ),
        ("/plain/officers", [false, false, false, false, true, false]),
    ];
    let names = ["viewer", "desk", "duty", "approver", "admin", "auditor"];
    for (place, name) in names.into_iter().enumerate() {
        let officer = town.officer(name).await;
        for (path, may) in &pages {
            let answer = officer.opens(path).await;
            let expected = if may[place] {
                StatusCode::OK
            } else {
                StatusCode::FORBIDDEN
            };
            assert_eq!(answer.status, expected, "{name} opens {path}");
        }
        let csrf = fields(&officer.opens("/plain/account").await.text)[form::CSRF].clone();
        let decides = officer
            .posts("/plain/r/r-none/seen", &[(form::CSRF, csrf.as_str())])
            .await;
        let expected = if matches!(name, "duty" | "approver") {
            StatusCode::NOT_FOUND
        } else {
            StatusCode::FORBIDDEN
        };
        assert_eq!(decides.status, expected, "{name} acknowledges");
    }
    town.closes().await;
}
