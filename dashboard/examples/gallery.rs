//! Writes every page, filled with one night of August 2016, into a folder to be looked at:
//! `cargo run -p hinan-dashboard --example gallery -- target/gallery`.

mod sample;

use std::{error::Error, fs, path::PathBuf};

use hinan_dashboard::{
    page,
    view::{ConcernPanel, Frame, InboxView, OfficialBoard, PublicHome, Realm, Situation},
};
use sample::Sample;

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os()
        .nth(1)
        .ok_or("name the folder to write into, such as target/gallery")?
        .into();
    fs::create_dir_all(&folder)?;
    for (name, html) in pages() {
        fs::write(folder.join(format!("{name}.html")), html)?;
    }
    Ok(())
}

fn pages() -> Vec<(&'static str, String)> {
    let sample = Sample::honest();
    let frame = sample.frame();
    let signed_out = Frame {
        user: None,
        ..frame.clone()
    };
    let exercise = Frame {
        realm: Realm::Exercise,
        models_on: false,
        ..frame.clone()
    };
    let nobody = PublicHome {
        in_force: Vec::new(),
        ended: Vec::new(),
    };
    let calm = Situation {
        dangers: Vec::new(),
        unheard: Vec::new(),
        changes: Vec::new(),
        decisions: Vec::new(),
        said: Vec::new(),
        broken: Vec::new(),
        official: OfficialBoard::default(),
        external: Vec::new(),
        concern: ConcernPanel::default(),
        ..sample.situation()
    };
    let empty_inbox = InboxView {
        waiting: Vec::new(),
        unknown: vec!["上帯広町".to_owned(), "愛国町".to_owned()],
        items: Vec::new(),
        checked_at: frame.now,
    };
    let [asked, about, out] = sample.device_steps();
    let public = sample.public_frame();
    vec![
        ("sign_in", page::sign_in(&signed_out, &sample.sign_in())),
        ("situation", page::situation(&frame, &sample.situation())),
        ("situation_calm", page::situation(&frame, &calm)),
        ("inbox", page::inbox(&frame, &sample.inbox())),
        ("inbox_empty", page::inbox(&frame, &empty_inbox)),
        (
            "recommendation",
            page::recommendation(&frame, &sample.recommendation()),
        ),
        ("decide", page::decide(&frame, &sample.decision())),
        ("decide_refused", page::decide(&frame, &sample.refused())),
        ("confirm", page::confirm(&frame, &sample.confirm())),
        (
            "confirm_exercise",
            page::confirm(&exercise, &sample.confirm()),
        ),
        ("decline", page::decline(&frame, &sample.decline())),
        ("published", page::published(&frame, &sample.published())),
        ("notice", page::notice(&frame, &sample.notice())),
        ("end_notice", page::end_notice(&frame, &sample.end_notice())),
        ("review", page::review(&frame, &sample.review())),
        ("devices", page::devices(&frame, &sample.devices())),
        ("device_asked", page::device(&frame, &asked)),
        ("device_confirm", page::device(&frame, &about)),
        ("device_out_of_use", page::device(&frame, &out)),
        ("audit", page::audit(&frame, &sample.audit())),
        ("layers", page::layers(&frame, &sample.layers())),
        ("layer", page::layer(&frame, &sample.layer())),
        ("error", page::error(&frame, &sample.error())),
        (
            "public_home",
            page::public_home(&public, &sample.public_home()),
        ),
        ("public_home_empty", page::public_home(&public, &nobody)),
        (
            "public_notice",
            page::public_notice(&public, &sample.public_notice()),
        ),
        ("public_error", page::public_error(&public, &sample.error())),
    ]
}
