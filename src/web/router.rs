//! Routes, limits and headers.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use axum::routing::{get, post};
use base64::Engine as _;
use metrics_exporter_prometheus::PrometheusHandle;
use sha2::Digest as _;
use tokio::sync::watch;
use tower_http::set_header::SetResponseHeaderLayer;

use super::last_resort::last_resort;
use super::tls::{TlsPort, Visitor};
use super::{
    account, api, audit, console, decide, decline, devices, end_notice, enrolling, facilities,
    features, feeds, first, guard, health, inbox, inputs, judgements, kept, layers, lifting,
    notice, officers, oidc, passkeys, prepared, public, published, recommendation, refusal,
    reports, review, seats, second, seen, shelters, sign_in, situation, succession, tiles,
};
use crate::app::App;
use crate::oidc::Provider;

/// What every handler can reach.
#[derive(Clone)]
pub struct Doors {
    pub(super) app: Arc<App>,
    pub(super) metrics: PrometheusHandle,
    pub(super) attempts: Arc<guard::Attempts>,
    /// Second factors on the way.
    pub(super) enrolling: Arc<enrolling::Enrolling>,
    /// Questions to browsers about passkeys.
    pub(super) questions: Arc<passkeys::Questions>,
    /// What was typed when a session had ended.
    pub(super) kept: Arc<kept::Kept>,
    /// Hashing takes 19 MiB and tens of milliseconds: two at a time, the others wait their turn.
    pub(super) hashing: Arc<tokio::sync::Semaphore>,
    /// The town's provider of single sign-on.
    pub(super) provider: Option<Arc<Provider>>,
    /// So many who come back from it are asked about at the same time.
    pub(super) asking: Arc<tokio::sync::Semaphore>,
    /// Seats for programs that listen to events.
    pub(super) listeners: Arc<tokio::sync::Semaphore>,
    /// Seats of each session among them.
    pub(super) seats: seats::Seats,
    /// Becomes true when the service stops: streams end then.
    pub(super) stop: watch::Receiver<bool>,
}

impl Doors {
    /// Doors to this service.
    #[must_use]
    pub fn new(app: Arc<App>, metrics: PrometheusHandle, stop: watch::Receiver<bool>) -> Self {
        let listeners_max = app.config.web.listeners_max;
        Self {
            app,
            metrics,
            attempts: Arc::new(guard::Attempts::default()),
            enrolling: Arc::default(),
            questions: Arc::new(passkeys::Questions::new()),
            kept: Arc::default(),
            hashing: Arc::new(tokio::sync::Semaphore::new(2)),
            provider: None,
            asking: Arc::new(tokio::sync::Semaphore::new(4)),
            seats: seats::Seats::default(),
            listeners: Arc::new(tokio::sync::Semaphore::new(listeners_max)),
            stop,
        }
    }

    /// The same with the town's provider of single sign-on.
    #[must_use]
    pub fn with_provider(self, provider: Option<Provider>) -> Self {
        Self {
            provider: provider.map(Arc::new),
            ..self
        }
    }
}

/// Serves until told to stop; requests that have begun are finished. With `tls`, nothing is served in the clear.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: tokio::net::TcpListener,
    tls: Option<tokio_rustls::TlsAcceptor>,
    doors: Doors,
) -> std::io::Result<()> {
    let mut stop = doors.stop.clone();
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let service = router(doors).into_make_service_with_connect_info::<Visitor>();
    match tls {
        None => {
            axum::serve(listener, service)
                .with_graceful_shutdown(stopped)
                .await
        }
        Some(acceptor) => {
            axum::serve(TlsPort::new(listener, acceptor), service)
                .with_graceful_shutdown(stopped)
                .await
        }
    }
}

fn router(doors: Doors) -> Router {
    let web = &doors.app.config.web;
    let (encrypted, fronted) = (web.is_encrypted(), web.is_behind_a_front());
    let form_max = doors.app.config.web.form_max_bytes;
    let desk = Router::new()
        .route("/plain/signout", post(sign_in::out))
        .route("/plain/", get(situation::page))
        .route(
            "/plain",
            get(|| async { axum::response::Redirect::permanent("/plain/") }),
        )
        .route("/plain/inbox", get(inbox::page))
        .route("/plain/r/{id}", get(recommendation::page))
        .route(
            "/plain/r/{id}/decide",
            get(decide::page).post(decide::handler),
        )
        .route(
            "/plain/r/{id}/decline",
            get(decline::page).post(decline::handler),
        )
        .route("/plain/r/{id}/seen", post(seen::seen))
        .route("/plain/first/{id}", get(first::page).post(first::handler))
        .route("/plain/first/{id}/alone", get(first::alone))
        .route(
            "/plain/second/{id}",
            get(second::page).post(second::handler),
        )
        .route("/plain/n/{id}/review", post(seen::review))
        .route("/plain/n/{id}/prepared", post(prepared::handler))
        .route("/plain/n/{id}/retry", post(prepared::retry))
        .route("/plain/succession", get(succession::page))
        .route(
            "/plain/officers",
            get(officers::page).post(officers::handler),
        )
        .route(
            "/plain/first-run/{token}",
            get(officers::first_run).post(officers::first_run_done),
        )
        .route("/plain/published", get(published::page))
        .route("/plain/n/{id}", get(notice::page))
        .route(
            "/plain/n/{id}/cancel",
            get(end_notice::page).post(end_notice::handler),
        )
        .route("/plain/review", get(review::page))
        .route("/plain/reports", get(reports::page).post(reports::handler))
        .route("/plain/shelters", get(shelters::page))
        .route("/plain/inputs", get(inputs::page))
        .route("/plain/facilities", get(facilities::page))
        .route("/plain/lifting", get(lifting::page).post(lifting::handler))
        .route(
            "/plain/judgements",
            get(judgements::page).post(judgements::handler),
        )
        .route(
            "/plain/shelters/{id}",
            get(shelters::one).post(shelters::handler),
        )
        .route("/plain/devices", get(devices::list))
        .route("/plain/devices/{name}", get(devices::one))
        .route(
            "/plain/devices/{name}/out",
            get(devices::form).post(devices::handler),
        )
        .route("/plain/audit", get(audit::page))
        .route("/plain/audit/checkpoint.json", get(audit::checkpoint))
        .route("/plain/audit/entries.jsonl", get(audit::export))
        .route("/plain/layers", get(layers::list))
        .route("/plain/layers/{theme}", get(layers::table))
        .route("/plain/layers/{theme}/{file}", get(features::data))
        .route("/plain/tiles/{file}", get(tiles::description))
        .route("/plain/tiles/{theme}/{z}/{x}/{y}", get(tiles::tile))
        .layer(header(header::CACHE_CONTROL, "no-store"))
        .layer(csp(hinan_dashboard::stylesheet()));
    // Two pages may run one script of ours, which asks the browser for a passkey; where there are none, they run none.
    let more = match passkeys::party(&doors.app) {
        Some(_) => "script-src 'self'; connect-src 'self'; ",
        None => "",
    };
    let keys = Router::new()
        .route("/plain/signin", get(sign_in::page).post(sign_in::handler))
        .route("/plain/signin/passkey", post(passkeys::enter))
        .route("/plain/signin/oidc/begin", get(oidc::begin))
        .route(crate::config::oidc::BACK, get(oidc::back))
        .route("/plain/account", get(account::page).post(account::handler))
        .route("/plain/account/passkey", post(passkeys::add))
        .layer(header(header::CACHE_CONTROL, "no-store"))
        .layer(SetResponseHeaderLayer::overriding(
            header::CONTENT_SECURITY_POLICY,
            policy_with(hinan_dashboard::stylesheet(), more),
        ));
    let residents = Router::new()
        .route("/", get(public::home))
        .route("/n/{id}", get(public::notice))
        .layer(csp(hinan_dashboard::public_stylesheet()));
    let machines = Router::new()
        .route("/feed.atom", get(feeds::atom))
        .route("/feed.rss", get(feeds::rss))
        .route("/alerts.json", get(feeds::json))
        .route("/alerts.geojson", get(feeds::geojson))
        .route("/cap/{file}", get(feeds::cap))
        .route("/account.js", get(passkeys::script))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics));
    let console = Router::new()
        .route(
            "/console",
            get(|| async { axum::response::Redirect::permanent("/console/") }),
        )
        .route("/console/", get(console::index))
        .route("/console/{*file}", get(console::file))
        .route(
            "/wall",
            get(|| async { axum::response::Redirect::permanent("/wall/") }),
        )
        .route("/wall/", get(console::wall))
        .route("/licenses", get(console::licenses))
        .route("/version", get(console::version))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(console::POLICY),
        ));
    let all = desk
        .merge(keys)
        .merge(residents)
        .merge(api::routes())
        .merge(console)
        .merge(machines)
        .fallback(refusal::not_found)
        .layer(axum::middleware::from_fn_with_state(
            doors.clone(),
            refusal::dress,
        ))
        .layer(DefaultBodyLimit::max(form_max))
        .layer(axum::middleware::from_fn(guard::same_origin));
    let all = last_resort(all, &doors).layer(axum::middleware::from_fn(health::measure));
    let all = if fronted {
        all.layer(axum::middleware::from_fn_with_state(
            doors.clone(),
            guard::only_by_the_front,
        ))
    } else {
        all
    };
    let all = all
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::X_FRAME_OPTIONS, "DENY"))
        .layer(header(header::REFERRER_POLICY, "same-origin"));
    // A browser that was here once by TLS does not come in the clear again.
    let all = if encrypted {
        all.layer(header(
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=31536000",
        ))
    } else {
        all
    };
    all.with_state(doors)
}

fn header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// No script, nothing from elsewhere; the one style sheet of the page is named by its hash.
pub(super) fn policy(style: &str) -> HeaderValue {
    policy_with(style, "")
}

/// The same with more rules.
fn policy_with(style: &str, more: &str) -> HeaderValue {
    let hash =
        base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(style.as_bytes()));
    let policy = format!(
        "default-src 'none'; {more}style-src 'sha256-{hash}'; img-src 'self' data:; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("base64 and fixed words are header characters")
}

fn csp(style: &str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(header::CONTENT_SECURITY_POLICY, policy(style))
}
