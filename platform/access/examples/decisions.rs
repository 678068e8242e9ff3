//! What a decision costs, asked anew and asked again: `cargo run --release -p mainstay-access --example decisions`.

use std::hint::black_box;

use mainstay_access::{Access, Action, PolicyFile, Question, Relation};
use mainstay_core::{Context, Id, Principal, Result, Stopwatch, TenantId, TraceContext};

const ACTIONS: [&str; 20] = [
    "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11", "a12", "a13", "a14", "a15",
    "a16", "a17", "a18", "a19",
];

/// Twenty policies, as a shop has.
fn policies() -> (String, String) {
    let mut schema = String::from(
        "namespace Bench { entity Visitor; entity Customer; entity Staff; entity Service; entity Thing { own: Bool };
         type Credential = { scoped: Bool, scopes: Set<String> };",
    );
    let mut text = String::new();
    for name in ACTIONS {
        schema += &format!(
            "action {name} appliesTo {{ principal: [Visitor, Customer, Staff, Service], resource: Thing,
             context: Credential }};"
        );
        text += &format!(
            "@id(\"{name}\") @because(\"it is theirs\")
             permit (principal is Bench::Customer, action == Bench::Action::\"{name}\", resource) when {{ resource.own }};"
        );
    }
    (schema + "}", text)
}

fn main() -> Result<()> {
    const ROUNDS: u32 = 20_000;
    let (schema, text) = policies();
    let files = [PolicyFile { name: "bench", text: Box::leak(text.into_boxed_str()) }];
    let actions = ACTIONS.map(|name| Action::new(name, "Thing"));
    let access = Access::new("Bench", &schema, &files, &actions)?;
    let customer = Principal::Customer(Id::from_bytes([1; 16]));
    let ctx = Context::new(TenantId::SOLE, customer, TraceContext::root(false));

    let watch = Stopwatch::start();
    for round in 0..ROUNDS {
        let action = actions[round as usize % actions.len()];
        let question = Question::new(&ctx, action, Relation::Own);
        black_box(access.explain(&question)?.allowed);
    }
    let anew = watch.elapsed() / ROUNDS;
    let watch = Stopwatch::start();
    for round in 0..ROUNDS * 100 {
        let action = actions[round as usize % actions.len()];
        black_box(access.allows(&ctx, action, Relation::Own));
    }
    let again = watch.elapsed() / (ROUNDS * 100);
    println!("20 policies, one thread");
    println!("asked anew, with its reasons  {:>9.2} us", anew.as_secs_f64() * 1e6);
    println!("asked again                   {:>9.3} us", again.as_secs_f64() * 1e6);
    Ok(())
}
