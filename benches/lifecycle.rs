//! Create, List and `RevokeAll` over gRPC: how many a second, and what each costs. Every answer is checked; one that is
//! wrong ends the bench. `-- --quick` for fewer users.

#![expect(clippy::print_stdout, reason = "the figures are what a bench is for")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot go on has nothing to say")]

#[expect(dead_code, unused_imports, reason = "the tests and other benches use the rest")]
mod common;

use prost::{Message, bytes::Bytes};
use session_authority::api::{
    CreateResponse, ListRequest, ListResponse, RevokeAllRequest, RevokeAllResponse, UserScope,
    revoke_all_request::Scope,
};

use self::common::{
    authority::{Authority, Installation},
    connection::{Connection, framed},
    cores::Cores,
    cpu, each_once,
    figures::median,
    is_quick,
    people::{logins, user},
    session::PER_USER,
};

const CONNECTIONS: usize = 4;
const IN_FLIGHT: usize = 16;
const ROUNDS: usize = 5;

/// One method, and what its rounds came to.
struct Calls {
    name: &'static str,
    rates: Vec<f64>,
    /// Microseconds a call.
    server: Vec<f64>,
    redis: Vec<f64>,
}

fn main() {
    let (cores, told) = Cores::assign();
    println!("{told}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&cores, if is_quick() { 100 } else { 5_000 }));
}

/// The first round is the warm-up: in it nobody was ever signed in.
async fn run(cores: &Cores, users: u64) {
    let bench = Bench::start(cores).await;
    let [mut creates, mut lists, mut ends] = ["Create", "List", "RevokeAll"].map(Calls::new);
    for round in 0..=ROUNDS {
        for answer in bench.call(&mut creates, logins(users * PER_USER)).await {
            assert!(CreateResponse::decode(answer).expect("an answer").session.is_some(), "a session");
        }
        for answer in bench.call(&mut lists, (0..users).map(list).collect()).await {
            let listed = ListResponse::decode(answer).expect("an answer").sessions.len() as u64;
            assert_eq!(listed, PER_USER, "the sessions of a user");
        }
        for answer in bench.call(&mut ends, (0..users).map(revoke_all).collect()).await {
            let revoked = RevokeAllResponse::decode(answer).expect("an answer").revoked_count;
            assert_eq!(revoked, PER_USER, "the sessions of a user");
        }
        if round == 0 {
            [&mut creates, &mut lists, &mut ends].into_iter().for_each(Calls::forget);
        }
    }
    println!("{users} users, {PER_USER} sessions each, medians of {ROUNDS} rounds");
    println!("                calls/s   server µs/call   Redis µs/call");
    for Calls { name, rates, server, redis } in [creates, lists, ends] {
        println!("{name:<12} {:>10.0} {:>16.1} {:>15.1}", median(&rates), median(&server), median(&redis));
    }
}

fn list(number: u64) -> Bytes {
    framed(&ListRequest { user_id: user(number), ..ListRequest::default() })
}

fn revoke_all(number: u64) -> Bytes {
    let user = UserScope { user_id: user(number), ..UserScope::default() };
    framed(&RevokeAllRequest { scope: Some(Scope::User(user)), ..RevokeAllRequest::default() })
}

struct Bench {
    installation: Installation,
    authority: Authority,
    connections: Vec<Connection>,
}

impl Bench {
    async fn start(cores: &Cores) -> Self {
        let installation = Installation::new(cores).await;
        let authority = Authority::start(&installation, cores).await;
        let connections = Connection::several(CONNECTIONS, authority.port).await;
        Self { installation, authority, connections }
    }

    async fn call(&self, calls: &mut Calls, bodies: Vec<Bytes>) -> Vec<Bytes> {
        let before = self.used();
        let (answers, took) =
            each_once::run(&self.authority.method(calls.name), &self.connections, IN_FLIGHT, bodies).await;
        let after = self.used();
        #[expect(clippy::cast_precision_loss, reason = "counts of calls are exact")]
        let number = answers.len() as f64;
        calls.rates.push(number / took.as_secs_f64());
        calls.server.push((after[0] - before[0]) / number);
        calls.redis.push((after[1] - before[1]) / number);
        answers
    }

    /// What the server and its Redis have used so far.
    fn used(&self) -> [f64; 2] {
        [self.authority.process.id(), self.installation.redis_process].map(cpu::of_process)
    }
}

impl Calls {
    fn new(name: &'static str) -> Self {
        Self { name, rates: Vec::new(), server: Vec::new(), redis: Vec::new() }
    }

    fn forget(&mut self) {
        *self = Self::new(self.name);
    }
}
