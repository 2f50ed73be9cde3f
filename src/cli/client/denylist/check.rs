//! `session-authority denylist check`.

use clap::Args;
use tonic::{Response, Status};

use super::{ServerConnection, UnaryCommand};
use crate::{
    api,
    cli::{
        command_error::{CommandError, ExitStatus},
        terminal::{RenderContext, TextTable},
    },
};

/// Check whether JWTs are denied; exit code 1 if one of them is
#[derive(Args)]
pub struct CheckCommand {
    /// IDs of the JWTs (claim `jti`), at most 200
    #[arg(required = true, value_name = "JTI")]
    jtis: Vec<String>,

    /// Tenant of the JWTs [default: default]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,

    /// Include every denial acknowledged so far
    #[arg(long)]
    strong: bool,
}

impl UnaryCommand for CheckCommand {
    type Request = api::CheckRequest;
    type Answer = api::CheckResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        let consistency = if self.strong { api::Consistency::Strong } else { api::Consistency::Unspecified };
        Ok(api::CheckRequest {
            tenant_id: self.tenant.clone(),
            jtis: self.jtis.clone(),
            consistency: consistency.into(),
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.denylist().check(request).await
    }

    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String {
        let mut table = TextTable::new(&["JTI", "VERDICT", "UNTIL"]);
        for verdict in &answer.verdicts {
            let text = if verdict.denied { "denied" } else { "not denied" };
            let until = verdict.expires_at.map(|until| until.to_string()).unwrap_or_default();
            table.add_row([verdict.jti.clone(), text.to_owned(), until]);
        }
        table.render(view.style)
    }

    fn exit(answer: &Self::Answer) -> ExitStatus {
        let any_denied = answer.verdicts.iter().any(|verdict| verdict.denied);
        if any_denied { ExitStatus::Failure } else { ExitStatus::Success }
    }
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;
    use crate::{cli::terminal::TerminalStyle, domain::UnixMillis};

    #[test]
    fn each_jwt_has_its_verdict_and_one_that_is_denied_fails_the_command() {
        let verdict = |jti: &str, until: Option<i64>| api::DenylistVerdict {
            jti: jti.to_owned(),
            denied: until.is_some(),
            expires_at: until.map(|seconds| Timestamp { seconds, nanos: 0 }),
        };
        let verdicts = vec![verdict("a", Some(60)), verdict("b", None)];
        let mut answer = api::CheckResponse { verdicts, ..api::CheckResponse::default() };
        let command = CheckCommand { jtis: Vec::new(), tenant: String::new(), strong: false };
        let view = RenderContext { now: UnixMillis::new(0), style: TerminalStyle::PLAIN };
        let expected = "\
JTI  VERDICT     UNTIL
a    denied      1970-01-01T00:01:00Z
b    not denied
";
        assert_eq!(command.text(&answer, view), expected);
        assert_eq!(CheckCommand::exit(&answer), ExitStatus::Failure);
        answer.verdicts.remove(0);
        assert_eq!(CheckCommand::exit(&answer), ExitStatus::Success);
    }
}
