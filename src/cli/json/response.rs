//! The responses of the methods.

use prost_types::{Duration, Timestamp};
use serde::Serialize;

use crate::api::{self, validate_response::Outcome};

use super::{
    alert::AlertJson,
    scalar::{EnumValue, as_text, as_text_if_set},
    session::{EndedSessionJson, RejectionJson, SessionJson},
};

#[derive(Serialize)]
pub struct CreateResponseJson<'a> {
    token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionJson<'a>>,
    ended: Vec<EndedSessionJson<'a>>,
    alerts: Vec<AlertJson<'a>>,
}

impl<'a> From<&'a api::CreateResponse> for CreateResponseJson<'a> {
    fn from(answer: &'a api::CreateResponse) -> Self {
        Self {
            token: &answer.token,
            session: answer.session.as_ref().map(SessionJson::from),
            ended: answer.ended.iter().map(EndedSessionJson::from).collect(),
            alerts: answer.alerts.iter().map(AlertJson::from).collect(),
        }
    }
}

#[derive(Serialize)]
pub struct ValidateResponseJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejection: Option<RejectionJson<'a>>,
    source: EnumValue,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    as_of: Option<Timestamp>,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    cache_ttl: Option<Duration>,
}

impl<'a> From<&'a api::ValidateResponse> for ValidateResponseJson<'a> {
    fn from(answer: &'a api::ValidateResponse) -> Self {
        let (session, rejection) = match &answer.outcome {
            Some(Outcome::Session(session)) => (Some(session.into()), None),
            Some(Outcome::Rejection(rejection)) => (None, Some(rejection.into())),
            None => (None, None),
        };
        Self {
            session,
            rejection,
            source: EnumValue::new(answer.source, api::Source::as_str_name),
            as_of: answer.as_of,
            cache_ttl: answer.cache_ttl,
        }
    }
}

#[derive(Serialize)]
pub struct UpdateResponseJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionJson<'a>>,
}

impl<'a> From<&'a api::UpdateResponse> for UpdateResponseJson<'a> {
    fn from(answer: &'a api::UpdateResponse) -> Self {
        Self { session: answer.session.as_ref().map(SessionJson::from) }
    }
}

#[derive(Serialize)]
pub struct ListResponseJson<'a> {
    sessions: Vec<SessionJson<'a>>,
}

impl<'a> From<&'a api::ListResponse> for ListResponseJson<'a> {
    fn from(answer: &'a api::ListResponse) -> Self {
        Self { sessions: answer.sessions.iter().map(SessionJson::from).collect() }
    }
}

#[derive(Serialize)]
pub struct RevokeResponseJson<'a> {
    revoked: bool,
    session_ids: &'a [String],
}

impl<'a> From<&'a api::RevokeResponse> for RevokeResponseJson<'a> {
    fn from(answer: &'a api::RevokeResponse) -> Self {
        Self { revoked: answer.revoked, session_ids: &answer.session_ids }
    }
}

#[derive(Serialize)]
pub struct RevokeAllResponseJson<'a> {
    #[serde(serialize_with = "as_text")]
    revoked_count: u64,
    session_ids: &'a [String],
}

impl<'a> From<&'a api::RevokeAllResponse> for RevokeAllResponseJson<'a> {
    fn from(answer: &'a api::RevokeAllResponse) -> Self {
        Self { revoked_count: answer.revoked_count, session_ids: &answer.session_ids }
    }
}

#[derive(Serialize)]
pub struct PurgeResponseJson {
    #[serde(serialize_with = "as_text")]
    purged_count: u64,
}

impl From<&api::PurgeResponse> for PurgeResponseJson {
    fn from(answer: &api::PurgeResponse) -> Self {
        Self { purged_count: answer.purged_count }
    }
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::cli::json::to_struct;

    fn session() -> api::Session {
        let serde_json::Value::Object(data) = json!({"plan": "pro", "seats": 3}) else { unreachable!("an object") };
        api::Session {
            session_id: "abc".to_owned(),
            user_id: "ann".to_owned(),
            data: Some(to_struct(data)),
            created_at: Some(Timestamp { seconds: 1_700_000_000, nanos: 123_000_000 }),
            revision: u64::MAX,
            device: Some(api::Device { r#type: api::DeviceType::Mobile.into(), ..api::Device::default() }),
            ..api::Session::default()
        }
    }

    #[test]
    fn a_session_has_the_names_of_the_contract_and_the_forms_of_its_json_mapping() {
        let answer = api::UpdateResponse { session: Some(session()) };
        let json = serde_json::to_value(UpdateResponseJson::from(&answer)).expect("JSON");
        let expected = json!({"session": {
            "session_id": "abc", "tenant_id": "", "user_id": "ann", "email": "", "roles": [],
            "data": {"plan": "pro", "seats": 3},
            "device": {
                "device_id": "", "name": "", "type": "DEVICE_TYPE_MOBILE", "browser": "", "os": "",
                "user_agent": "", "first_seen": false,
            },
            "created_at": "2023-11-14T22:13:20.123Z",
            "assurance_level": 0, "revision": "18446744073709551615", "auth_methods": [],
            "policy": "", "remembered": false, "current": false,
        }});
        assert_eq!(json, expected);
    }

    #[test]
    fn a_verdict_is_a_session_or_a_rejection() {
        let rejection = api::Rejection {
            reason: api::RejectReason::StepUpRequired.into(),
            required_max_auth_age: Some(Duration { seconds: 1, nanos: 500_000_000 }),
            ..api::Rejection::default()
        };
        let mut answer = api::ValidateResponse {
            outcome: Some(Outcome::Rejection(rejection)),
            source: 77,
            ..api::ValidateResponse::default()
        };
        let json = serde_json::to_value(ValidateResponseJson::from(&answer)).expect("JSON");
        assert_eq!(json["rejection"]["reason"], "REJECT_REASON_STEP_UP_REQUIRED");
        assert_eq!(json["rejection"]["required_max_auth_age"], "1.500s");
        assert_eq!((&json["source"], json.get("session")), (&json!(77), None));

        answer.outcome = Some(Outcome::Session(session()));
        let json = serde_json::to_value(ValidateResponseJson::from(&answer)).expect("JSON");
        assert_eq!((&json["session"]["user_id"], json.get("rejection")), (&json!("ann"), None));
    }

    #[test]
    fn counts_of_64_bits_are_text() {
        let answer = api::RevokeAllResponse { revoked_count: 2, session_ids: vec!["a".to_owned(), "b".to_owned()] };
        let json = serde_json::to_value(RevokeAllResponseJson::from(&answer)).expect("JSON");
        assert_eq!(json, json!({"revoked_count": "2", "session_ids": ["a", "b"]}));
    }
}
