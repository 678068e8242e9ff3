//! Mail servers that fail, processes that end, events and addresses that are bent.

use shop_orders_contracts::order_event::Fact;
use shop_orders_contracts::{OrderEvent, OrderPaid, OrderPlaced};

use crate::app::{TestApp, cancelled, event, paid, placed, reversed};

#[tokio::test]
async fn a_mailbox_that_is_away_gets_its_mail_later() {
    let app = TestApp::start().await;
    app.mailbox.fail(6);
    app.tell(event(1, paid(1))).await;
    app.mails(1).await;
    assert_eq!(app.mailbox.sent(), 7);
}

#[tokio::test]
async fn a_lost_answer_is_sent_again_under_the_same_id() {
    let app = TestApp::start().await;
    app.mailbox.lose_answers(3);
    app.tell(event(1, paid(1))).await;
    app.mails(1).await;
    assert_eq!(app.mailbox.sent(), 4);
}

#[tokio::test]
async fn a_process_that_ends_leaves_no_mail_behind_and_sends_none_twice() {
    let mut app = TestApp::start().await;
    for order in 0..20 {
        app.tell(event(order, paid(1))).await;
        if order % 5 == 0 {
            app.restart().await;
        }
    }
    app.mails(20).await;
}

#[tokio::test]
async fn an_address_that_nothing_can_be_sent_to_is_put_before_a_person() {
    let app = TestApp::start().await;
    for email in ["", "nobody", "a@b.c\r\nBcc: all@example.com", "a@b.c, d@e.f"] {
        app.tell(OrderEvent { email: email.into(), ..event(1, paid(1)) }).await;
    }
    app.tell(event(2, paid(1))).await;
    app.mails(1).await;
    assert_eq!(app.dead().await, ["notify.bad_address"; 4]);
}

#[tokio::test]
async fn a_bent_event_parks_its_order_and_no_other() {
    let app = TestApp::start().await;
    let bent = OrderPlaced { total: None, ..placed(1) };
    app.tell(event(1, Fact::Paid(OrderPaid { amount: None, order: Some(bent) }))).await;
    app.tell(event(1, cancelled())).await;
    app.tell(event(2, reversed())).await;
    // A fact that a later release tells.
    app.tell(OrderEvent { fact: None, ..event(3, cancelled()) }).await;
    let mails = app.mails(1).await;
    assert!(mails[0].subject().contains("given back"));
}
