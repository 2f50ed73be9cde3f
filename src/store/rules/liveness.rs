//! A user's sessions, partitioned into live and ended ones.

use crate::{
    domain::{Cause, EndReason, Liveness, SessionClock, SessionId, UnixMillis, UserHandle},
    store::{Touch, record::Generation},
};

/// The part of a session ID that is unique among the sessions of one user.
pub(in crate::store) type UniqueId = [u8; SessionId::UNIQUE_BYTES];

/// A session without its record: the data that decisions are based on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct SessionHead {
    pub unique: UniqueId,
    pub clock: SessionClock,
    pub generation: Generation,
    /// Set if the clock is ahead of the stored one.
    pub touched: bool,
}

/// A mass revocation. It has ended every session with a lower generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct StoredMassRevocation {
    pub generation: Generation,
    pub at: UnixMillis,
    pub cause: Cause,
}

impl StoredMassRevocation {
    pub(in crate::store) const fn applies_to(&self, generation: Generation) -> bool {
        generation < self.generation
    }
}

impl SessionHead {
    /// Moves the last activity forward to `at`, never back. Returns `false` if the session had timed out by then: such
    /// a touch does not count.
    pub(in crate::store) fn apply_touch(&mut self, at: UnixMillis) -> bool {
        let counts = self.clock.liveness(at) == Liveness::Live;
        if counts && at > self.clock.last_active {
            self.clock.last_active = at;
            self.touched = true;
        }
        counts
    }
}

/// Reason, time and cause of the end of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct EndingDetails {
    pub reason: EndReason,
    /// The time at which the ending took effect.
    pub at: UnixMillis,
    pub cause: Cause,
    /// Set if a mass revocation is the reason.
    pub is_mass_revocation: bool,
}

impl EndingDetails {
    /// Returns whether the event of a mass revocation covers the end of the session with this `clock`: it covers the
    /// sessions that were stored before it. A session that was last active before it was certainly stored before it.
    pub(in crate::store) fn is_covered_by_mass_event(&self, clock: &SessionClock) -> bool {
        self.reason == EndReason::RevokedAll && clock.last_active < self.at
    }
}

/// The partitioned sessions of a user, each part ordered from the least recently active one, then by unique ID.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::store) struct PartitionedSessions {
    pub live: Vec<SessionHead>,
    pub ended: Vec<(SessionHead, EndingDetails)>,
}

impl PartitionedSessions {
    /// Partitions the user's `sessions` after applying `touches`. Touches of other users are ignored.
    pub(in crate::store) fn new(
        handle: UserHandle,
        mut sessions: Vec<SessionHead>,
        touches: &[Touch],
        mass: Option<&StoredMassRevocation>,
        now: UnixMillis,
    ) -> Self {
        for session in &mut sessions {
            let id = SessionId { handle, unique: session.unique };
            for touch in touches.iter().filter(|touch| touch.session_id == id) {
                session.apply_touch(touch.at);
            }
        }
        sessions.sort_unstable_by_key(|session| (session.clock.last_active, session.unique));
        let mut partitioned = Self::default();
        for session in sessions {
            match session_ending(&session.clock, session.generation, mass, now) {
                Some(ending) => partitioned.ended.push((session, ending)),
                None => partitioned.live.push(session),
            }
        }
        partitioned
    }
}

/// Returns reason, time and cause of the end of a session, or `None` while it is live.
pub(in crate::store) fn session_ending(
    clock: &SessionClock,
    generation: Generation,
    mass: Option<&StoredMassRevocation>,
    now: UnixMillis,
) -> Option<EndingDetails> {
    let mass = mass.filter(|mass| mass.applies_to(generation));
    match clock.liveness_after_revocation(mass.map(|mass| mass.at), now) {
        Liveness::Live => None,
        Liveness::Ended { reason, at } => {
            let revocation = mass.filter(|_| reason == EndReason::RevokedAll);
            let cause = revocation.map_or_else(|| Cause::from_service("timeout"), |mass| mass.cause.clone());
            Some(EndingDetails { reason, at, cause, is_mass_revocation: revocation.is_some() })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const HANDLE: UserHandle = UserHandle([1; 12]);

    fn session_head(unique: u8, last_active: u64) -> SessionHead {
        SessionHead {
            unique: [unique; 8],
            clock: SessionClock {
                last_active: UnixMillis::new(last_active),
                idle_timeout: Duration::from_millis(100),
                idle_margin: Duration::ZERO,
                expires_at: UnixMillis::new(10_000),
                device: [0; 8],
            },
            generation: 1,
            touched: false,
        }
    }

    fn touch(handle: UserHandle, unique: u8, at: u64) -> Touch {
        Touch { session_id: SessionId { handle, unique: [unique; 8] }, at: UnixMillis::new(at) }
    }

    fn order(sessions: &[SessionHead]) -> Vec<u8> {
        sessions.iter().map(|session| session.unique[0]).collect()
    }

    #[test]
    fn the_least_recently_active_comes_first_and_the_lower_id_among_equals() {
        let sessions = vec![session_head(3, 50), session_head(2, 40), session_head(1, 50)];
        let partitioned = PartitionedSessions::new(HANDLE, sessions, &[], None, UnixMillis::new(100));
        assert_eq!(order(&partitioned.live), [2, 1, 3]);
    }

    #[test]
    fn a_touch_counts_before_it_is_decided_who_is_over() {
        let touches = [touch(HANDLE, 1, 90), touch(HANDLE, 1, 30), touch(UserHandle([2; 12]), 2, 90)];
        let partitioned = PartitionedSessions::new(
            HANDLE,
            vec![session_head(1, 20), session_head(2, 20)],
            &touches,
            None,
            UnixMillis::new(150),
        );
        assert_eq!(order(&partitioned.live), [1]);
        assert!(partitioned.live[0].touched);
        let (ended, ending) = &partitioned.ended[0];
        assert_eq!((ended.unique[0], ending.reason, ending.at), (2, EndReason::IdleTimeout, UnixMillis::new(120)));
    }

    #[test]
    fn a_touch_does_not_move_activity_back() {
        let partitioned = PartitionedSessions::new(
            HANDLE,
            vec![session_head(1, 20)],
            &[touch(HANDLE, 1, 10)],
            None,
            UnixMillis::new(100),
        );
        assert_eq!(partitioned.live, [session_head(1, 20)]);
    }

    #[test]
    fn only_sessions_of_an_earlier_generation_are_revoked_as_a_mass() {
        let mass =
            StoredMassRevocation { generation: 2, at: UnixMillis::new(60), cause: Cause::from_service("breach") };
        let later = SessionHead { generation: 2, ..session_head(2, 50) };
        let partitioned =
            PartitionedSessions::new(HANDLE, vec![session_head(1, 50), later], &[], Some(&mass), UnixMillis::new(100));
        assert_eq!(order(&partitioned.live), [2]);
        let (reason, is_mass_revocation) = (EndReason::RevokedAll, true);
        let ending = EndingDetails { reason, at: mass.at, cause: mass.cause, is_mass_revocation };
        assert_eq!(partitioned.ended, [(session_head(1, 50), ending)]);
    }
}
