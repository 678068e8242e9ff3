//! `mainstay shop reconcile`: payments here, the ledger, and the provider's own list, held against each other.

use std::process::ExitCode;

use clap::Args;
use mainstay_core::{Clock, Context, Currency, Id, Money, Result, Timestamp};
use mainstay_host::{Engines, Host, Running};
use mainstay_rpc::{answer, request};
use shop_payments::codes::PROVIDER_UNKNOWN;
use shop_payments_contracts::{
    Difference, DifferenceKind, Payment, PaymentsClient, ReconcileRequest, ReconcileResponse, SERVICE,
};

use crate::commands::{Global, operator};
use crate::output::{self, Cell, Format, Table, Tone};
use crate::shop;

/// Who asks, in tokens and logs.
const CALLER: &str = "mainstay.operator";

/// Compare payments, ledger and the provider's own list, and name every difference.
///
/// The payments service does it: the one that [peers] names, else one in this process, which may run beside the shop.
/// Ends with 1 when a difference is left.
#[derive(Debug, Args)]
pub struct Reconcile {
    /// Take over what the provider knows better, and let go there of what was voided here
    #[arg(long)]
    mend: bool,
    /// Only what was made at or after this moment, such as 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// One JSON object a line: differences, then totals
    #[arg(long)]
    json: bool,
}

impl Reconcile {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        // A listener is part of every process; this one's is open for the moment that the command takes.
        let keys = ["http.listen=\"127.0.0.1:0\"".to_owned(), "rpc.listen=\"\"".to_owned()];
        let mut global = global.clone();
        global.set.extend(keys);
        let configuration = global.configuration(&[])?;
        let elsewhere =
            mainstay_host::Settings::read(&configuration)?.peers.addresses().contains_key(SERVICE);
        let here: &[&str] = if elsewhere { &[] } else { &[SERVICE] };
        if !elsewhere {
            // Whoever only asks must not find an empty shop made in the wrong folder.
            for service in operator::look(&global, engines.clone(), &["shop/payments".to_owned()])? {
                service.database.close().await;
            }
        }
        let host = Host::new(configuration, engines, Clock::system());
        let running = shop::mount_some(host, here)?.start().await?;

        let outcome = self.ask(&running).await;
        running.shutdown().request();
        let stopped = running.wait().await;
        let found = outcome.inspect_err(|error| {
            if !elsewhere && error.is(&PROVIDER_UNKNOWN) {
                output::note(
                    "The provider is asked at shop.payments.provider_url, which `mainstay config show provider_url` \
                     prints; a shop whose test provider listens elsewhere needs the same --set here.",
                );
            }
        })?;
        stopped?;
        Ok(self.tell(&found))
    }

    async fn ask(&self, running: &Running) -> Result<ReconcileResponse> {
        let mut payments = running.peer(CALLER, SERVICE, PaymentsClient::new)?.client();
        let asked =
            ReconcileRequest { mend: self.mend, since_micros: self.since.map_or(0, Timestamp::as_micros) };
        answer(payments.reconcile(request(&Context::background(CALLER), asked)).await)
    }

    fn tell(&self, found: &ReconcileResponse) -> ExitCode {
        let mut table = Table::new(&["difference", "payment", "reference", "ours", "theirs", "mended"]);
        for difference in &found.differences {
            table.row(row(difference));
        }
        table.print(Format::of(self.json), "no differences");
        let mut totals = Table::new(&["currency", "account", "captured", "refunded"]);
        for total in &found.totals {
            for (account, captured, refunded) in [
                ("payments", total.captured_minor, total.refunded_minor),
                ("provider", total.provider_captured_minor, total.provider_refunded_minor),
                ("ledger", total.ledger_captured_minor, total.ledger_refunded_minor),
            ] {
                totals.row([
                    Cell::text(&total.currency),
                    Cell::text(account),
                    amount(&total.currency, captured),
                    amount(&total.currency, refunded),
                ]);
            }
        }
        totals.print(Format::of(self.json), "no money has moved");
        let left = found.differences.iter().filter(|difference| !difference.mended).count();
        output::note(&format!(
            "\n{} payments and charges compared, {} differences, {left} left{}",
            found.compared,
            found.differences.len(),
            if found.unnamed > 0 {
                format!(", and {} more that are not shown", found.unnamed)
            } else {
                String::new()
            },
        ));
        if left == 0 && found.unnamed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn row(difference: &Difference) -> [Cell; 6] {
    let payment = Id::<Payment>::try_from_slice(&difference.payment_id).ok();
    let mended =
        if difference.mended { Cell::text("yes").tone(Tone::Good) } else { Cell::text("no").tone(Tone::Bad) };
    [
        Cell::text(words(difference.kind())),
        Cell::optional(payment.map(|id| id.to_string())),
        Cell::text(&difference.reference),
        Cell::text(&difference.ours),
        Cell::text(&difference.theirs),
        mended,
    ]
}

fn words(kind: DifferenceKind) -> &'static str {
    match kind {
        DifferenceKind::Unspecified => "of a kind that this release does not know",
        DifferenceKind::UnknownHere => "unknown here",
        DifferenceKind::UnknownThere => "unknown to the provider",
        DifferenceKind::Behind => "the provider is further",
        DifferenceKind::Ahead => "the provider is behind",
        DifferenceKind::Amount => "another amount",
        DifferenceKind::NotLetGo => "voided here and held there",
        DifferenceKind::Refund => "a refund that one side knows",
        DifferenceKind::Ledger => "the ledger says otherwise",
    }
}

fn amount(currency: &str, minor: i64) -> Cell {
    match currency.parse::<Currency>() {
        Ok(currency) => Cell::text(Money::new(minor, currency).to_string()),
        Err(_) => Cell::number(minor),
    }
}
