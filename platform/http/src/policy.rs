//! What is particular to a route: what may be kept of its answers and by whom, how large a body may be, how often it may
//! be asked, what its pages may load. A service declares it beside its routes; what it does not declare is the strict
//! default.
//!
//! The table is looked into once a request, before anything is spent on it, so that a limit holds from the first byte.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, VARY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use mainstay_core::{Result, Timestamp};
use mainstay_resilience::Rate;

use crate::codes::BAD_POLICY;
use crate::layers::version_of;

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Whatever the route is: a browser is told to trust nothing that was not said.
const ALWAYS: [(HeaderName, HeaderValue); 6] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
    (OPENER_POLICY, HeaderValue::from_static("same-origin")),
    (PERMISSIONS_POLICY, HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=()")),
];

/// Headers of an ordinary answer, the layers' and the handler's; more make its map grow.
const HEADERS_COMMON: usize = 24;

/// Nothing may be loaded by what is answered, and nothing may frame it.
pub const STRICT_CSP: &str = "default-src 'none'; frame-ancestors 'none'";

/// The rules of one route.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    pub(crate) csp: Option<HeaderValue>,
    pub(crate) cache: Option<HeaderValue>,
    pub(crate) is_public: bool,
    pub(crate) surrogate_keys: Option<HeaderValue>,
    pub(crate) body_limit_bytes: Option<u64>,
    pub(crate) time_limit: Option<Duration>,
    pub(crate) rate: Option<Rate>,
    /// What the rate is counted under, such as `POST /v1/sessions`.
    pub(crate) rate_name: String,
    pub(crate) retirement: Option<Retirement>,
    /// What all answers have that may be kept, as far as the policy says so.
    pub(crate) answers: HeaderMap,
    /// What all others have: nobody keeps a refusal.
    pub(crate) refusals: HeaderMap,
    faults: Vec<&'static str>,
}

/// When something was declared old, and when it ends.
#[derive(Clone, Debug)]
pub(crate) struct Retirement {
    /// RFC 9745: `@` and seconds.
    pub(crate) deprecation: HeaderValue,
    /// RFC 8594: an HTTP date.
    pub(crate) sunset: Option<HeaderValue>,
    pub(crate) link: Option<HeaderValue>,
}

impl Policy {
    pub fn new() -> Self {
        Self::default()
    }

    /// The content security policy of the route's pages.
    #[must_use]
    pub fn csp(mut self, csp: &str) -> Self {
        self.csp = self.value(csp, "its content security policy");
        self
    }

    /// Anybody on the way may keep the answer so long, and show it for as long again while a fresh one is fetched. The
    /// answer must not depend on who asks; no session is begun by it.
    #[must_use]
    pub fn public(mut self, max_age: Duration) -> Self {
        let seconds = max_age.as_secs();
        let text = format!("public, max-age={seconds}, stale-while-revalidate={seconds}");
        self.cache = self.value(&text, "its cache-control");
        self.is_public = true;
        self
    }

    /// Anybody on the way may keep the answer for a year and need not ask again: what is at the address never changes.
    /// No session is begun by it.
    #[must_use]
    pub fn immutable(mut self) -> Self {
        self.cache = Some(HeaderValue::from_static("public, max-age=31536000, immutable"));
        self.is_public = true;
        self
    }

    /// The caller may keep the answer and must ask each time whether it is still so, which costs no body when it is.
    #[must_use]
    pub fn revalidated(mut self) -> Self {
        self.cache = Some(HeaderValue::from_static("private, no-cache"));
        self
    }

    /// Names under which a cache in front of us can be told to forget the answer.
    #[must_use]
    pub fn surrogate_keys(mut self, keys: &[&str]) -> Self {
        self.surrogate_keys = self.value(&keys.join(" "), "a surrogate key");
        self
    }

    /// The largest body, instead of `http.body_limit_bytes`. An upload of parts declares its whole here.
    #[must_use]
    pub fn body_limit(mut self, bytes: u64) -> Self {
        self.body_limit_bytes = Some(bytes);
        self
    }

    /// The time from head to answer, instead of `http.request_timeout_ms`.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// How often one caller may ask: one account or key, or one address where nobody is logged in.
    #[must_use]
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// The route is old since then, and may end at `sunset`; `link` tells what to use instead.
    #[must_use]
    pub fn deprecated(mut self, since: Timestamp, sunset: Option<Timestamp>, link: Option<&str>) -> Self {
        match Retirement::new(since, sunset, link) {
            Some(retirement) => self.retirement = Some(retirement),
            None => self.faults.push("its deprecation"),
        }
        self
    }

    /// Makes what is the same in all answers of the route.
    fn prepare(&mut self, path: &str, is_secure: bool) {
        let mut common = HeaderMap::with_capacity(HEADERS_COMMON);
        common.extend(ALWAYS);
        if is_secure {
            let always = HeaderValue::from_static("max-age=31536000; includeSubDomains");
            common.insert(STRICT_TRANSPORT_SECURITY, always);
        }
        let csp = self.csp.clone().unwrap_or(HeaderValue::from_static(STRICT_CSP));
        common.insert(CONTENT_SECURITY_POLICY, csp);
        let nowhere = HeaderValue::from_static("no-store");
        self.refusals = common.clone();
        self.refusals.insert(CACHE_CONTROL, nowhere.clone());
        self.answers = common;
        if let Some(cache) = self.cache.clone() {
            self.answers.insert(CACHE_CONTROL, cache);
            if version_of(path).is_some() {
                // The version may be named in either, and the type of the answer is. What nobody keeps needs no word of it.
                self.answers.insert(VARY, HeaderValue::from_static("accept, mainstay-version"));
            }
        } else {
            self.answers.insert(CACHE_CONTROL, nowhere);
        }
    }

    fn value(&mut self, text: &str, what: &'static str) -> Option<HeaderValue> {
        let value = HeaderValue::from_str(text).ok();
        if value.is_none() {
            self.faults.push(what);
        }
        value
    }
}

impl Retirement {
    pub(crate) fn new(since: Timestamp, sunset: Option<Timestamp>, link: Option<&str>) -> Option<Self> {
        let mut links = String::new();
        if let Some(link) = link {
            // Writing into a string cannot fail.
            let _ = write!(links, "<{link}>; rel=\"deprecation\"");
        }
        let is_usable = link.is_none_or(|link| !link.contains(['<', '>', '"']));
        let sunset = match sunset {
            None => None,
            Some(at) => {
                let seconds = u64::try_from(at.as_micros() / 1_000_000).ok()?;
                let date = httpdate::fmt_http_date(std::time::UNIX_EPOCH + Duration::from_secs(seconds));
                Some(HeaderValue::from_str(&date).ok()?)
            }
        };
        Some(Self {
            deprecation: HeaderValue::from_str(&format!("@{}", since.as_micros() / 1_000_000)).ok()?,
            sunset,
            link: match link {
                None => None,
                Some(_) => Some(HeaderValue::from_str(&links).ok().filter(|_| is_usable)?),
            },
        })
    }
}

/// The policies of many routes, by method and pattern.
#[derive(Clone, Debug, Default)]
pub struct Policies(Vec<(String, Policy)>);

impl Policies {
    pub fn new() -> Self {
        Self::default()
    }

    /// `route` is a method and the pattern as the router has it, such as `GET /v1/products/{id}`; without a method it is
    /// for all of them.
    #[must_use]
    pub fn route(mut self, route: &str, policy: Policy) -> Self {
        self.0.push((route.to_owned(), policy));
        self
    }

    /// These and those of another service.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The routes that have one.
    pub fn routes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(route, _)| route.as_str())
    }
}

type Methods = Vec<(Option<Method>, Arc<Policy>)>;

/// The policies, ready to be looked into.
pub(crate) struct Table {
    paths: matchit::Router<Methods>,
    default: Arc<Policy>,
}

impl Table {
    /// # Errors
    /// `http.bad_policy` for a pattern or a value that cannot be, and for a route with two policies.
    pub(crate) fn new(policies: Policies, is_secure: bool) -> Result<Self> {
        let mut by_path = BTreeMap::<String, Methods>::new();
        for (route, mut policy) in policies.0 {
            if let Some(fault) = policy.faults.first() {
                return Err(BAD_POLICY.error(format!("{route}: {fault} cannot be a header's value")));
            }
            policy.rate_name.clone_from(&route);
            let (method, path) = match route.split_once(' ') {
                None => (None, route.as_str()),
                Some((method, path)) => (Some(method), path),
            };
            policy.prepare(path, is_secure);
            let method = method.map(|method| method.parse::<Method>());
            let method =
                method.transpose().map_err(|_| BAD_POLICY.error(format!("{route}: no such method")))?;
            let methods = by_path.entry(path.to_owned()).or_default();
            if methods.iter().any(|(known, _)| *known == method) {
                return Err(BAD_POLICY.error(format!("{route} has two policies")));
            }
            methods.push((method, Arc::new(policy)));
        }
        let mut paths = matchit::Router::new();
        for (path, mut methods) in by_path {
            // Those for one method go before that for all.
            methods.sort_by_key(|(method, _)| method.is_none());
            paths
                .insert(path.clone(), methods)
                .map_err(|error| BAD_POLICY.because(format!("{path} is no pattern of a route"), error))?;
        }
        let mut default = Policy::default();
        default.prepare("", is_secure);
        Ok(Self { paths, default: Arc::new(default) })
    }

    pub(crate) fn default_policy(&self) -> &Arc<Policy> {
        &self.default
    }

    pub(crate) fn find(&self, method: &Method, path: &str) -> &Arc<Policy> {
        let Ok(found) = self.paths.at(path) else { return &self.default };
        let method = if method == Method::HEAD { &Method::GET } else { method };
        found
            .value
            .iter()
            .find(|(known, _)| known.as_ref().is_none_or(|known| known == method))
            .map_or(&self.default, |(_, policy)| policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_particular_rule_is_found() {
        let limit = |bytes| Policy::new().body_limit(bytes);
        let table = Table::new(
            Policies::new()
                .route("/v1/things/{id}", limit(1))
                .route("PUT /v1/things/{id}", limit(2))
                .route("GET /v1/things/special", limit(3)),
            false,
        )
        .unwrap();
        let found = |method: Method, path| table.find(&method, path).body_limit_bytes;
        assert_eq!(found(Method::POST, "/v1/things/7"), Some(1));
        assert_eq!(found(Method::PUT, "/v1/things/7"), Some(2));
        assert_eq!(found(Method::HEAD, "/v1/things/special"), Some(3));
        assert_eq!(found(Method::GET, "/v1/other"), None);
        assert_eq!(
            found(Method::POST, "/v1/things/special"),
            None,
            "the router sees no other route there either"
        );
    }

    #[test]
    fn what_cannot_be_is_refused_at_the_start() {
        let twice = || Policies::new().route("GET /v1/x", Policy::new());
        for policies in [
            twice().merge(twice()),
            Policies::new().route("GET /v1/{", Policy::new()),
            Policies::new().route("G\u{e9}T /v1/x", Policy::new()),
            Policies::new().route("/v1/x", Policy::new().csp("default-src 'self'\r\nset-cookie: a=b")),
            Policies::new().route("/v1/x", Policy::new().surrogate_keys(&["a\nb"])),
            Policies::new().route(
                "/v1/x",
                Policy::new().deprecated(Timestamp::default(), None, Some("https://a>\r\nx: y")),
            ),
        ] {
            assert!(Table::new(policies, false).err().unwrap().is(&BAD_POLICY));
        }
    }
}
