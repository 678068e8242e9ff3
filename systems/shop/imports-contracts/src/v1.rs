//! The messages, client and server that build.rs generates from `contracts/shop/imports/v1/imports.proto`.

#![expect(clippy::allow_attributes, reason = "generated code carries its own exceptions")]

tonic::include_proto!("shop.imports.v1");

/// The descriptors of the contract and what it imports, for the reflection service.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
