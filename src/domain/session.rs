//! Sessions: the record, which is fixed at login, and the clock.

use std::{net::Ipv6Addr, time::Duration};

use super::{
    alert::NotificationContact,
    data::SessionData,
    device::{Device, DeviceTag, DeviceType},
    ending::EndReason,
    id::{Owner, SessionId},
    last_seen::LastSeenClient,
    location::{GeoPosition, Location},
    policy::ClientBindingRules,
    rotation::{Rotation, RotationRules, TokenStanding, standing},
    time::UnixMillis,
    token::{PresentedToken, SecretHash},
};

/// An active session, as callers see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub id: SessionId,
    pub owner: Owner,
    pub record: Record,
    pub clock: SessionClock,
}

/// The data that a validation needs besides the clock. Only create, update, rotate and the end of the session change
/// it, so the use of a session does not invalidate cached copies of its record.
#[derive(Clone, PartialEq)]
pub struct Record {
    /// Starts at 1 and grows by one with every update and rotation.
    pub revision: u32,
    pub secret: SecretHash,
    pub email: String,
    pub contact: NotificationContact,
    pub roles: Vec<String>,
    pub data: SessionData,
    pub device: Device,
    pub location: Location,
    pub created_at: UnixMillis,
    pub authenticated_at: UnixMillis,
    /// True if the session was created with "remember this device".
    pub remembered: bool,
    pub auth_methods: Vec<String>,
    pub assurance_level: u32,
    /// The name of the policy under which the session was created.
    pub policy: String,
    pub rotation_rules: RotationRules,
    pub binding: ClientBindingRules,
    /// The time from which the session is rejected until its user authenticates again. `None`: it is not.
    pub step_up_at: Option<UnixMillis>,
    /// The latest rotation of the token. `None` while the session has its first one.
    pub rotation: Option<Rotation>,
    /// The client of the last request. `None` while it is the one that signed in, or is unknown. It is stored next to
    /// the record, and written with the activity of the session.
    pub last_seen: Option<Box<LastSeenClient>>,
}

impl Record {
    /// Returns a record with a value in every field, for tests and stored forms.
    #[doc(hidden)]
    #[must_use]
    pub fn sample() -> Self {
        Self {
            revision: 1,
            secret: SecretHash([9; 32]),
            email: "ann@example.com".to_owned(),
            contact: NotificationContact::default(),
            roles: vec!["reader".to_owned(), "writer".to_owned()],
            // The protobuf form of {"plan": "pro"}.
            data: SessionData::from_stored(b"\x0a\x0d\x0a\x04plan\x12\x05\x1a\x03pro".to_vec()),
            device: Device {
                id: "phone-1".to_owned(),
                name: "Safari on iPhone".to_owned(),
                kind: DeviceType::Mobile,
                browser: "Safari".to_owned(),
                os: "iOS".to_owned(),
                user_agent: "Mozilla/5.0 (iPhone)".to_owned(),
                first_seen: true,
                named_by_caller: true,
            },
            location: Location {
                ip: Some(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7).into()),
                country: "BR".to_owned(),
                region: "SP".to_owned(),
                city: "São Paulo".to_owned(),
                position: Some(GeoPosition { latitude: -23.5, longitude: -46.6, accuracy_radius_km: 20 }),
                asn: 64_500,
                network: "Example".to_owned(),
            },
            created_at: UnixMillis::new(1_700_000_000_123),
            authenticated_at: UnixMillis::new(1_700_000_000_000),
            remembered: true,
            auth_methods: vec!["pwd".to_owned(), "otp".to_owned()],
            assurance_level: 2,
            policy: "default".to_owned(),
            rotation_rules: RotationRules::default(),
            binding: ClientBindingRules::default(),
            step_up_at: None,
            rotation: None,
            last_seen: None,
        }
    }

    /// Returns what `token` is to this session.
    #[must_use]
    pub fn standing(&self, token: PresentedToken, now: UnixMillis) -> TokenStanding {
        standing(self.secret, self.rotation.as_ref(), token, now)
    }

    /// Returns the time from which the current token should be rotated. `None`: never.
    #[must_use]
    pub fn rotate_after(&self) -> Option<UnixMillis> {
        let issued_at = self.rotation.as_ref().map_or(self.created_at, |rotation| rotation.at);
        self.rotation_rules.max_age.map(|age| issued_at.plus(age))
    }

    /// Returns the time since which the user must authenticate again; `None` if the user need not, or has.
    #[must_use]
    pub fn demands_step_up_since(&self) -> Option<UnixMillis> {
        self.step_up_at.filter(|at| self.authenticated_at <= *at)
    }

    /// Sets the start of the session. A login that was authenticated at its start stays so.
    pub const fn set_start(&mut self, at: UnixMillis) {
        if self.authenticated_at.get() == self.created_at.get() {
            self.authenticated_at = at;
        }
        self.created_at = at;
    }
}

/// Leaves the e-mail address and the data out of logs.
impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record")
            .field("revision", &self.revision)
            .field("device", &self.device.name)
            .field("created_at", &self.created_at)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// The clock of a session: its last use and its deadlines. The stored form has a fixed width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionClock {
    pub last_active: UnixMillis,
    /// Zero if the session has no idle timeout.
    pub idle_timeout: Duration,
    /// The time that an idle session lives beyond `idle_timeout`, because activity is written late. Zero if activity is
    /// written at once.
    pub idle_margin: Duration,
    /// The absolute deadline.
    pub expires_at: UnixMillis,
    pub device: DeviceTag,
}

/// The state of a session at a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    Live,
    /// The session ended at `at`, even if its end has not been recorded yet.
    Ended {
        reason: EndReason,
        at: UnixMillis,
    },
}

impl SessionClock {
    /// Returns the time at which the idle timeout passes unless the session is used, or the absolute deadline if that
    /// is earlier.
    #[must_use]
    pub fn idle_expires_at(&self) -> UnixMillis {
        if self.idle_timeout.is_zero() {
            self.expires_at
        } else {
            self.last_active.plus(self.idle_timeout).min(self.expires_at)
        }
    }

    /// Returns the state of the session at `now`. The absolute deadline ends it at once (`now >= expires_at`); idleness
    /// ends it after the whole timeout and margin (`now > last_active + idle_timeout + idle_margin`). The reason is the
    /// one that came first, whenever the state is computed.
    #[must_use]
    pub fn liveness(&self, now: UnixMillis) -> Liveness {
        let idle_deadline = self.idle_deadline();
        if !self.idle_timeout.is_zero() && now > idle_deadline && idle_deadline < self.expires_at {
            Liveness::Ended { reason: EndReason::IdleTimeout, at: self.last_active.plus(self.idle_timeout) }
        } else if now >= self.expires_at {
            Liveness::Ended { reason: EndReason::Expired, at: self.expires_at }
        } else {
            Liveness::Live
        }
    }

    /// Returns the state as [`SessionClock::liveness`] does, for a session that was revoked with its tenant or with
    /// everyone at `revoked_at`. Such a session has ended whatever `now` says; the times decide only whether it had
    /// timed out before that.
    #[must_use]
    pub fn liveness_after_revocation(&self, revoked_at: Option<UnixMillis>, now: UnixMillis) -> Liveness {
        match (self.liveness(revoked_at.map_or(now, |at| at.min(now))), revoked_at) {
            (Liveness::Live, Some(at)) => Liveness::Ended { reason: EndReason::RevokedAll, at },
            (liveness, _) => liveness,
        }
    }

    /// Returns the earliest time at which [`SessionClock::liveness`] is [`Liveness::Ended`], unless the session is
    /// used.
    #[must_use]
    pub fn due_at(&self) -> UnixMillis {
        if self.idle_timeout.is_zero() {
            self.expires_at
        } else {
            self.idle_deadline().plus(Duration::from_millis(1)).min(self.expires_at)
        }
    }

    fn idle_deadline(&self) -> UnixMillis {
        self.last_active.plus(self.idle_timeout).plus(self.idle_margin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> SessionClock {
        SessionClock {
            last_active: UnixMillis::new(1_000),
            idle_timeout: Duration::from_millis(500),
            idle_margin: Duration::from_millis(20),
            expires_at: UnixMillis::new(10_000),
            device: [0; 8],
        }
    }

    #[test]
    fn idles_out_only_after_timeout_and_margin() {
        assert_eq!(clock().liveness(UnixMillis::new(1_520)), Liveness::Live);
        let over = Liveness::Ended { reason: EndReason::IdleTimeout, at: UnixMillis::new(1_500) };
        assert_eq!(clock().liveness(UnixMillis::new(1_521)), over);
        assert_eq!(clock().idle_expires_at(), UnixMillis::new(1_500));
        assert_eq!(clock().liveness(UnixMillis::new(20_000)), over, "the same reason at any later time");
    }

    #[test]
    fn expires_at_its_deadline_however_active() {
        let busy = SessionClock { last_active: UnixMillis::new(9_999), ..clock() };
        assert_eq!(busy.liveness(UnixMillis::new(9_999)), Liveness::Live);
        let over = Liveness::Ended { reason: EndReason::Expired, at: UnixMillis::new(10_000) };
        assert_eq!(busy.liveness(UnixMillis::new(10_000)), over);
        assert_eq!(busy.idle_expires_at(), UnixMillis::new(10_000));
    }

    #[test]
    fn a_revoked_session_is_over_whatever_the_clocks_say() {
        let [before, revoked_at, timed_out] = [1_001, 1_400, 1_521].map(UnixMillis::new);
        let revoked = Liveness::Ended { reason: EndReason::RevokedAll, at: revoked_at };
        assert_eq!(clock().liveness_after_revocation(Some(revoked_at), timed_out), revoked);
        assert_eq!(
            clock().liveness_after_revocation(Some(revoked_at), before),
            revoked,
            "the clock that revoked it was ahead"
        );
        let future = UnixMillis::new(1_000_000);
        let revoked = Liveness::Ended { reason: EndReason::RevokedAll, at: future };
        assert_eq!(clock().liveness_after_revocation(Some(future), before), revoked, "not reported as timed out");
        let idle = Liveness::Ended { reason: EndReason::IdleTimeout, at: UnixMillis::new(1_500) };
        assert_eq!(clock().liveness_after_revocation(Some(timed_out), future), idle, "it had timed out before");
        assert_eq!(clock().liveness_after_revocation(None, before), Liveness::Live);
    }

    #[test]
    fn is_due_when_it_is_over_and_not_before() {
        let due = clock().due_at();
        assert_eq!(due, UnixMillis::new(1_521));
        assert_eq!(clock().liveness(due.minus(Duration::from_millis(1))), Liveness::Live);
        assert_ne!(clock().liveness(due), Liveness::Live);
    }

    #[test]
    fn without_an_idle_timeout_only_the_deadline_counts() {
        let clock = SessionClock { idle_timeout: Duration::ZERO, ..clock() };
        assert_eq!(clock.liveness(UnixMillis::new(9_999)), Liveness::Live);
        assert_eq!(clock.due_at(), UnixMillis::new(10_000));
    }
}
