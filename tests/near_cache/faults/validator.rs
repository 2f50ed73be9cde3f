//! Whoever answers validations.

use async_trait::async_trait;
use session_authority::{
    api::{
        RejectReason, Source, ValidateRequest, session_service_client::SessionServiceClient, validate_response::Outcome,
    },
    cache::{Seen, Standing},
    domain::SessionId,
};
use tonic::{Code, transport::Channel};

use super::{
    feed::node::Node,
    history::{Number, Verdict},
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
    async fn judge(&self, held: &Held) -> Verdict;
}

/// A node, over gRPC.
#[async_trait]
impl Validator for Channel {
    async fn judge(&self, held: &Held) -> Verdict {
        let request = ValidateRequest { token: held.token.clone(), ..ValidateRequest::default() };
        match SessionServiceClient::new(self.clone()).validate(request).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                let from_memory = answer.source() == Source::Cache;
                match answer.outcome.expect("an outcome") {
                    Outcome::Session(_) => Verdict::Accepted { from_memory },
                    Outcome::Rejection(rejection) => Verdict::Rejected(rejection.reason()),
                }
            }
            Err(status) => {
                let no_verdict = [Code::Unavailable, Code::DeadlineExceeded, Code::ResourceExhausted, Code::Cancelled];
                assert!(no_verdict.contains(&status.code()), "{status:?}");
                Verdict::Unavailable
            }
        }
    }
}

/// The cache alone.
#[async_trait]
impl Validator for Node {
    async fn judge(&self, held: &Held) -> Verdict {
        match self.reads.bounded(held.id).await {
            Ok(Seen { standing: Standing::Live(_), from_memory, .. }) => Verdict::Accepted { from_memory },
            Ok(_) => Verdict::Rejected(RejectReason::Unknown),
            Err(_) => Verdict::Unavailable,
        }
    }
}
