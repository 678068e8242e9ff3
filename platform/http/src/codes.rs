//! The codes that this crate raises.

use mainstay_core::{Code, Kind};

pub const BODY_MALFORMED: Code = Code::new(
    "http.body_malformed",
    Kind::InvalidArgument,
    "The body is not JSON",
    "Send valid JSON; the message says at which line and column it stops being so.",
);
pub const BODY_INVALID: Code = Code::new(
    "http.body_invalid",
    Kind::InvalidArgument,
    "The body has a field that cannot be used",
    "Correct the field that the answer names and send it again.",
);
pub const BODY_TOO_LARGE: Code = Code::new(
    "http.body_too_large",
    Kind::OutOfRange,
    "The body is too large",
    "Send less at once; the message says how much is taken.",
);
pub const BODY_TOO_SLOW: Code = Code::new(
    "http.body_too_slow",
    // Neither `DeadlineExceeded` nor `Cancelled`: no handler has seen the whole of it, so nothing was done, and that is
    // known.
    Kind::Aborted,
    "The body did not arrive in time",
    "Send it again over a better connection; nothing was done.",
);
pub const BODY_BROKEN: Code =
    Code::new("http.body_broken", Kind::Aborted, "The body broke off", "Send it again; nothing was done.");
pub const MEDIA_TYPE: Code = Code::new(
    "http.media_type",
    Kind::InvalidArgument,
    "The body is of a kind that is not understood",
    "Send what the contract says, mostly JSON, and name it in the header Content-Type.",
);
pub const METHOD_NOT_ALLOWED: Code = Code::new(
    "http.method_not_allowed",
    Kind::Unimplemented,
    "The address does not take this method",
    "Use one of the methods that the Allow header names.",
);
pub const QUERY_INVALID: Code = Code::new(
    "http.query_invalid",
    Kind::InvalidArgument,
    "The query of the address cannot be used",
    "Correct the parameter that the message names.",
);
pub const OVERLOADED: Code = Code::new(
    "http.overloaded",
    // Not `Unavailable`: nothing was done, and that is known. Its status is 503 all the same.
    Kind::ResourceExhausted,
    "Too many requests at once",
    "Wait as long as Retry-After says and send it again; nothing was done.",
);
pub const REFUSED: Code = Code::new(
    "http.refused",
    Kind::InvalidArgument,
    "The request was refused",
    "Look at the status of the answer; the request cannot succeed as it is.",
);
pub const IDEMPOTENCY_KEY: Code = Code::new(
    "http.idempotency_key",
    Kind::InvalidArgument,
    "An idempotency key is needed",
    "Send a header Idempotency-Key with a fresh random value, and the same one when you ask again.",
);
pub const IDEMPOTENCY_MISMATCH: Code = Code::new(
    "http.idempotency_mismatch",
    Kind::InvalidArgument,
    "The idempotency key was used for another request",
    "Use a new key for a new request; repeat an old one unchanged.",
);
pub const IDEMPOTENCY_RUNNING: Code = Code::new(
    "http.idempotency_running",
    Kind::Aborted,
    "The first request with this key still runs",
    "Wait as long as Retry-After says and ask again with the same key.",
);
pub const CONDITION_REQUIRED: Code = Code::new(
    "http.condition_required",
    Kind::FailedPrecondition,
    "The change must say which version it changes",
    "Read it, and send the ETag of the answer back in a header If-Match.",
);
pub const CONDITION_FAILED: Code = Code::new(
    "http.condition_failed",
    // Not `Aborted`: the same request cannot succeed, only another one.
    Kind::FailedPrecondition,
    "Somebody else changed it first",
    "Read it again, and repeat the change on what is there now, with its ETag.",
);
pub const CROSS_SITE: Code = Code::new(
    "http.cross_site",
    Kind::PermissionDenied,
    "The request comes from another site",
    "Send it from a page of this site. A program leaves cookies out and sends Authorization: Bearer; an origin that may \
     write is named in http.trusted_origins.",
);
pub const NOT_LISTENING: Code = Code::new(
    "http.not_listening",
    Kind::FailedPrecondition,
    "The address cannot be listened on",
    "Choose another address for http.listen, or end the process that uses it.",
);

pub const HEAD_MALFORMED: Code = Code::new(
    "http.head_malformed",
    Kind::InvalidArgument,
    "The head of the request is not HTTP",
    "Use an HTTP client; one that writes heads by hand must follow RFC 9112 to the letter.",
);
pub const HEAD_TOO_LARGE: Code = Code::new(
    "http.head_too_large",
    Kind::OutOfRange,
    "The head of the request is too large",
    "Send fewer or shorter headers; often it is cookies that have grown.",
);
pub const HEAD_TOO_SLOW: Code = Code::new(
    "http.head_too_slow",
    Kind::Aborted,
    "The head of the request did not arrive in time",
    "Send it again over a better connection; nothing was done.",
);
pub const URI_TOO_LONG: Code = Code::new(
    "http.uri_too_long",
    Kind::InvalidArgument,
    "The address is too long",
    "Send what is long in the body; the message says how long an address may be.",
);
pub const TARGET: Code = Code::new(
    "http.target",
    Kind::InvalidArgument,
    "The request cannot be read in one way only",
    "Send one Host header, one Authorization header at most, and a path without dot segments, encoded separators and control characters.",
);
pub const TRANSFER_CODING: Code = Code::new(
    "http.transfer_coding",
    Kind::Unimplemented,
    "The body comes in a transfer coding that is not understood",
    "Send the body with a Content-Length, or with Transfer-Encoding: chunked and no other coding.",
);
pub const CONTENT_CODING: Code = Code::new(
    "http.content_coding",
    Kind::InvalidArgument,
    "The body is in a coding",
    "Send the body as it is, without the header Content-Encoding.",
);
pub const NOT_ACCEPTABLE: Code = Code::new(
    "http.not_acceptable",
    Kind::InvalidArgument,
    "There is no answer of the kind that was asked for",
    "Name another kind in the header Accept; the message says what there is.",
);
pub const VERSION: Code = Code::new(
    "http.version",
    Kind::InvalidArgument,
    "That version is not spoken here",
    "Name one version that there is, in the path, in Mainstay-Version or in the media type.",
);
pub const RATE_LIMITED: Code = Code::new(
    "http.rate_limited",
    Kind::ResourceExhausted,
    "That was too often",
    "Wait as long as Retry-After says; RateLimit on each answer tells how much is left.",
);
pub const BAD_POLICY: Code = Code::new(
    "http.bad_policy",
    Kind::Internal,
    "A route has rules that cannot be",
    "Report it: the service declares its routes wrongly.",
);
pub const TLS_UNUSABLE: Code = Code::new(
    "http.tls_unusable",
    Kind::FailedPrecondition,
    "The certificate cannot be used",
    "Name a file with a certificate chain and one with its key, both PEM, in http.tls.",
);
pub const ADMIN_EXPOSED: Code = Code::new(
    "http.admin_exposed",
    Kind::FailedPrecondition,
    "The operators' listener would be open to others",
    "Listen on 127.0.0.1, or protect it with a token in a file that only its owner can read.",
);

pub const TUS_VERSION: Code = Code::new(
    "http.tus_version",
    Kind::FailedPrecondition,
    "Uploads are spoken of in another version",
    "Send the header Tus-Resumable: 1.0.0.",
);
pub const TUS_HEADER: Code = Code::new(
    "http.tus_header",
    Kind::InvalidArgument,
    "The upload cannot be told from its headers",
    "Send what tus 1.0.0 says; the message names the header.",
);

/// Every code of this crate.
pub const CODES: &[&Code] = &[
    &BODY_MALFORMED,
    &BODY_INVALID,
    &BODY_TOO_LARGE,
    &BODY_TOO_SLOW,
    &BODY_BROKEN,
    &MEDIA_TYPE,
    &METHOD_NOT_ALLOWED,
    &QUERY_INVALID,
    &OVERLOADED,
    &REFUSED,
    &IDEMPOTENCY_KEY,
    &IDEMPOTENCY_MISMATCH,
    &IDEMPOTENCY_RUNNING,
    &CONDITION_REQUIRED,
    &CONDITION_FAILED,
    &CROSS_SITE,
    &NOT_LISTENING,
    &ADMIN_EXPOSED,
    &HEAD_MALFORMED,
    &HEAD_TOO_LARGE,
    &HEAD_TOO_SLOW,
    &URI_TOO_LONG,
    &TARGET,
    &TRANSFER_CODING,
    &CONTENT_CODING,
    &NOT_ACCEPTABLE,
    &VERSION,
    &RATE_LIMITED,
    &BAD_POLICY,
    &TLS_UNUSABLE,
    &TUS_VERSION,
    &TUS_HEADER,
];
