//! Generates the contract that the suite for calls speaks; protox reads the file, so no protoc is needed.

use std::path::PathBuf;

use prost::Message;

const CONTRACTS: &str = "../../contracts";
const FILE: &str = "mainstay/conformance/v1/probe.proto";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={CONTRACTS}/{FILE}");
    let files = protox::compile([FILE], [CONTRACTS])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), files.encode_to_vec())?;
    tonic_prost_build::configure()
        .build_transport(false)
        .codec_path("mainstay_rpc::Codec")
        .emit_rerun_if_changed(false)
        .compile_fds(files)?;
    Ok(())
}
