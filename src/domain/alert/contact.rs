use std::fmt;

use crate::domain::{
    error::{FieldViolation, FieldViolations},
    limits::{MAX_EMAIL_BYTES, MAX_LOCALE_BYTES, check_optional_text},
};

/// The address and the language of notifications to a user, as stated at the sign-in. Both may be empty. It stays out of
/// debug output.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NotificationContact {
    pub email: String,
    /// A language tag of BCP 47.
    pub locale: String,
}

impl fmt::Debug for NotificationContact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NotificationContact(redacted)")
    }
}

impl NotificationContact {
    /// Checks both parts. The violations name the fields of a Create.
    pub fn check(&self) -> Result<(), FieldViolations> {
        let mut violations = FieldViolations::default();
        violations.check(check_address("notify.email", &self.email));
        violations.check(check_locale("notify.locale", &self.locale));
        violations.into_result()
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.email.is_empty() && self.locale.is_empty()
    }
}

/// Requires a mailbox and a domain (RFC 5321 §4.1.2), as far as that protects the headers of a mail.
fn check_address(field: &'static str, email: &str) -> Result<(), FieldViolation> {
    check_optional_text(field, email, MAX_EMAIL_BYTES)?;
    let is_delimiter = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';');
    let has_form = email.rsplit_once('@').is_some_and(|(mailbox, domain)| !mailbox.is_empty() && !domain.is_empty());
    if email.is_empty() || (has_form && !email.contains(is_delimiter)) {
        return Ok(());
    }
    Err(FieldViolation::new(field, "must be one e-mail address, such as ann@example.com"))
}

/// Requires the form of a language tag (RFC 5646 §2.1): subtags of 1 to 8 letters and digits, the first one of letters.
fn check_locale(field: &'static str, locale: &str) -> Result<(), FieldViolation> {
    check_optional_text(field, locale, MAX_LOCALE_BYTES)?;
    let is_subtag = |tag: &str| (1..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_language = |tag: &str| tag.len() >= 2 && tag.bytes().all(|byte| byte.is_ascii_alphabetic());
    if locale.is_empty() || (locale.split('-').all(is_subtag) && locale.split('-').next().is_some_and(is_language)) {
        return Ok(());
    }
    Err(FieldViolation::new(field, "must be a language tag of BCP 47, such as de or pt-BR"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invalid_fields(email: &str, locale: &str) -> Vec<String> {
        let contact = NotificationContact { email: email.to_owned(), locale: locale.to_owned() };
        let violations = contact.check().err().unwrap_or_default();
        violations.iter().map(|violation| violation.field.to_string()).collect()
    }

    #[test]
    fn an_address_and_a_language_tag_are_accepted() {
        for email in ["", "ann@example.com", "ann+news@mail.example"] {
            assert!(invalid_fields(email, "").is_empty(), "{email}");
        }
        for locale in ["", "de", "pt-BR", "zh-Hant-TW", "de-CH-1996"] {
            assert!(invalid_fields("", locale).is_empty(), "{locale}");
        }
    }

    #[test]
    fn other_texts_are_refused_by_the_name_of_the_field() {
        let long = format!("{}@example.com", "a".repeat(250));
        for email in ["ann", "@example.com", "ann@", "ann@example.com\r\nBcc: eve@example.com", "a@b,c@d", &long] {
            assert_eq!(invalid_fields(email, ""), ["notify.email"], "{email}");
        }
        for locale in ["d", "de_DE", "de-", "-de", "1e", "de-toolongsubtag", "a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r"] {
            assert_eq!(invalid_fields("", locale), ["notify.locale"], "{locale}");
        }
    }

    #[test]
    fn a_contact_stays_out_of_debug_output() {
        let contact = NotificationContact { email: "ann@example.com".to_owned(), locale: "de".to_owned() };
        assert_eq!(format!("{contact:?}"), "NotificationContact(redacted)");
    }
}
