//! Entries of the streams of findings and alerts.

use redis::Value;

use crate::store::{FindingEntry, StoreError, StreamedAlert};

/// Parses a published alert: its position, the previous position and the stored alert, separated by spaces.
pub(super) fn parse_published(message: &[u8]) -> Result<StreamedAlert, StoreError> {
    let mut parts = message.splitn(3, |byte| *byte == b' ');
    let mut part = || parts.next().unwrap_or_default();
    let (position, previous, alert) = (part(), part(), part());
    parse_streamed(&String::from_utf8_lossy(position), &String::from_utf8_lossy(previous), alert.to_vec())
}

pub(super) fn parse_streamed(position: &str, previous: &str, alert: Vec<u8>) -> Result<StreamedAlert, StoreError> {
    Ok(StreamedAlert::from_record(position.parse()?, previous.parse()?, alert))
}

pub(super) type StreamFields = std::collections::HashMap<String, Value>;

pub(super) fn parse_finding(fields: &mut StreamFields) -> FindingEntry {
    let number = |bytes: Vec<u8>| std::str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok());
    FindingEntry {
        alert: take_bytes(fields, "a"),
        count: number(take_bytes(fields, "n")).unwrap_or(1),
        evicted: number(take_bytes(fields, "x")).unwrap_or_default(),
        evicted_record: take_bytes(fields, "r"),
    }
}

pub(super) fn take_text(fields: &mut StreamFields, name: &str) -> String {
    String::from_utf8_lossy(&take_bytes(fields, name)).into_owned()
}

pub(super) fn take_bytes(fields: &mut StreamFields, name: &str) -> Vec<u8> {
    match fields.remove(name) {
        Some(Value::BulkString(bytes)) => bytes,
        _ => Vec::new(),
    }
}
