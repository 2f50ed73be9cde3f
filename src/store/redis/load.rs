use redis_cluster::{HashSlot, RedisRequest};

use super::{
    RedisSessionStore,
    binding::{INSTALLATION, check_installation},
    keys,
    mass_cause::StoredCause,
};
use crate::{
    domain::{Bucket, EndReason, Owner, SecretHash, Session, SessionId, TenantId, UnixMillis},
    store::{
        LoadOutcome, LoadedSession, StoreError, Tombstone,
        record::{Generation, decode, decode_clock, decode_former_client, decode_last_seen},
    },
};

const DURING: &str = "reading a session";

pub(super) type OptionalBytes = Option<Vec<u8>>;

/// The latest generation ever raised and the installation; the latest generation and that of everyone; the record and
/// its owner, and the client that was seen last; the clock; the tombstone.
type StoredSessionReply = (
    (Option<Generation>, Option<String>),
    (Option<Generation>, OptionalBytes),
    (OptionalBytes, OptionalBytes, OptionalBytes),
    OptionalBytes,
    OptionalBytes,
);

/// Implements the store's `load`: five reads in one round trip. They are not one atomic step and need not be, but their
/// order matters, also while the bucket moves to another server:
///
/// - The latest generation ever raised is read before the generations, as both only grow.
/// - The generations are read before the rest. If the bucket is emptied between two reads, the record is missing, and
///   not the generation by which it has ended.
/// - The record is read before the tombstone, so that an ending is not missed.
///
/// A second round trip is needed in two cases. If a tenant of the bucket was mass-revoked after the session was
/// created, it determines whether that was the session's tenant. If the session was created after the generations were
/// read, it reads them again. A further one reads the cause of the mass revocation that ended the session, from the
/// home bucket of its scope.
pub(super) async fn load(store: &RedisSessionStore, id: SessionId) -> Result<LoadOutcome, StoreError> {
    let sessions = keys::sessions(id.handle);
    let bucket = id.handle.bucket();
    let mut pipe = redis::pipe();
    pipe.cmd("HMGET").arg(keys::meta(bucket)).arg(keys::LATEST_GENERATION).arg(INSTALLATION);
    pipe.cmd("HMGET").arg(keys::generations(bucket)).arg("n").arg("*");
    pipe.cmd("HMGET").arg(&sessions).arg(&id.unique[..]).arg("@").arg(&keys::last_seen_field(id)[..]);
    pipe.cmd("HGET").arg(keys::clocks(id.handle)).arg(&id.unique[..]);
    pipe.cmd("HGET").arg(keys::tombstones(id.handle)).arg(&id.unique[..]);
    let answer: StoredSessionReply = store.router.query_in_order(DURING, HashSlot::from_key(&sessions), pipe).await?;

    let ((ever_raised, installation), (latest, everyone), (record, owner, last_seen), clock, tombstone) = answer;
    check_installation(DURING, installation.as_deref(), store.installation)?;
    check_generations(bucket, ever_raised, latest)?;
    let Some((session, generation)) = decode_session(id, record, owner, clock, last_seen)? else {
        let Some(bytes) = tombstone else { return Ok(LoadOutcome::NotFound) };
        return decode_tombstone(store, &bytes).await.map(LoadOutcome::Ended);
    };

    let mut mass_revoked = None;
    if latest.unwrap_or_default() < generation {
        let (again, _) = load_tenant_generation(store, id, &session.owner.tenant).await?;
        check_generations(bucket, Some(generation), again)?;
    }
    if latest.unwrap_or_default() > generation {
        let (again, tenant) = load_tenant_generation(store, id, &session.owner.tenant).await?;
        // Generations only grow, so the bucket was emptied after the first round trip, and the session with it.
        if again < latest {
            return Ok(LoadOutcome::NotFound);
        }
        let field = keys::tenant_field(&session.owner.tenant);
        let scopes = [(keys::EVERYONE, everyone), (field.as_str(), tenant)];
        let revocations = scopes.iter().filter_map(|(field, bytes)| Some(decode_revocation(field, bytes.as_ref()?)));
        let latest = revocations.collect::<Result<Vec<_>, _>>()?.into_iter().max_by_key(|(raised_to, ..)| *raised_to);
        if let Some((_, at, cause)) = latest.filter(|(raised_to, ..)| *raised_to > generation) {
            mass_revoked = Some((at, cause.resolve(store, at).await?));
        }
    }
    Ok(LoadOutcome::Found(Box::new(LoadedSession { session, mass_revoked })))
}

/// Fails if the generations of a bucket are below the latest one ever raised: they were lost, and the mass revocations
/// with them.
pub(super) fn check_generations(
    bucket: Bucket,
    ever_raised: Option<Generation>,
    latest: Option<Generation>,
) -> Result<(), StoreError> {
    if ever_raised.unwrap_or_default() <= latest.unwrap_or_default() {
        return Ok(());
    }
    Err(StoreError::corrupt(
        DURING,
        format!(
            "Redis has lost the mass revocations of bucket {bucket}; all its sessions are rejected. Set \
             maxmemory-policy noeviction and sign everyone out with RevokeAll"
        ),
    ))
}

/// Decodes a session and the generation in which it was created; `None` if a part is missing.
pub(super) fn decode_session(
    id: SessionId,
    record: OptionalBytes,
    owner: OptionalBytes,
    clock: OptionalBytes,
    last_seen: OptionalBytes,
) -> Result<Option<(Session, Generation)>, StoreError> {
    let (Some(record), Some(owner), Some(clock)) = (record, owner, clock) else { return Ok(None) };
    let (mut record, generation) = decode(&record)?;
    record.last_seen = decode_last_seen(&last_seen.unwrap_or_default());
    let (clock, _) = decode_clock(&clock)?;
    let owner = Owner::from_bytes(&owner).ok_or_else(|| StoreError::corrupt(DURING, "invalid owner"))?;
    Ok(Some((Session { id, owner, record, clock }, generation)))
}

async fn load_tenant_generation(
    store: &RedisSessionStore,
    id: SessionId,
    tenant: &TenantId,
) -> Result<(Option<Generation>, OptionalBytes), StoreError> {
    let generations = keys::generations(id.handle.bucket());
    let request = RedisRequest::new("HMGET", &generations).arg("n").arg(keys::tenant_field(tenant));
    Ok(store.router.query(DURING, request).await?)
}

/// Decodes generation 4 | at 6 | 0. An earlier release stored the cause instead of the zero byte.
fn decode_revocation(field: &str, bytes: &[u8]) -> Result<(Generation, UnixMillis, StoredCause), StoreError> {
    let (generation, rest) = split_generation(bytes)?;
    let (at, cause) = split_time(rest)?;
    let cause = match cause {
        [0] => StoredCause::ScopeReference(field.to_owned()),
        cause => StoredCause::decode(cause)?,
    };
    Ok((generation, at, cause))
}

/// Splits stored data into the generation to which a mass revocation raised its bucket and the rest.
pub(super) fn split_generation(bytes: &[u8]) -> Result<(Generation, &[u8]), StoreError> {
    let (generation, rest) =
        bytes.split_first_chunk::<4>().ok_or_else(|| StoreError::corrupt(DURING, "truncated generation"))?;
    Ok((Generation::from_be_bytes(*generation), rest))
}

/// Decodes ended at 6 | reason 1 | secret hash 32 | length 2 | tenant | cause | last client.
async fn decode_tombstone(store: &RedisSessionStore, bytes: &[u8]) -> Result<Tombstone, StoreError> {
    let corrupt = || StoreError::corrupt(DURING, "invalid tombstone");
    let (at, rest) = split_time(bytes)?;
    let (&code, rest) = rest.split_first().ok_or_else(corrupt)?;
    let (secret, rest) = rest.split_first_chunk::<32>().ok_or_else(corrupt)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(corrupt)?;
    let (tenant, cause) = rest.split_at_checked(u16::from_be_bytes(*length).into()).ok_or_else(corrupt)?;
    let tenant = std::str::from_utf8(tenant).ok().and_then(|tenant| TenantId::new(tenant).ok());
    Ok(Tombstone {
        tenant: tenant.ok_or_else(corrupt)?,
        reason: EndReason::from_code(code).ok_or_else(corrupt)?,
        at,
        secret: SecretHash(*secret),
        cause: StoredCause::decode(cause)?.resolve(store, at).await?,
        former_client: decode_former_client(cause).map(Box::new),
    })
}

pub(super) fn split_time(bytes: &[u8]) -> Result<(UnixMillis, &[u8]), StoreError> {
    let (time, rest) = bytes.split_first_chunk::<6>().ok_or_else(|| StoreError::corrupt(DURING, "truncated time"))?;
    let millis = time.iter().fold(0, |millis, byte| millis << 8 | u64::from(*byte));
    Ok((UnixMillis::new(millis), rest))
}
