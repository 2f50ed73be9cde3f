//! Watching rejected tokens: uses of sessions that have ended, and tokens that this installation did not issue.
//!
//! A rejection only notes the presented token; everything else happens here, after the response. Guesses are counted in
//! the store, so that an attacker who spreads them over nodes is noticed, in batches of a second: however many tokens
//! an attacker invents, a node writes a bounded number of counts.

mod ended_uses;
mod guess_counter;
mod queue;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hashlink::LruCache;

use self::{ended_uses::EndedUse, guess_counter::ReportedGuess};
use super::{
    RefusedCallRecorder, alert_recorder::AlertRecorder, client_describer::ClientDescriber, observer::AuthorityObserver,
};
use crate::{
    clock::Clock,
    detection::DetectionSettings,
    domain::{InstallationSecret, SessionId, UnixMillis},
    geo::NetworkLists,
    near_cache::ClientTag,
    store::{FailureStore, SessionStore},
};

pub use self::queue::RejectedTokens;
pub(super) use self::queue::TokenOrigin;

/// The interval in which rejected tokens are collected.
pub const COLLECT_INTERVAL: Duration = Duration::from_secs(1);

/// The number of sessions, and of guesses, that a node remembers so that it does not process a repeat.
const MAX_REMEMBERED: usize = 16_384;

/// Processes rejected tokens and raises alerts.
pub struct RejectedTokenWatcher {
    rejected: Arc<RejectedTokens>,
    parts: RejectedTokenParts,
    memory: Mutex<ProcessedTokens>,
}

/// The parts that a [`RejectedTokenWatcher`] needs.
pub struct RejectedTokenParts {
    pub store: Arc<dyn SessionStore>,
    pub failures: Arc<dyn FailureStore>,
    pub installation: InstallationSecret,
    pub clients: ClientDescriber,
    pub networks: Arc<NetworkLists>,
    pub settings: DetectionSettings,
    pub alerts: AlertRecorder,
    pub refused_calls: Arc<RefusedCallRecorder>,
    pub clock: Arc<dyn Clock>,
    pub observer: Arc<dyn AuthorityObserver>,
}

/// The tokens that this node has processed lately.
struct ProcessedTokens {
    /// The last client of each ended session.
    ended_uses: LruCache<SessionId, (Option<ClientTag>, UnixMillis)>,
    guesses: LruCache<ReportedGuess, UnixMillis>,
}

impl RejectedTokenWatcher {
    #[must_use]
    pub fn new(rejected: Arc<RejectedTokens>, parts: RejectedTokenParts) -> Self {
        let memory =
            ProcessedTokens { ended_uses: LruCache::new(MAX_REMEMBERED), guesses: LruCache::new(MAX_REMEMBERED) };
        Self { rejected, parts, memory: Mutex::new(memory) }
    }

    /// Waits until there are rejected tokens.
    pub async fn wait_until_rejected(&self) {
        self.rejected.arrived().await;
    }

    /// Processes all rejected tokens that wait. What cannot be processed is logged and left out.
    pub async fn process(&self) {
        let waiting = self.rejected.take();
        if waiting.dropped > 0 {
            self.parts.observer.rejected_tokens_dropped(waiting.dropped);
        }
        for (session, used) in waiting.ended_uses {
            if let Err(error) = self.assess_ended_use(session, &used).await {
                self.parts.observer.evaluation_failed();
                tracing::warn!(%error, %session, "failed to evaluate the use of a session that has ended");
            }
        }
        self.count_guesses(waiting.guesses).await;
    }

    fn memory(&self) -> MutexGuard<'_, ProcessedTokens> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
