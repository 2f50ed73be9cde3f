use super::{
    RedisSessionStore,
    binding::{INSTALLATION, check_installation},
    hash_slot::HashSlot,
    keys,
    mass_cause::StoredCause,
    request::RedisRequest,
};
use crate::{
    domain::{Bucket, EndReason, Owner, SecretHash, Session, SessionId, TenantId, UnixMillis},
    store::{
        LoadOutcome, LoadedSession, StoreError, Tombstone,
        record::{Generation, decode, decode_clock},
    },
};

const DURING: &str = "reading a session";

pub(super) type OptionalBytes = Option<Vec<u8>>;

/// The latest generation ever raised and the installation, the latest and that of everyone, the record and its owner,
/// clock, tombstone.
type StoredSessionReply = (
    (Option<Generation>, Option<String>),
    (Option<Generation>, OptionalBytes),
    (OptionalBytes, OptionalBytes),
    OptionalBytes,
    OptionalBytes,
);

/// The store's `load`: five reads in one round trip. They are not one step, and need not be. How far generations were
/// raised comes before them, as they only grow. The generations come before the rest, so that of a bucket that is emptied
/// between two reads the record is missing, and not what says that it is over. The
/// record comes before what is remembered of its end, so that an end is not missed. So they must be made in this order also
/// while the bucket is on its way to another server.
///
/// A second round trip is needed only where a tenant of the bucket was revoked as a whole since the session
/// was made, to tell whether it was this session's tenant, and where the session was made since the generations were read.
/// One more reads the cause of the mass revocation that ended the session, which its scope's home bucket keeps.
pub(super) async fn load(store: &RedisSessionStore, id: SessionId) -> Result<LoadOutcome, StoreError> {
    let sessions = keys::sessions(id.handle);
    let bucket = id.handle.bucket();
    let mut pipe = redis::pipe();
    pipe.cmd("HMGET").arg(keys::meta(bucket)).arg(keys::LATEST_GENERATION).arg(INSTALLATION);
    pipe.cmd("HMGET").arg(keys::generations(bucket)).arg("n").arg("*");
    pipe.cmd("HMGET").arg(&sessions).arg(&id.unique[..]).arg("@");
    pipe.cmd("HGET").arg(keys::clocks(id.handle)).arg(&id.unique[..]);
    pipe.cmd("HGET").arg(keys::tombstones(id.handle)).arg(&id.unique[..]);
    let answer: StoredSessionReply = store.router.query_in_order(DURING, HashSlot::from_key(&sessions), pipe).await?;

    let ((ever_raised, installation), (latest, everyone), (record, owner), clock, tombstone) = answer;
    check_installation(DURING, installation.as_deref(), store.router.options.installation)?;
    check_generations(bucket, ever_raised, latest)?;
    let Some((session, generation)) = decode_session(id, record, owner, clock)? else {
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
        // Generations only grow: since the first round trip the bucket was emptied, and the session with it.
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

/// Fails where the generations of a bucket say less than was ever raised: they were lost, and with them the record of who
/// was signed out.
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
            "Redis has lost the record of mass revocations in bucket {bucket}, so nobody in it is accepted; set \
             maxmemory-policy noeviction, and sign everyone out with RevokeAll"
        ),
    ))
}

/// A session and the generation that it was made in, from what is stored of it; `None` where a part is missing.
pub(super) fn decode_session(
    id: SessionId,
    record: OptionalBytes,
    owner: OptionalBytes,
    clock: OptionalBytes,
) -> Result<Option<(Session, Generation)>, StoreError> {
    let (Some(record), Some(owner), Some(clock)) = (record, owner, clock) else { return Ok(None) };
    let (record, generation) = decode(&record)?;
    let (clock, _) = decode_clock(&clock)?;
    let owner = Owner::from_bytes(&owner).ok_or_else(|| StoreError::corrupt(DURING, "the owner is not one"))?;
    Ok(Some((Session { id, owner, record, clock }, generation)))
}

async fn load_tenant_generation(
    store: &RedisSessionStore,
    id: SessionId,
    tenant: &TenantId,
) -> Result<(Option<Generation>, OptionalBytes), StoreError> {
    let generations = keys::generations(id.handle.bucket());
    store.router.query(DURING, RedisRequest::new("HMGET", &generations).arg("n").arg(keys::tenant_field(tenant))).await
}

/// generation 4 | at 6 | 0; an earlier release has the cause in the place of the zero byte.
fn decode_revocation(field: &str, bytes: &[u8]) -> Result<(Generation, UnixMillis, StoredCause), StoreError> {
    let (generation, rest) = split_generation(bytes)?;
    let (at, cause) = split_time(rest)?;
    let cause = match cause {
        [0] => StoredCause::ScopeReference(field.to_owned()),
        cause => StoredCause::decode(cause)?,
    };
    Ok((generation, at, cause))
}

/// The generation that a mass revocation raised its bucket to, and what else is stored of it.
pub(super) fn split_generation(bytes: &[u8]) -> Result<(Generation, &[u8]), StoreError> {
    let (generation, rest) =
        bytes.split_first_chunk::<4>().ok_or_else(|| StoreError::corrupt(DURING, "a generation is too short"))?;
    Ok((Generation::from_be_bytes(*generation), rest))
}

/// ended at 6 | reason 1 | secret hash 32 | length 2 | tenant | cause
async fn decode_tombstone(store: &RedisSessionStore, bytes: &[u8]) -> Result<Tombstone, StoreError> {
    let corrupt = || StoreError::corrupt(DURING, "a tombstone is not one");
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
    })
}

fn split_time(bytes: &[u8]) -> Result<(UnixMillis, &[u8]), StoreError> {
    let (time, rest) =
        bytes.split_first_chunk::<6>().ok_or_else(|| StoreError::corrupt(DURING, "a time is too short"))?;
    let millis = time.iter().fold(0, |millis, byte| millis << 8 | u64::from(*byte));
    Ok((UnixMillis::new(millis), rest))
}
