//! `session-authority stats`.

use std::time::Duration;

use clap::Args;
use serde::Serialize;
use tonic::{Response, Status};

use crate::{
    api,
    cli::{
        failure::Failure,
        json,
        terminal::{Facts, Style, Table, View, coarse, counted},
        values::{self, Time},
    },
    clock::{Clock, SystemClock},
};

use super::{ClientCommand, Server, completeness, filter::window, session::label};

/// Count sessions, sign-ins and endings, now and over a span of time
#[derive(Args)]
pub struct Stats {
    /// Only of this tenant [default: every tenant that the caller may see]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,

    /// Only of this user
    #[arg(long, default_value = "", hide_default_value = true)]
    user: String,

    /// Count from this time (RFC 3339, a day in UTC, or a span back from now such as 24h) [default: 30d before the end]
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    since: Option<Time>,

    /// Count up to this time, or to the end of this day in UTC [default: now]
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    until: Option<Time>,

    /// Span of one line of the table [default: 1d]
    #[arg(long, value_name = "SPAN", value_parser = values::positive_span)]
    step: Option<Duration>,
}

impl ClientCommand for Stats {
    type Request = api::GetStatsRequest;
    type Answer = api::GetStatsResponse;

    fn request(&self) -> Result<Self::Request, Failure> {
        Ok(api::GetStatsRequest {
            tenant_id: self.tenant.clone(),
            user_id: self.user.clone(),
            // A span back from now ends now, and not when the server has the question.
            window: window(self.since, self.until.or(self.since.map(|_| Time::Ago(Duration::ZERO))), SystemClock.now()),
            step: self.step.map(values::to_message),
        })
    }

    async fn send(server: &Server, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.administration().get_stats(request).await
    }

    fn text(&self, answer: &Self::Answer, view: View) -> String {
        let end = self.until.map(|until| until.end(view.now));
        let mut facts = Facts::default();
        let (sessions, users) = (counted(answer.active_sessions, "session"), counted(answer.active_users, "user"));
        facts.add("live now", format!("{sessions} of {users}"));
        facts.add("sign-ins", answer.logins.to_string());
        facts.add("failed", answer.failed_logins.to_string());
        facts.add("endings", answer.endings.to_string());
        facts.add("lasted", lasted(&answer.session_durations));
        facts.add("note", completeness::remark(answer.complete_until, end, view.now).unwrap_or_default());
        let tables = [Some(series(&answer.series)), by_country(answer), by_device(answer), by_browser(answer)];
        let causes = [endings(answer), failures(answer)];
        let tables = tables.into_iter().chain(causes).flatten();
        facts.show(view.style) + &tables.map(|table| below(table, view.style)).collect::<String>()
    }

    fn json(answer: &Self::Answer) -> impl Serialize {
        json::Stats::from(answer)
    }
}

fn below(table: Table, style: Style) -> String {
    format!("\n{}", table.show(style))
}

/// "half at most 4 h, 90% at most 30 d".
fn lasted(quantiles: &[api::DurationQuantile]) -> String {
    let told = |quantile: &api::DurationQuantile| {
        let span = quantile.value.and_then(values::from_message)?;
        Some(format!("{}% at most {}", quantile.quantile * 100.0, coarse(span)))
    };
    quantiles.iter().filter_map(told).collect::<Vec<_>>().join(", ")
}

fn series(points: &[api::StatsPoint]) -> Table {
    let mut table = Table::new(&["FROM", "LIVE", "SIGN-INS", "FAILED", "ENDINGS"]);
    for point in points {
        let counts = [point.active_sessions, point.logins, point.failed_logins, point.endings];
        let start = point.start.map(|start| start.to_string()).unwrap_or_default();
        table.row(std::iter::once(start).chain(counts.map(|count| count.to_string())));
    }
    table
}

fn by_country(answer: &api::GetStatsResponse) -> Option<Table> {
    counts(["COUNTRY", "SIGN-INS"], answer.logins_by_country.iter().map(named))
}

fn by_device(answer: &api::GetStatsResponse) -> Option<Table> {
    let counted = |by: &api::DeviceTypeCount| (label(by.r#type().as_str_name(), "DEVICE_TYPE_"), by.count);
    counts(["DEVICE", "SIGN-INS"], answer.logins_by_device_type.iter().map(counted))
}

fn by_browser(answer: &api::GetStatsResponse) -> Option<Table> {
    counts(["BROWSER", "SIGN-INS"], answer.logins_by_browser.iter().map(named))
}

fn endings(answer: &api::GetStatsResponse) -> Option<Table> {
    let counted = |by: &api::EndReasonCount| (label(by.reason().as_str_name(), "END_REASON_"), by.count);
    counts(["ENDED BY", "SESSIONS"], answer.endings_by_reason.iter().map(counted))
}

fn failures(answer: &api::GetStatsResponse) -> Option<Table> {
    let counted = |by: &api::AuthEventCount| (label(by.kind().as_str_name(), "AUTH_EVENT_KIND_"), by.count);
    counts(["FAILED BY", "SIGN-INS"], answer.failed_logins_by_kind.iter().map(counted))
}

fn named(by: &api::StatsCount) -> (String, u64) {
    let name = if by.key.is_empty() { "unknown" } else { &by.key };
    (name.to_owned(), by.count)
}

/// A table of counts; `None` when there are none.
fn counts(header: [&str; 2], counts: impl Iterator<Item = (String, u64)>) -> Option<Table> {
    let mut counts = counts.peekable();
    counts.peek()?;
    let mut table = Table::new(&header);
    for (name, count) in counts {
        table.row([name, count.to_string()]);
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;
    use crate::domain::UnixMillis;

    #[test]
    fn counts_are_told_and_empty_lists_left_out() {
        let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
        let answer = api::GetStatsResponse {
            active_sessions: 3,
            active_users: 2,
            logins: 5,
            endings: 2,
            failed_logins: 1,
            series: vec![api::StatsPoint { start: at(0), active_sessions: 1, logins: 5, endings: 2, failed_logins: 1 }],
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
        let command = Stats { tenant: String::new(), user: String::new(), since: None, until: None, step: None };
        let view = View { now: UnixMillis::new(100_000_000), style: Style::PLAIN };
        let expected = "\
live now  3 sessions of 2 users
sign-ins  5
failed    1
endings   2
lasted    50% at most 4 h

FROM                  LIVE  SIGN-INS  FAILED  ENDINGS
1970-01-01T00:00:00Z  1     5         1       2

COUNTRY  SIGN-INS
BR       4
unknown  1

ENDED BY     SESSIONS
revoked all  2
";
        assert_eq!(command.text(&answer, view), expected);
    }
}
