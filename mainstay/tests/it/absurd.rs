//! Mistyped, absurd and huge input on every route that the contract has: refused with a stable code that the contract
//! names, never an error of the shop's.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::process::{Answer, Serving, call};

/// More than any body of the shop may have.
const HUGE_BYTES: usize = 2 * 1_024 * 1_024;

struct Attack<'a> {
    shop: SocketAddr,
    session: &'a str,
    place: String,
    method: String,
    path: String,
    operation: &'a Value,
    sent: usize,
}

#[test]
fn absurd_input_is_refused_on_every_route_with_a_code_that_the_contract_names() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Serving::start(folder.path(), &["up", "shop", "--demo"]);
    let document = call(shop.http, "GET", "/openapi.json", "", "", "").unwrap().body;
    let login = json!({ "email": "staff@shop.example", "password": "slate-harbour-17" }).to_string();
    let session = call(shop.http, "POST", "/v1/sessions", "", "", &login).unwrap().session;

    let (mut routes, mut sent) = (0, 0);
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let method = method.to_uppercase();
            // Logging out would end the session that the other attacks come with.
            let session = if operation["operationId"] == "logOut" { "" } else { session.as_str() };
            let place = format!("{method} {path}");
            let mut attack = Attack {
                shop: shop.http,
                session,
                place,
                method,
                path: filled(path, operation),
                operation,
                sent: 0,
            };
            attack.with_bodies();
            attack.with_queries(operation);
            attack.with_paths(path);
            routes += 1;
            sent += attack.sent;
        }
    }
    assert!(routes > 30 && sent > 500, "{routes} routes, {sent} requests");
}

impl Attack<'_> {
    fn with_bodies(&mut self) {
        let content = &self.operation["requestBody"]["content"]["application/json"];
        if content.is_null() {
            return;
        }
        let example = content["example"].clone();
        for text in
            ["", "{", "nonsense", "\u{feff}{}", "{}{}", "null", "[]", "7", "\"x\"", "\0", "{\"a\":1,\"a\":1}"]
        {
            self.refused(text);
        }
        self.refused(&"[".repeat(100_000));
        self.refused(&format!("{{\"a\":{}", "{\"a\":".repeat(50_000)));
        let mut more = example.clone();
        more["nobody_knows"] = json!(1);
        self.refused(&more.to_string());
        more["nobody_knows"] = json!("x".repeat(HUGE_BYTES));
        self.too_large(&more.to_string());
        let absurd = [
            json!(null),
            json!(true),
            json!(-1),
            json!(1e308),
            json!(9_007_199_254_740_993_i64),
            json!(0.5),
            json!(""),
            json!("x".repeat(100_000)),
            json!("a\u{0}b"),
            json!("'; DROP TABLE carts; --"),
            json!("<script>alert(1)</script>"),
            json!("../../etc/passwd"),
            json!([]),
            json!({}),
            json!([[[[]]]]),
            json!({ "a": { "b": [] } }),
            json!(vec![1; 10_000]),
        ];
        for field in
            example.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect::<Vec<_>>()
        {
            for value in &absurd {
                let mut body = example.clone();
                body[&field] = value.clone();
                // Some of it is sound for some fields: what counts is that nothing breaks.
                self.answered(&self.path.clone(), &body.to_string());
            }
        }
    }

    fn with_queries(&mut self, operation: &Value) {
        let parameters: Vec<&Value> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|one| one["in"] == "query")
            .collect();
        for parameter in &parameters {
            let name = parameter["name"].as_str().unwrap();
            for value in [
                "",
                "-1",
                "0",
                "1e9",
                "99999999999999999999",
                "%00",
                "%ff",
                "'",
                "a%0d%0aset-cookie:x",
                &"9".repeat(4_000),
            ] {
                self.answered(&format!("{}?{name}={value}", self.path), "");
            }
        }
        if !parameters.is_empty() {
            let unknown = format!("{}?nobody_knows=1", self.path);
            let answer = self.answered(&unknown, "");
            assert!(answer.status >= 400, "{} takes an unknown parameter", self.place);
        }
    }

    fn with_paths(&mut self, path: &str) {
        if !path.contains('{') {
            return;
        }
        for id in [
            "x",
            "%00",
            "%ff",
            "..%2f..%2fetc%2fpasswd",
            "'%20OR%201=1",
            "ord_00000000000000000000000000",
            &"a".repeat(4_000),
        ] {
            let absurd: Vec<&str> =
                path.split('/').map(|part| if part.starts_with('{') { id } else { part }).collect();
            let body = self.operation["requestBody"]["content"]["application/json"]["example"].to_string();
            self.answered(&absurd.join("/"), if body == "null" { "" } else { &body });
        }
    }

    fn refused(&mut self, body: &str) {
        let path = self.path.clone();
        let answer = self.answered(&path, body);
        let shown: String = body.chars().take(80).collect();
        assert!(answer.status >= 400, "{} takes {shown:?}: {}", self.place, answer.status);
    }

    /// The connection may be cut while it is still being sent.
    fn too_large(&mut self, body: &str) {
        self.sent += 1;
        if let Some(answer) = self.send(&self.path, body) {
            assert_eq!(answer.status, 413, "{}", self.place);
        }
    }

    fn answered(&mut self, path: &str, body: &str) -> Answer {
        self.sent += 1;
        let answer = self.send(path, body).unwrap_or_else(|| panic!("{} {path} got no answer", self.place));
        let shown: String = body.chars().take(120).collect();
        assert!(answer.status < 500, "{} {path} {shown}: {} {}", self.place, answer.status, answer.body);
        if answer.status >= 400 {
            let code =
                answer.body["code"].as_str().unwrap_or_else(|| panic!("{}: {}", self.place, answer.body));
            let answers = &self.operation["responses"][answer.status.to_string()];
            let named = &answers["content"]["application/problem+json"]["examples"][code];
            assert!(
                !named.is_null(),
                "{} {path} {shown}: {} {code} is not in the contract",
                self.place,
                answer.status
            );
        }
        answer
    }

    fn send(&self, path: &str, body: &str) -> Option<Answer> {
        let headers = format!("idempotency-key: absurd-{}\r\nif-match: *\r\n", self.sent);
        call(self.shop, &self.method, path, self.session, &headers, body)
    }
}

/// The address with the example of each parameter in its place.
fn filled(path: &str, operation: &Value) -> String {
    let parameters = operation["parameters"].as_array();
    let example = |name: &str| {
        let one = parameters.into_iter().flatten().find(|one| one["in"] == "path" && one["name"] == name);
        one.and_then(|one| one["schema"]["examples"][0].as_str()).unwrap_or("storm-lantern").to_owned()
    };
    let parts =
        path.split('/').map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => example(name),
            None => part.to_owned(),
        });
    parts.collect::<Vec<_>>().join("/")
}
