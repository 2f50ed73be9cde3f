//! Cursors of alert streams, and positions in them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use session_authority::{alerts, store::AlertPosition};

fuzz_target!(|text: &str| {
    if let Ok(position) = alerts::decode("cursor", text) {
        assert_eq!(alerts::decode("cursor", &alerts::encode(position)).ok(), Some(position));
    }
    if let Ok(position) = text.parse::<AlertPosition>() {
        assert_eq!(position.to_string().parse::<AlertPosition>().ok(), Some(position));
    }
});
