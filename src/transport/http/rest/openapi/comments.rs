//! The comments of the contract.

use prost_reflect::FileDescriptor;

/// Returns the comment at a path of the source (`google.protobuf.SourceCodeInfo.Location`), with its paragraphs and
/// lists but without the line breaks within them.
pub(super) fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let locations = file.file_descriptor_proto().source_code_info.iter().flat_map(|info| &info.location);
    let comment =
        locations.filter(|location| location.path == path).find_map(|location| location.leading_comments.as_ref());
    comment.map(|text| unwrap_lines(text)).unwrap_or_default()
}

/// Returns the first sentence of a comment, without its full stop.
pub(super) fn first_sentence(comment: &str) -> &str {
    let paragraph = comment.lines().next().unwrap_or_default();
    let end = paragraph.match_indices('.').map(|(at, _)| at).find(|at| {
        let rest = &paragraph[at + 1..];
        rest.is_empty() || rest.starts_with(' ')
    });
    end.map_or(paragraph, |end| &paragraph[..end])
}

/// Joins the lines of each paragraph and of each element of a list.
fn unwrap_lines(text: &str) -> String {
    let mut unwrapped = String::new();
    let mut is_open = false;
    for line in text.lines().map(str::trim) {
        let begins = line.starts_with("- ");
        match (line.is_empty(), is_open && !begins) {
            (true, _) => is_open = false,
            (false, true) => {
                unwrapped.push(' ');
                unwrapped.push_str(line);
            }
            (false, false) => {
                if !unwrapped.is_empty() {
                    unwrapped.push_str(if begins && is_open { "\n" } else { "\n\n" });
                }
                unwrapped.push_str(line);
                is_open = true;
            }
        }
    }
    unwrapped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::json::contract_method;

    #[test]
    fn lines_are_joined_within_paragraphs_and_lists() {
        let text = " Ends it. See\n A.b.\n\n Then:\n\n - one\n   more\n - two\n\n End.\n";
        assert_eq!(unwrap_lines(text), "Ends it. See A.b.\n\nThen:\n\n- one more\n- two\n\nEnd.");
        assert_eq!(first_sentence("Ends A.b now. See"), "Ends A.b now");
        assert_eq!(first_sentence("Ends it"), "Ends it");
    }

    #[test]
    fn methods_have_the_comments_of_their_source() {
        let method = contract_method("session.v1.SessionService/Get").expect("a method");
        let comment = comment(&method.parent_file(), method.path());
        assert!(comment.starts_with("Returns one active session, by its ID.\n\n- Atomicity: "), "{comment}");
    }
}
