//! Session tokens: what callers present, and what this authority mints.

#![no_main]

use libfuzzer_sys::fuzz_target;
use session_authority::domain::{SessionId, SessionToken, TokenKey, TokenKeys, TokenSecret, UserHandle};

fuzz_target!(|data: &[u8]| {
    let Ok(keys) = TokenKeys::new(vec![TokenKey::new(1, &[1; 32]), TokenKey::new(2, &[2; 32])]) else { return };
    if let Ok(text) = std::str::from_utf8(data) {
        // Whatever is accepted is exactly what a key mints, so no token has two spellings.
        if let Ok(token) = keys.parse(text) {
            let minted = keys.by_id(token.key_id).map(|key| key.mint(token.session_id, &token.secret, token.number));
            assert!(minted.is_some_and(|minted| minted.as_str() == text));
        }
        if let Ok(id) = text.parse::<SessionId>() {
            assert_eq!(id.to_string(), text);
        }
    }
    let Some((fields, changes)) = data.split_at_checked(56) else { return };
    let (handle, rest) = fields.split_at(12);
    let (unique, rest) = rest.split_at(8);
    let (secret, number) = rest.split_at(32);
    let token = SessionToken {
        session_id: SessionId { handle: UserHandle(handle.try_into().unwrap()), unique: unique.try_into().unwrap() },
        secret: TokenSecret::new(secret.try_into().unwrap()),
        number: u32::from_be_bytes(number.try_into().unwrap()),
        key_id: 1,
    };
    let minted = keys.minting_key().mint(token.session_id, &token.secret, token.number).into_string();
    assert!(keys.parse(&minted).as_ref() == Ok(&token));
    // A token of which any part was changed is not accepted.
    let mut changed = minted.clone().into_bytes();
    for change in changes.chunks_exact(2) {
        let at = usize::from(change[0]) % changed.len();
        changed[at] = change[1];
    }
    if let Ok(changed) = String::from_utf8(changed)
        && changed != minted
    {
        assert!(keys.parse(&changed).is_err());
    }
});
