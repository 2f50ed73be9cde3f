//! Parsing of script replies.

use redis::Value;

use crate::{
    domain::{EndReason, Owner, Record, Session, SessionClock, SessionEnding, SessionId, UnixMillis, UserHandle},
    store::{RevokedSessions, StoreError, record},
};

/// The parts of a reply, taken one after the other.
pub(super) struct ScriptReply {
    during: &'static str,
    parts: std::vec::IntoIter<Value>,
}

impl ScriptReply {
    pub(super) fn new(during: &'static str, parts: Vec<Value>) -> Self {
        Self { during, parts: parts.into_iter() }
    }

    pub(super) fn bytes(&mut self) -> Result<Vec<u8>, StoreError> {
        match self.parts.next() {
            Some(Value::BulkString(bytes)) => Ok(bytes),
            other => Err(self.unexpected("bytes", other.as_ref())),
        }
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let bytes = self.bytes()?;
        bytes.try_into().map_err(|_| StoreError::corrupt(self.during, format!("{N} bytes expected")))
    }

    pub(super) fn number(&mut self) -> Result<u64, StoreError> {
        match self.parts.next() {
            Some(Value::Int(number)) => Ok(u64::try_from(number).unwrap_or_default()),
            other => Err(self.unexpected("a number", other.as_ref())),
        }
    }

    pub(super) fn time(&mut self) -> Result<UnixMillis, StoreError> {
        self.number().map(UnixMillis::new)
    }

    pub(super) fn list(&mut self) -> Result<Vec<Self>, StoreError> {
        match self.parts.next() {
            Some(Value::Array(items)) => items
                .into_iter()
                .map(|item| match item {
                    Value::Array(parts) => Ok(Self::new(self.during, parts)),
                    other => Err(self.unexpected("a list", Some(&other))),
                })
                .collect(),
            other => Err(self.unexpected("a list of lists", other.as_ref())),
        }
    }

    /// Takes the outcome, with which the reply begins.
    pub(super) fn outcome(&mut self) -> Result<String, StoreError> {
        String::from_utf8(self.bytes()?)
            .map_err(|_| StoreError::corrupt(self.during, "the script outcome is not UTF-8"))
    }

    pub(super) fn unknown_outcome<T>(&self, outcome: &str) -> Result<T, StoreError> {
        Err(StoreError::corrupt(self.during, format!("unexpected script outcome {outcome:?}")))
    }

    /// Takes a session of `owner`: unique, record, clock.
    pub(super) fn session(&mut self, owner: &Owner, handle: UserHandle) -> Result<Session, StoreError> {
        let id = SessionId { handle, unique: self.array()? };
        let (record, clock) = self.record_and_clock()?;
        Ok(Session { id, owner: owner.clone(), record, clock })
    }

    /// Takes a session of `owner`, and the client that was seen last with it.
    pub(super) fn session_with_client(&mut self, owner: &Owner, handle: UserHandle) -> Result<Session, StoreError> {
        let mut session = self.session(owner, handle)?;
        session.record.last_seen = record::decode_last_seen(&self.bytes()?);
        Ok(session)
    }

    /// Takes a record and a clock.
    pub(super) fn record_and_clock(&mut self) -> Result<(Record, SessionClock), StoreError> {
        let (record, _) = record::decode(&self.bytes()?)?;
        let (clock, _) = record::decode_clock(&self.bytes()?)?;
        Ok((record, clock))
    }

    /// Takes an ending: unique, reason, time, record. The device name is optional: it is empty if the record is not
    /// readable.
    pub(super) fn ended(&mut self, handle: UserHandle) -> Result<SessionEnding, StoreError> {
        let session_id = SessionId { handle, unique: self.array()? };
        let code = self.number()?;
        let reason = u8::try_from(code)
            .ok()
            .and_then(EndReason::from_code)
            .ok_or_else(|| StoreError::corrupt(self.during, format!("unknown end reason {code}")))?;
        let at = self.time()?;
        let device_name = record::decode(&self.bytes()?).map(|(record, _)| record.device.name).unwrap_or_default();
        Ok(SessionEnding { session_id, reason, at, device_name })
    }

    /// Takes the sessions that a call ended: their uniques, one after the other.
    pub(super) fn revoked(&mut self, handle: UserHandle) -> Result<RevokedSessions, StoreError> {
        let uniques = self.bytes()?;
        let (uniques, _) = uniques.as_chunks::<{ SessionId::UNIQUE_BYTES }>();
        Ok(RevokedSessions {
            session_ids: uniques.iter().map(|unique| SessionId { handle, unique: *unique }).collect(),
        })
    }

    /// Returns the error for an unexpected part, without its contents, which may be personal data.
    fn unexpected(&self, wanted: &str, got: Option<&Value>) -> StoreError {
        let got = match got {
            None => "nothing",
            Some(Value::Nil) => "nil",
            Some(Value::Int(_)) => "a number",
            Some(Value::BulkString(_)) => "bytes",
            Some(Value::Array(_)) => "a list",
            Some(_) => "another type",
        };
        StoreError::corrupt(self.during, format!("{wanted} expected, {got} found"))
    }
}
