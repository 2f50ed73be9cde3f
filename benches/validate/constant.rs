//! The ceiling: the same message for every token, whatever the token. No server on tonic that answers with it can be
//! quicker by much.

use std::fs;

use prost::Message;
use session_authority::api::ValidateResponse;
use tonic::Status;

use crate::reference_server::ValidateHandler;

pub struct ConstantHandler(ValidateResponse);

impl ConstantHandler {
    /// With the message that the file has.
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
