//! Validate over gRPC, against the quickest server that tonic could be and against the handler that anybody would
//! write: verdicts a second, what each costs, and latency at a fixed rate; and as many over `ValidateStream`. Every verdict is checked; one that is wrong
//! or missing fails the bench. `-- --quick` for a run of seconds.

#![expect(clippy::print_stdout, reason = "the figures are what a bench is for")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot go on has nothing to say")]

#[expect(dead_code, unused_imports, reason = "the tests and other benches use the rest")]
mod common;
#[path = "validate/constant.rs"]
mod constant;
#[path = "validate/get_setex.rs"]
mod get_setex;
#[path = "validate/h2load.rs"]
mod h2load;
#[path = "validate/plan.rs"]
mod plan;
#[path = "validate/reference.rs"]
mod reference;
#[path = "validate/report.rs"]
mod report;
#[path = "validate/subject.rs"]
mod subject;

use std::{fs, process::ExitCode};

use session_authority::api::Consistency;

use self::{
    common::{
        authority::{Authority, Installation, process_of},
        check::Check,
        closed::Target,
        connection::{Connection, Method},
        cores::Cores,
        people::{SignedIn, sign_in},
        support::redis::RedisServer,
    },
    plan::Plan,
    reference::Reference,
    subject::{Subject, Way},
};

const CONNECTIONS: usize = 4;

fn main() -> ExitCode {
    if reference::take_part() {
        return ExitCode::SUCCESS;
    }
    let (cores, told) = Cores::assign();
    println!("{told}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&cores, &Plan::from_args()))
}

async fn run(cores: &Cores, plan: &Plan) -> ExitCode {
    let installation = Installation::new(cores).await;
    let authority = Authority::start(&installation, cores).await;
    let connections = Connection::several(CONNECTIONS, authority.port).await;
    let people = sign_in(&authority.method("Create"), &connections, plan.tokens).await;
    println!("{} tokens of {CONNECTIONS} connections, medians of {} rounds", people.len(), plan.rounds);

    // What ours says of the first token, for every token.
    let directory = tempfile::tempdir().expect("a directory");
    let message = directory.path().join("constant.message");
    let first = checks(&people[..1], Consistency::Bounded).remove(0);
    let validate = authority.method("Validate");
    let answer = connections[0].clone().call(&validate, first.body).await.expect("a verdict");
    fs::write(&message, &answer).expect("a message");
    let constant = Reference::start("constant", message.to_str().expect("a path"), cores).await;

    let other_redis = RedisServer::start().await;
    let other_redis_process = process_of(&other_redis).await;
    cores.move_redis(other_redis_process);
    get_setex::fill(&mut other_redis.admin().await, &people).await;
    let get_setex = Reference::start("get-setex", &get_setex::url(&other_redis), cores).await;

    let same = people.iter().map(|person| SignedIn { token: person.token.clone(), session: people[0].session.clone() });
    let same: Vec<_> = same.collect();
    let ours = |consistency| Target::new(validate.clone(), connections.clone(), checks(&people, consistency));
    let tagged: Vec<_> = (0..).zip(&people).map(|(tag, person)| tagged(tag, person)).collect();
    let streamed = Target::new(authority.method("ValidateStream"), connections.clone(), tagged);
    let (node, redis) = (authority.process.id(), Some(installation.redis_process));
    let target = of_reference(&constant, &same).await;
    let mut constant = Subject::new("constant", target, Way::Calls, constant.process.id(), None);
    let mut bounded = Subject::new("ours, BOUNDED", ours(Consistency::Bounded), Way::Calls, node, redis);
    let mut stream = Subject::new("ours, BOUNDED, stream", streamed, Way::Stream, node, redis);
    let mut strong = Subject::new("ours, STRONG", ours(Consistency::Strong), Way::Calls, node, redis);
    let (target, redis) = (of_reference(&get_setex, &people).await, Some(other_redis_process));
    let mut get_setex = Subject::new("GET+SETEX", target, Way::Calls, get_setex.process.id(), redis);

    for _ in 0..plan.rounds {
        for subject in [&mut constant, &mut bounded, &mut stream, &mut strong, &mut get_setex] {
            subject.full_load(plan).await;
        }
    }
    report::full_load([&constant, &bounded, &stream, &strong, &get_setex]);

    for (of, rate) in [("constant", constant.at_full_load().rate / 2.0), ("ours", bounded.at_full_load().rate / 2.0)] {
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

    if h2load::is_there() {
        for _ in 0..plan.rounds {
            for subject in [&mut constant, &mut bounded] {
                h2load::load(subject, plan, cores, directory.path());
            }
        }
        report::by_h2load(&constant, &bounded);
    } else {
        println!("\nh2load is missing: apt install nghttp2-client");
    }

    let failed: u64 = [constant, bounded, stream, strong, get_setex].iter().map(|subject| subject.failed).sum();
    println!("\n{failed} calls failed or had a wrong verdict");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn checks(people: &[SignedIn], consistency: Consistency) -> Vec<Check> {
    people.iter().map(|person| Check::new(&person.token, &person.session.session_id, consistency)).collect()
}

fn tagged(tag: u64, person: &SignedIn) -> Check {
    Check::tagged(tag, &person.token, &person.session.session_id, Consistency::Bounded)
}

/// The same requests as ours gets, API key and all, though nobody looks at it.
async fn of_reference(reference: &Reference, people: &[SignedIn]) -> Target {
    let method = Method::new(reference.port, "Validate", &format!("sak_{}", "x".repeat(64)));
    Target::new(method, Connection::several(CONNECTIONS, reference.port).await, checks(people, Consistency::Bounded))
}
