//! What holds for every page, whatever it is told.

#![allow(clippy::unwrap_used)]

#[path = "../examples/sample/mod.rs"]
mod sample;

use std::collections::BTreeSet;

use hinan_dashboard::{
    form, page, public_stylesheet, stylesheet,
    view::{
        AuditView, ChainCheck, ConcernPanel, ConfirmView, DecisionSheet, EndNoticeView, ErrorView,
        Frame, InboxView, LinkView, NoticeView, OfficialBoard, PublicFrame, PublicHome,
        PublicNoticePage, PublishedView, Realm, RecommendationView, ReviewView, SignInView,
        Situation, Tier,
    },
};
use roxmltree::{Document, Node, ParsingOptions};
use sample::Sample;

type Page = (&'static str, String);

#[test]
fn every_page_is_well_formed_in_japanese_with_one_heading_and_its_landmarks() {
    for (name, html) in all_pages() {
        read(&html, name, |document| {
            let root = document.root_element();
            assert_eq!(root.attribute("lang"), Some("ja"), "{name}");
            assert_eq!(count(document, "h1"), 1, "{name}: one h1");
            for landmark in ["header", "main", "footer"] {
                assert_eq!(count(document, landmark), 1, "{name}: one {landmark}");
            }
            let skip = elements(document, "a").next().unwrap();
            assert_eq!(
                skip.attribute("href"),
                Some("#main"),
                "{name}: skip link first"
            );
            assert!(
                !text(elements(document, "title").next().unwrap())
                    .trim()
                    .is_empty()
            );
            assert!(
                !text(elements(document, "h1").next().unwrap())
                    .trim()
                    .is_empty(),
                "{name}"
            );
        });
    }
}

#[test]
fn the_one_style_element_is_the_style_sheet_and_nothing_runs() {
    for (name, html) in all_pages() {
        let css = if name.contains("public") {
            public_stylesheet()
        } else {
            stylesheet()
        };
        assert_eq!(html.matches("<style>").count(), 1, "{name}");
        assert!(html.contains(&format!("<style>{css}</style>")), "{name}");
        read(&html, name, |document| {
            assert_eq!(count(document, "script"), 0, "{name}");
            for node in document.descendants().filter(Node::is_element) {
                for attribute in node.attributes() {
                    let (key, value) = (attribute.name(), attribute.value());
                    assert!(key != "style" && !key.starts_with("on"), "{name}: {key}");
                    if matches!(key, "href" | "src" | "action") && !name.contains("hostile") {
                        assert!(
                            value.starts_with('/') || value.starts_with('#'),
                            "{name}: {value}"
                        );
                    }
                }
            }
        });
    }
}

#[test]
fn ids_are_unique_and_every_reference_finds_its_id() {
    for (name, html) in all_pages() {
        read(&html, name, |document| {
            let mut ids = BTreeSet::new();
            for node in document.descendants() {
                if let Some(id) = node.attribute("id") {
                    assert!(ids.insert(id.to_owned()), "{name}: id {id} twice");
                }
            }
            for node in document.descendants() {
                for key in ["for", "aria-labelledby", "aria-describedby"] {
                    if let Some(id) = node.attribute(key) {
                        assert!(ids.contains(id), "{name}: {key}={id} leads nowhere");
                    }
                }
                if let Some(id) = node
                    .attribute("href")
                    .and_then(|href| href.strip_prefix('#'))
                {
                    assert!(ids.contains(id), "{name}: #{id} leads nowhere");
                }
                if let Some(id) = node
                    .attribute("fill")
                    .and_then(|fill| fill.strip_prefix("url(#"))
                    .and_then(|fill| fill.strip_suffix(')'))
                {
                    assert!(ids.contains(id), "{name}: pattern {id} is missing");
                }
            }
        });
    }
}

#[test]
fn hostile_text_stays_text_on_every_page() {
    for (name, html) in hostile_pages() {
        assert!(!html.contains("<script"), "{name}");
        read(&html, name, |document| {
            let shown = document.descendants().filter(Node::is_text).any(|node| {
                node.text()
                    .is_some_and(|text| text.contains("\"'><script>alert(1)</script>&"))
            });
            assert!(shown, "{name}: the text itself is shown");
        });
    }
}

#[test]
fn each_figure_stands_beside_a_time() {
    for (name, html) in rich_pages() {
        read(&html, name, |document| {
            let times = elements(document, "time").count();
            assert!(times >= 1, "{name}: no time at all");
            for time in elements(document, "time") {
                let machine = time.attribute("datetime").unwrap();
                assert!(machine.ends_with("+09:00"), "{name}: {machine}");
            }
        });
    }
    let sample = Sample::honest();
    let html = page::situation(&sample.frame(), &sample.situation());
    read(&html, "situation", |document| {
        for row in elements(document, "tr").filter(|row| {
            row.descendants()
                .any(|cell| cell.attribute("data-label") == Some("観測時刻"))
        }) {
            let words = text(row);
            let dated = row.descendants().any(|node| node.has_tag_name("time"));
            assert!(
                dated || words.contains("まだ一度も届いていません"),
                "{words}"
            );
        }
        for figure in elements(document, "figure") {
            assert!(
                figure.descendants().any(|node| node.has_tag_name("time")),
                "{}",
                text(figure)
            );
        }
        for danger in
            elements(document, "li").filter(|item| item.attribute("class") == Some("danger"))
        {
            assert!(
                danger.descendants().any(|node| node.has_tag_name("time")),
                "{}",
                text(danger)
            );
        }
    });
}

#[test]
fn a_picture_without_anything_says_so_in_words_and_with_the_time_of_the_check() {
    let (name, html) = empty_pages().swap_remove(0);
    for sentence in [
        "基準水位に達した水位計も、達する見込みの水位計もありません。最後の確認",
        "この15分に変化はありません。最後の確認",
        "いま未判断の推奨はありません。最後の確認",
        "発令中の避難情報はありません(",
        "水位計、回線、配信経路はすべて動いています(",
    ] {
        let (_, after) = html
            .split_once(sentence)
            .unwrap_or_else(|| panic!("{name}: {sentence}"));
        assert!(after.trim_start().starts_with("<time"), "{sentence}");
    }
}

#[test]
fn nothing_is_chosen_when_a_deciding_form_opens() {
    let sample = Sample::honest();
    let frame = sample.frame();
    for html in [
        page::decide(&frame, &sample.decision()),
        page::decline(&frame, &sample.decline()),
        page::end_notice(&frame, &sample.end_notice()),
    ] {
        assert!(
            !html.contains("checked=")
                && !html.contains("selected=")
                && !html.contains("autofocus")
        );
    }
    assert!(page::decide(&frame, &sample.refused()).contains("checked="));
}

#[test]
fn enter_in_any_field_of_a_deciding_form_does_nothing() {
    let sample = Sample::honest();
    let frame = sample.frame();
    for html in [
        page::decide(&frame, &sample.decision()),
        page::confirm(&frame, &sample.confirm()),
        page::decline(&frame, &sample.decline()),
        page::end_notice(&frame, &sample.end_notice()),
    ] {
        read(&html, "form", |document| {
            let deciding = elements(document, "form")
                .find(|form| form.attribute("action") != Some("/plain/signout"))
                .unwrap();
            let buttons: Vec<_> = deciding
                .descendants()
                .filter(|node| {
                    node.has_tag_name("button") && node.attribute("type") == Some("submit")
                })
                .collect();
            // The default button of a text field does nothing; nor does the first enabled button,
            // which some browsers take for Enter on a radio button.
            assert_eq!(buttons[0].attribute("disabled"), Some("disabled"));
            assert_eq!(buttons[1].attribute("formmethod"), Some("dialog"));
            assert!(
                buttons[..2]
                    .iter()
                    .all(|button| button.attribute("hidden").is_some())
            );
            assert!(buttons.len() > 2, "and one that can be pressed");
            let fields = deciding
                .descendants()
                .filter(|node| node.has_tag_name("input"));
            let hidden: Vec<&str> = fields.filter_map(|field| field.attribute("name")).collect();
            assert!(hidden.contains(&form::CSRF) && hidden.contains(&form::DIGEST));
        });
    }
}

#[test]
fn the_confirmation_has_no_field_to_type_in_and_goes_back_before_it_publishes() {
    let sample = Sample::honest();
    let html = page::confirm(&sample.frame(), &sample.confirm());
    read(&html, "confirm", |document| {
        let deciding = elements(document, "form").last().unwrap();
        for field in deciding
            .descendants()
            .filter(|node| node.has_tag_name("input"))
        {
            assert_eq!(field.attribute("type"), Some("hidden"));
        }
        let steps: Vec<_> = deciding
            .descendants()
            .filter(|node| node.has_tag_name("button"))
            .filter_map(|button| button.attribute("value"))
            .collect();
        assert_eq!(steps, [form::STEP_BACK, form::STEP_APPROVE]);
        let shown: Vec<String> = elements(document, "pre").map(text).collect();
        let sent: Vec<String> = sample
            .confirm()
            .texts
            .into_iter()
            .map(|text| text.body)
            .collect();
        assert_eq!(shown, sent, "what is read is what is sent");
    });
    // The sentence that sends for real is never practised: neither in a replay nor in an exercise.
    let real = "この内容で承認して発表する";
    let said = |realm| {
        let frame = Frame {
            realm,
            ..sample.frame()
        };
        page::confirm(&frame, &sample.confirm()).contains(real)
    };
    assert!(said(Realm::Live));
    assert!(!said(Realm::Exercise));
    assert!(!html.contains(real), "the sample is a replay");
}

#[test]
fn counter_evidence_is_always_there_and_as_large_as_the_evidence() {
    let sample = Sample::honest();
    let rich = sample.recommendation();
    let none = RecommendationView {
        counter_evidence: Vec::new(),
        ..rich.clone()
    };
    let html = page::recommendation(&sample.frame(), &rich);
    for line in &rich.counter_evidence {
        assert!(html.contains(&line.text));
    }
    read(&html, "recommendation", |document| {
        let box_of = |id: &str| {
            document
                .descendants()
                .find(|node| node.attribute("aria-labelledby") == Some(id))
                .unwrap()
        };
        let (reasons, counter) = (box_of("for"), box_of("against"));
        assert_eq!(reasons.attribute("class"), counter.attribute("class"));
        let list = |node: Node<'_, '_>| {
            node.descendants()
                .find(|node| node.has_tag_name("ul"))
                .unwrap()
                .attribute("class")
                .map(str::to_owned)
        };
        assert_eq!(list(reasons), list(counter));
        assert!(
            !counter.ancestors().any(|node| node.has_tag_name("details")),
            "never folded away"
        );
    });
    let html = page::recommendation(&sample.frame(), &none);
    assert!(html.contains("反対の根拠は見つかっていません"));
}

#[test]
fn a_deadline_shows_every_term_that_was_subtracted_and_what_waiting_costs() {
    let sample = Sample::honest();
    let view = sample.recommendation();
    let html = page::recommendation(&sample.frame(), &view);
    for term in &view.time_terms {
        assert!(
            html.contains(&term.name) && html.contains(&term.name_en),
            "{}",
            term.name
        );
    }
    let deadline = view.deadline.as_ref().expect("the sample has one");
    assert!(html.contains(&deadline.limit) && html.contains(&deadline.made_by));
    assert!(
        html.contains("いま決める") && html.contains("60分待つ") && html.contains("15分過ぎる")
    );
    assert!(
        html.contains("見通せません"),
        "what cannot be foreseen is said, not shown as zero"
    );
    assert!(html.contains("hinan explain r-0031"));
    let none = RecommendationView {
        deadline: None,
        waiting: Vec::new(),
        ..view
    };
    assert!(!page::recommendation(&sample.frame(), &none).contains("判断の期限の内訳"));
}

#[test]
fn a_locked_or_closed_recommendation_offers_no_decision() {
    let sample = Sample::honest();
    let open = page::recommendation(&sample.frame(), &sample.recommendation());
    assert!(open.contains("/plain/r/r-0031/decide") && open.contains("/plain/r/r-0031/decline"));
    let locked = RecommendationView {
        locked: Some("表示が3分前のものです".to_owned()),
        ..sample.recommendation()
    };
    let html = page::recommendation(&sample.frame(), &locked);
    assert!(!html.contains("/decide\"") && html.contains("表示が3分前のものです"));
}

#[test]
fn a_replay_and_an_exercise_are_unmistakable_on_every_page_and_live_has_no_banner() {
    let pages = |realm: &Realm| {
        let sample = Sample::honest();
        let frame = Frame {
            realm: realm.clone(),
            ..sample.frame()
        };
        let public = PublicFrame {
            realm: realm.clone(),
            ..sample.public_frame()
        };
        [
            officer_pages(&sample, &frame),
            public_pages(&sample, &public),
        ]
        .concat()
    };
    for (name, html) in pages(&Realm::Demo {
        speed: "60倍速".to_owned(),
    }) {
        assert!(html.contains("<title>【再現】"), "{name}");
        assert!(
            html.contains("記録された洪水の再現です。実際の避難情報ではありません。"),
            "{name}"
        );
        assert!(
            html.contains("Recorded flood replayed, not a real alert."),
            "{name}"
        );
    }
    for (name, html) in pages(&Realm::Exercise) {
        assert!(
            html.contains("<title>【訓練】") && html.contains("訓練です。"),
            "{name}"
        );
    }
    for (name, html) in pages(&Realm::Live) {
        assert!(!html.contains("class=\"realm\""), "{name}");
        assert!(!html.contains("再現") && !html.contains("訓練"), "{name}");
    }
}

#[test]
fn the_public_page_stays_small_and_names_every_order_in_force() {
    let sample = Sample::honest();
    let frame = sample.public_frame();
    let one = sample.public_home().in_force.remove(0);
    for notices in [0, 1, 3, 10, 25] {
        let mut view = PublicHome {
            in_force: Vec::new(),
            ended: Vec::new(),
        };
        for number in 0..notices {
            let mut notice = one.clone();
            notice.id = format!("n-{number}");
            view.in_force.push(notice);
        }
        let html = page::public_home(&frame, &view);
        assert!(
            html.len() < 30_000,
            "{notices} notices: {} bytes",
            html.len()
        );
        for number in 0..notices {
            assert!(
                html.contains(&format!("/n/n-{number}\"")),
                "{number} of {notices} is missing"
            );
        }
    }
    let hostile = Sample::hostile();
    let html = page::public_home(&hostile.public_frame(), &hostile.public_home());
    assert!(html.len() < 30_000, "{} bytes", html.len());
    assert!(html.contains("<meta http-equiv=\"refresh\" content=\"60\"/>"));
}

#[test]
fn the_public_page_has_no_officer_no_probability_and_no_proposal() {
    let sample = Sample::honest();
    let pages = public_pages(&sample, &sample.public_frame());
    for (name, html) in pages
        .into_iter()
        .filter(|(name, _)| *name != "public error")
    {
        for secret in ["佐藤", "確率", "推奨", "予測", "%(", "幅"] {
            let body = html.split("</style>").nth(1).unwrap();
            assert!(!body.contains(secret), "{name} says {secret}");
        }
    }
}

#[test]
fn lifted_orders_are_marked_and_tell_nobody_to_leave() {
    let sample = Sample::honest();
    let ended = sample.public_home().ended;
    let html = page::public_home(
        &sample.public_frame(),
        &PublicHome {
            in_force: Vec::new(),
            ended,
        },
    );
    assert!(html.contains("解除済み"));
    assert!(!html.contains("全員、避難してください"));
    assert!(html.contains("いま発令中の避難情報はありません。"));
}

#[test]
fn abolished_names_occur_only_in_the_review_and_are_explained_there() {
    for (name, html) in all_pages() {
        let old = html.contains("避難勧告") || html.contains("避難準備");
        assert_eq!(old, name == "review" || name == "review live", "{name}");
        if old {
            assert!(html.contains("2016年に使われていた名称で、いまは使われません"));
        }
    }
}

#[test]
fn the_same_view_gives_the_same_bytes() {
    assert_eq!(all_pages(), all_pages());
}

#[test]
fn a_drawing_says_what_is_missing_instead_of_drawing_it() {
    let sample = Sample::honest();
    let mut situation = sample.situation();
    for chart in &mut situation.charts {
        chart.observed.clear();
        chart.forecast.clear();
    }
    if let Some(map) = &mut situation.map {
        map.bounds.east_m = map.bounds.west_m;
    }
    let html = page::situation(&sample.frame(), &situation);
    assert!(html.contains("帯広の観測値も予測もまだ届いていません。"));
    assert!(html.contains("地図の範囲が設定されていません。"));
}

#[test]
fn the_legend_names_what_is_drawn_and_nothing_else() {
    let sample = Sample::honest();
    let mut situation = sample.situation();
    let legend = |situation: &Situation| {
        let html = page::situation(&sample.frame(), situation);
        let (_, after) = html.split_once("<ul class=\"legend\">").unwrap();
        after.split_once("</ul>").unwrap().0.to_owned()
    };
    let all = legend(&situation);
    assert!(all.contains("浸水深 3〜5 m") && all.contains("水位計(途絶)") && all.contains("河川"));
    assert!(!all.contains("浸水深 10〜20 m"));
    // The same map, looking at a far corner where nothing is.
    let map = situation.map.as_mut().unwrap();
    (map.bounds.west_m, map.bounds.east_m) = (90_000.0, 99_000.0);
    map.districts.clear();
    assert!(!legend(&situation).contains("<li>"));
}

#[test]
fn numbers_that_are_no_numbers_never_reach_a_drawing() {
    let sample = Sample::honest();
    let mut situation = sample.situation();
    let chart = &mut situation.charts[0];
    chart.observed[2].level_m = Some(f64::NAN);
    chart.observed[4].level_m = Some(f64::INFINITY);
    chart.forecast[1].high90_m = f64::NAN;
    chart.marks[0].level_m = f64::NEG_INFINITY;
    let map = situation.map.as_mut().unwrap();
    map.districts[0].rings[0][0] = [f64::NAN, f64::INFINITY];
    map.gauges[0].point = [f64::NAN, 0.0];
    let html = page::situation(&sample.frame(), &situation);
    read(&html, "situation", |document| {
        for svg in elements(document, "svg") {
            for node in svg.descendants() {
                for attribute in node
                    .attributes()
                    .filter(|attribute| attribute.name() != "aria-label")
                {
                    let value = attribute.value();
                    assert!(!value.contains("NaN") && !value.contains("inf"), "{value}");
                }
            }
        }
    });
}

fn all_pages() -> Vec<Page> {
    [rich_pages(), empty_pages(), hostile_pages(), live_pages()].concat()
}

fn rich_pages() -> Vec<Page> {
    let sample = Sample::honest();
    let pages = officer_pages(&sample, &sample.frame());
    [pages, public_pages(&sample, &sample.public_frame())].concat()
}

fn hostile_pages() -> Vec<Page> {
    let sample = Sample::hostile();
    let pages = officer_pages(&sample, &sample.frame());
    let pages = [pages, public_pages(&sample, &sample.public_frame())].concat();
    pages
        .into_iter()
        .map(|(name, html)| {
            if name.contains("public") {
                ("public hostile", html)
            } else {
                ("hostile", html)
            }
        })
        .collect()
}

/// Signed out, disconnected, models off: everything the frame can lack.
fn live_pages() -> Vec<Page> {
    let sample = Sample::honest();
    let frame = Frame {
        realm: Realm::Live,
        user: None,
        csrf: None,
        gauges_working: 0,
        link: LinkView::Down {
            since: sample::jst(30, 22, 0),
        },
        models_on: false,
        undecided: 0,
        notices: vec!["記録を書き込めません。発表を止めています。".to_owned()],
        refresh_s: None,
        ..sample.frame()
    };
    officer_pages(&sample, &frame)
        .into_iter()
        .map(|(name, html)| {
            (
                if name == "review" {
                    "review live"
                } else {
                    name
                },
                html,
            )
        })
        .collect()
}

fn officer_pages(sample: &Sample, frame: &Frame) -> Vec<Page> {
    let [asked, about, out] = sample.device_steps();
    vec![
        ("devices", page::devices(frame, &sample.devices())),
        ("device asked", page::device(frame, &asked)),
        ("device confirm", page::device(frame, &about)),
        ("device out of use", page::device(frame, &out)),
        ("sign in", page::sign_in(frame, &sample.sign_in())),
        ("situation", page::situation(frame, &sample.situation())),
        ("inbox", page::inbox(frame, &sample.inbox())),
        (
            "recommendation",
            page::recommendation(frame, &sample.recommendation()),
        ),
        ("decide", page::decide(frame, &sample.decision())),
        ("decide refused", page::decide(frame, &sample.refused())),
        ("confirm", page::confirm(frame, &sample.confirm())),
        ("decline", page::decline(frame, &sample.decline())),
        ("published", page::published(frame, &sample.published())),
        ("notice", page::notice(frame, &sample.notice())),
        ("end notice", page::end_notice(frame, &sample.end_notice())),
        ("review", page::review(frame, &sample.review())),
        ("audit", page::audit(frame, &sample.audit())),
        ("layers", page::layers(frame, &sample.layers())),
        ("layer", page::layer(frame, &sample.layer())),
        ("error", page::error(frame, &sample.error())),
    ]
}

fn public_pages(sample: &Sample, frame: &PublicFrame) -> Vec<Page> {
    vec![
        (
            "public home",
            page::public_home(frame, &sample.public_home()),
        ),
        (
            "public notice",
            page::public_notice(frame, &sample.public_notice()),
        ),
        ("public error", page::public_error(frame, &sample.error())),
    ]
}

/// The same pages when there is nothing to show.
fn empty_pages() -> Vec<Page> {
    let sample = Sample::honest();
    let frame = sample.frame();
    let public = PublicFrame {
        feeds: Vec::new(),
        contact: None,
        ..sample.public_frame()
    };
    let situation = Situation {
        dangers: Vec::new(),
        unheard: Vec::new(),
        changes: Vec::new(),
        decisions: Vec::new(),
        said: Vec::new(),
        broken: Vec::new(),
        official: OfficialBoard::default(),
        external: Vec::new(),
        concern: ConcernPanel::default(),
        map: None,
        charts: Vec::new(),
        gauges: Vec::new(),
        ..sample.situation()
    };
    let recommendation = RecommendationView {
        mode: None,
        chance: None,
        crossing: None,
        decide_by: None,
        time_terms: Vec::new(),
        deadline: None,
        waiting: Vec::new(),
        exposed: None,
        charts: Vec::new(),
        evidence: Vec::new(),
        counter_evidence: Vec::new(),
        shelters: Vec::new(),
        official: Vec::new(),
        official_checked_at: None,
        would_change: Vec::new(),
        left_out: vec!["中島".to_owned()],
        tier: Tier::MarksOnly,
        record: None,
        tables: Vec::new(),
        ..sample.recommendation()
    };
    let decision = DecisionSheet {
        reasons: Vec::new(),
        drafts: Vec::new(),
        locked: Some("接続が切れています".to_owned()),
        ..sample.decision()
    };
    let confirm = ConfirmView {
        approving: hinan_dashboard::view::Approving::Alone,
        channels: Vec::new(),
        cautions: Vec::new(),
        ..sample.confirm()
    };
    let notice = NoticeView {
        review_wanted: true,
        events: Vec::new(),
        recommendation_id: None,
        proposed_level: None,
        ..sample.notice()
    };
    let end_notice = EndNoticeView {
        lift_lacks: Vec::new(),
        reasons: Vec::new(),
        ..sample.end_notice()
    };
    let review = ReviewView {
        rows: Vec::new(),
        also_done: Vec::new(),
        happened: Vec::new(),
        facts: Vec::new(),
        could_not_know: Vec::new(),
        sources: Vec::new(),
        ..sample.review()
    };
    let audit = AuditView {
        rows: Vec::new(),
        check: ChainCheck::NotYet,
        older: None,
        newer: None,
    };
    let error = ErrorView {
        what_to_do: Vec::new(),
        go_on: None,
        ..sample.error()
    };
    let notice_page = PublicNoticePage {
        english: None,
        easy_japanese: None,
        cap_href: None,
        ..sample.public_notice()
    };
    vec![
        ("situation", page::situation(&frame, &situation)),
        ("sign in", page::sign_in(&frame, &SignInView::default())),
        (
            "inbox",
            page::inbox(
                &frame,
                &InboxView {
                    waiting: Vec::new(),
                    unknown: Vec::new(),
                    items: Vec::new(),
                    checked_at: frame.now,
                },
            ),
        ),
        (
            "recommendation",
            page::recommendation(&frame, &recommendation),
        ),
        ("decide", page::decide(&frame, &decision)),
        ("confirm", page::confirm(&frame, &confirm)),
        (
            "published",
            page::published(
                &frame,
                &PublishedView {
                    channels: Vec::new(),
                    rows: Vec::new(),
                    as_of: frame.now,
                },
            ),
        ),
        ("notice", page::notice(&frame, &notice)),
        ("end notice", page::end_notice(&frame, &end_notice)),
        ("review empty", page::review(&frame, &review)),
        ("audit", page::audit(&frame, &audit)),
        ("error", page::error(&frame, &error)),
        (
            "public home",
            page::public_home(
                &public,
                &PublicHome {
                    in_force: Vec::new(),
                    ended: Vec::new(),
                },
            ),
        ),
        ("public notice", page::public_notice(&public, &notice_page)),
    ]
}

fn read(html: &str, name: &str, check: impl FnOnce(&Document<'_>)) {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    match Document::parse_with_options(html, options) {
        Ok(document) => check(&document),
        Err(error) => panic!("{name} does not parse: {error}"),
    }
}

fn elements<'a>(
    document: &'a Document<'a>,
    tag: &'a str,
) -> impl DoubleEndedIterator<Item = Node<'a, 'a>> {
    document
        .descendants()
        .filter(move |node| node.tag_name().name() == tag)
}

fn count(document: &Document<'_>, tag: &str) -> usize {
    document
        .descendants()
        .filter(|node| node.tag_name().name() == tag)
        .count()
}

fn text(node: Node<'_, '_>) -> String {
    node.descendants()
        .filter(Node::is_text)
        .filter_map(|node| node.text())
        .collect()
}
