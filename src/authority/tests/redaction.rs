use super::fixture::{login, validation};
use crate::{
    authority::{LoginRequest, SessionChanges, SessionSelector, revoke_all::ExemptSession},
    domain::{BearerToken, SessionData, alert::NotificationContact},
};

#[test]
fn no_request_prints_a_token_or_an_address() {
    let (token, email) = (BearerToken::new("sa_secret".to_owned()), "ann@example.org".to_owned());
    let login = LoginRequest {
        email: email.clone(),
        contact: NotificationContact { email: email.clone(), locale: "de".to_owned() },
        data: SessionData::from_stored(b"sa_secret".to_vec()),
        request_id: "r-1".to_owned(),
        ..login("ann")
    };
    let changes =
        SessionChanges { email: Some(email.clone()), data: Some(login.data.clone()), ..SessionChanges::default() };
    let validation = validation(&token);
    let (target, except) = (SessionSelector::Token(token.clone()), ExemptSession::Token(token));
    let printed = format!("{login:?} {changes:?} {validation:?} {target:?} {except:?}");
    for secret in ["sa_secret", &email, &format!("{:?}", b"sa_secret")] {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert!(printed.contains("r-1"), "{printed}");
}
