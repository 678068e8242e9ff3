//! `cargo xtask replay`: sells a retailer's file again in a release build, and holds the shop's books against the proof,
//! which another program in another language computes from the same file.

use std::path::PathBuf;
use std::process::Stdio;

use clap::Args;
use serde_json::Value;

use crate::workspace::{self, Result};
use crate::{needs, process, release};

/// Where the file is when no argument says so.
const VARIABLE: &str = "MAINSTAY_RETAIL_CSV";

/// Sell a whole year again and compare the books with the proof
#[derive(Args)]
pub struct Replay {
    /// The file; the environment's MAINSTAY_RETAIL_CSV when left out
    file: Option<PathBuf>,
    /// Stop before this day, such as 2011-01-01
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// Keep the shop's data in this folder, and go on with what is there; a throw-away one when left out
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// More arguments for `mainstay shop replay`, after `--`
    #[arg(last = true)]
    more: Vec<String>,
}

impl Replay {
    pub fn run(self) -> Result<()> {
        needs::to_build()?;
        let file = self.file.clone().or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from));
        let file = file.ok_or_else(|| format!("name the file, or set {VARIABLE}"))?;
        let file =
            file.canonicalize().map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        release::build(&["--package", "mainstay"])?;

        let throw_away = std::env::temp_dir().join(format!("mainstay-replay-{}", std::process::id()));
        let data = self.data.clone().unwrap_or_else(|| throw_away.clone());
        let told = self.shop(&file, &data).and_then(|shop| Ok((shop, self.proof(&file)?)));
        if self.data.is_none() && throw_away.exists() {
            std::fs::remove_dir_all(&throw_away)
                .map_err(|error| format!("{} stays behind: {error}", throw_away.display()))?;
        }
        let (shop, proof) = told?;
        compare(&shop, &proof)
    }

    /// What the shop's books say.
    fn shop(&self, file: &std::path::Path, data: &std::path::Path) -> Result<Value> {
        let binary = workspace::target()?.join("release").join("mainstay");
        let mut command = process::command(binary)?;
        command.args(["shop", "replay", "--json"]).arg(file).arg("--data").arg(data);
        if let Some(until) = &self.until {
            command.args(["--until", until]);
        }
        command.args(&self.more);
        // It ends with 1 when its own comparison finds a difference; the proof says so with more authority.
        json(&mut command)
    }

    /// What they must say.
    fn proof(&self, file: &std::path::Path) -> Result<Value> {
        let mut command = process::command("python3")?;
        command.arg("xtask/proof/retail.py").arg(file);
        if let Some(until) = &self.until {
            command.args(["--until", until]);
        }
        json(&mut command)
    }
}

/// The JSON document that a program prints.
fn json(command: &mut std::process::Command) -> Result<Value> {
    let shown = process::shown(command);
    let output = command
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{shown} did not start: {error}"))?;
    serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{shown} told nothing that can be read: {error}"))
}

fn compare(told: &Value, proof: &Value) -> Result<()> {
    let (mapping, shop) = (&told["mapping"], &told["shop"]);
    let mut wrong = 0;
    let mut line = |figure: &str, proof: &Value, shop: &Value, shown: bool| {
        let agree = proof == shop;
        wrong += usize::from(!agree);
        if shown || !agree {
            println!(
                "{figure:<28} {:>16} {:>16}  {}",
                short(proof),
                short(shop),
                if agree { "agree" } else { "DIFFER" }
            );
        }
    };
    println!("{:<28} {:>16} {:>16}", "", "proof", "shop");
    for figure in ["lines", "accepted"] {
        line(figure, &proof[figure], &mapping[figure], true);
    }
    for (reason, count) in proof["refused"].as_object().into_iter().flatten() {
        line(&format!("refused: {reason}"), count, &mapping["refused"][reason], true);
    }
    line("refused, every reason", &proof["refused"], &mapping["refused"], false);
    for figure in ["orders", "revenue", "refunded"] {
        line(figure, &proof[figure], &shop[figure], true);
    }
    let count = proof["months"].as_array().map_or(0, Vec::len);
    line(&format!("{count} months and countries"), &proof["months"], &shop["months"], true);
    let pieces = |levels: &Value| -> Value {
        levels.as_object().into_iter().flatten().filter_map(|(_, pieces)| pieces.as_u64()).sum::<u64>().into()
    };
    line("closing stock, pieces", &pieces(&proof["closing"]), &pieces(&shop["closing"]), true);
    line("closing stock, each variant", &proof["closing"], &shop["closing"], true);
    for (figure, must) in [
        ("captured", "revenue"),
        ("provider_captured", "revenue"),
        ("refunded", "refunded"),
        ("provider_refunded", "refunded"),
    ] {
        line(&format!("ledger: {figure}"), &proof[must], &shop["ledger"][figure], true);
    }
    line("ledger against provider", &0.into(), &shop["ledger"]["differences"], true);
    line("sagas that have not ended", &0.into(), &shop["open_sagas"], true);
    line("pieces still held", &0.into(), &shop["held"], true);
    if told["calls"] == 0 {
        println!("\nnothing was left to sell: these are the books of what had been sold before");
        return if wrong == 0 { Ok(()) } else { Err(format!("{wrong} figures differ")) };
    }
    println!(
        "\n{} calls, {} sent twice, {} sent again, in {:.0} s: {:.1} orders a second; refused by the shop: {}",
        told["calls"],
        told["sent_twice"],
        told["retries"],
        told["seconds"].as_f64().unwrap_or_default(),
        told["orders_per_second"].as_f64().unwrap_or_default(),
        told["refused_by_shop"],
    );
    if wrong == 0 { Ok(()) } else { Err(format!("{wrong} figures differ")) }
}

/// A figure, or nothing for what is a table.
fn short(value: &Value) -> String {
    if value.is_object() || value.is_array() { "…".into() } else { value.to_string() }
}
