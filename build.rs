//! Generates the gRPC code from `proto/` without a `protoc` on the machine.

use std::{env, error::Error, fmt::Write as _, path::PathBuf};

use prost::Message;
use protox::{
    Compiler,
    prost_reflect::{
        DescriptorPool, DynamicMessage, EnumDescriptor, ExtensionDescriptor, MethodDescriptor, ReflectMessage as _,
        Value,
    },
};
use tonic_prost_build::Config;

#[path = "build/contract.rs"]
mod contract;
#[path = "build/redacted_debug.rs"]
mod redacted_debug;

use contract::{CONTRACT, OPTIONS, camel_case};
use redacted_debug::{RedactedMessage, debug_implementations};

/// The protocol of Envoy, which is not part of the contract.
const EXT_AUTHZ: [&str; 1] = ["envoy/service/auth/v3/external_auth.proto"];
const EXT_AUTHZ_PACKAGE: &str = "envoy.service.auth.v3";

const STORED: [&str; 1] = ["session/record/v1/record.proto"];

/// The option that every method has.
const REQUIREMENTS: &str = "session.v1.requirements";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=texts");

    let out = PathBuf::from(env::var("OUT_DIR")?);
    std::fs::write(out.join("notification_texts.rs"), language_files("texts/notifications")?)?;
    let mut compiler = Compiler::new(["proto"])?;
    compiler.include_imports(true).include_source_info(true).open_files(CONTRACT)?;
    let mut contract = compiler.file_descriptor_set();
    std::fs::write(out.join("session.v1.bin"), contract.encode_to_vec())?;
    let pool = compiler.descriptor_pool();
    let redacted = RedactedMessage::all(&pool, "session.v1")?;
    std::fs::write(out.join("debug.rs"), debug_implementations(&redacted)?)?;
    contract.file.retain(|file| !OPTIONS.contains(&file.name()));
    let mut with_names = Config::new();
    // The codec uses the names to find the fields of a message that may be other than UTF-8.
    with_names.enable_type_names();
    tonic_prost_build::configure()
        .skip_debug(redacted.iter().map(RedactedMessage::path))
        .codec_path("crate::api::LenientCodec")
        // Validations are served before the service is reached (`transport/grpc/validate`).
        .generate_default_stubs(true)
        .compile_fds_with_config(contract, with_names)?;

    let mut compiler = Compiler::new(["proto"])?;
    compiler.include_imports(true).include_source_info(true).open_files(EXT_AUTHZ)?;
    let mut protocol = compiler.file_descriptor_set();
    let protocol_pool = compiler.descriptor_pool();
    let methods = methods_table(&[(&pool, &CONTRACT), (&protocol_pool, &EXT_AUTHZ)])?;
    std::fs::write(out.join("methods.rs"), methods)?;
    let redacted = RedactedMessage::all(&protocol_pool, EXT_AUTHZ_PACKAGE)?;
    std::fs::write(out.join("ext_authz_debug.rs"), debug_implementations(&redacted)?)?;
    // The options are those of the contract, which reflection serves already.
    protocol.file.retain(|file| !OPTIONS.contains(&file.name()));
    std::fs::write(out.join("ext_authz.bin"), protocol.encode_to_vec())?;
    tonic_prost_build::configure()
        .skip_debug(redacted.iter().map(RedactedMessage::path))
        // A bench compares with tonic's own server.
        .compile_fds(protocol)?;

    let stored = protox::compile(STORED, ["proto"])?;
    tonic_prost_build::configure()
        .skip_debug(["Record", "Alert", "NotificationContact"].map(|message| format!(".session.record.v1.{message}")))
        .build_client(false)
        .build_server(false)
        .compile_fds(stored)?;
    Ok(())
}

/// Returns the Rust code that lists the files of a directory, each a language, for `src/notifications/catalogue.rs`.
fn language_files(directory: &str) -> Result<String, Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join(directory);
    let mut files = std::fs::read_dir(root)?.map(|file| Ok(file?.path())).collect::<std::io::Result<Vec<_>>>()?;
    files.sort();
    let mut entries = String::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "toml")) {
        let tag = file.file_stem().and_then(|stem| stem.to_str()).ok_or("a language has a name that is not UTF-8")?;
        writeln!(entries, "    ({tag:?}, include_str!({:?})),", file.display().to_string())?;
    }
    Ok(format!("const LANGUAGE_FILES: &[(&str, &str)] = &[\n{entries}];\n"))
}

/// Returns the Rust code of the methods in these files and their requirements, for `src/transport/grpc/methods.rs`.
/// Fails if a method does not state its requirements.
fn methods_table(files: &[(&DescriptorPool, &[&str])]) -> Result<String, Box<dyn Error>> {
    let (mut names, mut rows, mut count) = (String::new(), String::new(), 0);
    for (pool, names_of_files) in files {
        let option = pool.get_extension_by_name(REQUIREMENTS).ok_or_else(|| format!("no option {REQUIREMENTS}"))?;
        let files = names_of_files.iter().filter_map(|name| pool.get_file_by_name(name));
        let services = files.flat_map(|file| file.services().collect::<Vec<_>>());
        for method in services.flat_map(|service| service.methods().collect::<Vec<_>>()) {
            let path = format!("{}/{}", method.parent_service().full_name(), method.name());
            let row = method_row(&method, &path, &option).map_err(|missing| format!("method {path}: {missing}"))?;
            writeln!(names, "    {},", method_variant(&method))?;
            writeln!(rows, "    {row},")?;
            count += 1;
        }
    }
    Ok(format!(
        "/// A method that the server serves.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\n\
         pub enum ApiMethod {{\n{names}}}\n\n\
         /// The methods that the server serves, in the order of [`ApiMethod`].\n\
         pub static METHODS: [MethodSpec; {count}] = [\n{rows}];\n",
    ))
}

/// Returns the variant of a method in `ApiMethod`: its name, and outside the contract also that of its service.
fn method_variant(method: &MethodDescriptor) -> String {
    let service = method.parent_service();
    let prefix = if service.package_name() == EXT_AUTHZ_PACKAGE { service.name() } else { "" };
    format!("{prefix}{}", method.name())
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
        method_variant(method),
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
