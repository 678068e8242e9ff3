//! Generates the contract's messages, client and server; protox reads the files, so no protoc is needed.

use std::path::PathBuf;

use prost::Message;

const CONTRACTS: &str = "../../../contracts";
const FILE: &str = "shop/imports/v1/imports.proto";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={CONTRACTS}/{FILE}");
    println!("cargo::rerun-if-changed={CONTRACTS}/mainstay/v1/types.proto");
    let files = protox::compile([FILE], [CONTRACTS])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), files.encode_to_vec())?;
    tonic_prost_build::configure()
        .build_transport(false)
        .codec_path("mainstay_rpc::Codec")
        .emit_rerun_if_changed(false)
        .extern_path(".mainstay.v1", "::mainstay_rpc::v1")
        .compile_fds(files)?;
    Ok(())
}
