//! The host with services made for it: topology, readiness, leases and the drain, over real databases and sockets.

mod counter;
mod drain;
mod folder;
mod http;
mod starting;
mod topology;
