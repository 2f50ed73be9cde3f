//! The state of a user, read by plain commands: they cost Redis a fraction of a script.

use std::collections::HashMap;

use futures_util::future::{OptionFuture, join};
use redis::Value;
use redis_cluster::{HashSlot, decode_answer};

use super::{
    RedisSessionStore,
    binding::{INSTALLATION, check_installation},
    keys,
    load::{OptionalBytes, check_generations, split_generation, split_time},
    time::ServerTime,
};
use crate::{
    domain::{
        Cause, Owner, Session, SessionId, UnixMillis, UserHandle,
        failures::{FailureRecord, FailureSubject},
        history::CompromisedSession,
    },
    store::{
        FailureStore, SignInLookup, SignInState, StoreError, UserState,
        failures::decode_or_default,
        findings::decode_history_or_default,
        record::{self, Generation},
        rules::liveness::{PartitionedSessions, SessionHead, StoredMassRevocation, UniqueId},
    },
};

const DURING: &str = "loading a user's state";

/// Fields of the profile. A compromised session follows its prefix.
const VERSION: &[u8] = b"v";
const HISTORY: &[u8] = b"h";
const COMPROMISED: &[u8] = b"x";
/// Field of the sessions with their owner.
const OWNER: &[u8] = b"@";

type Hash = HashMap<Vec<u8>, Vec<u8>>;

/// The latest generation ever raised and the installation; the server's time; the latest generation, and the mass
/// revocations of everyone and of the tenant; the profile; the sessions; their clocks; the failures.
type UserStateReply = (
    (Option<Generation>, Option<String>),
    ServerTime,
    (Option<Generation>, OptionalBytes, OptionalBytes),
    Hash,
    Hash,
    Hash,
    OptionalBytes,
);

/// Implements the store's `load_user_state`.
pub(super) async fn load_user_state(
    store: &RedisSessionStore,
    owner: &Owner,
    handle: UserHandle,
    now: UnixMillis,
) -> Result<UserState, StoreError> {
    Ok(load_sign_in_state(store, &SignInLookup { owner, handle, network: None, now }).await?.user)
}

/// Implements the store's `load_sign_in_state`: one pipeline to each server.
///
/// The reads are not one atomic step and need not be, but their order matters: that of [`super::load`], and the profile
/// before the sessions. A sign-in between the two raises the version of the history, which [`super::create`] compares.
/// A session that was created after the generations were read may be of a later one; then all is read again.
pub(super) async fn load_sign_in_state(
    store: &RedisSessionStore,
    lookup: &SignInLookup<'_>,
) -> Result<SignInState, StoreError> {
    let SignInLookup { owner, handle, now, .. } = *lookup;
    let (mut stored, mut network_failures) = read_sign_in(store, lookup).await?;
    let mut heads = decode_heads(&stored)?;
    let newest = |heads: &[SessionHead]| heads.iter().map(|head| head.generation).max().unwrap_or_default();
    if newest(&heads) > stored.2.0.unwrap_or_default() {
        (stored, network_failures) = read_sign_in(store, lookup).await?;
        heads = decode_heads(&stored)?;
    }
    let ((ever_raised, _), server, (latest, everyone, tenant), profile, sessions, _, failures) = stored;
    let now = store.deciding_time(DURING, now, server)?;
    check_generations(handle.bucket(), ever_raised.max(Some(newest(&heads))), latest)?;
    if sessions.get(OWNER).is_some_and(|stored| *stored != owner.to_bytes()) {
        return Err(StoreError::HandleCollision);
    }
    let mass = latest_revocation(&[everyone, tenant])?;
    let live = PartitionedSessions::new(handle, heads, &[], mass.as_ref(), now).live;
    Ok(SignInState {
        user: parse_profile(&profile, decode_sessions(owner, handle, live, &sessions))?,
        user_failures: decode_or_default(&failures.unwrap_or_default()),
        network_failures,
    })
}

/// Reads all that is stored about a user, and the failures of the network: in the same pipeline if they are on the same
/// server.
async fn read_sign_in(
    store: &RedisSessionStore,
    lookup: &SignInLookup<'_>,
) -> Result<(UserStateReply, Result<FailureRecord, StoreError>), StoreError> {
    let SignInLookup { owner, handle, network, .. } = *lookup;
    let bucket = handle.bucket();
    let (sessions, tenant) = (keys::sessions(handle), keys::tenant_field(&owner.tenant));
    let [failed_users, _] = keys::failures(bucket, FailureSubject::User);
    let slot = HashSlot::from_key(&sessions);
    let mut pipe = redis::pipe();
    pipe.cmd("HMGET").arg(keys::meta(bucket)).arg(keys::LATEST_GENERATION).arg(INSTALLATION);
    pipe.cmd("TIME");
    pipe.cmd("HMGET").arg(keys::generations(bucket)).arg("n").arg(keys::EVERYONE).arg(tenant);
    pipe.cmd("HGETALL").arg(keys::profile(handle));
    pipe.cmd("HGETALL").arg(&sessions);
    pipe.cmd("HGETALL").arg(keys::clocks(handle));
    pipe.cmd("HGET").arg(failed_users).arg(&handle.0[..]);

    // A Cluster may have the network on another server.
    let in_pipeline = network.filter(|_| !store.router.is_cluster());
    if let Some(network) = in_pipeline {
        let [failed_networks, _] = keys::failures(network.bucket(), FailureSubject::Network);
        pipe.cmd("HGET").arg(failed_networks).arg(&network.0[..]);
    }
    let separate = network.filter(|_| in_pipeline.is_none());
    let separate = separate.map(|network| store.load_failures(FailureSubject::Network, network));
    let (answers, failures) = join(store.router.query_in_order(DURING, slot, pipe), OptionFuture::from(separate)).await;
    let mut answers: Vec<Value> = answers?;
    let network_failures = match (in_pipeline, failures) {
        (Some(_), _) => {
            let failures: OptionalBytes = decode_answer(DURING, answers.pop().unwrap_or(Value::Nil))?;
            Ok(decode_or_default(&failures.unwrap_or_default()))
        }
        (None, failures) => failures.unwrap_or_else(|| Ok(FailureRecord::default())),
    };
    let user: UserStateReply = decode_answer(DURING, Value::Array(answers))?;
    check_installation(DURING, user.0.1.as_deref(), store.installation)?;
    Ok((user, network_failures))
}

/// Returns the latest of the mass revocations that apply to a user. Its cause does not matter for active sessions.
fn latest_revocation(stored: &[OptionalBytes; 2]) -> Result<Option<StoredMassRevocation>, StoreError> {
    let revocations = stored.iter().flatten().map(|bytes| {
        let (generation, rest) = split_generation(bytes)?;
        Ok(StoredMassRevocation { generation, at: split_time(rest)?.0, cause: Cause::default() })
    });
    let revocations: Vec<_> = revocations.collect::<Result<_, StoreError>>()?;
    Ok(revocations.into_iter().max_by_key(|revocation| revocation.generation))
}

/// Decodes the clocks.
fn decode_heads((.., clocks, _): &UserStateReply) -> Result<Vec<SessionHead>, StoreError> {
    let heads = clocks.iter().map(|(unique, clock)| {
        let (clock, generation) = record::decode_clock(clock)?;
        let unique = unique_id(unique).ok_or_else(|| StoreError::corrupt(DURING, "invalid ID of a session"))?;
        Ok(SessionHead { unique, clock, generation, touched: false })
    });
    heads.collect()
}

/// Decodes the active sessions; most recently active first. One that cannot be decoded is logged and left out, and one
/// that was created or ended between the reads is left out.
fn decode_sessions(owner: &Owner, handle: UserHandle, live: Vec<SessionHead>, sessions: &Hash) -> Vec<Session> {
    let read = |head: SessionHead| {
        let (record, _) = record::decode(sessions.get(&head.unique[..])?)
            .inspect_err(|error| tracing::warn!(%error, "failed to decode a live session; skipping it"))
            .ok()?;
        let id = SessionId { handle, unique: head.unique };
        Some(Session { id, owner: owner.clone(), record, clock: head.clock })
    };
    live.into_iter().rev().filter_map(read).collect()
}

/// Returns the state of a user with this profile. Its history does not include what it learned from compromised
/// sessions.
fn parse_profile(profile: &Hash, live_sessions: Vec<Session>) -> Result<UserState, StoreError> {
    let corrupt = |what| StoreError::corrupt(DURING, what);
    let version = match profile.get(VERSION) {
        Some(version) => std::str::from_utf8(version).ok().and_then(|version| version.parse().ok()),
        None => Some(0),
    };
    let version = version.ok_or_else(|| corrupt("invalid version of a history"))?;
    let mut history = decode_history_or_default(profile.get(HISTORY).map(Vec::as_slice).unwrap_or_default());
    let mut loses_unconfirmed = false;
    for (field, details) in profile {
        let Some(session) = field.strip_prefix(COMPROMISED).and_then(unique_id) else { continue };
        match parse_compromised(session, details)? {
            Some(compromised) => history = history.without_compromised(&compromised),
            None => loses_unconfirmed = true,
        }
    }
    // After the compromised sessions, which are found by their logins.
    if loses_unconfirmed {
        history = history.without_unconfirmed();
    }
    Ok(UserState { version, history, live_sessions })
}

fn unique_id(bytes: &[u8]) -> Option<UniqueId> {
    bytes.try_into().ok()
}

/// Parses the mark of a compromised session that the history may have learned from. `None` stands for all unconfirmed
/// logins.
fn parse_compromised(session: UniqueId, details: &[u8]) -> Result<Option<CompromisedSession>, StoreError> {
    if details.is_empty() {
        return Ok(None);
    }
    let (started_at, device) = split_time(details)?;
    let device = device.try_into().map_err(|_| StoreError::corrupt(DURING, "truncated compromised-session mark"))?;
    Ok(Some(CompromisedSession { session, started_at, device }))
}
