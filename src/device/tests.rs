mod samples;

use std::sync::LazyLock;

use proptest::prelude::*;

use self::samples::find_misnamed;
use super::definitions::{LazyDefinitions, UserAgentDefinitions};
use super::{DeviceDescription, DeviceNamer, USER_AGENT_LIMIT, derive_id, naming, text};

static NAMER: LazyLock<DeviceNamer> = LazyLock::new(DeviceNamer::new);

const CHROME_139: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36";
const CHROME_140: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const EDGE_139: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0";
/// A browser that the built-in rules take for Chrome.
const VIVALDI: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Vivaldi/6.8.3381.44";

fn describe(user_agent: &str) -> DeviceDescription {
    NAMER.describe_blocking(user_agent)
}

#[test]
fn samples_are_named_as_people_know_them() {
    let samples = [samples::common(), samples::others()].concat();
    let misnamed = find_misnamed(&samples, describe);
    assert!(misnamed.is_empty(), "{}", misnamed.concat());
}

#[test]
fn common_browsers_are_named_alike_without_definitions() {
    let misnamed = find_misnamed(&samples::common(), |user_agent| naming::describe_with_definitions(user_agent, None));
    assert!(misnamed.is_empty(), "{}", misnamed.concat());
}

#[test]
fn silence_is_an_unknown_device() {
    for nothing in ["", "   ", "\r\n"] {
        assert_eq!(describe(nothing), DeviceDescription::default());
    }
}

#[test]
fn major_version_is_the_browsers_own() {
    assert_eq!(describe(EDGE_139).browser_major, "139");
    assert_eq!(describe("curl/8.9.1").browser_major, "8");
    assert_eq!(describe("").browser_major, "");
}

#[tokio::test]
async fn programs_are_described_without_loading_definitions() {
    static UNUSED: LazyDefinitions = LazyDefinitions::new(b"");
    let namer = DeviceNamer::with_definitions(&UNUSED);
    assert_eq!(namer.describe("curl/8.9.1").await.name, "curl");
    assert_eq!(namer.describe("").await.name, "Unknown device");
    assert!(!UNUSED.is_compiled());
}

#[tokio::test]
async fn broken_definitions_leave_the_rules() {
    static BROKEN: LazyDefinitions = LazyDefinitions::new(b"{\"user_agent_parsers\":[");
    let namer = DeviceNamer::with_definitions(&BROKEN);
    assert!(!namer.load().await);
    assert_eq!(namer.describe(EDGE_139).await.name, "Edge on Windows");
    assert_eq!(namer.describe_blocking(EDGE_139).name, "Edge on Windows");
}

#[test]
fn definition_that_does_not_compile_is_an_error() {
    let json = br#"{"user_agent_parsers":[{"regex":"("}],"os_parsers":[],"device_parsers":[]}"#;
    assert!(UserAgentDefinitions::compile(json).is_err());
}

#[tokio::test]
async fn callers_that_come_while_definitions_load_wait_for_them() {
    static FRESH: LazyDefinitions = LazyDefinitions::new(include_bytes!("../../data/user-agents/regexes.json"));
    let namer = DeviceNamer::with_definitions(&FRESH);
    let descriptions =
        futures_util::future::join_all(std::iter::repeat_with(|| namer.describe(VIVALDI)).take(64)).await;
    let expected = describe(VIVALDI);
    assert_eq!(expected.browser, "Vivaldi");
    assert!(descriptions.iter().all(|description| *description == expected));
}

#[test]
fn only_the_first_kibibyte_counts() {
    let long = format!("curl/8.9.1 {}", "é".repeat(4096));
    assert!(text::sanitize(&long).len() <= USER_AGENT_LIMIT);
    assert_eq!(describe(&long), describe("curl/8.9.1"));
    let late = format!("{} Chrome/139.0.0.0", " x".repeat(USER_AGENT_LIMIT));
    assert_eq!(describe(&late), DeviceDescription::default());
}

#[test]
fn invisible_characters_do_not_count() {
    assert_eq!(describe("cu\u{200B}rl\u{7}/8.9\u{202E}.1\r\n"), describe("curl/8.9.1"));
}

fn derive_test_id(user: &str, user_agent: &str, language: &str, encoding: &str) -> String {
    derive_id("default", user, &describe(user_agent), language, encoding)
}

#[test]
fn derived_id_outlives_a_browser_update() {
    let before = derive_test_id("ana", CHROME_139, "pt-BR,pt;q=0.9,en;q=0.8", "gzip, deflate, br");
    let after = derive_test_id("ana", CHROME_140, "pt-BR", "br, gzip, deflate;q=0.5, zstd");
    assert_eq!(before, after);
}

#[test]
fn derived_id_differs_with_every_distinguishing_attribute() {
    let ids = [
        derive_test_id("ana", CHROME_139, "pt-BR", "gzip"),
        derive_test_id("bia", CHROME_139, "pt-BR", "gzip"),
        derive_test_id("ana", EDGE_139, "pt-BR", "gzip"),
        derive_test_id("ana", CHROME_139, "en-US", "gzip"),
        derive_test_id("ana", CHROME_139, "pt-BR", "gzip, br"),
        derive_id("other", "ana", &describe(CHROME_139), "pt-BR", "gzip"),
        derive_id("", "defaultana", &describe(CHROME_139), "pt-BR", "gzip"),
    ];
    let distinct: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len());
}

/// Tests a stored value: a different one here would make every device of sessions and profiles a new one.
#[test]
fn derived_id_is_the_same_in_every_release() {
    assert_eq!(derive_test_id("ana", CHROME_139, "pt-BR", "gzip"), "d_mypmcpr476cd2hxakb2k327m3y");
}

/// Generates pieces of real user agents in any order, so that definitions match in unintended ways.
fn mixed_user_agents() -> impl Strategy<Value = String> {
    let pieces = [
        "Mozilla/5.0 ",
        "(Linux; Android 10; ",
        "(iPhone; CPU iPhone OS 18_6 ",
        "Mobile/",
        " Build/",
        ") AppleWebKit/537.36 ",
        "Chrome/",
        "Version/",
        " Safari/",
        " CFNetwork/",
        " Darwin/23",
        "bot",
        "spider",
        "SAMSUNG SM-",
        "Opera/",
        "Dalvik/",
        "%20",
        "; wv)",
        "1.2",
        "99999999999",
    ];
    let piece = prop_oneof![proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned), "\\PC{0,12}",];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn check_bounds(user_agent: &str) -> Result<(), TestCaseError> {
    for description in [describe(user_agent), naming::describe_with_definitions(&text::sanitize(user_agent), None)] {
        prop_assert!((1..=DeviceDescription::NAME_LIMIT).contains(&description.name.len()));
        for text in
            [&description.name, &description.browser, &description.browser_major, &description.os, &description.model]
        {
            prop_assert!(text.len() <= DeviceDescription::NAME_LIMIT);
            prop_assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_gives_a_bounded_printable_description(user_agent in "(?s).{0,1024}") {
        check_bounds(&user_agent)?;
    }

    #[test]
    fn any_patchwork_gives_a_bounded_printable_description(user_agent in mixed_user_agents()) {
        check_bounds(&user_agent)?;
    }

    #[test]
    fn any_id_has_its_form(user in "\\PC{0,64}", language in "(?s).{0,64}", encoding in "(?s).{0,64}") {
        let id = derive_id("default", &user, &DeviceDescription::default(), &language, &encoding);
        prop_assert!(id.len() == 28 && id.starts_with("d_"));
        prop_assert!(id[2..].bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
    }
}
