use std::time::Duration;

use crate::domain::{
    Alert,
    alert::{AlertVerdict, Severity},
};

/// The rules and limits of notifications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationSettings {
    pub enabled: bool,
    /// The tenants whose users are notified. Empty: all.
    pub tenants: Vec<String>,
    /// The rules whose findings lead to a notification. Empty: all.
    pub rules: Vec<String>,
    pub min_severity: Severity,
    /// The time from an event after which its notification is discarded.
    pub retention: Duration,
    /// The maximum number of notifications that are not acknowledged.
    pub capacity: u32,
    /// The number of leases after which a notification is dead.
    pub max_attempts: u32,
}

impl NotificationSettings {
    /// Returns whether the alert has something that its user should know. An answer by which sessions ended is confirmed. Findings
    /// that are only tried out are not for users.
    #[must_use]
    pub fn is_for_user(&self, alert: &Alert) -> bool {
        let has_text = match &alert.acknowledgement {
            Some(answer) => answer.verdict != AlertVerdict::WasMe,
            None => !alert.reason_user.is_empty(),
        };
        let is_tenant = |tenant: &String| tenant == alert.tenant.as_str();
        has_text
            && !alert.audit_only
            && alert.user.is_some()
            && (self.tenants.is_empty() || self.tenants.iter().any(is_tenant))
    }

    /// Returns whether the alert leads to a notification. Then all findings of the same sign-in are in it.
    #[must_use]
    pub fn selects(&self, alert: &Alert) -> bool {
        self.is_for_user(alert)
            && alert.severity >= self.min_severity
            && (self.rules.is_empty() || self.rules.contains(&alert.rule))
    }
}
