//! Recent failures of authentication, of one user or from one network.

use std::time::Duration;

use super::{auth_event::AuthEventKind, time::UnixMillis};

/// Four bytes that stand for the network of a failure among those of a user, for its user among those of a network, or
/// for a guessed token.
pub type PeerTag = [u8; 4];

/// The number of findings whose repeats a record counts.
pub const FINDING_SLOTS: usize = 2;

/// A failed or refused authentication, as far as it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Whole seconds.
    pub at: UnixMillis,
    pub kind: AuthEventKind,
    pub peer: PeerTag,
    /// True if the user is known on the device or in the network.
    pub is_familiar: bool,
}

impl Failure {
    /// Returns whether further attempts should wait because of this failure. An attempt on an account that is locked
    /// anyway does not lock it for longer. A sign-in is no failure, and a token belongs to no user.
    #[must_use]
    pub const fn counts_towards_throttle(&self) -> bool {
        !matches!(
            self.kind,
            AuthEventKind::LockedOut
                | AuthEventKind::SignedIn
                | AuthEventKind::TokenGuessed
                | AuthEventKind::SignedTokenGuessed
        )
    }
}

/// The failures since the last success. Those on devices and in networks on which the user is known are counted
/// separately, so that nobody else can use up their budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailureCount {
    pub failures: u16,
    /// The last of them. The epoch before the first.
    pub last: UnixMillis,
}

impl FailureCount {
    fn add(&mut self, at: UnixMillis) {
        let is_recent = at.since(self.last) < FailureRecord::MAX_AGE;
        self.failures = if is_recent { self.failures.saturating_add(1) } else { 1 };
        self.last = self.last.max(at);
    }

    /// Returns the failures that count at a time.
    #[must_use]
    pub fn at(&self, now: UnixMillis) -> u16 {
        if now.since(self.last) < FailureRecord::MAX_AGE { self.failures } else { 0 }
    }
}

/// The last alert of a finding, and the number of repeats since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RaisedFinding {
    /// The epoch if it was never raised.
    pub at: UnixMillis,
    pub suppressed: u32,
}

/// The recent failures of a user or from a network. Its size is bounded by the number of failures that are remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailureRecord {
    pub unfamiliar: FailureCount,
    pub familiar: FailureCount,
    /// The last success. The epoch if none is known.
    pub succeeded_at: UnixMillis,
    pub raised: [RaisedFinding; FINDING_SLOTS],
    /// The latest failures, in the order in which they were reported.
    pub recent: Vec<Failure>,
}

impl FailureRecord {
    /// The time after which a failure is of no interest.
    pub const MAX_AGE: Duration = Duration::from_hours(24);

    /// Returns this record with one more failure, and without the oldest ones beyond `capacity`.
    #[must_use]
    pub fn with_failure(mut self, failure: Failure, capacity: usize) -> Self {
        if failure.counts_towards_throttle() {
            if failure.is_familiar { &mut self.familiar } else { &mut self.unfamiliar }.add(failure.at);
        }
        self.recent.push(failure);
        let surplus = self.recent.len().saturating_sub(capacity);
        self.recent.drain(..surplus);
        self
    }

    /// Returns this record after a success: failures before it do not count towards the throttle.
    #[must_use]
    pub fn with_success(self, at: UnixMillis) -> Self {
        let reset = |count: FailureCount| FailureCount { failures: 0, ..count };
        Self { unfamiliar: reset(self.unfamiliar), familiar: reset(self.familiar), succeeded_at: at, ..self }
    }

    /// Returns this record with the failures since the last success only.
    #[must_use]
    pub fn since_success(mut self) -> Self {
        let succeeded_at = self.succeeded_at;
        self.recent.retain(|failure| failure.at >= succeeded_at);
        self
    }

    /// Returns the failures within a window that ends now. The clocks of callers may be ahead.
    pub fn within(&self, window: Duration, now: UnixMillis) -> impl Iterator<Item = &Failure> {
        self.recent.iter().filter(move |failure| now.since(failure.at) < window)
    }
}

/// The kind of the subject of a [`FailureRecord`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureSubject {
    User,
    Network,
    /// A network, with the sign-ins of users who were not known in it.
    NetworkNewcomers,
    /// A caller, with the tokens that it presented and that were not issued here.
    CallerTokens,
    /// A network, with such tokens.
    NetworkTokens,
}

impl FailureSubject {
    pub const ALL: [Self; 5] =
        [Self::User, Self::Network, Self::NetworkNewcomers, Self::CallerTokens, Self::NetworkTokens];

    /// Returns the number of failures, or sign-ins, that a record remembers.
    #[must_use]
    pub const fn capacity(self) -> usize {
        match self {
            Self::User => 32,
            Self::Network | Self::NetworkNewcomers | Self::CallerTokens | Self::NetworkTokens => 64,
        }
    }

    /// Returns whether the record has tokens, and no authentications.
    #[must_use]
    pub const fn is_about_tokens(self) -> bool {
        matches!(self, Self::CallerTokens | Self::NetworkTokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::new(1_700_000_000_000);

    fn failure(at: UnixMillis) -> Failure {
        Failure { at, kind: AuthEventKind::PasswordFailed, peer: [1; 4], is_familiar: false }
    }

    #[test]
    fn the_two_budgets_are_separate_and_a_success_ends_both() {
        let record = FailureRecord::default()
            .with_failure(failure(NOW), 9)
            .with_failure(Failure { is_familiar: true, ..failure(NOW) }, 9)
            .with_failure(failure(NOW), 9);
        assert_eq!((record.unfamiliar.at(NOW), record.familiar.at(NOW), record.recent.len()), (2, 1, 3));
        let record = record.with_success(NOW);
        assert_eq!((record.unfamiliar.at(NOW), record.familiar.at(NOW), record.recent.len()), (0, 0, 3));
        assert_eq!(record.succeeded_at, NOW);
        let later = failure(NOW.plus(Duration::from_secs(1)));
        let since = record.with_success(later.at).with_failure(later, 9).since_success();
        assert_eq!(since.recent, [later]);
    }

    #[test]
    fn old_failures_do_not_count_and_attempts_on_a_locked_account_do_not_either() {
        let record = FailureRecord::default().with_failure(failure(NOW), 9);
        let later = NOW.plus(FailureRecord::MAX_AGE);
        assert_eq!((record.unfamiliar.at(later.minus(Duration::from_millis(1))), record.unfamiliar.at(later)), (1, 0));
        assert_eq!(record.clone().with_failure(failure(later), 9).unfamiliar.failures, 1);
        let locked = Failure { kind: AuthEventKind::LockedOut, ..failure(NOW) };
        assert_eq!(record.with_failure(locked, 9).unfamiliar.failures, 1);
    }

    #[test]
    fn no_more_than_the_capacity_is_remembered() {
        let record = (0..100).fold(FailureRecord::default(), |record, n| {
            record.with_failure(failure(NOW.plus(Duration::from_secs(n))), FailureSubject::User.capacity())
        });
        assert_eq!((record.recent.len(), record.unfamiliar.failures), (32, 100));
        assert_eq!(record.within(Duration::from_secs(5), NOW.plus(Duration::from_secs(99))).count(), 5);
    }
}
