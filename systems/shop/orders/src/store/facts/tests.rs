//! Facts are kept for ever, so each release reads what every earlier one wrote: `samples/<release>.jsonl` holds one
//! stored fact a line, in the order in which they happened to one order. A released file is never changed.

use std::collections::BTreeSet;

use mainstay_core::{Context, Currency, Money};
use mainstay_testkit::TestDatabase;
use serde_json::Value;

use super::*;
use crate::model::State;

/// Every release that has written facts, the present one last.
const RELEASES: &[(&str, &str)] = &[("0.1", include_str!("../../../samples/0.1.jsonl"))];

/// One stored fact: a row of `aggregate_events`.
struct Sample {
    kind: String,
    schema: i64,
    data: Value,
}

fn samples(text: &str) -> Vec<Sample> {
    text.lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).unwrap();
            Sample {
                kind: row["kind"].as_str().unwrap().to_owned(),
                schema: row["schema"].as_i64().unwrap(),
                data: row["data"].clone(),
            }
        })
        .collect()
}

/// A new kind of fact has to be named here, and then the present release's samples must have it.
fn kinds(fact: &Fact) -> [&'static str; 5] {
    match fact {
        Fact::Placed { .. }
        | Fact::Paid { .. }
        | Fact::RefundRequested { .. }
        | Fact::Refunded { .. }
        | Fact::RefundFailed { .. } => ["placed", "paid", "refund_requested", "refunded", "refund_failed"],
    }
}

#[tokio::test]
async fn every_release_s_facts_still_add_up_to_their_order() {
    for (release, text) in RELEASES {
        let samples = samples(text);
        let first: Fact = serde_json::from_value(samples[0].data.clone()).unwrap();
        let Fact::Placed { checkout_id, .. } = &first else { panic!("{release} begins with {first:?}") };
        let id: Id<OrderKind> = checkout_id.twin();

        let database =
            TestDatabase::open(&[mainstay_workflow::MIGRATIONS, crate::migrations::MIGRATIONS]).await;
        let ctx = Context::background("test");
        let order = database
            .db
            .write(&ctx, move |tx| {
                for (version, sample) in (1_i64..).zip(&samples) {
                    tx.execute(
                        "INSERT INTO aggregate_events
                             (aggregate, id, version, kind, schema, at, principal, trace, data)
                         VALUES ('order', ?1, ?2, ?3, ?4, 0, 'service:test', '', ?5)",
                        &[
                            (&id).into(),
                            version.into(),
                            (&sample.kind).into(),
                            sample.schema.into(),
                            (&sample.data.to_string()).into(),
                        ],
                    )?;
                }
                order(tx, id)
            })
            .await
            .unwrap()
            .unwrap();
        assert_eq!((order.number.as_str(), order.state()), ("S-10001", State::PartlyRefunded), "{release}");
        assert_eq!(order.sale.total, Money::new(5_760, Currency::GBP), "{release}");
        assert_eq!(order.refunded().unwrap(), Money::new(1_800, Currency::GBP), "{release}");
        assert_eq!(order.sale.lines.len(), 2, "{release}");
    }
}

#[test]
fn the_present_release_writes_what_its_samples_show() {
    let (release, text) = RELEASES.last().unwrap();
    let mut seen = BTreeSet::new();
    let mut wanted = BTreeSet::new();
    for sample in samples(text) {
        let fact: Fact = serde_json::from_value(sample.data.clone()).unwrap();
        assert_eq!(
            serde_json::to_value(&fact).unwrap(),
            sample.data,
            "{release}: another shape needs a new file"
        );
        assert_eq!(
            (fact.kind(), i64::from(fact.schema())),
            (sample.kind.as_str(), sample.schema),
            "{release}"
        );
        wanted.extend(kinds(&fact));
        seen.insert(fact.kind());
    }
    assert_eq!(seen, wanted, "{release} has no sample of some kind");
}
