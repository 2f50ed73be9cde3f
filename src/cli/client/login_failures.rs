//! `session-authority login-failures`.

use clap::Args;
use prost_types::Timestamp;

use crate::{
    api::{self, AuditEventKind},
    cli::{
        option_values::{self, TimeArgument},
        terminal::RenderContext,
    },
    domain::UnixMillis,
};

use super::{
    listing::ListingCommand,
    session_filter::{time_window, window_end},
    session_format::{enum_label, format_location, format_user},
};

/// List failed sign-ins that login services reported, newest first
#[derive(Args)]
pub struct LoginFailuresCommand {
    /// Tenant [default: every tenant that the caller may see]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,

    /// User
    #[arg(long, default_value = "", hide_default_value = true)]
    user: String,

    /// IP address or block, such as 192.0.2.0/24
    #[arg(long, value_name = "IP_RANGE", default_value = "", hide_default_value = true)]
    ip: String,

    /// At this time (RFC 3339, a day in UTC, or a duration before now such as 24h) or later
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_time_arg)]
    since: Option<TimeArgument>,

    /// Before this time, or before the end of this day in UTC
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_time_arg)]
    until: Option<TimeArgument>,
}

impl ListingCommand for LoginFailuresCommand {
    type Query = api::ListEventsRequest;

    const HEADER: &'static [&'static str] = &["AT", "FAILURE", "USER", "METHOD", "IP ADDRESS", "LOCATION", "DEVICE"];
    const EMPTY_MESSAGE: &'static str = "no failure matches";

    fn query(&self, now: UnixMillis) -> Self::Query {
        api::ListEventsRequest {
            tenant_id: self.tenant.clone(),
            user_id: self.user.clone(),
            ip_range: self.ip.clone(),
            kinds: vec![AuditEventKind::AuthFailed.into()],
            occurred: time_window(self.since, self.until, now),
            ..api::ListEventsRequest::default()
        }
    }

    fn window_end(query: &Self::Query) -> Option<Timestamp> {
        window_end(query.occurred.as_ref())
    }

    fn row(event: &api::AuditEvent, _: RenderContext) -> Vec<String> {
        vec![
            event.occurred_at.map(|at| at.to_string()).unwrap_or_default(),
            enum_label(event.auth_event_kind().as_str_name(), "AUTH_EVENT_KIND_"),
            format_user(&event.tenant_id, &event.user_id),
            event.auth_methods.join(", "),
            event.location.as_ref().map(|location| location.ip.clone()).unwrap_or_default(),
            format_location(event.location.as_ref()),
            event.device.as_ref().map(|device| device.name.clone()).unwrap_or_default(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::TerminalStyle;

    #[test]
    fn a_failure_says_who_failed_how_and_from_where() {
        let event = api::AuditEvent {
            kind: AuditEventKind::AuthFailed.into(),
            auth_event_kind: api::AuthEventKind::MfaDenied.into(),
            tenant_id: "acme".to_owned(),
            user_id: "ann".to_owned(),
            occurred_at: Some(Timestamp { seconds: 1_700_000_000, nanos: 0 }),
            auth_methods: vec!["otp".to_owned()],
            location: Some(api::Location { ip: "192.0.2.7".to_owned(), ..api::Location::default() }),
            device: Some(api::Device { name: "Chrome on Windows".to_owned(), ..api::Device::default() }),
            ..api::AuditEvent::default()
        };
        let view = RenderContext { now: UnixMillis::new(0), style: TerminalStyle::PLAIN };
        let row = LoginFailuresCommand::row(&event, view);
        let expected = ["2023-11-14T22:13:20Z", "mfa denied", "ann (tenant acme)", "otp", "192.0.2.7"];
        assert_eq!(row[..5], expected);
        assert_eq!(row[6], "Chrome on Windows");
    }
}
