//! The upper bound: a server that returns the same message for every token. No tonic server that returns this message
//! can be much faster.

use std::fs;

use prost::Message;
use session_authority::api::ValidateResponse;
use tonic::Status;

use crate::reference_server::ValidateHandler;

pub struct ConstantHandler(ValidateResponse);

impl ConstantHandler {
    /// Creates a handler that returns the message in `file`.
    pub fn new(file: &str) -> Self {
        let encoded = fs::read(file).expect("a message");
        Self(ValidateResponse::decode(&*encoded).expect("a message of Validate"))
    }
}

#[tonic::async_trait]
impl ValidateHandler for ConstantHandler {
    async fn validate(&self, _: &str) -> Result<ValidateResponse, Status> {
        Ok(self.0.clone())
    }
}
