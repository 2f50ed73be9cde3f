//! What a validation needs of a session.

use std::fmt;

use crate::{
    domain::{SecretHash, Session, SessionClock, SessionId, TenantId, UnixMillis},
    sync::atomic::{AtomicU64, Ordering},
};

/// Makes the answer of a session, as far as it does not change while the session is used.
pub type SessionEncoder = fn(Session) -> Box<[u8]>;

/// A session as it is kept for validations: small, and with its answer made already.
pub struct LiveSession {
    pub id: SessionId,
    pub tenant: TenantId,
    pub secret: SecretHash,
    pub authenticated_at: UnixMillis,
    pub assurance_level: u32,
    /// What [`SessionEncoder`] made. Opaque here.
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

    /// The clock with the latest activity that was read or written here. Others may know of later activity.
    #[must_use]
    pub fn clock(&self) -> SessionClock {
        let last_active = UnixMillis::new(self.last_active.load(Ordering::Relaxed));
        SessionClock { last_active, ..self.clock }
    }

    /// Takes note of activity that is stored; never back.
    pub fn record_activity(&self, at: UnixMillis) {
        self.last_active.fetch_max(at.get(), Ordering::Relaxed);
    }

    /// Bytes of memory, about.
    #[must_use]
    pub fn weight(&self) -> usize {
        size_of::<Self>() + self.tenant.as_str().len() + self.encoded_session.len()
    }
}

/// What the answer holds stays out of logs.
impl fmt::Debug for LiveSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass").field("id", &self.id).field("tenant", &self.tenant).finish_non_exhaustive()
    }
}
