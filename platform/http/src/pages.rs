//! Pages for people: one for each error code, and the reference of what can be called.
//!
//! They are rendered once, from the codes and the document, and need nothing from elsewhere: their style, icon and
//! script are served here, so their policy allows no other place and nothing inline. Without the script they can be
//! read all the same; it only sends requests and filters.

mod problems;
mod reference;

use std::sync::{LazyLock, OnceLock};

use bytes::Bytes;
use mainstay_core::{Result, codes};
use minijinja::{AutoEscape, Environment, Value};

use crate::assets::Asset;
use crate::catalogue::KEPT;

pub(crate) use problems::{Described, described, index, page};
pub(crate) use reference::reference;

/// What pages may load: their own style and script; what they may call: this shop.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                                 img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// Constants, with forms that take a while to compute.
pub(crate) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| fixed("text/css; charset=utf-8", include_bytes!("../pages/page.css")));
pub(crate) static ICON: LazyLock<Asset> =
    LazyLock::new(|| fixed("image/svg+xml", include_bytes!("../pages/icon.svg")));
pub(crate) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| fixed("text/javascript; charset=utf-8", include_bytes!("../pages/reference.js")));

fn fixed(media_type: &'static str, bytes: &'static [u8]) -> Asset {
    Asset::new(media_type, KEPT, Bytes::from_static(bytes))
}

fn templates() -> &'static Environment<'static> {
    // Parsed once; templates are constants.
    static TEMPLATES: OnceLock<Environment<'static>> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        let mut templates = Environment::new();
        templates.set_auto_escape_callback(|_| AutoEscape::Html);
        templates.add_filter("prose", prose);
        for (name, text) in [
            ("page.html", include_str!("../pages/page.html")),
            ("problem.html", include_str!("../pages/problem.html")),
            ("problems.html", include_str!("../pages/problems.html")),
            ("reference.html", include_str!("../pages/reference.html")),
        ] {
            // One that cannot be parsed is missed by name when it is rendered, which tests do.
            let _ = templates.add_template(name, text);
        }
        templates
    })
}

/// Text of a contract for a page: what stands between backticks is code.
fn prose(text: &str) -> Value {
    let mut html = String::with_capacity(text.len() + 32);
    for (place, part) in text.split('`').enumerate() {
        let escaped =
            part.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        match place % 2 {
            0 => html.push_str(&escaped),
            _ => {
                html.push_str("<code>");
                html.push_str(&escaped);
                html.push_str("</code>");
            }
        }
    }
    Value::from_safe_string(html)
}

fn rendered(name: &str, values: Value) -> Result<Bytes> {
    let template = templates().get_template(name).and_then(|template| template.render(values));
    template.map(Bytes::from).map_err(|error| codes::INTERNAL.because("the page cannot be made", error))
}
