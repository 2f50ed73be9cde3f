//! Protection of browsers: headers, requests of other sites, and text of clients.

use session_authority::api::{ClientContext, CreateRequest};

use super::{Browser, with_admin};
use crate::service::fixture::{eventually, id_of, login_of};

const PAGES: &[&str] = &[
    "/console",
    "/console/sessions",
    "/console/user?user=ann",
    "/console/alerts",
    "/console/revoke?user=ann",
    "/console/audit",
    "/console/tenants",
    "/console/tenant?tenant=default",
    "/console/webhooks",
    "/console/health",
    "/console/sign-in",
    "/console/nothing",
    "/account/sessions",
    "/account/nothing",
];

#[tokio::test]
async fn every_page_has_the_protecting_headers() {
    let (service, key) = with_admin(&[]).await;
    let user = service.login("ann").await;
    let admin = Browser::of_admin(&service, &key, "Grace").await;
    let both = Browser { cookie: format!("{}; __Host-session={}", admin.cookie, user.token), ..Browser::new(&service) };
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                  form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
                  trusted-types 'none'";
    for browser in [&both, &Browser::new(&service)] {
        for path in PAGES {
            let response = browser.get(path).await;
            assert!(matches!(response.status, 200 | 303 | 401 | 404), "{path} {response:?}");
            for (name, value) in [
                ("content-security-policy", policy),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
                ("referrer-policy", "same-origin"),
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("cache-control", "no-store"),
            ] {
                assert_eq!(response.headers(name), [value], "{path} {name}");
            }
            assert!(!response.body.contains("style=\"") && !response.body.contains("onclick"), "{path}");
        }
    }
}

#[tokio::test]
async fn files_may_be_kept_because_their_address_changes_with_them() {
    let (service, _) = with_admin(&[]).await;
    let browser = Browser::new(&service);
    let page = browser.get("/console/sign-in").await.body;
    let addresses: Vec<_> = page.split('"').filter(|text| text.starts_with("/console/assets/")).collect();
    assert_eq!(addresses.len(), 4, "{page}");
    for address in addresses {
        let file = browser.get(address).await;
        assert_eq!(
            (file.status, file.header("cache-control")),
            (200, "public, max-age=31536000, immutable"),
            "{address}"
        );
        let (directory, name) = address.rsplit_once('/').expect("a path");
        let other = format!("{}0/{name}", &directory[..directory.len() - 1]);
        assert!(browser.get(&other).await.status == 404 || other == address);
    }
    assert_eq!(browser.get("/console/assets/../../etc/passwd").await.status, 404);
}

#[tokio::test]
async fn no_other_site_changes_anything() {
    let (service, key) = with_admin(&[]).await;
    let created = service.login("ann").await;
    let id = id_of(&created);
    let admin = Browser::of_admin(&service, &key, "Grace").await;
    let user = Browser::of_user(&service, &created.token);
    let reason = ("reason", "r");
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[],
    ] {
        for (browser, path, fields) in [
            (&admin, "/console/session/revoke", &[("id", id.as_str()), reason][..]),
            (&admin, "/console/user/forget", &[("user", "ann"), ("confirm", "ann"), reason]),
            (&admin, "/console/sign-out", &[]),
            (&admin, "/console/sign-in", &[("key", key.as_str()), ("name", "Mallory")]),
            (&user, "/account/sessions/revoke", &[("session_id", id.as_str())]),
            (&user, "/account/sessions/revoke-others", &[]),
        ] {
            let response = browser.post_with(path, fields, headers).await;
            assert_eq!((response.status, response.header("set-cookie")), (403, ""), "{path} {headers:?}");
        }
    }
    assert!(service.validate(&created.token).await.is_ok());
    assert_eq!(admin.get("/console").await.status, 200);
    let same = [("origin", "https://app.example")];
    let ended = admin.post_with("/console/session/revoke", &[("id", &id), reason], &same).await;
    assert_eq!(ended.status, 200, "a browser without fetch metadata on the same site");
    assert!(service.validate(&created.token).await.is_err());
}

#[tokio::test]
async fn a_request_that_is_no_form_of_bounded_size_is_refused() {
    let (service, key) = with_admin(&[]).await;
    let admin = Browser::of_admin(&service, &key, "Grace").await;
    let large = "x".repeat(20_000);
    assert_eq!(admin.post("/console/session/revoke", &[("reason", &large)]).await.status, 400);
    let json = [("sec-fetch-site", "same-origin"), ("content-type", "application/json")];
    let request = admin.get_with("/console/session/revoke", &json).await;
    assert_eq!(request.status, 404, "a change needs POST");
    assert_eq!(admin.get("/console/user/forget?user=ann&confirm=ann&reason=r").await.status, 404);
}

#[tokio::test]
async fn text_of_clients_and_callers_stays_text() {
    let (service, key) = with_admin(&[]).await;
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let user = format!("{hostile}\u{202e}\u{200b}");
    let client = ClientContext {
        user_agent: format!("Mozilla/5.0 {hostile}\u{202e}"),
        device_id: hostile.to_owned(),
        ..ClientContext::default()
    };
    let login = CreateRequest { client: Some(client), roles: vec![hostile.to_owned()], ..login_of(&user) };
    let created = service.create(login).await.expect("a session");
    let admin = Browser::of_admin(&service, &key, hostile).await;
    let encoded: String = url::form_urlencoded::byte_serialize(user.as_bytes()).collect();
    let id = id_of(&created);
    let search = format!("/console/sessions?user={encoded}");
    eventually("the session is found", || async { admin.get(&search).await.body.contains(&id) }).await;
    let session = format!("/console/session?id={id}");
    let reason = admin.post("/console/session/revoke", &[("id", &id), ("reason", hostile)]).await;
    assert_eq!(reason.status, 200);
    eventually("the reason is shown", || async { admin.get(&session).await.body.contains("session ended") }).await;
    let fresh = service.create(login_of(&user)).await.expect("a session");
    let pages = [
        admin.get(&search).await,
        admin.get(&session).await,
        admin.get(&format!("/console/user?user={encoded}")).await,
        admin.get(&format!("/console/audit?user={encoded}")).await,
        admin.get(&format!("/console/revoke?user={encoded}")).await,
        admin.get(&format!("/console?tenant={encoded}")).await,
        Browser::of_user(&service, &fresh.token).get("/account/sessions").await,
        Browser::new(&service).get(&format!("/console/sign-in?to={encoded}")).await,
    ];
    for page in pages {
        assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"), "{}", page.body);
        let shown = page.body.replace("value=\"", "");
        assert!(!shown.contains('\u{200b}') || page.body.contains("value=\""), "{}", page.body);
    }
    assert!(admin.get(&session).await.body.contains("\\u{202e}"), "characters that reorder text are visible");
}
