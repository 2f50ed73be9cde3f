//! Webhooks and their dead letters.

use askama::Template;

use crate::{
    api,
    domain::UnixMillis,
    web::{
        language::Language,
        layout::PageLayout,
        link,
        page_time::{PageTime, format_span},
        untrusted::UntrustedText,
    },
};

use super::enum_label;

/// The page with the endpoints, and the messages that were given up.
#[derive(Clone, Debug, Template)]
#[template(path = "console/webhooks.html")]
pub struct WebhooksPage {
    pub layout: PageLayout,
    pub webhooks: Vec<WebhookRow>,
    pub dead_letters: Vec<DeadLetterRow>,
    /// The endpoint whose dead letters are shown; empty for all.
    pub shown_name: UntrustedText,
    /// The address of the next page of dead letters; empty if this is the last one.
    pub next: String,
}

/// An endpoint in a list.
#[derive(Clone, Debug)]
pub struct WebhookRow {
    /// The name as it is passed on in forms: lower-case letters, digits and hyphens.
    pub name: String,
    /// Scheme and host. The rest of a URL may be a secret.
    pub origin: UntrustedText,
    pub format: String,
    pub is_configured: bool,
    pub state: String,
    /// The reason why nothing is delivered, or the last error; empty if deliveries succeed.
    pub problem: UntrustedText,
    pub lag: String,
    pub pending: u64,
    pub dead_letters: u64,
    pub dead_letters_address: String,
    pub last_success: PageTime,
    pub paused_until: PageTime,
    /// The time since which everything is sent again; unknown unless a replay is running.
    pub replayed_since: PageTime,
    pub replayed: u64,
    /// Set if deliveries can be resumed: the endpoint is disabled or paused.
    pub can_be_enabled: bool,
}

impl WebhookRow {
    #[must_use]
    pub fn new(entry: &api::WebhookEntry, now: UnixMillis) -> Self {
        let time = |at| PageTime::new(at, now, Language::English);
        let webhook = entry.webhook.clone().unwrap_or_default();
        let origin = url::Url::parse(&webhook.url).map(|url| url.origin().ascii_serialization());
        let lag = entry.lag.and_then(|lag| std::time::Duration::try_from(lag).ok());
        let is_disabled = entry.state() == api::WebhookState::Disabled;
        let problem = if is_disabled { &entry.disabled_reason } else { &entry.last_error };
        Self {
            origin: origin.unwrap_or_default().into(),
            format: enum_label(webhook.format().as_str_name(), "WEBHOOK_FORMAT_"),
            is_configured: entry.configured,
            state: enum_label(entry.state().as_str_name(), "WEBHOOK_STATE_"),
            problem: problem.as_str().into(),
            lag: lag.map(|lag| format_span(lag, Language::English)).unwrap_or_default(),
            pending: entry.pending_count,
            dead_letters: entry.dead_letter_count,
            dead_letters_address: link("/console/webhooks", &[("name", &webhook.name)]),
            last_success: time(entry.last_success_at),
            paused_until: time(entry.paused_until),
            replayed_since: time(entry.replay.and_then(|replay| replay.recorded_since)),
            replayed: entry.replay.map(|replay| replay.sent_count).unwrap_or_default(),
            can_be_enabled: is_disabled || entry.paused_until.is_some(),
            name: webhook.name,
        }
    }
}

/// A message that was given up.
#[derive(Clone, Debug)]
pub struct DeadLetterRow {
    pub webhook: UntrustedText,
    pub message_id: UntrustedText,
    pub event_type: UntrustedText,
    pub occurred: PageTime,
    pub attempts: u32,
    pub last_error: UntrustedText,
}

impl DeadLetterRow {
    #[must_use]
    pub fn new(letter: &api::DeadLetter, now: UnixMillis) -> Self {
        Self {
            webhook: letter.webhook.as_str().into(),
            message_id: letter.message_id.as_str().into(),
            event_type: letter.event_type.as_str().into(),
            occurred: PageTime::new(letter.occurred_at, now, Language::English),
            attempts: letter.attempts,
            last_error: letter.last_error.as_str().into(),
        }
    }
}
