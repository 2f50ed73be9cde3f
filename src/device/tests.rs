mod samples;

use std::sync::LazyLock;

use proptest::prelude::*;

use self::samples::misnamed;
use super::definitions::{Definitions, Library};
use super::{Description, DeviceNamer, USER_AGENT_LIMIT, derive_id, naming, text};

static NAMER: LazyLock<DeviceNamer> = LazyLock::new(DeviceNamer::new);

const CHROME_139: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36";
const CHROME_140: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const EDGE_139: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0";
/// Chrome, as far as the built-in rules know.
const VIVALDI: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Vivaldi/6.8.3381.44";

fn described(user_agent: &str) -> Description {
    NAMER.describe_blocking(user_agent)
}

#[test]
fn samples_are_named_as_people_know_them() {
    let samples = [samples::common(), samples::others()].concat();
    let misnamed = misnamed(&samples, described);
    assert!(misnamed.is_empty(), "{}", misnamed.concat());
}

#[test]
fn common_browsers_are_named_alike_without_definitions() {
    let misnamed = misnamed(&samples::common(), |user_agent| naming::by_reading(user_agent, None));
    assert!(misnamed.is_empty(), "{}", misnamed.concat());
}

#[test]
fn silence_is_an_unknown_device() {
    for nothing in ["", "   ", "\r\n"] {
        assert_eq!(described(nothing), Description::default());
    }
}

#[test]
fn major_version_is_the_browsers_own() {
    assert_eq!(described(EDGE_139).browser_major, "139");
    assert_eq!(described("curl/8.9.1").browser_major, "8");
    assert_eq!(described("").browser_major, "");
}

#[tokio::test]
async fn programs_are_described_without_loading_definitions() {
    static UNUSED: Library = Library::new(b"");
    let namer = DeviceNamer::reading(&UNUSED);
    assert_eq!(namer.describe("curl/8.9.1").await.name, "curl");
    assert_eq!(namer.describe("").await.name, "Unknown device");
    assert!(!UNUSED.is_open());
}

#[tokio::test]
async fn broken_definitions_leave_the_rules() {
    static BROKEN: Library = Library::new(b"{\"user_agent_parsers\":[");
    let namer = DeviceNamer::reading(&BROKEN);
    assert!(!namer.load().await);
    assert_eq!(namer.describe(EDGE_139).await.name, "Edge on Windows");
    assert_eq!(namer.describe_blocking(EDGE_139).name, "Edge on Windows");
}

#[test]
fn definition_that_does_not_compile_is_an_error() {
    let json = br#"{"user_agent_parsers":[{"regex":"("}],"os_parsers":[],"device_parsers":[]}"#;
    assert!(Definitions::compile(json).is_err());
}

#[tokio::test]
async fn callers_that_come_while_definitions_load_wait_for_them() {
    static FRESH: Library = Library::new(include_bytes!("../../data/user-agents/regexes.json"));
    let namer = DeviceNamer::reading(&FRESH);
    let descriptions =
        futures_util::future::join_all(std::iter::repeat_with(|| namer.describe(VIVALDI)).take(64)).await;
    let expected = described(VIVALDI);
    assert_eq!(expected.browser, "Vivaldi");
    assert!(descriptions.iter().all(|description| *description == expected));
}

#[test]
fn only_the_first_kibibyte_counts() {
    let long = format!("curl/8.9.1 {}", "é".repeat(4096));
    assert!(text::cleaned(&long).len() <= USER_AGENT_LIMIT);
    assert_eq!(described(&long), described("curl/8.9.1"));
    let late = format!("{} Chrome/139.0.0.0", " x".repeat(USER_AGENT_LIMIT));
    assert_eq!(described(&late), Description::default());
}

#[test]
fn invisible_characters_do_not_count() {
    assert_eq!(described("cu\u{200B}rl\u{7}/8.9\u{202E}.1\r\n"), described("curl/8.9.1"));
}

fn id_of(user: &str, user_agent: &str, language: &str, encoding: &str) -> String {
    derive_id("default", user, &described(user_agent), language, encoding)
}

#[test]
fn derived_id_outlives_a_browser_update() {
    let before = id_of("ana", CHROME_139, "pt-BR,pt;q=0.9,en;q=0.8", "gzip, deflate, br");
    let after = id_of("ana", CHROME_140, "pt-BR", "br, gzip, deflate;q=0.5, zstd");
    assert_eq!(before, after);
}

#[test]
fn derived_id_differs_with_whatever_tells_devices_apart() {
    let ids = [
        id_of("ana", CHROME_139, "pt-BR", "gzip"),
        id_of("bia", CHROME_139, "pt-BR", "gzip"),
        id_of("ana", EDGE_139, "pt-BR", "gzip"),
        id_of("ana", CHROME_139, "en-US", "gzip"),
        id_of("ana", CHROME_139, "pt-BR", "gzip, br"),
        derive_id("other", "ana", &described(CHROME_139), "pt-BR", "gzip"),
        derive_id("", "defaultana", &described(CHROME_139), "pt-BR", "gzip"),
    ];
    let distinct: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len());
}

/// Stored with sessions and profiles: another value here makes every device a new one.
#[test]
fn derived_id_is_the_same_in_every_release() {
    assert_eq!(id_of("ana", CHROME_139, "pt-BR", "gzip"), "d_mypmcpr476cd2hxakb2k327m3y");
}

/// Pieces of real user agents in any order, so that definitions match in ways nobody meant.
fn patchwork() -> impl Strategy<Value = String> {
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
    for description in [described(user_agent), naming::by_reading(&text::cleaned(user_agent), None)] {
        prop_assert!((1..=Description::NAME_LIMIT).contains(&description.name.len()));
        for text in
            [&description.name, &description.browser, &description.browser_major, &description.os, &description.model]
        {
            prop_assert!(text.len() <= Description::NAME_LIMIT);
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
    fn any_patchwork_gives_a_bounded_printable_description(user_agent in patchwork()) {
        check_bounds(&user_agent)?;
    }

    #[test]
    fn any_id_has_its_form(user in "\\PC{0,64}", language in "(?s).{0,64}", encoding in "(?s).{0,64}") {
        let id = derive_id("default", &user, &Description::default(), &language, &encoding);
        prop_assert!(id.len() == 28 && id.starts_with("d_"));
        prop_assert!(id[2..].bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
    }
}
