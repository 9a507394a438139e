//! What holds for every page: its form, its landmarks, what is typed and what is missing.

use std::collections::BTreeSet;

use hinan_dashboard::view::{Frame, PublicFrame, Realm};
use hinan_dashboard::{page, public_stylesheet, stylesheet};
use roxmltree::Node;

use super::filled::{
    all_pages, empty_pages, hostile_pages, officer_pages, public_pages, rich_pages,
};
use super::reading::{count, elements, read, text};
use crate::sample::Sample;

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
