//! Validators under test.

use async_trait::async_trait;
use session_authority::{
    api::{
        Consistency, RejectReason, Source, ValidateRequest, session_service_client::SessionServiceClient,
        validate_response::Outcome,
    },
    domain::{SessionId, UnixMillis},
    near_cache::SessionStatus,
};
use tonic::{Code, transport::Channel};

use super::{
    history::{ObservedVerdict, SessionNumber, ValidationAnswer},
    tracking::node::CacheNode,
};

/// A session as its holder knows it.
#[derive(Clone, Debug)]
pub struct HeldSession {
    pub number: SessionNumber,
    pub id: SessionId,
    pub token: String,
}

#[async_trait]
pub trait SessionValidator: Send + Sync {
    async fn validate(&self, held: &HeldSession, strong: bool) -> ValidationAnswer;
}

/// A node, over gRPC.
#[async_trait]
impl SessionValidator for Channel {
    async fn validate(&self, held: &HeldSession, strong: bool) -> ValidationAnswer {
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
                let as_of = answer.as_of.expect("the time of the verdict");
                let millis = as_of.seconds * 1_000 + i64::from(as_of.nanos) / 1_000_000;
                let verdict = match answer.outcome.expect("an outcome") {
                    Outcome::Session(_) => ObservedVerdict::Accepted { from_memory },
                    Outcome::Rejection(rejection) => ObservedVerdict::Rejected(rejection.reason()),
                };
                ValidationAnswer { verdict, as_of: Some(UnixMillis::new(millis.try_into().expect("a time of today"))) }
            }
            Err(status) => {
                let no_verdict = [Code::Unavailable, Code::DeadlineExceeded, Code::ResourceExhausted, Code::Cancelled];
                assert!(no_verdict.contains(&status.code()), "{status:?}");
                ValidationAnswer::UNAVAILABLE
            }
        }
    }
}

/// A cache without a node.
#[async_trait]
impl SessionValidator for CacheNode {
    async fn validate(&self, held: &HeldSession, strong: bool) -> ValidationAnswer {
        let read = if strong { self.reads.read_strong(held.id).await } else { self.reads.read_bounded(held.id).await };
        let Ok(read) = read else { return ValidationAnswer::UNAVAILABLE };
        let verdict = match read.status {
            SessionStatus::Live(_) => ObservedVerdict::Accepted { from_memory: read.is_from_cache() },
            _ => ObservedVerdict::Rejected(RejectReason::Unknown),
        };
        ValidationAnswer { verdict, as_of: Some(read.as_of) }
    }
}
