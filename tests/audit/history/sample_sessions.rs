//! Sessions from login to end, each different from its neighbours in every searchable field.

use std::time::Duration;

use session_authority::domain::{
    Cause, Device, DeviceType, EndReason, Event, EventId, EventKind, EventSubject, Location, Owner, Record, Session,
    SessionClock, SessionId, UnixMillis, location::GeoPosition,
};

use crate::audit::logins::{NOW, handle, login};

/// A session, its events, and the way it ended.
#[derive(Clone)]
pub struct SampleSession {
    /// The session in its last state.
    pub session: Session,
    pub events: Vec<Event>,
}

const TENANTS: [&str; 3] = ["acme", "globex", "initech"];
const COUNTRIES: [&str; 3] = ["BR", "", "GB"];
const ADDRESSES: [&str; 6] = ["192.0.2.7", "192.0.2.200", "198.51.100.1", "2001:db8::1", "2001:db8:1::1", ""];
const BROWSERS: [&str; 4] = ["Safari", "Chrome", "", "Firefox"];
const METHODS: [&[&str]; 3] = [&["pwd"], &["pwd", "otp"], &["webauthn"]];

/// Returns the time at which the session `number` was created. Several are created at the same time.
pub fn made_at(number: u64) -> UnixMillis {
    NOW.plus(Duration::from_secs(number / 3))
}

impl SampleSession {
    /// Creates the sample session `number`. The fields vary in cycles of different lengths, so that a hundred sessions
    /// contain most pairs of values.
    pub fn new(number: u64) -> Self {
        let mut session = session(number);
        let mut events = vec![event(EventKind::Created, &session, made_at(number), number)];
        if number.is_multiple_of(4) {
            session.record.revision = 2;
            session.record.email = "ann@example.org".to_owned();
            let mut updated = event(EventKind::Updated, &session, made_at(number).plus(Duration::from_secs(1)), number);
            updated.cause.changed_fields = vec!["email".to_owned(), "roles".to_owned()];
            events.push(updated);
        }
        if number % 5 < 3 {
            let reason = pick(&EndReason::ALL, number);
            let lasted = Duration::from_millis(1_500 + 700 * (number % 11));
            events.push(event(EventKind::Ended(reason), &session, made_at(number).plus(lasted), number));
        }
        Self { session, events }
    }

    /// Returns the event of its end.
    pub fn ended(&self) -> Option<&Event> {
        self.events.iter().find(|event| matches!(event.kind, EventKind::Ended(_)))
    }
}

fn session(number: u64) -> Session {
    let owner = Owner::new(pick(&TENANTS, number), &format!("user-{}", number % 7)).expect("an owner");
    let Session { record, clock, .. } = login("ann", 1).session;
    let now = made_at(number);
    let asn = [64_500, 0, 64_501, 64_502];
    Session {
        id: SessionId { handle: handle(&owner), unique: number.to_be_bytes() },
        record: Record {
            device: device(number),
            location: Location {
                ip: pick(&ADDRESSES, number).parse().ok(),
                country: pick(&COUNTRIES, number / 3).to_owned(),
                position: number.is_multiple_of(2).then_some(GeoPosition {
                    latitude: -23.5,
                    longitude: -46.625,
                    accuracy_radius_km: 20,
                }),
                asn: pick(&asn, number / 2),
                ..record.location
            },
            created_at: now,
            authenticated_at: now.minus(Duration::from_secs(1)),
            remembered: number.is_multiple_of(2),
            auth_methods: pick(&METHODS, number / 4).iter().map(|&method| method.to_owned()).collect(),
            policy: pick(&["default", "strict"], number / 2).to_owned(),
            ..record
        },
        clock: SessionClock {
            last_active: now.plus(Duration::from_millis(100 * (number % 13))),
            expires_at: now.plus(Duration::from_hours(24)),
            ..clock
        },
        owner,
    }
}

fn device(number: u64) -> Device {
    Device {
        id: ["phone", "laptop", "", "tv", "desk"][slot(5, number)].to_owned(),
        name: "Safari on iPhone".to_owned(),
        kind: pick(&DeviceType::ALL, number / 2),
        browser: pick(&BROWSERS, number).to_owned(),
        os: "iOS".to_owned(),
        user_agent: pick(&["Mozilla/5.0 (iPhone)", "curl/8.5.0", "100% Iphone", ""], number / 3).to_owned(),
        first_seen: number.is_multiple_of(3),
        named_by_caller: false,
    }
}

fn event(kind: EventKind, session: &Session, at: UnixMillis, number: u64) -> Event {
    Event {
        id: EventId::from_session(kind, session.id, session.record.revision),
        kind,
        at,
        subject: EventSubject::Session(Box::new(session.clone())),
        cause: Cause {
            reason: ["", "lost phone"][slot(2, number)].to_owned(),
            actor: ["", "user", "admin:eve"][slot(3, number / 2)].to_owned(),
            caller: "login".to_owned(),
            request_id: format!("request {number}"),
            operation_id: ["", "operation"][slot(2, number / 2)].to_owned(),
            ..Cause::default()
        },
    }
}

fn pick<T: Copy>(values: &[T], number: u64) -> T {
    values[slot(values.len(), number)]
}

fn slot(length: usize, number: u64) -> usize {
    usize::try_from(number).expect("a small number") % length
}
