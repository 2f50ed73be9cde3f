//! The `OpenAPI` document (3.1), from the routes and the descriptors of the contract.

mod comments;
mod schemas;
mod user_sessions;

use prost_reflect::{Kind, MessageDescriptor, MethodDescriptor};
use serde_json::{Map, Value, json};

use self::{
    comments::{comment, first_sentence},
    schemas::{SchemaComponents, SchemaSide},
};
use super::{
    super::problem::TYPE_PREFIX,
    document::HISTORY_METHOD,
    routes::{MessageSource, ROUTES, RestRoute},
};
use crate::api::json::contract_method;

const ABOUT: &str = "Sessions over HTTP: creates, validates, lists and ends sessions of users, for login services, \
gateways, back ends and administrators. Every operation is a method of the gRPC contract with the same roles, limits \
and errors. Messages have the JSON form of protobuf, with the field names of the contract (`user_id`); requests may \
use lower camel case (`userId`) as well. Times are RFC 3339, durations seconds (`90s`), 64-bit numbers text.";

const PROBLEM: &str = "A problem (RFC 9457). `reason` is one of the reasons of `ErrorReason` without its prefix, \
or one of PATH_NOT_SERVED, METHOD_NOT_ALLOWED, MEDIA_TYPE_NOT_SUPPORTED and CROSS_SITE_REQUEST.";

/// Returns the document as text that ends with a line break.
#[must_use]
pub fn openapi_document() -> String {
    let document = DocumentBuilder::default().build();
    // A JSON value has a text.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

#[derive(Default)]
struct DocumentBuilder {
    paths: Map<String, Value>,
    schemas: SchemaComponents,
}

impl DocumentBuilder {
    fn build(mut self) -> Value {
        for route in &ROUTES {
            if let Some(method) = contract_method(route.rpc) {
                let operation = self.operation(route, &method);
                self.add(route.verb.name(), route.path, operation);
            }
        }
        for (path, verb, operation) in user_sessions::operations(&mut self.schemas) {
            self.add(verb, path, operation);
        }
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "session-authority",
                "version": env!("CARGO_PKG_VERSION"),
                "description": ABOUT,
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "http://127.0.0.1:8080", "description": "A development server (`make run`)"}],
            "security": [{"apiKey": []}, {"clientCertificate": []}],
            "paths": self.paths,
            "components": {
                "schemas": self.schemas.0,
                "responses": {"Problem": problem_response()},
                "securitySchemes": {
                    "apiKey": {"type": "http", "scheme": "bearer", "description": "An API key of a caller"},
                    "clientCertificate": {"type": "mutualTLS", "description": "The client certificate of a caller"},
                    "userCookie": {"type": "apiKey", "in": "cookie", "name": "__Host-session"},
                    "userToken": {"type": "http", "scheme": "bearer", "description": "The session token of a user"},
                },
            },
        })
    }

    fn add(&mut self, verb: &str, path: &str, operation: Value) {
        let item = self.paths.entry(path).or_insert_with(|| json!({}));
        item[verb] = operation;
    }

    fn operation(&mut self, route: &RestRoute, method: &MethodDescriptor) -> Value {
        let about = comment(&method.parent_file(), method.path());
        let input = method.input();
        let mut parameters = Vec::new();
        if let Some(name) = route.variable.rsplit('.').next().filter(|name| !name.is_empty()) {
            let schema = field_at(&input, route.variable).map(|field| self.schemas.field(&field, SchemaSide::Request));
            parameters.push(json!({
                "name": name, "in": "path", "required": true,
                "schema": non_empty(schema.unwrap_or_default()),
            }));
        }
        let mut response = self.schemas.message(&method.output(), SchemaSide::Response);
        if let Some(history) = contract_method(HISTORY_METHOD).filter(|_| route.has_history) {
            let history = self.schemas.message(&history.output(), SchemaSide::Response);
            // A session that has ended has only its history.
            let session = method.output().get_field_by_name("session");
            let session = session.map(|field| self.schemas.field(&field, SchemaSide::Response));
            response = json!({"type": "object", "properties": {"session": session, "history": history}});
        }
        let mut operation = json!({
            "operationId": route.id,
            "summary": first_sentence(&about),
            "description": format!("{about}\n\nThe method `{}` of the gRPC contract.", route.rpc),
            "tags": [tag(route)],
            "responses": {
                (route.status.to_string()): {
                    "description": "The call succeeded.",
                    "content": {"application/json": {"schema": response}},
                },
                "4XX": {"$ref": "#/components/responses/Problem"},
                "5XX": {"$ref": "#/components/responses/Problem"},
            },
        });
        match route.source {
            MessageSource::Query => self.add_query(route, &input, &mut parameters),
            MessageSource::Body => {
                let schema = if route.variable.is_empty() {
                    self.schemas.message(&input, SchemaSide::Request)
                } else {
                    self.schemas.object(&input, SchemaSide::Request, route.variable)
                };
                let is_needed = schema_requires_fields(&self.schemas, &schema);
                operation["requestBody"] =
                    json!({"required": is_needed, "content": {"application/json": {"schema": schema}}});
            }
        }
        if !parameters.is_empty() {
            operation["parameters"] = json!(parameters);
        }
        operation
    }

    /// Adds the parameters of the query: the fields of the message, and those within its messages by their path.
    fn add_query(&mut self, route: &RestRoute, input: &MessageDescriptor, parameters: &mut Vec<Value>) {
        for field in input.fields().filter(|field| field.name() != route.variable) {
            // Of a choice, the variable has set a field.
            let is_chosen = field
                .containing_oneof()
                .is_some_and(|choice| choice.fields().any(|other| other.name() == route.variable));
            if is_chosen {
                continue;
            }
            match field.kind() {
                Kind::Message(inner) if field.name() == route.flattened => {
                    self.add_fields(&inner, "", parameters);
                }
                _ => self.add_field(&field, "", parameters),
            }
        }
    }

    fn add_fields(&mut self, message: &MessageDescriptor, prefix: &str, parameters: &mut Vec<Value>) {
        for field in message.fields() {
            self.add_field(&field, prefix, parameters);
        }
    }

    fn add_field(&mut self, field: &prost_reflect::FieldDescriptor, prefix: &str, parameters: &mut Vec<Value>) {
        let name = format!("{prefix}{}", field.name());
        match field.kind() {
            Kind::Message(inner) if inner.package_name() == "session.v1" => {
                self.add_fields(&inner, &format!("{name}."), parameters);
            }
            _ => {
                let mut schema = self.schemas.field(field, SchemaSide::Request);
                let about = schema.as_object_mut().and_then(|schema| schema.remove("description")).unwrap_or_default();
                let is_required = about.as_str().is_some_and(|about| about.starts_with("Required."));
                parameters.push(json!({
                    "name": name, "in": "query", "required": is_required, "description": about, "schema": schema,
                }));
            }
        }
    }
}

fn field_at(message: &MessageDescriptor, path: &str) -> Option<prost_reflect::FieldDescriptor> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let field = message.get_field_by_name(first)?;
    if rest.is_empty() { Some(field) } else { field_at(field.kind().as_message()?, rest) }
}

/// Returns the schema of a variable of a path, which is never empty.
fn non_empty(mut schema: Value) -> Value {
    if schema.get("pattern").is_none() {
        schema["minLength"] = json!(1);
    }
    schema
}

fn schema_requires_fields(schemas: &SchemaComponents, schema: &Value) -> bool {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.rsplit('/').next());
    let schema = name.and_then(|name| schemas.0.get(name)).unwrap_or(schema);
    schema.get("required").is_some()
}

fn tag(route: &RestRoute) -> &'static str {
    match route.path {
        path if path.starts_with("/admin/") => "administration",
        path if path.contains("denylist") => "denylist",
        _ => "sessions",
    }
}

fn problem_response() -> Value {
    let text = || json!({"type": "string"});
    json!({
        "description": PROBLEM,
        "headers": {
            "x-request-id": {"description": "The ID of the request", "schema": text()},
            "retry-after": {"description": "Seconds after which to retry", "schema": {"type": "integer"}},
            "allow": {"description": "The methods of the path, with status 405", "schema": text()},
        },
        "content": {"application/problem+json": {"schema": {
            "type": "object",
            "required": ["type", "title", "status", "detail", "reason"],
            "properties": {
                "type": {"type": "string", "description": format!("`{TYPE_PREFIX}` and the reason")},
                "title": text(),
                "status": {"type": "integer", "minimum": 400, "maximum": 599},
                "detail": {"type": "string", "description": "English, for developers. The wording may change."},
                "instance": {"type": "string", "description": "The request, by its `x-request-id`"},
                "reason": {"type": "string", "description": "Use it for decisions."},
                "fields": {
                    "type": "array",
                    "description": "The invalid fields of the request",
                    "items": {
                        "type": "object",
                        "required": ["field", "description"],
                        "properties": {
                            "field": {"type": "string", "description": "The path of the field, such as `client.ip`"},
                            "description": text(),
                        },
                    },
                },
                "metadata": {
                    "type": "object",
                    "description": "Values that belong to the reason, such as `revision`",
                    "additionalProperties": text(),
                },
            },
        }}},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_to_a_schema_and_every_operation_has_its_own_name() {
        let document = DocumentBuilder::default().build();
        let text = document.to_string();
        for reference in text.split("\"#/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(document.pointer(&format!("/{reference}")).is_some_and(Value::is_object), "{reference}");
        }
        let mut names: Vec<_> = ROUTES.iter().map(|route| route.id).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ROUTES.len());
    }

    #[test]
    fn an_operation_describes_its_parameters_and_its_body() {
        let document = DocumentBuilder::default().build();
        let search = document.pointer("/paths/~1admin~1api~1sessions/get/parameters").expect("parameters");
        let names: Vec<_> = search.as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect();
        for name in ["user_id", "device_type", "created.start", "last_active.end", "state", "page_token"] {
            assert!(names.contains(&name), "{names:?}");
        }
        let create = document.pointer("/components/schemas/CreateRequest").expect("a schema");
        assert_eq!(create["required"], json!(["user_id"]));
        let update = document.pointer("/paths/~1api~1v1~1sessions~1{session_id}/patch").expect("an operation");
        let body = &update["requestBody"]["content"]["application/json"]["schema"];
        assert!(body["properties"].get("session_id").is_none(), "it is in the path");
        let forget = document.pointer("/paths/~1admin~1api~1users~1{user_id}~1revoke-all/post").expect("an operation");
        let scope = &forget["requestBody"]["content"]["application/json"]["schema"]["properties"]["user"];
        assert!(scope["properties"].get("tenant_id").is_some() && scope["properties"].get("user_id").is_none());
    }
}
