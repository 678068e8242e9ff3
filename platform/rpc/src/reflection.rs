//! What anybody may ask: whether services are well, and what their contracts look like.
//!
//! Both are open because those who ask have no token: an orchestrator's probe, a person with a command-line client.
//! Neither tells more than the contracts in the repository do.

use mainstay_core::{Result, codes};
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::HealthService;
use tonic_reflection::server::Builder;

use crate::mount::{Mount, RpcService};
use crate::network::Network;

/// The mount's name in metrics.
const NAME: &str = "mainstay";

pub(crate) fn mount(network: &Network) -> Result<Mount> {
    let health = HealthServer::new(HealthService::from_health_reporter(network.health().reporter()));
    let mut described =
        vec![tonic_health::pb::FILE_DESCRIPTOR_SET, tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET];
    for mount in network.mounts().values() {
        for (_, descriptors) in mount.contracts() {
            // Services share files, such as those of the event log.
            if !described.contains(descriptors) {
                described.push(*descriptors);
            }
        }
    }
    let builder =
        described.into_iter().fold(Builder::configure(), Builder::register_encoded_file_descriptor_set);
    let reflection = builder
        .build_v1()
        .map_err(|error| codes::INTERNAL.because("the contracts' descriptors do not fit together", error))?;
    let services = vec![
        RpcService::new(health, tonic_health::pb::FILE_DESCRIPTOR_SET),
        RpcService::new(reflection, tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET),
    ];
    Mount::new(NAME, services, None, network.clock(), network.registry())
}
