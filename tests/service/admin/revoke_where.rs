//! Revocation of the sessions that match a filter.

use std::time::Duration;

use prost_types::Timestamp;
use session_authority::{
    api::{EndReason, RevokeWhereRequest, RevokeWhereResponse, SearchSessionsRequest, SessionFilter, TimeWindow},
    clock::Clock,
};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{found_ids, login_from, search, sign_in, wait_until_complete};
use crate::service::fixture::{TestService, error_parts, id_of, login_of};

super::on_every_audit![
    a_dry_run_shows_and_ends_nothing,
    more_than_allowed_are_left_alone,
    those_that_match_end_and_no_others,
    one_that_was_used_since_the_audit_knows_is_left_alone,
    many_are_ended_in_batches,
    what_was_interrupted_is_finished_by_a_repeat,
];

async fn revoke_where(service: &TestService, request: RevokeWhereRequest) -> Result<Vec<RevokeWhereResponse>, Status> {
    let mut stream = service.admin().revoke_where(request).await?.into_inner();
    let mut answers = Vec::new();
    while let Some(answer) = stream.message().await? {
        answers.push(answer);
    }
    Ok(answers)
}

/// Returns a request for the sessions from a hostile network.
fn botnet_request() -> RevokeWhereRequest {
    RevokeWhereRequest {
        filter: Some(SessionFilter { ip_range: "203.0.113.0/24".to_owned(), ..Default::default() }),
        reason: "botnet".to_owned(),
        actor: "admin:eve".to_owned(),
        ..Default::default()
    }
}

async fn a_dry_run_shows_and_ends_nothing(service: TestService) {
    let mut bots = Vec::new();
    for n in 0..22 {
        bots.push(sign_in(&service, login_from(&format!("bot-{n}"), "203.0.113.9")).await);
    }
    sign_in(&service, login_of("ann")).await;
    wait_until_complete(&service).await;
    let answers =
        revoke_where(&service, RevokeWhereRequest { dry_run: true, ..botnet_request() }).await.expect("answers");
    let [answer] = &answers[..] else { panic!("not one message: {answers:?}") };
    assert_eq!((answer.matched_count, answer.revoked_count, answer.sample.len(), answer.done), (22, 0, 20, true));
    let first = answer.sample[0].session.as_ref().expect("a session");
    assert_eq!((first.session_id.clone(), first.user_id.as_str()), (id_of(&bots[21]), "bot-21"), "latest start first");
    assert!(answer.complete_until.is_some());
    for bot in bots {
        service.validate(&bot.token).await.expect("an active session");
    }
}

async fn more_than_allowed_are_left_alone(service: TestService) {
    let bots = [
        sign_in(&service, login_from("bot", "203.0.113.9")).await,
        sign_in(&service, login_from("b", "203.0.113.7")).await,
    ];
    wait_until_complete(&service).await;
    let status =
        revoke_where(&service, RevokeWhereRequest { max_count: 1, ..botnet_request() }).await.expect_err("too many");
    assert_eq!(error_parts(&status), (Code::FailedPrecondition, "TOO_MANY_MATCHES".into(), vec![]));
    let details = status.get_error_details();
    assert_eq!(details.error_info().expect("info").metadata["matched_count"], "2");
    for bot in &bots {
        service.validate(&bot.token).await.expect("an active session");
    }
    let answers =
        revoke_where(&service, RevokeWhereRequest { max_count: 2, ..botnet_request() }).await.expect("answers");
    assert_eq!(answers.last().expect("the last").revoked_count, 2);
}

async fn one_that_was_used_since_the_audit_knows_is_left_alone(service: TestService) {
    let [idle, busy] = [sign_in(&service, login_of("ann")).await, sign_in(&service, login_of("bob")).await];
    wait_until_complete(&service).await;
    let until = service.clock.now().plus(Duration::from_secs(1)).to_offset_date_time();
    service.clock.advance(Duration::from_mins(10));
    service.validate(&busy.token).await.expect("an active session");
    let end = Some(Timestamp { seconds: until.unix_timestamp(), nanos: 0 });
    let filter = SessionFilter { last_active: Some(TimeWindow { start: None, end }), ..Default::default() };
    let request = RevokeWhereRequest { filter: Some(filter), ..Default::default() };

    let answers = revoke_where(&service, request).await.expect("answers");

    let counts: Vec<_> = answers.iter().map(|one| (one.matched_count, one.revoked_count)).collect();
    assert_eq!(counts, [(2, 0), (2, 1)]);
    service.validate(&busy.token).await.expect("an active session");
    service.validate(&idle.token).await.expect_err("ended");
}

async fn those_that_match_end_and_no_others(service: TestService) {
    let bot = sign_in(&service, login_from("bot", "203.0.113.9")).await;
    let ann = sign_in(&service, login_of("ann")).await;
    wait_until_complete(&service).await;
    let answers = revoke_where(&service, botnet_request()).await.expect("answers");
    let counts: Vec<_> = answers.iter().map(|one| (one.matched_count, one.revoked_count, one.done)).collect();
    assert_eq!(counts, [(1, 0, false), (1, 1, true)]);
    assert!(answers[1].sample.is_empty());
    let rejection = service.validate(&bot.token).await.expect_err("ended");
    assert_eq!(rejection.actor, "admin:eve");
    service.validate(&ann.token).await.expect("an active session");

    wait_until_complete(&service).await;
    let ended = SearchSessionsRequest { end_reason: EndReason::Revoked.into(), ..Default::default() };
    let ended = search(&service, ended).await.sessions;
    assert_eq!((ended.len(), ended[0].reason.as_str(), ended[0].actor.as_str()), (1, "botnet", "admin:eve"));
    let again = revoke_where(&service, botnet_request()).await.expect("answers");
    assert_eq!(again.iter().map(|one| (one.matched_count, one.done)).collect::<Vec<_>>(), [(0, true)]);
}

async fn many_are_ended_in_batches(service: TestService) {
    const BOTS: u64 = 300;
    let logins = (0..BOTS).map(|n| service.create(login_from(&format!("bot-{n}"), "203.0.113.9")));
    for login in futures_util::future::join_all(logins).await {
        login.expect("a session");
    }
    wait_until_complete(&service).await;
    let answers = revoke_where(&service, botnet_request()).await.expect("answers");
    assert!(answers.len() > 2, "it reports progress");
    let revoked: Vec<_> = answers.iter().map(|answer| answer.revoked_count).collect();
    assert!(revoked.is_sorted() && answers.iter().all(|answer| answer.matched_count == BOTS), "{revoked:?}");
    assert_eq!(revoked.last(), Some(&BOTS));
    assert!(answers.iter().rev().skip(1).all(|answer| !answer.done));
    assert!(service.list("bot-7").await.is_empty());
}

async fn what_was_interrupted_is_finished_by_a_repeat(service: TestService) {
    let bots = [sign_in(&service, login_from("bot", "203.0.113.9")).await];
    wait_until_complete(&service).await;
    let mut stream = service.admin().revoke_where(botnet_request()).await.expect("a stream").into_inner();
    let first = stream.message().await.expect("a response").expect("the first");
    assert_eq!((first.matched_count, first.revoked_count, first.done), (1, 0, false));
    drop(stream);
    // After any partial result, a repeat completes it.
    revoke_where(&service, botnet_request()).await.expect("answers");
    service.validate(&bots[0].token).await.expect_err("ended");
    wait_until_complete(&service).await;
    assert_eq!(found_ids(&service, SessionFilter::default()).await.len(), 1);
}
