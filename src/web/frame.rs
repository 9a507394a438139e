//! What surrounds the pages.

use hinan_dashboard::view::{FeedLink, Frame, LinkView, PublicFrame, Realm as ShownRealm, Who};

use super::who::SignedIn;
use crate::app::{App, Link};
use crate::desk::attention;
use crate::outlook::Voice;
use crate::realm::Realm;
use crate::store::StoreError;

/// The frame of an officers' page. Pages that only show refresh themselves; forms never do.
pub(super) fn officers(
    app: &App,
    who: &SignedIn,
    refresh_s: Option<u32>,
) -> Result<Frame, StoreError> {
    let undecided = app.store.read(|view| Ok(view.open_items()?.len()))?;
    let mut notices = app.warnings();
    notices.extend(app.dispatch.certificate_warning(crate::clock::wall()));
    notices.extend(attention::standing(app, &who.officer)?);
    Ok(Frame {
        notices,
        user: Some(Who {
            name: who.officer.display.clone(),
            role_ja: who.officer.role.spoken().to_owned(),
        }),
        csrf: Some(who.csrf.clone()),
        undecided: u32::try_from(undecided).unwrap_or(u32::MAX),
        refresh_s,
        ..signed_out(app)
    })
}

/// The frame of the sign-in page.
pub(super) fn signed_out(app: &App) -> Frame {
    let picture = app.picture();
    let gauges = &picture.advice.outlook.gauges;
    let working = gauges.values().filter(|g| g.voice == Voice::Live).count();
    Frame {
        town: app.town().name.clone(),
        realm: realm(app),
        now: app.clock.now(),
        user: None,
        csrf: None,
        gauges_working: u32::try_from(working).unwrap_or(u32::MAX),
        gauges_all: u32::try_from(gauges.len()).unwrap_or(u32::MAX),
        link: match app.worst_link().1 {
            Link::Up { since } => LinkView::Connected { since },
            Link::Down { since, .. } => LinkView::Down { since },
        },
        models_on: picture.advice.outlook.models_on,
        undecided: 0,
        notices: app.warnings(),
        refresh_s: None,
    }
}

/// The frame of a residents' page.
pub(super) fn public(app: &App) -> PublicFrame {
    PublicFrame {
        town: app.town().name.clone(),
        realm: realm(app),
        now: app.clock.now(),
        feeds: [
            ("Atom・CAP", "/feed.atom", "application/atom+xml"),
            ("RSS", "/feed.rss", "application/rss+xml"),
            ("JSON", "/alerts.json", "application/json"),
            ("GeoJSON", "/alerts.geojson", "application/geo+json"),
        ]
        .map(|(label, href, media_type)| FeedLink {
            label: label.to_owned(),
            href: href.to_owned(),
            media_type: media_type.to_owned(),
        })
        .to_vec(),
        contact: None,
    }
}

fn realm(app: &App) -> ShownRealm {
    match (&app.replay, app.config.service.realm) {
        (Some(_), _) => ShownRealm::Demo {
            speed: format!("{:.0}倍速", app.clock.speed()),
        },
        (None, Realm::Actual) => ShownRealm::Live,
        (None, Realm::Exercise) => ShownRealm::Exercise,
    }
}
