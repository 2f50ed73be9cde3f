//! A session as a store holds it: three per user, each on its own device.

use std::time::Duration;

use session_authority::{
    domain::{
        Cause, ClientBindingRules, Device, DeviceType, InstallationSecret, LimitAction, Location, Owner, PolicySet,
        Record, RotationRules, Session, SessionClock, SessionData, SessionId, TokenSecret, UnixMillis,
        alert::NotificationContact,
    },
    store::SessionCreation,
};

pub const SESSIONS_PER_USER: u64 = 3;
pub const USER_AGENT: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";

/// Returns the session with that number, active `now`.
pub fn session(number: u64, installation: &InstallationSecret, secret: &TokenSecret, now: UnixMillis) -> Session {
    let user = number / SESSIONS_PER_USER;
    let owner = Owner::new("", &format!("user-{user:08}")).expect("an owner");
    let handle = installation.user_handle(&owner);
    let device = Device {
        id: format!("d_{number:026}"),
        name: "Chrome on Windows".to_owned(),
        kind: DeviceType::Desktop,
        browser: "Chrome".to_owned(),
        os: "Windows".to_owned(),
        user_agent: USER_AGENT.to_owned(),
        first_seen: false,
        named_by_caller: false,
    };
    let clock = SessionClock {
        last_active: now,
        idle_timeout: Duration::from_hours(4),
        idle_margin: Duration::from_secs(66),
        expires_at: now.plus(Duration::from_hours(30 * 24)),
        device: device.tag(),
    };
    let record = Record {
        revision: 1,
        secret: secret.hash(),
        email: format!("user-{user:08}@example.com"),
        roles: vec!["user".to_owned()],
        data: SessionData::default(),
        device,
        location: Location {
            ip: Some(std::net::Ipv4Addr::from(0xc633_6400 + u32::try_from(user % 256).unwrap_or_default()).into()),
            country: "BR".to_owned(),
            ..Location::default()
        },
        created_at: now,
        authenticated_at: now,
        remembered: false,
        auth_methods: vec!["pwd".to_owned()],
        assurance_level: 1,
        policy: PolicySet::DEFAULT.to_owned(),
        rotation_rules: RotationRules::default(),
        binding: ClientBindingRules::default(),
        step_up_at: None,
        contact: NotificationContact::default(),
        rotation: None,
        last_seen: None,
    };
    Session { id: SessionId { handle, unique: number.to_be_bytes() }, owner, record, clock }
}

/// Returns the login that creates the session.
pub fn login(session: Session) -> SessionCreation {
    SessionCreation {
        now: session.clock.last_active,
        authenticated_at: None,
        session,
        limit: 256,
        on_limit: LimitAction::EvictLeastRecent,
        request: None,
        touches: Vec::new(),
        findings: Vec::new(),
        history: None,
        cause: Cause::default(),
    }
}
