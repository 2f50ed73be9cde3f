//! How long a revoked token is still accepted elsewhere: from the answer of Revoke at one node to the last acceptance
//! at another, which is asked about the token without a pause. Once the other has refused it, it must go on refusing.
//! `-- --quick` for fewer revocations.

#![expect(clippy::print_stdout, reason = "the figures are what a bench is for")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot go on has nothing to say")]

#[expect(dead_code, unused_imports, reason = "the tests and other benches use the rest")]
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
    authority::{Authority, Installation},
    check::Check,
    connection::{Connection, Method, framed},
    cores::Cores,
    figures::percentile,
    is_quick,
    people::{SignedIn, sign_in},
};

/// Verdicts by which the other node knows the token before it is revoked.
const BEFORE: u64 = 20;
/// Verdicts that must be refusals, after the first one.
const AFTER: u64 = 20;
const PATIENCE: Duration = Duration::from_secs(10);
const BAR: Duration = Duration::from_millis(5);

fn main() {
    let (cores, told) = Cores::assign();
    println!("{told}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&cores, if is_quick() { 20 } else { 500 }));
}

async fn run(cores: &Cores, revocations: u64) {
    let installation = Installation::new(cores).await;
    let one = Authority::start(&installation, cores).await;
    let other = Authority::start(&installation, cores).await;
    let at_one = Connection::to(one.port).await;
    let at_other = Connection::to(other.port).await;
    let people = sign_in(&one.method("Create"), std::slice::from_ref(&at_one), revocations).await;
    let (revoke, validate) = (one.method("Revoke"), other.method("Validate"));
    let mut accepted_for = Vec::new();
    for person in &people {
        let watch = Stopwatch::start();
        let check = Check::new(&person.token, &person.session.session_id, Consistency::Bounded);
        let mut asking = Asking { connection: at_other.clone(), method: &validate, check, watch };
        for _ in 0..BEFORE {
            assert!(asking.accepts().await.is_some(), "a live session");
        }
        let (revoked, last) = tokio::join!(revoked(at_one.clone(), &revoke, person, watch), asking.until_refused());
        accepted_for.push(last.saturating_sub(revoked));
    }
    accepted_for.sort_unstable();
    let at = |share: f64| percentile(&accepted_for, share).as_secs_f64() * 1_000.0;
    println!("{revocations} revocations at one node, from the answer to the last acceptance at the other");
    println!("p50 {:>7.2} ms   p99 {:>7.2} ms   max {:>7.2} ms", at(50.0), at(99.0), at(100.0));
    let verdict = if percentile(&accepted_for, 99.0) <= BAR { "met" } else { "MISSED" };
    println!("p99, bar at most 5 ms: {verdict}");
}

/// Revokes the session. When that was answered.
async fn revoked(mut connection: Connection, method: &Method, person: &SignedIn, watch: Stopwatch) -> Duration {
    let target = Some(Target::SessionId(person.session.session_id.clone()));
    let answer = connection.call(method, framed(&RevokeRequest { target, ..RevokeRequest::default() })).await;
    let answered = watch.elapsed();
    let answer = RevokeResponse::decode(answer.expect("an answer")).expect("an answer of Revoke");
    assert!(answer.revoked, "the session was live");
    answered
}

/// Asks a node about a token.
struct Asking<'a> {
    connection: Connection,
    method: &'a Method,
    check: Check,
    watch: Stopwatch,
}

impl Asking<'_> {
    /// When the last acceptance was received.
    async fn until_refused(&mut self) -> Duration {
        let mut last = Duration::ZERO;
        while let Some(at) = self.accepts().await {
            last = at;
            assert!(at < PATIENCE, "a revoked session is still accepted");
        }
        for _ in 0..AFTER {
            assert!(self.accepts().await.is_none(), "accepted after it was refused");
        }
        last
    }

    /// When the token was accepted, or nothing if it was refused as revoked.
    async fn accepts(&mut self) -> Option<Duration> {
        let answer: Bytes = self.connection.call(self.method, self.check.body.clone()).await.expect("a verdict");
        let at = self.watch.elapsed();
        match ValidateResponse::decode(answer.clone()).expect("an answer of Validate").outcome {
            Some(Outcome::Rejection(Rejection { reason, .. })) if reason == RejectReason::Revoked as i32 => None,
            _ => {
                self.check.verify(&answer).expect("the session, or revoked");
                Some(at)
            }
        }
    }
}
