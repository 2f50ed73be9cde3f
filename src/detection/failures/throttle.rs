use std::time::Duration;

use crate::domain::{UnixMillis, failures::FailureRecord};

use super::{FailureSettings, is_spray, is_stuffing};

/// The wait after the first failure that is throttled. Each further failure doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// The failures after which attempts wait for at least [`LOCKOUT`] (PCI DSS 4.0, requirement 8.3.4).
const LOCKOUT_FAILURES: u16 = 10;
const LOCKOUT: Duration = Duration::from_mins(30);

/// The facts on which the throttle depends.
#[derive(Clone, Copy, Debug)]
pub struct ThrottleContext<'a> {
    pub now: UnixMillis,
    pub user: &'a FailureRecord,
    /// `None` if the address is unknown.
    pub network: Option<&'a FailureRecord>,
    /// True if the user is known on the device or in the network.
    pub is_familiar: bool,
    pub settings: &'a FailureSettings,
}

/// Returns for how long attempts like this one should be rejected; `None` if they need not be.
///
/// Attempts on devices and in networks on which the user is known count separately, and do not wait because of others
/// from the same network. So nobody can lock a user out there.
#[must_use]
pub fn throttle(context: &ThrottleContext<'_>) -> Option<Duration> {
    let ThrottleContext { now, user, network, is_familiar, settings } = *context;
    let count = if is_familiar { user.familiar } else { user.unfamiliar };
    let wait_of_user = wait_after(count.at(now), settings);
    let is_attacking =
        |network: &&FailureRecord| is_stuffing(network, settings, now) || is_spray(network, settings, now);
    let wait_of_network = network.filter(|_| !is_familiar).filter(is_attacking).map(|_| settings.window);
    wait_of_user.max(wait_of_network)
}

/// Returns the wait after so many failures since the last success.
fn wait_after(failures: u16, settings: &FailureSettings) -> Option<Duration> {
    let beyond = u32::from(failures).checked_sub(settings.throttle_after)?;
    let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(beyond)).min(settings.throttle_max);
    Some(if failures >= LOCKOUT_FAILURES { doubled.max(LOCKOUT) } else { doubled })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{detection::failures::samples::SampleFailures, domain::AuthEventKind};

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn the_wait_doubles_up_to_its_limit_and_is_half_an_hour_from_the_tenth_failure() {
        let settings = FailureSettings::default();
        let seconds = |failures| wait_after(failures, &settings).map(|wait| wait.as_secs());
        let waits = [(0, None), (4, None), (5, Some(30)), (6, Some(60)), (9, Some(480)), (10, Some(1_800))];
        for (failures, expected) in waits.into_iter().chain([(12, Some(3_600)), (u16::MAX, Some(3_600))]) {
            assert_eq!(seconds(failures), expected, "{failures} failures");
        }
        let later = FailureSettings { throttle_after: 9, ..settings };
        assert_eq!((wait_after(8, &later), wait_after(9, &later)), (None, Some(FIRST_WAIT)));
        assert_eq!(wait_after(10, &later), Some(LOCKOUT), "PCI DSS, whatever the doubling says");
        let shorter = FailureSettings { throttle_max: MINUTE * 45, ..settings };
        assert_eq!(wait_after(12, &shorter), Some(MINUTE * 45));
    }

    #[test]
    fn nobody_can_lock_a_user_out_where_the_user_is_known() {
        let attack = SampleFailures::of_user(AuthEventKind::PasswordFailed, 32, Duration::from_secs(1));
        let wait = |is_familiar| throttle(&ThrottleContext { is_familiar, ..attack.throttle_context() });
        assert_eq!(wait(false), Some(Duration::from_hours(1)), "the attacker waits");
        assert_eq!(wait(true), None, "the user does not");
        let typos = attack.by_the_user(5);
        let wait = throttle(&ThrottleContext { is_familiar: true, ..typos.throttle_context() });
        assert_eq!(wait, Some(FIRST_WAIT), "the counterpart: the user's own failures count");
    }

    #[test]
    fn everybody_in_an_attacking_network_waits_but_for_users_who_are_known_there() {
        let stuffing = SampleFailures::from_network(30, 30, Duration::from_secs(1));
        let nobody = FailureRecord::default();
        let context = |is_familiar| ThrottleContext {
            user: &nobody,
            network: Some(&stuffing.record),
            is_familiar,
            ..stuffing.throttle_context()
        };
        assert_eq!(throttle(&context(false)), Some(stuffing.settings.window));
        assert_eq!(throttle(&context(true)), None);
        assert_eq!(throttle(&ThrottleContext { network: None, ..context(false) }), None);
    }
}
