//! A payment against a legal provider, under every order of calls, answers and webhooks that proptest comes up with.

use std::collections::BTreeMap;

use mainstay_core::{Currency, Id, Money};
use proptest::prelude::*;
use shop_payments_contracts::PaymentState;

use super::ledger::Entry;
use super::{Charge, Learned, Movement, Next, Payment, RefundState, Seen, SeenRefund};
use crate::codes;

const AMOUNT: i64 = 1_000;

fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

fn payment() -> Payment {
    Payment::new(Id::from_bytes([1; 16]), Id::from_bytes([2; 16]), gbp(AMOUNT))
}

fn seen(charge: Charge) -> Seen {
    Seen { amount: gbp(AMOUNT), charge, refunds: Vec::new() }
}

/// A provider that keeps its own rules: the truth that the payment tries to follow.
#[derive(Clone, Debug)]
struct World {
    charge: Charge,
    refunds: Vec<(String, i64)>,
    told: Vec<Seen>,
}

impl World {
    fn new() -> Self {
        Self { charge: Charge::Unknown, refunds: Vec::new(), told: Vec::new() }
    }

    fn refunded(&self) -> i64 {
        self.refunds.iter().map(|(_, minor)| minor).sum()
    }

    fn snapshot(&self) -> Seen {
        Seen {
            amount: gbp(AMOUNT),
            charge: self.charge.clone(),
            refunds: self
                .refunds
                .iter()
                .map(|(key, minor)| SeenRefund { key: key.clone(), amount: gbp(*minor) })
                .collect(),
        }
    }

    // Every change is told once; the test decides when, how often and whether at all.
    fn change(&mut self, charge: Charge) {
        self.charge = charge;
        self.told.push(self.snapshot());
    }

    fn authorise(&mut self, answer: u8) {
        if self.charge == Charge::Unknown {
            self.change(match answer % 3 {
                0 => Charge::Authorised,
                1 => Charge::Declined { reason: "insufficient_funds".into() },
                _ => Charge::Challenge { url: "https://bank.example/1".into() },
            });
        }
    }

    fn challenge(&mut self, passed: bool) {
        if matches!(self.charge, Charge::Challenge { .. }) {
            let failed = Charge::Declined { reason: "challenge_failed".into() };
            self.change(if passed { Charge::Authorised } else { failed });
        }
    }

    fn capture(&mut self) {
        if self.charge == Charge::Authorised {
            self.change(Charge::Captured);
        }
    }

    fn void(&mut self) {
        if matches!(self.charge, Charge::Authorised | Charge::Challenge { .. }) {
            self.change(Charge::Voided);
        }
    }

    // Whether it was given, now or before.
    fn refund(&mut self, key: &str, minor: i64) -> bool {
        if self.refunds.iter().any(|(known, _)| known == key) {
            return true;
        }
        if self.charge != Charge::Captured || minor <= 0 || self.refunded() + minor > AMOUNT {
            return false;
        }
        self.refunds.push((key.to_owned(), minor));
        self.told.push(self.snapshot());
        true
    }
}

#[derive(Clone, Debug)]
enum Act {
    Authorise(u8),
    Challenge(bool),
    Capture,
    /// Somebody voids at the provider's own desk.
    VoidThere,
    /// Somebody refunds at the provider's own desk.
    RefundThere(i64),
    Release,
    Refund(u8, i64),
    /// An older or newer word of the provider arrives, perhaps again.
    Hear(prop::sample::Index),
    /// A settling step runs.
    Settle,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        2 => any::<u8>().prop_map(Act::Authorise),
        2 => any::<bool>().prop_map(Act::Challenge),
        3 => Just(Act::Capture),
        1 => Just(Act::VoidThere),
        1 => (1..AMOUNT).prop_map(Act::RefundThere),
        1 => Just(Act::Release),
        2 => (0..3u8, 1..AMOUNT).prop_map(|(id, minor)| Act::Refund(id, minor)),
        6 => any::<prop::sample::Index>().prop_map(Act::Hear),
        2 => Just(Act::Settle),
    ];
    prop::collection::vec(act, 0..40)
}

#[derive(Default)]
struct Books(BTreeMap<String, i64>);

impl Books {
    fn book(&mut self, payment: &Payment, learned: &Learned) {
        for movement in &learned.movements {
            let entry = Entry::of(payment.id, *movement);
            assert!(entry.amount.minor > 0 && entry.debit != entry.credit);
            let before = self.0.insert(entry.cause.clone(), entry.amount.minor);
            assert_eq!(before, None, "booked twice: {}", entry.cause);
        }
    }

    fn sum(&self, kind: &str) -> i64 {
        self.0.iter().filter(|(cause, _)| cause.starts_with(kind)).map(|(_, minor)| minor).sum()
    }
}

// One step towards agreement, as the settling job does it. Whether there was anything to do.
fn settle(world: &mut World, payment: &mut Payment, books: &mut Books) -> bool {
    match payment.next() {
        Next::Nothing => return false,
        Next::Ask => {}
        Next::Void => world.void(),
        Next::Refund(refund) => {
            if !world.refund(&refund.id.to_string(), refund.amount.minor) {
                payment.refund_refused(refund.id);
            }
        }
    }
    let learned = payment.learn(&world.snapshot()).unwrap();
    books.book(payment, &learned);
    payment.next() != Next::Ask
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_order_of_calls_and_webhooks_ends_in_agreement(acts in acts()) {
        let (mut world, mut payment, mut books) = (World::new(), payment(), Books::default());
        for act in acts {
            let rank = payment.charge.rank();
            match act {
                Act::Authorise(answer) => world.authorise(answer),
                Act::Challenge(passed) => world.challenge(passed),
                Act::Capture => world.capture(),
                Act::VoidThere => world.void(),
                Act::RefundThere(minor) => { world.refund("desk-1", minor); }
                Act::Release => { payment.release().unwrap(); }
                Act::Refund(id, minor) => { let _ = payment.ask_refund(Id::from_bytes([10 + id; 16]), gbp(minor)); }
                Act::Hear(which) => if !world.told.is_empty() {
                    let word = world.told[which.index(world.told.len())].clone();
                    let learned = payment.learn(&word).unwrap();
                    books.book(&payment, &learned);
                    prop_assert!(!payment.learn(&word).unwrap().changed, "a repeat is no news");
                },
                Act::Settle => { settle(&mut world, &mut payment, &mut books); }
            }
            prop_assert!(payment.charge.rank() >= rank, "knowledge only grows");
            prop_assert!(payment.charge.rank() <= world.charge.rank(), "nothing is believed that never was");
        }
        // Whatever was lost on the way: asking and settling brings both to agree, in a bounded number of steps.
        let mut steps = 0;
        while settle(&mut world, &mut payment, &mut books) {
            steps += 1;
            prop_assert!(steps < 20, "settling does not end: {payment:?} {world:?}");
        }
        let learned = payment.learn(&world.snapshot()).unwrap();
        books.book(&payment, &learned);
        while settle(&mut world, &mut payment, &mut books) {}
        prop_assert_eq!(&payment.charge, &world.charge);
        prop_assert_eq!(payment.refunded().unwrap(), gbp(world.refunded()));
        let captured = if world.charge == Charge::Captured { AMOUNT } else { 0 };
        prop_assert_eq!(books.sum("capture:"), captured);
        prop_assert_eq!(books.sum("refund:"), world.refunded());
        if payment.released {
            prop_assert_eq!(payment.state(), PaymentState::Voided);
            let held = matches!(world.charge, Charge::Authorised | Charge::Challenge { .. });
            prop_assert!(!held, "money is still held");
            prop_assert_eq!(world.refunded(), captured, "all that was taken went back");
        }
    }

    #[test]
    fn the_order_of_words_does_not_matter(
        answer in any::<u8>(), passed in any::<bool>(), refunds in prop::collection::vec(1..400i64, 0..3),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
    ) {
        let mut world = World::new();
        world.authorise(answer);
        world.challenge(passed);
        world.capture();
        for (number, minor) in refunds.iter().enumerate() {
            world.refund(&Id::<shop_payments_contracts::Refund>::from_bytes([number as u8; 16]).to_string(), *minor);
        }
        let mut straight = payment();
        for word in &world.told {
            straight.learn(word).unwrap();
        }
        let mut shuffled = payment();
        let mixed = order.iter().map(|which| which.index(world.told.len()));
        // Some order with repeats first, then each once backwards, so that nothing is missing.
        for place in mixed.chain((0..world.told.len()).rev()) {
            shuffled.learn(&world.told[place]).unwrap();
        }
        prop_assert_eq!(straight, shuffled);
    }
}

#[test]
fn another_amount_is_refused() {
    let mut payment = payment();
    let foreign = Seen { amount: gbp(AMOUNT + 1), ..seen(Charge::Captured) };
    assert!(payment.learn(&foreign).unwrap_err().is(&codes::MISMATCH));
    let dollars = Seen { amount: Money::new(AMOUNT, Currency::USD), ..seen(Charge::Captured) };
    assert!(payment.learn(&dollars).unwrap_err().is(&codes::MISMATCH));
    assert_eq!(payment, super::tests::payment());
}

#[test]
fn refunds_of_one_id_are_one_refund() {
    let mut payment = payment();
    let id = Id::from_bytes([7; 16]);
    assert!(payment.ask_refund(id, gbp(1)).unwrap_err().is(&codes::NOT_CAPTURED));
    payment.learn(&seen(Charge::Captured)).unwrap();
    let refund = payment.ask_refund(id, gbp(600)).unwrap();
    assert_eq!(payment.ask_refund(id, gbp(600)).unwrap(), refund);
    assert!(payment.ask_refund(id, gbp(601)).unwrap_err().is(&codes::ID_REUSED));
    assert!(payment.ask_refund(Id::from_bytes([8; 16]), gbp(401)).unwrap_err().is(&codes::EXCEEDS));
    assert!(payment.ask_refund(Id::from_bytes([8; 16]), gbp(0)).is_err());
    assert!(payment.ask_refund(Id::from_bytes([8; 16]), Money::new(1, Currency::USD)).is_err());
    payment.ask_refund(Id::from_bytes([8; 16]), gbp(400)).unwrap();
    assert!(payment.refund_refused(id));
    assert!(!payment.refund_refused(id));
    assert_eq!(payment.refunds[0].state, RefundState::Refused);
    // What was refused does not count any more.
    payment.ask_refund(Id::from_bytes([9; 16]), gbp(600)).unwrap();
}

#[test]
fn a_capture_that_lands_after_the_void_goes_back_in_full() {
    let mut payment = payment();
    payment.learn(&seen(Charge::Authorised)).unwrap();
    assert!(payment.release().unwrap());
    assert!(!payment.release().unwrap());
    assert_eq!(payment.next(), Next::Void);
    let learned = payment.learn(&seen(Charge::Captured)).unwrap();
    assert_eq!(learned.movements, [Movement::Captured(gbp(AMOUNT))]);
    let Next::Refund(refund) = payment.next() else { panic!("{:?}", payment.next()) };
    assert_eq!(refund.amount, gbp(AMOUNT));
}
