//! The policies as data: `policies/decisions.txt` has the answer to every question, and nothing else.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use mainstay_access::{Asker, Question, Relation};
use mainstay_core::{Context, Id, Principal, Scopes, TenantId, TraceContext, codes};
use shop_access_contracts::{ACTIONS, CATALOG_WRITE, ORDERS_READ, SCOPES, access};

const DECISIONS: &str = include_str!("../policies/decisions.txt");

fn askers() -> [Asker; 4] {
    [Asker::Visitor, Asker::Customer, Asker::Staff, Asker::Service("shop.orders".into())]
}

/// Who may, to their own things and to others', by the policies.
fn decided() -> BTreeMap<&'static str, String> {
    let access = access().unwrap();
    let may =
        |asker: Asker, action, relation| access.answers(&Question { asker, scopes: None, action, relation });
    let line = |action| {
        let words =
            askers().map(|asker| match Relation::ALL.map(|relation| may(asker.clone(), action, relation)) {
                [true, true] => "all",
                [true, false] => "own",
                [false, true] => "others",
                [false, false] => "-",
            });
        words.join(" ")
    };
    ACTIONS.iter().map(|action| (action.name, line(*action))).collect()
}

#[test]
fn the_policies_answer_as_the_table_says() {
    let mut expected = BTreeMap::new();
    for line in DECISIONS.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (action, answers) = words.split_first().unwrap();
        assert!(expected.insert(*action, answers.join(" ")).is_none(), "{action} stands twice");
    }
    assert_eq!(decided(), expected);
}

#[test]
fn a_credential_for_some_things_is_good_for_those_alone() {
    let access = access().unwrap();
    let mut reached: BTreeMap<&str, usize> = BTreeMap::new();
    for (scope, _) in SCOPES {
        for action in ACTIONS {
            let ask =
                |scopes| Question { asker: Asker::Staff, scopes, action: *action, relation: Relation::Own };
            let with = access.answers(&ask(Some(Scopes::new([*scope]))));
            assert!(!with || access.answers(&ask(None)), "{scope} gives {} to who has it not", action.name);
            *reached.entry(scope).or_default() += usize::from(with);
            assert!(!access.answers(&ask(Some(Scopes::new([])))), "{} for nothing", action.name);
            assert!(!access.answers(&ask(Some(Scopes::new(["everything"])))), "{}", action.name);
        }
    }
    assert!(reached.iter().all(|(scope, count)| *count > 0 || *scope == "carts"), "{reached:?}");
    let key = |scope, action| Question {
        asker: Asker::Customer,
        scopes: Some(Scopes::new([scope])),
        action,
        relation: Relation::Own,
    };
    assert!(access.answers(&key("orders", ORDERS_READ)));
    assert!(!access.answers(&key("catalog", CATALOG_WRITE)), "a scope gives nobody a role");
    assert!(
        SCOPES
            .iter()
            .all(|(scope, _)| { !access.answers(&key(scope, shop_access_contracts::ACCOUNT_MANAGE)) }),
        "no key makes keys"
    );
}

#[test]
fn a_visitor_is_asked_to_log_in_where_that_would_help() {
    let access = access().unwrap();
    let visitor = Principal::Anonymous(Id::from_bytes([1; 16]));
    let ctx = Context::new(TenantId::SOLE, visitor, TraceContext::root(false));
    let refused = |action, relation| access.require(&ctx, action, relation).unwrap_err();
    assert!(refused(shop_access_contracts::ACCOUNT_MANAGE, Relation::Own).is(&codes::UNAUTHENTICATED));
    assert!(refused(CATALOG_WRITE, Relation::Other).is(&codes::FORBIDDEN));
    assert!(access.require(&ctx, ORDERS_READ, Relation::Own).is_ok());
}

#[test]
fn an_explanation_names_the_policies_that_decided() {
    let access = access().unwrap();
    let explain = |who: &str, action: &str, relation: Relation| {
        let (asker, scopes) = Question::read_asker(who).unwrap();
        let action = access.action(action).unwrap();
        access.explain(&Question { asker, scopes, action, relation }).unwrap().to_string()
    };
    let own = explain("customer", "orders.read", Relation::Own);
    assert!(
        own.starts_with("may customer do orders.read to its own Order?\nyes: an order is its buyer's"),
        "{own}"
    );
    assert!(own.contains("(people.own-orders)") && own.contains("resource.own"), "{own}");
    let others = explain("customer", "orders.read", Relation::Other);
    assert!(others.ends_with("no: no policy permits it\n"), "{others}");
    let scoped = explain("staff+catalog", "orders.refund", Relation::Other);
    assert!(scoped.contains("no: the credential is for other things (scopes.nothing-else)"), "{scoped}");
    assert!(access.action("orders.steal").is_err() && Question::read_asker("root").is_err());
}
