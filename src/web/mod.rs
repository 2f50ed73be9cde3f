//! The pages of the console and of users, as HTML.
//!
//! Messages of the contract go in, and complete documents come out. Templates are in `web/templates`, style and scripts
//! in `web/assets`. Text of clients and callers is only shown as `UntrustedText`.

pub mod account;
pub mod assets;
pub mod console;
mod language;
mod layout;
mod page_time;
mod problem_page;
mod untrusted;

pub use language::Language;
pub use layout::{PageArea, PageLayout};
pub use page_time::PageTime;
pub use problem_page::ProblemPage;

/// A page that can be rendered.
pub trait Page {
    /// Returns the document.
    fn document(&self) -> String;
}

impl<T: askama::Template> Page for T {
    fn document(&self) -> String {
        // Writing to a String does not fail, and no template calls a function that does.
        self.render().unwrap_or_else(|error| {
            tracing::error!(%error, "failed to render a page");
            String::new()
        })
    }
}

/// Returns `path` with a query of these parameters. Empty ones are left out.
#[must_use]
pub fn link(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_links_are_encoded() {
        assert_eq!(
            link("/console/user", &[("tenant", ""), ("user", "a&b=\u{202e}<\"")]),
            "/console/user?user=a%26b%3D%E2%80%AE%3C%22"
        );
        assert_eq!(link("/console", &[("tenant", "")]), "/console");
    }
}
