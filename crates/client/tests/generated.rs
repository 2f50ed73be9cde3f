//! The generated code is that of the contract. `UPDATE_GENERATED=1 cargo test -p session-authority-client` writes it.

#![expect(clippy::expect_used, reason = "a test may panic")]

use std::{env, fmt::Write as _, fs, path::Path};

use protox::{
    Compiler,
    prost_reflect::{DescriptorPool, FieldDescriptor, MessageDescriptor},
};

const CONTRACT: [&str; 3] =
    ["session/v1/session_service.proto", "session/v1/admin_service.proto", "session/v1/denylist_service.proto"];

/// Options of methods and fields, for which no code is generated.
const OPTIONS: [&str; 2] = ["session/v1/options.proto", "google/protobuf/descriptor.proto"];

#[test]
fn the_committed_code_is_generated_from_the_contract() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut compiler = Compiler::new([root.join("../../proto")]).expect("the contract");
    compiler.include_imports(true).include_source_info(true).open_files(CONTRACT).expect("the contract compiles");
    let mut contract = compiler.file_descriptor_set();
    contract.file.retain(|file| !OPTIONS.contains(&file.name()));
    let redacted = redacted_messages(&compiler.descriptor_pool());

    let out = tempfile::tempdir().expect("a directory");
    tonic_prost_build::configure()
        .build_server(false)
        .out_dir(out.path())
        .skip_debug(redacted.iter().map(|(message, _)| format!(".{}", message.full_name())))
        .compile_fds(contract)
        .expect("code is generated");
    fs::write(out.path().join("debug.rs"), debug_implementations(&redacted)).expect("written");

    for name in ["session.v1.rs", "debug.rs"] {
        let generated = fs::read_to_string(out.path().join(name)).expect("generated");
        let committed = root.join("src/generated").join(name);
        if env::var_os("UPDATE_GENERATED").is_some() {
            fs::write(&committed, &generated).expect("written");
        }
        let is_current = fs::read_to_string(&committed).is_ok_and(|committed| committed == generated);
        assert!(is_current, "{name} is out of date; run UPDATE_GENERATED=1 cargo test -p session-authority-client");
    }
}

/// Returns the messages that have fields that are not printed, with those fields.
fn redacted_messages(contract: &DescriptorPool) -> Vec<(MessageDescriptor, Vec<FieldDescriptor>)> {
    let option = contract.get_extension_by_name("session.v1.redacted").expect("the option");
    let messages = contract.all_messages().filter(|message| message.package_name() == "session.v1");
    let with_fields = messages.map(|message| {
        let is_redacted = |field: &FieldDescriptor| field.options().get_extension(&option).as_bool() == Some(true);
        let redacted = message.fields().filter(is_redacted).collect();
        (message, redacted)
    });
    with_fields.filter(|(_, redacted): &(_, Vec<_>)| !redacted.is_empty()).collect()
}

/// Returns implementations of `Debug` that print the fields that are neither redacted nor alternatives.
fn debug_implementations(messages: &[(MessageDescriptor, Vec<FieldDescriptor>)]) -> String {
    let mut code = String::new();
    for (message, redacted) in messages {
        let name = message.name();
        let plain = message.fields().filter(|field| field.containing_oneof().is_none() && !redacted.contains(field));
        let fields: Vec<_> = plain.map(|field| format!(".field({0:?}, &self.r#{0})", field.name())).collect();
        write_debug(&mut code, name, &format!("f.debug_struct({name:?}){}.finish_non_exhaustive()", fields.concat()));
        for oneof in message.oneofs() {
            let path = format!("{}::{}", snake_case(name), camel_case(oneof.name()));
            let arms: Vec<_> = oneof
                .fields()
                .map(|field| format!("Self::{0}(_) => f.write_str(\"{0}(..)\"),", camel_case(field.name())))
                .collect();
            write_debug(&mut code, &path, &format!("match self {{ {} }}", arms.concat()));
        }
    }
    code
}

fn write_debug(code: &mut String, name: &str, body: &str) {
    let signature = "fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result";
    writeln!(code, "impl std::fmt::Debug for {name} {{ {signature} {{ {body} }} }}").expect("a string");
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
