//! What the provider says of itself: its addresses, its keys. Kept for a minute, so that whoever knocks at our door does not knock at
//! the provider's each time; whoever comes while it is being asked waits for that answer.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use openidconnect::IssuerUrl;
use openidconnect::core::CoreProviderMetadata;
use tokio::sync::Mutex;

use super::Refused;
use super::http::Http;
use super::words::told;

/// What it said is believed for so long.
const KEPT: SignedDuration = SignedDuration::from_secs(60);
/// After it gave no answer, or a token with a key that it does not publish, it is left alone for so long.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(5);
/// Longest wait while somebody else asks it.
const TURN_WITHIN: Duration = Duration::from_secs(5);

type Answer = Result<Arc<CoreProviderMetadata>, String>;

/// The last answer, and when it was asked for.
#[derive(Default)]
pub(super) struct Known(Mutex<Option<(Timestamp, Answer)>>);

impl Known {
    /// What it says now, or said not long ago.
    ///
    /// # Errors
    /// [`Refused::Unreachable`], [`Refused::Crowded`]
    pub(super) async fn of(
        &self,
        issuer: &IssuerUrl,
        http: &Http,
        now: Timestamp,
    ) -> Result<Arc<CoreProviderMetadata>, Refused> {
        self.not_older_than(KEPT, issuer, http, now).await
    }

    /// The same after a token came whose key is not among those we know: keys are replaced from time to time.
    ///
    /// # Errors
    /// [`Refused::Unreachable`], [`Refused::Crowded`]
    pub(super) async fn anew(
        &self,
        issuer: &IssuerUrl,
        http: &Http,
        now: Timestamp,
    ) -> Result<Arc<CoreProviderMetadata>, Refused> {
        self.not_older_than(AGAIN_AFTER, issuer, http, now).await
    }

    async fn not_older_than(
        &self,
        most: SignedDuration,
        issuer: &IssuerUrl,
        http: &Http,
        now: Timestamp,
    ) -> Result<Arc<CoreProviderMetadata>, Refused> {
        let turn = tokio::time::timeout(TURN_WITHIN, self.0.lock()).await;
        let mut last = turn.map_err(|_| Refused::Crowded)?;
        if let Some((asked_at, answer)) = &*last {
            let most = if answer.is_ok() { most } else { AGAIN_AFTER };
            // Either way: whoever waited came before the answer that they get.
            if now.duration_since(*asked_at).abs() < most {
                return answer.clone().map_err(Refused::Unreachable);
            }
        }
        let answer = CoreProviderMetadata::discover_async(issuer.clone(), http)
            .await
            .map(Arc::new)
            .map_err(|why| told(&why));
        *last = Some((now, answer.clone()));
        answer.map_err(Refused::Unreachable)
    }
}
