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
    pub states: Vec<SelectOption>,
    /// The address of the next page; empty if this is the last one.
    pub next: String,
    pub is_first: bool,
    /// The address of the first page.
    pub first: String,
    /// The address of the stream of new alerts.
    pub stream: String,
}

/// An alert in a list.
#[derive(Clone, Debug)]
pub struct AlertItem {
    pub id: String,
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
    pub answer: Option<AnswerView>,
    /// The tenant and the user as they are passed on in forms.
    pub owner: (String, String),
}

/// The answer to an alert.
#[derive(Clone, Debug)]
pub struct AnswerView {
    /// "this was the user" or the opposite.
    pub text: &'static str,
    pub is_bad: bool,
    pub actor: UntrustedText,
    pub at: PageTime,
}

impl AnswerView {
    fn new(answer: &api::AlertAcknowledgement, now: UnixMillis) -> Self {
        let is_bad = answer.verdict() == api::AlertVerdict::WasNotMe;
        Self {
            text: if is_bad { "this was not the user" } else { "this was the user" },
            is_bad,
            actor: answer.actor.as_str().into(),
            at: PageTime::new(answer.acknowledged_at, now, Language::English),
        }
    }
}

impl AlertItem {
    #[must_use]
    pub fn new(entry: &api::AlertEntry, now: UnixMillis) -> Self {
        let alert = entry.alert.clone().unwrap_or_default();
        let session_address = match alert.session_id.as_str() {
            "" => String::new(),
            id => link("/console/session", &[("id", id)]),
        };
        Self {
            answer: entry.acknowledgement.as_ref().map(|answer| AnswerView::new(answer, now)),
            owner: (alert.tenant_id.clone(), alert.user_id.clone()),
            id: alert.alert_id.clone(),
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

    /// Returns whether the alert can be answered: it is about a user, and nobody has answered it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.answer.is_none() && !self.user_address.is_empty()
    }
}
