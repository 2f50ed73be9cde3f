//! Invalidation pushes of a server.

use redis::Value;

use crate::{
    domain::{Bucket, UserHandle},
    near_cache::source::Invalidation,
};

/// The subject of an `invalidate` push.
#[derive(Debug, PartialEq)]
pub(super) enum InvalidationPush<'a> {
    /// These keys.
    Keys(Vec<&'a [u8]>),
    /// Every key, or unknown ones.
    Everything,
}

impl<'a> InvalidationPush<'a> {
    /// Parses a list of keys, or nil for a flush. Any other data means everything: to drop cached data is never wrong.
    pub(super) fn parse(data: &'a [Value]) -> Self {
        let [Value::Array(keys)] = data else { return Self::Everything };
        let key = |key: &'a Value| match key {
            Value::BulkString(key) => Some(key.as_slice()),
            Value::SimpleString(key) => Some(key.as_bytes()),
            _ => None,
        };
        keys.iter().map(key).collect::<Option<_>>().map_or(Self::Everything, Self::Keys)
    }
}

/// Returns the invalidation of the cache for a change of `key`; `None` if the cache does not depend on it.
pub(super) fn change_for_key(key: &[u8]) -> Option<Invalidation> {
    let (bucket, name) = key.strip_prefix(b"sa1:{")?.split_first_chunk::<2>()?;
    let bucket = Bucket(u8::from_str_radix(std::str::from_utf8(bucket).ok()?, 16).ok()?);
    match name.strip_prefix(b"}:")? {
        b"g" => Some(Invalidation::Generations(bucket)),
        b"d" => Some(Invalidation::Denylist(bucket)),
        name => Some(Invalidation::User(UserHandle(name.strip_prefix(b"u:")?.try_into().ok()?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::redis::keys;

    fn bulk(text: &[u8]) -> Value {
        Value::BulkString(text.to_vec())
    }

    #[test]
    fn keys_of_records_generations_and_denylists_are_changes_and_no_others() {
        let handle = UserHandle([0xab, b'}', b':', b'g', 0, b'\n', 6, 7, 8, 9, 10, 11]);
        assert_eq!(change_for_key(&keys::sessions(handle)), Some(Invalidation::User(handle)));
        assert_eq!(change_for_key(&keys::generations(Bucket(9))), Some(Invalidation::Generations(Bucket(9))));
        assert_eq!(change_for_key(&keys::denylist(Bucket(9))), Some(Invalidation::Denylist(Bucket(9))));
        for other in [keys::clocks(handle), keys::meta(Bucket(9)), keys::outbox(Bucket(9)), keys::alerts()] {
            assert_eq!(change_for_key(&other), None, "{}", other.escape_ascii());
        }
        for other in
            [&b""[..], b"sa1:{", b"sa1:{0", b"sa1:{zz}:g", b"sa1:{00}:u:short", b"sa1:{00}:gg", b"sa1:{00}:due"]
        {
            assert_eq!(change_for_key(other), None, "{}", other.escape_ascii());
        }
    }

    #[test]
    fn a_push_names_any_number_of_keys_or_means_everything() {
        let keys = [Value::Array(vec![bulk(b"a"), bulk(b"b")])];
        assert_eq!(InvalidationPush::parse(&keys), InvalidationPush::Keys(vec![b"a", b"b"]));
        let strange = [Value::Array(vec![bulk(b"a"), Value::Int(1)])];
        for flush in [&[Value::Nil][..], &[], &strange] {
            assert_eq!(InvalidationPush::parse(flush), InvalidationPush::Everything);
        }
    }
}
