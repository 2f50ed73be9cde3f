//! JSON documents of messages.

use std::borrow::Cow;

use prost::{Message, Name};
use prost_reflect::{DynamicMessage, Kind, ReflectMessage, Value};
use prost_types::{Duration, Struct, Timestamp};
use serde::{Serialize, Serializer, ser::Error};

use super::{contract::contract_message, protobuf_struct::from_struct};

/// A message with the field names of the contract. Times, durations and 64-bit numbers are text, and enum values are
/// names. Scalars and lists are always present; unset messages are omitted.
///
/// `prost-reflect` can do this by itself, but writes whole numbers of a `Struct` with a fraction (3.0 for 3).
pub struct MessageJson<'a, M>(pub &'a M);

impl<M: Name> Serialize for MessageJson<'_, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = M::full_name();
        let unknown = || S::Error::custom(format_args!("{name} is not in the contract"));
        let descriptor = contract_message(&name).ok_or_else(unknown)?;
        let message = DynamicMessage::decode(descriptor, &*self.0.encode_to_vec()).map_err(S::Error::custom)?;
        serialize_message(&message, serializer)
    }
}

/// A message whose type is known by its descriptor only, in the form of [`MessageJson`].
pub struct DynamicMessageJson<'a>(pub &'a DynamicMessage);

impl Serialize for DynamicMessageJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_message(self.0, serializer)
    }
}

fn serialize_message<S: Serializer>(message: &DynamicMessage, serializer: S) -> Result<S::Ok, S::Error> {
    let descriptor = message.descriptor();
    match descriptor.full_name() {
        "google.protobuf.Timestamp" => serializer.collect_str(&transcode::<Timestamp, S::Error>(message)?),
        "google.protobuf.Duration" => serializer.collect_str(&transcode::<Duration, S::Error>(message)?),
        "google.protobuf.Struct" => from_struct(&transcode::<Struct, S::Error>(message)?).serialize(serializer),
        _ => {
            let present = descriptor.fields().filter(|field| !field.supports_presence() || message.has_field(field));
            serializer.collect_map(present.map(|field| {
                let value = FieldJson { value: message.get_field(&field), kind: field.kind() };
                (field.name().to_owned(), value)
            }))
        }
    }
}

fn transcode<M: Message + Default, E: Error>(message: &DynamicMessage) -> Result<M, E> {
    message.transcode_to().map_err(E::custom)
}

/// The value of a field, or an element of a list.
struct FieldJson<'a> {
    value: Cow<'a, Value>,
    kind: Kind,
}

impl Serialize for FieldJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &*self.value {
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::I32(number) => serializer.serialize_i32(*number),
            Value::U32(number) => serializer.serialize_u32(*number),
            Value::I64(number) => serializer.collect_str(number),
            Value::U64(number) => serializer.collect_str(number),
            Value::F32(number) => serializer.serialize_f32(*number),
            Value::F64(number) => serializer.serialize_f64(*number),
            Value::String(text) => serializer.serialize_str(text),
            Value::EnumNumber(number) => match self.kind.as_enum().and_then(|values| values.get_value(*number)) {
                Some(value) => serializer.serialize_str(value.name()),
                // A newer server may know more values.
                None => serializer.serialize_i32(*number),
            },
            Value::Message(message) => serialize_message(message, serializer),
            Value::List(values) => serializer.collect_seq(
                values.iter().map(|value| FieldJson { value: Cow::Borrowed(value), kind: self.kind.clone() }),
            ),
            Value::Bytes(_) | Value::Map(_) => Err(S::Error::custom("bytes and maps are not supported")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::{
        self,
        alert::Detail,
        json::{contract::contract_messages, to_struct},
        validate_response::Outcome,
        validate_stream_response::Result as StreamResult,
    };

    fn json_of(message: &impl Name) -> serde_json::Value {
        serde_json::to_value(MessageJson(message)).expect("JSON")
    }

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
        assert_eq!(json_of(&api::GetResponse { session: Some(session()) }), expected);
    }

    #[test]
    fn fields_have_the_order_of_the_contract() {
        let response = api::RevokeWhereResponse { complete_until: Some(Timestamp::default()), ..Default::default() };
        let expected = r#"{"matched_count":"0","revoked_count":"0","sample":[],"done":false,"complete_until":"1970-01-01T00:00:00Z"}"#;
        assert_eq!(serde_json::to_string(&MessageJson(&response)).expect("JSON"), expected);
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
        let json = json_of(&answer);
        assert_eq!(json["rejection"]["reason"], "REJECT_REASON_STEP_UP_REQUIRED");
        assert_eq!(json["rejection"]["required_max_auth_age"], "1.500s");
        assert_eq!((&json["source"], json.get("session")), (&json!(77), None));

        answer.outcome = Some(Outcome::Session(session()));
        let json = json_of(&answer);
        assert_eq!((&json["session"]["user_id"], json.get("rejection")), (&json!("ann"), None));
    }

    #[test]
    fn a_check_is_a_verdict_or_a_failure() {
        let response = StreamResult::Response(api::ValidateResponse::default());
        let answer = api::ValidateStreamResponse { tag: 7, result: Some(response) };
        assert_eq!(json_of(&answer), json!({"tag": "7", "response": {"source": "SOURCE_UNSPECIFIED"}}));

        let failure = api::ValidateFailure {
            code: 8,
            reason: api::ErrorReason::Overloaded.into(),
            message: "busy".to_owned(),
            field: String::new(),
            retry_after: Some(Duration { seconds: 1, nanos: 0 }),
        };
        let answer = api::ValidateStreamResponse { tag: 8, result: Some(StreamResult::Failure(failure)) };
        let failure = json!({"code": 8, "reason": "ERROR_REASON_OVERLOADED", "message": "busy", "field": "", "retry_after": "1s"});
        assert_eq!(json_of(&answer), json!({"tag": "8", "failure": failure}));
    }

    #[test]
    fn counts_of_64_bits_are_text() {
        let answer = api::RevokeAllResponse { revoked_count: 2, session_ids: vec!["a".to_owned(), "b".to_owned()] };
        assert_eq!(json_of(&answer), json!({"revoked_count": "2", "session_ids": ["a", "b"]}));
    }

    #[test]
    fn the_detail_stands_in_the_alert_under_the_name_of_its_field() {
        let travel = api::TravelDetail {
            distance_km: 9_400.0,
            elapsed: Some(Duration { seconds: 3600, nanos: 0 }),
            ..api::TravelDetail::default()
        };
        let alert = api::Alert {
            rule: "IMPOSSIBLE_TRAVEL".to_owned(),
            severity: api::Severity::High.into(),
            detail: Some(Detail::Travel(travel)),
            dedup_count: 1,
            ..api::Alert::default()
        };
        let json = json_of(&alert);
        assert_eq!((&json["severity"], &json["dedup_count"]), (&json!("SEVERITY_HIGH"), &json!("1")));
        assert_eq!(json["travel"]["elapsed"], "3600s");
        assert_eq!(json["travel"]["distance_km"], 9_400.0);
    }

    #[test]
    fn every_field_of_a_response_has_a_form() {
        let messages = contract_messages().into_iter().filter(|message| !message.name().ends_with("Request"));
        let fields: Vec<_> = messages.flat_map(|message| message.fields().collect::<Vec<_>>()).collect();
        assert!(fields.len() > 100, "{} fields", fields.len());
        for field in fields {
            let has_form = match field.kind() {
                Kind::Bytes => false,
                Kind::Message(message) if message.package_name() == "google.protobuf" => {
                    matches!(message.name(), "Timestamp" | "Duration" | "Struct")
                }
                _ => !field.is_map(),
            };
            assert!(has_form, "{}", field.full_name());
        }
    }
}
