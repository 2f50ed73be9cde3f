//! Measures how long a revoked token is still accepted on another node: from the response of Revoke on one node to the
//! last acceptance on another, which validates the token without a pause. Once rejected, the token must stay rejected.
//! `-- --quick` makes fewer revocations.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[expect(dead_code, reason = "the tests and other benches use the rest")]
mod common;

use std::time::Duration;

use prost::{Message, bytes::Bytes};
use session_authority::{
    api::{
        Consistency, RejectReason, Rejection, RevokeRequest, RevokeResponse, ValidateResponse, revoke_request::Target,
        validate_response::Outcome,
    },
    clock::Stopwatch,
};

use self::common::{
    authority::{AuthorityProcess, BenchInstallation},
    check::ValidationCheck,
    connection::{GrpcConnection, GrpcMethod, encode_frame},
    cores::CorePinning,
    grpc_logins::{SignedInSession, sign_in},
    is_quick,
    statistics::percentile,
};

/// Verdicts before the revocation, so that the other node has cached the session.
const VALIDATIONS_BEFORE: u64 = 20;
/// Verdicts after the first rejection, all of which must be rejections.
const REJECTIONS_AFTER: u64 = 20;
const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_P99: Duration = Duration::from_millis(5);

fn main() {
    let (cores, pinning) = CorePinning::pin_current_process();
    println!("{pinning}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&cores, if is_quick() { 20 } else { 500 }));
}

async fn run(cores: &CorePinning, revocations: u64) {
    let installation = BenchInstallation::new(cores).await;
    let one = AuthorityProcess::start(&installation, cores).await;
    let other = AuthorityProcess::start(&installation, cores).await;
    let at_one = GrpcConnection::connect(one.port).await;
    let at_other = GrpcConnection::connect(other.port).await;
    let people = sign_in(&one.issuer_method("Create"), std::slice::from_ref(&at_one), revocations).await;
    let (revoke, validate) = (one.issuer_method("Revoke"), other.issuer_method("Validate"));
    let mut accepted_for = Vec::new();
    for person in &people {
        let watch = Stopwatch::start();
        let check = ValidationCheck::new(&person.token, &person.session.session_id, Consistency::Bounded);
        let mut asking = TokenPoller { connection: at_other.clone(), method: &validate, check, watch };
        for _ in 0..VALIDATIONS_BEFORE {
            assert!(asking.poll().await.is_some(), "an active session");
        }
        let (revoked, last) =
            tokio::join!(revoke_session(at_one.clone(), &revoke, person, watch), asking.poll_until_rejected());
        accepted_for.push(last.saturating_sub(revoked));
    }
    accepted_for.sort_unstable();
    let at = |share: f64| percentile(&accepted_for, share).as_secs_f64() * 1_000.0;
    println!(
        "{revocations} revocations: time from the response of Revoke on one node to the last acceptance on another"
    );
    println!("p50 {:>7.2} ms   p99 {:>7.2} ms   max {:>7.2} ms", at(50.0), at(99.0), at(100.0));
    let verdict = if percentile(&accepted_for, 99.0) <= MAX_P99 { "met" } else { "MISSED" };
    println!("p99, target at most 5 ms: {verdict}");
}

/// Revokes the session. Returns the time of the response.
async fn revoke_session(
    mut connection: GrpcConnection,
    method: &GrpcMethod,
    person: &SignedInSession,
    watch: Stopwatch,
) -> Duration {
    let target = Some(Target::SessionId(person.session.session_id.clone()));
    let answer = connection.call(method, encode_frame(&RevokeRequest { target, ..RevokeRequest::default() })).await;
    let answered = watch.elapsed();
    let answer = RevokeResponse::decode(answer.expect("a response")).expect("a response of Revoke");
    assert!(answer.revoked, "the session was active");
    answered
}

/// Validates a token repeatedly on one node.
struct TokenPoller<'a> {
    connection: GrpcConnection,
    method: &'a GrpcMethod,
    check: ValidationCheck,
    watch: Stopwatch,
}

impl TokenPoller<'_> {
    /// Validates the token until it is rejected. Returns the time of the last acceptance.
    async fn poll_until_rejected(&mut self) -> Duration {
        let mut last = Duration::ZERO;
        while let Some(at) = self.poll().await {
            last = at;
            assert!(at < TIMEOUT, "a revoked session is still accepted");
        }
        for _ in 0..REJECTIONS_AFTER {
            assert!(self.poll().await.is_none(), "accepted after it was rejected");
        }
        last
    }

    /// Validates the token once. Returns the time of the acceptance, or `None` if it was rejected as revoked.
    async fn poll(&mut self) -> Option<Duration> {
        let answer: Bytes = self.connection.call(self.method, self.check.body.clone()).await.expect("a verdict");
        let at = self.watch.elapsed();
        match ValidateResponse::decode(answer.clone()).expect("a response of Validate").outcome {
            Some(Outcome::Rejection(Rejection { reason, .. })) if reason == RejectReason::Revoked as i32 => None,
            _ => {
                self.check.verify(&answer).expect("the session, or revoked");
                Some(at)
            }
        }
    }
}
