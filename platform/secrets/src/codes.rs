//! The codes that this crate raises.

use mainstay_core::{Code, Kind};

pub const ROOT_KEY_EXPOSED: Code = Code::new(
    "secrets.root_key_exposed",
    Kind::FailedPrecondition,
    "Others can read the root key",
    "Take the rights of others away with chmod 600; if somebody may have read it, replace the key.",
);
pub const ROOT_KEY_DAMAGED: Code = Code::new(
    "secrets.root_key_damaged",
    Kind::DataLoss,
    "The root key's file is damaged",
    "Put the file back from a backup: without it nothing that was sealed under it can be opened.",
);
pub const ROOT_KEY_UNUSABLE: Code = Code::new(
    "secrets.root_key_unusable",
    Kind::FailedPrecondition,
    "The root key cannot be read or made",
    "Give the process the right to read and write the folder that the message names.",
);
pub const ROOT_KEY_FOREIGN: Code = Code::new(
    "secrets.root_key_foreign",
    Kind::FailedPrecondition,
    "The root key's file is another installation's",
    "Put the file back that the process was started with; if it was meant to be another one, restart the process.",
);
pub const ROOT_KEY_KEPT: Code = Code::new(
    "secrets.root_key_kept",
    Kind::FailedPrecondition,
    "The root keys stay as they are",
    "`mainstay keys root list` shows the keys, which one is in use, and what each is needed for.",
);
pub const SEAL_BROKEN: Code = Code::new(
    "secrets.seal_broken",
    Kind::DataLoss,
    "Sealed data does not open",
    "It was changed, or sealed under another root key. Restore data and key from the same backup.",
);
pub const ABSENT: Code = Code::new(
    "secrets.absent",
    Kind::InvalidArgument,
    "A secret is not where the configuration says",
    "Create the file or set the variable that the message names.",
);
pub const NO_RANDOMNESS: Code = Code::new(
    "secrets.no_randomness",
    Kind::Internal,
    "The system gives no random bytes",
    "Look at the system's log; no key is made from anything else.",
);

/// Every code of this crate.
pub const CODES: &[&Code] = &[
    &ROOT_KEY_EXPOSED,
    &ROOT_KEY_DAMAGED,
    &ROOT_KEY_UNUSABLE,
    &ROOT_KEY_FOREIGN,
    &ROOT_KEY_KEPT,
    &SEAL_BROKEN,
    &ABSENT,
    &NO_RANDOMNESS,
];
