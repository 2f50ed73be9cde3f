//! Measures what the authentication of callers costs Validate: by API key, by client certificate, and none, without TLS
//! and with it. Every verdict is checked; a wrong or missing one fails the bench. `-- --quick` runs for seconds.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[expect(dead_code, reason = "the tests and other benches use the rest")]
mod common;
#[expect(dead_code, reason = "the bench of Validate uses the rest")]
#[path = "validate/measured_server.rs"]
mod measured_server;
#[path = "validate/plan.rs"]
mod plan;

use std::process::ExitCode;

use session_authority::api::Consistency;
use test_support::certificates::{CertificateAuthority, ServerCertificate};

use self::{
    common::{
        authority::{AuthorityProcess, BenchInstallation},
        check::ValidationCheck,
        closed_loop::LoadTarget,
        connection::{ClientTls, GrpcConnection},
        cores::CorePinning,
        full_load::FullLoadRound,
        grpc_logins::sign_in,
        statistics::format_verdict,
    },
    measured_server::{CallMode, MeasuredServer},
    plan::ValidatePlan,
};

const CONNECTIONS: usize = 4;
const SPIFFE_ID: &str = "spiffe://example.org/issuer";

/// Callers without credentials are accepted, and those that present some are authenticated.
const SETTINGS: &str = "
[callers]
anonymous = true
";

fn main() -> ExitCode {
    let (cores, pinning) = CorePinning::pin_current_process();
    println!("{pinning}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&cores, &ValidatePlan::from_args()))
}

async fn run(cores: &CorePinning, plan: &ValidatePlan) -> ExitCode {
    let installation = BenchInstallation::new(cores).await;
    let unencrypted = AuthorityProcess::start_with(&installation, cores, SETTINGS).await;
    let (server, clients) = (ServerCertificate::generate(), CertificateAuthority::generate());
    let files = tempfile::tempdir().expect("a directory");
    let path = |name: &str, content: &str| {
        let path = files.path().join(name);
        std::fs::write(&path, content).expect("a file");
        path.display().to_string()
    };
    let settings = format!(
        "[tls]\ncertificate_file = '{}'\nkey_file = '{}'\nclient_ca_file = '{}'\ntrust_domain = 'example.org'\n{SETTINGS}",
        path("server.pem", &server.certificate),
        path("server.key", &server.key),
        path("clients.pem", &clients.certificate),
    );
    let over_tls = AuthorityProcess::start_as(&installation, cores, &settings, Some(SPIFFE_ID)).await;
    let identity = clients.issue_client(&[SPIFFE_ID]);
    let trusting = ClientTls { authority: server.authority, client: None };
    let identified = ClientTls { client: Some(identity), ..trusting.clone() };

    let connections = GrpcConnection::connect_many(CONNECTIONS, unencrypted.port).await;
    let people = sign_in(&unencrypted.issuer_method("Create"), &connections, plan.tokens).await;
    println!("{} tokens over {CONNECTIONS} connections, medians of {} rounds", people.len(), plan.rounds);
    let checks = || -> Vec<_> {
        let check = |person: &common::grpc_logins::SignedInSession| {
            ValidationCheck::new(&person.token, &person.session.session_id, Consistency::Bounded)
        };
        people.iter().map(check).collect()
    };
    let redis = Some(installation.redis_pid);
    let subject = |name, node: &AuthorityProcess, has_key: bool, connections: Vec<GrpcConnection>| {
        let method = if has_key { node.issuer_method("Validate") } else { node.anonymous_method("Validate") };
        MeasuredServer::new(
            name,
            LoadTarget::new(method, connections, checks()),
            CallMode::Unary,
            node.process.id(),
            redis,
        )
    };
    let mut none = subject("none", &unencrypted, false, connections.clone());
    let mut key = subject("API key", &unencrypted, true, connections);
    let mut tls_none = subject(
        "none, TLS",
        &over_tls,
        false,
        GrpcConnection::connect_many_tls(CONNECTIONS, over_tls.port, &trusting).await,
    );
    let mut tls_key = subject(
        "API key, TLS",
        &over_tls,
        true,
        GrpcConnection::connect_many_tls(CONNECTIONS, over_tls.port, &trusting).await,
    );
    let mut certificate = subject(
        "client certificate",
        &over_tls,
        false,
        GrpcConnection::connect_many_tls(CONNECTIONS, over_tls.port, &identified).await,
    );

    for _ in 0..plan.rounds {
        for subject in [&mut none, &mut key, &mut tls_none, &mut tls_key, &mut certificate] {
            subject.full_load(plan).await;
        }
    }
    println!("\nfull load                  verdicts/s   server µs/call   Redis µs/call   load µs/call");
    for subject in [&none, &key, &tls_none, &tls_key, &certificate] {
        let FullLoadRound { rate, server, behind: redis, load } = subject.at_full_load();
        println!("{:<26} {rate:>10.0} {server:>16.1} {redis:>15.1} {load:>14.1}", subject.name);
    }
    for (what, subject, base) in [
        ("API key / none", &key, &none),
        ("API key, TLS / none, TLS", &tls_key, &tls_none),
        ("client certificate / none, TLS", &certificate, &tls_none),
    ] {
        let (subject, base) = (subject.at_full_load(), base.at_full_load());
        let ratio = subject.rate / base.rate;
        println!("{what:<32} {}", format_verdict(ratio, ratio >= 0.95, "at least 0.95"));
        println!("  by server CPU                  {:>7.2}", base.server / subject.server);
    }
    println!("none, TLS / none                 {:>7.2}", tls_none.at_full_load().rate / none.at_full_load().rate);

    let failed: u64 = [none, key, tls_none, tls_key, certificate].iter().map(|subject| subject.failed).sum();
    println!("\n{failed} calls failed or returned a wrong verdict");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
