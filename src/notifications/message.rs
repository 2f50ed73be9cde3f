//! The message of a notification.

use super::catalogue::TextCatalogue;
use crate::{
    domain::{
        Alert, Location, UnixMillis,
        alert::{AlertAction, ClientObservation},
    },
    untrusted_text::is_invisible,
};

/// The longest text of a client or a GeoIP database in a message, in characters.
const CLIENT_TEXT: usize = 64;

/// The links by which a user answers.
#[derive(Clone, PartialEq, Eq)]
pub struct AnswerLinks {
    pub was_me: String,
    pub was_not_me: String,
    pub expires_at: UnixMillis,
}

/// A message in the language of its user.
#[derive(Clone, PartialEq, Eq)]
pub struct UserMessage {
    /// A language tag of BCP 47.
    pub language: String,
    pub subject: String,
    pub text: String,
    /// The text of each finding.
    pub findings: Vec<String>,
}

/// The kind of event that a message is about. It decides its subject and its first sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MessageKind {
    SignIn,
    Session,
    Attempts,
    Ended,
    Reported,
}

impl MessageKind {
    fn from_alerts(alerts: &[Alert]) -> Self {
        let any = |has: fn(&Alert) -> bool| alerts.iter().any(has);
        match () {
            () if any(|alert| alert.acknowledgement.is_some()) => Self::Reported,
            () if strongest_action(alerts) >= AlertAction::RevokeSession => Self::Ended,
            () if any(Alert::is_about_sign_in) => Self::SignIn,
            () if any(|alert| alert.session.is_some()) => Self::Session,
            () => Self::Attempts,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Session => "session",
            Self::Attempts => "attempts",
            Self::Ended => "ended",
            Self::Reported => "reported",
        }
    }
}

/// Returns the strongest response that was carried out.
fn strongest_action(alerts: &[Alert]) -> AlertAction {
    alerts.iter().map(|alert| alert.action_taken).max().unwrap_or(AlertAction::None)
}

/// Returns the message about these alerts, which are one sign-in or one other event, in the language that matches
/// `locale` best.
#[must_use]
pub fn compose(alerts: &[Alert], locale: &str, answers: Option<&AnswerLinks>) -> UserMessage {
    let catalogue = TextCatalogue::for_locale(locale);
    let text = |key: &str| catalogue.text(key).unwrap_or_default();
    let kind = MessageKind::from_alerts(alerts);
    let findings: Vec<_> = alerts.iter().map(|alert| finding_text(catalogue, &alert.rule)).collect();
    let mut lines = vec![text(&format!("introduction.{}", kind.name())).to_owned(), String::new()];
    lines.extend(findings.iter().map(|finding| format!("- {finding}")));
    lines.push(String::new());
    if let Some(alert) = alerts.first() {
        lines.extend(facts(catalogue, &alert.current));
    }
    if let Some(action) = action_text(catalogue, strongest_action(alerts)) {
        lines.extend([String::new(), action.to_owned()]);
    }
    lines.push(String::new());
    if let Some(answers) = answers {
        lines.push(text("answer.was_me").replace("{url}", &answers.was_me));
        lines.push(text("answer.was_not_me").replace("{url}", &answers.was_not_me));
        lines.push(text("answer.validity").replace("{time}", &format_time(answers.expires_at)));
        lines.push(String::new());
    }
    let advice = if kind == MessageKind::Reported { "advice.reported" } else { "advice.unknown" };
    lines.push(text(advice).to_owned());
    UserMessage {
        language: catalogue.language.clone(),
        subject: text(&format!("subject.{}", kind.name())).to_owned(),
        text: lines.join("\n") + "\n",
        findings,
    }
}

/// Returns the text of a rule. A rule of a newer release has a general one.
fn finding_text(catalogue: &TextCatalogue, rule: &str) -> String {
    let text = catalogue.text(&format!("rules.{rule}")).or_else(|| catalogue.text("rules.other"));
    text.unwrap_or_default().to_owned()
}

/// Returns time, device and place, as far as they are known.
fn facts(catalogue: &TextCatalogue, client: &ClientObservation) -> Vec<String> {
    let fact = |name: &str, value: &str| {
        let text = catalogue.text(&format!("facts.{name}")).unwrap_or_default();
        (!value.is_empty()).then(|| text.replace(&format!("{{{name}}}"), value))
    };
    let device = client.device.as_ref().map(|device| device_text(catalogue, &device.name)).unwrap_or_default();
    let facts =
        [fact("time", &format_time(client.at)), fact("device", &device), fact("place", &place(&client.location))];
    facts.into_iter().flatten().collect()
}

/// Returns the name of a device, such as "Safari on iPhone", in the language.
fn device_text(catalogue: &TextCatalogue, name: &str) -> String {
    let name = client_text(name);
    match (name.split_once(" on "), catalogue.text("facts.on")) {
        (Some((browser, device)), Some(text)) => text.replace("{browser}", browser).replace("{device}", device),
        _ => name,
    }
}

/// Returns city and country, or the parts of them that are known.
fn place(location: &Location) -> String {
    let nearest = if location.city.is_empty() { &location.region } else { &location.city };
    let parts = [client_text(nearest), client_text(&location.country)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn action_text(catalogue: &TextCatalogue, action: AlertAction) -> Option<&str> {
    match action {
        AlertAction::StepUp => catalogue.text("actions.step_up"),
        AlertAction::RevokeSession => catalogue.text("actions.revoke_session"),
        AlertAction::RevokeUser => catalogue.text("actions.revoke_user"),
        AlertAction::None | AlertAction::Notify | AlertAction::Throttle | AlertAction::Deny => None,
    }
}

/// Returns text that a client chose, for a line of a mail: no character that hides, reorders or breaks it, no link and
/// no more than a name needs.
fn client_text(text: &str) -> String {
    let is_harmless = |c: &char| !is_invisible(*c) && !matches!(c, '/' | ':' | '@' | '<' | '>');
    text.chars().filter(is_harmless).take(CLIENT_TEXT).collect()
}

/// Returns the time to the minute, in UTC.
fn format_time(at: UnixMillis) -> String {
    let text = at.to_string();
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(minute)) => format!("{day} {minute} UTC"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Device, Record, SessionId, TenantId, UserHandle, UserId,
        alert::{AlertAcknowledgement, AlertId, AlertVerdict, NotificationContact, NotificationEmail, Severity},
        event::{EventId, EventKind},
    };

    const SESSION: SessionId = SessionId { handle: UserHandle([1; 12]), unique: [2; 8] };

    fn alert(rule: &str) -> Alert {
        let event = EventId::from_session(EventKind::Created, SESSION, 1);
        Alert {
            id: AlertId::new(rule, event),
            tenant: TenantId::new("acme").expect("a tenant"),
            rule: rule.to_owned(),
            rule_version: 1,
            severity: Severity::Medium,
            event_time: UnixMillis::new(1_700_000_000_123),
            detected_time: UnixMillis::new(1_700_000_000_123),
            user: Some(UserId::new("ann").expect("a user")),
            email: NotificationEmail::default(),
            contact: NotificationContact::default(),
            session: Some(SESSION),
            device_id: String::new(),
            current: ClientObservation::from_login(&Record::sample()),
            previous: None,
            action_taken: AlertAction::None,
            action_recommended: AlertAction::Notify,
            audit_only: false,
            detail: None,
            reason_admin: String::new(),
            reason_user: "something".to_owned(),
            mitre_techniques: Vec::new(),
            dedup_key: String::new(),
            dedup_count: 1,
            event: Some(event),
            group: None,
            acknowledgement: None,
        }
    }

    fn links() -> AnswerLinks {
        AnswerLinks {
            was_me: "https://id.example.com/a".to_owned(),
            was_not_me: "https://id.example.com/b".to_owned(),
            expires_at: UnixMillis::new(1_700_086_400_000),
        }
    }

    #[test]
    fn a_message_names_every_finding_with_device_place_and_time() {
        let message = compose(&[alert("NEW_COUNTRY"), alert("NEW_DEVICE")], "en-GB", Some(&links()));
        assert_eq!((message.language.as_str(), message.subject.as_str()), ("en", "New sign-in to your account"));
        let expected = "Somebody signed in to your account:\n\n- It was the first sign-in from this country.\n\
             - It was the first sign-in on this device.\n\nTime: 2023-11-14 22:13 UTC\nDevice: Safari on iPhone\n\
             Place: São Paulo, BR\n\nThis was me: https://id.example.com/a\n\
             This was not me, end the session: https://id.example.com/b\n\
             Each link works once, until 2023-11-15 22:13 UTC. Do not forward this message.\n\n\
             If you do not recognise this, change your password.\n";
        assert_eq!(message.text, expected);
    }

    #[test]
    fn a_message_is_in_the_language_of_its_user() {
        let message = compose(&[alert("NEW_DEVICE")], "de-AT", None);
        assert_eq!((message.language.as_str(), message.subject.as_str()), ("de", "Neue Anmeldung bei Ihrem Konto"));
        assert!(message.text.contains("Gerät: Safari auf iPhone\nOrt: São Paulo, BR\n"), "{}", message.text);
        assert!(!message.text.contains("https://"), "no links");
    }

    #[test]
    fn a_message_says_what_was_done() {
        let response = |action| Alert { action_taken: action, ..alert("NEW_COUNTRY") };
        for (action, subject, text) in [
            (AlertAction::StepUp, "New sign-in to your account", "confirm your identity"),
            (AlertAction::RevokeSession, "A session of your account was ended", "The session was ended."),
            (AlertAction::RevokeUser, "A session of your account was ended", "All your sessions were ended."),
        ] {
            let message = compose(&[alert("NEW_DEVICE"), response(action)], "", None);
            assert!(message.subject == subject && message.text.contains(text), "{}", message.text);
        }
        let at = UnixMillis::new(1_700_000_000_123);
        let verdict = AlertVerdict::WasNotMe { ends_all: false };
        let answer = AlertAcknowledgement { verdict, at, actor: String::new(), alert: alert("NEW_DEVICE").id };
        let reported = Alert { acknowledgement: Some(answer), ..response(AlertAction::RevokeSession) };
        let message = compose(&[reported], "", None);
        assert_eq!(message.subject, "Your report about a sign-in");
    }

    #[test]
    fn a_rule_of_a_newer_release_has_a_general_text() {
        let message = compose(&[alert("SOMETHING_NEW")], "", None);
        assert_eq!(message.findings, ["Our security checks found something unusual."]);
    }

    #[test]
    fn text_of_clients_is_neither_a_link_nor_another_line() {
        let name = format!("see https://evil.example\r\nBcc: eve@example.com \u{202e}{}", "x".repeat(100));
        let mut hostile = alert("NEW_DEVICE");
        hostile.current.device = Some(Device { name, ..Device::default() });
        let text = compose(&[hostile], "", None).text;
        assert!(!text.contains("://") && !text.contains('@') && !text.contains('\u{202e}'), "{text}");
        let device = text.lines().find(|line| line.starts_with("Device: ")).expect("the device");
        assert!(device.contains("Bcc eveexample.com") && device.chars().count() <= 72, "{device}");
    }
}
