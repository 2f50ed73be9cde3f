//! Servers whose clock is stepped while they run, by `libfaketime`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use session_authority::api::{
    Everyone, RevokeAllRequest, ValidateRequest, revoke_all_request::Scope,
    session_service_client::SessionServiceClient, validate_response::Outcome,
};
use tonic::{Code, Status, transport::Channel};

use super::{
    fleet::ServerFleet,
    program::{PROGRAM, without_environment},
    server::ServerProgram,
};
use crate::{
    service::{
        fixture::{error_parts, eventually, login_of},
        management::get,
    },
    support::process::library,
};

/// A server whose clock is off by the offset in its file.
struct SteppedServer {
    server: ServerProgram,
    offset: PathBuf,
}

impl SteppedServer {
    async fn start(fleet: &ServerFleet) -> Self {
        let mut server = fleet.server().await;
        server.kill();
        let offset = server.directory().join("clock");
        step(&offset, "+0");
        let mut command = without_environment(Command::new(PROGRAM));
        command
            .env("LD_PRELOAD", library("faketime/libfaketime.so.1").expect("libfaketime, which `make test` installs"));
        command.env("FAKETIME_TIMESTAMP_FILE", &offset).env("FAKETIME_NO_CACHE", "1");
        // Only the time of day is stepped, as when somebody sets the clock wrong.
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("SESSION_AUTHORITY__SESSIONS__SWEEP_INTERVAL", "1s");
        server.start_as(command).await;
        Self { server, offset }
    }

    fn step(&self, offset: &str) {
        step(&self.offset, offset);
    }

    async fn readiness(&self) -> (u16, String) {
        get(self.server.management.parse().expect("an address"), "/readyz").await
    }
}

fn step(file: &Path, offset: &str) {
    let new = file.with_extension("new");
    fs::write(&new, offset).expect("an offset");
    fs::rename(&new, file).expect("the offset");
}

async fn sign_in(node: &Channel) -> Result<String, Status> {
    SessionServiceClient::new(node.clone()).create(login_of("ann")).await.map(|made| made.into_inner().token)
}

async fn is_accepted(node: &Channel, token: &str) -> Result<bool, Status> {
    let request = ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() };
    let answer = SessionServiceClient::new(node.clone()).validate(request).await?;
    Ok(matches!(answer.into_inner().outcome, Some(Outcome::Session(_))))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_clock_is_stepped_ends_nothing_and_serves_again_when_it_is_right() {
    let fleet = ServerFleet::new().await;
    let server = fleet.server().await;
    let stepped = SteppedServer::start(&fleet).await;
    let [right, wrong] = [&server, &stepped.server].map(ServerProgram::channel);
    let token = sign_in(&right).await.expect("a session");
    for offset in ["+1d", "-1d"] {
        assert!(is_accepted(&wrong, &token).await.expect("a verdict"));
        stepped.step(offset);
        eventually("it is not ready", || async {
            let (status, text) = stepped.readiness().await;
            status == 503 && text.contains("clock: failed")
        })
        .await;
        let status = is_accepted(&wrong, &token).await.expect_err("no verdict");
        assert_eq!(error_parts(&status), (Code::Unavailable, "CLOCK_SKEWED".into(), vec![]));
        let everyone = RevokeAllRequest { scope: Some(Scope::Everyone(Everyone {})), ..RevokeAllRequest::default() };
        let refused = SessionServiceClient::new(wrong.clone()).revoke_all(everyone).await.expect_err("no change");
        assert_eq!(refused.code(), Code::Unavailable);
        sign_in(&wrong).await.expect_err("no session");
        assert!(is_accepted(&right, &token).await.expect("a verdict"), "nothing was ended");
        stepped.step("+0");
        eventually("it is ready again", || async { stepped.readiness().await.0 == 200 }).await;
    }
    assert!(is_accepted(&wrong, &token).await.expect("a verdict"));
}
