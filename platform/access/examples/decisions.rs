//! What a decision costs, put to Cedar alone, asked anew and asked again: `cargo run --release -p mainstay-access --example decisions`.

use std::collections::{HashMap, HashSet};
use std::hint::black_box;
use std::str::FromStr;
use std::time::Duration;

use cedar_policy::{
    Authorizer, Entities, Entity, EntityUid, PolicySet, Request, RestrictedExpression, Schema,
};
use mainstay_access::{Access, Action, PolicyFile, Question, Relation};
use mainstay_core::{Context, Id, Principal, Result, Stopwatch, TenantId, TraceContext, codes};

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

const ROUNDS: u32 = 20_000;

/// The same question put to Cedar with everything prepared that can be: what each decision would cost without memory.
fn alone(schema: &str, text: &str) -> Result<Duration> {
    let bad = |error: &dyn std::fmt::Display| codes::INTERNAL.error(error.to_string());
    let (schema, _) = Schema::from_cedarschema_str(schema).map_err(|error| bad(&error))?;
    let set = PolicySet::from_str(text).map_err(|error| bad(&error))?;
    let uid = |text: &str| EntityUid::from_str(text).map_err(|error| bad(&error));
    let (customer, thing) = (uid("Bench::Customer::\"it\"")?, uid("Bench::Thing::\"it\"")?);
    let own = HashMap::from([("own".to_owned(), RestrictedExpression::new_bool(true))]);
    let entities = [
        Entity::new(thing.clone(), own, HashSet::new()).map_err(|error| bad(&error))?,
        Entity::new_no_attrs(customer.clone(), HashSet::new()),
    ];
    let entities = Entities::from_entities(entities, Some(&schema)).map_err(|error| bad(&error))?;
    let context = cedar_policy::Context::from_pairs([
        ("scoped".to_owned(), RestrictedExpression::new_bool(false)),
        ("scopes".to_owned(), RestrictedExpression::new_set([])),
    ]);
    let action = uid("Bench::Action::\"a7\"")?;
    let context = context.map_err(|error| bad(&error))?;
    let request =
        Request::new(customer, action, thing, context, Some(&schema)).map_err(|error| bad(&error))?;
    let authorizer = Authorizer::new();
    let watch = Stopwatch::start();
    for _ in 0..ROUNDS {
        black_box(authorizer.is_authorized(black_box(&request), &set, &entities));
    }
    Ok(watch.elapsed() / ROUNDS)
}

fn main() -> Result<()> {
    let (schema, text) = policies();
    let text: &'static str = Box::leak(text.into_boxed_str());
    let files = [PolicyFile { name: "bench", text }];
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
    println!("Cedar alone                   {:>9.2} us", alone(&schema, text)?.as_secs_f64() * 1e6);
    println!("asked anew, with its reasons  {:>9.2} us", anew.as_secs_f64() * 1e6);
    println!("asked again                   {:>9.3} us", again.as_secs_f64() * 1e6);
    Ok(())
}
