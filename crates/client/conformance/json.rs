//! Messages as protobuf JSON.

use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::{Value, json};

static CONTRACT: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let files = ["session", "admin", "denylist", "notification", "webhook"]
        .map(|service| format!("session/v1/{service}_service.proto"));
    let mut compiler = protox::Compiler::new([concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto")])
        .unwrap_or_else(|error| panic!("{error}"));
    compiler.include_imports(true).open_files(files).unwrap_or_else(|error| panic!("{error}"));
    compiler.descriptor_pool()
});

/// Returns the message of type `name` that `value` represents.
pub fn decode<M: Message + Default>(name: &str, value: &Value) -> Result<M, Value> {
    let problem = |error: &dyn std::fmt::Display| json!({ "type": "adapter", "message": error.to_string() });
    let descriptor =
        CONTRACT.get_message_by_name(&format!("session.v1.{name}")).ok_or_else(|| problem(&format!("no {name}")))?;
    let value = if value.is_null() { &json!({}) } else { value };
    let message = DynamicMessage::deserialize(descriptor, value).map_err(|error| problem(&error))?;
    M::decode(message.encode_to_vec().as_slice()).map_err(|error| problem(&error))
}

/// Returns `message`, of type `name`, as JSON.
pub fn encode(name: &str, message: &impl Message) -> Value {
    let encoded = CONTRACT.get_message_by_name(&format!("session.v1.{name}")).and_then(|descriptor| {
        let message = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).ok()?;
        serde_json::to_value(message).ok()
    });
    encoded.unwrap_or(Value::Null)
}
