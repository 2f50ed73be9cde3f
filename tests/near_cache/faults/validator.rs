//! Whoever answers validations.

use async_trait::async_trait;
use session_authority::{
    api::{
        Consistency, RejectReason, Source, ValidateRequest, session_service_client::SessionServiceClient,
        validate_response::Outcome,
    },
    cache::{Seen, Standing},
    domain::{SessionId, UnixMillis},
};
use tonic::{Code, transport::Channel};

use super::{
    feed::node::Node,
    history::{Answer, Number, Verdict},
};

/// A session as its holder has it.
#[derive(Clone, Debug)]
pub struct Held {
    pub number: Number,
    pub id: SessionId,
    pub token: String,
}

#[async_trait]
pub trait Validator: Send + Sync {
    async fn judge(&self, held: &Held, strong: bool) -> Answer;
}

/// A node, over gRPC.
#[async_trait]
impl Validator for Channel {
    async fn judge(&self, held: &Held, strong: bool) -> Answer {
        let consistency = if strong { Consistency::Strong } else { Consistency::Bounded };
        let request = ValidateRequest {
            token: held.token.clone(),
            consistency: consistency.into(),
            ..ValidateRequest::default()
        };
        match SessionServiceClient::new(self.clone()).validate(request).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                let from_memory = answer.source() == Source::Cache;
                let as_of = answer.as_of.expect("as of when it holds");
                let millis = as_of.seconds * 1_000 + i64::from(as_of.nanos) / 1_000_000;
                let verdict = match answer.outcome.expect("an outcome") {
                    Outcome::Session(_) => Verdict::Accepted { from_memory },
                    Outcome::Rejection(rejection) => Verdict::Rejected(rejection.reason()),
                };
                Answer { verdict, as_of: Some(UnixMillis::new(millis.try_into().expect("a time of today"))) }
            }
            Err(status) => {
                let no_verdict = [Code::Unavailable, Code::DeadlineExceeded, Code::ResourceExhausted, Code::Cancelled];
                assert!(no_verdict.contains(&status.code()), "{status:?}");
                Answer::UNAVAILABLE
            }
        }
    }
}

/// The cache alone.
#[async_trait]
impl Validator for Node {
    async fn judge(&self, held: &Held, strong: bool) -> Answer {
        let read = if strong { self.reads.strong(held.id).await } else { self.reads.bounded(held.id).await };
        let Ok(Seen { standing, as_of, from_memory }) = read else { return Answer::UNAVAILABLE };
        let verdict = match standing {
            Standing::Live(_) => Verdict::Accepted { from_memory },
            _ => Verdict::Rejected(RejectReason::Unknown),
        };
        Answer { verdict, as_of: Some(as_of) }
    }
}
