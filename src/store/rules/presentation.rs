//! The effect of a presented token on its session.

use crate::{
    domain::{PresentedToken, Record, Rotation, TokenStanding, UnixMillis},
    store::TokenRotation,
};

/// The effect of presenting a token.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::store) enum PresentationEffect {
    /// The token is the current one, and known to be in use.
    Current,
    /// The token is the current one, and it is noted in this record that it is in use.
    NoteUse(Box<Record>),
    /// The token has been rotated, in this record.
    Rotate(Box<Record>),
    /// The token was rotated to the same successor before.
    RepeatRotation,
    Accept,
    Supersede,
    /// The session ends, because the token was rotated out.
    End,
    Unknown,
}

/// Returns the effect of presenting `token`, and of rotating it if `rotation` is given.
pub(in crate::store) fn presentation_effect(
    record: &Record,
    token: PresentedToken,
    rotation: Option<&TokenRotation>,
    now: UnixMillis,
) -> PresentationEffect {
    let repeats = |before: &Rotation| {
        before.may_repeat(now) && rotation.is_some_and(|rotation| rotation.successor == record.secret)
    };
    match (record.standing(token, now), &record.rotation, rotation) {
        (TokenStanding::Current, before, Some(rotation)) => PresentationEffect::Rotate(Box::new(Record {
            revision: record.revision.saturating_add(1),
            secret: rotation.successor,
            rotation: Some(Rotation::after(before.as_ref(), record.secret, now, &rotation.rules)),
            ..record.clone()
        })),
        (TokenStanding::Current, Some(unused), None) if !unused.is_presented => {
            let used = Rotation { is_presented: true, ..unused.clone() };
            PresentationEffect::NoteUse(Box::new(Record { rotation: Some(used), ..record.clone() }))
        }
        (TokenStanding::Current, _, None) => PresentationEffect::Current,
        (TokenStanding::Accepted | TokenStanding::Superseded, Some(before), Some(_)) if repeats(before) => {
            PresentationEffect::RepeatRotation
        }
        (TokenStanding::Accepted, _, None) => PresentationEffect::Accept,
        (TokenStanding::Accepted | TokenStanding::Superseded, ..) => PresentationEffect::Supersede,
        (TokenStanding::Reused, ..) => PresentationEffect::End,
        (TokenStanding::Unknown, ..) => PresentationEffect::Unknown,
    }
}
