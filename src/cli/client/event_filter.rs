//! The event filter on the command line.

use clap::Args;

use crate::{
    api,
    cli::option_values::{self, TimeArgument},
    domain::UnixMillis,
};

use super::session_filter::time_window;

// The event filter. An event must match every option that is given.
#[derive(Args)]
#[command(next_help_heading = "Event filter")]
pub struct EventFlags {
    /// Tenant [default: every tenant that the caller may see]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,

    /// User
    #[arg(long, default_value = "", hide_default_value = true)]
    user: String,

    /// Session
    #[arg(long, value_name = "SESSION_ID", default_value = "", hide_default_value = true)]
    session: String,

    /// Kind of event; may be repeated
    #[arg(
        long = "kind",
        value_name = "KIND",
        value_parser = option_values::enum_value_parser(api::AuditEventKind::as_str_name, "AUDIT_EVENT_KIND_"),
    )]
    kinds: Vec<api::AuditEventKind>,

    /// End reason
    #[arg(long, value_parser = option_values::enum_value_parser(api::EndReason::as_str_name, "END_REASON_"))]
    reason: Option<api::EndReason>,

    /// Actor
    #[arg(long, default_value = "", hide_default_value = true)]
    actor: String,

    /// Country, two letters
    #[arg(long, default_value = "", hide_default_value = true)]
    country: String,

    /// IP address or block, such as 192.0.2.0/24
    #[arg(long, value_name = "IP_RANGE", default_value = "", hide_default_value = true)]
    ip: String,

    /// At this time (RFC 3339, a day in UTC, or a duration before now such as 24h) or later
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_time_arg)]
    since: Option<TimeArgument>,

    /// Before this time, or before the end of this day in UTC
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_time_arg)]
    until: Option<TimeArgument>,

    /// In recording order, oldest first, from this time on
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_time_arg)]
    recorded_since: Option<TimeArgument>,

    /// In recording order, after the events of an earlier command: the token that it printed
    #[arg(long, value_name = "TOKEN", conflicts_with = "recorded_since")]
    recorded_after: Option<String>,
}

impl EventFlags {
    pub fn query(&self, now: UnixMillis) -> api::ListEventsRequest {
        api::ListEventsRequest {
            tenant_id: self.tenant.clone(),
            user_id: self.user.clone(),
            session_id: self.session.clone(),
            kinds: self.kinds.iter().map(|kind| i32::from(*kind)).collect(),
            end_reason: self.reason.unwrap_or_default().into(),
            actor: self.actor.clone(),
            country: self.country.to_uppercase(),
            ip_range: self.ip.clone(),
            occurred: time_window(self.since, self.until, now),
            order: self.order().into(),
            recorded_since: self.recorded_since.map(|since| since.start(now)),
            page_token: self.recorded_after.clone().unwrap_or_default(),
            ..api::ListEventsRequest::default()
        }
    }

    const fn order(&self) -> api::EventOrder {
        if self.recorded_since.is_some() || self.recorded_after.is_some() {
            api::EventOrder::Recorded
        } else {
            api::EventOrder::Unspecified
        }
    }
}
