//! The limit for failed sign-ins.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{domain::UnixMillis, transport::connections::PeerNetwork};

/// The number of sign-ins of one network that may fail in a window.
const FAILURES: u32 = 10;
/// The length of a window.
const WINDOW: Duration = Duration::from_mins(1);
/// The number of networks that are counted at a time. Further ones are refused while all of them are in their window.
const NETWORKS: usize = 4096;

/// Counts failed sign-ins by network, on this node. API keys cannot be guessed; the limit saves the work of refusing
/// them, and the audit log from being flooded.
#[derive(Debug, Default)]
pub(super) struct SignInLimiter {
    networks: Mutex<HashMap<PeerNetwork, FailureWindow>>,
}

#[derive(Clone, Copy, Debug)]
struct FailureWindow {
    began: UnixMillis,
    failures: u32,
}

impl SignInLimiter {
    /// Counts a sign-in as failed until [`SignInLimiter::forgive`] is called. Fails with the time to wait if the network
    /// of `address` has reached the limit.
    pub(super) fn admit(&self, address: IpAddr, now: UnixMillis) -> Result<(), Duration> {
        let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |window: &FailureWindow| window.began.plus(WINDOW) <= now || window.began > now;
        let network = PeerNetwork::from(address);
        if networks.len() >= NETWORKS && !networks.contains_key(&network) {
            networks.retain(|_, window| !is_over(window));
            if networks.len() >= NETWORKS {
                return Err(WINDOW);
            }
        }
        let window = networks.entry(network).or_insert(FailureWindow { began: now, failures: 0 });
        if is_over(window) {
            *window = FailureWindow { began: now, failures: 0 };
        }
        if window.failures >= FAILURES {
            return Err(window.began.plus(WINDOW).since(now));
        }
        window.failures += 1;
        Ok(())
    }

    /// Notes that a sign-in of the network of `address` succeeded.
    pub(super) fn forgive(&self, address: IpAddr) {
        let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
        networks.remove(&PeerNetwork::from(address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::new(1_700_000_000_000);

    #[test]
    fn so_many_may_fail_in_a_window_and_other_networks_do_not_notice() {
        let limiter = SignInLimiter::default();
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        for _ in 0..FAILURES {
            assert_eq!(limiter.admit(one, NOW), Ok(()));
        }
        assert_eq!(limiter.admit(one, NOW.plus(Duration::from_secs(20))), Err(Duration::from_secs(40)));
        assert_eq!(limiter.admit(other, NOW), Ok(()));
        assert_eq!(limiter.admit(one, NOW.plus(WINDOW)), Ok(()), "the next window");
        limiter.forgive(one);
        assert_eq!(limiter.admit(one, NOW.plus(WINDOW)), Ok(()));
    }

    #[test]
    fn no_more_networks_are_counted_than_there_is_room_for() {
        let limiter = SignInLimiter::default();
        let network = |number: u32| IpAddr::from(number.to_be_bytes());
        for number in 0..4096 {
            assert_eq!(limiter.admit(network(number), NOW), Ok(()));
        }
        assert_eq!(limiter.admit(network(5000), NOW), Err(WINDOW));
        assert_eq!(limiter.admit(network(1), NOW), Ok(()), "one that is counted");
        assert_eq!(limiter.admit(network(5000), NOW.plus(WINDOW)), Ok(()), "the others are over");
    }
}
