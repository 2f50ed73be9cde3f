//! Ends of sessions and their reasons.

use super::{id::SessionId, time::UnixMillis};

/// The reason why a session ended. The numbers are stored and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum EndReason {
    /// The session was revoked by ID, token or device, and not because its user signed out.
    Revoked = 1,
    /// Every session of the user, of the tenant, or of everyone was revoked.
    RevokedAll = 2,
    /// A login exceeded the session limit of the policy, and this session was the least recently active.
    Evicted = 3,
    /// The user signed in again on the same device.
    Replaced = 4,
    /// The session was not used for its idle timeout (OWASP ASVS 7.3.1).
    IdleTimeout = 5,
    /// The absolute deadline has passed (OWASP ASVS 7.3.2).
    Expired = 6,
    /// A token that had been rotated out was presented (RFC 9700 §4.14.2).
    TokenReused = 7,
    /// The session was used in a way that is unlikely for its holder.
    HijackSuspected = 8,
    /// The user signed out of this session.
    SignedOut = 9,
}

impl EndReason {
    pub const ALL: [Self; 9] = [
        Self::Revoked,
        Self::RevokedAll,
        Self::Evicted,
        Self::Replaced,
        Self::IdleTimeout,
        Self::Expired,
        Self::TokenReused,
        Self::HijackSuspected,
        Self::SignedOut,
    ];

    /// Returns the number that is stored.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// The inverse of [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// Returns the name used in logs, metrics and the audit.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::RevokedAll => "revoked_all",
            Self::Evicted => "evicted",
            Self::Replaced => "replaced",
            Self::IdleTimeout => "idle_timeout",
            Self::Expired => "expired",
            Self::TokenReused => "token_reused",
            Self::HijackSuspected => "hijack_suspected",
            Self::SignedOut => "signed_out",
        }
    }
}

/// A session that a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEnding {
    pub session_id: SessionId,
    pub reason: EndReason,
    /// The time at which the end took effect. For a timeout, the time at which the timeout passed.
    pub at: UnixMillis,
    pub device_name: String,
}
