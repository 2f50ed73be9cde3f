//! Where messages may be sent.

use session_authority::api::{TestWebhookRequest, Webhook};
use tonic::Code;

use super::{
    TestService, add, endpoint,
    receiver::{Receiver, Reply},
    webhooks,
};
use crate::{
    service::fixture::{error_parts, eventually},
    support::certificates::ServerCertificate,
};

async fn test(service: &TestService, name: &str) -> session_authority::api::TestWebhookResponse {
    let request = TestWebhookRequest { name: name.to_owned() };
    webhooks(service).test_webhook(request).await.expect("a test").into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_resolves_to_a_private_address_is_refused_unless_it_is_allowed() {
    let certificate = ServerCertificate::generate();
    let receiver = Receiver::start_tls(&certificate).await;
    let directory = tempfile::tempdir().expect("a directory");
    let authority = directory.path().join("authority.pem");
    std::fs::write(&authority, &certificate.authority).expect("a file");
    let authority = authority.to_string_lossy().into_owned();
    let service = TestService::start_in(directory, None, &[("WEBHOOKS__CA_FILE", &authority)]).await;

    add(&service, Webhook { allow_private_addresses: false, ..endpoint("guarded", &receiver.url()) }).await;
    let refused = test(&service, "guarded").await;
    assert!(!refused.delivered && refused.error.contains("not a public address"), "{}", refused.error);
    assert_eq!(receiver.requests().len(), 0);

    // The same receiver with the protection off.
    add(&service, endpoint("open", &receiver.url())).await;
    let delivered = test(&service, "open").await;
    assert!(delivered.delivered && delivered.status == 200, "{}", delivered.error);
    let requests = receiver.wait_for(1).await;
    let sent: Vec<_> = requests.iter().filter(|request| request.event_type() == "webhook.test").collect();
    assert_eq!(sent[0].id(), delivered.message_id);
    assert!(
        requests
            .iter()
            .all(|request| request.json()["data"]["webhook"] != "guarded" || request.event_type() != "webhook.test")
    );
    eventually("nothing is sent to the guarded name", || async {
        super::entry(&service, "guarded").await.last_error.contains("not a public address")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_with_a_certificate_of_another_authority_is_refused() {
    let certificate = ServerCertificate::generate();
    let receiver = Receiver::start_tls(&certificate).await;
    let service = TestService::on_sqlite().await;
    add(&service, endpoint("untrusted", &receiver.url())).await;
    let refused = test(&service, "untrusted").await;
    assert!(!refused.delivered && refused.error.starts_with("TLS failed"), "{}", refused.error);
    assert_eq!(receiver.requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plaintext_and_addresses_are_refused_where_they_are_set() {
    let service = TestService::on_sqlite().await;
    for (url, allow_private_addresses) in [
        ("http://example.com/", true),
        ("http://127.0.0.1:1/", false),
        ("https://user:secret@example.com/", false),
        ("ftp://example.com/", true),
    ] {
        let webhook = Webhook { allow_private_addresses, ..endpoint("refused", url) };
        let request = session_authority::api::AddWebhookRequest { webhook: Some(webhook), ..Default::default() };
        let status = webhooks(&service).add_webhook(request).await.expect_err("refused");
        let (code, _, fields) = error_parts(&status);
        assert_eq!((code, fields), (Code::InvalidArgument, vec!["webhook.url".to_owned()]), "{url}");
        assert!(!format!("{status:?}").contains("secret"));
    }
    for ip in ["10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "0x7f000001"] {
        let url = format!("https://{ip}/");
        let name = format!("n{}", ip.bytes().map(u32::from).sum::<u32>());
        add(&service, Webhook { allow_private_addresses: false, ..endpoint(&name, &url) }).await;
        let refused = test(&service, &name).await;
        assert!(refused.error.contains("not a public address"), "{ip}: {}", refused.error);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_is_not_followed() {
    let (first, second) = (Receiver::start().await, Receiver::start().await);
    let service = TestService::on_sqlite().await;
    add(&service, endpoint("redirecting", &first.url())).await;
    let location = format!("location: http://127.0.0.1:{}/\r\n", second.address.port());
    first.always(Reply::Status(307, Box::leak(location.into_boxed_str())));
    let refused = test(&service, "redirecting").await;
    assert!(!refused.delivered && refused.status == 307);
    assert_eq!(second.requests().len(), 0);
}
