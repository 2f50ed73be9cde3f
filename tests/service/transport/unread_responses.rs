//! Unread response streams: others proceed, and the streams themselves end.

use std::sync::Arc;

use futures_util::future::join_all;
use session_authority::{
    api::{
        Consistency, RevokeAllRequest, RevokeRequest, RevokeWhereRequest, RevokeWhereResponse, SearchSessionsRequest,
        SessionFilter, SessionState, StreamAlertsRequest, StreamAlertsResponse, UserScope, ValidateRequest,
        ValidateStreamRequest, ValidateStreamResponse, admin_service_client::AdminServiceClient,
        revoke_all_request::Scope, revoke_request::Target, session_service_client::SessionServiceClient,
        stream_alerts_response::Event,
    },
    app::Node,
    audit,
    clock::SystemClock,
};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tonic::{Code, transport::Channel};
use tonic_types::StatusExt;

use super::h2_stream::{H2Stream, NORMAL_WINDOW};
use crate::{
    service::{
        alerts::{logins::login_alert, watch::AlertWatch},
        fixture::{channel_to, error_parts, eventually, login_of, start_node},
        management::get,
    },
    support::{postgres::PostgresServer, proxy::TcpProxy, redis::RedisServer},
};

pub const STREAM_ALERTS: &str = "session.v1.SessionService/StreamAlerts";
pub const VALIDATE_STREAM: &str = "session.v1.SessionService/ValidateStream";
pub const REVOKE_WHERE: &str = "session.v1.AdminService/RevokeWhere";

/// More than one batch of a `RevokeWhere`, and more alerts than fit in the flow-control window of HTTP/2.
pub const LOGINS: usize = 300;

const LONG_STREAM_WRITE_TIMEOUT: (&str, &str) = ("SERVER__STREAM_WRITE_TIMEOUT", "10m");
const SHORT_STREAM_WRITE_TIMEOUT: (&str, &str) = ("SERVER__STREAM_WRITE_TIMEOUT", "200ms");

/// A node with the system's time of day, so that it becomes ready.
struct RunningNode {
    node: Node,
    channel: Channel,
    proxy: Option<TcpProxy>,
    _redis: Option<RedisServer>,
    _directory: TempDir,
}

impl RunningNode {
    async fn on_sqlite(settings: &[(&str, &str)]) -> Self {
        Self::start(None, settings).await
    }

    /// Starts a node with its sessions in Redis, behind a proxy, and the audit in PostgreSQL.
    async fn on_servers(settings: &[(&str, &str)]) -> Self {
        let postgres = PostgresServer::shared().await.database().await;
        audit::migrate(&postgres).await.expect("the schema");
        let redis = RedisServer::start().await;
        let proxy = TcpProxy::start(redis.address()).await;
        let url = redis.url_through(proxy.address());
        let patient = ("STORE__RESPONSE_TIMEOUT", "10s");
        let of_servers = [("STORE__URL", url.as_str()), ("AUDIT__URL", postgres.as_str()), patient];
        Self::start(Some((redis, proxy)), &[&of_servers, settings].concat()).await
    }

    async fn start(redis: Option<(RedisServer, TcpProxy)>, settings: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let of_all = [("SERVER__REQUEST_TIMEOUT", "10s"), ("DETECTION__LEARNING_MIN_LOGINS", "1")];
        let node = start_node(&directory, &[&of_all, settings].concat(), Arc::new(SystemClock)).await;
        let channel = channel_to(&node).await;
        let (redis, proxy) = redis.unzip();
        Self { node, channel, proxy, _redis: redis, _directory: directory }
    }

    fn sessions(&self) -> SessionServiceClient<Channel> {
        SessionServiceClient::new(self.channel.clone())
    }

    fn admin(&self) -> AdminServiceClient<Channel> {
        AdminServiceClient::new(self.channel.clone())
    }

    /// Returns the cursor at the end of the alert stream.
    async fn cursor(&self) -> String {
        AlertWatch::begin(&self.channel, StreamAlertsRequest::default()).await.cursor
    }

    /// Signs in users that raise an alert each, and waits until the audit has them. Returns the alerts in order.
    async fn raise(&self, from: &str) -> Vec<String> {
        let users: Vec<_> = (0..LOGINS).map(|n| format!("user-{n}")).collect();
        for some in users.chunks(50) {
            join_all(some.iter().map(|user| login_alert(&self.channel, user))).await.into_iter().for_each(|alert| {
                alert.expect("an alert");
            });
        }
        eventually("the audit has all sessions", || async {
            let request = RevokeWhereRequest { dry_run: true, ..abroad_request() };
            let mut answers = self.admin().revoke_where(request).await.expect("answers").into_inner();
            let first = answers.message().await.expect("a response").expect("the first message");
            first.matched_count == LOGINS as u64
        })
        .await;
        let mut watch = AlertWatch::begin(&self.channel, resume(from)).await;
        watch.ids(LOGINS).await
    }

    async fn is_ready(&self) -> bool {
        get(self.node.management, "/readyz").await.0 == 200
    }

    /// Asserts that all operations of others succeed.
    async fn assert_serves(&self) {
        for round in 0..5 {
            let user = format!("other-{round}");
            let created = self.sessions().create(login_of(&user)).await.expect("a session").into_inner();
            let strong = ValidateRequest {
                token: created.token,
                consistency: Consistency::Strong.into(),
                ..ValidateRequest::default()
            };
            self.sessions().validate(strong).await.expect("a verdict");
            let scope = Scope::User(UserScope { user_id: user.clone(), ..UserScope::default() });
            let all = RevokeAllRequest { scope: Some(scope), ..RevokeAllRequest::default() };
            assert_eq!(self.sessions().revoke_all(all).await.expect("an end").into_inner().revoked_count, 1);
            // This also shows that the relay proceeds.
            eventually("the audit has the end", || async {
                let request = SearchSessionsRequest {
                    filter: Some(SessionFilter { user_id: user.clone(), ..SessionFilter::default() }),
                    state: SessionState::Ended.into(),
                    ..SearchSessionsRequest::default()
                };
                self.admin().search_sessions(request).await.expect("sessions").into_inner().sessions.len() == 1
            })
            .await;
        }
        eventually("it is ready", || self.is_ready()).await;
    }

    async fn eventually_reports(&self, line: &str) {
        let line = format!("session_authority_{line}\n");
        eventually(&line, || async { get(self.node.management, "/metrics").await.1.contains(&line) }).await;
    }
}

/// Returns a request for the sessions from abroad.
pub fn abroad_request() -> RevokeWhereRequest {
    let filter = SessionFilter { country: "BR".to_owned(), ..SessionFilter::default() };
    RevokeWhereRequest { filter: Some(filter), ..RevokeWhereRequest::default() }
}

pub fn resume(cursor: &str) -> StreamAlertsRequest {
    StreamAlertsRequest { resume_cursor: cursor.to_owned(), ..StreamAlertsRequest::default() }
}

/// Returns a check that needs no store. The HTTP/2 library closes a connection with very many unread requests in very
/// small frames, so it is not too small.
fn nonsense(tag: u64) -> ValidateStreamRequest {
    let request = ValidateRequest { token: "nonsense".repeat(40), ..ValidateRequest::default() };
    ValidateStreamRequest { tag, request: Some(request) }
}

/// Makes a call that needs a permit from the budget of revocations and nothing else.
async fn revoke_nothing(node: &RunningNode) -> Result<(), Code> {
    let revoke = RevokeRequest { target: Some(Target::Token("nonsense".to_owned())), ..RevokeRequest::default() };
    node.sessions().revoke(revoke).await.map(drop).map_err(|status| status.code())
}

async fn assert_others_served_while_unread(node: RunningNode) {
    let cursor = node.cursor().await;
    node.raise(&cursor).await;
    let at = node.node.grpc;
    let mut unread = Vec::new();
    // A stream that reads nothing, and one that stops somewhere in history.
    for window in [0, NORMAL_WINDOW] {
        for _ in 0..6 {
            unread.push(H2Stream::open(at, STREAM_ALERTS, &resume(&cursor), window).await);
            unread.push(H2Stream::open(at, REVOKE_WHERE, &abroad_request(), window).await);
        }
        let mut checks = H2Stream::open_for_requests(at, VALIDATE_STREAM, window).await;
        (0..1_000).for_each(|tag| checks.send(&nonsense(tag)));
        unread.push(checks);
    }
    node.assert_serves().await;
    drop(unread);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_go_on_while_nobody_reads_on_sqlite() {
    assert_others_served_while_unread(RunningNode::on_sqlite(&[LONG_STREAM_WRITE_TIMEOUT]).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_go_on_while_nobody_reads_on_redis_and_postgres() {
    assert_others_served_while_unread(RunningNode::on_servers(&[LONG_STREAM_WRITE_TIMEOUT]).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_resumed_while_redis_is_unavailable_do_not_keep_others_from_connecting() {
    let node = RunningNode::on_servers(&[LONG_STREAM_WRITE_TIMEOUT]).await;
    let cursor = node.cursor().await;
    eventually("it is ready", || node.is_ready()).await;
    let proxy = node.proxy.as_ref().expect("a proxy");
    proxy.cut().await;
    eventually("the outage is noticed", || async { !node.is_ready().await }).await;
    let mut unread = Vec::new();
    for _ in 0..16 {
        unread.push(H2Stream::open(node.node.grpc, STREAM_ALERTS, &resume(&cursor), 0).await);
    }
    for _ in 0..5 {
        node.sessions().create(login_of("ann")).await.expect_err("Redis is unavailable");
    }
    proxy.restore().await;
    eventually("it is ready again", || node.is_ready()).await;
    node.assert_serves().await;
    drop(unread);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unread_alert_stream_is_cut_with_a_cursor_to_resume_from() {
    let one = ("ALERTS__MAX_SUBSCRIBERS", "1");
    for node in [
        RunningNode::on_sqlite(&[SHORT_STREAM_WRITE_TIMEOUT, one]).await,
        RunningNode::on_servers(&[SHORT_STREAM_WRITE_TIMEOUT, one]).await,
    ] {
        let cursor = node.cursor().await;
        let free = "alert_subscribers 0";
        node.eventually_reports(free).await;
        let raised = node.raise(&cursor).await;
        node.eventually_reports(free).await;
        for window in [0, NORMAL_WINDOW] {
            let mut unread = H2Stream::open(node.node.grpc, STREAM_ALERTS, &resume(&cursor), window).await;
            node.eventually_reports(free).await;
            unread.widen(NORMAL_WINDOW).await;
            let (responses, status) = unread.rest::<StreamAlertsResponse>().await;
            assert_eq!(error_parts(&status), (Code::ResourceExhausted, "SLOW_CONSUMER".into(), vec![]));
            let mut had = Vec::new();
            let mut gaps = Vec::new();
            for response in responses {
                match response.event.expect("an event") {
                    Event::Alert(alert) => had.push(alert.alert_id),
                    Event::Gap(gap) => gaps.push(gap),
                    Event::Heartbeat(_) => {}
                }
            }
            assert!(had.len() < LOGINS, "it ended before the last alert");
            let [gap] = &gaps[..] else { panic!("not one gap: {gaps:?}") };
            assert_eq!(gap.reason, "slow_consumer");
            let mut resumed = AlertWatch::begin(&node.channel, resume(&gap.from_cursor)).await;
            had.extend(resumed.ids(LOGINS - had.len()).await);
            assert_eq!(had, raised);
            drop(resumed);
            node.eventually_reports(free).await;
        }
        node.eventually_reports("alert_streams_ended_total{reason=\"slow_consumer\"} 2").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_holds_its_place_only_while_it_works() {
    let one = ("SERVER__CONCURRENCY__REVOCATIONS", "1");
    for node in [
        RunningNode::on_sqlite(&[LONG_STREAM_WRITE_TIMEOUT, one]).await,
        RunningNode::on_servers(&[LONG_STREAM_WRITE_TIMEOUT, one]).await,
    ] {
        let cursor = node.cursor().await;
        node.raise(&cursor).await;
        let dry = RevokeWhereRequest { dry_run: true, ..abroad_request() };
        let shown = H2Stream::open(node.node.grpc, REVOKE_WHERE, &dry, 0).await;
        revoke_nothing(&node).await.expect("a dry run is over with its response");

        let mut unread = H2Stream::open(node.node.grpc, REVOKE_WHERE, &abroad_request(), 0).await;
        eventually("the first batch has ended", || async { revoke_nothing(&node).await.is_ok() }).await;
        unread.widen(NORMAL_WINDOW).await;
        let (responses, status) = unread.rest::<RevokeWhereResponse>().await;
        assert_eq!(status.code(), Code::Ok, "it proceeds when it is read: {status:?}");
        let last = responses.last().expect("the last");
        assert!(last.done && last.revoked_count == LOGINS as u64, "{last:?}");
        drop(shown);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unread_revocation_is_cut_and_says_how_far_it_came() {
    for node in [
        RunningNode::on_sqlite(&[SHORT_STREAM_WRITE_TIMEOUT]).await,
        RunningNode::on_servers(&[SHORT_STREAM_WRITE_TIMEOUT]).await,
    ] {
        let cursor = node.cursor().await;
        node.raise(&cursor).await;
        let mut unread = H2Stream::open(node.node.grpc, REVOKE_WHERE, &abroad_request(), 0).await;
        // A revocation continues while it is read, so it must end before that.
        let left = |matched_count| {
            let node = &node;
            async move {
                let dry = RevokeWhereRequest { dry_run: true, ..abroad_request() };
                let mut answers = node.admin().revoke_where(dry).await.expect("answers").into_inner();
                answers.message().await.expect("a response").expect("the first message").matched_count == matched_count
            }
        };
        eventually("one batch of sessions has ended", || left(LOGINS as u64 - 256)).await;
        // A stream that starts to wait later ends later.
        let later = H2Stream::open(node.node.grpc, STREAM_ALERTS, &resume(&cursor), 0).await;
        node.eventually_reports("alert_streams_ended_total{reason=\"slow_consumer\"} 1").await;
        drop(later);
        unread.widen(NORMAL_WINDOW).await;
        let (responses, status) = unread.rest::<RevokeWhereResponse>().await;
        assert_eq!(error_parts(&status), (Code::ResourceExhausted, "SLOW_CONSUMER".into(), vec![]));
        let progress: Vec<_> = responses.iter().map(|response| (response.revoked_count, response.done)).collect();
        assert_eq!(progress, [(0, false), (256, false)]);
        let details = status.get_error_details();
        assert_eq!(details.error_info().expect("info").metadata["revoked_count"], "256");

        let (responses, status) =
            H2Stream::open(node.node.grpc, REVOKE_WHERE, &abroad_request(), NORMAL_WINDOW).await.rest().await;
        let last: &RevokeWhereResponse = responses.last().expect("the last");
        assert!(status.code() == Code::Ok && last.done, "a repeat ends the remaining sessions: {status:?}");
        eventually("no session is left", || left(0)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unread_stream_of_validations_is_cut_and_says_so() {
    let node = RunningNode::on_sqlite(&[SHORT_STREAM_WRITE_TIMEOUT]).await;
    let mut unread = H2Stream::open_for_requests(node.node.grpc, VALIDATE_STREAM, 0).await;
    node.eventually_reports("validate_streams_open 1").await;
    (0..1_000).for_each(|tag| unread.send(&nonsense(tag)));
    node.eventually_reports("validate_streams_open 0").await;
    unread.widen(NORMAL_WINDOW).await;
    let (responses, status) = unread.rest::<ValidateStreamResponse>().await;
    assert_eq!(error_parts(&status), (Code::ResourceExhausted, "SLOW_CONSUMER".into(), vec![]));
    let tags: Vec<_> = responses.iter().map(|response| response.tag).collect();
    assert!(!tags.is_empty() && tags.len() < 1_000, "{tags:?}");
    assert_eq!(tags, (0..tags.len() as u64).collect::<Vec<_>>(), "all responses arrived, without a gap");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unread_streams_end_at_shutdown_with_a_cursor_to_resume_from() {
    let node = RunningNode::on_sqlite(&[LONG_STREAM_WRITE_TIMEOUT, ("SHUTDOWN__DEADLINE", "2m")]).await;
    let cursor = node.cursor().await;
    let raised = node.raise(&cursor).await;
    let at = node.node.grpc;
    let mut alerts = H2Stream::open(at, STREAM_ALERTS, &resume(&cursor), 0).await;
    let mut revocation = H2Stream::open(at, REVOKE_WHERE, &abroad_request(), 0).await;
    let mut checks = H2Stream::open_for_requests(at, VALIDATE_STREAM, 0).await;
    (0..1_000).for_each(|tag| checks.send(&nonsense(tag)));
    eventually("some checks are done", || async {
        let metrics = get(node.node.management, "/metrics").await.1;
        let rejected = metrics.lines().find_map(|line| line.split_once("_validations_total{verdict=\"rejected\"} "));
        rejected.is_some_and(|(_, count)| count != "0")
    })
    .await;
    let read = async {
        eventually("no connection is accepted", || async { TcpStream::connect(at).await.is_err() }).await;
        for stream in [&mut alerts, &mut revocation, &mut checks] {
            stream.widen(NORMAL_WINDOW).await;
        }
        let shutting_down = (Code::Unavailable, "SHUTTING_DOWN".to_owned(), vec![]);
        let (responses, status) = alerts.rest::<StreamAlertsResponse>().await;
        assert_eq!(error_parts(&status), shutting_down);
        let mut events: Vec<_> = responses.into_iter().filter_map(|response| response.event).collect();
        let last = events.pop();
        let Some(Event::Heartbeat(heartbeat)) = last else { panic!("not a heartbeat at the end: {last:?}") };
        let mut alerts = events.into_iter().filter_map(|event| match event {
            Event::Alert(alert) => Some(alert),
            Event::Heartbeat(_) | Event::Gap(_) => None,
        });
        let newest = alerts.next_back().expect("some alerts");
        assert_eq!(heartbeat.cursor, newest.cursor, "no alert lies in between");
        assert_ne!(Some(&newest.alert_id), raised.last());
        assert_eq!(error_parts(&revocation.rest::<RevokeWhereResponse>().await.1), shutting_down);
        let (responses, status) = checks.rest::<ValidateStreamResponse>().await;
        assert!(!responses.is_empty());
        assert_eq!(error_parts(&status), shutting_down);
    };
    let (stopped, ()) = tokio::join!(node.node.stop(), read);
    assert!(stopped);
}
