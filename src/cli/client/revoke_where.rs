//! `session-authority revoke-where`.

use clap::Args;

use crate::{
    api,
    cli::{
        failure::{Exit, Failure},
        json, runtime,
        terminal::{self, Style, Table, View, counted, print_error},
    },
    clock::{Clock, SystemClock},
    domain::UnixMillis,
};

use super::{
    completeness,
    connection::Connection,
    filter::{SessionFlags, end},
    search::{HEADER, row},
};

/// Count the live sessions that match, and with --yes end them
#[derive(Args)]
pub struct RevokeWhere {
    /// Count and show, end nothing; so it is without --yes, too
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,

    /// Really end them
    #[arg(long)]
    yes: bool,

    /// End nothing if more than this match; 0 is no limit
    #[arg(long, value_name = "COUNT", default_value_t, hide_default_value = true)]
    max_count: u64,

    /// Why, for the audit log
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,

    /// On whose behalf, for the audit log
    #[arg(long, default_value = "", hide_default_value = true)]
    actor: String,

    /// Print each message of the server as one line of JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    filter: SessionFlags,

    #[command(flatten)]
    connection: Connection,
}

impl RevokeWhere {
    pub fn run(self) -> Result<Exit, Failure> {
        runtime::call(self.revoke())?
    }

    pub fn request(&self, now: UnixMillis) -> api::RevokeWhereRequest {
        api::RevokeWhereRequest {
            filter: Some(self.filter.filter(now)),
            dry_run: !self.yes,
            max_count: self.max_count,
            reason: self.reason.clone(),
            actor: self.actor.clone(),
        }
    }

    async fn revoke(&self) -> Result<Exit, Failure> {
        let view = View { now: SystemClock.now(), style: Style::of_stdout() };
        let request = self.request(view.now);
        let created_until = end(request.filter.as_ref().and_then(|filter| filter.created.as_ref()));
        let server = self.connection.open().await?;
        let mut calls = server.administration();
        let mut stream = server.answered(calls.revoke_where(request)).await?.into_inner();
        let (mut ended, mut is_first) = (0, true);
        loop {
            let message = server.answered(stream.message()).await.map_err(|failure| interrupted(failure, ended))?;
            let Some(message) = message else {
                return Err(interrupted(Failure::failed("the server stopped before it was done"), ended));
            };
            ended = message.revoked_count;
            let text = if self.json {
                json::line(&json::RevokedWhere::from(&message)).map_err(Failure::failed)?
            } else {
                self.text(&message, view)
            };
            // It goes on when nobody reads this: what was asked for is the ending.
            terminal::print(&text).map_err(Failure::failed)?;
            if std::mem::take(&mut is_first) {
                completeness::say(message.complete_until, created_until, view.now);
            }
            if message.done {
                return Ok(Exit::Done);
            }
            if !self.json && ended > 0 {
                print_error(&format!("ended {ended} of {}\n", message.matched_count));
            }
        }
    }

    /// The sample when there is one, and at the end what was done.
    fn text(&self, message: &api::RevokeWhereResponse, view: View) -> String {
        let mut text = String::new();
        if !message.sample.is_empty() {
            let mut table = Table::new(HEADER);
            for entry in &message.sample {
                table.row(row(entry, view));
            }
            text = table.show(view.style);
        }
        if message.done {
            text.push_str(&self.sum(message));
        }
        text
    }

    fn sum(&self, message: &api::RevokeWhereResponse) -> String {
        let matched = counted(message.matched_count, "live session");
        match (message.matched_count, self.yes) {
            (0, _) => "no live session matches\n".to_owned(),
            (_, true) => format!("ended {} of {matched} that matched\n", message.revoked_count),
            (_, false) if self.dry_run => format!("{matched} would end\n"),
            (_, false) => format!("{matched} would end: add --yes to end them\n"),
        }
    }
}

fn interrupted(failure: Failure, ended: u64) -> Failure {
    match ended {
        0 => failure,
        ended => failure.and(format!("{} had ended; the same again ends the rest", counted(ended, "session"))),
    }
}
