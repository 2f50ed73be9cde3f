//! Failed authentications, as the relay appends them.

use session_authority::domain::{
    AuthEventKind, AuthFailure, Cause, Device, DeviceType, Event, EventId, EventKind, EventSubject, Location, Owner,
    UserId,
    search::{AuditEventKind, EventSearch},
};

use super::{HistoryFixture, HistoryModel, made_at};

fn failed(number: u8, kind: AuthEventKind, method: &str) -> Event {
    let at = made_at(number.into());
    let failure = AuthFailure {
        owner: Owner::new("acme", "ann").expect("an owner"),
        kind,
        method: method.to_owned(),
        location: Location { ip: "192.0.2.7".parse().ok(), country: "BR".to_owned(), asn: 7, ..Location::default() },
        device: Device {
            id: "burner".to_owned(),
            name: "Chrome on Windows".to_owned(),
            kind: DeviceType::Desktop,
            ..Device::default()
        },
        at,
    };
    Event {
        id: EventId::from_report([number; 16]),
        kind: EventKind::AuthFailed(kind),
        at,
        subject: EventSubject::AuthFailure(Box::new(failure)),
        cause: Cause { caller: "login".to_owned(), ..Cause::default() },
    }
}

async fn failures_read_back_whole(fixture: HistoryFixture) {
    let failures = [failed(1, AuthEventKind::MfaDenied, "otp"), failed(9, AuthEventKind::PasswordFailed, "")];
    fixture.append(&failures).await;
    let repeated = fixture.log.append(&failures).await.expect("appended");
    assert_eq!(repeated.added, 0, "each is recorded once");

    let search = EventSearch { kinds: vec![AuditEventKind::AuthFailed], ..EventSearch::default() };
    let events = fixture.events(&search).await;
    let kinds: Vec<_> = events.iter().map(|event| event.auth_event_kind).collect();
    assert_eq!(kinds, [Some(AuthEventKind::PasswordFailed), Some(AuthEventKind::MfaDenied)]);
    let [unstated, denied] = &events[..] else { panic!("{events:?}") };
    assert_eq!((unstated.auth_methods.as_slice(), denied.auth_methods.as_slice()), (&[][..], &["otp".to_owned()][..]));
    assert_eq!(denied.user.as_ref().map(UserId::as_str), Some("ann"));
    assert_eq!((denied.location.country.as_str(), denied.location.asn), ("BR", 7));
    assert_eq!((denied.device.name.as_str(), denied.session), ("Chrome on Windows", None));
}

#[tokio::test]
async fn failures_read_back_whole_from_postgres() {
    failures_read_back_whole(HistoryFixture::postgres(&HistoryModel::default()).await).await;
}

#[tokio::test]
async fn failures_read_back_whole_from_sqlite() {
    failures_read_back_whole(HistoryFixture::sqlite(&HistoryModel::default()).await).await;
}
