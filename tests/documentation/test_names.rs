//! Names of tests in the documentation.

use std::{fs, path::Path};

/// Returns whether a test of this path exists in `tests/` or `src/`. The path is that of the source file, without the
/// modules of a macro that repeats the test on each engine.
pub fn test_exists(path: &str) -> bool {
    let segments: Vec<_> = path.split("::").collect();
    let Some((name, modules)) = segments.split_last() else { return false };
    ["tests", "src"].iter().any(|root| is_test_of(root, modules, name))
}

fn is_test_of(root: &str, modules: &[&str], name: &str) -> bool {
    // The last modules may be inline, such as `tests`.
    let found = (1..=modules.len()).rev().find_map(|end| Some((end, read_module(root, &modules[..end])?)));
    let Some((end, text)) = found else { return false };
    let has_inline_modules = modules[end..].iter().all(|module| text.contains(&format!("mod {module} {{")));
    // A test of several engines is a function whose name is in the list of a macro: of its own file, or of a module above.
    let lists = (1..end).filter_map(|above| read_module(root, &modules[..above]));
    let is_listed = || lists.chain([text.clone()]).any(|list| is_in_list(&list, name));
    has_inline_modules && defines_function(&text, name) && (has_test_attribute(&text, name) || is_listed())
}

/// Returns the text of the file of a module.
fn read_module(root: &str, modules: &[&str]) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(root).join(modules.join("/"));
    [path.with_extension("rs"), path.join("mod.rs")].iter().find_map(|file| fs::read_to_string(file).ok())
}

fn defines_function(text: &str, name: &str) -> bool {
    text.contains(&format!("fn {name}("))
}

fn has_test_attribute(text: &str, name: &str) -> bool {
    let above: Vec<_> = text.lines().take_while(|line| !line.contains(&format!("fn {name}("))).collect();
    let mut attributes = above.iter().rev().take_while(|line| {
        let line = line.trim_start();
        line.starts_with("#[") || line.starts_with("//")
    });
    attributes.any(|line| line.contains("#[test]") || line.contains("#[tokio::test"))
}

/// Returns whether `name` is an entry of a list in `text`.
fn is_in_list(text: &str, name: &str) -> bool {
    let is_separator = |c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']');
    text.match_indices(name)
        .any(|(at, _)| text[..at].ends_with(is_separator) && text[at + name.len()..].starts_with(is_separator))
}

#[test]
fn tests_are_found_by_their_path() {
    for test in [
        "documentation::test_names::tests_are_found_by_their_path",
        "domain::token::tests::every_changed_character_is_noticed",
        "config::tests::secrets::no_secret_is_shown_anywhere",
        "service::callers::roles::every_method_of_the_contract_has_a_row",
        "service::sessions::a_login_gives_a_token_that_validates_to_its_session",
        "conformance::limit::a_refusal_changes_nothing_at_all",
    ] {
        assert!(test_exists(test), "{test}");
    }
    for none in [
        "tests_are_found_by_their_path",
        "documentation::test_names::test_exists",
        "documentation::test_names::inline::tests_are_found_by_their_path",
        "domain::token::every_changed_character",
        "service::lifetimes::peek",
        "service::nowhere::a_login_gives_a_token_that_validates_to_its_session",
    ] {
        assert!(!test_exists(none), "{none}");
    }
}
