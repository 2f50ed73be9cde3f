//! Measures what gateways pay for a check: forward-auth compared with Validate, Envoy's Check compared with a tonic
//! server that returns a constant, alone and behind Envoy, and the requests per second through each gateway. Every
//! response is checked; a wrong or missing one fails the bench. `-- --quick` runs for seconds.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[path = "gateways/application.rs"]
mod application;
#[path = "gateways/behind_gateways.rs"]
mod behind_gateways;
#[path = "gateways/check_load.rs"]
mod check_load;
#[expect(dead_code, reason = "the tests and other benches use the rest")]
mod common;
#[path = "gateways/constant_check.rs"]
mod constant_check;
#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/gateways/deployed.rs"]
mod deployed;
#[path = "validate/plan.rs"]
mod plan;
#[path = "gateways/subject.rs"]
mod subject;

use std::{fs, net::SocketAddr, process::ExitCode};

use session_authority::api::{ClientContext, Consistency};
use test_support::ports;

use self::{
    behind_gateways::{AskedAuthority, RunningGateway},
    check_load::CheckTarget,
    common::{
        authority::{AuthorityProcess, BenchInstallation},
        check::ValidationCheck,
        closed_loop::LoadTarget,
        connection::{GrpcConnection, GrpcMethod, encode_frame},
        cores::CorePinning,
        grpc_logins::{SignedInSession, login, sign_in_with},
        http_load::{HttpCheck, HttpTarget},
        reference_process::ReferenceServer,
        session::SESSIONS_PER_USER,
        statistics::format_verdict,
    },
    deployed::{Gateway, PROFILES},
    plan::ValidatePlan,
    subject::{IN_FLIGHT, Load, Subject},
};

/// The client of the checks.
const CLIENT_ADDRESS: &str = "203.0.113.7";
const USER_AGENT: &str = "curl/8.5.0";
const CONNECTIONS: usize = 4;
/// Connections of HTTP/1.1 to the authority, so that as many requests are in flight as calls of gRPC.
const HTTP_CONNECTIONS: usize = 128;
const CHECK: &str = "envoy.service.auth.v3.Authorization/Check";
const GATEWAYS: [Gateway; 6] =
    [Gateway::Envoy, Gateway::Nginx, Gateway::NginxNewest, Gateway::Caddy, Gateway::Traefik, Gateway::Haproxy];

fn main() -> ExitCode {
    if constant_check::run_if_reference() {
        return ExitCode::SUCCESS;
    }
    let (cores, pinning) = CorePinning::pin_current_process();
    println!("{pinning}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&cores, &ValidatePlan::from_args()))
}

async fn run(cores: &CorePinning, plan: &ValidatePlan) -> ExitCode {
    let installation = BenchInstallation::new(cores).await;
    let http_port = ports::free();
    let settings = format!("[http]\nlisten = \"127.0.0.1:{http_port}\"\n{PROFILES}");
    let authority = AuthorityProcess::start_with(&installation, cores, &settings).await;
    let connections = GrpcConnection::connect_many(CONNECTIONS, authority.port).await;
    let people = sign_in_from(CLIENT_ADDRESS, &authority, &connections, plan.tokens).await;
    println!("{} tokens, medians of {} rounds", people.len(), plan.rounds);

    // The constant server lets every request pass as the first session.
    let checks = CheckTarget::new(authority.validator_method(CHECK), connections.clone(), &people, None);
    let directory = tempfile::tempdir().expect("a directory");
    let message = directory.path().join("constant.message");
    fs::write(&message, checks.first_response().await).expect("a message");
    let constant = ReferenceServer::start("constant", message.to_str().expect("a path"), cores).await;

    let (node, redis) = (authority.process.id(), Some(installation.redis_pid));
    let clients = connections.clone();
    let validate = authority.issuer_method("Validate");
    let shared = LoadTarget::new(validate.clone(), connections, validations(&people));
    let single = GrpcConnection::connect_many(HTTP_CONNECTIONS, authority.port).await;
    let single = LoadTarget::new(validate, single, validations(&people));
    let forward_auth = people.iter().map(|person| forward_auth_check(person, &authority.validator)).collect();
    let forward_auth = Load::Http { target: HttpTarget::new(http_port, forward_auth), connections: HTTP_CONNECTIONS };
    let to_constant = CheckTarget::new(
        GrpcMethod::with_path(constant.port, CHECK, &authority.validator),
        GrpcConnection::connect_many(CONNECTIONS, constant.port).await,
        &people,
        Some(&people[0].session.session_id),
    );
    let mut alone = [
        Subject::new("Validate", Load::Validations { target: shared, in_flight: IN_FLIGHT }, node, redis),
        Subject::new("Validate, one a connection", Load::Validations { target: single, in_flight: 1 }, node, redis),
        Subject::new("forward-auth", forward_auth, node, redis),
        Subject::new("constant Check", Load::Checks(to_constant), constant.process.id(), None),
        Subject::new("Check", Load::Checks(checks), node, redis),
    ];
    measure("full load                      calls/s   server µs/call   Redis µs/call   load µs/call", &mut alone, plan)
        .await;
    let [validate, single, forward_auth, constant_check, check] = &alone;
    // By server CPU: a request of HTTP/1.1 costs the load more than a call, so the rate may be that of the load. Calls
    // that share a connection also share its reads and writes, which requests of HTTP/1.1 cannot.
    let [single, shared, forward_auth] = [single, validate, forward_auth].map(|subject| subject.result().server);
    print_ratio("forward-auth / Validate, one a connection", single / forward_auth, 1.3);
    println!("  / Validate on shared connections        {:.2}", shared / forward_auth);
    print_ratio("Check / constant", check.result().rate / constant_check.result().rate, 0.90);
    print_ratio("  by server CPU", constant_check.result().server / check.result().server, 0.90);
    let mut failed: u64 = alone.iter().map(|subject| subject.failed).sum();

    let application = application::start().await;
    let ours = AskedAuthority { grpc_port: authority.port, http_port, key: &authority.validator, process: node };
    let theirs = AskedAuthority { grpc_port: constant.port, process: constant.process.id(), ..ours };
    let only = people[0].session.session_id.clone();
    // The clients of a gateway are on this machine.
    let people = sign_in_from("127.0.0.1", &authority, &clients, plan.tokens).await;
    failed += compare_behind_envoy(plan, cores, [theirs, ours], application, &people, &only).await;

    let mut gateways = Vec::new();
    for gateway in GATEWAYS {
        let running = RunningGateway::start(gateway, ours, application, cores).await;
        gateways.extend(running.map(|running| (gateway.name(), running)));
    }
    let subjects = |name: &str, running: &RunningGateway| {
        [running.passing(format!("{name}, allow"), &people, None), running.denied(format!("{name}, deny"))]
    };
    let mut decided: Vec<_> = gateways.iter().flat_map(|(name, running)| subjects(name, running)).collect();
    measure(GATEWAY_COLUMNS, &mut decided, plan).await;
    installation.redis.kill();
    let subjects = gateways.iter();
    let mut undecided: Vec<_> =
        subjects.map(|(name, running)| running.without_verdict(format!("{name}, no verdict"), &people)).collect();
    measure(GATEWAY_COLUMNS, &mut undecided, plan).await;
    failed += decided.iter().chain(&undecided).map(|subject| subject.failed).sum::<u64>();

    println!("\n{failed} requests failed or had a wrong response");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Signs in from the client that gateways will see, so that no session is used by another one.
async fn sign_in_from(
    address: &str,
    authority: &AuthorityProcess,
    connections: &[GrpcConnection],
    number: u64,
) -> Vec<SignedInSession> {
    let client = |number| ClientContext {
        ip: address.to_owned(),
        user_agent: USER_AGENT.to_owned(),
        device_id: format!("d_{number:026}"),
        ..ClientContext::default()
    };
    let login = |number| encode_frame(&login(number / SESSIONS_PER_USER, client(number)));
    sign_in_with(&authority.issuer_method("Create"), connections, (0..number).map(login).collect()).await
}

const GATEWAY_COLUMNS: &str =
    "through a gateway            requests/s  gateway µs/call  authority µs/call  load µs/call";

/// Compares requests through two Envoys, which ask the constant server and the authority. Returns the number of failed
/// requests.
async fn compare_behind_envoy(
    plan: &ValidatePlan,
    cores: &CorePinning,
    [constant, ours]: [AskedAuthority<'_>; 2],
    application: SocketAddr,
    people: &[SignedInSession],
    only: &str,
) -> u64 {
    let Some(to_constant) = RunningGateway::start(Gateway::Envoy, constant, application, cores).await else { return 0 };
    let Some(to_ours) = RunningGateway::start(Gateway::Envoy, ours, application, cores).await else { return 0 };
    let mut subjects = [
        to_constant.passing("Envoy, constant Check", people, Some(only)),
        to_ours.passing("Envoy, Check", people, None),
    ];
    measure(GATEWAY_COLUMNS, &mut subjects, plan).await;
    let [constant, ours] = &subjects;
    print_ratio("Envoy with Check / with constant", ours.result().rate / constant.result().rate, 0.95);
    constant.failed + ours.failed
}

/// Measures the subjects one after the other in each round, and prints their medians below `columns`.
async fn measure(columns: &str, subjects: &mut [Subject], plan: &ValidatePlan) {
    for _ in 0..plan.rounds {
        for subject in &mut *subjects {
            subject.measure(plan).await;
        }
    }
    println!("\n{columns}");
    for subject in subjects {
        subject.print();
    }
}

fn print_ratio(name: &str, ratio: f64, at_least: f64) {
    println!("{name:<39} {}", format_verdict(ratio, ratio >= at_least, &format!("at least {at_least:.2}")));
}

fn validations(people: &[SignedInSession]) -> Vec<ValidationCheck> {
    let check = |person: &SignedInSession| {
        ValidationCheck::new(&person.token, &person.session.session_id, Consistency::Bounded)
    };
    people.iter().map(check).collect()
}

/// Returns a check as nginx makes it for a client with few headers.
fn forward_auth_check(person: &SignedInSession, key: &str) -> HttpCheck {
    let cookie = format!("__Host-session={}", person.token);
    let headers = [
        ("X-Session-Authority-Key", key),
        ("X-Forwarded-For", CLIENT_ADDRESS),
        ("X-Forwarded-Method", "GET"),
        ("X-Forwarded-Uri", "/orders"),
        ("User-Agent", USER_AGENT),
        ("Accept", "*/*"),
        ("Cookie", &cookie),
    ];
    HttpCheck::get("/v1/forward-auth/default", &headers, 200, &person.session.session_id)
}
