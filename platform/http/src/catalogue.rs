//! The pages at `/problems/<code>`: what happened, and what the reader can do about it.
//!
//! They are generated from the codes themselves, so that a code without a page cannot be.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mainstay_core::Code;

use crate::problem::status_of_kind;

/// Every code that an answer of this process may carry.
#[derive(Clone, Debug, Default)]
pub struct Catalogue(BTreeMap<&'static str, &'static Code>);

impl Catalogue {
    /// Of the lists `CODES` of the crates at work; core's and this crate's own are always there.
    pub fn new(lists: &[&[&'static Code]]) -> Self {
        let own = [mainstay_core::codes::CODES, crate::codes::CODES, mainstay_sql::CODES];
        let all = own.iter().chain(lists).flat_map(|list| list.iter());
        Self(all.map(|code| (code.name, *code)).collect())
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
    pub(crate) fn page(&self, name: &str) -> Option<String> {
        let code = self.0.get(name)?;
        let mut page = String::with_capacity(1_024);
        let body = format!(
            "<h1>{title}</h1>\n<p>{advice}</p>\n<dl>\n<dt>Code</dt><dd><code>{name}</code></dd>\n\
             <dt>Kind</dt><dd>{kind:?}</dd>\n<dt>Status</dt><dd>{status}</dd>\n\
             <dt>Worth asking again</dt><dd>{again}</dd>\n</dl>\n<p><a href=\"/problems\">All codes</a></p>\n",
            title = escape(code.title),
            advice = escape(code.advice),
            name = escape(code.name),
            kind = code.kind,
            status = status_of_kind(code.kind).as_u16(),
            again = if code.kind.is_temporary() { "yes, after the stated wait" } else { "not unchanged" },
        );
        document(&mut page, code.title, &body);
        Some(page)
    }

    /// The list of all codes.
    pub(crate) fn index(&self) -> String {
        let mut rows = String::with_capacity(4_096);
        for code in self.0.values() {
            let (name, title) = (escape(code.name), escape(code.title));
            // Writing into a string cannot fail.
            let _ = writeln!(
                rows,
                "<dt><a href=\"/problems/{name}\"><code>{name}</code></a></dt><dd>{title}</dd>"
            );
        }
        let mut page = String::with_capacity(rows.len() + 512);
        document(&mut page, "Problems", &format!("<h1>Problems</h1>\n<dl>\n{rows}</dl>\n"));
        page
    }
}

fn document(page: &mut String, title: &str, body: &str) {
    let title = escape(title);
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    );
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
