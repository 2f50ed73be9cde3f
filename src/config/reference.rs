//! The settings as a page of the documentation.
//!
//! What a setting means and its default stand in `default.toml`, what it must be is asked of the code that reads
//! it, so the page says of every setting what holds for it.

use std::fmt::Write as _;

use super::{
    Config,
    reader::{SettingSpec, SettingsReader},
    settings::DEFAULTS,
    sources::ConfigSources,
};

/// Every setting in Markdown, in the order of `default.toml`: a comment above a section introduces that, one above
/// a setting explains that, and one that stands for itself is text between sections.
#[must_use]
pub fn render_reference() -> String {
    let mut reader = SettingsReader::new(&ConfigSources::default());
    // What is required is missing here; it was asked for all the same.
    let _ = Config::read(&mut reader);
    let mut page = ReferencePage { text: HEADING.to_owned(), section: String::new(), comment: Vec::new() };
    for line in DEFAULTS.lines() {
        page.take(line, &reader);
    }
    page.text
}

const HEADING: &str = "\
<!-- Made by `make docs` from src/config and its default.toml. Change those. -->

# Configuration
";

struct ReferencePage {
    text: String,
    section: String,
    /// The lines that explain what comes next.
    comment: Vec<&'static str>,
}

impl ReferencePage {
    fn take(&mut self, line: &'static str, reader: &SettingsReader) {
        if let Some(comment) = line.strip_prefix('#') {
            self.comment.push(comment.strip_prefix(' ').unwrap_or(comment));
        } else if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section.clone_into(&mut self.section);
            self.write(&format!("\n## `[{section}]`\n"));
            self.explain("");
        } else if let Some((name, default)) = line.split_once(" = ") {
            let key = if self.section.is_empty() { name.to_owned() } else { format!("{}.{name}", self.section) };
            self.write(&render_setting(&key, default, reader.spec(&key)));
            self.explain("  ");
        } else if line.is_empty() && !self.comment.is_empty() {
            if self.comment.iter().any(|line| line.contains("[policies.")) {
                self.write("\n## `[policies.NAME]`\n");
            }
            self.explain("");
        }
    }

    fn write(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Writes the comment below what it explains. What is indented in it keeps its form.
    fn explain(&mut self, indent: &str) {
        let mut paragraphs: Vec<(bool, Vec<&str>)> = Vec::new();
        for line in std::mem::take(&mut self.comment) {
            let is_form = line.starts_with("  ");
            match paragraphs.last_mut() {
                Some((was_form, lines)) if *was_form == is_form && !line.is_empty() => lines.push(line),
                _ => paragraphs.push((is_form, vec![line])),
            }
        }
        for (is_form, lines) in paragraphs.iter().filter(|(_, lines)| lines.iter().any(|line| !line.is_empty())) {
            let body =
                lines.iter().filter(|line| !line.is_empty()).map(|line| format!("{indent}{}\n", line.trim_end()));
            let body: String = body.collect();
            self.text.push('\n');
            if *is_form {
                self.write(&format!("{indent}```\n{body}{indent}```\n"));
            } else {
                self.write(&body);
            }
        }
    }
}

/// "- **`store.pool_size`**: whole number, 1 to 64; default `4`; `SESSION_AUTHORITY__STORE__POOL_SIZE`"
fn render_setting(key: &str, default: &str, form: Option<&SettingSpec>) -> String {
    let variable = format!("{}{}", ConfigSources::PREFIX, key.replace('.', "__").to_uppercase());
    let mut text = format!("\n- **`{key}`**: ");
    // Writing to a String does not fail.
    if let Some(SettingSpec { kind, bounds }) = form {
        text.push_str(kind);
        if let Some((least, most)) = bounds {
            let _ = write!(text, ", {least} to {most}");
        }
        text.push_str("; ");
    }
    match default {
        "\"\"" | "[]" => text.push_str("not set by default; "),
        default => {
            let _ = write!(text, "default `{}`; ", default.trim_matches('"'));
        }
    }
    let _ = writeln!(text, "`{variable}`");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_listed_with_its_type_default_and_variable() {
        let page = render_reference();
        let expected = "
- **`tls.handshake_timeout`**: span of time, 100ms to 1m; default `5s`; `SESSION_AUTHORITY__TLS__HANDSHAKE_TIMEOUT`

  Time limit of a TLS handshake, 100ms to 1m.
";
        assert!(page.contains(expected), "{page}");
        assert!(page.contains("\n## `[policies.NAME]`\n\nYour own policies."), "{page}");
        assert!(page.contains("\n  ```\n    redis://"), "{page}");
    }

    #[test]
    fn what_is_said_of_bounds_is_what_the_code_demands() {
        let page = render_reference();
        let settings = page.lines().filter(|line| line.starts_with("- **"));
        let bounded: Vec<_> = settings.filter_map(|line| Some((line, line.split_once(", ")?.1))).collect();
        assert!(bounded.len() > 20, "{bounded:?}");
        for (setting, bounds) in bounded {
            let bounds = bounds.split(';').next().unwrap_or_default();
            let (_, rest) = page.split_once(setting).expect("the setting");
            let explained = rest.split("\n- **").next().unwrap_or_default().replace("\n  ", " ");
            assert!(explained.contains(bounds), "{setting} {explained}");
        }
    }

    #[test]
    fn the_page_in_the_documentation_is_this_one() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
        let committed = std::fs::read_to_string(file).unwrap_or_default();
        assert!(committed == render_reference(), "docs/configuration.md is not what the code says: run `make docs`");
    }
}
