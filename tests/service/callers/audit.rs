//! Callers in the audit.

use session_authority::{
    api::{RevokeRequest, revoke_request::Target},
    domain::CallerRole,
};
use sqlx::{Connection, SqliteConnection};

use super::{KeyRing, directory, guarded};
use crate::service::fixture::{TestService, id_of, login_of, signed};

#[tokio::test]
async fn what_happens_is_recorded_under_the_name_of_its_caller() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let login = ring.add("login", CallerRole::Issuer, &[]);
    let console = ring.add("console", CallerRole::Admin, &[]);
    let service = guarded(directory).await;
    let created = service.sessions().create(signed(&login, login_of("ann"))).await.expect("a session").into_inner();
    let revoke = RevokeRequest {
        target: Some(Target::SessionId(id_of(&created))),
        actor: "support-7".to_owned(),
        ..RevokeRequest::default()
    };
    service.sessions().revoke(signed(&console, revoke)).await.expect("a response");

    // The node locks the file while it runs.
    let TestService { node, directory, channel, .. } = service;
    drop(channel);
    assert!(node.stop().await, "it ends before its deadline");
    let url = format!("sqlite://{}/audit.db", directory.path().display());
    let mut audit = SqliteConnection::connect(&url).await.expect("the audit");
    let rows: Vec<(String, String, Option<String>)> =
        sqlx::query_as("SELECT kind, caller, actor FROM session_events ORDER BY seq")
            .fetch_all(&mut audit)
            .await
            .expect("events");
    let expected = [("created", "login", None), ("ended", "console", Some("support-7"))];
    let expected = expected.map(|(kind, caller, actor)| (kind.to_owned(), caller.to_owned(), actor.map(str::to_owned)));
    assert_eq!(rows, expected);
}
