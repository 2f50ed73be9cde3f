use std::time::Duration;

use crate::domain::UnixMillis;

/// A bound on remembered values. A value stays while it is no older than `age` or is among the last `logins` logins; at
/// most `entries` values stay.
#[derive(Clone, Copy, Debug)]
pub struct RetentionWindow {
    pub age: Duration,
    pub logins: u32,
    pub entries: usize,
}

/// A value that logins showed, with the time of the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RememberedValue<T> {
    pub value: T,
    /// The hour of the login that last showed it.
    pub at: UnixMillis,
    /// The hour of the login that first showed it.
    pub since: UnixMillis,
    /// The number of the latest login that showed it, counted as [`super::LoginHistory::logins`].
    pub login: u32,
}

/// The values of recent logins, each value once, most recent login first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentValues<T>(Vec<RememberedValue<T>>);

impl<T> Default for RecentValues<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> FromIterator<RememberedValue<T>> for RecentValues<T> {
    /// Keeps the order of the iterator.
    fn from_iter<I: IntoIterator<Item = RememberedValue<T>>>(seen: I) -> Self {
        Self(seen.into_iter().collect())
    }
}

impl<T: Copy + PartialEq> RecentValues<T> {
    #[must_use]
    pub fn contains(&self, value: T) -> bool {
        self.0.iter().any(|seen| seen.value == value)
    }

    pub fn iter(&self) -> impl Iterator<Item = &RememberedValue<T>> {
        self.0.iter()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Records that login number `login` showed `value`, and drops the values outside the window.
    pub(super) fn add(&mut self, value: T, at: UnixMillis, login: u32, window: RetentionWindow) {
        let hour = truncate_to_hour(at);
        let known = self.0.iter().find(|seen| seen.value == value).copied();
        self.0.retain(|seen| seen.value != value);
        // A login that is confirmed late may be older than logins recorded since.
        let (at, since) = known.map_or((hour, hour), |known| (known.at.max(hour), known.since.min(hour)));
        self.0.insert(0, RememberedValue { value, at, since, login });
        self.prune(hour, login, window);
    }

    /// Counts a value as shown at `at`, if it is remembered and was last shown earlier.
    pub(super) fn refresh(&mut self, value: T, at: UnixMillis) {
        for seen in self.0.iter_mut().filter(|seen| seen.value == value) {
            seen.at = seen.at.max(truncate_to_hour(at));
        }
    }

    /// Removes the entries for which `is_removed` holds.
    pub(super) fn remove(&mut self, is_removed: impl Fn(&RememberedValue<T>) -> bool) {
        self.0.retain(|seen| !is_removed(seen));
    }

    pub(super) fn prune(&mut self, now: UnixMillis, login: u32, window: RetentionWindow) {
        self.0.retain(|seen| {
            let young = truncate_to_hour(now).since(seen.at) <= window.age;
            young || login.saturating_sub(seen.login) < window.logins
        });
        self.0.truncate(window.entries);
    }
}

fn truncate_to_hour(at: UnixMillis) -> UnixMillis {
    UnixMillis::new(at.get() - at.get() % 3_600_000)
}
