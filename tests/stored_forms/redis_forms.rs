//! Forms that the scripts of the store on Redis write.

use std::{collections::BTreeMap, time::Duration};

use data_encoding::HEXLOWER;
use redis::{aio::MultiplexedConnection, streams::StreamRangeReply};
use session_authority::{
    domain::{AuditedJwt, Bucket, EndReason, EventKind, EventSubject, FormerClient},
    store::{LoadOutcome, Tombstone},
};

use super::{NOW, golden};
use crate::conformance::{
    denylist::{deny, jwt},
    fixture::StoreFixture,
    operations::revoke,
    users::{TestUser, cause},
};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tombstones_keep_their_form() {
    let (written, user) = (StoreFixture::redis().await, TestUser::new("ann"));
    let (id, creation) = (user.session_id(1), user.login(1, NOW));
    let expected = Tombstone {
        tenant: user.owner.tenant.clone(),
        reason: EndReason::Revoked,
        at: NOW,
        secret: creation.session.record.secret,
        cause: cause("signed out"),
        former_client: None,
    };
    let client = FormerClient::new(user.owner.user.clone(), &creation.session.record.location);
    written.sign_in(creation).await;
    written.revoke(revoke(id, NOW)).await.expect("revoke");
    let mut redis = admin(&written).await;
    let (key, field) = (user.key('t'), id.unique);
    let stored: Vec<u8> = redis::cmd("HGET").arg(&key).arg(&field).query_async(&mut redis).await.expect("HGET");
    let current = golden("redis_tombstone_with_client", &stored);
    assert_eq!(HEXLOWER.encode(&stored), HEXLOWER.encode(&current));

    let restored = StoreFixture::redis().await;
    let mut redis = admin(&restored).await;
    // An earlier release stored no client.
    let with_client = Tombstone { former_client: Some(Box::new(client)), ..expected.clone() };
    for (form, expected) in [(current, with_client), (golden("redis_tombstone", &[]), expected)] {
        let write = redis::cmd("HSET").arg(&key).arg(&field).arg(form).query_async::<()>(&mut redis).await;
        write.expect("HSET");
        assert_eq!(restored.load(id).await.expect("load"), LoadOutcome::Ended(expected));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outbox_entries_keep_their_form() {
    let (written, user) = (StoreFixture::redis().await, TestUser::new("ann"));
    let mut creation = user.login(1, NOW);
    creation.session.record.device.named_by_caller = true;
    let session = creation.session.clone();
    written.sign_in(creation).await;
    let mut redis = admin(&written).await;
    let key = format!("sa1:{{{}}}:outbox", user.bucket());
    let restored = StoreFixture::redis().await;
    let mut restored_redis = admin(&restored).await;
    copy_golden_entry(&mut redis, &mut restored_redis, &key, "redis_outbox_entry_").await;

    let pending = restored.read_outbox(Bucket::ALL, 10).await.expect("the outbox");
    let event = pending.into_iter().next().expect("an entry").event.expect("an event");
    assert_eq!((event.kind, event.at, event.cause), (EventKind::Created, NOW, cause("signed in")));
    assert_eq!(event.subject, EventSubject::Session(Box::new(session)));
}

/// A denial: its member and score, and the fields of its event that are not those of every event.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn denials_keep_their_form() {
    let written = StoreFixture::redis().await;
    let (denied, until) = (jwt("7f3e", NOW.plus(HOUR)), NOW.plus(HOUR));
    written.deny(deny(vec![denied.clone()], NOW, 1)).await.expect("a denial");
    let mut redis = admin(&written).await;
    let key = format!("sa1:{{{}}}:d", denied.digest.bucket());
    let stored: Vec<(Vec<u8>, u64)> =
        redis::cmd("ZRANGE").arg(&key).arg(0).arg(-1).arg("WITHSCORES").query_async(&mut redis).await.expect("ZRANGE");
    let member = golden("redis_denial", &stored[0].0);
    assert_eq!((HEXLOWER.encode(&stored[0].0), stored[0].1), (HEXLOWER.encode(&member), until.get()));

    let outbox = format!("sa1:{{{}}}:outbox", denied.digest.bucket());
    let restored = StoreFixture::redis().await;
    let mut restored_redis = admin(&restored).await;
    copy_golden_entry(&mut redis, &mut restored_redis, &outbox, "redis_denial_entry_").await;
    let write = redis::cmd("ZADD").arg(&key).arg(until.get()).arg(member).query_async::<()>(&mut restored_redis).await;
    write.expect("ZADD");

    assert_eq!(restored.find_denials(&[denied.digest]).await.expect("a look-up"), [Some(until)]);
    let event = restored.drain().await.remove(0);
    let EventSubject::DeniedJwts { tenant, jwts } = event.subject else { panic!("{:?}", event.subject) };
    assert_eq!((tenant.as_str(), jwts), ("acme", vec![AuditedJwt::Digest(denied.digest)]));
}

/// Compares the fields of the first entry of a stream with their golden bytes, and appends these to `restored`.
async fn copy_golden_entry(
    written: &mut MultiplexedConnection,
    restored: &mut MultiplexedConnection,
    stream: &str,
    golden_prefix: &str,
) {
    let entries: StreamRangeReply =
        redis::cmd("XRANGE").arg(stream).arg("-").arg("+").query_async(written).await.expect("XRANGE");
    let fields = entries.ids.into_iter().next().expect("an entry").map.into_iter();
    let fields: BTreeMap<String, Vec<u8>> =
        fields.map(|(name, value)| (name, redis::from_redis_value(value).expect("bytes"))).collect();
    let mut append = redis::cmd("XADD");
    append.arg(stream).arg("*");
    for (name, value) in &fields {
        let golden = golden(&format!("{golden_prefix}{name}"), value);
        assert_eq!(HEXLOWER.encode(value), HEXLOWER.encode(&golden), "field {name}");
        append.arg(name).arg(golden);
    }
    append.query_async::<()>(restored).await.expect("XADD");
}

async fn admin(store: &StoreFixture) -> MultiplexedConnection {
    store.engine.admins().await.into_iter().next().expect("a server")
}
