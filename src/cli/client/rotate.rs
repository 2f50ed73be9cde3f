//! `session-authority rotate`.

use clap::Args;
use tonic::{Response, Status};

use crate::{
    api::{self, rotate_response::Outcome},
    cli::{
        command_error::{CommandError, ExitStatus},
        terminal::{FieldList, RenderContext},
    },
};

use super::{
    ServerConnection, UnaryCommand, session_format::add_session_fields, token_argument::TokenArgument,
    validate::add_rejection,
};

/// Rotate a token and print the new one; exits with 1 if it is rejected
#[derive(Args)]
pub struct RotateCommand {
    /// Token, or - to read it from standard input, which keeps it out of shell histories and process lists
    token: TokenArgument,
}

impl UnaryCommand for RotateCommand {
    type Request = api::RotateRequest;
    type Answer = api::RotateResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::RotateRequest { token: self.token.read()?, client: None })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.sessions().rotate(request).await
    }

    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String {
        let mut facts = FieldList::default();
        match &answer.outcome {
            Some(Outcome::Session(session)) => {
                facts.add("token", &answer.token);
                add_session_fields(&mut facts, session, view);
                let remark = "The old token is accepted for the grace period of the policy. Presented after that, it ends \
                              the session.";
                format!("{}{}\n", facts.render(view.style), view.style.dim(remark))
            }
            Some(Outcome::Rejection(rejection)) => {
                add_rejection(&mut facts, rejection, view);
                format!("{}\n{}", view.style.bad("rejected"), facts.render(view.style))
            }
            None => format!("{}\n", view.style.bad("unknown verdict")),
        }
    }

    fn exit(answer: &Self::Answer) -> ExitStatus {
        match &answer.outcome {
            Some(Outcome::Session(_)) => ExitStatus::Success,
            Some(Outcome::Rejection(_)) | None => ExitStatus::Failure,
        }
    }

    fn undelivered_advice(answer: &Self::Answer) -> Option<String> {
        matches!(answer.outcome, Some(Outcome::Session(_))).then(|| {
            "the token was rotated but the new one could not be printed; run the command again with the same token"
                .to_owned()
        })
    }
}
