//! Measures Validate over gRPC, compared with the fastest possible tonic server and with the obvious handler: verdicts
//! per second, the cost of each, and latency at a fixed rate; also over `ValidateStream`. Every verdict is checked; a
//! wrong or missing one fails the bench. `-- --quick` runs for seconds.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[expect(dead_code, reason = "the tests and other benches use the rest")]
mod common;
#[path = "validate/constant.rs"]
mod constant;
#[path = "validate/get_setex.rs"]
mod get_setex;
#[path = "validate/h2load.rs"]
mod h2load;
#[path = "validate/measured_server.rs"]
mod measured_server;
#[path = "validate/plan.rs"]
mod plan;
#[path = "validate/reference_server.rs"]
mod reference_server;
#[path = "validate/report.rs"]
mod report;

use std::{fs, process::ExitCode};

use session_authority::api::Consistency;
use test_support::redis::RedisServer;

use self::{
    common::{
        authority::{AuthorityProcess, BenchInstallation, redis_pid_of},
        check::ValidationCheck,
        closed_loop::LoadTarget,
        connection::{GrpcConnection, GrpcMethod},
        cores::CorePinning,
        grpc_logins::{SignedInSession, sign_in},
        reference_process::ReferenceServer,
    },
    measured_server::{CallMode, MeasuredServer},
    plan::ValidatePlan,
};

const CONNECTIONS: usize = 4;

fn main() -> ExitCode {
    if reference_server::run_if_reference() {
        return ExitCode::SUCCESS;
    }
    let (cores, pinning) = CorePinning::pin_current_process();
    println!("{pinning}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&cores, &ValidatePlan::from_args()))
}

async fn run(cores: &CorePinning, plan: &ValidatePlan) -> ExitCode {
    let installation = BenchInstallation::new(cores).await;
    let authority = AuthorityProcess::start(&installation, cores).await;
    let accept_connections = GrpcConnection::connect_many(CONNECTIONS, authority.port).await;
    let people = sign_in(&authority.issuer_method("Create"), &accept_connections, plan.tokens).await;
    println!("{} tokens over {CONNECTIONS} connections, medians of {} rounds", people.len(), plan.rounds);

    // The constant server returns the response of session-authority for the first token, for every token.
    let directory = tempfile::tempdir().expect("a directory");
    let message = directory.path().join("constant.message");
    let first = checks(&people[..1], Consistency::Bounded).remove(0);
    let validate = authority.issuer_method("Validate");
    let answer = accept_connections[0].clone().call(&validate, first.body).await.expect("a verdict");
    fs::write(&message, &answer).expect("a message");
    let constant = ReferenceServer::start("constant", message.to_str().expect("a path"), cores).await;

    let other_redis = RedisServer::start().await;
    let other_redis_process = redis_pid_of(&other_redis).await;
    cores.pin_redis(other_redis_process);
    get_setex::fill(&mut other_redis.admin().await, &people).await;
    let get_setex = ReferenceServer::start("get-setex", &get_setex::url(&other_redis), cores).await;

    let same =
        people.iter().map(|person| SignedInSession { token: person.token.clone(), session: people[0].session.clone() });
    let same: Vec<_> = same.collect();
    let ours =
        |consistency| LoadTarget::new(validate.clone(), accept_connections.clone(), checks(&people, consistency));
    let tagged: Vec<_> = (0..).zip(&people).map(|(tag, person)| check_with_tag(tag, person)).collect();
    let streamed = LoadTarget::new(authority.issuer_method("ValidateStream"), accept_connections.clone(), tagged);
    let (node, redis) = (authority.process.id(), Some(installation.redis_pid));
    let target = reference_target(&constant, &same).await;
    let mut constant = MeasuredServer::new("constant", target, CallMode::Unary, constant.process.id(), None);
    let mut bounded = MeasuredServer::new("BOUNDED", ours(Consistency::Bounded), CallMode::Unary, node, redis);
    let mut stream = MeasuredServer::new("BOUNDED, stream", streamed, CallMode::Stream, node, redis);
    let mut strong = MeasuredServer::new("STRONG", ours(Consistency::Strong), CallMode::Unary, node, redis);
    let (target, redis) = (reference_target(&get_setex, &people).await, Some(other_redis_process));
    let mut get_setex = MeasuredServer::new("GET+SETEX", target, CallMode::Unary, get_setex.process.id(), redis);

    for _ in 0..plan.rounds {
        for subject in [&mut constant, &mut bounded, &mut stream, &mut strong, &mut get_setex] {
            subject.full_load(plan).await;
        }
    }
    report::full_load([&constant, &bounded, &stream, &strong, &get_setex]);

    for (of, rate) in [("constant", constant.at_full_load().rate / 2.0), ("BOUNDED", bounded.at_full_load().rate / 2.0)]
    {
        for subject in [&mut constant, &mut bounded] {
            subject.at_fixed_rate.clear();
        }
        for _ in 0..plan.rounds {
            for subject in [&mut constant, &mut bounded] {
                subject.fixed_rate(rate, plan).await;
            }
        }
        report::fixed_rate(of, rate, &constant, &bounded);
    }

    if h2load::is_installed() {
        for _ in 0..plan.rounds {
            for subject in [&mut constant, &mut bounded] {
                h2load::load(subject, plan, cores, directory.path());
            }
        }
        report::by_h2load(&constant, &bounded);
    } else {
        println!("\nh2load not found: apt install nghttp2-client");
    }

    let failed: u64 = [constant, bounded, stream, strong, get_setex].iter().map(|subject| subject.failed).sum();
    println!("\n{failed} calls failed or returned a wrong verdict");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn checks(people: &[SignedInSession], consistency: Consistency) -> Vec<ValidationCheck> {
    people.iter().map(|person| ValidationCheck::new(&person.token, &person.session.session_id, consistency)).collect()
}

fn check_with_tag(tag: u64, person: &SignedInSession) -> ValidationCheck {
    ValidationCheck::with_tag(tag, &person.token, &person.session.session_id, Consistency::Bounded)
}

/// Prepares the same requests as session-authority gets, including an API key, which the reference ignores.
async fn reference_target(reference: &ReferenceServer, people: &[SignedInSession]) -> LoadTarget {
    let method = GrpcMethod::new(reference.port, "Validate", &format!("sak_{}", "x".repeat(64)));
    LoadTarget::new(
        method,
        GrpcConnection::connect_many(CONNECTIONS, reference.port).await,
        checks(people, Consistency::Bounded),
    )
}
