//! Exposes the client to the conformance runner (`clients/conformance`): operations as JSON lines on standard input,
//! outcomes as JSON lines on standard output.

#![expect(clippy::print_stdout, reason = "the outcomes are its output")]
#![expect(clippy::panic, reason = "without the contract there is nothing to test")]

mod consumer;
mod json;
mod operations;
mod services;

use std::{io, sync::Arc};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use self::operations::Adapter;

#[tokio::main]
async fn main() -> io::Result<()> {
    let adapter = Arc::new(Adapter::new());
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let Ok(operation) = serde_json::from_str::<Value>(&line) else { continue };
        let adapter = Arc::clone(&adapter);
        tokio::spawn(async move {
            let mut outcome = match adapter.run(&operation).await {
                Ok(ok) => json!({ "ok": ok }),
                Err(error) => json!({ "error": error }),
            };
            outcome["id"] = operation["id"].clone();
            println!("{outcome}");
        });
    }
    Ok(())
}
