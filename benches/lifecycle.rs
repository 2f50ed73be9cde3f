//! Measures Create, Validate, Rotate, List and `RevokeAll` over gRPC: the rate and the cost of each. Every response is checked; a wrong
//! one ends the bench. `-- --quick` uses fewer users.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[expect(dead_code, unused_imports, reason = "the tests and other benches use the rest")]
mod common;

use std::collections::HashSet;

use prost::{Message, bytes::Bytes};
use session_authority::api::{
    CreateResponse, ListRequest, ListResponse, RevokeAllRequest, RevokeAllResponse, RotateRequest, RotateResponse,
    UserScope, ValidateRequest, ValidateResponse, revoke_all_request::Scope, validate_response::Outcome,
};

use self::common::{
    authority::{AuthorityProcess, BenchInstallation},
    call_batch,
    connection::{GrpcConnection, encode_frame},
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

/// The measurements of one method over all rounds.
struct MethodMeasurements {
    name: &'static str,
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
    let [mut creates, mut validations, mut rotations, mut lists, mut ends] =
        ["Create", "Validate", "Rotate", "List", "RevokeAll"].map(MethodMeasurements::new);
    for round in 0..=ROUNDS {
        let mut tokens = Vec::new();
        for answer in bench.call(&mut creates, logins(users * SESSIONS_PER_USER)).await {
            let login = CreateResponse::decode(answer).expect("a response");
            assert!(login.session.is_some(), "a session");
            tokens.push(login.token);
        }
        for answer in bench.call(&mut validations, tokens.iter().map(|token| validate(token)).collect()).await {
            let answer = ValidateResponse::decode(answer).expect("a response");
            assert!(matches!(answer.outcome, Some(Outcome::Session(_))), "an active session");
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
        if round == 0 {
            [&mut creates, &mut validations, &mut rotations, &mut lists, &mut ends]
                .into_iter()
                .for_each(MethodMeasurements::reset);
        }
    }
    println!("{users} users, {SESSIONS_PER_USER} sessions each, medians of {ROUNDS} rounds");
    println!("                calls/s   server µs/call   Redis µs/call");
    for MethodMeasurements { name, rates, server, redis } in [creates, validations, rotations, lists, ends] {
        println!("{name:<12} {:>10.0} {:>16.1} {:>15.1}", median(&rates), median(&server), median(&redis));
    }
}

fn validate(token: &str) -> Bytes {
    encode_frame(&ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() })
}

fn rotate(token: &str) -> Bytes {
    encode_frame(&RotateRequest { token: token.to_owned(), ..RotateRequest::default() })
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
        let (answers, took) =
            call_batch::run(&self.authority.issuer_method(calls.name), &self.connections, IN_FLIGHT, bodies).await;
        let after = self.cpu_used();
        #[expect(clippy::cast_precision_loss, reason = "counts of calls are exact")]
        let number = answers.len() as f64;
        calls.rates.push(number / took.as_secs_f64());
        calls.server.push((after[0] - before[0]) / number);
        calls.redis.push((after[1] - before[1]) / number);
        answers
    }

    /// Returns the CPU that the server and its Redis have used so far.
    fn cpu_used(&self) -> [f64; 2] {
        [self.authority.process.id(), self.installation.redis_pid].map(cpu::process_cpu_micros)
    }
}

impl MethodMeasurements {
    fn new(name: &'static str) -> Self {
        Self { name, rates: Vec::new(), server: Vec::new(), redis: Vec::new() }
    }

    fn reset(&mut self) {
        *self = Self::new(self.name);
    }
}
