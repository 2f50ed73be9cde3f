//! The descriptors of the contract.

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, MessageDescriptor, MethodDescriptor};

use crate::api;

static CONTRACT: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(api::DESCRIPTORS).unwrap_or_default());

/// Returns the descriptor of a message by its full name.
pub fn contract_message(name: &str) -> Option<MessageDescriptor> {
    CONTRACT.get_message_by_name(name)
}

/// Returns the descriptor of a method by its path, `package.Service/Method`.
pub fn contract_method(path: &str) -> Option<MethodDescriptor> {
    let (service, method) = path.split_once('/')?;
    CONTRACT.get_service_by_name(service)?.methods().find(|candidate| candidate.name() == method)
}

/// Returns all methods of the contract.
#[cfg(test)]
pub fn contract_methods() -> impl Iterator<Item = MethodDescriptor> {
    let services = CONTRACT.services().filter(|service| service.package_name() == "session.v1");
    services.flat_map(|service| service.methods().collect::<Vec<_>>())
}

#[cfg(test)]
pub(super) fn contract_messages() -> Vec<MessageDescriptor> {
    CONTRACT.all_messages().filter(|message| message.package_name() == "session.v1").collect()
}
