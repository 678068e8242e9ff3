//! The public keys as others fetch them: a JSON Web Key Set (RFC 7517).

use data_encoding::BASE64URL_NOPAD;
use schemars::JsonSchema;
use serde::Serialize;

use super::{ALGORITHM, VerifyingKey};

/// The document at `/.well-known/jwks.json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct JwkSet {
    pub keys: Vec<Jwk>,
}

/// One public key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Jwk {
    #[schemars(example = &"OKP")]
    kty: &'static str,
    #[schemars(example = &"Ed25519")]
    crv: &'static str,
    #[serde(rename = "use")]
    #[schemars(example = &"sig")]
    usage: &'static str,
    #[schemars(example = &"EdDSA")]
    alg: &'static str,
    #[schemars(example = &"2026-11-26")]
    kid: String,
    #[schemars(example = &"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
    x: String,
}

impl JwkSet {
    pub fn new<'a>(keys: impl IntoIterator<Item = &'a VerifyingKey>) -> Self {
        let jwk = |key: &VerifyingKey| Jwk {
            kty: "OKP",
            crv: "Ed25519",
            usage: "sig",
            alg: ALGORITHM,
            kid: key.id().to_owned(),
            x: BASE64URL_NOPAD.encode(key.as_bytes()),
        };
        Self { keys: keys.into_iter().map(jwk).collect() }
    }
}
