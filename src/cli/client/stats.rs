//! `session-authority stats`.

use std::time::Duration;

use clap::Args;
use tonic::{Response, Status};

use crate::{
    api,
    cli::{
        command_error::CommandError,
        option_values::{self, TimeArgument},
        terminal::{FieldList, RenderContext, TerminalStyle, TextTable, format_duration, pluralize},
    },
    clock::{Clock, SystemClock},
};

use super::{ServerConnection, UnaryCommand, completeness, session_filter::time_window, session_format::enum_label};

/// Show session and sign-in statistics
#[derive(Args)]
pub struct StatsCommand {
    /// Only this tenant [default: every tenant that the caller may see]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,

    /// Only this user
    #[arg(long, default_value = "", hide_default_value = true)]
    user: String,

    /// Count from this time (RFC 3339, a day in UTC, or a duration before now such as 24h) [default: 30d before the
    /// end]
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_time_arg)]
    since: Option<TimeArgument>,

    /// Count up to this time, or to the end of this day in UTC [default: now]
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_time_arg)]
    until: Option<TimeArgument>,

    /// Interval of the time series [default: 1d]
    #[arg(long, value_name = "DURATION", value_parser = option_values::parse_positive_duration_arg)]
    step: Option<Duration>,
}

impl UnaryCommand for StatsCommand {
    type Request = api::GetStatsRequest;
    type Answer = api::GetStatsResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::GetStatsRequest {
            tenant_id: self.tenant.clone(),
            user_id: self.user.clone(),
            // A window that has a start and no end ends now, and not when the server receives the request.
            window: time_window(
                self.since,
                self.until.or(self.since.map(|_| TimeArgument::Ago(Duration::ZERO))),
                SystemClock.now(),
            ),
            step: self.step.map(option_values::to_proto_duration),
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.admin().get_stats(request).await
    }

    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String {
        let end = self.until.map(|until| until.end(view.now));
        let mut facts = FieldList::default();
        let (sessions, users) = (pluralize(answer.active_sessions, "session"), pluralize(answer.active_users, "user"));
        facts.add("active", format!("{sessions} of {users}"));
        facts.add("sign-ins", answer.logins.to_string());
        facts.add("failed", answer.failed_logins.to_string());
        facts.add("sessions ended", answer.endings.to_string());
        let add_if_any = |facts: &mut FieldList, name, count: u64| {
            facts.add(name, if count == 0 { String::new() } else { count.to_string() });
        };
        add_if_any(&mut facts, "refused calls", answer.refused_call_events);
        add_if_any(&mut facts, "JWT denials", answer.token_denials);
        add_if_any(&mut facts, "alerts", answer.alerts);
        facts.add("duration", format_quantiles(&answer.session_durations));
        facts.add("note", completeness::incomplete_warning(answer.complete_until, end, view.now).unwrap_or_default());
        let tables =
            [Some(series_table(&answer.series)), country_table(answer), device_table(answer), browser_table(answer)];
        let causes = [endings_table(answer), failures_table(answer), severities_table(answer), rules_table(answer)];
        let tables = tables.into_iter().chain(causes).flatten();
        facts.render(view.style) + &tables.map(|table| render_below(table, view.style)).collect::<String>()
    }
}

fn render_below(table: TextTable, style: TerminalStyle) -> String {
    format!("\n{}", table.render(style))
}

/// Returns the quantiles of durations: "p50 4 h, p90 30 d".
fn format_quantiles(quantiles: &[api::DurationQuantile]) -> String {
    let format_quantile = |quantile: &api::DurationQuantile| {
        let span = quantile.value.and_then(option_values::from_proto_duration)?;
        Some(format!("p{} {}", quantile.quantile * 100.0, format_duration(span)))
    };
    quantiles.iter().filter_map(format_quantile).collect::<Vec<_>>().join(", ")
}

fn series_table(points: &[api::StatsPoint]) -> TextTable {
    let mut table = TextTable::new(&["FROM", "ACTIVE", "SIGN-INS", "FAILED", "ENDED", "ALERTS"]);
    for point in points {
        let counts = [point.active_sessions, point.logins, point.failed_logins, point.endings, point.alerts];
        let start = point.start.map(|start| start.to_string()).unwrap_or_default();
        table.add_row(std::iter::once(start).chain(counts.map(|count| count.to_string())));
    }
    table
}

fn country_table(answer: &api::GetStatsResponse) -> Option<TextTable> {
    count_table(["COUNTRY", "SIGN-INS"], answer.logins_by_country.iter().map(label_count))
}

fn device_table(answer: &api::GetStatsResponse) -> Option<TextTable> {
    let counted = |by: &api::DeviceTypeCount| (enum_label(by.r#type().as_str_name(), "DEVICE_TYPE_"), by.count);
    count_table(["DEVICE", "SIGN-INS"], answer.logins_by_device_type.iter().map(counted))
}

fn browser_table(answer: &api::GetStatsResponse) -> Option<TextTable> {
    count_table(["BROWSER", "SIGN-INS"], answer.logins_by_browser.iter().map(label_count))
}

fn endings_table(answer: &api::GetStatsResponse) -> Option<TextTable> {
    let counted = |by: &api::EndReasonCount| (enum_label(by.reason().as_str_name(), "END_REASON_"), by.count);
    count_table(["END REASON", "SESSIONS"], answer.endings_by_reason.iter().map(counted))
}

fn failures_table(answer: &api::GetStatsResponse) -> Option<TextTable> {
    let counted = |by: &api::AuthEventCount| (enum_label(by.kind().as_str_name(), "AUTH_EVENT_KIND_"), by.count);
    count_table(["FAILURE", "SIGN-INS"], answer.failed_logins_by_kind.iter().map(counted))
}

fn severities_table(answer: &api::GetStatsResponse) -> Option<TextTable> {
    let counted = |by: &api::SeverityCount| (enum_label(by.severity().as_str_name(), "SEVERITY_"), by.count);
    count_table(["SEVERITY", "ALERTS"], answer.alerts_by_severity.iter().map(counted))
}

fn rules_table(answer: &api::GetStatsResponse) -> Option<TextTable> {
    count_table(["RULE", "ALERTS"], answer.alerts_by_rule.iter().map(|by| (by.rule.clone(), by.count)))
}

fn label_count(by: &api::StatsCount) -> (String, u64) {
    let name = if by.key.is_empty() { "unknown" } else { &by.key };
    (name.to_owned(), by.count)
}

/// Returns a table of counts, or `None` if there are none.
fn count_table(header: [&str; 2], counts: impl Iterator<Item = (String, u64)>) -> Option<TextTable> {
    let mut counts = counts.peekable();
    counts.peek()?;
    let mut table = TextTable::new(&header);
    for (name, count) in counts {
        table.add_row([name, count.to_string()]);
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;
    use crate::domain::UnixMillis;

    #[test]
    fn counts_are_shown_and_empty_lists_left_out() {
        let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
        let answer = api::GetStatsResponse {
            active_sessions: 3,
            active_users: 2,
            logins: 5,
            endings: 2,
            failed_logins: 1,
            series: vec![api::StatsPoint {
                start: at(0),
                active_sessions: 1,
                logins: 5,
                endings: 2,
                failed_logins: 1,
                alerts: 3,
                severe_alerts: 1,
            }],
            alerts: 3,
            alerts_by_severity: vec![
                api::SeverityCount { severity: api::Severity::High.into(), count: 1 },
                api::SeverityCount { severity: api::Severity::Low.into(), count: 2 },
            ],
            alerts_by_rule: vec![api::RuleCount { rule: "NEW_COUNTRY".to_owned(), count: 3 }],
            logins_by_country: vec![
                api::StatsCount { key: "BR".to_owned(), count: 4 },
                api::StatsCount { key: String::new(), count: 1 },
            ],
            session_durations: vec![api::DurationQuantile {
                quantile: 0.5,
                value: Some(prost_types::Duration { seconds: 4 * 3600, nanos: 0 }),
            }],
            endings_by_reason: vec![api::EndReasonCount { reason: api::EndReason::RevokedAll.into(), count: 2 }],
            complete_until: at(100_000),
            ..api::GetStatsResponse::default()
        };
        let command = StatsCommand { tenant: String::new(), user: String::new(), since: None, until: None, step: None };
        let view = RenderContext { now: UnixMillis::new(100_000_000), style: TerminalStyle::PLAIN };
        let expected = "\
active          3 sessions of 2 users
sign-ins        5
failed          1
sessions ended  2
alerts          3
duration        p50 4 h

FROM                  ACTIVE  SIGN-INS  FAILED  ENDED  ALERTS
1970-01-01T00:00:00Z  1       5         1       2      3

COUNTRY  SIGN-INS
BR       4
unknown  1

END REASON   SESSIONS
revoked all  2

SEVERITY  ALERTS
high      1
low       2

RULE         ALERTS
NEW_COUNTRY  3
";
        assert_eq!(command.text(&answer, view), expected);
    }
}
