//! Measures what detection costs Create and Validate: two nodes, each with a Redis of its own, one with all rules and one
//! without any, measured in turn. `-- --quick` uses fewer users; its figures mean nothing.
//!
//! In each round, users sign in three times, each from an address and a device of their own; the third sign-in is
//! measured, so that rules have something to compare and nothing to raise. The validations state the client that signed
//! in, as a gateway does. The bench fails if an alert is raised.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[expect(dead_code, reason = "the tests and other benches use the rest")]
mod common;

use std::{fmt::Write, net::Ipv4Addr, ops::Range};

use prost::{Message, bytes::Bytes};
use session_authority::{
    api::{ClientContext, CreateResponse, ValidateRequest, ValidateResponse, validate_response::Outcome},
    detection::{FailureRule, Rule, SessionRule},
};

use self::common::{
    authority::{AuthorityProcess, BenchInstallation},
    call_batch,
    connection::{GrpcConnection, encode_frame},
    cores::CorePinning,
    cpu,
    grpc_logins::{client, login},
    is_quick,
    statistics::{format_verdict, median},
};

const CONNECTIONS: usize = 4;
const IN_FLIGHT: usize = 16;
const ROUNDS: u64 = 15;
/// Sign-ins of each user; the last one is measured.
const LOGINS: usize = 3;
/// The least rates with detection, relative to those without.
const CREATE_GOAL: f64 = 0.85;
const VALIDATE_GOAL: f64 = 0.98;

/// A node with its Redis, and its measurements.
struct MeasuredNode {
    label: &'static str,
    installation: BenchInstallation,
    authority: AuthorityProcess,
    connections: Vec<GrpcConnection>,
    creates: Measurements,
    validations: Measurements,
}

#[derive(Default)]
struct Measurements {
    rates: Vec<f64>,
    /// Microseconds of CPU per call.
    server: Vec<f64>,
    redis: Vec<f64>,
}

fn main() {
    let (cores, pinning) = CorePinning::pin_current_process();
    println!("{pinning}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&cores, if is_quick() { 100 } else { 5_000 }));
}

/// Runs the rounds, each with users of its own. The first one is the warm-up.
async fn run(cores: &CorePinning, users: u64) {
    let mut nodes = [
        MeasuredNode::start("detection off", cores, &without_rules()).await,
        MeasuredNode::start("detection on", cores, "").await,
    ];
    for round in 0..=ROUNDS {
        for node in &mut nodes {
            node.measure(round * users..(round + 1) * users).await;
            if round == 0 {
                (node.creates, node.validations) = Default::default();
            }
        }
    }
    for node in &nodes {
        let raised = node.authority.metric("session_authority_alerts_forwarded_total");
        assert!(raised.abs() < 1.0, "{raised} alerts about honest sign-ins");
    }
    println!("{users} users with {LOGINS} sessions each, medians of {ROUNDS} rounds");
    println!("                          calls/s   server µs/call   Redis µs/call");
    for node in &nodes {
        for (method, measured) in [("Create", &node.creates), ("Validate", &node.validations)] {
            let (rate, server, redis) = (median(&measured.rates), median(&measured.server), median(&measured.redis));
            println!("{:<14} {method:<8} {rate:>10.0} {server:>16.1} {redis:>15.1}", node.label);
        }
    }
    let [off, on] = &nodes;
    let goals = [
        ("Create", &off.creates, &on.creates, CREATE_GOAL),
        ("Validate", &off.validations, &on.validations, VALIDATE_GOAL),
    ];
    for (method, off, on, goal) in goals {
        // Of each round by itself, because the speed of a machine changes in the course of a run.
        let ratios: Vec<_> = on.rates.iter().zip(&off.rates).map(|(on, off)| on / off).collect();
        let ratio = median(&ratios);
        println!("{method:<8} on / off {}", format_verdict(ratio, ratio >= goal, &format!("at least {goal}")));
    }
}

/// Returns the sections of a configuration without rules.
fn without_rules() -> String {
    let settings = Rule::all()
        .map(Rule::setting)
        .chain(FailureRule::all().map(FailureRule::setting))
        .chain(SessionRule::all().map(SessionRule::setting));
    let mut sections = String::new();
    for setting in settings {
        let name = setting.rsplit('.').next().unwrap_or_default();
        writeln!(sections, "{name} = false").expect("a text grows");
    }
    format!("\n[detection.rules]\n{sections}")
}

impl MeasuredNode {
    async fn start(label: &'static str, cores: &CorePinning, settings: &str) -> Self {
        let installation = BenchInstallation::new(cores).await;
        // As in `deploy/redis.conf`: both kinds of sign-ins write, so the log is part of what they cost.
        installation.redis.command(&["CONFIG", "SET", "appendonly", "yes"]).await.expect("a setting");
        let authority = AuthorityProcess::start_with(&installation, cores, settings).await;
        let connections = GrpcConnection::connect_many(CONNECTIONS, authority.port).await;
        let (creates, validations) = Default::default();
        Self { label, installation, authority, connections, creates, validations }
    }

    /// Makes the logins, and validates each session once from the store and once, measured, from memory.
    async fn measure(&mut self, users: Range<u64>) {
        let logins: Vec<_> = users.clone().map(|user| encode_frame(&login(user, own_client(user)))).collect();
        for _ in 1..LOGINS {
            self.call("Create", logins.clone()).await;
        }
        let (measured, answers) = self.call("Create", logins).await;
        self.creates.add(measured);
        let tokens = answers.into_iter().map(|answer| CreateResponse::decode(answer).expect("a response").token);
        let requests: Vec<_> = users.zip(tokens).map(|(user, token)| validate(token, own_client(user))).collect();
        self.call("Validate", requests.clone()).await;
        let (measured, answers) = self.call("Validate", requests).await;
        self.validations.add(measured);
        for answer in answers {
            let answer = ValidateResponse::decode(answer).expect("a response");
            assert!(matches!(answer.outcome, Some(Outcome::Session(_))), "an active session");
        }
    }

    /// Makes the calls. Returns the rate, the CPU of the server and of Redis per call, and the responses.
    async fn call(&self, method: &str, bodies: Vec<Bytes>) -> ([f64; 3], Vec<Bytes>) {
        let before = self.cpu_used();
        let method = self.authority.issuer_method(method);
        let (answers, took) = call_batch::run(&method, &self.connections, IN_FLIGHT, bodies).await;
        let after = self.cpu_used();
        #[expect(clippy::cast_precision_loss, reason = "counts of calls are exact")]
        let number = answers.len() as f64;
        let used = |part: usize| (after[part] - before[part]) / number;
        ([number / took.as_secs_f64(), used(0), used(1)], answers)
    }

    /// Returns the CPU that the server and its Redis have used so far.
    fn cpu_used(&self) -> [f64; 2] {
        [self.authority.process.id(), self.installation.redis_pid].map(cpu::process_cpu_micros)
    }
}

impl Measurements {
    fn add(&mut self, [rate, server, redis]: [f64; 3]) {
        self.rates.push(rate);
        self.server.push(server);
        self.redis.push(redis);
    }
}

/// Returns the client of a user, in a network of its own.
fn own_client(user: u64) -> ClientContext {
    let address =
        Ipv4Addr::from_bits(u32::from(Ipv4Addr::new(20, 0, 0, 7)) + (u32::try_from(user).expect("few users") << 8));
    ClientContext { ip: address.to_string(), ..client(user) }
}

fn validate(token: String, client: ClientContext) -> Bytes {
    encode_frame(&ValidateRequest { token, client: Some(client), ..ValidateRequest::default() })
}
