//! The test provider's format, as its documentation has it: charges in answers, lists and webhooks.

use mainstay_core::{Currency, Error, Money, Result};
use serde::{Deserialize, Serialize};

use crate::codes;
use crate::model::{Charge, Seen, SeenRefund};
use crate::provider::Listed;

/// A charge, in every answer.
#[derive(Debug, Deserialize)]
pub struct WireCharge {
    pub number: i64,
    pub reference: String,
    status: String,
    amount_minor: i64,
    currency: Currency,
    #[serde(default)]
    refunds: Vec<WireRefund>,
    #[serde(default)]
    decline_reason: String,
    #[serde(default)]
    challenge_url: String,
}

#[derive(Debug, Deserialize)]
struct WireRefund {
    key: String,
    amount_minor: i64,
}

#[derive(Debug, Deserialize)]
pub struct WireList {
    pub charges: Vec<WireCharge>,
}

/// Why the provider refused.
#[derive(Debug, Default, Deserialize)]
pub struct WireRefusal {
    #[serde(default)]
    pub code: String,
    #[serde(default)]
    pub message: String,
}

#[derive(Serialize)]
pub struct WireAuthorisation<'a> {
    pub reference: &'a str,
    pub amount_minor: i64,
    pub currency: Currency,
    pub token: &'a str,
}

#[derive(Serialize)]
pub struct WireChange<'a> {
    pub reference: &'a str,
    pub amount_minor: i64,
}

#[derive(Deserialize)]
struct WireEvent {
    id: String,
    charge: WireCharge,
}

/// What a webhook tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The same on every repeat of it.
    pub id: String,
    pub charge: Listed,
}

// Longer ids than any provider's are not stored.
const MAX_EVENT_ID_BYTES: usize = 200;

impl Event {
    /// Reads a webhook whose signature was found right. `payments.webhook_unreadable` otherwise.
    pub fn parse(body: &[u8]) -> Result<Self> {
        let event: WireEvent = serde_json::from_slice(body)
            .map_err(|error| codes::WEBHOOK.because("the webhook's body is not an event", error))?;
        if event.id.is_empty() || event.id.len() > MAX_EVENT_ID_BYTES {
            return Err(codes::WEBHOOK.error("the webhook has no usable id"));
        }
        let charge = event.charge.listed().map_err(|error| codes::WEBHOOK.because("not a charge", error))?;
        Ok(Self { id: event.id, charge })
    }
}

impl WireCharge {
    /// The charge in our words; `payments.provider_broken` for words that we do not know.
    pub fn listed(self) -> Result<Listed> {
        let currency = self.currency;
        let charge = match self.status.as_str() {
            "processing" => Charge::Unknown,
            "challenge" => Charge::Challenge { url: self.challenge_url },
            "declined" => Charge::Declined { reason: self.decline_reason },
            "authorised" => Charge::Authorised,
            "voided" => Charge::Voided,
            "captured" => Charge::Captured,
            other => return Err(broken(format!("the provider speaks of a charge that is {other:?}"))),
        };
        let refunds = self
            .refunds
            .into_iter()
            .map(|refund| SeenRefund { key: refund.key, amount: Money::new(refund.amount_minor, currency) })
            .collect();
        Ok(Listed {
            reference: self.reference,
            seen: Seen { amount: Money::new(self.amount_minor, currency), charge, refunds },
        })
    }
}

fn broken(message: String) -> Error {
    codes::PROVIDER_BROKEN.error(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_read_and_nonsense_is_refused() {
        let body = br#"{"id":"evt_1","type":"charge.captured","created_at":"2030-01-01T00:00:00Z","charge":{
            "number":3,"reference":"pay_x","status":"captured","amount_minor":1200,"currency":"GBP",
            "refunds":[{"key":"rfd_x","amount_minor":200}],"created_at":"x","changed_at":"y"}}"#;
        let event = Event::parse(body).unwrap();
        assert_eq!(event.id, "evt_1");
        assert_eq!(event.charge.seen.charge, Charge::Captured);
        assert_eq!(event.charge.seen.refunds[0].amount, Money::new(200, Currency::GBP));
        let long = format!(r#"{{"id":"{}"}}"#, "x".repeat(300));
        for body in ["", "null", "[]", r#"{"id":"evt_1"}"#, &long, "{\"id\":"] {
            assert!(Event::parse(body.as_bytes()).unwrap_err().is(&codes::WEBHOOK), "{body}");
        }
        let unknown = String::from_utf8_lossy(body).replace("captured\",\"amount", "melted\",\"amount");
        assert!(Event::parse(unknown.as_bytes()).unwrap_err().is(&codes::WEBHOOK));
    }
}
