//! Settings of notifications to users.

use super::{durations::secs, reader::SettingsReader};
use crate::{
    detection::AlertRule,
    domain::{TenantId, alert::Severity},
    notifications::NotificationSettings,
};

/// The part of `alerts.link_url` that the token of a link replaces.
const TOKEN_PLACEHOLDER: &str = "{token}";

/// Reads the section.
pub(super) fn read(r: &mut SettingsReader) -> NotificationSettings {
    let tenants: Vec<String> = r.get("notifications.tenants").unwrap_or_default();
    for tenant in &tenants {
        if let Err(violation) = TenantId::new(tenant) {
            r.add_problem("notifications.tenants", violation.description);
        }
    }
    let rules: Vec<String> = r.get("notifications.rules").unwrap_or_default();
    for rule in rules.iter().filter(|rule| AlertRule::from_name(rule).is_none()) {
        r.add_problem("notifications.rules", format!("has the unknown rule {rule}; docs/detection.md lists the rules"));
    }
    NotificationSettings {
        enabled: r.get_bool("notifications.enabled"),
        tenants,
        rules,
        min_severity: read_severity(r),
        retention: r.get_in_range("notifications.retention", secs(3_600)..=secs(30 * 86_400)),
        capacity: r.get_in_range("notifications.max_queued", 100..=10_000_000),
        max_attempts: r.get_in_range("notifications.max_attempts", 1..=1_000),
    }
}

fn read_severity(r: &mut SettingsReader) -> Severity {
    let name: String = r.get("notifications.min_severity").unwrap_or_default();
    let severity = Severity::ALL.into_iter().find(|severity| severity.name() == name);
    severity.unwrap_or_else(|| {
        let names = Severity::ALL.map(Severity::name).join(", ");
        r.add_problem("notifications.min_severity", format!("is none of {names}"));
        Severity::Low
    })
}

/// Reads the address of the links in notifications; empty for none.
pub(super) fn read_link_url(r: &mut SettingsReader) -> String {
    let url: String = r.get("alerts.link_url").unwrap_or_default();
    let is_address = url.starts_with("https://") || url.starts_with("http://");
    let is_valid = is_address && url.matches(TOKEN_PLACEHOLDER).count() == 1 && !url.contains(char::is_whitespace);
    if !url.is_empty() && !is_valid {
        r.add_problem(
            "alerts.link_url",
            "is not an address of https with {token} in it once, such as https://id.example.com/account/alerts/{token}",
        );
    }
    url
}
