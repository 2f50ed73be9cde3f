//! Users and their logins for the cases: the test chooses every ID and every time.

use std::time::Duration;

use session_authority::domain::{
    Bucket, Cause, Device, LimitAction, Owner, Record, SecretHash, Session, SessionClock, SessionData, SessionId,
    UnixMillis, UserHandle, device,
};
use session_authority::store::{RequestKey, SessionCreation};
use sha2::{Digest, Sha256};

/// The start of every case. Stores read no clock for a decision, so it may lie in the past.
pub const NOW: UnixMillis = UnixMillis::new(1_700_000_000_000);
pub const IDLE: Duration = Duration::from_mins(30);
pub const MARGIN: Duration = Duration::from_secs(66);
pub const LIFETIME: Duration = Duration::from_hours(8);

/// Returns the time `span` after [`NOW`].
pub fn after(span: Duration) -> UnixMillis {
    NOW.plus(span)
}

/// A user with a unique handle, unless the case wants a collision.
#[derive(Clone, Debug)]
pub struct TestUser {
    pub owner: Owner,
    pub handle: UserHandle,
}

impl TestUser {
    /// A user of the tenant `acme`.
    pub fn new(name: &str) -> Self {
        Self::with_tenant("acme", name)
    }

    pub fn with_tenant(tenant: &str, name: &str) -> Self {
        let owner = Owner::new(tenant, name).expect("an owner");
        let mut handle = [0; UserHandle::BYTES];
        handle.copy_from_slice(&Sha256::digest(owner.to_bytes())[..UserHandle::BYTES]);
        Self { owner, handle: UserHandle(handle) }
    }

    /// Moves the sessions of the user to `bucket`.
    pub fn in_bucket(mut self, bucket: u8) -> Self {
        self.handle.0[0] = bucket;
        self
    }

    /// Returns the Redis key of the user's data: `u` for records, `c` for clocks, `t` for tombstones.
    pub fn key(&self, kind: char) -> Vec<u8> {
        let mut key = format!("sa1:{{{}}}:{kind}:", self.bucket()).into_bytes();
        key.extend_from_slice(&self.handle.0);
        key
    }

    pub fn bucket(&self) -> Bucket {
        self.handle.bucket()
    }

    /// Returns the ID of this user's session `number`.
    pub fn session_id(&self, number: u64) -> SessionId {
        SessionId { handle: self.handle, unique: number.to_be_bytes() }
    }

    /// Returns a login at `now` that creates session `number`, authenticated at that time, on a device without an ID
    /// from the caller, with a limit of five sessions.
    pub fn login(&self, number: u64, now: UnixMillis) -> SessionCreation {
        let id = self.session_id(number);
        let record = record(id, now);
        let clock = SessionClock {
            last_active: now,
            idle_timeout: IDLE,
            idle_margin: MARGIN,
            expires_at: now.plus(LIFETIME),
            device: record.device.tag(),
        };
        SessionCreation {
            now,
            session: Session { id, owner: self.owner.clone(), record, clock },
            limit: 5,
            on_limit: LimitAction::EvictLeastRecent,
            authenticated_at: Some(now),
            request: None,
            touches: Vec::new(),
            findings: Vec::new(),
            history: None,
            cause: cause("signed in"),
        }
    }
}

/// Variations of a login.
pub trait CreationExt {
    /// Sets the device, with `id` from the caller.
    fn on_device(self, id: &str) -> Self;
    fn limited_to(self, limit: u16) -> Self;
    /// Refuses the login if it exceeds `limit`.
    fn refused_over(self, limit: u16) -> Self;
    /// Sets the request ID to `id`, with a key that also depends on the session, like a retry on another node.
    fn requested_as(self, id: u8) -> Self;
}

impl CreationExt for SessionCreation {
    fn on_device(mut self, id: &str) -> Self {
        let device = &mut self.session.record.device;
        id.clone_into(&mut device.id);
        device.name = format!("Firefox on {id}");
        device.named_by_caller = true;
        self.session.clock.device = device::device_tag(id);
        self
    }

    fn limited_to(self, limit: u16) -> Self {
        Self { limit, on_limit: LimitAction::EvictLeastRecent, ..self }
    }

    fn refused_over(self, limit: u16) -> Self {
        Self { limit, on_limit: LimitAction::Refuse, ..self }
    }

    fn requested_as(mut self, id: u8) -> Self {
        let [.., unique] = self.session.id.unique;
        self.request = Some(RequestKey { id: [id; 16], body: [7; 16], nonce: [unique; 16], key_id: unique });
        self
    }
}

/// Returns a cause that differs from every other one.
pub fn cause(reason: &str) -> Cause {
    Cause {
        reason: reason.to_owned(),
        actor: "admin:eve".to_owned(),
        caller: "back-office".to_owned(),
        request_id: format!("request of {reason}"),
        ..Cause::default()
    }
}

/// Returns a record with a value in every field.
fn record(id: SessionId, now: UnixMillis) -> Record {
    Record {
        secret: SecretHash(Sha256::digest(id.to_bytes()).into()),
        // A device without an ID from the caller replaces no other session.
        device: Device { named_by_caller: false, ..Record::sample().device },
        // Stores do not interpret the data.
        data: SessionData::from_stored(vec![0, 1, 2, 0xff]),
        created_at: now,
        authenticated_at: now,
        ..Record::sample()
    }
}
