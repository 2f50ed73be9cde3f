//! The conversion between the domain and the stored protobuf messages of a session.

use std::time::Duration;

use prost::{DecodeError, Message};

use super::{
    parts::{decode_device, decode_location, encode_device, encode_location},
    stored,
};
use crate::domain::{
    Cause, ClientBindingMode, ClientBindingRules, FormerClient, LastSeenClient, LostAnswer, PolicySet, Record,
    RotationRules, SecretHash, SessionData, UnixMillis, UserId, alert::NotificationContact, time::millis,
};

/// Appends the parts of `record` that the header does not hold.
pub(super) fn encode(record: &Record, bytes: &mut Vec<u8>) {
    let message = stored::Record {
        email: record.email.clone(),
        contact: encode_contact(&record.contact),
        roles: record.roles.clone(),
        data: record.data.as_bytes().to_vec(),
        device: Some(encode_device(&record.device)),
        location: Some(encode_location(&record.location)),
        authenticated_at: (record.authenticated_at != record.created_at).then_some(record.authenticated_at.get()),
        remembered: record.remembered,
        auth_methods: record.auth_methods.clone(),
        assurance_level: record.assurance_level,
        policy: if record.policy == PolicySet::DEFAULT { String::new() } else { record.policy.clone() },
        rotation_rules: encode_rotation_rules(record.rotation_rules),
        binding: encode_binding(record.binding),
        step_up_at: record.step_up_at.map(UnixMillis::get),
    };
    bytes.reserve(message.encoded_len());
    // Encoding fails only if a buffer cannot grow, and a vector can.
    let _ = message.encode(bytes);
}

/// The inverse of [`encode`]; revision, secret and rotation, which the header holds, are left empty.
pub(super) fn decode(bytes: &[u8], created_at: UnixMillis) -> Result<Record, DecodeError> {
    let message = stored::Record::decode(bytes)?;
    Ok(Record {
        revision: 0,
        secret: SecretHash([0; 32]),
        email: message.email,
        contact: decode_contact(message.contact),
        roles: message.roles,
        data: SessionData::from_stored(message.data),
        device: decode_device(message.device.unwrap_or_default()),
        location: decode_location(message.location.unwrap_or_default()),
        created_at,
        authenticated_at: message.authenticated_at.map_or(created_at, UnixMillis::new),
        remembered: message.remembered,
        auth_methods: message.auth_methods,
        assurance_level: message.assurance_level,
        policy: if message.policy.is_empty() { PolicySet::DEFAULT.to_owned() } else { message.policy },
        rotation_rules: decode_rotation_rules(message.rotation_rules),
        binding: decode_binding(message.binding),
        step_up_at: message.step_up_at.map(UnixMillis::new),
        rotation: None,
        last_seen: None,
    })
}

/// Returns the contact unless it is empty, which is not stored.
pub(super) fn encode_contact(contact: &NotificationContact) -> Option<stored::NotificationContact> {
    let NotificationContact { email, locale } = contact.clone();
    (!contact.is_empty()).then_some(stored::NotificationContact { email, locale })
}

pub(super) fn decode_contact(contact: Option<stored::NotificationContact>) -> NotificationContact {
    let stored::NotificationContact { email, locale } = contact.unwrap_or_default();
    NotificationContact { email, locale }
}

/// Returns the rules unless they are the default, which is not stored.
fn encode_rotation_rules(rules: RotationRules) -> Option<stored::RotationRules> {
    (rules != RotationRules::DEFAULT).then(|| stored::RotationRules {
        grace_ms: millis(rules.grace),
        refuses_lost_answer: rules.lost_answer == LostAnswer::Refuse,
        max_age_ms: rules.max_age.map(millis),
        is_required: rules.is_required,
    })
}

fn decode_rotation_rules(rules: Option<stored::RotationRules>) -> RotationRules {
    rules.map_or(RotationRules::DEFAULT, |rules| RotationRules {
        grace: Duration::from_millis(rules.grace_ms),
        lost_answer: if rules.refuses_lost_answer { LostAnswer::Refuse } else { LostAnswer::Repeat },
        max_age: rules.max_age_ms.map(Duration::from_millis),
        is_required: rules.is_required,
    })
}

/// Returns the binding rules unless they are the default, which is not stored.
fn encode_binding(rules: ClientBindingRules) -> Option<stored::ClientBindingRules> {
    let ClientBindingRules { ip, device } = rules;
    (rules != ClientBindingRules::default())
        .then_some(stored::ClientBindingRules { ip: ip as u32, device: device as u32 })
}

/// A mode that a newer release wrote is the strictest one.
fn decode_binding(rules: Option<stored::ClientBindingRules>) -> ClientBindingRules {
    let mode = |code| ClientBindingMode::from_code(code).unwrap_or(ClientBindingMode::Reject);
    rules.map(|rules| ClientBindingRules { ip: mode(rules.ip), device: mode(rules.device) }).unwrap_or_default()
}

/// Encodes the client that was seen last in its stored form.
#[must_use]
pub fn encode_last_seen(seen: &LastSeenClient) -> Vec<u8> {
    stored::LastSeenClient {
        at: seen.at.get(),
        location: Some(encode_location(&seen.location)),
        device: Some(encode_device(&seen.device)),
    }
    .encode_to_vec()
}

/// The inverse of [`encode_last_seen`]. Nothing is no client. One that cannot be decoded is logged and counts as none,
/// because no verdict depends on it.
#[must_use]
pub fn decode_last_seen(bytes: &[u8]) -> Option<Box<LastSeenClient>> {
    if bytes.is_empty() {
        return None;
    }
    let seen = stored::LastSeenClient::decode(bytes)
        .inspect_err(|error| tracing::warn!(%error, "failed to decode the client that was seen last; ignoring it"))
        .ok()?;
    Some(Box::new(LastSeenClient {
        at: UnixMillis::new(seen.at),
        location: decode_location(seen.location.unwrap_or_default()),
        device: decode_device(seen.device.unwrap_or_default()),
    }))
}

/// Encodes `cause` in its stored form.
#[must_use]
pub fn encode_cause(cause: &Cause) -> Vec<u8> {
    let Cause { reason, actor, caller, request_id, operation_id, changed_fields } = cause.clone();
    stored::Cause { reason, actor, caller, request_id, operation_id, changed_fields }.encode_to_vec()
}

/// The inverse of [`encode_cause`].
pub fn decode_cause(bytes: &[u8]) -> Result<Cause, DecodeError> {
    let stored::Cause { reason, actor, caller, request_id, operation_id, changed_fields } =
        stored::Cause::decode(bytes)?;
    Ok(Cause { reason, actor, caller, request_id, operation_id, changed_fields })
}

/// Encodes the last client of an ended session, as it follows the cause in a tombstone.
#[must_use]
pub fn encode_former_client(client: &FormerClient) -> Vec<u8> {
    let FormerClient { user, asn, country } = client;
    let (user_id, country) = (user.as_str().to_owned(), country.clone());
    stored::FormerClient { user_id, asn: *asn, country }.encode_to_vec()
}

/// Decodes the last client of an ended session from the bytes that begin with the cause. `None` if they have none.
#[must_use]
pub fn decode_former_client(bytes: &[u8]) -> Option<FormerClient> {
    let stored::FormerClient { user_id, asn, country } = stored::FormerClient::decode(bytes).ok()?;
    Some(FormerClient { user: UserId::new(&user_id).ok()?, asn, country })
}

/// Returns the time as a signed number; 48 bits always fit.
pub(super) fn signed(time: UnixMillis) -> i64 {
    i64::try_from(time.get()).unwrap_or(i64::MAX)
}
