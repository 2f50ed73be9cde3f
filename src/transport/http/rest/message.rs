//! The message of a call from the parts of a request.

use prost::Message as _;
use prost_reflect::{Kind, MessageDescriptor};
use serde_json::{Map, Value, map::Entry};

use super::routes::{MessageSource, RestRoute};
use crate::{
    api::json::{InvalidField, find_field, parse_message},
    domain::{FieldViolation, FieldViolations},
    transport::grpc::RpcError,
};

/// The parts of a request that the message is made of.
pub(super) struct RequestParts<'a> {
    /// The value of the variable in the path.
    pub(super) variable: &'a str,
    pub(super) query: &'a str,
    pub(super) body: &'a [u8],
}

/// Returns the encoded message of a request to `route`, whose type is `input`.
pub(super) fn encode_message(
    route: &RestRoute,
    input: &MessageDescriptor,
    parts: &RequestParts<'_>,
) -> Result<Vec<u8>, RpcError> {
    let mut document =
        MessageDocument { fields: parse_body(route.source, parts.body)?, violations: FieldViolations::default() };
    if !route.variable.is_empty() {
        document.insert(input, route.variable, parts.variable);
    }
    for (name, value) in url::form_urlencoded::parse(parts.query.as_bytes()) {
        document.insert_parameter(route, input, &name, &value);
    }
    let MessageDocument { fields, mut violations } = document;
    let parsed = violations.check_all(parse_message(input, fields).map_err(to_violations));
    violations.into_result()?;
    Ok(parsed.map(|message| message.encode_to_vec()).unwrap_or_default())
}

/// Parses a body. An empty one has no fields.
fn parse_body(source: MessageSource, body: &[u8]) -> Result<Map<String, Value>, RpcError> {
    if source == MessageSource::Query || body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(RpcError::Malformed("the body is not a JSON object".to_owned())),
        Err(error) => Err(RpcError::Malformed(format!("the body is not JSON: {error}"))),
    }
}

fn to_violations(invalid: Vec<InvalidField>) -> FieldViolations {
    let mut violations = FieldViolations::default();
    for InvalidField { path, description } in invalid {
        violations.check::<()>(Err(FieldViolation { field: path.into(), description: description.into() }));
    }
    violations
}

/// A message as a JSON document that is being put together.
struct MessageDocument {
    fields: Map<String, Value>,
    violations: FieldViolations,
}

impl MessageDocument {
    /// Adds a parameter of the query.
    fn insert_parameter(&mut self, route: &RestRoute, input: &MessageDescriptor, name: &str, value: &str) {
        let first = name.split('.').next().unwrap_or_default();
        let is_direct = find_field(input, first).is_some_and(|field| field.name() != route.flattened);
        if route.source == MessageSource::Body {
            self.refuse(name, "is not a parameter of this request; its fields are those of the body");
        } else if is_direct || route.flattened.is_empty() {
            self.insert(input, name, value);
        } else {
            self.insert(input, &format!("{}.{name}", route.flattened), value);
        }
    }

    /// Adds the field at `path`, whose value is text.
    fn insert(&mut self, input: &MessageDescriptor, path: &str, text: &str) {
        let mut message = input.clone();
        let mut fields = &mut self.fields;
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            let Some(field) = find_field(&message, name) else {
                return self.refuse(path, "is not a field of this request");
            };
            let entry = fields.entry(field.name());
            if names.peek().is_none() {
                let value = text_value(&field.kind(), text);
                match entry {
                    Entry::Vacant(vacant) if field.is_list() => {
                        vacant.insert(Value::Array(vec![value]));
                    }
                    Entry::Vacant(vacant) => {
                        vacant.insert(value);
                    }
                    Entry::Occupied(mut values) if field.is_list() && values.get().is_array() => {
                        values.get_mut().as_array_mut().into_iter().for_each(|values| values.push(value.clone()));
                    }
                    Entry::Occupied(_) => self.refuse(path, "is given twice"),
                }
                return;
            }
            let (Kind::Message(inner), false) = (field.kind(), field.is_list()) else {
                return self.refuse(path, "is not a field of this request");
            };
            let Some(object) = entry.or_insert_with(|| Value::Object(Map::new())).as_object_mut() else {
                return self.refuse(path, "is given twice");
            };
            (message, fields) = (inner, object);
        }
    }

    fn refuse(&mut self, name: &str, description: &'static str) {
        let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
        self.violations.check::<()>(Err(FieldViolation { field: name.into(), description: description.into() }));
    }
}

/// Returns the JSON value of a text. Numbers, times and enum values are text in JSON, too.
fn text_value(kind: &Kind, text: &str) -> Value {
    match (kind, text) {
        (Kind::Bool, "true") => Value::Bool(true),
        (Kind::Bool, "false") => Value::Bool(false),
        _ => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::{self, json::contract_method},
        transport::http::rest::routes::ROUTES,
    };

    fn encode<M: prost::Message + Default>(path: &str, parts: &RequestParts<'_>) -> Result<M, RpcError> {
        let [verb, path] = path.split(' ').collect::<Vec<_>>()[..] else { unreachable!("a method and a path") };
        let route = ROUTES.iter().find(|route| route.path == path && format!("{:?}", route.verb) == verb);
        let route = route.expect("a route");
        let input = contract_method(route.rpc).expect("a method").input();
        encode_message(route, &input, parts).map(|message| M::decode(&*message).expect("a message"))
    }

    fn query<M: prost::Message + Default>(path: &str, query: &str) -> Result<M, RpcError> {
        encode(path, &RequestParts { variable: "v", query, body: b"" })
    }

    fn violations(error: RpcError) -> Vec<(String, String)> {
        let RpcError::UseCase(crate::domain::CallError::InvalidArgument(violations)) = error else {
            unreachable!("{error:?}")
        };
        violations.iter().map(|one| (one.field.to_string(), one.description.to_string())).collect()
    }

    #[test]
    fn the_query_names_fields_also_those_within_the_filter() {
        let text =
            "user_id=ann%20b&deviceType=DEVICE_TYPE_MOBILE&created.start=2023-11-14T22:13:20Z&page_size=7&asn=64500";
        let request: api::SearchSessionsRequest = query("Get /admin/api/sessions", text).expect("valid");
        assert_eq!(request.page_size, 7);
        let filter = request.filter.expect("a filter");
        assert_eq!(
            (filter.user_id.as_str(), filter.device_type(), filter.asn),
            ("ann b", api::DeviceType::Mobile, 64_500)
        );
        assert_eq!(filter.created.and_then(|window| window.start).map(|start| start.seconds), Some(1_700_000_000));
        let kinds = "kinds=AUDIT_EVENT_KIND_SESSION_CREATED&kinds=AUDIT_EVENT_KIND_SESSION_ENDED";
        let request: api::ListEventsRequest = query("Get /admin/api/events", kinds).expect("valid");
        assert_eq!(request.kinds.len(), 2);
        let request: api::RevokeRequest =
            query("Delete /api/v1/sessions/{session_id}", "sign_out=true").expect("valid");
        assert!(request.sign_out);
        assert_eq!(request.target, Some(api::revoke_request::Target::SessionId("v".to_owned())));
    }

    #[test]
    fn the_variable_sets_a_field_within_the_body() {
        let body = br#"{"user": {"tenantId": "acme"}, "reason": "lost"}"#;
        let parts = RequestParts { variable: "ann", query: "", body };
        let request: api::RevokeAllRequest =
            encode("Post /admin/api/users/{user_id}/revoke-all", &parts).expect("valid");
        let Some(api::revoke_all_request::Scope::User(user)) = request.scope else { unreachable!("a user") };
        assert_eq!((user.tenant_id.as_str(), user.user_id.as_str(), request.reason.as_str()), ("acme", "ann", "lost"));
    }

    #[test]
    fn fields_that_are_unknown_or_given_twice_are_refused() {
        for (path, text, field) in [
            ("Get /admin/api/sessions", "user=ann", "filter.user"),
            ("Get /admin/api/sessions", "page_size=1&page_size=2", "page_size"),
            ("Get /admin/api/sessions", "created.begin=1", "filter.created.begin"),
            ("Get /admin/api/sessions", "user_id.x=1", "filter.user_id.x"),
            ("Get /admin/api/stats", "x", "x"),
            ("Get /api/v1/sessions/{session_id}", "session_id=w", "session_id"),
            ("Get /api/v1/sessions/{session_id}", "sessionId=w", "sessionId"),
            ("Delete /api/v1/sessions/{session_id}", "sign_out=1", "sign_out"),
            ("Delete /api/v1/sessions/{session_id}", "token=t", "token"),
            ("Post /api/v1/sessions/validate", "token=t", "token"),
        ] {
            let error = query::<api::CreateRequest>(path, text).expect_err(text);
            assert_eq!(violations(error)[0].0, field, "{text}");
        }
        let parts = RequestParts { variable: "v", query: "", body: br#"{"user_id": "w"}"# };
        let error =
            encode::<api::ForgetUserRequest>("Post /admin/api/users/{user_id}/forget", &parts).expect_err("twice");
        assert_eq!(violations(error)[0].0, "user_id");
    }

    #[test]
    fn a_body_is_a_json_object() {
        let malformed = |body| {
            let parts = RequestParts { variable: "", query: "", body };
            matches!(encode::<api::CreateRequest>("Post /api/v1/sessions", &parts), Err(RpcError::Malformed(_)))
        };
        for body in [&b"[]"[..], b"1", b"{", b"{}{}", b"\xff", b"null"] {
            assert!(malformed(body), "{body:?}");
        }
        assert!(!malformed(b"") && !malformed(b"{}") && !malformed(b" {} "));
    }
}
