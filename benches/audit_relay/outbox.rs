//! Fills an outbox, captures its content and restores it.

use std::sync::Arc;

use redis::streams::StreamRangeReply;
use session_authority::{
    clock::{Clock, SystemClock},
    domain::{Bucket, Cause, EndReason, InstallationSecret, TokenSecret},
    store::{
        AccessGuard, CreateOutcome, RevocationTarget, SessionCreation, SessionRevocation, SessionStore,
        redis::RedisSessionStore,
    },
};
use test_support::redis::RedisServer;
use tokio::task::JoinSet;

use super::session::{login, session};

const MAX_IN_FLIGHT: usize = 256;
const SECRET: TokenSecret = TokenSecret::new([9; 32]);

/// Signs in that number of sessions and then signs them out.
pub async fn fill(store: &Arc<RedisSessionStore>, sessions: u64) {
    let installation = InstallationSecret::new(&[7; 32]);
    let logins = (0..sessions).map(|number| creation(number, &installation));
    let ids: Vec<_> = logins.clone().map(|login| login.session.id).collect();
    for_each_concurrently(store, logins, |store, login| async move {
        let outcome = store.create(login).await.expect("an outcome");
        assert!(matches!(outcome, CreateOutcome::Created { .. }), "a session");
    })
    .await;
    let endings = ids.into_iter().map(|id| SessionRevocation {
        now: SystemClock.now(),
        target: RevocationTarget::Session(id),
        guard: AccessGuard::default(),
        is_compromised: false,
        reason: EndReason::Revoked,
        cause: cause("signed out", id.unique),
    });
    for_each_concurrently(store, endings, |store, ending| async move {
        assert_eq!(store.revoke(ending).await.expect("an outcome").len(), 1, "an ending");
    })
    .await;
}

fn creation(number: u64, installation: &InstallationSecret) -> SessionCreation {
    let cause = cause("", number.to_be_bytes());
    SessionCreation { cause, ..login(session(number, installation, &SECRET, SystemClock.now())) }
}

fn cause(reason: &str, unique: [u8; 8]) -> Cause {
    Cause {
        reason: reason.to_owned(),
        actor: "user".to_owned(),
        caller: "login".to_owned(),
        request_id: format!("{:032x}", u64::from_be_bytes(unique)),
        ..Cause::default()
    }
}

/// Runs the futures with limited concurrency.
async fn for_each_concurrently<T: Send + 'static, F: Future<Output = ()> + Send + 'static>(
    store: &Arc<RedisSessionStore>,
    things: impl Iterator<Item = T>,
    act: impl Fn(Arc<RedisSessionStore>, T) -> F,
) {
    let mut under_way = JoinSet::new();
    for thing in things {
        if under_way.len() >= MAX_IN_FLIGHT {
            under_way.join_next().await.expect("a task").expect("done");
        }
        under_way.spawn(act(Arc::clone(store), thing));
    }
    under_way.join_all().await;
}

/// The content of the streams.
pub struct OutboxSnapshot(Vec<(String, StreamRangeReply)>);

impl OutboxSnapshot {
    pub async fn capture(redis: &RedisServer) -> Self {
        let mut admin = redis.admin().await;
        let mut streams = Vec::new();
        for bucket in Bucket::all() {
            let key = format!("sa1:{{{bucket}}}:outbox");
            let stream = redis::cmd("XRANGE").arg(&key).arg("-").arg("+").query_async(&mut admin).await;
            streams.push((key, stream.expect("a stream")));
        }
        Self(streams)
    }

    pub fn len(&self) -> u64 {
        self.0.iter().map(|(_, stream)| stream.ids.len() as u64).sum()
    }

    /// Restores the content into empty streams.
    pub async fn restore(&self, redis: &RedisServer) {
        let mut admin = redis.admin().await;
        for (key, stream) in &self.0 {
            let mut pipe = redis::pipe();
            for entry in &stream.ids {
                let add = pipe.cmd("XADD").arg(key).arg("*");
                for (field, value) in &entry.map {
                    add.arg(field).arg(redis::from_redis_value::<Vec<u8>>(value.clone()).expect("bytes"));
                }
                add.ignore();
            }
            let () = pipe.query_async(&mut admin).await.expect("a stream put back");
        }
    }
}
