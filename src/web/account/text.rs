//! The texts of the account page. A language that lacks one does not compile.

use crate::web::language::Language;

/// The texts of the page in one language.
#[derive(Debug)]
pub struct AccountText {
    pub title: &'static str,
    pub introduction: &'static str,
    pub skip: &'static str,
    pub this_device: &'static str,
    pub active: &'static str,
    pub signed_in: &'static str,
    pub expires: &'static str,
    pub address: &'static str,
    pub place_unknown: &'static str,
    pub sign_out: &'static str,
    pub was_this_you: &'static str,
    pub was_this_you_explained: &'static str,
    pub was_me: &'static str,
    pub was_not_me: &'static str,
    pub answered_was_me: &'static str,
    pub answered_was_not_me: &'static str,
    pub end_session: &'static str,
    pub end_others: &'static str,
    pub end_others_explained: &'static str,
    pub only_this_device: &'static str,
    pub recent_sign_ins: &'static str,
    pub recent_explained: &'static str,
    pub time: &'static str,
    pub device: &'static str,
    pub place: &'static str,
    pub result: &'static str,
    pub succeeded: &'static str,
    pub failed: &'static str,
    pub none: &'static str,
    pub language: &'static str,
    pub ended_one: &'static str,
    pub ended_none: &'static str,
    /// With `{count}`.
    pub ended_others: &'static str,
    pub signed_out_heading: &'static str,
    pub signed_out: &'static str,
    pub not_signed_in: &'static str,
    pub sign_in: &'static str,
    pub authenticate_again_heading: &'static str,
    /// With `{age}`.
    pub authenticate_again: &'static str,
    pub authenticate_stronger: &'static str,
    pub back: &'static str,
    pub unavailable_heading: &'static str,
    pub unavailable: &'static str,
    pub cross_site_heading: &'static str,
    pub cross_site: &'static str,
    pub invalid_heading: &'static str,
    pub invalid: &'static str,
    pub link_was_me_heading: &'static str,
    pub link_was_me: &'static str,
    pub link_was_me_confirm: &'static str,
    pub link_was_not_me_heading: &'static str,
    pub link_was_not_me: &'static str,
    pub link_was_not_me_confirm: &'static str,
    pub link_done_heading: &'static str,
    pub link_done_was_me: &'static str,
    pub link_done_was_not_me: &'static str,
    pub link_already_answered: &'static str,
    pub link_other_answer: &'static str,
    pub link_expired_heading: &'static str,
    pub link_expired: &'static str,
    pub link_invalid_heading: &'static str,
    pub link_invalid: &'static str,
    pub limited: &'static str,
}

impl AccountText {
    #[must_use]
    pub const fn in_language(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
        }
    }
}

static ENGLISH: AccountText = AccountText {
    title: "Your sessions",
    introduction: "These devices are signed in to your account. End a session that you do not recognise.",
    skip: "Skip to the content",
    this_device: "This device",
    active: "Active",
    signed_in: "Signed in",
    expires: "Ends",
    address: "Address",
    place_unknown: "Unknown place",
    sign_out: "Sign out",
    was_this_you: "Was this you?",
    was_this_you_explained: "We noticed unusual activity in your account. If it was not you, that session ends at once.",
    was_me: "This was me",
    was_not_me: "This was not me",
    answered_was_me: "Thank you. This device and place are known now.",
    answered_was_not_me: "That session has ended. Change your password if somebody else may know it.",
    end_session: "End session",
    end_others: "End all other sessions",
    end_others_explained: "Every device but this one is signed out at once.",
    only_this_device: "No other device is signed in.",
    recent_sign_ins: "Recent sign-ins",
    recent_explained: "Sign-ins to your account and failed attempts, latest first.",
    time: "Time",
    device: "Device",
    place: "Place",
    result: "Result",
    succeeded: "Signed in",
    failed: "Failed",
    none: "None",
    language: "Language",
    ended_one: "The session has ended.",
    ended_none: "That session had already ended.",
    ended_others: "Other sessions ended: {count}.",
    signed_out_heading: "You are signed out",
    signed_out: "This session has ended. You may close this page.",
    not_signed_in: "Sign in to see the devices on which you are signed in.",
    sign_in: "Sign in",
    authenticate_again_heading: "Please sign in again",
    authenticate_again: "You signed in more than {age} ago. Sign in again to end other sessions.",
    authenticate_stronger: "Sign in with a stronger method, such as a second factor, to end other sessions.",
    back: "Back",
    unavailable_heading: "Your sessions cannot be shown at the moment",
    unavailable: "Please try again in a moment. Nothing was changed.",
    cross_site_heading: "Nothing was changed",
    cross_site: "The request came from another site. Repeat it on this page.",
    invalid_heading: "The request is not valid",
    invalid: "Open the page again and repeat it.",
    link_was_me_heading: "Was this you?",
    link_was_me: "Confirm that it was you. Sign-ins from this place and device are then not reported again.",
    link_was_me_confirm: "Yes, this was me",
    link_was_not_me_heading: "Was this not you?",
    link_was_not_me: "Confirm that it was somebody else. The session is then ended at once.",
    link_was_not_me_confirm: "This was not me: end the session",
    link_done_heading: "Your answer",
    link_done_was_me: "Thank you. The place and the device are known from now on.",
    link_done_was_not_me: "Thank you. The session is ended. Change your password now.",
    link_already_answered: "You have already given this answer. It stays as it is.",
    link_other_answer: "The other answer was given before, and it stays. Review your sessions if it was wrong.",
    link_expired_heading: "The link has expired",
    link_expired: "A link is valid for 24 hours. Sign in and review your sessions.",
    link_invalid_heading: "The link is not valid",
    link_invalid: "Use the complete link of the message. Nothing was changed.",
    limited: "Too many requests came from your network. Please try again in a minute.",
};

static GERMAN: AccountText = AccountText {
    title: "Ihre Sitzungen",
    introduction: "Diese Geräte sind bei Ihrem Konto angemeldet. Beenden Sie eine Sitzung, die Sie nicht kennen.",
    skip: "Zum Inhalt springen",
    this_device: "Dieses Gerät",
    active: "Aktiv",
    signed_in: "Angemeldet",
    expires: "Endet",
    address: "Adresse",
    place_unknown: "Ort unbekannt",
    sign_out: "Abmelden",
    was_this_you: "Waren Sie das?",
    was_this_you_explained: "Uns ist eine ungewöhnliche Aktivität bei Ihrem Konto aufgefallen. Wenn Sie es nicht waren, endet diese Sitzung sofort.",
    was_me: "Das war ich",
    was_not_me: "Das war ich nicht",
    answered_was_me: "Danke. Dieses Gerät und dieser Ort sind nun bekannt.",
    answered_was_not_me: "Diese Sitzung ist beendet. Ändern Sie Ihr Passwort, falls jemand anders es kennen könnte.",
    end_session: "Sitzung beenden",
    end_others: "Alle anderen Sitzungen beenden",
    end_others_explained: "Alle Geräte außer diesem werden sofort abgemeldet.",
    only_this_device: "Kein anderes Gerät ist angemeldet.",
    recent_sign_ins: "Letzte Anmeldungen",
    recent_explained: "Anmeldungen bei Ihrem Konto und fehlgeschlagene Versuche, die neuesten zuerst.",
    time: "Zeit",
    device: "Gerät",
    place: "Ort",
    result: "Ergebnis",
    succeeded: "Erfolgreich",
    failed: "Fehlgeschlagen",
    none: "Keine",
    language: "Sprache",
    ended_one: "Die Sitzung ist beendet.",
    ended_none: "Diese Sitzung war bereits beendet.",
    ended_others: "Andere beendete Sitzungen: {count}.",
    signed_out_heading: "Sie sind abgemeldet",
    signed_out: "Diese Sitzung ist beendet. Sie können die Seite schließen.",
    not_signed_in: "Melden Sie sich an, um zu sehen, auf welchen Geräten Sie angemeldet sind.",
    sign_in: "Anmelden",
    authenticate_again_heading: "Bitte melden Sie sich erneut an",
    authenticate_again: "Ihre Anmeldung ist älter als {age}. Melden Sie sich erneut an, um andere Sitzungen zu beenden.",
    authenticate_stronger: "Melden Sie sich stärker an, etwa mit einem zweiten Faktor, um andere Sitzungen zu beenden.",
    back: "Zurück",
    unavailable_heading: "Ihre Sitzungen können gerade nicht angezeigt werden",
    unavailable: "Bitte versuchen Sie es gleich noch einmal. Es wurde nichts geändert.",
    cross_site_heading: "Es wurde nichts geändert",
    cross_site: "Die Anfrage kam von einer anderen Website. Wiederholen Sie sie auf dieser Seite.",
    invalid_heading: "Die Anfrage ist ungültig",
    invalid: "Öffnen Sie die Seite erneut und wiederholen Sie die Anfrage.",
    link_was_me_heading: "Waren Sie das?",
    link_was_me: "Bestätigen Sie, dass Sie es waren. Anmeldungen von diesem Ort und Gerät werden dann nicht mehr gemeldet.",
    link_was_me_confirm: "Ja, das war ich",
    link_was_not_me_heading: "Waren Sie das nicht?",
    link_was_not_me: "Bestätigen Sie, dass es jemand anderes war. Die Sitzung wird dann sofort beendet.",
    link_was_not_me_confirm: "Das war ich nicht: Sitzung beenden",
    link_done_heading: "Ihre Antwort",
    link_done_was_me: "Danke. Ort und Gerät sind ab jetzt bekannt.",
    link_done_was_not_me: "Danke. Die Sitzung ist beendet. Ändern Sie jetzt Ihr Passwort.",
    link_already_answered: "Diese Antwort haben Sie schon gegeben. Es bleibt dabei.",
    link_other_answer: "Die andere Antwort wurde vorher gegeben und bleibt bestehen. Prüfen Sie Ihre Sitzungen, falls sie falsch war.",
    link_expired_heading: "Der Link ist abgelaufen",
    link_expired: "Ein Link gilt 24 Stunden. Melden Sie sich an und prüfen Sie Ihre Sitzungen.",
    link_invalid_heading: "Der Link ist ungültig",
    link_invalid: "Verwenden Sie den vollständigen Link aus der Nachricht. Es wurde nichts geändert.",
    limited: "Aus Ihrem Netz kamen zu viele Anfragen. Bitte versuchen Sie es in einer Minute noch einmal.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_exists_in_both_languages_and_with_the_same_placeholders() {
        let texts = |language| {
            let printed = format!("{:#?}", AccountText::in_language(language));
            let fields = printed.lines().filter_map(|line| line.trim().split_once(": "));
            fields.map(|(name, text)| (name.to_owned(), text.to_owned())).collect::<Vec<_>>()
        };
        let (english, german) = (texts(Language::English), texts(Language::German));
        assert!(english.len() > 30 && english.len() == german.len());
        for ((name, english), (_, german)) in english.iter().zip(&german) {
            assert!(english.len() > 4 && german.len() > 4, "{name} is empty");
            assert_ne!(english, german, "{name} is not translated");
            for placeholder in ["{count}", "{age}"] {
                assert_eq!(english.contains(placeholder), german.contains(placeholder), "{name}");
            }
        }
    }
}
