//! The page on which users review their own sessions.

mod alert_link;
mod alert_question;
mod text;

use askama::Template;

use super::{
    language::Language,
    layout::PageLayout,
    page_time::{PageTime, format_span},
    untrusted::UntrustedText,
};
use crate::{api, domain::UnixMillis};

pub use alert_link::AlertLinkPage;
pub use alert_question::AlertQuestion;
pub use text::AccountText;

/// The page with the sessions and the recent sign-ins of a user.
#[derive(Clone, Debug, Template)]
#[template(path = "account/sessions.html")]
pub struct AccountPage {
    pub layout: PageLayout,
    pub text: &'static AccountText,
    /// The result of the previous request. May be empty.
    pub notice: String,
    /// The alerts that the user is asked about.
    pub alerts: Vec<AlertQuestion>,
    pub sessions: Vec<UserSession>,
    /// `None` if the audit log is not available.
    pub sign_ins: Option<Vec<SignInAttempt>>,
    /// The address of this page in the other languages, with the name of the language.
    pub other_languages: Vec<(String, Language)>,
}

impl AccountPage {
    /// Returns whether there are sessions to end besides this one.
    #[must_use]
    pub fn has_others(&self) -> bool {
        self.sessions.iter().any(|session| !session.is_current)
    }
}

/// A session as its user sees it.
#[derive(Clone, Debug)]
pub struct UserSession {
    pub session_id: String,
    pub device: UntrustedText,
    /// The name of the device for a button, with the place.
    pub label: UntrustedText,
    pub device_class: &'static str,
    pub place: UntrustedText,
    pub network_address: UntrustedText,
    pub signed_in: PageTime,
    pub last_active: PageTime,
    pub expires: PageTime,
    pub is_current: bool,
}

impl UserSession {
    #[must_use]
    pub fn new(session: &api::Session, now: UnixMillis, language: Language) -> Self {
        let device = session.device.clone().unwrap_or_default();
        let name = localize_device(&device.name, language);
        let place = place(session.location.as_ref());
        let label = if place.is_empty() { name.clone() } else { format!("{name}, {place}") };
        let time = |at| PageTime::new(at, now, language);
        Self {
            session_id: session.session_id.clone(),
            device_class: device_class(device.r#type()),
            device: name.into(),
            label: label.into(),
            place: place.into(),
            network_address: session.location.as_ref().map(|location| location.ip.clone()).unwrap_or_default().into(),
            signed_in: time(session.created_at),
            last_active: time(session.last_active_at),
            expires: time(session.expires_at),
            is_current: session.current,
        }
    }
}

/// A sign-in of a user, or a failed attempt.
#[derive(Clone, Debug)]
pub struct SignInAttempt {
    pub at: PageTime,
    pub device: UntrustedText,
    pub place: UntrustedText,
    pub succeeded: bool,
}

impl SignInAttempt {
    #[must_use]
    pub fn new(event: &api::AuditEvent, now: UnixMillis, language: Language) -> Self {
        let device = event.device.as_ref().map(|device| device.name.as_str()).unwrap_or_default();
        Self {
            at: PageTime::new(event.occurred_at, now, language),
            device: localize_device(device, language).into(),
            place: place(event.location.as_ref()).into(),
            succeeded: event.kind() == api::AuditEventKind::SessionCreated,
        }
    }
}

/// Returns the name of a device, such as "Safari on iPhone", in a language.
fn localize_device(name: &str, language: Language) -> String {
    match (name, name.split_once(" on "), language) {
        ("" | "Unknown device", _, _) => language.choose("Unknown device", "Unbekanntes Gerät").to_owned(),
        (_, Some((browser, device)), Language::German) => format!("{browser} auf {device}"),
        _ => name.to_owned(),
    }
}

/// Returns city and country, or the parts of them that are known.
pub(super) fn place(location: Option<&api::Location>) -> String {
    let Some(location) = location else { return String::new() };
    let nearest = if location.city.is_empty() { &location.region } else { &location.city };
    let parts = [nearest.as_str(), location.country.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Returns the class of the symbol of a device.
const fn device_class(device_type: api::DeviceType) -> &'static str {
    match device_type {
        api::DeviceType::Mobile => "mobile",
        api::DeviceType::Tablet => "tablet",
        api::DeviceType::Desktop => "desktop",
        api::DeviceType::Other | api::DeviceType::Unspecified => "other",
    }
}

/// Returns a duration for a sentence: "15 min".
#[must_use]
pub fn duration(span: std::time::Duration, language: Language) -> String {
    format_span(span, language)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::Page;

    const NOW: UnixMillis = UnixMillis::new(1_700_000_000_000);

    fn page(sessions: Vec<UserSession>, language: Language) -> String {
        let text = AccountText::in_language(language);
        let layout = PageLayout::account(text.title, "ann", language);
        let (notice, other_languages) = (String::new(), vec![("?lang=en".to_owned(), Language::English)]);
        AccountPage { layout, text, notice, alerts: Vec::new(), sessions, sign_ins: None, other_languages }.document()
    }

    fn session(name: &str, city: &str) -> api::Session {
        api::Session {
            session_id: "s".to_owned(),
            device: Some(api::Device { name: name.to_owned(), ..api::Device::default() }),
            location: Some(api::Location {
                city: city.to_owned(),
                country: "BR".to_owned(),
                ..api::Location::default()
            }),
            ..api::Session::default()
        }
    }

    #[test]
    fn a_session_is_shown_in_either_language() {
        let shown =
            |language| page(vec![UserSession::new(&session("Safari on iPhone", "São Paulo"), NOW, language)], language);
        let (english, german) = (shown(Language::English), shown(Language::German));
        assert!(english.contains("Safari on iPhone") && english.contains("São Paulo, BR"), "{english}");
        assert!(german.contains("Safari auf iPhone") && german.contains("<html lang=\"de\">"), "{german}");
    }

    #[test]
    fn text_of_clients_is_neither_markup_nor_direction() {
        let hostile = session("<script>alert(1)</script>\u{202e}", "\"><img src=x onerror=y>");
        let html = page(vec![UserSession::new(&hostile, NOW, Language::English)], Language::English);
        assert!(!html.contains("<script>alert") && !html.contains("<img") && !html.contains('\u{202e}'), "{html}");
        assert!(html.contains("&#60;script&#62;alert(1)&#60;/script&#62;\\u{202e}"), "{html}");
    }
}
