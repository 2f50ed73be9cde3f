//! The console: sign-in, and what administrators do.

use std::time::Duration;

use session_authority::{
    api::{AuditEventKind, ListEventsRequest, RejectReason},
    domain::CallerRole,
};

use super::{Browser, CONSOLE_COOKIE, LISTEN, with_admin, with_admin_on};
use crate::{
    service::{
        callers::{KeyRing, directory, guarded_with},
        fixture::{START, TestService, eventually, id_of, login_of, reason_of, signed},
        webhooks::{add, endpoint, receiver::Receiver},
    },
    support::redis::RedisServer,
};

/// Waits until the audit database has so many events of a kind, and returns them.
async fn events(service: &TestService, key: &str, kind: AuditEventKind) -> Vec<session_authority::api::AuditEvent> {
    let list = || async {
        let request = ListEventsRequest { kinds: vec![kind.into()], ..ListEventsRequest::default() };
        service.admin().list_events(signed(key, request)).await.expect("events").into_inner().events
    };
    eventually("the events have arrived", || async { !list().await.is_empty() }).await;
    list().await
}

#[tokio::test]
async fn an_administrator_signs_in_with_a_key_and_out() {
    let (service, key) = with_admin(&[]).await;
    let mut browser = Browser::new(&service);
    let asked = browser.get("/console/sessions?user=ann").await;
    assert_eq!(
        (asked.status, asked.header("location")),
        (303, "/console/sign-in?to=%2Fconsole%2Fsessions%3Fuser%3Dann")
    );
    let response = browser.sign_in(&key, "Grace Hopper").await;
    assert_eq!((response.status, response.header("location")), (303, "/console"));
    let cookie = response.header("set-cookie");
    assert!(
        cookie.starts_with(CONSOLE_COOKIE) && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"),
        "{cookie}"
    );
    assert!(!cookie.contains(&key) && !cookie.contains("sak_"), "the key is not stored in the browser");
    let overview = browser.get("/console").await;
    assert_eq!(overview.status, 200, "{overview:?}");
    assert!(overview.body.contains("Grace Hopper") && overview.body.contains("Sign out"), "{}", overview.body);
    let sessions = service.list_of("console", "Grace Hopper").await;
    assert_eq!((sessions.len(), sessions[0].policy.as_str()), (1, "office-day"), "a session of this very service");
    let out = browser.post("/console/sign-out", &[]).await;
    assert_eq!((out.status, out.header("location")), (303, "/console/sign-in?done=signed-out"));
    assert_eq!(browser.get("/console").await.status, 303, "the old cookie opens nothing");
    assert!(service.list_of("console", "Grace Hopper").await.is_empty());
}

#[tokio::test]
async fn only_a_usable_key_of_role_admin_signs_in() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let (issuer, admin) = (ring.add("login", CallerRole::Issuer, &[]), ring.add("ops", CallerRole::Admin, &[]));
    let revoked = ring.add("old", CallerRole::Admin, &[]);
    ring.revoke("old");
    let service = guarded_with(directory, &[LISTEN]).await;
    let mut browser = Browser::new(&service);
    let other = if admin.ends_with('A') { "B" } else { "A" };
    let wrong = format!("{}{other}", &admin[..admin.len() - 1]);
    for (key, name, status) in [
        (issuer.as_str(), "Grace", 403),
        (&revoked, "Grace", 401),
        (&wrong, "Grace", 401),
        ("letmein", "Grace", 401),
        ("", "Grace", 400),
        (&admin, "", 400),
        (&admin, "Grace\u{7}", 400),
    ] {
        let response = browser.sign_in(key, name).await;
        assert_eq!((response.status, response.header("set-cookie")), (status, ""), "{key} {response:?}");
        assert!(!response.body.contains("sak_"), "the key is not repeated");
    }
}

#[tokio::test]
async fn a_trusted_gateway_signs_administrators_in() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let (key, issuer) = (ring.add("gateway", CallerRole::Admin, &[]), ring.add("login", CallerRole::Issuer, &[]));
    let settings = [LISTEN, ("CONSOLE__GATEWAY_HEADER", "x-console-user")];
    let service = guarded_with(directory, &settings).await;
    let mut browser = Browser::new(&service);
    let (bearer, of_issuer) = (format!("Bearer {key}"), format!("Bearer {issuer}"));
    let grace = [("x-console-user", "Grace"), ("authorization", bearer.as_str())];
    for (headers, status) in [
        (&[("x-console-user", "Grace")][..], 200),
        (&[("authorization", bearer.as_str())], 200),
        (&[("x-console-user", "Grace"), ("authorization", "Bearer sak_invented")], 401),
        (&[("x-console-user", "Grace"), ("authorization", of_issuer.as_str())], 403),
        (&[("x-console-user", "Grace"), ("x-console-user", "Ada"), ("authorization", bearer.as_str())], 400),
    ] {
        let refused = browser.get_with("/console/sign-in", headers).await;
        assert_eq!((refused.status, refused.header("set-cookie")), (status, ""), "{headers:?}");
    }
    let response = browser.get_with("/console/sign-in?to=/console/audit", &grace).await;
    assert_eq!((response.status, response.header("location")), (303, "/console/audit"), "{response:?}");
    let (cookie, _) = response.header("set-cookie").split_once(';').expect("a cookie");
    cookie.clone_into(&mut browser.cookie);
    let page = browser.get_with("/console", &grace).await;
    assert!(page.status == 200 && page.body.contains("Grace"), "{page:?}");
    let other = [("x-console-user", "Ada"), ("authorization", bearer.as_str())];
    assert_eq!(browser.get_with("/console", &other).await.status, 303, "the session belongs to somebody else");
}

#[tokio::test]
async fn nobody_trusts_the_header_of_a_gateway_unless_it_is_set() {
    let (service, key) = with_admin(&[]).await;
    let bearer = format!("Bearer {key}");
    let headers = [("x-console-user", "Grace"), ("authorization", bearer.as_str())];
    let page = Browser::new(&service).get_with("/console/sign-in", &headers).await;
    assert_eq!((page.status, page.header("set-cookie")), (200, ""));
}

#[tokio::test]
async fn failed_sign_ins_are_limited_by_address_until_the_minute_is_over() {
    let (service, key) = with_admin(&[("HTTP__CLIENT_POSITION", "1")]).await;
    let browser = Browser::new(&service);
    let attempt = |key: String, address: &'static str| {
        let browser = &browser;
        async move {
            let headers = [("sec-fetch-site", "same-origin"), ("x-forwarded-for", address)];
            browser.post_with("/console/sign-in", &[("key", key.as_str()), ("name", "Grace")], &headers).await
        }
    };
    for _ in 0..10 {
        assert_eq!(attempt("letmein".to_owned(), "198.51.100.1").await.status, 401);
    }
    let limited = attempt(key.clone(), "198.51.100.1").await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, "60"), "also with the right key");
    assert_eq!(attempt(key.clone(), "198.51.100.2").await.status, 303, "another address");
    service.clock.set(START.plus(Duration::from_mins(1)));
    assert_eq!(attempt(key, "198.51.100.1").await.status, 303);
}

#[tokio::test]
async fn the_session_ends_with_its_key() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let key = ring.add("ops", CallerRole::Admin, &[]);
    let _other = ring.add("other", CallerRole::Admin, &[]);
    let service = guarded_with(directory, &[LISTEN]).await;
    let browser = Browser::of_admin(&service, &key, "Grace").await;
    assert_eq!(browser.get("/console").await.status, 200);
    ring.revoke("ops");
    eventually("the key is refused", || async { browser.get("/console").await.status == 303 }).await;
}

#[tokio::test]
async fn the_session_ends_when_it_is_idle_or_revoked() {
    let (service, key) = with_admin(&[]).await;
    let (one, other) =
        (Browser::of_admin(&service, &key, "Grace").await, Browser::of_admin(&service, &key, "Ada").await);
    service.revoke_all_of("console", "Grace").await;
    assert_eq!(one.get("/console").await.status, 303);
    assert_eq!(other.get("/console").await.status, 200, "two administrators at once");
    service.clock.set(START.plus(Duration::from_mins(25)));
    assert_eq!(other.get_with("/console", &[("x-page-refresh", "1")]).await.status, 200);
    service.clock.set(START.plus(Duration::from_mins(40)));
    assert_eq!(other.get("/console").await.status, 303, "a page that refreshes itself is no activity");
}

#[tokio::test]
async fn a_session_of_the_tenant_that_others_created_opens_nothing() {
    let (service, key) = with_admin(&[]).await;
    let browser = Browser::of_admin(&service, &key, "Grace").await;
    let mut login = login_of("Grace");
    "console".clone_into(&mut login.tenant_id);
    let created = service.create(login).await.expect("a session");
    let (_, value) = browser.cookie.split_once('=').expect("a cookie");
    let parts: Vec<_> = value.split('~').collect();
    let [_, key_id, mac] = parts[..] else { panic!("three parts") };
    for forged in
        [format!("{}~{key_id}~{mac}", created.token), created.token.clone(), format!("{}~{key_id}~", created.token)]
    {
        let browser = Browser { cookie: format!("{CONSOLE_COOKIE}={forged}"), ..Browser::new(&service) };
        assert_eq!(browser.get("/console").await.status, 303, "{forged}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_console_works_on_redis() {
    let (service, key) = with_admin_on(Some(RedisServer::start().await), &[]).await;
    sessions_end_with_a_reason(&service, &key).await;
    alerts_are_answered_with_a_reason(&service, &key).await;
    let browser = Browser::of_admin(&service, &key, "Grace").await;
    let health = browser.get("/console/health").await;
    assert!(health.body.contains("responded") && health.body.contains(env!("CARGO_PKG_VERSION")), "{}", health.body);
}

#[tokio::test]
async fn sessions_are_found_shown_and_ended_with_a_reason() {
    let (service, key) = with_admin(&[]).await;
    sessions_end_with_a_reason(&service, &key).await;
}

async fn sessions_end_with_a_reason(service: &TestService, key: &str) {
    let created = service.login("ann").await;
    let browser = Browser::of_admin(service, key, "Grace").await;
    let id = id_of(&created);
    eventually("the search finds the session", || async {
        browser.get("/console/sessions?user=ann&state=LIVE").await.body.contains(&id)
    })
    .await;
    assert!(!browser.get("/console/sessions?user=ann&country=SE").await.body.contains(&id));
    let page = browser.get(&format!("/console/session?id={id}")).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Chrome on Windows") && page.body.contains("ann@example.com"), "{}", page.body);
    let without = browser.post("/console/session/revoke", &[("id", &id)]).await;
    assert_eq!(without.status, 400, "a reason is required");
    assert!(service.validate(&created.token).await.is_ok());
    let ended = browser.post("/console/session/revoke", &[("id", &id), ("reason", "lost laptop")]).await;
    assert_eq!(ended.status, 200, "{ended:?}");
    let rejection = service.validate(&created.token).await.expect_err("ended");
    assert_eq!((rejection.actor.as_str(), rejection.stated_reason.as_str()), ("Grace", "lost laptop"));
    let recorded = events(service, key, AuditEventKind::SessionEnded).await;
    let event = recorded.iter().find(|event| event.session_id == id).expect("an event");
    assert_eq!((event.actor.as_str(), event.caller.as_str(), event.reason.as_str()), ("Grace", "ops", "lost laptop"));
    let history = browser.get(&format!("/console/session?id={id}")).await;
    assert!(
        history.body.contains("lost laptop") && history.body.contains("session ended: revoked"),
        "{}",
        history.body
    );
}

#[tokio::test]
async fn all_sessions_of_a_user_end_after_their_number_was_confirmed() {
    let (service, key) = with_admin(&[]).await;
    let (one, two) = (service.login("ann").await, service.login("ann").await);
    let browser = Browser::of_admin(&service, &key, "Grace").await;
    let page = browser.get("/console/user?user=ann").await;
    assert!(page.body.contains("type the number of active sessions: 2"), "{}", page.body);
    let fields = [("user", "ann"), ("tenant", ""), ("reason", "password changed"), ("operation_id", "o1")];
    for confirm in ["", "1", "all"] {
        let fields = [&fields[..], &[("confirm", confirm)]].concat();
        assert_eq!(browser.post("/console/user/revoke-all", &fields).await.status, 400, "{confirm}");
    }
    assert!(service.validate(&one.token).await.is_ok());
    let done = browser.post("/console/user/revoke-all", &[&fields[..], &[("confirm", "2")]].concat()).await;
    assert!(done.body.contains("Sessions ended: 2."), "{}", done.body);
    for token in [&one.token, &two.token] {
        assert_eq!(reason_of(&service.validate(token).await), RejectReason::RevokedAll);
    }
}

#[tokio::test]
async fn a_user_is_forgotten_after_the_id_was_typed() {
    let (service, key) = with_admin(&[]).await;
    let created = service.login("ann").await;
    let browser = Browser::of_admin(&service, &key, "Grace").await;
    let fields = [("user", "ann"), ("reason", "request 17")];
    assert_eq!(browser.post("/console/user/forget", &[&fields[..], &[("confirm", "bob")]].concat()).await.status, 400);
    assert!(service.validate(&created.token).await.is_ok());
    let done = browser.post("/console/user/forget", &[&fields[..], &[("confirm", "ann")]].concat()).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert!(done.body.contains("Sessions ended: 1."), "{}", done.body);
    assert!(service.validate(&created.token).await.is_err());
}

#[tokio::test]
async fn matching_sessions_end_only_in_the_number_that_was_counted() {
    let (service, key) = with_admin(&[]).await;
    let ann = service.login("ann").await;
    let browser = Browser::of_admin(&service, &key, "Grace").await;
    eventually("the dry run finds the session", || async {
        browser.get("/console/revoke?user=ann&dry_run=yes").await.body.contains("1 active session matches")
    })
    .await;
    assert!(service.validate(&ann.token).await.is_ok(), "a dry run ends nothing");
    assert!(browser.get("/console/revoke?tenant=default&dry_run=yes").await.body.contains("Enter a criterion"));
    let second = service.login("ann").await;
    eventually("the second one has arrived", || async {
        browser.get("/console/revoke?user=ann").await.body.contains("2 active sessions match")
    })
    .await;
    let fields = [("user", "ann"), ("reason", "incident 4")];
    let grown = browser.post("/console/revoke", &[&fields[..], &[("count", "1"), ("confirm", "1")]].concat()).await;
    assert_eq!(grown.status, 400, "{grown:?}");
    assert!(grown.body.contains("none has ended") && service.validate(&second.token).await.is_ok());
    for (count, confirm) in [("2", "1"), ("2", ""), ("0", "0")] {
        let fields = [&fields[..], &[("count", count), ("confirm", confirm)]].concat();
        assert_eq!(browser.post("/console/revoke", &fields).await.status, 400);
    }
    let done = browser.post("/console/revoke", &[&fields[..], &[("count", "2"), ("confirm", "2")]].concat()).await;
    assert!(done.body.contains("Sessions ended: 2 of 2."), "{}", done.body);
    assert!(service.validate(&ann.token).await.is_err() && service.validate(&second.token).await.is_err());
}

#[tokio::test]
async fn an_administrator_of_one_tenant_sees_nothing_of_another() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let key = ring.add("acme-ops", CallerRole::Admin, &["acme"]);
    let service = guarded_with(directory, &[LISTEN, ("CALLERS__ANONYMOUS", "true")]).await;
    let created = service.login("ann").await;
    let browser = Browser::of_admin(&service, &key, "Grace").await;
    let id = id_of(&created);
    for path in [
        "/console/sessions?tenant=default",
        "/console/user?user=ann",
        "/console/tenant?tenant=default",
        "/console?tenant=default",
        "/console/alerts?tenant=default",
        "/console/audit?tenant=default",
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 403, "{path}");
        assert!(page.body.contains("Grace") && !page.body.contains(&id), "{}", page.body);
    }
    assert_eq!(browser.get(&format!("/console/session?id={id}")).await.status, 404);
    let ended = browser.post("/console/session/revoke", &[("id", &id), ("reason", "no")]).await;
    assert!(ended.body.contains("had already ended"), "{}", ended.body);
    assert!(service.validate(&created.token).await.is_ok());
    assert!(!browser.get("/console/sessions").await.body.contains(&id));
    let mut own = login_of("carol");
    "acme".clone_into(&mut own.tenant_id);
    service.create(own).await.expect("a session");
    eventually("its tenant is listed", || async { browser.get("/console/tenants").await.body.contains("acme") }).await;
    assert!(!browser.get("/console/tenants").await.body.contains("=default"));
}

#[tokio::test]
async fn all_sessions_of_a_tenant_end_after_its_name_was_typed() {
    let (service, key) = with_admin(&[]).await;
    let created = service.login("ann").await;
    let browser = Browser::of_admin(&service, &key, "Grace").await;
    let fields = [("tenant", "default"), ("reason", "breach")];
    let refused = browser.post("/console/tenant/revoke-all", &[&fields[..], &[("confirm", "acme")]].concat()).await;
    assert_eq!(refused.status, 400);
    assert!(service.validate(&created.token).await.is_ok());
    let done = browser.post("/console/tenant/revoke-all", &[&fields[..], &[("confirm", "default")]].concat()).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert!(service.validate(&created.token).await.is_err());
    assert_eq!(browser.get("/console").await.status, 200, "the administrator belongs to another tenant");
}

#[tokio::test]
async fn an_alert_is_answered_with_a_reason() {
    let (service, key) = with_admin(&[]).await;
    alerts_are_answered_with_a_reason(&service, &key).await;
}

async fn alerts_are_answered_with_a_reason(service: &TestService, key: &str) {
    let (first, second) = (service.raise_alert("", "ann").await, service.raise_alert("", "bob").await);
    let browser = Browser::of_admin(service, key, "Grace").await;
    let open = "/console/alerts?state=OPEN&user=";
    let id_of_alert = |page: &str| {
        let (_, rest) = page.split_once("name=\"alert_id\" value=\"").expect("a form");
        rest.split('"').next().expect("an ID").to_owned()
    };
    for (user, created, verdict, is_active) in [("ann", &first, "WAS_ME", true), ("bob", &second, "WAS_NOT_ME", false)]
    {
        let address = format!("{open}{user}");
        eventually("the alert is listed", || async { browser.get(&address).await.body.contains("new country") }).await;
        let alert_id = id_of_alert(&browser.get(&address).await.body);
        let fields = [("alert_id", alert_id.as_str()), ("user", user), ("verdict", verdict)];
        let without = browser.post("/console/alerts/answer", &fields).await;
        assert_eq!(without.status, 400, "a reason is required");
        let wrong = [("alert_id", alert_id.as_str()), ("user", "eve"), ("verdict", verdict), ("reason", "r")];
        assert_eq!(browser.post("/console/alerts/answer", &wrong).await.status, 404, "the alert of somebody else");
        assert!(service.validate(&created.token).await.is_ok());
        let fields = [&fields[..], &[("reason", "asked by phone")]].concat();
        let answered = browser.post("/console/alerts/answer", &fields).await;
        assert!(answered.status == 200 && answered.body.contains("Alert answered"), "{answered:?}");
        assert_eq!(service.validate(&created.token).await.is_ok(), is_active, "{user}");
    }
    eventually("the answers are listed", || async {
        let page = browser.get("/console/alerts?state=ANSWERED").await.body;
        page.contains("this was the user") && page.contains("this was not the user")
    })
    .await;
    let recorded = events(service, key, AuditEventKind::AlertAcknowledged).await;
    assert_eq!((recorded[0].actor.as_str(), recorded[0].reason.as_str()), ("Grace", "asked by phone"));
}

#[tokio::test]
async fn webhooks_are_listed_and_tested() {
    let (service, key) = with_admin(&[]).await;
    let browser = Browser::of_admin(&service, &key, "Grace").await;
    assert!(browser.get("/console/webhooks").await.body.contains("No endpoints"), "the first visit says what to do");
    let receiver = Receiver::start().await;
    add(&service, endpoint("siem", &format!("{}/secret-path", receiver.url()))).await;
    let page = browser.get("/console/webhooks").await.body;
    assert!(page.contains("siem") && page.contains("No dead letters") && !page.contains("secret-path"), "{page}");
    let tested = browser.post("/console/webhooks/test", &[("name", "siem")]).await;
    assert!(tested.body.contains("The endpoint accepted the message"), "{}", tested.body);
    for path in ["/console/webhooks/enable", "/console/webhooks/replay"] {
        assert_eq!(browser.post(path, &[("name", "siem")]).await.status, 400, "a reason is required");
        let done = browser.post(path, &[("name", "siem"), ("reason", "repaired")]).await;
        assert_eq!(done.status, 200, "{done:?}");
    }
    assert_eq!(browser.post("/console/webhooks/test", &[("name", "nothing")]).await.status, 404);
    let recorded = events(&service, &key, AuditEventKind::WebhookChanged).await;
    assert!(recorded.iter().any(|event| event.actor == "Grace" && event.reason == "repaired"), "{recorded:?}");
}

#[tokio::test]
async fn tenants_are_listed() {
    let (service, key) = with_admin(&[]).await;
    service.login("ann").await;
    let browser = Browser::of_admin(&service, &key, "Grace").await;
    eventually("the tenant is listed", || async {
        browser.get("/console/tenants").await.body.contains("href=\"/console/tenant?tenant=default\"")
    })
    .await;
}

#[tokio::test]
async fn the_audit_log_is_searched_and_exported() {
    let (service, key) = with_admin(&[]).await;
    let created = service.login("ann").await;
    service.login("bob").await;
    let browser = Browser::of_admin(&service, &key, "Grace").await;
    let path = "/console/audit?user=ann&kind=SESSION_CREATED";
    let id = id_of(&created);
    eventually("the event has arrived", || async { browser.get(path).await.body.contains(&id) }).await;
    assert!(!browser.get(path).await.body.contains("bob"));
    let csv = browser.get("/console/audit/export?user=ann&format=csv").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert!(csv.header("content-disposition").starts_with("attachment"), "{csv:?}");
    assert!(csv.body.contains("SESSION_CREATED,default,ann"), "{}", csv.body);
    let lines = browser.get("/console/audit/export?user=ann&format=jsonl").await;
    assert!(lines.body.contains("\"user_id\":\"ann\"") && !lines.body.contains("bob"), "{}", lines.body);
    assert_eq!(browser.get("/console/audit/export?format=xml").await.status, 400);
}

#[tokio::test]
async fn the_overview_counts_and_an_empty_one_says_what_to_do() {
    let (service, key) = with_admin(&[]).await;
    let browser = Browser::of_admin(&service, &key, "Grace").await;
    for address in ["/console", "/console?tenant=default"] {
        let unused = browser.get(address).await;
        assert!(unused.body.contains("session-authority simulate"), "{}", unused.body);
    }
    service.login("ann").await;
    eventually("the session counts", || async {
        let page = browser.get("/console?tenant=default").await.body;
        let all = browser.get("/console").await.body;
        let is_used = [&page, &all].iter().all(|page| !page.contains("session-authority simulate"));
        page.contains("<dt>Active sessions</dt><dd>1</dd>") && is_used
    })
    .await;
    let health = browser.get("/console/health").await;
    assert!(health.body.contains("Readiness checks") && health.body.contains("store"), "{}", health.body);
    assert!(health.body.contains("this node") && health.body.contains("Live nodes"), "{}", health.body);
}

#[tokio::test]
async fn pages_that_are_off_are_not_served() {
    let off = [LISTEN, ("CONSOLE__ENABLED", "false"), ("ACCOUNT__ENABLED", "false")];
    let service = TestService::start(None, &off).await;
    let browser = Browser::new(&service);
    for path in ["/console", "/console/sign-in", "/account/sessions"] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
}
