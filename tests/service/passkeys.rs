//! Passkeys: what an answer of a browser is worth, and officers who sign in with one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hinan::passkey::{self, Key, Party, Question, Refused, Signature};
use hinan::realm::Realm;
use hinan_dashboard::form;
use hinan_town::{Answer, Officer, StatusCode, Town, TownPlan, fields, password_of, unescaped};
use webauthn_rp::response::auth::error::AuthCeremonyErr as Bad;
use webauthn_rp::response::register::error::RegCeremonyErr as BadNew;

use crate::HINAN;
use crate::stick::{PRESENT, Saying, Stick, VERIFIED, challenge};

const PAGE: &str = "https://bosai.example.lg.jp:8443";

fn us() -> Party {
    Party::at(PAGE, Realm::Actual).unwrap()
}

fn asked_new() -> Question {
    passkey::ask_for_new(&us(), "sato", "佐藤 危機管理監", &[]).unwrap()
}

fn honest() -> Saying {
    Saying::at(PAGE)
}

fn added(stick: &mut Stick) -> Key {
    let question = asked_new();
    let answer = stick.makes(&question.options, &honest());
    passkey::registered(&us(), &question.kept, &answer).unwrap()
}

#[test]
fn a_browser_is_asked_for_a_key_that_verifies_its_officer_and_never_twice_on_one_stick() {
    let known = Stick::new().id();
    let question = passkey::ask_for_new(&us(), "sato", "佐藤 危機管理監", &[known]).unwrap();
    let options: serde_json::Value = serde_json::from_str(&question.options).unwrap();
    assert_eq!(options["rp"]["id"], "bosai.example.lg.jp");
    assert_eq!(options["user"]["name"], "sato");
    assert_eq!(options["user"]["displayName"], "佐藤 危機管理監");
    let choice = &options["authenticatorSelection"];
    assert_eq!(choice["userVerification"], "required");
    assert_eq!(choice["residentKey"], "required");
    assert_eq!(options["excludeCredentials"].as_array().unwrap().len(), 1);
    let any = passkey::ask_for_any(&us()).unwrap();
    let options: serde_json::Value = serde_json::from_str(&any.options).unwrap();
    assert_eq!(options["rpId"], "bosai.example.lg.jp");
    assert_eq!(options["userVerification"], "required");
    let other = passkey::ask_for_any(&us()).unwrap();
    assert_ne!(challenge(&any.options), challenge(&other.options));
}

#[test]
fn a_key_of_an_exercise_does_not_take_the_place_of_a_live_one() {
    let drill = Party::at(PAGE, Realm::Exercise).unwrap();
    let question = passkey::ask_for_new(&drill, "sato", "佐藤", &[]).unwrap();
    let user = |question: &Question| -> serde_json::Value {
        let options: serde_json::Value = serde_json::from_str(&question.options).unwrap();
        options["user"].clone()
    };
    assert_ne!(user(&question)["id"], user(&asked_new())["id"]);
    assert_eq!(user(&question)["displayName"], "[訓練] 佐藤");
}

#[test]
fn a_new_key_is_taken_for_this_question_of_this_page_only_and_with_its_user_verified() {
    let mut stick = Stick::new();
    let question = asked_new();
    let mut says = |saying: Saying| {
        let answer = stick.makes(&question.options, &saying);
        passkey::registered(&us(), &question.kept, &answer)
    };
    assert!(says(honest()).is_ok());
    let mut refused = |saying: Saying| match says(saying) {
        Err(Refused::New(why)) => why,
        other => panic!("{other:?}"),
    };
    let why = refused(Saying {
        act: Some("webauthn.get"),
        ..honest()
    });
    assert!(
        matches!(why, BadNew::CollectedClientDataRelaxed(_)),
        "{why}"
    );
    let other = challenge(&asked_new().options);
    let why = refused(Saying {
        challenge: Some(other),
        ..honest()
    });
    assert!(matches!(why, BadNew::ChallengeMismatch), "{why}");
    for origin in [
        "https://bosai.example.lg.jp",
        "https://bosai.example.evil:8443",
        "http://bosai.example.lg.jp:8443",
        "https://BOSAI.example.lg.jp:8443",
        "null",
    ] {
        let why = refused(Saying { origin, ..honest() });
        assert!(matches!(why, BadNew::OriginMismatch), "{origin}: {why}");
    }
    let why = refused(Saying {
        framed: true,
        ..honest()
    });
    assert!(matches!(why, BadNew::CrossOrigin), "{why}");
    let why = refused(Saying {
        host: "bosai.example.evil",
        ..honest()
    });
    assert!(matches!(why, BadNew::RpIdHashMismatch), "{why}");
    let why = refused(Saying {
        flags: PRESENT,
        ..honest()
    });
    assert!(matches!(why, BadNew::UserNotVerified), "{why}");
    let why = refused(Saying {
        flags: VERIFIED,
        ..honest()
    });
    assert!(matches!(why, BadNew::UserNotPresent), "{why}");
}

#[test]
fn keys_of_other_kinds_and_broken_answers_are_refused_and_nothing_panics() {
    let mut stick = Stick::new();
    let question = asked_new();
    // ES256K, ES512, RS1: not offered. RS256 with the parts of a curve: not a key.
    for algorithm in [-47, -36, -65535, -257] {
        let saying = Saying {
            algorithm: Some(algorithm),
            ..honest()
        };
        let answer = stick.makes(&question.options, &saying);
        let taken = passkey::registered(&us(), &question.kept, &answer);
        assert!(taken.is_err(), "algorithm {algorithm}");
    }
    let good = stick.attestation(&honest(), true);
    let bare = stick.attestation(&honest(), false);
    let with = |attestation: &[u8]| {
        let answer = stick.made(&question.options, &honest(), attestation);
        passkey::registered(&us(), &question.kept, &answer)
    };
    assert!(with(&good).is_ok());
    assert!(with(&bare).is_err(), "there is no key in it");
    for length in 0..good.len() {
        assert!(with(&good[..length]).is_err(), "cut at {length}");
    }
    assert!(
        with(&[good.as_slice(), b"\0"].concat()).is_err(),
        "something follows"
    );
    let mut off = good.clone();
    *off.last_mut().unwrap() ^= 1;
    assert!(with(&off).is_err(), "a point that is not on the curve");
    let long = "x".repeat(40_000);
    for answer in ["", "{}", "[]", "null", "{\"id\":1}", long.as_str()] {
        let why = passkey::registered(&us(), &question.kept, answer);
        assert!(matches!(why, Err(Refused::Form(_))), "{why:?}");
        assert!(matches!(Signature::read(answer), Err(Refused::Form(_))));
    }
    let answer = stick.made(&question.options, &honest(), &good);
    for kept in [&question.kept[1..], &[][..]] {
        let why = passkey::registered(&us(), kept, &answer);
        assert!(matches!(why, Err(Refused::Kept(_))), "{why:?}");
    }
}

#[test]
fn a_known_key_signs_for_one_question_of_our_page_and_never_counts_backwards() {
    let mut stick = Stick::new();
    let key = added(&mut stick);
    let question = passkey::ask_for_any(&us()).unwrap();
    let checked = |key: &Key, answer: &str| {
        let answer = Signature::read(answer).unwrap();
        assert_eq!(answer.key(), key.id);
        answer.by(&us(), &question.kept, "sato", key)
    };
    let why = |result: Result<[u8; 7], Refused>| match result {
        Err(Refused::Signed(why)) => why,
        other => panic!("{other:?}"),
    };
    let counting = |n| Saying {
        counter: Some(n),
        ..honest()
    };
    let state = checked(&key, &stick.signs(&question.options, &counting(5))).unwrap();
    let counted = Key {
        state,
        ..key.clone()
    };
    assert!(checked(&counted, &stick.signs(&question.options, &counting(6))).is_ok());
    for counter in [5, 4, 0] {
        let why = why(checked(
            &counted,
            &stick.signs(&question.options, &counting(counter)),
        ));
        assert!(matches!(why, Bad::SignatureCounter), "{counter}: {why}");
    }

    let mut refused = |saying: Saying| why(checked(&key, &stick.signs(&question.options, &saying)));
    let unverified = refused(Saying {
        flags: PRESENT,
        counter: Some(9),
        ..honest()
    });
    assert!(matches!(unverified, Bad::UserNotVerified), "{unverified}");
    let absent = refused(Saying {
        flags: VERIFIED,
        counter: Some(9),
        ..honest()
    });
    assert!(matches!(absent, Bad::AuthenticatorData(_)), "{absent}");
    let evil = refused(Saying {
        origin: "https://bosai.example.evil:8443",
        counter: Some(9),
        ..honest()
    });
    assert!(matches!(evil, Bad::OriginMismatch), "{evil}");
    let framed = refused(Saying {
        framed: true,
        counter: Some(9),
        ..honest()
    });
    assert!(matches!(framed, Bad::CrossOrigin), "{framed}");
    let host = refused(Saying {
        host: "bosai.example.evil",
        counter: Some(9),
        ..honest()
    });
    assert!(matches!(host, Bad::RpIdHashMismatch), "{host}");
    let act = refused(Saying {
        act: Some("webauthn.create"),
        counter: Some(9),
        ..honest()
    });
    assert!(matches!(act, Bad::CollectedClientDataRelaxed(_)), "{act}");
    let before = challenge(&passkey::ask_for_any(&us()).unwrap().options);
    let other = refused(Saying {
        challenge: Some(before),
        counter: Some(9),
        ..honest()
    });
    assert!(matches!(other, Bad::ChallengeMismatch), "{other}");
    let somebody = Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned());
    let account = refused(Saying {
        handle: somebody,
        counter: Some(9),
        ..honest()
    });
    assert!(matches!(account, Bad::UserHandleMismatch), "{account}");

    // Another key, data that was counted on, other words to the same effect.
    let (client, data) = stick.parts(&question.options, &counting(9));
    let good = stick.signature(&client, &data);
    assert!(checked(&key, &stick.signed(&client, &data, &good, &honest())).is_ok());
    let mut counted_on = data.clone();
    counted_on[36] += 1;
    let other = Stick::new().signature(&client, &data);
    let reworded = [client.as_slice(), b" "].concat();
    for (client, data, signature) in [
        (&client, &data, &other),
        (&client, &counted_on, &good),
        (&reworded, &data, &good),
    ] {
        let why = why(checked(
            &key,
            &stick.signed(client, data, signature, &honest()),
        ));
        assert!(matches!(why, Bad::AssertionSignature), "{why}");
    }
    for length in 0..data.len() {
        let cut = stick.signature(&client, &data[..length]);
        let answer = stick.signed(&client, &data[..length], &cut, &honest());
        // Too short to be read at all, or read and refused.
        let read = Signature::read(&answer);
        assert!(
            read.is_err()
                || read.is_ok_and(|it| it.by(&us(), &question.kept, "sato", &key).is_err())
        );
    }
}

#[test]
fn a_key_on_the_edwards_curve_signs_and_one_that_never_counts_may_sign_again() {
    let mut stick = Stick::edwards();
    let question = asked_new();
    let never = Saying {
        counter: Some(0),
        ..honest()
    };
    let answer = stick.makes(&question.options, &never);
    let key = passkey::registered(&us(), &question.kept, &answer).unwrap();
    let question = passkey::ask_for_any(&us()).unwrap();
    for _ in 0..2 {
        let answer = Signature::read(&stick.signs(&question.options, &never)).unwrap();
        assert_eq!(
            answer.by(&us(), &question.kept, "sato", &key).unwrap(),
            key.state
        );
    }
}

// ---- The same over the pages ----

async fn town() -> Town {
    TownPlan::of(HINAN)
        .with("officers.passkey_origin", PAGE)
        .with_officer("sato", "approver")
        .with_officer("tanaka", "duty_officer")
        .with_officer("admin", "administrator")
        .with_officer("admin2", "administrator")
        .opens()
        .await
        .unwrap()
}

/// What a page asks a browser: the options, and the question that goes back with the answer.
fn asked_by(page: &Answer, act: &str) -> Option<(String, String)> {
    let (_, rest) = page
        .text
        .split_once(&format!("data-act=\"{act}\" data-options=\""))?;
    let (options, rest) = rest.split_once('"')?;
    let (_, rest) = rest.split_once("name=\"question\" value=\"")?;
    let (question, _) = rest.split_once('"')?;
    Some((unescaped(options), question.to_owned()))
}

async fn adds_a_key(officer: &Officer, stick: &mut Stick) -> Answer {
    let page = officer.opens("/plain/account").await;
    let (options, question) = asked_by(&page, "create").expect("the page asks for a key");
    let answer = stick.makes(&options, &honest());
    let form = [
        (form::CSRF, fields(&page.text)[form::CSRF].clone()),
        ("question", question),
        ("answer", answer),
        ("label", "当直の鍵".to_owned()),
    ];
    officer.posts("/plain/account/passkey", &form).await
}

async fn signs_in_with(
    nobody: &Officer,
    stick: &mut Stick,
    saying: &Saying,
) -> (Answer, [(&'static str, String); 2]) {
    let page = nobody.opens("/plain/signin").await;
    let (options, question) = asked_by(&page, "get").expect("the page asks for a key");
    let form = [
        ("question", question),
        ("answer", stick.signs(&options, saying)),
    ];
    (nobody.posts("/plain/signin/passkey", &form).await, form)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_signs_in_with_a_key_and_an_answer_counts_once() {
    let mut town = town().await;
    let sato = town.officer("sato").await;
    let mut stick = Stick::new();
    let done = adds_a_key(&sato, &mut stick).await;
    assert_eq!(
        done.to.as_deref(),
        Some("/plain/account"),
        "{}",
        done.heading()
    );
    assert!(sato.opens("/plain/account").await.text.contains("当直の鍵"));
    // The same key a second time, and the same answer to the page.
    let again = adds_a_key(&sato, &mut stick).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.heading());

    let nobody = Officer::nobody(&town.address(), "sato");
    let (answer, form) = signs_in_with(&nobody, &mut stick, &honest()).await;
    assert_eq!(
        answer.to.as_deref(),
        Some("/plain/"),
        "{}",
        answer.heading()
    );
    assert_eq!(nobody.opens("/plain/").await.status, StatusCode::OK);
    // The session has shown a second factor: keys may be taken away in it.
    assert!(
        nobody
            .opens("/plain/account")
            .await
            .text
            .contains("パスキーを外す")
    );

    let thief = Officer::nobody(&town.address(), "sato");
    let replayed = thief.posts("/plain/signin/passkey", &form).await;
    assert_eq!(
        replayed.status,
        StatusCode::UNAUTHORIZED,
        "an answer counts once"
    );
    let page = thief.opens("/plain/signin").await;
    let (_, question) = asked_by(&page, "get").unwrap();
    let other = [("question", question), ("answer", form[1].1.clone())];
    let refused = thief.posts("/plain/signin/passkey", &other).await;
    assert_eq!(
        refused.status,
        StatusCode::UNAUTHORIZED,
        "for its question only"
    );
    let (refused, _) = signs_in_with(&thief, &mut Stick::new(), &honest()).await;
    assert_eq!(
        refused.status,
        StatusCode::UNAUTHORIZED,
        "a stick nobody knows"
    );
    let copied = Saying {
        counter: Some(1),
        ..honest()
    };
    let (refused, _) = signs_in_with(&thief, &mut stick, &copied).await;
    assert_eq!(
        refused.status,
        StatusCode::UNAUTHORIZED,
        "a copy counts backwards"
    );
    let record = town.officer("admin").await.opens("/plain/audit").await;
    assert!(
        record.text.contains("パスキー「当直の鍵」を登録"),
        "it is on record"
    );
    for nonsense in [vec![], vec![("question", "x"), ("answer", "{}")]] {
        let refused = thief.posts("/plain/signin/passkey", &nonsense).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    }
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_alone_neither_adds_a_key_beside_one_nor_takes_one_away() {
    let mut town = town().await;
    let tanaka = town.officer("tanaka").await;
    let mut stick = Stick::new();
    // The first key comes with the password, as a code would.
    assert_eq!(
        adds_a_key(&tanaka, &mut stick).await.to.as_deref(),
        Some("/plain/account")
    );
    let thief = Officer::nobody(&town.address(), "tanaka");
    let entered = thief.tries_to_sign_in(&password_of("tanaka")).await;
    assert_eq!(entered.to.as_deref(), Some("/plain/"));
    let page = thief.opens("/plain/account").await;
    assert!(asked_by(&page, "create").is_none() && !page.text.contains("パスキーを外す"));
    let csrf = fields(&page.text)[form::CSRF].clone();
    for step in ["remove", "make", ""] {
        let path = if step == "make" {
            "/plain/account"
        } else {
            "/plain/account/passkey"
        };
        let tried = thief
            .posts(path, &[(form::CSRF, csrf.as_str()), (form::STEP, step)])
            .await;
        assert_eq!(tried.status, StatusCode::FORBIDDEN, "{step}");
    }
    // Whoever signs in with the key may.
    let own = Officer::nobody(&town.address(), "tanaka");
    signs_in_with(&own, &mut stick, &honest()).await;
    let page = own.opens("/plain/account").await;
    let key = URL_SAFE_NO_PAD.encode(stick.id());
    assert!(page.text.contains(&key), "its own key is offered");
    let csrf = fields(&page.text)[form::CSRF].clone();
    let form = [
        (form::CSRF, csrf),
        (form::STEP, "remove".to_owned()),
        ("key", key),
    ];
    let removed = own.posts("/plain/account/passkey", &form).await;
    assert_eq!(
        removed.to.as_deref(),
        Some("/plain/account"),
        "{}",
        removed.heading()
    );
    // Its officer reads of both for a day, wherever they are.
    let page = own.opens("/plain/").await.text;
    for done in ["が登録されました", "が外されました"] {
        let told = page.contains("あなたのアカウント") && page.contains(done);
        assert!(told, "{done}: {page}");
    }
    let (refused, _) = signs_in_with(&own, &mut stick, &honest()).await;
    assert_eq!(
        refused.status,
        StatusCode::UNAUTHORIZED,
        "a key that was taken away"
    );
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_take_a_lost_key_away_with_the_code() {
    let mut town = town().await;
    let sato = town.officer("sato").await;
    let mut stick = Stick::new();
    adds_a_key(&sato, &mut stick).await;
    let (one, two) = (town.officer("admin").await, town.officer("admin2").await);
    let page = one.opens("/plain/officers").await;
    let asked = [
        (form::CSRF, fields(&page.text)[form::CSRF].clone()),
        (form::STEP, "reset_factor".to_owned()),
        (form::USER, "sato".to_owned()),
    ];
    assert_eq!(
        one.posts("/plain/officers", &asked).await.status,
        StatusCode::OK
    );
    let page = two.opens("/plain/officers").await;
    let confirmed = [
        (form::CSRF, fields(&page.text)[form::CSRF].clone()),
        (form::STEP, "confirm".to_owned()),
        ("recovery", "1".to_owned()),
    ];
    let done = two.posts("/plain/officers", &confirmed).await;
    assert!(
        done.text.contains("2要素目を解除しました"),
        "{}",
        done.heading()
    );
    let (refused, _) = signs_in_with(
        &Officer::nobody(&town.address(), "sato"),
        &mut stick,
        &honest(),
    )
    .await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_address_is_named_no_page_runs_a_script_and_no_key_opens_anything() {
    let mut town = TownPlan::of(HINAN).opens().await.unwrap();
    let nobody = Officer::nobody(&town.address(), "sato");
    let (_, headers, page) = nobody.asks("/plain/signin", &[]).await;
    assert!(!headers["content-security-policy"].contains("script-src"));
    assert!(!String::from_utf8(page).unwrap().contains("<script"));
    let refused = nobody
        .posts("/plain/signin/passkey", &[("question", "x")])
        .await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    town.closes().await;

    let mut town = town_with_keys().await;
    let nobody = Officer::nobody(&town.address(), "sato");
    let (_, headers, _) = nobody.asks("/plain/signin", &[]).await;
    let policy = &headers["content-security-policy"];
    assert!(policy.contains("default-src 'none'; script-src 'self'; connect-src 'self'; "));
    assert!(!policy.contains("unsafe"));
    let (_, headers, _) = nobody.asks("/", &[]).await;
    assert!(
        !headers["content-security-policy"].contains("script-src"),
        "residents' pages run none"
    );
    town.closes().await;
}

async fn town_with_keys() -> Town {
    let plan = TownPlan::of(HINAN).with("officers.passkey_origin", PAGE);
    plan.opens().await.unwrap()
}
