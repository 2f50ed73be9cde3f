//! Pages of a list, and the tokens that lead from one to the next.
//!
//! A token contains the position at which the last page ended, and the fingerprint of its query. It grants no access: a
//! caller who alters it sees another part of the data that it may see anyway.

use data_encoding::BASE64URL_NOPAD;
use prost::Message;
use sha2::{Digest, Sha256};

use crate::domain::{
    EventId, FieldViolation, SessionId, TenantId, UnixMillis,
    alert::AlertId,
    search::{AlertListPosition, EventPosition, PageRequest, RecordingPosition, SessionPosition},
};

/// The version of a token, which consists of: version (1 byte), list (1), query fingerprint (8), time (8), ID.
const VERSION: u8 = 1;
const DEFAULT_PAGE_SIZE: u32 = 50;
const MAX_PAGE_SIZE: u32 = 200;

/// A position in a list.
pub(super) trait PagePosition: Clone {
    /// Distinguishes the lists.
    const LIST_ID: u8;
    fn to_parts(self) -> (UnixMillis, Vec<u8>);
    fn from_parts(at: UnixMillis, id: &[u8]) -> Option<Self>;
}

impl PagePosition for SessionPosition {
    const LIST_ID: u8 = 1;

    fn to_parts(self) -> (UnixMillis, Vec<u8>) {
        (self.created_at, self.id.to_bytes().to_vec())
    }

    fn from_parts(created_at: UnixMillis, id: &[u8]) -> Option<Self> {
        Some(Self { created_at, id: SessionId::from_slice(id)? })
    }
}

impl PagePosition for EventPosition {
    const LIST_ID: u8 = 2;

    fn to_parts(self) -> (UnixMillis, Vec<u8>) {
        (self.at, self.id.0.to_vec())
    }

    fn from_parts(at: UnixMillis, id: &[u8]) -> Option<Self> {
        Some(Self { at, id: EventId(id.try_into().ok()?) })
    }
}

impl PagePosition for RecordingPosition {
    const LIST_ID: u8 = 3;

    fn to_parts(self) -> (UnixMillis, Vec<u8>) {
        (UnixMillis::default(), self.0.to_be_bytes().to_vec())
    }

    fn from_parts(at: UnixMillis, id: &[u8]) -> Option<Self> {
        let number = u64::from_be_bytes(id.try_into().ok()?);
        (at == UnixMillis::default()).then_some(Self(number))
    }
}

impl PagePosition for AlertListPosition {
    const LIST_ID: u8 = 4;

    fn to_parts(self) -> (UnixMillis, Vec<u8>) {
        (self.event_time, self.id.0.to_vec())
    }

    fn from_parts(event_time: UnixMillis, id: &[u8]) -> Option<Self> {
        Some(Self { event_time, id: AlertId(id.try_into().ok()?) })
    }
}

/// A tenant, in the order of names.
impl PagePosition for TenantId {
    const LIST_ID: u8 = 5;

    fn to_parts(self) -> (UnixMillis, Vec<u8>) {
        (UnixMillis::default(), self.as_str().as_bytes().to_vec())
    }

    fn from_parts(at: UnixMillis, id: &[u8]) -> Option<Self> {
        let name = std::str::from_utf8(id).ok().filter(|_| at == UnixMillis::default())?;
        Self::new(name).ok()
    }
}

/// The fingerprint of a list request, the same for all of its pages.
pub(super) struct QueryFingerprint([u8; 8]);

impl QueryFingerprint {
    /// Returns the fingerprint of a request from which page size and page token were taken.
    pub(super) fn from_request(request: &impl Message) -> Self {
        let digest = Sha256::digest(request.encode_to_vec());
        Self(std::array::from_fn(|n| digest[n]))
    }

    /// Returns the requested page.
    pub(super) fn page<P: PagePosition>(&self, size: u32, token: &str) -> Result<PageRequest<P>, FieldViolation> {
        let after = if token.is_empty() { None } else { Some(self.decode_position(token)?) };
        Ok(PageRequest { size: if size == 0 { DEFAULT_PAGE_SIZE } else { size.min(MAX_PAGE_SIZE) }, after })
    }

    /// Returns the token of the page after `last`, or an empty one at the end of the list.
    pub(super) fn token<P: PagePosition>(&self, last: Option<P>) -> String {
        let Some(last) = last else { return String::new() };
        let (at, id) = last.to_parts();
        let parts = [&[VERSION, P::LIST_ID][..], &self.0, &at.get().to_be_bytes(), &id];
        BASE64URL_NOPAD.encode(&parts.concat())
    }

    fn decode_position<P: PagePosition>(&self, token: &str) -> Result<P, FieldViolation> {
        let (fingerprint, position) = decode_token(token)
            .ok_or_else(|| violation("is not a page token of this list; pass next_page_token unchanged"))?;
        if fingerprint != self.0 {
            return Err(violation("belongs to a different filter; leave it empty to start again"));
        }
        Ok(position)
    }
}

fn violation(description: &'static str) -> FieldViolation {
    FieldViolation::new("page_token", description)
}

fn decode_token<P: PagePosition>(token: &str) -> Option<([u8; 8], P)> {
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
    let ([version, list], rest) = bytes.split_first_chunk()?;
    let (fingerprint, rest) = rest.split_first_chunk()?;
    let (at, id) = rest.split_first_chunk()?;
    let at = Some(u64::from_be_bytes(*at)).filter(|at| *at <= UnixMillis::MAX.get()).map(UnixMillis::new)?;
    let position = P::from_parts(at, id)?;
    (*version == VERSION && *list == P::LIST_ID).then_some((*fingerprint, position))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{api, domain::UserHandle};

    const SESSION: SessionPosition =
        SessionPosition { created_at: UnixMillis::MAX, id: SessionId { handle: UserHandle([7; 12]), unique: [9; 8] } };
    const EVENT: EventPosition = EventPosition { at: UnixMillis::new(5), id: EventId([3; 16]) };

    fn fingerprint(user_id: &str) -> QueryFingerprint {
        QueryFingerprint::from_request(&api::ListEventsRequest { user_id: user_id.to_owned(), ..Default::default() })
    }

    #[test]
    fn a_token_leads_to_where_it_was_made() {
        let ann = fingerprint("ann");
        let token = ann.token(Some(SESSION));
        assert_eq!(ann.page(0, &token), Ok(PageRequest { size: 50, after: Some(SESSION) }));
        assert!(token.len() <= 1024);
        let token = ann.token(Some(EVENT));
        assert_eq!(ann.page(201, &token), Ok(PageRequest { size: 200, after: Some(EVENT) }));
        let recorded = RecordingPosition(u64::MAX);
        assert_eq!(ann.page(0, &ann.token(Some(recorded))), Ok(PageRequest { size: 50, after: Some(recorded) }));
        assert_eq!(ann.page::<EventPosition>(7, ""), Ok(PageRequest { size: 7, after: None }));
        assert_eq!(ann.token::<EventPosition>(None), "");
    }

    /// Consumers keep tokens, also across an upgrade.
    #[test]
    fn tokens_keep_their_form() {
        let ann = fingerprint("ann");
        let golden = include_str!("../../../../tests/stored_forms/golden/page_tokens.txt");
        let recorded = RecordingPosition(7);
        let tokens = [ann.token(Some(SESSION)), ann.token(Some(EVENT)), ann.token(Some(recorded))];
        assert_eq!(golden.lines().collect::<Vec<_>>(), tokens);
    }

    #[test]
    fn a_token_of_anything_else_is_refused() {
        let ann = fingerprint("ann");
        let (session, event) = (ann.token(Some(SESSION)), ann.token(Some(EVENT)));
        let beyond = [&[VERSION, 1][..], &ann.0, &[0xff; 8], &[0; 20]].concat();
        let long = "A".repeat(60_000);
        for wrong in
            [&event, "nonsense", &session[1..], &format!("{session}AAAA"), &BASE64URL_NOPAD.encode(&beyond), &long]
        {
            let violation = ann.page::<SessionPosition>(0, wrong).expect_err(wrong);
            assert_eq!(violation.field, "page_token");
        }
        let of_bob = fingerprint("bob").page::<SessionPosition>(0, &session).expect_err("another query");
        assert!(of_bob.description.starts_with("belongs to a different filter"), "{}", of_bob.description);
    }

    /// Requires that a token of `list` leads to where it was made, and that any other text is refused or is the token of
    /// the position that it leads to.
    fn check_tokens<P>(position: P, at: usize, character: char) -> Result<(), TestCaseError>
    where
        P: PagePosition + Clone + PartialEq + std::fmt::Debug,
    {
        let ann = fingerprint("ann");
        let token = ann.token(Some(position.clone()));
        prop_assert_eq!(ann.page(0, &token), Ok(PageRequest { size: 50, after: Some(position) }));
        let changed: String =
            token.chars().enumerate().map(|(index, kept)| if index == at { character } else { kept }).collect();
        if let Ok(PageRequest { after, .. }) = ann.page::<P>(0, &changed) {
            prop_assert_eq!(ann.token(after), changed);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn a_token_is_that_of_one_position(
            time in 0..=UnixMillis::MAX.get(), session: [u8; SessionId::BYTES], event: [u8; 16], recorded: u64,
            at in 0..60_usize, character in "[A-Za-z0-9_-]|\\PC",
        ) {
            let (time, character) = (UnixMillis::new(time), character.chars().next().expect("a character"));
            let id = SessionId::from_slice(&session).expect("the right length");
            check_tokens(SessionPosition { created_at: time, id }, at, character)?;
            check_tokens(EventPosition { at: time, id: EventId(event) }, at, character)?;
            check_tokens(RecordingPosition(recorded), at, character)?;
        }

        #[test]
        fn a_text_that_is_no_token_is_refused(text in "\\PC{1,80}|AQ[A-Za-z0-9_-]{20,60}") {
            let violation = fingerprint("ann").page::<SessionPosition>(0, &text).expect_err("no token");
            prop_assert_eq!(violation.field, "page_token");
        }
    }
}
