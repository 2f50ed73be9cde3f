//! `session-authority validate`.

use std::time::Duration;

use clap::Args;
use serde::Serialize;
use tonic::{Response, Status};

use crate::{
    api::{self, validate_response::Outcome},
    cli::{
        failure::{Exit, Failure},
        json,
        terminal::{Facts, View, ago, coarse},
        values,
    },
};

use super::{
    ClientCommand, Server,
    session::{add_facts, label, millis},
    token::TokenArgument,
};

/// Say whom a token belongs to; exits with 1 when it is rejected
#[derive(Args)]
pub struct Validate {
    /// Token, or - to read it from standard input, out of sight of histories and process lists
    #[arg(required_unless_present = "stream")]
    token: Option<TokenArgument>,

    /// Check every line of standard input instead. Each answer is a line of JSON, as it is ready, with the number of
    /// the line as its tag
    #[arg(long, conflicts_with = "token")]
    pub(super) stream: bool,

    /// Do not count this as activity
    #[arg(long)]
    peek: bool,

    /// Read the store, whatever the server remembers
    #[arg(long)]
    strong: bool,

    /// Demand that the user was authenticated no longer ago than this
    #[arg(long, value_name = "SPAN", value_parser = values::positive_span)]
    max_auth_age: Option<Duration>,

    /// Demand at least this assurance level, 0 to 100
    #[arg(long, value_name = "LEVEL", default_value_t, hide_default_value = true)]
    min_assurance_level: u32,
}

impl Validate {
    pub(super) fn request_for(&self, token: String) -> api::ValidateRequest {
        let consistency = if self.strong { api::Consistency::Strong } else { api::Consistency::Bounded };
        let activity = if self.peek { api::Activity::Peek } else { api::Activity::Touch };
        api::ValidateRequest {
            token,
            client: None,
            consistency: consistency.into(),
            activity: activity.into(),
            max_auth_age: self.max_auth_age.map(values::to_message),
            min_assurance_level: self.min_assurance_level,
        }
    }
}

impl ClientCommand for Validate {
    type Request = api::ValidateRequest;
    type Answer = api::ValidateResponse;

    fn request(&self) -> Result<Self::Request, Failure> {
        let token = self.token.as_ref().map_or(Ok(String::new()), TokenArgument::read)?;
        Ok(self.request_for(token))
    }

    async fn send(server: &Server, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.sessions().validate(request).await
    }

    fn text(&self, answer: &Self::Answer, view: View) -> String {
        let mut facts = Facts::default();
        let verdict = match &answer.outcome {
            Some(Outcome::Session(session)) => {
                add_facts(&mut facts, session, view);
                view.style.good("valid")
            }
            Some(Outcome::Rejection(rejection)) => {
                add_rejection(&mut facts, rejection, view);
                view.style.bad("rejected")
            }
            None => view.style.bad("no verdict that this release understands"),
        };
        format!("{verdict}\n{}", facts.show(view.style))
    }

    fn json(answer: &Self::Answer) -> impl Serialize {
        json::Validated::from(answer)
    }

    fn exit(answer: &Self::Answer) -> Exit {
        match &answer.outcome {
            Some(Outcome::Session(_)) => Exit::Done,
            Some(Outcome::Rejection(_)) | None => Exit::Failed,
        }
    }
}

fn add_rejection(facts: &mut Facts, rejection: &api::Rejection, view: View) {
    facts.add("reason", label(rejection.reason().as_str_name(), "REJECT_REASON_"));
    facts.add("", &rejection.message);
    facts.add("session", &rejection.session_id);
    facts.add("ended", rejection.ended_at.and_then(millis).map(|at| ago(at, view.now)).unwrap_or_default());
    facts.add("by", &rejection.actor);
    facts.add("stated reason", &rejection.stated_reason);
    if rejection.required_assurance_level > 0 {
        facts.add("needs", format!("assurance level {}", rejection.required_assurance_level));
    }
    if let Some(age) = rejection.required_max_auth_age.and_then(values::from_message) {
        facts.add("needs", format!("a sign-in within the last {}", coarse(age)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cli::terminal::Style, domain::UnixMillis};

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
        let command = Validate {
            token: None,
            stream: false,
            peek: false,
            strong: false,
            max_auth_age: None,
            min_assurance_level: 0,
        };
        let view = View { now: UnixMillis::new(0), style: Style::PLAIN };
        let expected = "\
rejected
reason   step up required
         This needs a fresh or stronger sign-in.
session  abc
needs    assurance level 2
needs    a sign-in within the last 5 min
";
        assert_eq!(command.text(&answer, view), expected);
        assert_eq!(Validate::exit(&answer), Exit::Failed);
    }
}
