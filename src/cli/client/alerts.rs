//! `session-authority alerts`.

use std::{ops::ControlFlow, time::Duration};

use clap::{Args, Subcommand};
use tokio::time::{sleep, timeout};
use tonic::{Code, Status, Streaming};

use crate::{
    api::{self, stream_alerts_response::Event},
    cli::{
        command_error::{CommandError, ExitStatus},
        json::{self, MessageJson},
        option_values::parse_severity_arg,
        runtime,
        terminal::{self, TerminalStyle, escape},
    },
    domain::alert::Severity,
    lifecycle,
};

use super::{
    ConnectedCommand, PagedCommand, ServerConnection, ack_alert::AckCommand, connection::ConnectionOptions,
    list_alerts::ListAlertsCommand, session_format::format_user, status_error,
};

/// The timeout of a stream without messages. Heartbeats arrive every 15 seconds, so such a stream is dead.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(45);

/// The first and the longest delay before a retry.
const RECONNECT_DELAYS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// Follow the alerts of all nodes as they are raised, until interrupted
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct AlertsCommand {
    #[command(subcommand)]
    action: Option<AlertSubcommand>,

    /// Only alerts of this tenant [default: every tenant that the caller may see]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,

    /// Only alerts about this user
    #[arg(long, default_value = "", hide_default_value = true)]
    user: String,

    /// Only alerts of this rule, such as `NEW_COUNTRY`; may be repeated
    #[arg(long = "rule", value_name = "RULE")]
    rules: Vec<String>,

    /// Only alerts of at least this severity: info, low, medium, high or critical
    #[arg(long, value_name = "SEVERITY", value_parser = parse_severity_arg)]
    min_severity: Option<api::Severity>,

    /// Start with the oldest retained alert
    #[arg(long, conflicts_with = "resume")]
    from_start: bool,

    /// Start after this cursor of an alert, a heartbeat or a gap
    #[arg(long, value_name = "CURSOR", default_value = "", hide_default_value = true)]
    resume: String,

    /// Print each message as one line of JSON
    #[arg(long)]
    json: bool,

    /// Also print heartbeats; their cursors are the latest to resume from
    #[arg(long)]
    heartbeats: bool,

    #[command(flatten)]
    connection: ConnectionOptions,
}

/// A command about alerts, instead of following them.
#[derive(Subcommand)]
pub enum AlertSubcommand {
    Ack(ConnectedCommand<AckCommand>),
    List(PagedCommand<ListAlertsCommand>),
}

impl AlertsCommand {
    /// Follows the alerts. Ends when it is interrupted, when standard output is closed, or when the server refuses.
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        match self.action {
            Some(AlertSubcommand::Ack(command)) => return command.run(),
            Some(AlertSubcommand::List(command)) => return command.run(),
            None => {}
        }
        runtime::block_on_current_thread(async {
            tokio::select! {
                asked = lifecycle::wait_for_stop_signal() => asked.map(|()| ExitStatus::Success).map_err(CommandError::failed),
                followed = self.stream_alerts() => followed.map(|()| ExitStatus::Success),
            }
        })?
    }

    pub fn request(&self) -> api::StreamAlertsRequest {
        api::StreamAlertsRequest {
            tenant_id: self.tenant.clone(),
            user_id: self.user.clone(),
            rules: self.rules.clone(),
            min_severity: self.min_severity.unwrap_or_default().into(),
            resume_cursor: self.resume.clone(),
            from_start: self.from_start,
        }
    }

    /// Prints the alerts of one stream after another. Only the first stream must open at the first attempt.
    async fn stream_alerts(&self) -> Result<(), CommandError> {
        let mut request = self.request();
        let server = self.connection.connect().await?;
        let mut stream = open_stream(&server, &request)
            .await
            .map_err(|status| status_error::status_error(&status, &server.target))?;
        loop {
            let stream_error = match self.print_events(&mut stream, &mut request).await? {
                ControlFlow::Continue(broken) => broken,
                ControlFlow::Break(()) => return Ok(()),
            };
            let mut pause = RECONNECT_DELAYS.0;
            let mut cause = stream_error;
            stream = loop {
                if is_permanent(cause.code()) {
                    return Err(status_error::status_error(&cause, &server.target));
                }
                print_notice(&format!("alert stream disconnected: {}; reconnecting", cause.message()));
                sleep(pause).await;
                pause = (pause * 2).min(RECONNECT_DELAYS.1);
                match open_stream(&server, &request).await {
                    Ok(stream) => break stream,
                    Err(status) => cause = status,
                }
            };
            print_notice("alert stream resumed");
        }
    }

    /// Prints the events of a stream. Returns its status when it breaks, or `Break` when standard output is closed.
    async fn print_events(
        &self,
        stream: &mut Streaming<api::StreamAlertsResponse>,
        request: &mut api::StreamAlertsRequest,
    ) -> Result<ControlFlow<(), Status>, CommandError> {
        loop {
            let message = match timeout(HEARTBEAT_TIMEOUT, stream.message()).await {
                Ok(Ok(Some(message))) => message,
                Ok(Ok(None)) => return Ok(ControlFlow::Continue(Status::unavailable("closed by the server"))),
                Ok(Err(status)) => return Ok(ControlFlow::Continue(status)),
                Err(_) => return Ok(ControlFlow::Continue(Status::unavailable("no heartbeat received"))),
            };
            let Some(event) = &message.event else { continue };
            let shown = match event {
                Event::Heartbeat(_) if !self.heartbeats => String::new(),
                _ if self.json => json::to_line(&MessageJson(&message)).map_err(CommandError::failed)?,
                event => format_event(event, TerminalStyle::for_stdout()),
            };
            if !shown.is_empty() && !terminal::print_unless_closed(&shown).map_err(CommandError::failed)? {
                return Ok(ControlFlow::Break(()));
            }
            // A new stream resumes after the last event that was printed.
            request.from_start = false;
            request.resume_cursor = match event {
                Event::Alert(alert) => alert.cursor.clone(),
                Event::Heartbeat(heartbeat) => heartbeat.cursor.clone(),
                Event::Gap(gap) if gap.reason == "slow_consumer" => gap.from_cursor.clone(),
                Event::Gap(gap) => gap.to_cursor.clone(),
            };
        }
    }
}

/// Returns the line of an event for people.
fn format_event(event: &Event, style: TerminalStyle) -> String {
    match event {
        Event::Alert(alert) => format_alert(alert, style),
        Event::Heartbeat(heartbeat) => {
            let at = heartbeat.at.map(|at| at.to_string()).unwrap_or_default();
            escape(&format!("{at}  heartbeat, cursor {}", heartbeat.cursor)) + "\n"
        }
        Event::Gap(gap) => escape(&format!("gap: alerts lost ({})", gap.reason)) + "\n",
    }
}

/// Returns the line of an alert: `2026-01-31T12:00:00Z  high      NEW_COUNTRY  ann  Sign-in from …`.
fn format_alert(alert: &api::Alert, style: TerminalStyle) -> String {
    let at = alert.event_time.map(|at| at.to_string()).unwrap_or_default();
    let severity = u32::try_from(alert.severity).ok().and_then(Severity::from_code);
    let name = format!("{:<8}", severity.map_or("unknown", Severity::name));
    let name = if severity >= Some(Severity::High) { style.bad(&name) } else { name };
    let about = if alert.user_id.is_empty() { "-".to_owned() } else { format_user(&alert.tenant_id, &alert.user_id) };
    let rest = escape(&format!("{}  {about}  {}", alert.rule, alert.reason_admin));
    let rest = match &alert.acknowledgement {
        Some(answer) if !answer.actor.is_empty() => format!("{rest} (answered by {})", escape(&answer.actor)),
        _ => rest,
    };
    format!("{}  {name}  {rest}\n", style.dim(&at))
}

async fn open_stream(
    server: &ServerConnection,
    request: &api::StreamAlertsRequest,
) -> Result<Streaming<api::StreamAlertsResponse>, Status> {
    server.sessions().stream_alerts(request.clone()).await.map(tonic::Response::into_inner)
}

/// Returns whether a retry of the same request would fail again.
const fn is_permanent(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidArgument | Code::Unauthenticated | Code::PermissionDenied | Code::Unimplemented | Code::NotFound
    )
}

fn print_notice(text: &str) {
    terminal::print_to_stderr(&(escape(text) + "\n"));
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;

    #[test]
    fn an_alert_is_a_line_whatever_is_in_it() {
        let alert = api::Alert {
            event_time: Some(Timestamp { seconds: 1_700_000_000, nanos: 0 }),
            severity: api::Severity::Medium.into(),
            rule: "NEW_COUNTRY".to_owned(),
            tenant_id: "acme".to_owned(),
            user_id: "ann\n\u{1b}[2J".to_owned(),
            reason_admin: "from BR".to_owned(),
            ..api::Alert::default()
        };
        let expected = "2023-11-14T22:13:20Z  medium    NEW_COUNTRY  ann\\u{a}\\u{1b}[2J (tenant acme)  from BR\n";
        assert_eq!(format_alert(&alert, TerminalStyle::PLAIN), expected);
    }

    #[test]
    fn a_severity_is_named_as_it_is_shown() {
        assert_eq!(parse_severity_arg("high"), Ok(api::Severity::High));
        assert!(parse_severity_arg("HIGH!").expect_err("none").contains("critical"));
    }
}
