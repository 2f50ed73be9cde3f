//! `Debug` of the messages that have redacted fields: it prints the other fields.

use std::fmt::Write as _;

use protox::prost_reflect::{DescriptorPool, FieldDescriptor, MessageDescriptor};

use crate::contract::{camel_case, snake_case};

/// The option of fields that are not printed.
const REDACTED: &str = "session.v1.redacted";

/// A message with redacted fields.
pub struct RedactedMessage {
    descriptor: MessageDescriptor,
    redacted: Vec<FieldDescriptor>,
}

impl RedactedMessage {
    /// Returns the messages of a package that have redacted fields.
    pub fn all(pool: &DescriptorPool, package: &str) -> Result<Vec<Self>, String> {
        let option = pool.get_extension_by_name(REDACTED).ok_or_else(|| format!("no option {REDACTED}"))?;
        let is_redacted = |field: &FieldDescriptor| field.options().get_extension(&option).as_bool() == Some(true);
        let messages = pool.all_messages().filter(|message| message.package_name() == package);
        let messages = messages.map(|descriptor| {
            let redacted = descriptor.fields().filter(is_redacted).collect();
            Self { descriptor, redacted }
        });
        Ok(messages.filter(|message| !message.redacted.is_empty()).collect())
    }

    /// Returns the path of the message for the code generator, which then omits its `Debug`.
    pub fn path(&self) -> String {
        format!(".{}", self.descriptor.full_name())
    }
}

/// Returns implementations of `Debug` that print all fields but the redacted ones, in the module of the messages.
pub fn debug_implementations(messages: &[RedactedMessage]) -> Result<String, std::fmt::Error> {
    let mut code = String::new();
    for RedactedMessage { descriptor, redacted } in messages {
        let name = descriptor.name();
        let plain = descriptor.fields().filter(|field| field.containing_oneof().is_none() && !redacted.contains(field));
        let fields = plain.map(|field| field.name().to_owned());
        let fields = fields.chain(descriptor.oneofs().map(|oneof| oneof.name().to_owned()));
        let fields: Vec<_> = fields.map(|field| format!(".field({field:?}, &self.r#{field})")).collect();
        write_debug(&mut code, name, &format!("f.debug_struct({name:?}){}.finish_non_exhaustive()", fields.concat()))?;
        // The generator omits `Debug` for the alternatives in a message too.
        for oneof in descriptor.oneofs() {
            let arms: String = oneof.fields().map(|field| variant_arm(&field, redacted.contains(&field))).collect();
            let path = format!("{}::{}", snake_case(name), camel_case(oneof.name()));
            write_debug(&mut code, &path, &format!("match self {{ {arms} }}"))?;
        }
    }
    Ok(code)
}

fn variant_arm(field: &FieldDescriptor, is_redacted: bool) -> String {
    let name = camel_case(field.name());
    if is_redacted {
        return format!("Self::{name}(_) => f.write_str(\"{name}(redacted)\"),");
    }
    format!("Self::{name}(value) => f.debug_tuple({name:?}).field(value).finish(),")
}

fn write_debug(code: &mut String, name: &str, body: &str) -> std::fmt::Result {
    let signature = "fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result";
    writeln!(code, "impl std::fmt::Debug for {name} {{ {signature} {{ {body} }} }}")
}
