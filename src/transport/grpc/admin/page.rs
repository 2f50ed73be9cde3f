//! Pages, and the tokens that lead from one to the next.
//!
//! A token says where the last page ended, and of which question it was. It opens nothing: whoever changes it sees
//! another part of what they may see anyway.

use data_encoding::BASE64URL_NOPAD;
use prost::Message;
use sha2::{Digest, Sha256};

use crate::domain::{
    EventId, SessionId, UnixMillis, Violation,
    search::{EventPosition, Page, RecordingPosition, SessionPosition},
};

/// version 1 | list 1 | question 8 | time 8 | id
const VERSION: u8 = 1;
const ENTRIES: u32 = 50;
const MOST_ENTRIES: u32 = 200;

/// A place in a list.
pub(super) trait Position: Copy {
    /// Tells the lists apart.
    const LIST: u8;
    fn parts(self) -> (UnixMillis, Vec<u8>);
    fn of_parts(at: UnixMillis, id: &[u8]) -> Option<Self>;
}

impl Position for SessionPosition {
    const LIST: u8 = 1;

    fn parts(self) -> (UnixMillis, Vec<u8>) {
        (self.created_at, self.id.to_bytes().to_vec())
    }

    fn of_parts(created_at: UnixMillis, id: &[u8]) -> Option<Self> {
        Some(Self { created_at, id: SessionId::from_slice(id)? })
    }
}

impl Position for EventPosition {
    const LIST: u8 = 2;

    fn parts(self) -> (UnixMillis, Vec<u8>) {
        (self.at, self.id.0.to_vec())
    }

    fn of_parts(at: UnixMillis, id: &[u8]) -> Option<Self> {
        Some(Self { at, id: EventId(id.try_into().ok()?) })
    }
}

impl Position for RecordingPosition {
    const LIST: u8 = 3;

    fn parts(self) -> (UnixMillis, Vec<u8>) {
        (UnixMillis::default(), self.0.to_be_bytes().to_vec())
    }

    fn of_parts(_: UnixMillis, id: &[u8]) -> Option<Self> {
        Some(Self(u64::from_be_bytes(id.try_into().ok()?)))
    }
}

/// What a list is asked for, whichever page of it.
pub(super) struct Question([u8; 8]);

impl Question {
    /// That of a request from which size and token of the page were taken.
    pub(super) fn of(request: &impl Message) -> Self {
        let digest = Sha256::digest(request.encode_to_vec());
        Self(std::array::from_fn(|n| digest[n]))
    }

    /// The page that is asked for.
    pub(super) fn page<P: Position>(&self, size: u32, token: &str) -> Result<Page<P>, Violation> {
        let after = if token.is_empty() { None } else { Some(self.position(token)?) };
        Ok(Page { size: if size == 0 { ENTRIES } else { size.min(MOST_ENTRIES) }, after })
    }

    /// The token of the page after `last`; empty where there is none.
    pub(super) fn token<P: Position>(&self, last: Option<P>) -> String {
        let Some(last) = last else { return String::new() };
        let (at, id) = last.parts();
        let parts = [&[VERSION, P::LIST][..], &self.0, &at.get().to_be_bytes(), &id];
        BASE64URL_NOPAD.encode(&parts.concat())
    }

    fn position<P: Position>(&self, token: &str) -> Result<P, Violation> {
        let (question, position) =
            read(token).ok_or_else(|| violation("is none of this list; take next_page_token as it was received"))?;
        if question != self.0 {
            return Err(violation("belongs to another filter; leave it empty to begin anew"));
        }
        Ok(position)
    }
}

fn violation(description: &'static str) -> Violation {
    Violation::new("page_token", description)
}

fn read<P: Position>(token: &str) -> Option<([u8; 8], P)> {
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
    let ([version, list], rest) = bytes.split_first_chunk()?;
    let (question, rest) = rest.split_first_chunk()?;
    let (at, id) = rest.split_first_chunk()?;
    let at = Some(u64::from_be_bytes(*at)).filter(|at| *at <= UnixMillis::MAX.get()).map(UnixMillis::new)?;
    let position = P::of_parts(at, id)?;
    (*version == VERSION && *list == P::LIST).then_some((*question, position))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{api, domain::UserHandle};

    const SESSION: SessionPosition =
        SessionPosition { created_at: UnixMillis::MAX, id: SessionId { handle: UserHandle([7; 12]), unique: [9; 8] } };
    const EVENT: EventPosition = EventPosition { at: UnixMillis::new(5), id: EventId([3; 16]) };

    fn question(user_id: &str) -> Question {
        Question::of(&api::ListEventsRequest { user_id: user_id.to_owned(), ..Default::default() })
    }

    #[test]
    fn a_token_leads_to_where_it_was_made() {
        let ann = question("ann");
        let token = ann.token(Some(SESSION));
        assert_eq!(ann.page(0, &token), Ok(Page { size: 50, after: Some(SESSION) }));
        assert!(token.len() <= 1024);
        let token = ann.token(Some(EVENT));
        assert_eq!(ann.page(201, &token), Ok(Page { size: 200, after: Some(EVENT) }));
        let recorded = RecordingPosition(u64::MAX);
        assert_eq!(ann.page(0, &ann.token(Some(recorded))), Ok(Page { size: 50, after: Some(recorded) }));
        assert_eq!(ann.page::<EventPosition>(7, ""), Ok(Page { size: 7, after: None }));
        assert_eq!(ann.token::<EventPosition>(None), "");
    }

    #[test]
    fn a_token_of_anything_else_is_refused() {
        let ann = question("ann");
        let (session, event) = (ann.token(Some(SESSION)), ann.token(Some(EVENT)));
        let beyond = [&[VERSION, 1][..], &ann.0, &[0xff; 8], &[0; 20]].concat();
        let long = "A".repeat(60_000);
        for wrong in
            [&event, "nonsense", &session[1..], &format!("{session}AAAA"), &BASE64URL_NOPAD.encode(&beyond), &long]
        {
            let violation = ann.page::<SessionPosition>(0, wrong).expect_err(wrong);
            assert_eq!(violation.field, "page_token");
        }
        let of_bob = question("bob").page::<SessionPosition>(0, &session).expect_err("another question");
        assert!(of_bob.description.starts_with("belongs to another filter"), "{}", of_bob.description);
    }
}
