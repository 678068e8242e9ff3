//! The codes that calls between services raise.

use mainstay_core::{Code, Kind};

pub const UNEXPLAINED: Code = Code::new(
    "rpc.unexplained",
    Kind::Unknown,
    "A peer failed without saying why",
    "Look at the peer's log for the trace id; ask again with the same idempotency key.",
);
pub const TOO_LARGE: Code = Code::new(
    "rpc.too_large",
    Kind::OutOfRange,
    "A message passes the limit of 4 MiB",
    "Send less at once; long lists are asked for page by page.",
);
pub const NOT_CONNECTED: Code = Code::new(
    "rpc.not_connected",
    Kind::Unavailable,
    "The service runs neither here nor at a known address",
    "Mount it in this process, or name its address under [peers] in mainstay.toml.",
);
pub const WITHOUT_CONTEXT: Code = Code::new(
    "rpc.without_context",
    Kind::Internal,
    "A call was made without its context",
    "Make requests with mainstay_rpc::request, and read them with mainstay_rpc::context.",
);
pub const MOUNTED_TWICE: Code = Code::new(
    "rpc.mounted_twice",
    Kind::FailedPrecondition,
    "Two services want the same name",
    "Give each service of a process its own name, and each its contracts once.",
);
pub const BAD_ADDRESS: Code = Code::new(
    "rpc.bad_address",
    Kind::InvalidArgument,
    "This is not the address of a service",
    "Write it as http://host:port, such as http://127.0.0.1:9001.",
);
pub const CANNOT_LISTEN: Code = Code::new(
    "rpc.cannot_listen",
    Kind::FailedPrecondition,
    "The address for calls cannot be bound",
    "Choose a free port of this machine for [rpc] listen; the message names what stands in the way.",
);
pub const BAD_DESCRIPTORS: Code = Code::new(
    "rpc.bad_descriptors",
    Kind::Internal,
    "The service is not in its own descriptors",
    "Pass the FILE_DESCRIPTOR_SET of the contracts crate that the service comes from.",
);

/// Every code of this module, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[
    &UNEXPLAINED,
    &TOO_LARGE,
    &NOT_CONNECTED,
    &WITHOUT_CONTEXT,
    &MOUNTED_TWICE,
    &BAD_ADDRESS,
    &CANNOT_LISTEN,
    &BAD_DESCRIPTORS,
];
