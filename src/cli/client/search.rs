//! `session-authority sessions search`.

use clap::{Args, Subcommand};
use prost_types::Timestamp;

use crate::{
    api,
    cli::{
        command_error::{CommandError, ExitStatus},
        option_values,
        terminal::{RenderContext, format_time_since},
    },
    domain::UnixMillis,
};

use super::{
    listing::{ListingCommand, PagedCommand},
    session_filter::{SessionFlags, window_end},
    session_format::{device_name, enum_label, format_last_seen, format_location, format_user, to_unix_millis},
};

/// Search active and ended sessions
#[derive(Subcommand)]
pub enum SessionsCommand {
    Search(PagedCommand<SessionSearchCommand>),
}

impl SessionsCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        match self {
            Self::Search(command) => command.run(),
        }
    }
}

/// Find active and ended sessions of all users, newest first
#[derive(Args)]
pub struct SessionSearchCommand {
    /// Only active (live) sessions, or only ended ones
    #[arg(long, value_parser = option_values::enum_value_parser(api::SessionState::as_str_name, "SESSION_STATE_"))]
    state: Option<api::SessionState>,

    /// Only sessions that ended for this reason
    #[arg(long, value_parser = option_values::enum_value_parser(api::EndReason::as_str_name, "END_REASON_"))]
    reason: Option<api::EndReason>,

    #[command(flatten)]
    filter: SessionFlags,
}

impl ListingCommand for SessionSearchCommand {
    type Query = api::SearchSessionsRequest;

    const HEADER: &'static [&'static str] = SESSION_HEADER;
    const EMPTY_MESSAGE: &'static str = "no session matches";

    fn query(&self, now: UnixMillis) -> Self::Query {
        api::SearchSessionsRequest {
            filter: Some(self.filter.filter(now)),
            state: self.state.unwrap_or_default().into(),
            end_reason: self.reason.unwrap_or_default().into(),
            ..api::SearchSessionsRequest::default()
        }
    }

    fn window_end(query: &Self::Query) -> Option<Timestamp> {
        window_end(query.filter.as_ref().and_then(|filter| filter.created.as_ref()))
    }

    fn row(entry: &api::SessionEntry, view: RenderContext) -> Vec<String> {
        session_row(entry, view)
    }
}

/// The header of the cells that [`session_row`] returns.
pub const SESSION_HEADER: &[&str] = &["USER", "DEVICE", "LOCATION", "LAST SEEN", "STARTED", "STATE", "SESSION ID"];

/// Returns the cells of a session.
pub fn session_row(entry: &api::SessionEntry, view: RenderContext) -> Vec<String> {
    let session = entry.session.clone().unwrap_or_default();
    vec![
        format_user(&session.tenant_id, &session.user_id),
        device_name(session.device.as_ref()),
        format_location(session.location.as_ref()),
        format_last_seen(&session),
        session.created_at.and_then(to_unix_millis).map(|at| format_time_since(at, view.now)).unwrap_or_default(),
        format_state(entry, &session, view),
        session.session_id,
    ]
}

/// Returns the state of a session: "active 5 min ago", or "revoked 2 h ago by bob".
fn format_state(entry: &api::SessionEntry, session: &api::Session, view: RenderContext) -> String {
    let when = |time: Option<Timestamp>| {
        time.and_then(to_unix_millis).map(|at| format_time_since(at, view.now)).unwrap_or_default()
    };
    if entry.state() != api::SessionState::Ended {
        return format!("active {}", when(session.last_active_at));
    }
    let reason = match entry.end_reason() {
        api::EndReason::Unspecified => "ended".to_owned(),
        reason => enum_label(reason.as_str_name(), "END_REASON_"),
    };
    let by = if entry.actor.is_empty() { String::new() } else { format!(" by {}", entry.actor) };
    format!("{reason} {}{by}", when(entry.ended_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::TerminalStyle;

    #[test]
    fn a_session_that_was_found_says_whether_it_is_over() {
        let at = |minutes: i64| Some(Timestamp { seconds: 1_700_000_000 - 60 * minutes, nanos: 0 });
        let session = api::Session {
            session_id: "abc".to_owned(),
            user_id: "ann".to_owned(),
            device: Some(api::Device { name: "iPhone".to_owned(), ..api::Device::default() }),
            location: Some(api::Location { country: "BR".to_owned(), ..api::Location::default() }),
            created_at: at(90),
            last_active_at: at(5),
            ..api::Session::default()
        };
        let mut entry = api::SessionEntry {
            session: Some(session),
            state: api::SessionState::Live.into(),
            ..api::SessionEntry::default()
        };
        let view = RenderContext { now: UnixMillis::new(1_700_000_000_000), style: TerminalStyle::PLAIN };
        assert_eq!(session_row(&entry, view), ["ann", "iPhone", "BR", "", "90 min ago", "active 5 min ago", "abc"]);
        entry.state = api::SessionState::Ended.into();
        entry.ended_at = at(2);
        entry.end_reason = api::EndReason::IdleTimeout.into();
        entry.actor = "session-authority".to_owned();
        assert_eq!(session_row(&entry, view)[5], "idle timeout 2 min ago by session-authority");
    }
}
