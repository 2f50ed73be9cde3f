//! Alerts.

use askama::Template;

use crate::{
    api,
    domain::UnixMillis,
    web::{language::Language, layout::PageLayout, link, page_time::PageTime, untrusted::UntrustedText},
};

use super::{SelectOption, enum_label, session_row::user_address};

/// The page with the latest alerts, which follows new ones.
#[derive(Clone, Debug, Template)]
#[template(path = "console/alerts.html")]
pub struct AlertsPage {
    pub layout: PageLayout,
    pub tenant: String,
    pub user: String,
    pub severities: Vec<SelectOption>,
    pub alerts: Vec<AlertItem>,
    /// Set if there are earlier alerts that are not shown.
    pub is_partial: bool,
    /// The address of the stream of new alerts.
    pub stream: String,
}

/// An alert in a list.
#[derive(Clone, Debug)]
pub struct AlertItem {
    pub at: PageTime,
    pub severity: String,
    /// The name of the rule in words.
    pub rule: String,
    pub reason: UntrustedText,
    pub tenant: UntrustedText,
    pub user: UntrustedText,
    pub user_address: String,
    pub session_address: String,
    /// The number of findings that the alert stands for.
    pub count: u64,
}

impl AlertItem {
    #[must_use]
    pub fn new(alert: &api::Alert, now: UnixMillis) -> Self {
        let session_address = match alert.session_id.as_str() {
            "" => String::new(),
            id => link("/console/session", &[("id", id)]),
        };
        Self {
            at: PageTime::new(alert.detected_time, now, Language::English),
            severity: enum_label(alert.severity().as_str_name(), "SEVERITY_"),
            rule: alert.rule.to_lowercase().replace('_', " "),
            reason: alert.reason_admin.as_str().into(),
            tenant: alert.tenant_id.as_str().into(),
            user: alert.user_id.as_str().into(),
            user_address: user_address(&alert.tenant_id, &alert.user_id),
            session_address,
            count: alert.dedup_count,
        }
    }
}
