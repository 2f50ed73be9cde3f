//! `session-authority alerts`.

use std::{ops::ControlFlow, time::Duration};

use clap::Args;
use tokio::time::{sleep, timeout};
use tonic::{Code, Status, Streaming};

use crate::{
    api::{self, stream_alerts_response::Event},
    cli::{
        failure::{Exit, Failure},
        json, runtime,
        terminal::{self, Style, clean},
    },
    domain::alert::Severity,
    lifecycle,
};

use super::{Server, connection::Connection, refusal, session::user};

/// Heartbeats come every 15 seconds: a stream without any for so long is dead.
const SILENCE: Duration = Duration::from_secs(45);

/// The first pause before it is tried again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// Follow the alerts of all nodes as they are raised, until interrupted
#[derive(Args)]
pub struct Alerts {
    /// Only those of this tenant [default: every tenant that the caller may see]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,

    /// Only those about this user
    #[arg(long, default_value = "", hide_default_value = true)]
    user: String,

    /// Only those of this rule, such as `NEW_COUNTRY`; may be given several times
    #[arg(long = "rule", value_name = "RULE")]
    rules: Vec<String>,

    /// Only those at least so severe: info, low, medium, high or critical
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    min_severity: Option<api::Severity>,

    /// Begin with the oldest that is kept
    #[arg(long, conflicts_with = "resume")]
    from_start: bool,

    /// Begin after this cursor of an alert, a heartbeat or a gap
    #[arg(long, value_name = "CURSOR", default_value = "", hide_default_value = true)]
    resume: String,

    /// Print each as one line of JSON
    #[arg(long)]
    json: bool,

    /// Print the signs of life, too, whose cursors are the latest to resume from
    #[arg(long)]
    heartbeats: bool,

    #[command(flatten)]
    connection: Connection,
}

fn severity(text: &str) -> Result<api::Severity, String> {
    let named = Severity::ALL.into_iter().find(|severity| severity.name() == text);
    let number = named.and_then(|severity| i32::try_from(severity as u32).ok());
    number
        .and_then(|number| api::Severity::try_from(number).ok())
        .ok_or_else(|| "not info, low, medium, high or critical".to_owned())
}

impl Alerts {
    /// Ends when it is interrupted or nobody reads its output any more, and when the server refuses.
    pub fn run(self) -> Result<Exit, Failure> {
        runtime::call(async {
            tokio::select! {
                asked = lifecycle::asked_to_stop() => asked.map(|()| Exit::Done).map_err(Failure::failed),
                followed = self.follow() => followed.map(|()| Exit::Done),
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

    /// On one connection after the other. Only the first must succeed at once.
    async fn follow(&self) -> Result<(), Failure> {
        let mut request = self.request();
        let server = self.connection.open().await?;
        let mut stream =
            open(&server, &request).await.map_err(|status| refusal::failure(&status, &server.destination))?;
        loop {
            let broken = match self.show(&mut stream, &mut request).await? {
                ControlFlow::Continue(broken) => broken,
                ControlFlow::Break(()) => return Ok(()),
            };
            let mut pause = PAUSES.0;
            let mut why = broken;
            stream = loop {
                if is_final(why.code()) {
                    return Err(refusal::failure(&why, &server.destination));
                }
                say(&format!("the stream ended: {}; it is resumed", why.message()));
                sleep(pause).await;
                pause = (pause * 2).min(PAUSES.1);
                match open(&server, &request).await {
                    Ok(stream) => break stream,
                    Err(status) => why = status,
                }
            };
            say("resumed");
        }
    }

    /// Shows what comes until the stream breaks, or nobody reads it.
    async fn show(
        &self,
        stream: &mut Streaming<api::StreamAlertsResponse>,
        request: &mut api::StreamAlertsRequest,
    ) -> Result<ControlFlow<(), Status>, Failure> {
        loop {
            let message = match timeout(SILENCE, stream.message()).await {
                Ok(Ok(Some(message))) => message,
                Ok(Ok(None)) => return Ok(ControlFlow::Continue(Status::unavailable("the server closed it"))),
                Ok(Err(status)) => return Ok(ControlFlow::Continue(status)),
                Err(_) => return Ok(ControlFlow::Continue(Status::unavailable("it gave no sign of life"))),
            };
            let Some(event) = message.event else { continue };
            let shown = if self.json { self.json(&event)? } else { self.text(&event) };
            if !shown.is_empty() && !terminal::print_to_reader(&shown).map_err(Failure::failed)? {
                return Ok(ControlFlow::Break(()));
            }
            // Only what was shown is resumed after.
            request.from_start = false;
            request.resume_cursor = match event {
                Event::Alert(alert) => alert.cursor,
                Event::Heartbeat(heartbeat) => heartbeat.cursor,
                Event::Gap(gap) if gap.reason == "slow_consumer" => gap.from_cursor,
                Event::Gap(gap) => gap.to_cursor,
            };
        }
    }

    fn json(&self, event: &Event) -> Result<String, Failure> {
        if matches!(event, Event::Heartbeat(_)) && !self.heartbeats {
            return Ok(String::new());
        }
        json::line(&json::Streamed::from(event)).map_err(Failure::failed)
    }

    fn text(&self, event: &Event) -> String {
        let style = Style::of_stdout();
        match event {
            Event::Alert(alert) => line(alert, style),
            Event::Heartbeat(heartbeat) if self.heartbeats => {
                let at = heartbeat.at.map(|at| at.to_string()).unwrap_or_default();
                clean(&format!("{at}  alive, up to {}", heartbeat.cursor)) + "\n"
            }
            Event::Heartbeat(_) => String::new(),
            Event::Gap(gap) => clean(&format!("alerts are missing here ({})", gap.reason)) + "\n",
        }
    }
}

/// `2026-01-31T12:00:00Z  high      NEW_COUNTRY  ann  Sign-in from …`.
fn line(alert: &api::Alert, style: Style) -> String {
    let at = alert.event_time.map(|at| at.to_string()).unwrap_or_default();
    let severity = u32::try_from(alert.severity).ok().and_then(Severity::from_code);
    let name = format!("{:<8}", severity.map_or("unknown", Severity::name));
    let name = if severity >= Some(Severity::High) { style.bad(&name) } else { name };
    let about = if alert.user_id.is_empty() { "-".to_owned() } else { user(&alert.tenant_id, &alert.user_id) };
    let rest = clean(&format!("{}  {about}  {}", alert.rule, alert.reason_admin));
    format!("{}  {name}  {rest}\n", style.dim(&at))
}

async fn open(
    server: &Server,
    request: &api::StreamAlertsRequest,
) -> Result<Streaming<api::StreamAlertsResponse>, Status> {
    server.sessions().stream_alerts(request.clone()).await.map(tonic::Response::into_inner)
}

/// Whether the same again would be answered the same.
const fn is_final(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidArgument | Code::Unauthenticated | Code::PermissionDenied | Code::Unimplemented | Code::NotFound
    )
}

fn say(text: &str) {
    terminal::print_error(&(clean(text) + "\n"));
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
        assert_eq!(line(&alert, Style::PLAIN), expected);
    }

    #[test]
    fn a_severity_is_named_as_it_is_shown() {
        assert_eq!(severity("high"), Ok(api::Severity::High));
        assert!(severity("HIGH!").expect_err("none").contains("critical"));
    }
}
