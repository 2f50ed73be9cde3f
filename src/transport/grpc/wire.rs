//! Protobuf fields, written without building messages first.
//!
//! The key of a field is its number and its wire type. Those here are numbers below 16, so a key is one byte.

use prost::{bytes::BufMut, encode_length_delimiter, length_delimiter_len};

/// Returns the key of a text, bytes or a message.
pub(super) const fn length_delimited_key(field: u8) -> u8 {
    (field << 3) | 2
}

/// Returns the key of an enumeration, a boolean or an integer.
pub(super) const fn varint_key(field: u8) -> u8 {
    field << 3
}

/// Returns the key of a `double`.
pub(super) const fn double_key(field: u8) -> u8 {
    (field << 3) | 1
}

/// Returns the length of a length-delimited field whose value has `len` bytes.
pub(super) fn field_len(len: usize) -> usize {
    1 + length_delimiter_len(len) + len
}

/// Begins a field whose value has `len` bytes.
pub(super) fn begin_field(key: u8, len: usize, to: &mut impl BufMut) {
    to.put_u8(key);
    // Fails only for lack of space, and the buffer grows.
    let _ = encode_length_delimiter(len, to);
}

/// Writes a field.
pub(super) fn put_field(key: u8, value: &[u8], to: &mut impl BufMut) {
    begin_field(key, value.len(), to);
    to.put_slice(value);
}
