//! Measures Create, Validate, Rotate, List and `RevokeAll`, and Deny and Check of JWTs, over gRPC: the rate and the cost
//! of each. Every response is checked; a wrong one ends the bench. `-- --quick` uses fewer users.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[expect(dead_code, reason = "the tests and other benches use the rest")]
mod common;

use std::{collections::HashSet, time::Duration};

use prost::{Message, bytes::Bytes};
use prost_types::Timestamp;
use session_authority::{
    api::{
        CheckRequest, CheckResponse, CreateResponse, DeniedToken, DenyRequest, DenyResponse, ListRequest, ListResponse,
        RevokeAllRequest, RevokeAllResponse, RotateRequest, RotateResponse, UserScope, ValidateRequest,
        ValidateResponse, revoke_all_request::Scope, validate_response::Outcome,
    },
    clock::{Clock, SystemClock},
};

use self::common::{
    authority::{AuthorityProcess, BenchInstallation},
    call_batch,
    connection::{GrpcConnection, GrpcMethod, encode_frame},
    cores::CorePinning,
    cpu,
    grpc_logins::{logins, user_id},
    is_quick,
    session::SESSIONS_PER_USER,
    statistics::median,
};

const CONNECTIONS: usize = 4;
const IN_FLIGHT: usize = 16;
const ROUNDS: usize = 5;

/// The measurements of one kind of call over all rounds.
struct MethodMeasurements {
    label: &'static str,
    method: &'static str,
    rates: Vec<f64>,
    /// Microseconds per call.
    server: Vec<f64>,
    redis: Vec<f64>,
}

fn main() {
    let (cores, pinning) = CorePinning::pin_current_process();
    println!("{pinning}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&cores, if is_quick() { 100 } else { 5_000 }));
}

/// Runs the rounds. The first one is the warm-up: no user has signed in before it.
async fn run(cores: &CorePinning, users: u64) {
    let bench = LifecycleBench::start(cores).await;
    let mut creates = MethodMeasurements::new("Create", "Create");
    let mut validations = MethodMeasurements::new("Validate, first", "Validate");
    let mut cached_validations = MethodMeasurements::new("Validate, cached", "Validate");
    let mut rotations = MethodMeasurements::new("Rotate", "Rotate");
    let mut lists = MethodMeasurements::new("List", "List");
    let mut ends = MethodMeasurements::new("RevokeAll", "RevokeAll");
    let mut denials = MethodMeasurements::new("Deny", "Deny");
    let mut checks = MethodMeasurements::new("Check", "Check");
    for round in 0..=ROUNDS {
        let mut tokens = Vec::new();
        for answer in bench.call(&mut creates, logins(users * SESSIONS_PER_USER)).await {
            let login = CreateResponse::decode(answer).expect("a response");
            assert!(login.session.is_some(), "a session");
            tokens.push(login.token);
        }
        for measurements in [&mut validations, &mut cached_validations] {
            for answer in bench.call(measurements, tokens.iter().map(|token| validate(token)).collect()).await {
                let answer = ValidateResponse::decode(answer).expect("a response");
                assert!(matches!(answer.outcome, Some(Outcome::Session(_))), "an active session");
            }
        }
        let mut successors = HashSet::new();
        for answer in bench.call(&mut rotations, tokens.iter().map(|token| rotate(token)).collect()).await {
            successors.insert(RotateResponse::decode(answer).expect("a response").token);
        }
        assert_eq!(successors.len(), tokens.len(), "a new token for each");
        for answer in bench.call(&mut lists, (0..users).map(list).collect()).await {
            let listed = ListResponse::decode(answer).expect("a response").sessions.len() as u64;
            assert_eq!(listed, SESSIONS_PER_USER, "the sessions of a user");
        }
        for answer in bench.call(&mut ends, (0..users).map(revoke_all).collect()).await {
            let revoked = RevokeAllResponse::decode(answer).expect("a response").revoked_count;
            assert_eq!(revoked, SESSIONS_PER_USER, "the sessions of a user");
        }
        let jwts: Vec<_> = (0..users * SESSIONS_PER_USER).map(|number| format!("jwt {round} {number}")).collect();
        for answer in bench.call(&mut denials, jwts.iter().map(|jti| deny(jti)).collect()).await {
            assert_eq!(DenyResponse::decode(answer).expect("a response").denied_count, 1, "a denied JWT");
        }
        for answer in bench.call(&mut checks, jwts.iter().map(|jti| check(jti)).collect()).await {
            assert!(CheckResponse::decode(answer).expect("a response").verdicts[0].denied, "a denied JWT");
        }
        if round == 0 {
            let all = [&mut creates, &mut validations, &mut cached_validations, &mut rotations, &mut lists, &mut ends];
            all.into_iter().chain([&mut denials, &mut checks]).for_each(MethodMeasurements::reset);
        }
    }
    println!("{users} users, {SESSIONS_PER_USER} sessions each, medians of {ROUNDS} rounds");
    println!("                      calls/s   of Validate   server µs/call   Redis µs/call");
    let validate = median(&cached_validations.rates);
    for MethodMeasurements { label, rates, server, redis, .. } in
        [creates, validations, cached_validations, rotations, lists, ends, denials, checks]
    {
        let (rate, server, redis) = (median(&rates), median(&server), median(&redis));
        println!("{label:<18} {rate:>10.0} {:>13.2} {server:>16.1} {redis:>15.1}", rate / validate);
    }
}

fn validate(token: &str) -> Bytes {
    encode_frame(&ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() })
}

fn rotate(token: &str) -> Bytes {
    encode_frame(&RotateRequest { token: token.to_owned(), ..RotateRequest::default() })
}

fn deny(jti: &str) -> Bytes {
    let in_an_hour = SystemClock.now().plus(Duration::from_hours(1)).get() / 1000;
    let expires_at = Timestamp { seconds: i64::try_from(in_an_hour).expect("a time"), nanos: 0 };
    let tokens = vec![DeniedToken { jti: jti.to_owned(), expires_at: Some(expires_at) }];
    encode_frame(&DenyRequest { tokens, ..DenyRequest::default() })
}

fn check(jti: &str) -> Bytes {
    encode_frame(&CheckRequest { jtis: vec![jti.to_owned()], ..CheckRequest::default() })
}

fn list(number: u64) -> Bytes {
    encode_frame(&ListRequest { user_id: user_id(number), ..ListRequest::default() })
}

fn revoke_all(number: u64) -> Bytes {
    let user_id = UserScope { user_id: user_id(number), ..UserScope::default() };
    encode_frame(&RevokeAllRequest { scope: Some(Scope::User(user_id)), ..RevokeAllRequest::default() })
}

struct LifecycleBench {
    installation: BenchInstallation,
    authority: AuthorityProcess,
    connections: Vec<GrpcConnection>,
}

impl LifecycleBench {
    async fn start(cores: &CorePinning) -> Self {
        let installation = BenchInstallation::new(cores).await;
        let authority = AuthorityProcess::start(&installation, cores).await;
        let connections = GrpcConnection::connect_many(CONNECTIONS, authority.port).await;
        Self { installation, authority, connections }
    }

    async fn call(&self, calls: &mut MethodMeasurements, bodies: Vec<Bytes>) -> Vec<Bytes> {
        let before = self.cpu_used();
        let (answers, took) = call_batch::run(&self.method(calls.method), &self.connections, IN_FLIGHT, bodies).await;
        let after = self.cpu_used();
        #[expect(clippy::cast_precision_loss, reason = "counts of calls are exact")]
        let number = answers.len() as f64;
        calls.rates.push(number / took.as_secs_f64());
        calls.server.push((after[0] - before[0]) / number);
        calls.redis.push((after[1] - before[1]) / number);
        answers
    }

    fn method(&self, name: &str) -> GrpcMethod {
        match name {
            "Deny" | "Check" => self.authority.denylist_method(name),
            _ => self.authority.issuer_method(name),
        }
    }

    /// Returns the CPU that the server and its Redis have used so far.
    fn cpu_used(&self) -> [f64; 2] {
        [self.authority.process.id(), self.installation.redis_pid].map(cpu::process_cpu_micros)
    }
}

impl MethodMeasurements {
    fn new(label: &'static str, method: &'static str) -> Self {
        Self { label, method, rates: Vec::new(), server: Vec::new(), redis: Vec::new() }
    }

    fn reset(&mut self) {
        *self = Self::new(self.label, self.method);
    }
}
