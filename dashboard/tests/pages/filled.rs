//! Every page, filled: with one night, with nothing, with what wants to break out, and signed out.

use hinan_dashboard::page;
use hinan_dashboard::view::{
    AuditView, ChainCheck, ConcernPanel, ConfirmView, DecisionSheet, EndNoticeView, ErrorView,
    Frame, InboxView, LinkView, NoticeView, OfficialBoard, PublicFrame, PublicHome,
    PublicNoticePage, PublishedView, Realm, RecommendationView, ReviewView, SignInView, Situation,
    Tier,
};

use crate::sample::{self, Sample};

type Page = (&'static str, String);

pub(super) fn all_pages() -> Vec<Page> {
    [rich_pages(), empty_pages(), hostile_pages(), live_pages()].concat()
}

pub(super) fn rich_pages() -> Vec<Page> {
    let sample = Sample::honest();
    let pages = officer_pages(&sample, &sample.frame());
    [pages, public_pages(&sample, &sample.public_frame())].concat()
}

pub(super) fn hostile_pages() -> Vec<Page> {
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
pub(super) fn live_pages() -> Vec<Page> {
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

pub(super) fn officer_pages(sample: &Sample, frame: &Frame) -> Vec<Page> {
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

pub(super) fn public_pages(sample: &Sample, frame: &PublicFrame) -> Vec<Page> {
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
pub(super) fn empty_pages() -> Vec<Page> {
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
