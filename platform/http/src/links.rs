//! What can be done next, as links within an answer: HAL's `_links`.
//!
//! A handler offers the transitions that the thing's state allows now and that this caller may take, and no others, so
//! a client asks whether the link is there instead of knowing the rules. The name of a transition is the operation's
//! name in the contract, where its body is described; `method` says how to call it, which HAL itself leaves open.
//! Answers are `application/json` with `_links` in them: HAL is that with rules, and one form is enough. Whoever asks for
//! `application/hal+json` and nothing else that fits gets the same bytes under that name.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// The links of one thing, by relation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(example = json!({ "self": { "href": "/v1/carts/crt_01jm062vh0cnw62vbgdhjj0tb4" } }))]
pub struct Links(BTreeMap<&'static str, Link>);

/// Where a transition is, and how it is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Link {
    /// A path of this shop, or an address elsewhere.
    #[schemars(example = &"/v1/carts")]
    href: String,
    /// `GET` when it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"GET")]
    method: Option<Cow<'static, str>>,
}

impl Links {
    /// With the link to the thing itself.
    pub fn itself(href: impl Into<String>) -> Self {
        Self::default().read("self", href)
    }

    /// Adds what can be read.
    #[must_use]
    pub fn read(mut self, relation: &'static str, href: impl Into<String>) -> Self {
        self.0.insert(relation, Link { href: href.into(), method: None });
        self
    }

    /// Adds what can be done.
    #[must_use]
    pub fn act(mut self, relation: &'static str, method: &'static str, href: impl Into<String>) -> Self {
        self.0.insert(relation, Link { href: href.into(), method: Some(method.into()) });
        self
    }

    /// Adds it when `holds`.
    #[must_use]
    pub fn act_if(
        self,
        holds: bool,
        relation: &'static str,
        method: &'static str,
        href: impl Into<String>,
    ) -> Self {
        if holds { self.act(relation, method, href) } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_hals() {
        let links = Links::itself("/v1/things/1")
            .act_if(true, "undoThing", "POST", "/v1/things/1/undo")
            .act_if(false, "never", "POST", "/v1/never");
        let expected = serde_json::json!({
            "self": { "href": "/v1/things/1" },
            "undoThing": { "href": "/v1/things/1/undo", "method": "POST" },
        });
        assert_eq!(serde_json::to_value(links).unwrap(), expected);
    }
}
