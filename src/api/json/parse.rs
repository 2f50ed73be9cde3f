//! Messages from JSON documents.
//!
//! Field names are those of the contract (`user_id`) or their forms in lower camel case (`userId`). Unlike the mapping
//! of protobuf requires at least, every invalid field is reported, and an unknown one is invalid.

use std::{fmt::Display, str::FromStr};

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value as FieldValue};
use prost_types::{Duration, FieldMask, Timestamp};
use serde_json::{Map, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::protobuf_struct::to_struct;

/// The invalid fields that are reported of one document.
const MAX_INVALID_FIELDS: usize = 64;

/// The names of an enum that an error lists.
const MAX_LISTED_NAMES: usize = 32;

/// A field whose value does not have the form of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidField {
    /// The path of the field, such as `client.ip`.
    pub path: String,
    /// Completes the sentence that begins with the path: "is not a number".
    pub description: String,
}

/// Returns the message that `object` describes, or its invalid fields.
pub fn parse_message(
    descriptor: &MessageDescriptor,
    object: Map<String, Value>,
) -> Result<DynamicMessage, Vec<InvalidField>> {
    let mut parser = DocumentParser::default();
    let message = parser.message(descriptor, object, "");
    if parser.invalid.is_empty() { Ok(message) } else { Err(parser.invalid) }
}

/// Returns the field that `name` means, in either form.
pub fn find_field(descriptor: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    descriptor.get_field_by_name(name).or_else(|| descriptor.get_field_by_json_name(name))
}

#[derive(Default)]
struct DocumentParser {
    invalid: Vec<InvalidField>,
}

impl DocumentParser {
    fn message(&mut self, descriptor: &MessageDescriptor, object: Map<String, Value>, path: &str) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        for (name, value) in object {
            let Some(field) = find_field(descriptor, &name) else {
                let name = name.chars().filter(|c| !c.is_control()).take(64).collect::<String>();
                self.add_invalid(&join(path, &name), "is not a field of this request");
                continue;
            };
            let path = join(path, field.name());
            if value.is_null() {
                continue;
            }
            if message.has_field(&field) {
                self.add_invalid(&path, "is given twice");
                continue;
            }
            let others = field.containing_oneof().into_iter().flat_map(|oneof| oneof.fields().collect::<Vec<_>>());
            if let Some(other) = others.into_iter().find(|other| message.has_field(other)) {
                self.add_invalid(&path, &format!("cannot be combined with {}", other.name()));
                continue;
            }
            if let Some(value) = self.field(&field, value, &path) {
                message.set_field(&field, value);
            }
        }
        message
    }

    fn field(&mut self, field: &FieldDescriptor, value: Value, path: &str) -> Option<FieldValue> {
        if !field.is_list() {
            return self.value(&field.kind(), value, path);
        }
        let Value::Array(values) = value else {
            self.add_invalid(path, "is not an array");
            return None;
        };
        let values = values.into_iter().enumerate();
        let parsed = values.map(|(index, value)| self.value(&field.kind(), value, &format!("{path}[{index}]")));
        // All elements are parsed, so that all invalid ones are reported.
        let parsed = parsed.collect::<Vec<_>>();
        parsed.into_iter().collect::<Option<_>>().map(FieldValue::List)
    }

    fn value(&mut self, kind: &Kind, value: Value, path: &str) -> Option<FieldValue> {
        let parsed = match kind {
            Kind::Bool => value.as_bool().map(FieldValue::Bool).ok_or("is not true or false".to_owned()),
            Kind::String => match value {
                Value::String(text) => Ok(FieldValue::String(text)),
                _ => Err("is not a string".to_owned()),
            },
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => number(&value).map(FieldValue::I32),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => number(&value).map(FieldValue::I64),
            Kind::Uint32 | Kind::Fixed32 => number(&value).map(FieldValue::U32),
            Kind::Uint64 | Kind::Fixed64 => number(&value).map(FieldValue::U64),
            Kind::Double => number(&value).map(FieldValue::F64),
            Kind::Float => number(&value).map(FieldValue::F32),
            Kind::Enum(values) => {
                let known = value.as_str().and_then(|name| values.get_value_by_name(name)).map(|value| value.number());
                let number = value.is_number().then(|| number(&value).ok()).flatten();
                known.or(number).map(FieldValue::EnumNumber).ok_or_else(|| {
                    let names: Vec<_> = values.values().map(|value| value.name().to_owned()).collect();
                    format!("is not one of {}", names[..names.len().min(MAX_LISTED_NAMES)].join(", "))
                })
            }
            Kind::Message(descriptor) => match well_known(descriptor, &value) {
                Some(parsed) => parsed.map(FieldValue::Message),
                None => match value {
                    Value::Object(object) => return Some(FieldValue::Message(self.message(descriptor, object, path))),
                    _ => Err("is not an object".to_owned()),
                },
            },
            Kind::Bytes => Err("cannot be given in JSON".to_owned()),
        };
        parsed.map_err(|description| self.add_invalid(path, &description)).ok()
    }

    fn add_invalid(&mut self, path: &str, description: &str) {
        if self.invalid.len() < MAX_INVALID_FIELDS {
            self.invalid.push(InvalidField { path: path.to_owned(), description: description.to_owned() });
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Parses a number, or the text of one.
fn number<N: FromStr>(value: &Value) -> Result<N, String> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return Err("is not a number".to_owned()),
    };
    text.parse().map_err(|_| "is not a number of the range of this field".to_owned())
}

/// Parses a message that has a form of its own. Returns `None` for other messages.
fn well_known(descriptor: &MessageDescriptor, value: &Value) -> Option<Result<DynamicMessage, String>> {
    let text = value.as_str();
    let mut message = DynamicMessage::new(descriptor.clone());
    let set = match descriptor.full_name() {
        "google.protobuf.Timestamp" => {
            let time = text.and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
            let time = time.map(|time| Timestamp {
                seconds: time.unix_timestamp(),
                nanos: i32::try_from(time.nanosecond()).unwrap_or_default(),
            });
            time.map(|time| message.transcode_from(&time)).ok_or("is not a time of RFC 3339")
        }
        "google.protobuf.Duration" => {
            let duration = text.and_then(|text| Duration::from_str(text).ok());
            duration.map(|duration| message.transcode_from(&duration)).ok_or("is not a number of seconds such as `90s`")
        }
        "google.protobuf.FieldMask" => {
            let paths = text.map(|text| text.split(',').filter(|path| !path.is_empty()).map(snake_case).collect());
            let mask = paths.map(|paths| FieldMask { paths });
            mask.map(|mask| message.transcode_from(&mask)).ok_or("is not a list of fields such as `email,roles`")
        }
        "google.protobuf.Struct" => {
            let object = value.as_object().map(|object| to_struct(object.clone()));
            object.map(|object| message.transcode_from(&object)).ok_or("is not an object")
        }
        _ => return None,
    };
    let error = |description: &dyn Display| description.to_string();
    Some(match set {
        Ok(Ok(())) => Ok(message),
        Ok(Err(cause)) => Err(error(&cause)),
        Err(description) => Err(error(&description)),
    })
}

/// Returns a path of a field mask in the form of the contract.
fn snake_case(path: &str) -> String {
    let mut snake = String::with_capacity(path.len() + 4);
    for c in path.trim().chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::{
        self,
        json::contract::{contract_message, contract_messages},
    };

    fn parse(name: &str, document: Value) -> Result<DynamicMessage, Vec<InvalidField>> {
        let Value::Object(object) = document else { unreachable!("an object") };
        parse_message(&contract_message(&format!("session.v1.{name}")).expect("a message"), object)
    }

    fn invalid(name: &str, document: Value) -> Vec<(String, String)> {
        let invalid = parse(name, document).expect_err("invalid fields");
        invalid.into_iter().map(|field| (field.path, field.description)).collect()
    }

    #[test]
    fn fields_have_either_name_and_all_their_forms() {
        for document in [
            json!({"user_id": "ann", "roles": ["user"], "assurance_level": 2, "lifetime": "1.5s",
                "authenticated_at": "2023-11-14T22:13:20.123Z", "data": {"seats": 3}, "client": {"ip": "::1"},
                "remember": true, "email": null}),
            json!({"userId": "ann", "roles": ["user"], "assuranceLevel": "2", "lifetime": "1.500s",
                "authenticatedAt": "2023-11-14T23:13:20.123+01:00", "data": {"seats": 3.0}, "client": {"ip": "::1"},
                "remember": true}),
        ] {
            let request: api::CreateRequest =
                parse("CreateRequest", document).expect("valid").transcode_to().expect("it");
            assert_eq!((request.user_id.as_str(), request.assurance_level, request.remember), ("ann", 2, true));
            assert_eq!(request.roles, ["user"]);
            assert_eq!(request.lifetime, Some(Duration { seconds: 1, nanos: 500_000_000 }));
            let time = Timestamp { seconds: 1_700_000_000, nanos: 123_000_000 };
            assert_eq!(request.authenticated_at, Some(time));
            assert_eq!(request.client.expect("a client").ip, "::1");
            assert_eq!(request.data.expect("data").fields["seats"], 3.0.into());
        }
        let mask = parse("UpdateRequest", json!({"updateMask": "authenticatedAt,roles"})).expect("valid");
        let request: api::UpdateRequest = mask.transcode_to().expect("it");
        assert_eq!(request.update_mask.expect("a mask").paths, ["authenticated_at", "roles"]);
        let scope = parse("RevokeAllRequest", json!({"everyone": {}})).expect("valid");
        let request: api::RevokeAllRequest = scope.transcode_to().expect("it");
        assert!(matches!(request.scope, Some(api::revoke_all_request::Scope::Everyone(_))));
        for kind in [json!("AUTH_EVENT_KIND_UNKNOWN_USER"), json!(api::AuthEventKind::UnknownUser as i32)] {
            let event = parse("ReportAuthEventRequest", json!({"kind": kind})).expect("valid");
            let request: api::ReportAuthEventRequest = event.transcode_to().expect("it");
            assert_eq!(request.kind(), api::AuthEventKind::UnknownUser);
        }
    }

    #[test]
    fn every_invalid_field_is_reported_with_its_path() {
        let fields = invalid(
            "CreateRequest",
            json!({"user_id": 7, "rolls": 1, "roles": ["a", 2, null], "assurance_level": -1, "lifetime": "1h",
                "client": {"ip": true, "x\ny": 1}, "data": [], "authenticated_at": "today", "remember": "true"}),
        );
        let mut paths: Vec<_> = fields.iter().map(|(path, _)| path.as_str()).collect();
        paths.sort_unstable();
        let expected = [
            "assurance_level",
            "authenticated_at",
            "client.ip",
            "client.xy",
            "data",
            "lifetime",
            "remember",
            "roles[1]",
            "roles[2]",
            "rolls",
            "user_id",
        ];
        assert_eq!(paths, expected);
        let names = json!({"kind": "MFA"});
        assert!(invalid("ReportAuthEventRequest", names)[0].1.contains("AUTH_EVENT_KIND_UNKNOWN_USER"));
        let many = (0..200).map(|number| (format!("f{number}"), json!(1))).collect::<Map<_, _>>();
        assert_eq!(invalid("CreateRequest", Value::Object(many)).len(), MAX_INVALID_FIELDS);
    }

    #[test]
    fn a_field_is_given_once_and_one_field_of_a_choice() {
        let twice = invalid("CreateRequest", json!({"user_id": "a", "userId": "b"}));
        assert_eq!(twice, [("user_id".to_owned(), "is given twice".to_owned())]);
        let both = invalid("RevokeRequest", json!({"session_id": "a", "token": "b"}));
        assert_eq!(both, [("token".to_owned(), "cannot be combined with session_id".to_owned())]);
    }

    #[test]
    fn no_field_of_a_request_has_a_kind_without_a_form() {
        for field in contract_messages().iter().flat_map(|message| message.fields().collect::<Vec<_>>()) {
            assert!(!field.is_map() && !matches!(field.kind(), Kind::Bytes), "{}", field.full_name());
        }
    }
}
