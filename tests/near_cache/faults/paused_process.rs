//! A server process that is suspended while the others run.

use session_authority::api::{
    RevokeRequest, Source, revoke_request::Target, session_service_client::SessionServiceClient,
};
use tokio::task::JoinSet;
use tonic::transport::Channel;

use super::{
    MAX_STALENESS,
    history::ObservedVerdict,
    load::SessionLoad,
    scenario::{load_nodes, print_row, wait_a_while, wait_for_source},
    validator::{HeldSession, SessionValidator},
};
use crate::{
    cli::{fleet::ServerFleet, server::ServerProgram},
    service::fixture::{id_of, login_of},
};

/// Sessions that were revoked meanwhile are not accepted by the first validations after it, although these were sent
/// before it resumed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_accepts_nothing_that_was_revoked_while_it_stood_still() {
    let fleet = ServerFleet::new().await;
    let servers = [fleet.server().await, fleet.server().await];
    let channels = servers.each_ref().map(ServerProgram::channel);
    let mut places = load_nodes(&channels);
    places[0].changes = None;
    let load = SessionLoad::start(1, &places).await;
    let sessions = sign_in_sleepers(&channels[0]).await;
    wait_for_source(&channels[0], Source::Cache).await;
    for held in &sessions {
        assert!(matches!(channels[0].validate(held, false).await.verdict, ObservedVerdict::Accepted { .. }));
    }

    servers[0].pause();
    for held in &sessions {
        revoke(&channels[1], held).await;
    }
    wait_a_while().await;
    let mut asked = JoinSet::new();
    for held in sessions {
        let node = channels[0].clone();
        asked.spawn(async move { node.validate(&held, false).await.verdict });
    }
    wait_a_while().await;
    servers[0].resume();
    while let Some(verdict) = asked.join_next().await {
        let verdict = verdict.expect("a response");
        assert!(!matches!(verdict, ObservedVerdict::Accepted { .. }), "{verdict:?}");
    }
    wait_for_source(&channels[0], Source::Cache).await;
    let report = load.stop(MAX_STALENESS).await;
    print_row("server process stopped and continued", &report);
    report.assert_valid();
}

async fn sign_in_sleepers(node: &Channel) -> Vec<HeldSession> {
    let mut sessions = Vec::new();
    for number in 0..20 {
        let created = SessionServiceClient::new(node.clone()).create(login_of(&format!("sleeper-{number}"))).await;
        let created = created.expect("a session").into_inner();
        let id = id_of(&created).parse().expect("a session's id");
        sessions.push(HeldSession { number, id, token: created.token });
    }
    sessions
}

async fn revoke(node: &Channel, held: &HeldSession) {
    let request = RevokeRequest {
        user_id: format!("sleeper-{}", held.number),
        target: Some(Target::SessionId(held.id.to_string())),
        ..RevokeRequest::default()
    };
    let answer = SessionServiceClient::new(node.clone()).revoke(request).await.expect("a revocation");
    assert!(answer.into_inner().revoked);
}
