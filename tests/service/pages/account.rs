//! The page on which users review their sessions.

use std::time::Duration;

use session_authority::api::{ClientContext, CreateRequest, RejectReason};

use super::{Browser, LISTEN};
use crate::service::fixture::{START, TestService, eventually, id_of, login_of, reason_of};

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
     Version/18.1 Mobile/15E148 Safari/604.1";

fn login_on_phone(user: &str) -> CreateRequest {
    let client =
        ClientContext { user_agent: IPHONE.to_owned(), ip: "203.0.113.9".to_owned(), ..ClientContext::default() };
    CreateRequest { client: Some(client), ..login_of(user) }
}

async fn started(settings: &[(&str, &str)]) -> TestService {
    TestService::start(None, &[&[LISTEN], settings].concat()).await
}

#[tokio::test]
async fn a_user_sees_the_devices_and_this_one_first() {
    let service = started(&[]).await;
    let here = service.login("ann").await;
    service.create(login_on_phone("ann")).await.expect("a session");
    service.login("bob").await;
    let page = Browser::of_user(&service, &here.token).get("/account/sessions").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"), "{page:?}");
    let (chrome, safari) = (page.body.find("Chrome on Windows"), page.body.find("Safari on iPhone"));
    assert!(chrome.expect("this device") < safari.expect("the other one"), "{}", page.body);
    assert_eq!(page.body.matches("This device").count(), 1);
    assert_eq!(page.body.matches("<li class=\"card").count(), 2, "those of nobody else");
    let german =
        Browser::of_user(&service, &here.token).get_with("/account/sessions", &[("accept-language", "de")]).await;
    assert!(german.body.contains("<html lang=\"de\">") && german.body.contains("Safari auf iPhone"), "{}", german.body);
    assert!(german.body.contains("href=\"/account/sessions?lang=en\""), "{}", german.body);
}

#[tokio::test]
async fn a_user_ends_one_session_and_then_the_others() {
    let service = started(&[]).await;
    let here = service.login("ann").await;
    let [phone, tablet, third] = [(); 3].map(|()| login_on_phone("ann"));
    let phone = service.create(phone).await.expect("a session");
    let (tablet, third) = (service.create(tablet).await.expect("one"), service.create(third).await.expect("one"));
    let browser = Browser::of_user(&service, &here.token);
    let ended = browser.post("/account/sessions/revoke", &[("session_id", &id_of(&phone))]).await;
    assert_eq!((ended.status, ended.header("location")), (303, "/account/sessions?done=ended"));
    let rejection = service.validate(&phone.token).await.expect_err("ended");
    assert_eq!((rejection.reason(), rejection.actor.as_str()), (RejectReason::Revoked, "ann"));
    let again = browser.post("/account/sessions/revoke", &[("session_id", &id_of(&phone))]).await;
    assert_eq!(again.header("location"), "/account/sessions?done=none");
    let others = browser.post("/account/sessions/revoke-others", &[("lang", "de")]).await;
    assert_eq!(others.header("location"), "/account/sessions?done=others&count=2&lang=de");
    for token in [&tablet.token, &third.token] {
        assert_eq!(reason_of(&service.validate(token).await), RejectReason::RevokedAll);
    }
    let page = browser.get("/account/sessions?done=others&count=2").await;
    assert!(page.body.contains("Other sessions ended: 2.") && page.body.contains("No other device"), "{}", page.body);
}

#[tokio::test]
async fn a_session_of_another_user_is_out_of_reach() {
    let service = started(&[]).await;
    let (ann, bob) = (service.login("ann").await, service.login("bob").await);
    let browser = Browser::of_user(&service, &ann.token);
    let response = browser.post("/account/sessions/revoke", &[("session_id", &id_of(&bob))]).await;
    assert_eq!(response.header("location"), "/account/sessions?done=none");
    assert!(service.validate(&bob.token).await.is_ok());
}

#[tokio::test]
async fn signing_out_removes_the_cookie() {
    let service = started(&[]).await;
    let ann = service.login("ann").await;
    let browser = Browser::of_user(&service, &ann.token);
    let response = browser.post("/account/sessions/revoke", &[("session_id", &id_of(&ann))]).await;
    assert_eq!(response.status, 200);
    assert!(response.header("set-cookie").starts_with("__Host-session=; Path=/; Max-Age=0"), "{response:?}");
    assert_eq!(reason_of(&service.validate(&ann.token).await), RejectReason::SignedOut);
    let page = browser.get("/account/sessions").await;
    assert_eq!(page.status, 401, "the token opens nothing now");
}

#[tokio::test]
async fn without_a_session_the_page_leads_to_the_sign_in() {
    let service = started(&[("ACCOUNT__LOGIN_URL", "/login")]).await;
    for cookie in ["", "__Host-session=x", "__Host-session=x; __Host-session=y"] {
        let browser = Browser { cookie: cookie.to_owned(), ..Browser::new(&service) };
        let page = browser.get("/account/sessions").await;
        assert_eq!(page.status, 401, "{cookie}");
        assert!(page.body.contains("href=\"/login\""), "{}", page.body);
        assert_eq!(browser.post("/account/sessions/revoke-others", &[]).await.status, 401);
    }
}

#[tokio::test]
async fn an_old_authentication_ends_no_other_session() {
    let service = started(&[("HTTP__USER_SESSIONS__MAX_AUTH_AGE", "15m"), ("ACCOUNT__LOGIN_URL", "/login")]).await;
    let (here, other) = (service.login("ann").await, service.create(login_on_phone("ann")).await.expect("a session"));
    service.clock.set(START.plus(Duration::from_mins(16)));
    let browser = Browser::of_user(&service, &here.token);
    for (path, fields) in [
        ("/account/sessions/revoke-others", &[][..]),
        ("/account/sessions/revoke", &[("session_id", id_of(&other).as_str())]),
    ] {
        let refused = browser.post(path, fields).await;
        assert_eq!(refused.status, 403, "{path}");
        assert!(refused.body.contains("more than 15 min ago") && refused.body.contains("/login"), "{}", refused.body);
    }
    assert!(service.validate(&other.token).await.is_ok());
    assert_eq!(
        browser.post("/account/sessions/revoke", &[("session_id", &id_of(&here))]).await.status,
        200,
        "sign-out"
    );
}

#[tokio::test]
async fn a_user_answers_what_an_alert_asks() {
    let service = started(&[]).await;
    let elsewhere = service.raise_alert("", "ann").await;
    let here = service.login("ann").await;
    let bob = service.login("bob").await;
    let browser = Browser::of_user(&service, &here.token);
    eventually("the page asks", || async { browser.get("/account/sessions").await.body.contains("Was this you?") })
        .await;
    let page = browser.get("/account/sessions").await.body;
    let (_, rest) = page.split_once("name=\"alert_id\" value=\"").expect("a question");
    let alert_id = rest.split('"').next().expect("an ID");
    let fields = [("alert_id", alert_id), ("verdict", "WAS_NOT_ME")];
    let other = Browser::of_user(&service, &bob.token);
    assert!(!other.get("/account/sessions").await.body.contains("Was this you?"), "nobody else is asked");
    assert_eq!(other.post("/account/sessions/answer", &fields).await.status, 404, "the alert of somebody else");
    assert_eq!(browser.post("/account/sessions/answer", &fields[..1]).await.status, 400, "no answer");
    let cross = browser.post_with("/account/sessions/answer", &fields, &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(cross.status, 403);
    assert!(service.validate(&elsewhere.token).await.is_ok());
    let answered = browser.post("/account/sessions/answer", &fields).await;
    assert_eq!((answered.status, answered.header("location")), (303, "/account/sessions?done=was-not-me"));
    assert!(service.validate(&elsewhere.token).await.is_err());
    assert!(service.validate(&here.token).await.is_ok());
    let done = browser.get("/account/sessions?done=was-not-me").await;
    assert!(done.body.contains("That session has ended."), "{}", done.body);
}
