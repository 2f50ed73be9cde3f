//! Rejected tokens on their way from the calls to the watcher.

use std::{
    collections::HashMap,
    mem::take,
    sync::{Mutex, MutexGuard, PoisonError},
};

use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use super::{
    EndedUse,
    guess_counter::{GuessSource, Guesses},
};
use crate::{
    authority::{Presenter, failure_subjects::mask_address},
    detection::{DetectionSettings, ENDED_USE_GRACE},
    domain::{
        BearerToken, RejectReason, SessionId, TenantId, TenantScope, TokenRejection, UnixMillis, failures::PeerTag,
    },
};

/// The maximum number of sessions, and of sources of guesses, that wait. Further ones are dropped.
const CAPACITY: usize = 1_024;

/// The origin of a token.
#[derive(Clone, Copy, Debug)]
pub(in crate::authority) struct TokenOrigin<'a> {
    pub(in crate::authority) presenter: Presenter<'a>,
    /// The tenants of the caller.
    pub(in crate::authority) tenants: &'a TenantScope,
}

/// Rejected tokens that wait for the [`RejectedTokenWatcher`](super::RejectedTokenWatcher).
pub struct RejectedTokens {
    watches_ended_uses: bool,
    watches_guesses: bool,
    /// The length of the IPv6 prefix that counts as one network.
    ipv6_prefix: u32,
    waiting: Mutex<WaitingTokens>,
    arrived: Notify,
}

/// The tokens since the last time.
#[derive(Default)]
pub(super) struct WaitingTokens {
    /// The last use of each session.
    pub(super) ended_uses: HashMap<SessionId, EndedUse>,
    pub(super) guesses: HashMap<GuessSource, Guesses>,
    pub(super) dropped: u64,
}

impl RejectedTokens {
    /// Creates an empty queue, which takes only what the rules need.
    #[must_use]
    pub fn new(settings: &DetectionSettings) -> Self {
        Self {
            watches_ended_uses: settings.watches_ended_sessions,
            watches_guesses: settings.failures.rules.watches_tokens(),
            ipv6_prefix: settings.failures.ipv6_prefix,
            waiting: Mutex::default(),
            arrived: Notify::new(),
        }
    }

    /// Notes the use of a session some time after its end. Other rejections are ignored.
    pub(in crate::authority) fn note_rejection(
        &self,
        rejection: &TokenRejection,
        origin: TokenOrigin<'_>,
        now: UnixMillis,
    ) {
        let (RejectReason::Ended(reason), Some(session), Some(ended_at)) =
            (rejection.reason, rejection.session_id, rejection.ended_at)
        else {
            return;
        };
        if !self.watches_ended_uses || now.since(ended_at) <= ENDED_USE_GRACE {
            return;
        }
        let mut waiting = self.lock();
        if waiting.ended_uses.len() >= CAPACITY && !waiting.ended_uses.contains_key(&session) {
            waiting.dropped += 1;
            return;
        }
        let client = origin.presenter.client.clone();
        waiting.ended_uses.insert(session, EndedUse { reason, ended_at, client, at: now });
        drop(waiting);
        self.arrived.notify_one();
    }

    /// Notes a text in the form of a token that this installation did not issue. It `is_signed` if its MAC is that of a
    /// token key nevertheless.
    pub(in crate::authority) fn note_guess(&self, token: &BearerToken, origin: TokenOrigin<'_>, is_signed: bool) {
        if !self.watches_guesses {
            return;
        }
        let digest = Sha256::digest(token.as_str().as_bytes());
        let tag: PeerTag = std::array::from_fn(|n| digest[n]);
        let Presenter { client, caller, .. } = origin.presenter;
        let tenant = tenant_of(origin.tenants);
        let by_caller = Some(GuessSource::Caller(tenant.to_owned(), caller.to_owned()));
        let network = client.ip.map(|ip| mask_address(ip, self.ipv6_prefix));
        let from_network = network.map(|network| GuessSource::Network(tenant.to_owned(), network));
        let mut waiting = self.lock();
        for source in by_caller.into_iter().chain(from_network) {
            if waiting.guesses.len() >= CAPACITY && !waiting.guesses.contains_key(&source) {
                waiting.dropped += 1;
                continue;
            }
            waiting.guesses.entry(source).or_insert_with(|| Guesses::new(origin.presenter)).add(tag, is_signed);
        }
        drop(waiting);
        self.arrived.notify_one();
    }

    /// Takes all tokens that wait.
    pub(super) fn take(&self) -> WaitingTokens {
        take(&mut *self.lock())
    }

    /// Waits until there are tokens.
    pub(super) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, WaitingTokens> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the tenant to which alerts about the tokens of a caller belong: its own, the first of several, and the
/// default one for a caller of all.
fn tenant_of(scope: &TenantScope) -> &str {
    match scope {
        TenantScope::Only(tenants) => tenants.first().map_or(TenantId::DEFAULT, String::as_str),
        TenantScope::All => TenantId::DEFAULT,
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::{
        detection::FailureRuleSet,
        domain::{ClientContext, EndReason, UserHandle},
    };

    const NOW: UnixMillis = UnixMillis::new(1_700_000_000_000);

    fn guess(queue: &RejectedTokens, token: &str, ip: IpAddr) {
        let client = ClientContext { ip: Some(ip), ..ClientContext::default() };
        let presenter = Presenter { client: &client, caller: "gateway", request_id: "" };
        let origin = TokenOrigin { presenter, tenants: &TenantScope::All };
        queue.note_guess(&BearerToken::new(token.to_owned()), origin, false);
    }

    fn use_ended(queue: &RejectedTokens, number: u64, ended_at: UnixMillis) {
        let session = SessionId { handle: UserHandle([1; 12]), unique: number.to_be_bytes() };
        let rejection = TokenRejection {
            session_id: Some(session),
            ended_at: Some(ended_at),
            ..TokenRejection::from_reason(RejectReason::Ended(EndReason::Revoked))
        };
        let origin = TokenOrigin { presenter: Presenter::UNKNOWN, tenants: &TenantScope::All };
        queue.note_rejection(&rejection, origin, NOW);
    }

    /// The memory that an attack with a million addresses and as many tokens takes does not depend on their number.
    #[test]
    fn a_million_addresses_take_a_bounded_memory() {
        let queue = RejectedTokens::new(&DetectionSettings::default());
        for n in 0..1_000_000_u32 {
            guess(&queue, &n.to_string(), IpAddr::V4(n.into()));
            use_ended(&queue, n.into(), UnixMillis::new(0));
        }
        let waiting = queue.take();
        assert_eq!((waiting.guesses.len(), waiting.ended_uses.len()), (CAPACITY, CAPACITY));
        assert!(waiting.guesses.values().all(|guesses| guesses.tags().len() <= 64), "bounded for each source");
        assert_eq!(waiting.dropped, 2 * 1_000_000 - 2 * CAPACITY as u64 + 1, "the caller is one of the sources");
        let empty = queue.take();
        assert_eq!((empty.guesses.len(), empty.ended_uses.len(), empty.dropped), (0, 0, 0));
    }

    #[test]
    fn the_addresses_of_a_host_are_one_network() {
        let queue = RejectedTokens::new(&DetectionSettings::default());
        for ip in ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"] {
            guess(&queue, "token", ip.parse().expect("an address"));
        }
        assert_eq!(queue.take().guesses.len(), 3, "two networks and the caller");
    }

    #[test]
    fn what_no_rule_needs_is_not_noted() {
        let mut settings = DetectionSettings { watches_ended_sessions: false, ..DetectionSettings::default() };
        settings.failures.rules = [].into_iter().collect::<FailureRuleSet>();
        let queue = RejectedTokens::new(&settings);
        guess(&queue, "token", "192.0.2.1".parse().expect("an address"));
        use_ended(&queue, 1, UnixMillis::new(0));
        assert!(queue.take().guesses.is_empty());

        let queue = RejectedTokens::new(&DetectionSettings::default());
        use_ended(&queue, 1, NOW.minus(ENDED_USE_GRACE));
        assert!(queue.take().ended_uses.is_empty(), "the client may not have noticed");
        use_ended(&queue, 1, NOW.minus(ENDED_USE_GRACE + std::time::Duration::from_millis(1)));
        assert_eq!(queue.take().ended_uses.len(), 1);
    }
}
