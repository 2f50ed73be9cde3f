//! Start times of sessions and of mass revocations.

use std::time::Duration;

use crate::domain::UnixMillis;

/// Maximum time that a transaction may have waited to begin since its time was read.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// Returns the start of a session that is created `now`: later than every revocation before it, even within the same
/// millisecond. Times therefore show which sessions a revocation has ended.
///
/// A user's floor further ahead than [`MAX_WAIT`] was written under a wrong clock and is ignored.
pub(in crate::store) fn session_start(
    floor: Option<UnixMillis>,
    mass_floor: Option<UnixMillis>,
    now: UnixMillis,
) -> UnixMillis {
    let plausible = floor.filter(|floor| *floor <= now.plus(MAX_WAIT));
    next_after(plausible.max(mass_floor), now)
}

/// Returns the time of a mass revocation that is carried out `now`: later than the `last` one of its scope.
pub(in crate::store) fn mass_revocation_time(last: Option<UnixMillis>, now: UnixMillis) -> UnixMillis {
    next_after(last, now)
}

fn next_after(earlier: Option<UnixMillis>, now: UnixMillis) -> UnixMillis {
    earlier.map_or(now, |earlier| now.max(earlier.plus(Duration::from_millis(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::new(100_000);

    #[test]
    fn a_session_starts_after_every_revocation() {
        let later = NOW.plus(Duration::from_millis(1));
        assert_eq!(session_start(None, None, NOW), NOW);
        assert_eq!(session_start(Some(NOW), None, NOW), later);
        assert_eq!(session_start(Some(UnixMillis::new(5)), Some(NOW), NOW), later);
    }

    #[test]
    fn an_implausible_floor_of_the_user_is_ignored_and_a_mass_floor_is_not() {
        let ahead = NOW.plus(MAX_WAIT + Duration::from_millis(1));
        assert_eq!(session_start(Some(ahead), None, NOW), NOW);
        assert_eq!(session_start(None, Some(ahead), NOW), ahead.plus(Duration::from_millis(1)));
    }
}
