//! `session-authority sessions search`.

use clap::{Args, Subcommand};
use prost_types::Timestamp;
use serde::Serialize;

use crate::{
    api,
    cli::{
        failure::{Exit, Failure},
        json,
        terminal::{View, ago},
        values,
    },
    domain::UnixMillis,
};

use super::{
    filter::{SessionFlags, end},
    listing::{Listing, Paged},
    session::{device, label, millis, origin, user},
};

/// Look sessions up, live and ended
#[derive(Subcommand)]
pub enum Sessions {
    Search(Paged<Search>),
}

impl Sessions {
    pub fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Search(command) => command.run(),
        }
    }
}

/// Find sessions of all users, live and ended, latest start first
#[derive(Args)]
pub struct Search {
    /// Only those that can still be used, or that have ended
    #[arg(long, value_parser = values::one_of(api::SessionState::as_str_name, "SESSION_STATE_"))]
    state: Option<api::SessionState>,

    /// Only those that ended for this reason
    #[arg(long, value_parser = values::one_of(api::EndReason::as_str_name, "END_REASON_"))]
    reason: Option<api::EndReason>,

    #[command(flatten)]
    filter: SessionFlags,
}

impl Listing for Search {
    type Query = api::SearchSessionsRequest;

    const HEADER: &'static [&'static str] = HEADER;
    const NOTHING: &'static str = "no session matches";

    fn query(&self, now: UnixMillis) -> Self::Query {
        api::SearchSessionsRequest {
            filter: Some(self.filter.filter(now)),
            state: self.state.unwrap_or_default().into(),
            end_reason: self.reason.unwrap_or_default().into(),
            ..api::SearchSessionsRequest::default()
        }
    }

    fn end(query: &Self::Query) -> Option<Timestamp> {
        end(query.filter.as_ref().and_then(|filter| filter.created.as_ref()))
    }

    fn row(entry: &api::SessionEntry, view: View) -> Vec<String> {
        row(entry, view)
    }

    fn json(entry: &api::SessionEntry) -> impl Serialize {
        json::SessionEntry::from(entry)
    }
}

/// What stands above [`row`]s.
pub const HEADER: &[&str] = &["USER", "DEVICE", "FROM", "STARTED", "STATE", "SESSION ID"];

/// A session that was found, on one line.
pub fn row(entry: &api::SessionEntry, view: View) -> Vec<String> {
    let session = entry.session.clone().unwrap_or_default();
    vec![
        user(&session.tenant_id, &session.user_id),
        device(session.device.as_ref()),
        origin(session.location.as_ref()),
        session.created_at.and_then(millis).map(|at| ago(at, view.now)).unwrap_or_default(),
        state(entry, &session, view),
        session.session_id,
    ]
}

/// "active 5 min ago", or "revoked 2 h ago by bob".
fn state(entry: &api::SessionEntry, session: &api::Session, view: View) -> String {
    let when = |time: Option<Timestamp>| time.and_then(millis).map(|at| ago(at, view.now)).unwrap_or_default();
    if entry.state() != api::SessionState::Ended {
        return format!("active {}", when(session.last_active_at));
    }
    let reason = match entry.end_reason() {
        api::EndReason::Unspecified => "ended".to_owned(),
        reason => label(reason.as_str_name(), "END_REASON_"),
    };
    let by = if entry.actor.is_empty() { String::new() } else { format!(" by {}", entry.actor) };
    format!("{reason} {}{by}", when(entry.ended_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::Style;

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
        let view = View { now: UnixMillis::new(1_700_000_000_000), style: Style::PLAIN };
        assert_eq!(row(&entry, view), ["ann", "iPhone", "BR", "90 min ago", "active 5 min ago", "abc"]);
        entry.state = api::SessionState::Ended.into();
        entry.ended_at = at(2);
        entry.end_reason = api::EndReason::IdleTimeout.into();
        entry.actor = "session-authority".to_owned();
        assert_eq!(row(&entry, view)[4], "idle timeout 2 min ago by session-authority");
    }
}
