//! Names for people, and counts by name.

use crate::{api, web::untrusted::UntrustedText};

/// Returns the name of an enum value for people: `END_REASON_IDLE_TIMEOUT` without `END_REASON_` is "idle timeout".
#[must_use]
pub fn enum_label(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_lowercase().replace('_', " ")
}

/// An entry of a list from which one is selected.
#[derive(Clone, Debug)]
pub struct SelectOption {
    pub value: String,
    pub label: String,
    pub is_selected: bool,
}

/// Returns the entries for these enum values, with "any" first. Their values are the names without the prefix.
pub fn options<'a>(names: impl IntoIterator<Item = &'a str>, prefix: &str, selected: &str) -> Vec<SelectOption> {
    let any = SelectOption { value: String::new(), label: "any".to_owned(), is_selected: selected.is_empty() };
    let entries = names.into_iter().map(|name| {
        let own = name.strip_prefix(prefix).unwrap_or(name);
        SelectOption { value: own.to_owned(), label: enum_label(name, prefix), is_selected: own == selected }
    });
    std::iter::once(any).chain(entries).collect()
}

/// Returns the entries for the reasons for which sessions end.
pub(super) fn end_reason_options(selected: &str) -> Vec<SelectOption> {
    // Their numbers begin with 1 and have no gaps.
    let reasons = (1..).map_while(|number| api::EndReason::try_from(number).ok());
    options(reasons.map(|reason| reason.as_str_name()), "END_REASON_", selected)
}

/// A table of counts.
#[derive(Clone, Debug)]
pub struct CountTable {
    pub title: &'static str,
    pub column: &'static str,
    pub rows: Vec<CountRow>,
}

/// A count, with its share of the greatest one in percent.
#[derive(Clone, Debug)]
pub struct CountRow {
    pub name: UntrustedText,
    pub count: u64,
    pub percent: u64,
}

impl CountTable {
    #[must_use]
    pub fn new(title: &'static str, column: &'static str, counts: impl IntoIterator<Item = (String, u64)>) -> Self {
        let counts: Vec<_> = counts.into_iter().collect();
        let greatest = counts.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
        let row = |(name, count): (String, u64)| {
            let name = if name.is_empty() { "unknown".to_owned() } else { name };
            CountRow { name: name.into(), count, percent: count.saturating_mul(100) / greatest }
        };
        Self { title, column, rows: counts.into_iter().map(row).collect() }
    }
}
