//! API keys, as callers present them and as operators name them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use session_authority::callers::{ApiKey, KeyId};

fuzz_target!(|text: &str| {
    if let Some(key) = ApiKey::parse(text) {
        assert_eq!(key.reveal(), text);
    }
    if let Ok(id) = text.parse::<KeyId>() {
        assert_eq!(id.to_string(), text);
    }
});
