//! Who may do what, and what a click is worth when something changed in between.

use hinan_dashboard::form;
use hinan_town::{
    Confirmation, FLOOD_HOUR, Level, OBIHIRO, Officer, StatusCode, Town, TownPlan, count,
    eventually, password_of, total,
};

use crate::HINAN;

async fn town_in_the_flood() -> Town {
    let town = TownPlan::of(HINAN)
        .with_officer("sato", "approver")
        .with_officer("suzuki", "approver")
        .with_officer("tanaka", "duty_officer")
        .with_officer("mori", "viewer")
        .opens()
        .await
        .unwrap();
    town.storm_reaches(FLOOD_HOUR).await;
    town
}

/// What a recommendation asks: its level, its order and every district.
pub(crate) async fn question(officer: &Officer, recommendation: &str) -> String {
    let page = officer.opens(&format!("/plain/r/{recommendation}")).await;
    let (_, rest) = page.text.split_once("<h1>").unwrap();
    let (question, _) = rest.split_once("<p class=\"asof\">").unwrap();
    question.to_owned()
}

/// The same form in another officer's hands.
async fn handed_to(
    officer: &Officer,
    recommendation: &str,
    confirmation: &Confirmation,
) -> Confirmation {
    let own = officer.reads(recommendation).await;
    let mut confirmation = confirmation.clone();
    let csrf = own.fields.get(form::CSRF).unwrap().clone();
    confirmation.fields.insert(form::CSRF.to_owned(), csrf);
    confirmation
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duty_officer_prepares_but_only_an_approver_lets_out() {
    let mut town = town_in_the_flood().await;
    let tanaka = town.officer("tanaka").await;
    let sheet = town.sheet_for(&tanaka, "十勝川").await;

    let mori = town.officer("mori").await;
    let viewed = mori.reads(&sheet.recommendation).await;
    let refused = mori.fills_in(&viewed, 4, "見るだけの人").await;
    assert_eq!(
        refused.status,
        StatusCode::FORBIDDEN,
        "a viewer decides nothing"
    );

    let confirmation = tanaka.decides(&sheet, 4, "氾濫危険水位に達した").await;
    let refused = tanaka.approves(&confirmation).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("承認の権限がありません"));
    assert!(town.resident().notices().await.is_empty());

    let sato = town.officer("sato").await;
    let handed = handed_to(&sato, &sheet.recommendation, &confirmation).await;
    let refused = sato.approves(&handed).await;
    assert_eq!(
        refused.status,
        StatusCode::CONFLICT,
        "an approver lets out only what was on their own screen"
    );
    assert!(town.resident().notices().await.is_empty());
    let own = sato.reads(&sheet.recommendation).await;
    let notice = sato
        .lets_out(&sato.decides(&own, 4, "当直の判断を確認した").await)
        .await;
    eventually("the order is out", || async {
        (town.resident().notices().await == [notice.clone()]).then_some(())
    })
    .await;
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_signed_out_is_sent_to_sign_in() {
    let mut town = TownPlan::of(HINAN).opens().await.unwrap();
    let nobody = Officer::nobody(&town.address(), "nobody");
    for path in [
        "/plain/",
        "/plain/inbox",
        "/plain/r/r-1",
        "/plain/r/r-1/decide",
        "/plain/published",
        "/plain/audit",
    ] {
        let answer = nobody.opens(path).await;
        assert_eq!(
            (answer.status, answer.to.as_deref()),
            (StatusCode::SEE_OTHER, Some("/plain/signin")),
            "{path}"
        );
    }
    for path in [
        "/plain/r/r-1/decide",
        "/plain/r/r-1/decline",
        "/plain/n/n-1/cancel",
        "/plain/signout",
    ] {
        let answer = nobody
            .posts(path, &[(form::STEP, form::STEP_APPROVE)])
            .await;
        assert_eq!(
            (answer.status, answer.to.as_deref()),
            (StatusCode::SEE_OTHER, Some("/plain/signin")),
            "{path}"
        );
    }
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_does_not_come_from_our_own_page_does_nothing() {
    let mut town = town_in_the_flood().await;
    let sato = town.officer("sato").await;
    let sheet = town.sheet_for(&sato, "十勝川").await;
    let confirmation = sato.decides(&sheet, 4, "氾濫危険水位に達した").await;

    let suzuki = town.officer("suzuki").await;
    let others = suzuki.reads(&sheet.recommendation).await.fields[form::CSRF].clone();
    for forged in ["", "0".repeat(64).as_str(), others.as_str()] {
        let mut form = confirmation.clone();
        form.fields.insert(form::CSRF.to_owned(), forged.to_owned());
        assert_eq!(sato.approves(&form).await.status, StatusCode::FORBIDDEN);
    }
    let mut fields: Vec<(String, String)> = confirmation.fields.clone().into_iter().collect();
    fields.push((form::STEP.to_owned(), form::STEP_APPROVE.to_owned()));
    for header in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let answer = sato
            .posts_from(&confirmation.post_to, &fields, &[header])
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{header:?}");
    }
    let foreign = total(&town.metrics().await, "hinan_foreign_requests_total");
    assert!((foreign - 3.0).abs() < 0.5, "counted: {foreign}");

    // A field sent twice could mean two things: it means none.
    fields.push((form::DIGEST.to_owned(), "0".repeat(64)));
    assert_eq!(
        sato.posts(&confirmation.post_to, &fields).await.status,
        StatusCode::BAD_REQUEST
    );

    assert!(town.resident().notices().await.is_empty());
    let own = town.address();
    fields.pop();
    let answer = sato
        .posts_from(&confirmation.post_to, &fields, &[("origin", own.as_str())])
        .await;
    assert_eq!(
        answer.status,
        StatusCode::SEE_OTHER,
        "our own page is let through"
    );
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn however_often_and_by_however_many_it_is_approved_it_leaves_once() {
    let mut town = town_in_the_flood().await;
    let (sato, suzuki) = (town.officer("sato").await, town.officer("suzuki").await);

    // One officer, the button pressed twice in the same moment, and once more later.
    let sheet = town.sheet_for(&sato, "十勝川").await;
    let confirmation = sato.decides(&sheet, 4, "氾濫危険水位に達した").await;
    let (a, b) = tokio::join!(sato.approves(&confirmation), sato.approves(&confirmation));
    assert_one_of_two(a.status, b.status);
    assert_eq!(
        sato.approves(&confirmation).await.status,
        StatusCode::CONFLICT
    );

    // Two officers, each with a text of their own for the same recommendation.
    let sheet = town.sheet_for(&sato, "帯広川").await;
    let his = sato.decides(&sheet, 4, "氾濫危険水位に達した").await;
    let hers = suzuki
        .decides(
            &suzuki.reads(&sheet.recommendation).await,
            4,
            "水位計を確認した",
        )
        .await;
    assert_ne!(his.digest(), hers.digest());
    let (a, b) = tokio::join!(sato.approves(&his), suzuki.approves(&hers));
    assert_one_of_two(a.status, b.status);

    eventually("both orders are out", || async {
        (town.resident().notices().await.len() >= 2).then_some(())
    })
    .await;
    assert_eq!(town.resident().notices().await.len(), 2);
    let approved = total(&town.metrics().await, "hinan_notices_approved_total");
    assert!((approved - 2.0).abs() < 0.5, "{approved} approvals");
    town.closes().await;
}

fn assert_one_of_two(a: StatusCode, b: StatusCode) {
    let mut both = [a, b];
    both.sort();
    assert_eq!(both, [StatusCode::SEE_OTHER, StatusCode::CONFLICT]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_since_it_was_read_cannot_be_approved() {
    // Without the deadline, which would ask for level 4 while the river is at the judgement level.
    let demo = include_str!("../../config/obihiro/criteria.toml");
    let (before, rest) = demo
        .split_once("[[condition]]\nid = \"fr4-deadline\"")
        .unwrap();
    let (_, after) = rest.split_once("[[condition]]").unwrap();
    let files = tempfile::tempdir().unwrap();
    let criteria = files.path().join("criteria.toml");
    std::fs::write(&criteria, format!("{before}[[condition]]{after}")).unwrap();
    let mut town = TownPlan::of(HINAN)
        .with("recommend.criteria", criteria.display().to_string())
        .with_officer("sato", "approver")
        .opens()
        .await
        .unwrap();
    // An hour earlier: the Tokachi is at the judgement level and rising.
    town.storm_reaches("2016-08-30T17:00:00Z").await;
    let sato = town.officer("sato").await;
    let sheet = town.sheet_for(&sato, "十勝川").await;
    let confirmation = sato.decides(&sheet, 3, "避難判断水位を超えて上昇中").await;

    // Another text than the one on screen.
    let mut stale = confirmation.clone();
    let digest: String = confirmation.digest().chars().rev().collect();
    stale.fields.insert(form::DIGEST.to_owned(), digest);
    assert_eq!(sato.approves(&stale).await.status, StatusCode::CONFLICT);

    // The water reaches the danger level while the officer reads: level 4 takes the place of level 3.
    let higher = Level {
        station: OBIHIRO.to_owned(),
        at: hinan::clock::wall(),
        level_m: 37.71,
    };
    town.receives(&[higher]).await;
    town.thinks().await;
    let refused = sato.approves(&confirmation).await;
    assert_eq!(
        refused.status,
        StatusCode::CONFLICT,
        "{}",
        refused.heading()
    );
    assert!(refused.text.contains("新しい推奨に置き換わりました"));
    let refused = sato.fills_in(&sheet, 3, "もう一度").await;
    assert_eq!(
        refused.status,
        StatusCode::CONFLICT,
        "an old sheet leads nowhere"
    );
    assert!(town.resident().notices().await.is_empty());

    let sheet = town.sheet_for(&sato, "十勝川").await;
    sato.lets_out(&sato.decides(&sheet, 4, "氾濫危険水位に達した").await)
        .await;
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_declined_is_not_asked_again_and_can_no_longer_be_approved() {
    let mut town = town_in_the_flood().await;
    let sato = town.officer("sato").await;
    let sheet = town.sheet_for(&sato, "十勝川").await;
    let asked = question(&sato, &sheet.recommendation).await;
    let confirmation = sato.decides(&sheet, 4, "氾濫危険水位に達した").await;
    let tanaka = town.officer("tanaka").await;
    let declined = tanaka
        .declines(&sheet.recommendation, "現地の確認では差し迫っていない")
        .await;
    assert_eq!(declined.to.as_deref(), Some("/plain/inbox"));
    let refused = sato.approves(&confirmation).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("tanaka"), "it says who decided");
    town.thinks().await;
    // Of the same river other districts may be asked about by now, at another level and on other grounds.
    for id in sato.inbox().await {
        let again = sato.reads(&id).await.is_about("十勝川") && question(&sato, &id).await == asked;
        assert!(!again, "not asked again on the same grounds: {asked}");
    }
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_passwords_make_the_account_wait_and_no_other() {
    let mut town = TownPlan::of(HINAN)
        .with_officer("sato", "approver")
        .with_officer("suzuki", "approver")
        .opens()
        .await
        .unwrap();
    let sato = Officer::nobody(&town.address(), "sato");
    for _ in 0..5 {
        let answer = sato.tries_to_sign_in("not the password").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let answer = sato.tries_to_sign_in(&password_of("sato")).await;
    assert_eq!(
        answer.status,
        StatusCode::TOO_MANY_REQUESTS,
        "even the right one waits"
    );
    assert!(answer.text.contains("秒お待ちください"));
    assert_eq!(
        sato.opens("/plain/inbox").await.to.as_deref(),
        Some("/plain/signin")
    );
    town.officer("suzuki").await;
    let refused = count(
        &town.metrics().await,
        "hinan_requests_total",
        "status=\"401\"",
    );
    assert!((refused - 5.0).abs() < 0.5);
    town.closes().await;
}
