//! A server process that stands still while the others go on.

use session_authority::api::{
    RevokeRequest, Source, revoke_request::Target, session_service_client::SessionServiceClient,
};
use tokio::task::JoinSet;
use tonic::transport::Channel;

use super::{
    MAX_STALENESS,
    history::Verdict,
    load::Load,
    scene::{a_while, answers, places, tell},
    validator::{Held, Validator},
};
use crate::{
    cli::{fleet::Fleet, server::Server},
    service::fixture::{id_of, login_of},
};

/// What was revoked meanwhile is not accepted by the first validations after it, although they were asked for before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_accepts_nothing_that_was_revoked_while_it_stood_still() {
    let fleet = Fleet::new().await;
    let servers = [fleet.server().await, fleet.server().await];
    let channels = servers.each_ref().map(Server::channel);
    let mut places = places(&channels);
    places[0].changes = None;
    let load = Load::start(1, &places).await;
    let sessions = signed_in(&channels[0]).await;
    answers(&channels[0], Source::Cache).await;
    for held in &sessions {
        assert!(matches!(channels[0].judge(held, false).await.verdict, Verdict::Accepted { .. }));
    }

    servers[0].pause();
    for held in &sessions {
        revoke(&channels[1], held).await;
    }
    a_while().await;
    let mut asked = JoinSet::new();
    for held in sessions {
        let node = channels[0].clone();
        asked.spawn(async move { node.judge(&held, false).await.verdict });
    }
    a_while().await;
    servers[0].resume();
    while let Some(verdict) = asked.join_next().await {
        let verdict = verdict.expect("an answer");
        assert!(!matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");
    }
    answers(&channels[0], Source::Cache).await;
    let report = load.stop(MAX_STALENESS).await;
    tell("server process stopped and continued", &report);
    report.is_right();
}

async fn signed_in(node: &Channel) -> Vec<Held> {
    let mut sessions = Vec::new();
    for number in 0..20 {
        let created = SessionServiceClient::new(node.clone()).create(login_of(&format!("sleeper-{number}"))).await;
        let created = created.expect("a session").into_inner();
        let id = id_of(&created).parse().expect("a session's id");
        sessions.push(Held { number, id, token: created.token });
    }
    sessions
}

async fn revoke(node: &Channel, held: &Held) {
    let request = RevokeRequest {
        user_id: format!("sleeper-{}", held.number),
        target: Some(Target::SessionId(held.id.to_string())),
        ..RevokeRequest::default()
    };
    let answer = SessionServiceClient::new(node.clone()).revoke(request).await.expect("a revocation");
    assert!(answer.into_inner().revoked);
}
