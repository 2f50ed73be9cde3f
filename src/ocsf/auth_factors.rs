//! The authentication factors of a user.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// Authentication methods that are not factors (RFC 8176).
const NON_FACTOR_METHODS: [&str; 6] = ["mfa", "mca", "geo", "rba", "user", "wia"];

/// Returns `auth_factors` for methods of RFC 8176 and others.
pub fn auth_factors(methods: &[String]) -> Vec<Value> {
    let factors = methods.iter().filter(|method| !NON_FACTOR_METHODS.contains(&method.as_str()));
    let object = |method: &String| {
        let (id, name) = factor(method);
        json!({ "factor_type_id": id, "factor_type": name })
    };
    factors.map(object).collect()
}

/// Returns `is_mfa`, or `None` if no method is known.
pub fn is_mfa(methods: &[String]) -> Option<bool> {
    if methods.is_empty() {
        return None;
    }
    let factors = methods.iter().filter(|method| !NON_FACTOR_METHODS.contains(&method.as_str()));
    let different: BTreeSet<_> = factors.map(|method| factor(method)).collect();
    Some(methods.iter().any(|method| method == "mfa") || different.len() > 1)
}

fn factor(method: &str) -> (u32, &str) {
    match method {
        "sms" => (1, "SMS"),
        "kba" => (2, "Security Question"),
        "tel" => (3, "Phone Call"),
        "face" | "fpt" | "iris" | "retina" | "vbm" => (4, "Biometric"),
        "hwk" | "sc" => (6, "Hardware Token"),
        "otp" => (7, "OTP"),
        "pwd" => (11, "Password"),
        other => (99, other),
    }
}
