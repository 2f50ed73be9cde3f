//! Invalidation pushes of a server.

use redis::Value;

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

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &[u8]) -> Value {
        Value::BulkString(text.to_vec())
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
