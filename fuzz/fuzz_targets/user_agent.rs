//! User agents, which anybody can send.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use session_authority::device::{DeviceDescription, DeviceNamer};

static NAMER: LazyLock<DeviceNamer> = LazyLock::new(DeviceNamer::new);

fuzz_target!(|user_agent: &str| {
    let description = NAMER.describe_blocking(user_agent);
    assert!(!description.name.is_empty() && description.name.len() <= DeviceDescription::NAME_LIMIT);
    // The texts are shown to users, and stored with every session.
    for text in
        [&description.name, &description.browser, &description.browser_major, &description.os, &description.model]
    {
        assert!(text.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{text:?}");
    }
    assert!(description == NAMER.describe_blocking(user_agent));
});
