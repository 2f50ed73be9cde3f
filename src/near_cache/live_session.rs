//! The part of a session that validations need.

use std::fmt;

use crate::{
    domain::{SecretHash, Session, SessionClock, SessionId, TenantId, UnixMillis},
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

    /// Records activity that was written to the store. The last activity never moves back.
    pub fn record_activity(&self, at: UnixMillis) {
        self.last_active.fetch_max(at.get(), Ordering::Relaxed);
    }

    /// Returns the approximate memory, in bytes.
    #[must_use]
    pub fn weight(&self) -> usize {
        size_of::<Self>() + self.tenant.as_str().len() + self.encoded_session.len()
    }
}

/// Omits the encoded session, to keep its contents out of logs.
impl fmt::Debug for LiveSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveSession").field("id", &self.id).field("tenant", &self.tenant).finish_non_exhaustive()
    }
}
