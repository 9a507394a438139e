//! The pages on which officers decide: the recommendation, the sheet, the confirmation.

use hinan_dashboard::view::{Frame, ItemState, Realm, RecommendationView};
use hinan_dashboard::{form, page};
use roxmltree::Node;

use super::reading::{elements, read, text};
use crate::sample::Sample;

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
fn a_recommendation_that_was_replaced_leads_to_what_waits_now() {
    let sample = Sample::honest();
    let replaced = RecommendationView {
        state: ItemState::Superseded,
        ..sample.recommendation()
    };
    let html = page::recommendation(&sample.frame(), &replaced);
    assert!(html.contains("更新済み・<a href=\"/plain/inbox\">"));
    assert!(!html.contains("href=\"/plain/r/\""));
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
