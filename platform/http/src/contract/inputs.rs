//! What a handler's arguments say about the requests that it takes.

use std::fmt;

use axum::extract::{Request, State};
use http::HeaderMap;
use mainstay_blobs::codes as blobs;
use mainstay_core::{Code, Id, IdKind, codes};
use schemars::JsonSchema;

use crate::codes::{
    BODY_BROKEN, BODY_INVALID, BODY_MALFORMED, BODY_TOO_LARGE, BODY_TOO_SLOW, CONDITION_FAILED,
    CONDITION_REQUIRED, IDEMPOTENCY_KEY, MEDIA_TYPE, QUERY_INVALID, TUS_HEADER, TUS_VERSION,
};
use crate::contract::schema::{self, SchemaOf};
use crate::extract::{
    Body, ClientAddress, Condition, Ctx, FileUpload, IdempotencyKey, Path, PathId, Query, SessionToken,
    Standing, Upload,
};
use crate::ranged::Ranged;
use crate::tus::{Creation, Offset, Told, Tus};

/// What a request to one route must have.
#[derive(Clone, Default)]
pub struct Asked {
    /// A body of JSON of this schema.
    pub(crate) body: Option<SchemaOf>,
    /// A body of any bytes.
    pub(crate) bytes: bool,
    /// Or a form with a file.
    pub(crate) form: bool,
    /// An object whose fields are the parameters.
    pub(crate) query: Option<SchemaOf>,
    /// The path's parameters in their order, or one tuple of all.
    pub(crate) path: Option<SchemaOf>,
    pub(crate) headers: Vec<Header>,
    pub(crate) problems: Vec<&'static Code>,
}

/// A header that is read.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    /// Empty where any text is taken, as a tag that is not ours simply matches nothing.
    pub(crate) pattern: &'static str,
    pub(crate) example: &'static str,
    pub(crate) required: bool,
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("headers", &self.headers).finish_non_exhaustive()
    }
}

/// An argument of a handler. One that says nothing, such as the state, asks nothing of the caller.
pub trait Input {
    /// Adds what this argument needs.
    fn describe(_asked: &mut Asked) {}
}

/// All arguments of a handler.
pub trait Inputs {
    /// What they need together.
    fn describe() -> Asked;
}

impl<S> Input for State<S> {}
impl Input for Ctx {}
impl Input for HeaderMap {}
impl Input for SessionToken {}
impl Input for Standing {}
impl Input for ClientAddress {}
impl Input for Request {}

impl<T: JsonSchema> Input for Body<T> {
    fn describe(asked: &mut Asked) {
        asked.body = Some(schema::of::<T>);
        asked.problems.extend_from_slice(&[
            &BODY_MALFORMED,
            &BODY_INVALID,
            &BODY_BROKEN,
            &BODY_TOO_LARGE,
            &BODY_TOO_SLOW,
            &MEDIA_TYPE,
        ]);
    }
}

impl Input for bytes::Bytes {
    fn describe(asked: &mut Asked) {
        asked.bytes = true;
        asked.problems.extend_from_slice(&[&BODY_BROKEN, &BODY_TOO_LARGE, &BODY_TOO_SLOW]);
    }
}

impl Input for Upload {
    fn describe(asked: &mut Asked) {
        asked.bytes = true;
        asked.headers.push(Header {
            name: "Content-Digest",
            text: "The digest of the body, which is refused when it has another one; SHA-256 is looked at.",
            pattern: "",
            example: "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:",
            required: false,
        });
        asked.problems.extend_from_slice(&[
            &BODY_BROKEN,
            &BODY_TOO_LARGE,
            &BODY_TOO_SLOW,
            &MEDIA_TYPE,
            &blobs::MISMATCH,
            &blobs::FULL,
            &blobs::IO,
            &codes::INVALID,
        ]);
    }
}

impl Input for FileUpload {
    fn describe(asked: &mut Asked) {
        Upload::describe(asked);
        asked.form = true;
    }
}

impl Input for Ranged {
    fn describe(asked: &mut Asked) {
        asked.headers.extend([
            Header {
                name: "Range",
                text: "The bytes that are wanted; one range. Anything else is answered whole.",
                pattern: "",
                example: "bytes=0-65535",
                required: false,
            },
            Header {
                name: "If-Range",
                text: "The ETag of the version that they are wanted of; of another one, all of it is answered.",
                pattern: "",
                example: r#""2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824""#,
                required: false,
            },
        ]);
        asked.problems.extend_from_slice(&[&blobs::RANGE, &blobs::IO, &blobs::DAMAGED]);
    }
}

const TUS: Header = Header {
    name: "Tus-Resumable",
    text: "The version of tus.",
    pattern: r"^[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}$",
    example: "1.0.0",
    required: true,
};

impl Input for Told<Tus> {
    fn describe(asked: &mut Asked) {
        asked.headers.push(TUS);
        asked.problems.extend_from_slice(&[&TUS_VERSION, &TUS_HEADER]);
    }
}

impl Input for Told<Creation> {
    fn describe(asked: &mut Asked) {
        asked.headers.extend([
            TUS,
            Header {
                name: "Upload-Length",
                text: "How many bytes will come in all.",
                pattern: "^[0-9]{1,19}$",
                example: "250000",
                required: true,
            },
            Header {
                name: "Upload-Metadata",
                text: "`filetype` and the media type in base64.",
                pattern: "",
                example: "filetype aW1hZ2UvanBlZw==",
                required: false,
            },
        ]);
        asked.problems.extend_from_slice(&[&TUS_VERSION, &TUS_HEADER]);
    }
}

impl Input for Told<Offset> {
    fn describe(asked: &mut Asked) {
        asked.headers.extend([
            TUS,
            Header {
                name: "Upload-Offset",
                text: "Where the body is appended: how many bytes came before.",
                pattern: "^[0-9]{1,19}$",
                example: "0",
                required: true,
            },
        ]);
        asked.problems.extend_from_slice(&[&TUS_VERSION, &TUS_HEADER]);
    }
}

impl<T: JsonSchema> Input for Query<T> {
    fn describe(asked: &mut Asked) {
        asked.query = Some(T::json_schema);
        asked.problems.push(&QUERY_INVALID);
    }
}

impl Input for Condition {
    fn describe(asked: &mut Asked) {
        asked.headers.extend([
            Header {
                name: "If-Match",
                text: "The ETag of the version that is changed; needed for a change of what is there.",
                pattern: "",
                example: r#""3""#,
                required: false,
            },
            Header {
                name: "If-None-Match",
                text: "`*`, to create and never to change.",
                pattern: "",
                example: "*",
                required: false,
            },
        ]);
        asked.problems.extend_from_slice(&[&CONDITION_FAILED, &CONDITION_REQUIRED]);
    }
}

impl<T: JsonSchema> Input for Path<T> {
    fn describe(asked: &mut Asked) {
        asked.path = Some(T::json_schema);
        asked.problems.push(&codes::NOT_FOUND);
    }
}

impl<K: IdKind> Input for PathId<K> {
    fn describe(asked: &mut Asked) {
        asked.path = Some(Id::<K>::json_schema);
        asked.problems.push(&codes::NOT_FOUND);
    }
}

impl Input for IdempotencyKey {
    fn describe(asked: &mut Asked) {
        describe_key(asked, true);
    }
}

impl Input for Option<IdempotencyKey> {
    fn describe(asked: &mut Asked) {
        describe_key(asked, false);
    }
}

fn describe_key(asked: &mut Asked, required: bool) {
    asked.headers.push(Header {
        name: "Idempotency-Key",
        text: "A fresh random value for each new request, and the same one when asking again: then it happens once.",
        pattern: "^[!-~]{1,200}$",
        example: "0d6f5a7e-6d0b-4a57-9a3c-6f9a1f0c2b11",
        required,
    });
    asked.problems.push(&IDEMPOTENCY_KEY);
}

// axum's own type of a handler's arguments: a marker, and then each of them.
impl Inputs for ((),) {
    fn describe() -> Asked {
        Asked::default()
    }
}

macro_rules! inputs {
    ($($argument:ident)+) => {
        impl<M, $($argument: Input),+> Inputs for (M, $($argument,)+) {
            fn describe() -> Asked {
                let mut asked = Asked::default();
                $($argument::describe(&mut asked);)+
                asked
            }
        }
    };
}

// As many as the busiest handler takes, and some.
inputs!(A);
inputs!(A B);
inputs!(A B C);
inputs!(A B C D);
inputs!(A B C D E);
inputs!(A B C D E F);
inputs!(A B C D E F G);
