//! The files of the contract, and the Rust names of its parts.

pub const CONTRACT: [&str; 5] = [
    "session/v1/session_service.proto",
    "session/v1/admin_service.proto",
    "session/v1/denylist_service.proto",
    "session/v1/notification_service.proto",
    "session/v1/webhook_service.proto",
];

/// Options of methods and fields. They control code generation, and no code is generated for them.
pub const OPTIONS: [&str; 2] = ["session/v1/options.proto", "google/protobuf/descriptor.proto"];

/// Returns the name of a Rust type or variant, such as `SessionId` for `session_id` or `SESSION_ID`.
pub fn camel_case(name: &str) -> String {
    name.split('_').map(|word| word[..1].to_uppercase() + &word[1..].to_lowercase()).collect()
}

/// Returns the name of a Rust module, such as `rotate_response` for `RotateResponse`.
pub fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
