//! JSON schemas of messages, in the form of [`crate::api::json`].

use std::{collections::BTreeMap, fmt::Write as _};

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::comments::comment;

/// The form of session IDs.
const SESSION_ID: &str = "[a-z2-7]{32}";

/// The side of a call that a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SchemaSide {
    /// Required fields are those whose comment says so, and no others are known.
    Request,
    /// Fields without a value of their own for "unset" are always present.
    Response,
}

/// The schemas of `components`, by name.
#[derive(Default)]
pub(super) struct SchemaComponents(pub(super) BTreeMap<String, Value>);

impl SchemaComponents {
    /// Returns a reference to the schema of a message, which is added.
    pub(super) fn message(&mut self, message: &MessageDescriptor, side: SchemaSide) -> Value {
        let is_input = side == SchemaSide::Request && !message.name().ends_with("Request");
        let name = if is_input { format!("{}Input", message.name()) } else { message.name().to_owned() };
        if !self.0.contains_key(&name) {
            // A message that contains itself refers to its schema.
            self.0.insert(name.clone(), Value::Null);
            let schema = self.object(message, side, "");
            self.0.insert(name.clone(), schema);
        }
        reference(&name)
    }

    /// Returns the schema of a message without the field at the path `omitted`, if that is not empty.
    pub(super) fn object(&mut self, message: &MessageDescriptor, side: SchemaSide, omitted: &str) -> Value {
        let (omitted, within) = omitted.split_once('.').unwrap_or((omitted, ""));
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for field in message.fields() {
            if field.name() == omitted && within.is_empty() {
                continue;
            }
            let is_required = match side {
                SchemaSide::Request => field_comment(&field).starts_with("Required."),
                SchemaSide::Response => !field.supports_presence(),
            };
            if is_required {
                required.push(json!(field.name()));
            }
            let schema = match field.kind() {
                Kind::Message(inner) if field.name() == omitted => self.object(&inner, side, within),
                Kind::Enum(_) if side == SchemaSide::Request && !field.is_list() => {
                    admitting(self.field(&field, side), NUMBER)
                }
                _ => self.field(&field, side),
            };
            let may_be_null = side == SchemaSide::Request && !is_required;
            properties.insert(field.name().to_owned(), if may_be_null { nullable(schema) } else { schema });
        }
        let mut schema = json!({"type": "object", "properties": properties});
        let about = comment(&message.parent_file(), message.path());
        if !about.is_empty() {
            schema["description"] = json!(about);
        }
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        if side == SchemaSide::Request {
            schema["additionalProperties"] = json!(false);
            let choices = exclusions(message);
            if !choices.is_empty() {
                schema["allOf"] = json!(choices);
            }
        }
        schema
    }

    /// Returns the schema of a field, with its comment.
    pub(super) fn field(&mut self, field: &FieldDescriptor, side: SchemaSide) -> Value {
        let about = field_comment(field);
        let value = self.value(field, &about, side);
        let mut schema = if field.is_list() { json!({"type": "array", "items": value}) } else { value };
        if !about.is_empty() {
            schema["description"] = json!(about);
        }
        schema
    }

    fn value(&mut self, field: &FieldDescriptor, about: &str, side: SchemaSide) -> Value {
        match field.kind() {
            Kind::Bool => json!({"type": "boolean"}),
            Kind::String if about.contains("32 characters") && side == SchemaSide::Request => {
                let pattern =
                    if about.contains("empty") { format!("^({SESSION_ID})?$") } else { format!("^{SESSION_ID}$") };
                json!({"type": "string", "pattern": pattern})
            }
            Kind::String | Kind::Bytes => json!({"type": "string"}),
            Kind::Double | Kind::Float => json!({"type": "number"}),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => json!({"type": "integer", "format": "int32"}),
            Kind::Uint32 | Kind::Fixed32 => json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => json!({"type": "string", "pattern": "^-?[0-9]{1,19}$"}),
            Kind::Uint64 | Kind::Fixed64 => {
                let digits = if side == SchemaSide::Request { 19 } else { 20 };
                json!({"type": "string", "pattern": format!("^[0-9]{{1,{digits}}}$")})
            }
            Kind::Enum(values) => self.enumeration(&values),
            Kind::Message(message) => match message.full_name() {
                "google.protobuf.Timestamp" => json!({"type": "string", "format": "date-time"}),
                "google.protobuf.Duration" => {
                    json!({"type": "string", "pattern": "^-?[0-9]{1,12}(\\.[0-9]{1,9})?s$", "examples": ["90s"]})
                }
                "google.protobuf.FieldMask" => json!({"type": "string", "examples": ["email,roles"]}),
                "google.protobuf.Struct" => json!({"type": "object"}),
                _ => self.message(&message, side),
            },
        }
    }

    fn enumeration(&mut self, values: &EnumDescriptor) -> Value {
        let name = values.name().to_owned();
        if !self.0.contains_key(&name) {
            let file = values.parent_file();
            let mut about = comment(&file, values.path());
            for value in values.values() {
                // Writing to a `String` does not fail.
                let _ = write!(about, "\n- `{}`: {}", value.name(), comment(&file, value.path()));
            }
            let names: Vec<_> = values.values().map(|value| value.name().to_owned()).collect();
            self.0.insert(name.clone(), json!({"type": "string", "enum": names, "description": about}));
        }
        reference(&name)
    }
}

/// The type of the number of an enum value, which the JSON form of protobuf admits.
const NUMBER: &str = "integer";

/// Returns a schema that also admits null, which means that a field is not set.
fn nullable(mut schema: Value) -> Value {
    match schema.get("type").cloned() {
        Some(kind) => {
            schema["type"] = json!([kind, "null"]);
            schema
        }
        None => admitting(schema, "null"),
    }
}

/// Returns a schema that also admits any value of a type.
fn admitting(mut schema: Value, kind: &str) -> Value {
    let about = schema.as_object_mut().and_then(|schema| schema.remove("description"));
    let mut admitting = json!({"anyOf": [schema, {"type": kind}]});
    if let Some(about) = about {
        admitting["description"] = about;
    }
    admitting
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn field_comment(field: &FieldDescriptor) -> String {
    comment(&field.parent_file(), field.path())
}

/// Returns the schemas that forbid two fields of one choice. A field that is `null` is unset.
fn exclusions(message: &MessageDescriptor) -> Vec<Value> {
    let mut excluded = Vec::new();
    for choice in message.oneofs().filter(|choice| !choice.is_synthetic()) {
        let names: Vec<_> = choice.fields().map(|field| field.name().to_owned()).collect();
        for (index, name) in names.iter().enumerate() {
            excluded.extend(names[index + 1..].iter().map(|other| {
                let set = json!({"not": {"type": "null"}});
                json!({"not": {"required": [name, other], "properties": {(name): set, (other): set}}})
            }));
        }
    }
    excluded
}
