//! The state of a user, read by plain commands: they cost Redis a fraction of a script.

use std::collections::HashMap;

use futures_util::future::{FutureExt, join};
use redis::{Cmd, Pipeline, Value};
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

/// A hash in the order of its reply.
type Hash = Vec<(Vec<u8>, Vec<u8>)>;

/// The records of a user's sessions. There may be hundreds, and each is looked up.
type Records = HashMap<Vec<u8>, Vec<u8>>;

/// The latest generation ever raised and the installation; the server's time.
type StoreCheckReply = ((Option<Generation>, Option<String>), ServerTime);

/// The latest generation, and the mass revocations of everyone and of the tenant; the profile; the sessions; their
/// clocks.
type UserReply = ((Option<Generation>, OptionalBytes, OptionalBytes), Hash, Records, Hash);

/// Implements the store's `load_user_state`, in one pipeline.
///
/// The reads are not one atomic step and need not be, but their order matters: that of [`super::load`], and the profile
/// before the sessions. A sign-in between the two raises the version of the history, which [`super::create`] compares.
/// A session that was created after the generations were read may be of a later one; then all is read again.
pub(super) async fn load_user_state(
    store: &RedisSessionStore,
    owner: &Owner,
    handle: UserHandle,
    now: UnixMillis,
) -> Result<UserState, StoreError> {
    let mut stored = read_user(store, owner, handle).await?;
    if stored.1.has_later_generation() {
        stored = read_user(store, owner, handle).await?;
    }
    let (((ever_raised, _), server), user) = stored;
    let now = store.deciding_time(DURING, now, server)?;
    check_generations(handle.bucket(), ever_raised, user.latest)?;
    user.into_state(owner, handle, now)
}

/// Implements the store's `load_sign_in_state`: the same reads, with those of the failures in the same pipeline. The
/// installation, the clock and the lost generations are left to [`super::create`], which checks them before it writes.
pub(super) async fn load_sign_in_state(
    store: &RedisSessionStore,
    lookup: &SignInLookup<'_>,
) -> Result<SignInState, StoreError> {
    let (mut user, mut user_failures, mut network_failures) = read_sign_in(store, lookup).await?;
    if user.has_later_generation() {
        (user, user_failures, network_failures) = read_sign_in(store, lookup).await?;
    }
    let user = user.into_state(lookup.owner, lookup.handle, lookup.now)?;
    Ok(SignInState { user, user_failures, network_failures })
}

async fn read_user(
    store: &RedisSessionStore,
    owner: &Owner,
    handle: UserHandle,
) -> Result<(StoreCheckReply, StoredUser), StoreError> {
    let mut pipe = redis::pipe();
    pipe.cmd("HMGET").arg(keys::meta(handle.bucket())).arg(keys::LATEST_GENERATION).arg(INSTALLATION);
    pipe.cmd("TIME");
    append_user_reads(&mut pipe, owner, handle);
    let slot = HashSlot::from_key(&keys::sessions(handle));
    let mut checks: Vec<Value> = store.router.query_in_order(DURING, slot, pipe).await?;
    let user = checks.split_off(checks.len().min(2));
    let checks: StoreCheckReply = decode_answer(DURING, Value::Array(checks))?;
    check_installation(DURING, checks.0.1.as_deref(), store.installation)?;
    Ok((checks, StoredUser::decode(user)?))
}

/// Reads the stored data of a user, and the failures of the user and the network: all in one pipeline if they are on
/// the same server.
async fn read_sign_in(
    store: &RedisSessionStore,
    lookup: &SignInLookup<'_>,
) -> Result<(StoredUser, FailureRecord, Result<FailureRecord, StoreError>), StoreError> {
    let SignInLookup { owner, handle, network, .. } = *lookup;
    let [failed_users, _] = keys::failures(handle.bucket(), FailureSubject::User);
    let mut pipe = redis::pipe();
    append_user_reads(&mut pipe, owner, handle);
    let reads_of_user = pipe.len();
    pipe.add_command(read_command("HGET", &[&failed_users, &handle.0]));

    // A Cluster may have the network on another server.
    let in_pipeline = network.filter(|_| !store.router.is_cluster());
    if let Some(network) = in_pipeline {
        let [failed_networks, _] = keys::failures(network.bucket(), FailureSubject::Network);
        pipe.add_command(read_command("HGET", &[&failed_networks, &network.0]));
    }
    let separate = network.filter(|_| in_pipeline.is_none());
    let separate = separate.map(|network| store.load_failures(FailureSubject::Network, network));
    let slot = HashSlot::from_key(&keys::sessions(handle));
    let read = store.router.query_in_order(DURING, slot, pipe);
    let (user, failures) = match separate {
        Some(separate) => join(read, separate.map(Some)).await,
        None => (read.await, None),
    };
    let mut user: Vec<Value> = user?;
    let stored = user.split_off(user.len().min(reads_of_user));
    let stored: Vec<OptionalBytes> = decode_answer(DURING, Value::Array(stored))?;
    let mut stored = stored.into_iter().map(|record| decode_or_default(&record.unwrap_or_default()));
    let user_failures = stored.next().unwrap_or_default();
    let network_failures = failures.unwrap_or_else(|| Ok(stored.next().unwrap_or_default()));
    Ok((StoredUser::decode(user)?, user_failures, network_failures))
}

/// Appends the reads of [`UserReply`].
fn append_user_reads(pipe: &mut Pipeline, owner: &Owner, handle: UserHandle) {
    let (generations, tenant) = (keys::generations(handle.bucket()), keys::tenant_field(&owner.tenant));
    pipe.add_command(read_command("HMGET", &[&generations, b"n", keys::EVERYONE.as_bytes(), tenant.as_bytes()]));
    for hash in [keys::profile(handle), keys::sessions(handle), keys::clocks(handle)] {
        pipe.add_command(read_command("HGETALL", &[&hash]));
    }
}

/// Creates a command with room for its arguments from the start.
fn read_command(name: &str, arguments: &[&[u8]]) -> Cmd {
    let size = arguments.iter().map(|argument| argument.len()).sum::<usize>() + name.len();
    let mut command = Cmd::with_capacity(arguments.len() + 1, size);
    command.arg(name).arg(arguments);
    command
}

/// The stored data of a user.
struct StoredUser {
    latest: Option<Generation>,
    mass_revocations: [OptionalBytes; 2],
    profile: Hash,
    sessions: Records,
    heads: Vec<SessionHead>,
}

impl StoredUser {
    fn decode(answers: Vec<Value>) -> Result<Self, StoreError> {
        let ((latest, everyone, tenant), profile, sessions, clocks): UserReply =
            decode_answer(DURING, Value::Array(answers))?;
        Ok(Self { latest, mass_revocations: [everyone, tenant], profile, sessions, heads: decode_heads(&clocks)? })
    }

    /// Returns whether a session is of a later generation than the latest one.
    fn has_later_generation(&self) -> bool {
        self.heads.iter().any(|head| head.generation > self.latest.unwrap_or_default())
    }

    fn into_state(self, owner: &Owner, handle: UserHandle, now: UnixMillis) -> Result<UserState, StoreError> {
        let newest = self.heads.iter().map(|head| head.generation).max();
        check_generations(handle.bucket(), newest, self.latest)?;
        if self.sessions.get(OWNER).is_some_and(|stored| *stored != owner.to_bytes()) {
            return Err(StoreError::HandleCollision);
        }
        let mass = latest_revocation(&self.mass_revocations)?;
        let live = PartitionedSessions::new(handle, self.heads, &[], mass.as_ref(), now).live;
        parse_profile(&self.profile, decode_sessions(owner, handle, live, &self.sessions))
    }
}

fn find<'a>(hash: &'a Hash, field: &[u8]) -> Option<&'a Vec<u8>> {
    hash.iter().find(|(name, _)| name == field).map(|(_, value)| value)
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
fn decode_heads(clocks: &Hash) -> Result<Vec<SessionHead>, StoreError> {
    let heads = clocks.iter().map(|(unique, clock)| {
        let (clock, generation) = record::decode_clock(clock)?;
        let unique = unique_id(unique).ok_or_else(|| StoreError::corrupt(DURING, "invalid ID of a session"))?;
        Ok(SessionHead { unique, clock, generation, touched: false })
    });
    heads.collect()
}

/// Decodes the active sessions; most recently active first. One that cannot be decoded is logged and left out, and one
/// that was created or ended between the reads is left out.
fn decode_sessions(owner: &Owner, handle: UserHandle, live: Vec<SessionHead>, sessions: &Records) -> Vec<Session> {
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
    let version = match find(profile, VERSION) {
        Some(version) => std::str::from_utf8(version).ok().and_then(|version| version.parse().ok()),
        None => Some(0),
    };
    let version = version.ok_or_else(|| corrupt("invalid version of a history"))?;
    let mut history = decode_history_or_default(find(profile, HISTORY).map(Vec::as_slice).unwrap_or_default());
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
