//! The same suite, unchanged, with payments in a process of its own, reached over HTTP/2. Forged webhooks are left
//! out: outsiders reach payments there at another address, and the refusal is the same code.

use super::world::Topology;
use super::{attacks, journeys, provider, traces};

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_buys_and_gets_order_mail_and_report() {
    journeys::a_guest_buys_and_gets_order_mail_and_report(Topology::Split).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_is_one_checkout_and_another_body_is_refused() {
    journeys::one_key_is_one_checkout_and_another_body_is_refused(Topology::Split).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_that_changed_are_not_paid_unseen() {
    journeys::prices_that_changed_are_not_paid_unseen(Topology::Split).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_refunded_in_part_and_cancelled_whole() {
    journeys::orders_are_refunded_in_part_and_cancelled_whole(Topology::Split).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_follows_its_owner_through_the_login() {
    journeys::a_cart_follows_its_owner_through_the_login(Topology::Split).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_after_a_power_cut() {
    journeys::what_was_acknowledged_is_there_after_a_power_cut(Topology::Split).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_buyers_at_once_for_fifty_pieces() {
    attacks::two_hundred_buyers_at_once_for_fifty_pieces(Topology::Split).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_lines_of_one_variant_do_not_oversell_it() {
    attacks::several_lines_of_one_variant_do_not_oversell_it(Topology::Split).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_that_pay_one_cart_pay_once() {
    attacks::two_tabs_that_pay_one_cart_pay_once(Topology::Split).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_payment_leaves_nothing_behind() {
    provider::a_declined_payment_leaves_nothing_behind(Topology::Split).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_passed_or_failed() {
    provider::a_challenge_is_passed_or_failed(Topology::Split).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_that_nobody_answers_ends_with_the_hold() {
    provider::a_challenge_that_nobody_answers_ends_with_the_hold(Topology::Split).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_twice_and_out_of_order_come_to_one_order_each() {
    provider::late_twice_and_out_of_order_come_to_one_order_each(Topology::Split).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_lands_after_the_hold_is_let_go() {
    provider::a_payment_that_lands_after_the_hold_is_let_go(Topology::Split).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_never_answers_ends_with_the_hold() {
    provider::a_provider_that_never_answers_ends_with_the_hold(Topology::Split).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_lands_when_the_goods_are_gone_goes_back_and_the_buyer_is_told() {
    provider::a_payment_that_lands_when_the_goods_are_gone_goes_back_and_the_buyer_is_told(Topology::Split)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_one_connected_trace() {
    traces::an_order_is_one_connected_trace(Topology::Split).await;
}
