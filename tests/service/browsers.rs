//! Data from a browser never causes an error: otherwise its sender could make requests of its user, or of everybody,
//! fail.

use session_authority::api::{ClientContext, CreateRequest, ValidateRequest};

use super::fixture::{TestService, id_of, login_of};

super::on_every_engine![
    whatever_a_browser_sends_a_login_succeeds_and_a_token_gets_its_verdict,
    a_device_id_that_cannot_be_used_counts_as_none,
];

/// Returns contexts that exceed one limit each.
fn browsers() -> Vec<ClientContext> {
    let long = "x".repeat(10_000);
    let none = ClientContext::default;
    vec![
        ClientContext { device_id: "d".repeat(200), ..none() },
        ClientContext { device_id: "phone\u{7}".to_owned(), ..none() },
        ClientContext { device_id: "\r\n".to_owned(), ..none() },
        ClientContext { user_agent: long.clone(), ..none() },
        ClientContext { user_agent: "Mozilla\u{0}\u{1b}[2J".to_owned(), ..none() },
        ClientContext { accept_language: long.clone(), accept_encoding: "\u{7f}".to_owned(), ..none() },
        ClientContext { device_id: long.clone(), user_agent: long.clone(), accept_language: long, ..none() },
    ]
}

async fn whatever_a_browser_sends_a_login_succeeds_and_a_token_gets_its_verdict(service: TestService) {
    let ann = service.login("ann").await;
    for (number, browser) in browsers().into_iter().enumerate() {
        let login = CreateRequest { client: Some(browser.clone()), ..login_of(&format!("user-{number}")) };
        let created = service.create(login).await.unwrap_or_else(|status| panic!("{number}: {status}"));
        for token in [&created.token, &ann.token] {
            let client = Some(browser.clone());
            let request = ValidateRequest { token: token.clone(), client, ..ValidateRequest::default() };
            service.validate_request(request).await.unwrap_or_else(|rejection| panic!("{number}: {rejection:?}"));
        }
    }
}

async fn a_device_id_that_cannot_be_used_counts_as_none(service: TestService) {
    let sent = "d".repeat(129);
    let on = |device_id: &str| {
        let client = ClientContext { device_id: device_id.to_owned(), ..login_of("ann").client.expect("a client") };
        CreateRequest { client: Some(client), ..login_of("ann") }
    };
    let first = service.create(on(&sent)).await.expect("a session");
    let second = service.create(on(&sent)).await.expect("a session");
    let none = service.create(on("")).await.expect("a session");
    let device_of = |created: &session_authority::api::CreateResponse| {
        created.session.as_ref().and_then(|session| session.device.clone()).expect("a device").device_id
    };
    assert_ne!(device_of(&first), sent, "the response shows that it was not used");
    assert_eq!(device_of(&first), device_of(&none));
    assert!(second.ended.is_empty(), "a login without a device id replaces none");
    assert_ne!(id_of(&first), id_of(&second));
}
