//! The part of a session that validations need.

use std::fmt;

use super::ClientTag;
use crate::{
    domain::{
        BoundClient, PresentedToken, Rotation, SecretHash, Session, SessionClock, SessionId, TenantId, TokenStanding,
        UnixMillis, rotation::standing,
    },
    sync::atomic::{AtomicU64, Ordering},
};

/// Encodes the response for a session, without the fields that change while the session is used.
pub type SessionEncoder = fn(Session) -> Box<[u8]>;

/// An active session as it is cached for validations: small, and with its response already encoded.
pub struct LiveSession {
    pub id: SessionId,
    pub tenant: TenantId,
    pub secret: SecretHash,
    pub authenticated_at: UnixMillis,
    pub assurance_level: u32,
    /// The latest rotation of the token. Few sessions have one, so it takes no room in the others.
    pub rotation: Option<Box<Rotation>>,
    /// The time from which the token should be rotated. `None`: never.
    pub rotate_after: Option<UnixMillis>,
    /// Set if the token is rejected from that time on, until it is rotated.
    pub rotation_required: bool,
    /// The time since which the user must authenticate again. `None`: the user need not.
    pub step_up_since: Option<UnixMillis>,
    /// The client without which requests are rejected. Few sessions have one.
    pub bound_client: Option<Box<BoundClient>>,
    /// The client that used the session last, as far as known.
    pub client: Option<ClientTag>,
    /// The output of [`SessionEncoder`], which is opaque to the cache.
    pub encoded_session: Box<[u8]>,
    clock: SessionClock,
    last_active: AtomicU64,
}

impl LiveSession {
    #[must_use]
    pub fn new(session: Session, encode: SessionEncoder) -> Self {
        Self {
            id: session.id,
            tenant: session.owner.tenant.clone(),
            secret: session.record.secret,
            authenticated_at: session.record.authenticated_at,
            assurance_level: session.record.assurance_level,
            rotation: session.record.rotation.clone().map(Box::new),
            rotate_after: session.record.rotate_after(),
            rotation_required: session.record.rotation_rules.is_required,
            step_up_since: session.record.demands_step_up_since(),
            bound_client: BoundClient::from_record(&session.record).map(Box::new),
            client: ClientTag::from_session(&session),
            clock: session.clock,
            last_active: AtomicU64::new(session.clock.last_active.get()),
            encoded_session: encode(session),
        }
    }

    /// Returns the clock with the latest activity that this node has read or written. Other nodes may know of later
    /// activity.
    #[must_use]
    pub fn clock(&self) -> SessionClock {
        let last_active = UnixMillis::new(self.last_active.load(Ordering::Relaxed));
        SessionClock { last_active, ..self.clock }
    }

    /// Returns what `token` is to this session.
    #[must_use]
    pub fn standing(&self, token: PresentedToken, now: UnixMillis) -> TokenStanding {
        standing(self.secret, self.rotation.as_deref(), token, now)
    }

    /// Returns whether the current token has replaced another one and was not presented yet, as far as this node knows.
    #[must_use]
    pub fn is_token_unused(&self) -> bool {
        self.rotation.as_ref().is_some_and(|rotation| !rotation.is_presented)
    }

    /// Records activity that was written to the store. The last activity never moves back.
    pub fn record_activity(&self, at: UnixMillis) {
        self.last_active.fetch_max(at.get(), Ordering::Relaxed);
    }

    /// Returns the approximate memory, in bytes.
    #[must_use]
    pub fn weight(&self) -> usize {
        let rotation = if self.rotation.is_some() { size_of::<Rotation>() } else { 0 };
        let bound = self.bound_client.as_ref().map_or(0, |client| client.weight());
        size_of::<Self>() + rotation + bound + self.tenant.as_str().len() + self.encoded_session.len()
    }
}

/// Omits the encoded session, to keep its contents out of logs.
impl fmt::Debug for LiveSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveSession").field("id", &self.id).field("tenant", &self.tenant).finish_non_exhaustive()
    }
}
