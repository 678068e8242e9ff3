//! Generates the platform's own contract types; protox reads the files, so no protoc is needed.

use std::path::PathBuf;

use prost::Message;

const CONTRACTS: &str = "../../contracts";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={CONTRACTS}/mainstay");
    let files = protox::compile(["mainstay/v1/event_log.proto", "mainstay/v1/types.proto"], [CONTRACTS])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), files.encode_to_vec())?;
    tonic_prost_build::configure()
        .build_transport(false)
        .codec_path("crate::Codec")
        .emit_rerun_if_changed(false)
        .compile_fds(files)?;
    Ok(())
}
