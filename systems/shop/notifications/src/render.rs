//! Letters as text and as pages, from the templates beside this crate's sources.

use mainstay_core::{Money, Result};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use crate::codes;
use crate::letter::Letter;

const TEMPLATES: [(&str, &str); 9] = [
    ("layout.html", include_str!("../templates/layout.html")),
    ("confirmed.txt", include_str!("../templates/confirmed.txt")),
    ("confirmed.html", include_str!("../templates/confirmed.html")),
    ("cancelled.txt", include_str!("../templates/cancelled.txt")),
    ("cancelled.html", include_str!("../templates/cancelled.html")),
    ("refunded.txt", include_str!("../templates/refunded.txt")),
    ("refunded.html", include_str!("../templates/refunded.html")),
    ("reversed.txt", include_str!("../templates/reversed.txt")),
    ("reversed.html", include_str!("../templates/reversed.html")),
];

/// The templates, read once.
pub struct Templates(Environment<'static>);

/// A letter ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    pub text: String,
    pub html: String,
}

impl Templates {
    /// `notifications.template` when one of them has a mistake.
    pub fn new() -> Result<Self> {
        let mut environment = Environment::new();
        // A name that is misspelt is a mistake, not an empty string in somebody's mail.
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|name| {
            if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None }
        });
        environment.add_filter("money", money);
        for (name, source) in TEMPLATES {
            environment.add_template(name, source).map_err(|error| {
                codes::TEMPLATE.because(format!("the template {name} cannot be read"), error)
            })?;
        }
        Ok(Self(environment))
    }

    /// Both forms of a letter. What came from outside is escaped in the page.
    pub fn render(&self, letter: &Letter) -> Result<Rendered> {
        let name = letter.template();
        let view = Value::from(Serde(letter));
        let form = |ending: &str| {
            self.0
                .get_template(&format!("{name}.{ending}"))
                .and_then(|template| template.render(&view))
                .map_err(|error| {
                    codes::TEMPLATE.because(format!("the template {name}.{ending} failed"), error)
                })
        };
        Ok(Rendered { text: form("txt")?, html: form("html")? })
    }
}

// `{"amount": "12.34", "currency": "GBP"}` as people read it.
fn money(value: &Value) -> Result<String, minijinja::Error> {
    let parts = || Some((value.get_attr("amount").ok()?, value.get_attr("currency").ok()?));
    let (amount, currency) = parts().ok_or_else(not_money)?;
    let currency = currency.as_str().and_then(|text| text.parse().ok()).ok_or_else(not_money)?;
    let money = Money::parse(amount.as_str().unwrap_or_default(), currency).map_err(|_| not_money())?;
    Ok(money.to_string())
}

fn not_money() -> minijinja::Error {
    minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, "this is not an amount of money")
}

#[cfg(test)]
mod tests {
    use mainstay_core::Currency;

    use super::*;
    use crate::letter::{Confirmation, Line};

    fn pounds(minor: i64) -> Money {
        Money::new(minor, Currency::GBP)
    }

    fn confirmed(name: &str) -> Letter {
        Letter::Confirmed(Confirmation {
            number: "S-10042".into(),
            address: vec![name.into(), "1 Main Street".into(), "N1 1AA London".into(), "GB".into()],
            lines: vec![Line { name: "Lamp".into(), sku: "L-1".into(), quantity: 2, gross: pounds(2400) }],
            more_lines: 3,
            shipping_method: "Standard".into(),
            shipping: pounds(360),
            tax: pounds(460),
            total: pounds(2760),
        })
    }

    #[test]
    fn every_letter_has_both_forms() {
        let templates = Templates::new().unwrap();
        let letters = [
            confirmed("Ada"),
            Letter::Cancelled { number: "S-1".into(), reason: "changed my mind".into() },
            Letter::Refunded { number: "S-1".into(), amount: pounds(100), reason: "broken".into() },
            Letter::Reversed { amount: pounds(100), reason: "sold out".into() },
        ];
        for letter in letters {
            let rendered = templates.render(&letter).unwrap();
            assert!(rendered.text.len() > 40 && rendered.html.contains("</html>"), "{letter:?}");
            assert!(!rendered.text.contains("{{") && !rendered.html.contains("{{"));
            let again: Letter = serde_json::from_str(&serde_json::to_string(&letter).unwrap()).unwrap();
            assert_eq!(again, letter, "a stored letter is read back");
        }
    }

    #[test]
    fn an_order_is_told_in_full() {
        let rendered = Templates::new().unwrap().render(&confirmed("Ada")).unwrap();
        for part in [
            "S-10042",
            "Ada",
            "1 Main Street",
            "2 x Lamp",
            "24.00 GBP",
            "27.60 GBP",
            "3.60 GBP",
            "4.60 GBP",
            "3 more",
        ] {
            assert!(rendered.text.contains(part), "{part} in\n{}", rendered.text);
        }
    }

    #[test]
    fn what_buyers_write_is_text_in_the_page() {
        let rendered = Templates::new().unwrap().render(&confirmed("<script>alert(1)</script>")).unwrap();
        assert!(!rendered.html.contains("<script>"), "{}", rendered.html);
        assert!(rendered.html.contains("&lt;script&gt;"));
        let injected = Templates::new().unwrap().render(&confirmed("{{ 7 * 7 }}{% raw %}")).unwrap();
        assert!(injected.text.contains("{{ 7 * 7 }}"), "{}", injected.text);
    }
}
