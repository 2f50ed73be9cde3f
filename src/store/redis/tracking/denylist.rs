//! The denylist of one bucket, read on a tracking connection.

use super::{
    super::{
        RedisSessionStore,
        binding::{INSTALLATION, check_installation},
        keys,
    },
    read::{decode_answers, not_tracked, open_reader},
};
use crate::{
    domain::{Bucket, JwtIdDigest, UnixMillis},
    near_cache::source::{BucketDenylist, Lease},
    store::StoreError,
};

const DURING: &str = "reading the denylist for the cache";

/// The installation and the time at which the last denial ends; each digest with the time at which its denial ends.
type DenylistReply = ((Option<String>, Option<u64>), Vec<(Vec<u8>, u64)>);

/// Implements [`crate::near_cache::source::InvalidationSource::read_denylist`]. A key that does not exist is tracked as
/// well, so the first denial of the bucket causes an invalidation. A key that is missing although a denial has not ended
/// was lost.
pub(super) async fn read(
    store: &RedisSessionStore,
    lease: &Lease,
    bucket: Bucket,
) -> Result<BucketDenylist, StoreError> {
    let reader = open_reader(store, lease, bucket)?;
    let mut pipe = redis::pipe();
    pipe.cmd("HMGET").arg(keys::meta(bucket)).arg(INSTALLATION).arg(keys::DENIED_UNTIL);
    pipe.cmd("ZRANGE").arg(keys::denylist(bucket)).arg(0).arg(-1).arg("WITHSCORES");
    let ((installation, denied_until), denials): DenylistReply = decode_answers(reader.read(bucket, pipe).await?)?;
    check_installation(DURING, installation.as_deref(), store.installation)?;
    if !reader.is_tracked(bucket) {
        return Err(not_tracked());
    }
    if denials.is_empty() && denied_until.is_some_and(|until| UnixMillis::new(until) > store.tracking.clock.now()) {
        return Err(StoreError::corrupt(DURING, format!("Redis has lost the denied JWTs of bucket {bucket}")));
    }
    let denial = |(digest, ends_at): (Vec<u8>, u64)| {
        let digest = digest.try_into().map_err(|_| StoreError::corrupt(DURING, "a digest is not 16 bytes long"))?;
        Ok((JwtIdDigest(digest), UnixMillis::new(ends_at)))
    };
    Ok(BucketDenylist::new(denials.into_iter().map(denial).collect::<Result<_, StoreError>>()?))
}
