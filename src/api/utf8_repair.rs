//! Repair of text from browsers that is not UTF-8.
//!
//! Protocol Buffers refuses a whole message for one `string` that is not UTF-8. A browser can send any bytes in a
//! cookie or header, so in the fields listed here such bytes are replaced instead.

use std::{collections::HashMap, sync::LazyLock};

use prost::{Message, decode_length_delimiter};
use prost_types::{FileDescriptorSet, field_descriptor_proto::Type};

use super::DESCRIPTORS;

/// The fields whose text is repaired, each with its message.
const LENIENT_FIELDS: [&str; 9] = [
    "ValidateRequest.token",
    "RotateRequest.token",
    "RevokeRequest.token",
    "RevokeRequest.device_id",
    "RevokeAllRequest.except_token",
    "ClientContext.user_agent",
    "ClientContext.accept_language",
    "ClientContext.accept_encoding",
    "ClientContext.device_id",
];

const PACKAGE: &str = "session.v1";

/// The maximum nesting of messages that is searched: more than any request has.
const MAX_DEPTH: usize = 8;

/// The replacement of each byte that belongs to no character. It is one byte, so that no length changes.
const REPLACEMENT: u8 = b'?';

/// The content of a message field.
enum FieldContent {
    Text,
    Message(String),
}

/// The relevant fields of each message of the contract, by number.
static FIELD_CONTENTS: LazyLock<HashMap<String, HashMap<usize, FieldContent>>> = LazyLock::new(|| {
    let files = FileDescriptorSet::decode(DESCRIPTORS).unwrap_or_default().file;
    let messages = files.into_iter().filter(|file| file.package() == PACKAGE).flat_map(|file| file.message_type);
    let contents = messages.map(|message| {
        let name = message.name().to_owned();
        let fields = message.field.iter().filter_map(|field| {
            let content = match field.r#type() {
                Type::String if LENIENT_FIELDS.contains(&&*format!("{name}.{}", field.name())) => FieldContent::Text,
                Type::Message => FieldContent::Message(local_name(field.type_name())?.to_owned()),
                _ => return None,
            };
            Some((usize::try_from(field.number()).ok()?, content))
        });
        let fields = fields.collect();
        (name, fields)
    });
    contents.collect()
});

/// Returns the name of a message of the contract within its package.
fn local_name(name: &str) -> Option<&str> {
    name.trim_start_matches('.').strip_prefix(PACKAGE)?.strip_prefix('.')
}

/// Replaces invalid UTF-8 in [`LENIENT_FIELDS`] of an encoded message of type `full_name`. If the bytes are not such a
/// message, they stay as they are from the first error on.
pub(super) fn replace_invalid_utf8(full_name: &str, encoded: &mut [u8]) {
    if let Some(name) = local_name(full_name) {
        let _ = replace_in_message(name, encoded, MAX_DEPTH);
    }
}

/// Repairs a message and the messages in it. Returns `None` if the bytes are not an encoded message.
fn replace_in_message(name: &str, mut encoded: &mut [u8], depth: usize) -> Option<()> {
    let contents = FIELD_CONTENTS.get(name)?;
    while !encoded.is_empty() {
        let key = take_varint(&mut encoded)?;
        // Wire types (https://protobuf.dev/programming-guides/encoding/#structure).
        let length = match key & 7 {
            0 => {
                take_varint(&mut encoded)?;
                continue;
            }
            1 => 8,
            2 => take_varint(&mut encoded)?,
            5 => 4,
            _ => return None,
        };
        let (value, rest) = std::mem::take(&mut encoded).split_at_mut_checked(length)?;
        encoded = rest;
        match contents.get(&(key >> 3)) {
            Some(FieldContent::Text) if key & 7 == 2 => replace_in_text(value),
            Some(FieldContent::Message(name)) if key & 7 == 2 && depth > 0 => {
                replace_in_message(name, value, depth - 1)?
            }
            _ => {}
        }
    }
    Some(())
}

fn take_varint(encoded: &mut &mut [u8]) -> Option<usize> {
    let mut rest = &**encoded;
    let number = decode_length_delimiter(&mut rest).ok()?;
    let taken = encoded.len() - rest.len();
    *encoded = std::mem::take(encoded).split_at_mut(taken).1;
    Some(number)
}

fn replace_in_text(text: &mut [u8]) {
    let mut at = 0;
    while let Err(error) = std::str::from_utf8(&text[at..]) {
        let begin = at + error.valid_up_to();
        let end = error.error_len().map_or(text.len(), |length| begin + length);
        text[begin..end].fill(REPLACEMENT);
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_that_is_listed_exists() {
        let mut found: Vec<_> = LENIENT_FIELDS.to_vec();
        for (message, fields) in &*FIELD_CONTENTS {
            let texts = fields.values().filter(|content| matches!(content, FieldContent::Text)).count();
            let listed = |field: &&&str| field.strip_prefix(message).is_some_and(|rest| rest.starts_with('.'));
            assert_eq!(texts, LENIENT_FIELDS.iter().filter(listed).count(), "{message}");
            found.retain(|field| !listed(&field));
        }
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn bytes_of_no_character_are_replaced_one_by_one() {
        for (text, expected) in [
            (&b"plain"[..], &b"plain"[..]),
            (b"", b""),
            (b"\xff", b"?"),
            (b"a\xc3(b", b"a?(b"),
            (b"\xe2\x82 and \xe2\x82", b"?? and ??"),
            ("gr\u{fc}n".as_bytes(), "gr\u{fc}n".as_bytes()),
        ] {
            let mut replaced = text.to_vec();
            replace_in_text(&mut replaced);
            assert_eq!(replaced, expected);
        }
    }

    #[test]
    fn no_bytes_are_too_odd_to_be_looked_at() {
        for message in ["session.v1.ValidateStreamRequest", "session.v1.CreateRequest", "other.Message", ""] {
            for first in 0..=u8::MAX {
                for length in 0..20 {
                    let mut odd = vec![first; length];
                    replace_invalid_utf8(message, &mut odd);
                    assert_eq!(odd.len(), length);
                }
            }
        }
    }
}
