//! What a process tells about itself. Pages are generated from the codes and the contract themselves, so that a code
//! without a page cannot be.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use mainstay_core::{Code, Result};
use serde_json::Value;

use crate::assets::Asset;
use crate::pages::{self, Described};

/// It changes with the binary only; a few minutes are short enough to see a new one soon.
pub(crate) const KEPT: &str = "public, max-age=300";

/// What this process tells about itself: every code that its answers may carry, and its contract.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    codes: BTreeMap<&'static str, &'static Code>,
    openapi: Option<Document>,
    asyncapi: Option<Document>,
    reference: OnceLock<Arc<Asset>>,
}

/// A document, and as it is sent.
#[derive(Clone, Debug)]
struct Document {
    value: Value,
    sent: Arc<Asset>,
}

impl Document {
    fn of(value: Value) -> Self {
        let sent = Asset::new("application/json", KEPT, value.to_string().into());
        Self { sent: Arc::new(sent), value }
    }
}

impl Catalogue {
    /// Of the lists `CODES` of the crates at work; core's and this crate's own are always there.
    pub fn new(lists: &[&[&'static Code]]) -> Self {
        let own = [mainstay_core::codes::CODES, crate::codes::CODES, mainstay_sql::CODES];
        let all = own.iter().chain(lists).flat_map(|list| list.iter());
        Self { codes: all.map(|code| (code.name, *code)).collect(), ..Self::default() }
    }

    /// With the document that is served at `/openapi.json`.
    #[must_use]
    pub fn with_openapi(mut self, document: Value) -> Self {
        self.openapi = Some(Document::of(document));
        self
    }

    /// With the document that is served at `/asyncapi.json`.
    #[must_use]
    pub fn with_asyncapi(mut self, document: Value) -> Self {
        self.asyncapi = Some(Document::of(document));
        self
    }

    /// The document of AsyncAPI, where there is one.
    pub(crate) fn asyncapi(&self) -> Option<&Asset> {
        self.asyncapi.as_ref().map(|document| &*document.sent)
    }

    /// The document of OpenAPI, where there is one.
    pub(crate) fn openapi(&self) -> Option<&Asset> {
        self.openapi.as_ref().map(|document| &*document.sent)
    }

    /// The codes that occur twice with different meanings; a test holds this empty.
    pub fn ambiguous(lists: &[&[&'static Code]]) -> Vec<&'static str> {
        let mut seen = BTreeMap::<&str, &Code>::new();
        let mut ambiguous = Vec::new();
        for code in lists.iter().flat_map(|list| list.iter()) {
            if seen.insert(code.name, code).is_some_and(|other| other != *code) {
                ambiguous.push(code.name);
            }
        }
        ambiguous
    }

    /// The page of one code, `None` when nobody raises it.
    pub(crate) fn page(&self, name: &str) -> Option<Result<Bytes>> {
        let code = self.codes.get(name)?;
        Some(pages::page(code, self.openapi.as_ref().map(|document| &document.value)))
    }

    /// The meaning of one code for programs.
    pub(crate) fn described(&self, name: &str) -> Option<Described> {
        self.codes.get(name).map(|code| pages::described(code))
    }

    /// The list of all codes for people.
    pub(crate) fn index(&self) -> Result<Bytes> {
        pages::index(self.codes.values())
    }

    /// The list of all codes for programs.
    pub(crate) fn all(&self) -> Vec<Described> {
        self.codes.values().map(|code| pages::described(code)).collect()
    }

    /// The reference, `None` where there is no contract. It is rendered on the first request.
    pub(crate) fn reference(&self) -> Option<Result<&Asset>> {
        let openapi = self.openapi.as_ref()?;
        Some(match self.reference.get() {
            Some(page) => Ok(page),
            None => pages::reference(&openapi.value).map(|page| {
                let page = Asset::new("text/html; charset=utf-8", KEPT, page);
                &**self.reference.get_or_init(|| Arc::new(page))
            }),
        })
    }
}
