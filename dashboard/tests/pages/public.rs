//! The pages of residents.

use hinan_dashboard::page;
use hinan_dashboard::view::PublicHome;

use super::filled::public_pages;
use crate::sample::Sample;

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
