//! A validation whose verdict is known, as a single call or as one of many of a `ValidateStream`.

use prost::{Message, bytes::Bytes};
use session_authority::api::{
    Consistency, ValidateRequest, ValidateResponse, ValidateStreamRequest, validate_response::Outcome,
};

use super::connection::encode_frame;

/// A request, and the session that its response must contain.
#[derive(Clone)]
pub struct ValidationCheck {
    pub body: Bytes,
    session_id: String,
}

impl ValidationCheck {
    pub fn new(token: &str, session_id: &str, consistency: Consistency) -> Self {
        Self::from_request(&request(token, consistency), session_id)
    }

    /// Builds a request of a stream, under a tag.
    pub fn with_tag(tag: u64, token: &str, session_id: &str, consistency: Consistency) -> Self {
        Self::from_request(&ValidateStreamRequest { tag, request: Some(request(token, consistency)) }, session_id)
    }

    pub fn from_request(request: &impl Message, session_id: &str) -> Self {
        Self { body: encode_frame(request), session_id: session_id.to_owned() }
    }

    /// Checks that the verdict is the expected session. Reads the ID at its usual place, where an encoder that writes
    /// fields in order puts it, and decodes the whole response only if it is not there.
    pub fn verify(&self, answer: &Bytes) -> Result<(), String> {
        if leading_session_id(answer) == Some(self.session_id.as_bytes()) {
            return Ok(());
        }
        let decoded = ValidateResponse::decode(answer.clone()).map_err(|error| error.to_string())?;
        match decoded.outcome {
            Some(Outcome::Session(session)) if session.session_id == self.session_id => Ok(()),
            Some(Outcome::Session(session)) => {
                Err(format!("expected session {}, got {}", self.session_id, session.session_id))
            }
            other => Err(format!("expected session {}, got {other:?}", self.session_id)),
        }
    }
}

fn request(token: &str, consistency: Consistency) -> ValidateRequest {
    let mut request = ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() };
    request.set_consistency(consistency);
    request
}

/// Returns field 1 of field 1 of a message that starts with it.
fn leading_session_id(answer: &[u8]) -> Option<&[u8]> {
    const FIELD_ONE: u8 = 0x0A;
    let rest = answer.strip_prefix(&[FIELD_ONE])?;
    let length_bytes = rest.iter().position(|byte| byte & 0x80 == 0)? + 1;
    let rest = rest[length_bytes..].strip_prefix(&[FIELD_ONE])?;
    let (length, rest) = rest.split_first()?;
    rest.get(..usize::from(*length))
}
