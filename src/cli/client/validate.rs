//! `session-authority validate`.

use std::time::Duration;

use clap::Args;
use tonic::{Response, Status};

use crate::{
    api::{self, validate_response::Outcome},
    cli::{
        command_error::{CommandError, ExitStatus},
        option_values,
        terminal::{FieldList, RenderContext, format_duration, format_time_since, format_time_until},
    },
};

use super::{
    ServerConnection, UnaryCommand,
    session_format::{add_session_fields, enum_label, to_unix_millis},
    token_argument::TokenArgument,
};

/// Validate a token; exits with 1 if it is rejected
#[derive(Args)]
pub struct ValidateCommand {
    /// Token, or - to read it from standard input, which keeps it out of shell histories and process lists
    #[arg(required_unless_present = "stream")]
    token: Option<TokenArgument>,

    /// Validate every line of standard input instead. Each response is one line of JSON, printed when it is ready, with
    /// the number of the line as its tag
    #[arg(long, conflicts_with = "token")]
    pub(super) stream: bool,

    /// Do not record activity
    #[arg(long)]
    peek: bool,

    /// Bypass the server's cache and read the store
    #[arg(long)]
    strong: bool,

    /// Require an authentication that is no older than this
    #[arg(long, value_name = "DURATION", value_parser = option_values::parse_positive_duration_arg)]
    max_auth_age: Option<Duration>,

    /// Require at least this assurance level, 0 to 100
    #[arg(long, value_name = "LEVEL", default_value_t, hide_default_value = true)]
    min_assurance_level: u32,
}

impl ValidateCommand {
    pub(super) fn request_for(&self, token: String) -> api::ValidateRequest {
        let consistency = if self.strong { api::Consistency::Strong } else { api::Consistency::Bounded };
        let activity = if self.peek { api::Activity::Peek } else { api::Activity::Touch };
        api::ValidateRequest {
            token,
            client: None,
            consistency: consistency.into(),
            activity: activity.into(),
            max_auth_age: self.max_auth_age.map(option_values::to_proto_duration),
            min_assurance_level: self.min_assurance_level,
        }
    }
}

impl UnaryCommand for ValidateCommand {
    type Request = api::ValidateRequest;
    type Answer = api::ValidateResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        let token = self.token.as_ref().map_or(Ok(String::new()), TokenArgument::read)?;
        Ok(self.request_for(token))
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.sessions().validate(request).await
    }

    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String {
        let mut facts = FieldList::default();
        let verdict = match &answer.outcome {
            Some(Outcome::Session(session)) => {
                add_session_fields(&mut facts, session, view);
                if let Some(at) = answer.rotate_after.and_then(to_unix_millis) {
                    let when = if at <= view.now { "now".to_owned() } else { format_time_until(at, view.now) };
                    facts.add("rotate", when);
                }
                view.style.good("valid")
            }
            Some(Outcome::Rejection(rejection)) => {
                add_rejection(&mut facts, rejection, view);
                view.style.bad("rejected")
            }
            None => view.style.bad("unknown verdict"),
        };
        format!("{verdict}\n{}", facts.render(view.style))
    }

    fn exit(answer: &Self::Answer) -> ExitStatus {
        match &answer.outcome {
            Some(Outcome::Session(_)) => ExitStatus::Success,
            Some(Outcome::Rejection(_)) | None => ExitStatus::Failure,
        }
    }
}

pub(super) fn add_rejection(facts: &mut FieldList, rejection: &api::Rejection, view: RenderContext) {
    facts.add("reason", enum_label(rejection.reason().as_str_name(), "REJECT_REASON_"));
    facts.add("", &rejection.message);
    facts.add("session", &rejection.session_id);
    facts.add(
        "ended",
        rejection.ended_at.and_then(to_unix_millis).map(|at| format_time_since(at, view.now)).unwrap_or_default(),
    );
    facts.add("by", &rejection.actor);
    facts.add("stated reason", &rejection.stated_reason);
    if rejection.required_assurance_level > 0 {
        facts.add("required", format!("assurance level {}", rejection.required_assurance_level));
    }
    if let Some(age) = rejection.required_max_auth_age.and_then(option_values::from_proto_duration) {
        facts.add("required", format!("a sign-in within the last {}", format_duration(age)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cli::terminal::TerminalStyle, domain::UnixMillis};

    #[test]
    fn a_rejection_says_why_and_what_it_takes() {
        let rejection = api::Rejection {
            reason: api::RejectReason::StepUpRequired.into(),
            message: "This needs a fresh or stronger sign-in.".to_owned(),
            session_id: "abc".to_owned(),
            required_assurance_level: 2,
            required_max_auth_age: Some(prost_types::Duration { seconds: 300, nanos: 0 }),
            ..api::Rejection::default()
        };
        let answer =
            api::ValidateResponse { outcome: Some(Outcome::Rejection(rejection)), ..api::ValidateResponse::default() };
        let command = ValidateCommand {
            token: None,
            stream: false,
            peek: false,
            strong: false,
            max_auth_age: None,
            min_assurance_level: 0,
        };
        let view = RenderContext { now: UnixMillis::new(0), style: TerminalStyle::PLAIN };
        let expected = "\
rejected
reason    step up required
          This needs a fresh or stronger sign-in.
session   abc
required  assurance level 2
required  a sign-in within the last 5 min
";
        assert_eq!(command.text(&answer, view), expected);
        assert_eq!(ValidateCommand::exit(&answer), ExitStatus::Failure);
    }
}
