//! Values for the logs of Envoy, encoded as a `google.protobuf.Struct`.

use super::super::wire::{begin_field, double_key, field_len, length_delimited_key, put_field};
use crate::{authority::VerdictSource, domain::UnixMillis, transport::gateway::source_name};

/// The field of a `Struct`, and those of its entries and of their values.
const FIELDS: u8 = length_delimited_key(1);
const NAME: u8 = length_delimited_key(1);
const VALUE: u8 = length_delimited_key(2);
const NUMBER: u8 = double_key(2);
const TEXT: u8 = length_delimited_key(3);

/// Room for the usual values.
const BYTES: usize = 256;

pub(super) struct LogMetadata(Vec<u8>);

impl LogMetadata {
    /// Returns the values about a verdict.
    pub(super) fn new(verdict: Option<(VerdictSource, UnixMillis)>) -> Self {
        let mut metadata = Self(Vec::with_capacity(BYTES));
        if let Some((source, as_of)) = verdict {
            metadata.add("source", source_name(source));
            metadata.add_number("as_of_ms", as_of.get());
        }
        metadata
    }

    pub(super) fn add(&mut self, name: &str, text: &str) {
        self.begin_entry(name, field_len(text.len()));
        put_field(TEXT, text.as_bytes(), &mut self.0);
    }

    fn add_number(&mut self, name: &str, number: u64) {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era are exact")]
        let number = (number as f64).to_le_bytes();
        self.begin_entry(name, 1 + number.len());
        self.0.push(NUMBER);
        self.0.extend_from_slice(&number);
    }

    /// Begins an entry, whose value is a message of `value_len` bytes.
    fn begin_entry(&mut self, name: &str, value_len: usize) {
        begin_field(FIELDS, field_len(name.len()) + field_len(value_len), &mut self.0);
        put_field(NAME, name.as_bytes(), &mut self.0);
        begin_field(VALUE, value_len, &mut self.0);
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
