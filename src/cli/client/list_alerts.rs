//! `session-authority alerts list`.

use clap::Args;
use prost_types::Timestamp;

use crate::{
    api,
    cli::{
        option_values::{self, TimeArgument},
        terminal::RenderContext,
    },
    domain::UnixMillis,
};

use super::{
    listing::ListingCommand,
    session_filter::time_window,
    session_format::{enum_label, format_user},
};

/// List archived alerts with the answers to them, newest first
#[derive(Args)]
pub struct ListAlertsCommand {
    /// Tenant [default: every tenant that the caller may see]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,

    /// User
    #[arg(long, default_value = "", hide_default_value = true)]
    user: String,

    /// Rule, such as `NEW_COUNTRY`; may be repeated
    #[arg(long = "rule", value_name = "RULE")]
    rules: Vec<String>,

    /// Least severity: info, low, medium, high or critical
    #[arg(long, value_name = "SEVERITY", value_parser = option_values::parse_severity_arg)]
    min_severity: Option<api::Severity>,

    /// Only alerts that nobody has answered, or only answered ones
    #[arg(long, value_parser = option_values::enum_value_parser(api::AlertState::as_str_name, "ALERT_STATE_"))]
    state: Option<api::AlertState>,

    /// At this time (RFC 3339, a day in UTC, or a duration before now such as 24h) or later
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_time_arg)]
    since: Option<TimeArgument>,

    /// Before this time, or before the end of this day in UTC
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_time_arg)]
    until: Option<TimeArgument>,
}

impl ListingCommand for ListAlertsCommand {
    type Query = api::ListAlertsRequest;

    const HEADER: &'static [&'static str] = &["AT", "SEVERITY", "RULE", "USER", "ANSWER", "REASON", "ALERT ID"];
    const EMPTY_MESSAGE: &'static str = "no alert matches";

    fn query(&self, now: UnixMillis) -> Self::Query {
        api::ListAlertsRequest {
            tenant_id: self.tenant.clone(),
            user_id: self.user.clone(),
            rules: self.rules.clone(),
            min_severity: self.min_severity.unwrap_or_default().into(),
            occurred: time_window(self.since, self.until, now),
            state: self.state.unwrap_or_default().into(),
            ..api::ListAlertsRequest::default()
        }
    }

    fn window_end(_: &Self::Query) -> Option<Timestamp> {
        None
    }

    fn row(entry: &api::AlertEntry, _: RenderContext) -> Vec<String> {
        let alert = entry.alert.clone().unwrap_or_default();
        let answer = entry.acknowledgement.as_ref().map(format_answer);
        vec![
            alert.event_time.map(|at| at.to_string()).unwrap_or_default(),
            enum_label(alert.severity().as_str_name(), "SEVERITY_"),
            alert.rule,
            if alert.user_id.is_empty() { String::new() } else { format_user(&alert.tenant_id, &alert.user_id) },
            answer.unwrap_or_else(|| "-".to_owned()),
            alert.reason_admin,
            alert.alert_id,
        ]
    }
}

/// Returns the answer and who gave it: "was not me, by grace".
fn format_answer(answer: &api::AlertAcknowledgement) -> String {
    let verdict = enum_label(answer.verdict().as_str_name(), "ALERT_VERDICT_");
    if answer.actor.is_empty() { verdict } else { format!("{verdict}, by {}", answer.actor) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::TerminalStyle;

    #[test]
    fn an_alert_says_whom_it_is_about_and_how_it_was_answered() {
        let alert = api::Alert {
            alert_id: "a".to_owned(),
            tenant_id: "acme".to_owned(),
            user_id: "ann".to_owned(),
            rule: "NEW_COUNTRY".to_owned(),
            severity: api::Severity::Low.into(),
            reason_admin: "Login from BR.".to_owned(),
            event_time: Some(Timestamp { seconds: 1_700_000_000, nanos: 0 }),
            ..api::Alert::default()
        };
        let view = RenderContext { now: UnixMillis::new(0), style: TerminalStyle::PLAIN };
        let open = api::AlertEntry { alert: Some(alert), ..api::AlertEntry::default() };
        let expected = ["2023-11-14T22:13:20Z", "low", "NEW_COUNTRY", "ann (tenant acme)", "-", "Login from BR.", "a"];
        assert_eq!(ListAlertsCommand::row(&open, view), expected);
        let answer = api::AlertAcknowledgement {
            verdict: api::AlertVerdict::WasNotMe.into(),
            actor: "grace".to_owned(),
            ..api::AlertAcknowledgement::default()
        };
        assert_eq!(format_answer(&answer), "was not me, by grace");
    }
}
