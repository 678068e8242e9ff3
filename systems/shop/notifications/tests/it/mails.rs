//! What buyers are told.

use shop_orders_contracts::order_event::Fact;

use crate::app::{TestApp, cancelled, event, paid, placed, refunded, reversed};

#[tokio::test]
async fn each_thing_that_happens_to_an_order_is_one_mail() {
    let app = TestApp::start().await;
    for (order, fact) in [
        (1, Fact::Placed(placed(2))),
        (1, paid(2)),
        (1, refunded()),
        (2, paid(1)),
        (2, cancelled()),
        (3, reversed()),
    ] {
        app.tell(event(order, fact)).await;
    }
    let mails = app.mails(5).await;
    let mut subjects: Vec<&str> = mails.iter().map(|mail| mail.subject()).collect();
    subjects.sort_unstable();
    assert_eq!(
        subjects,
        [
            "5.00 GBP of your order S-1 is on its way back",
            "Your order S-1 is placed and paid",
            "Your order S-2 is cancelled",
            "Your order S-2 is placed and paid",
            "Your payment of 27.60 GBP was given back",
        ]
    );
    assert!(mails.iter().all(|mail| mail.to().as_str() == "ada@example.com"));
}

#[tokio::test]
async fn a_confirmation_says_what_was_bought_and_where_it_goes() {
    let app = TestApp::start().await;
    app.tell(event(1, paid(1))).await;
    let mails = app.mails(1).await;
    let (text, html) = (mails[0].text(), mails[0].html().unwrap());
    for part in [
        "S-1",
        "2 x Lamp <b>& more</b>",
        "24.00 GBP",
        "3.60 GBP",
        "27.60 GBP",
        "Ada Lovelace",
        "N1 1AA London",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(html.contains("Lamp &lt;b&gt;&amp; more&lt;"), "{html}");
    assert!(!html.contains("<b>"), "{html}");
}

#[tokio::test]
async fn a_huge_order_is_told_in_part() {
    let app = TestApp::start().await;
    app.tell(event(1, paid(1_500))).await;
    let text = app.mails(1).await[0].text().to_owned();
    assert!(text.contains("and 1400 more"), "{}", &text[text.len() - 400..]);
}
