//! Messages of the contract in the JSON mapping of protobuf, for the command line and for HTTP.

mod contract;
mod message;
mod parse;
mod protobuf_struct;

#[cfg(test)]
pub use contract::contract_methods;
pub use contract::{contract_message, contract_method};
pub use message::{DynamicMessageJson, MessageJson};
pub use parse::{InvalidField, find_field, parse_message};
pub use protobuf_struct::{from_struct, to_struct};
