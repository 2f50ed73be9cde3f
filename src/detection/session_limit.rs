//! A login that evicts other sessions.

use std::time::Duration;

use crate::{
    domain::{
        OnLimit,
        alert::{AlertAction, Detail, Severity, Volume},
    },
    store::Trigger,
};

use super::{LoginContext, Outcome, found::Found};

/// Whether a session is evicted is decided with the login itself, so this finds it in case it is.
pub(super) fn judge(context: &LoginContext<'_>) -> Outcome {
    if context.on_limit == OnLimit::Refuse {
        return Outcome::Quiet;
    }
    Outcome::Found(Box::new(Found {
        severity: Severity::Low,
        action: AlertAction::None,
        raised_by: Trigger::Eviction,
        // The store tells which session and how many.
        previous: None,
        reason_admin: format!(
            "Login over the limit of {} sessions: the least recently active gave way.",
            context.limit
        ),
        reason_user: format!(
            "A new sign-in{} took the place of an older one, as you may have {} at a time",
            context.on_device(),
            context.limit
        ),
        mitre_techniques: &[],
        dedup_subject: format!("{}:{}", context.limit, context.device_key()),
        detail: Detail::Volume(Volume {
            count: 0,
            threshold: 1,
            window: Duration::ZERO,
            distinct_users: 1,
            distinct_networks: 0,
            distinct_devices: 0,
        }),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::samples::{Login, found};

    #[test]
    fn it_waits_for_an_eviction_whatever_is_known_of_the_user() {
        for login in [Login::in_country("DE"), Login::in_country("").after(0)] {
            let found = found(&login, judge);
            assert_eq!((found.raised_by, found.severity), (Trigger::Eviction, Severity::Low));
            assert!(found.reason_admin.contains("limit of 5"), "{}", found.reason_admin);
        }
    }

    #[test]
    fn who_is_refused_evicts_nobody() {
        let login = Login { on_limit: OnLimit::Refuse, ..Login::in_country("DE") };
        assert_eq!(login.judged(judge), Ok(None));
    }
}
