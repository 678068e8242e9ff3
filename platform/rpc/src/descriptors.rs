//! What a contract's descriptors tell: which methods there are.

use mainstay_core::Result;
use prost::Message;
use prost_types::FileDescriptorSet;

use crate::codes::BAD_DESCRIPTORS;

/// The paths of a service's methods, such as `/shop.orders.v1.Orders/GetOrder`.
///
/// # Errors
/// `rpc.bad_descriptors` when `descriptors` cannot be read or the service is not in them.
pub(crate) fn method_paths(service: &str, descriptors: &[u8]) -> Result<Vec<String>> {
    let files = FileDescriptorSet::decode(descriptors).map_err(|error| {
        BAD_DESCRIPTORS.because(format!("the descriptors of {service} are malformed"), error)
    })?;
    for file in &files.file {
        for candidate in &file.service {
            if format!("{}.{}", file.package(), candidate.name()) == service {
                let path =
                    |method: &prost_types::MethodDescriptorProto| format!("/{service}/{}", method.name());
                return Ok(candidate.method.iter().map(path).collect());
            }
        }
    }
    Err(BAD_DESCRIPTORS.error(format!("{service} is not in the descriptors that came with it")))
}
