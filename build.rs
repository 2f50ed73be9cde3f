//! Generates the gRPC code from `proto/` without a `protoc` on the machine.

use std::{env, error::Error, fmt::Write as _, path::PathBuf};

use prost::Message;
use protox::{
    Compiler,
    prost_reflect::{
        DescriptorPool, DynamicMessage, EnumDescriptor, ExtensionDescriptor, FieldDescriptor, MessageDescriptor,
        MethodDescriptor, ReflectMessage as _, Value,
    },
};
use tonic_prost_build::Config;

const CONTRACT: [&str; 3] =
    ["session/v1/session_service.proto", "session/v1/admin_service.proto", "session/v1/denylist_service.proto"];

const STORED: [&str; 1] = ["session/record/v1/record.proto"];

/// Options of methods and fields. They decide what is generated, and no code is generated for them.
const OPTIONS: [&str; 2] = ["session/v1/options.proto", "google/protobuf/descriptor.proto"];
/// The option that every method has.
const REQUIREMENTS: &str = "session.v1.requirements";
/// The option of fields that are not printed.
const REDACTED: &str = "session.v1.redacted";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-changed=migrations");

    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut compiler = Compiler::new(["proto"])?;
    compiler.include_imports(true).include_source_info(true).open_files(CONTRACT)?;
    let mut contract = compiler.file_descriptor_set();
    std::fs::write(out.join("session.v1.bin"), contract.encode_to_vec())?;
    let pool = compiler.descriptor_pool();
    std::fs::write(out.join("methods.rs"), methods_table(&pool)?)?;
    let redacted = redacted_messages(&pool)?;
    std::fs::write(out.join("debug.rs"), debug_implementations(&redacted)?)?;
    contract.file.retain(|file| !OPTIONS.contains(&file.name()));
    let mut with_names = Config::new();
    // The codec uses the names to find the fields of a message that may be other than UTF-8.
    with_names.enable_type_names();
    tonic_prost_build::configure()
        .skip_debug(redacted.iter().map(|message| format!(".{}", message.descriptor.full_name())))
        .codec_path("crate::api::LenientCodec")
        // Validations are served before the service is reached (`transport/grpc/validate`).
        .generate_default_stubs(true)
        .compile_fds_with_config(contract, with_names)?;

    let stored = protox::compile(STORED, ["proto"])?;
    tonic_prost_build::configure()
        .skip_debug([".session.record.v1.Record", ".session.record.v1.Alert"])
        .build_client(false)
        .build_server(false)
        .compile_fds(stored)?;
    Ok(())
}

/// Returns the Rust code of the methods of the contract and their requirements, for `src/transport/grpc/methods.rs`.
/// Fails if a method does not state its requirements.
fn methods_table(contract: &DescriptorPool) -> Result<String, Box<dyn Error>> {
    let option = contract.get_extension_by_name(REQUIREMENTS).ok_or_else(|| format!("no option {REQUIREMENTS}"))?;
    let files = CONTRACT.iter().filter_map(|name| contract.get_file_by_name(name));
    let methods: Vec<_> = files
        .flat_map(|file| file.services().collect::<Vec<_>>())
        .flat_map(|s| s.methods().collect::<Vec<_>>())
        .collect();

    let (mut names, mut rows) = (String::new(), String::new());
    for method in &methods {
        let path = format!("{}/{}", method.parent_service().full_name(), method.name());
        let row = method_row(method, &path, &option).map_err(|missing| format!("method {path}: {missing}"))?;
        writeln!(names, "    {},", method.name())?;
        writeln!(rows, "    {row},")?;
    }
    Ok(format!(
        "/// A method of the contract.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\n\
         pub enum ApiMethod {{\n{names}}}\n\n\
         /// The methods of the contract, in the order of [`ApiMethod`].\n\
         pub static METHODS: [MethodSpec; {}] = [\n{rows}];\n",
        methods.len()
    ))
}

/// Returns the row of one method, or what its options lack.
fn method_row(method: &MethodDescriptor, path: &str, option: &ExtensionDescriptor) -> Result<String, String> {
    let options = method.options();
    if !options.has_extension(option) {
        return Err(format!("has no option ({REQUIREMENTS})"));
    }
    let value = options.get_extension(option);
    let required = value.as_message().ok_or("the option is not a message")?;
    let roles = required.get_field_by_name("roles");
    let roles = roles.as_deref().and_then(Value::as_list).unwrap_or_default();
    let roles: Option<Vec<_>> = roles.iter().map(|role| variant(&enum_of(required, "roles")?, role)).collect();
    let roles = roles.filter(|roles| !roles.is_empty()).ok_or("`roles` must be set")?;
    let [work, stream, deadline] = ["work", "stream", "deadline"]
        .map(|field| variant(&enum_of(required, field)?, required.get_field_by_name(field)?.as_ref()));
    if work.is_none() && !method.is_client_streaming() {
        return Err("`work` must be set".to_owned());
    }
    if stream.is_some() != method.is_server_streaming() {
        return Err("`stream` must be set if the method returns a stream, and only then".to_owned());
    }
    let deadline = deadline.ok_or("`deadline` must be set")?;
    let optional = |work: Option<String>| work.map_or_else(|| "None".to_owned(), |work| format!("Some({work})"));
    Ok(format!(
        "MethodSpec {{ method: Some(ApiMethod::{}), path: {path:?}, roles: &[{}], work: {}, stream: {}, \
         deadline: {deadline}, is_unary_request: {}, is_unauthenticated: false }}",
        method.name(),
        roles.join(", "),
        optional(work),
        optional(stream),
        !method.is_client_streaming()
    ))
}

fn enum_of(message: &DynamicMessage, field: &str) -> Option<EnumDescriptor> {
    message.descriptor().get_field_by_name(field)?.kind().as_enum().cloned()
}

/// Returns the Rust variant of the same name, such as `WorkKind::Reads` for `WORK_KIND_READS`, or `None` if the value
/// is unspecified.
fn variant(kind: &EnumDescriptor, value: &Value) -> Option<String> {
    let number = value.as_enum_number().filter(|number| *number != 0)?;
    let value = kind.get_value(number)?;
    let name = camel_case(value.name());
    Some(format!("{}::{}", kind.name(), name.strip_prefix(kind.name())?))
}

/// A message with redacted fields.
struct RedactedMessage {
    descriptor: MessageDescriptor,
    redacted: Vec<FieldDescriptor>,
}

fn redacted_messages(contract: &DescriptorPool) -> Result<Vec<RedactedMessage>, String> {
    let option = contract.get_extension_by_name(REDACTED).ok_or_else(|| format!("no option {REDACTED}"))?;
    let is_redacted = |field: &FieldDescriptor| field.options().get_extension(&option).as_bool() == Some(true);
    let messages = contract.all_messages().filter(|message| message.package_name() == "session.v1");
    let messages = messages.map(|descriptor| {
        let redacted = descriptor.fields().filter(is_redacted).collect();
        RedactedMessage { descriptor, redacted }
    });
    Ok(messages.filter(|message| !message.redacted.is_empty()).collect())
}

/// Returns implementations of `Debug` that print all fields but the redacted ones, for `src/api.rs`.
fn debug_implementations(messages: &[RedactedMessage]) -> Result<String, std::fmt::Error> {
    let mut code = String::new();
    for RedactedMessage { descriptor, redacted } in messages {
        let name = descriptor.name();
        let plain = descriptor.fields().filter(|field| field.containing_oneof().is_none() && !redacted.contains(field));
        let fields = plain.map(|field| field.name().to_owned());
        let fields = fields.chain(descriptor.oneofs().map(|oneof| oneof.name().to_owned()));
        let fields: Vec<_> = fields.map(|field| format!(".field({field:?}, &self.{field})")).collect();
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

fn camel_case(name: &str) -> String {
    name.split('_').map(|word| word[..1].to_uppercase() + &word[1..].to_lowercase()).collect()
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
