//! The client that was seen last with a session, in the audit database.

use session_authority::{
    domain::{Device, DeviceType, EventKind, LastSeenClient, Location, SessionId, UnixMillis},
    store::SeenClient,
};

use super::{
    logins::{NOW, login},
    mass_endings::AuditTestDatabase,
    postgres::event,
};

fn seen(session_id: SessionId, ip: &str, at: UnixMillis) -> SeenClient {
    let location = Location { ip: ip.parse().ok(), country: "BR".to_owned(), asn: 64_501, ..Location::default() };
    let device = Device {
        id: "d".to_owned(),
        name: "curl".to_owned(),
        kind: DeviceType::Other,
        browser: "curl".to_owned(),
        ..Device::default()
    };
    SeenClient { session_id, client: LastSeenClient { at, location, device } }
}

pub async fn it_is_returned_by_a_search_and_stays_through_later_events(database: AuditTestDatabase) {
    let (session, other) = (login("ann", 1).session, login("ann", 2).session);
    database.append(&[&session, &other].map(|session| event(EventKind::Created, session, NOW))).await;
    let log = &database.audit.log;
    let later = seen(session.id, "203.0.113.9", UnixMillis::new(2_000));
    let unknown = login("ann", 3).session.id;
    log.refresh_clients(&[later.clone(), seen(unknown, "192.0.2.1", UnixMillis::new(1))]).await.expect("recorded");
    log.refresh_clients(&[seen(session.id, "192.0.2.1", UnixMillis::new(1_999))]).await.expect("an earlier one");
    log.refresh_clients(&[]).await.expect("nothing");
    let mut updated = session.clone();
    updated.record.revision = 2;
    database.append(&[event(EventKind::Updated, &updated, NOW)]).await;

    let found = database.sessions(None).await;
    let last_seen = |id| found.iter().find(|entry| entry.id == id).expect("a session").last_seen.clone();
    assert_eq!(last_seen(session.id), Some(Box::new(later.client)));
    assert_eq!(last_seen(other.id), None, "its client is the one that signed in");
}
