//! What a benchmark says: a table for people, or one JSON object a line for programs.

use serde::Serialize;

/// What a figure is compared with.
#[derive(Clone, Copy)]
pub enum Peer {
    /// Measured in this very run.
    Measured {
        name: &'static str,
        value: f64,
    },
    /// Measured on the development machine at another time; the ratio is only as good as the machines are alike.
    Recorded {
        name: &'static str,
        value: f64,
    },
    None,
}

#[derive(Serialize)]
struct Line<'a> {
    bench: &'a str,
    name: &'a str,
    value: f64,
    unit: &'a str,
    peer: Option<String>,
    ratio: Option<f64>,
}

pub struct Report {
    json: bool,
    rows: Vec<[String; 5]>,
}

impl Report {
    pub fn new(json: bool) -> Self {
        Self { json, rows: Vec::new() }
    }

    pub fn figure(&mut self, bench: &str, name: &str, value: f64, unit: &str, peer: Peer) {
        let (peer_name, peer_value) = match peer {
            Peer::Measured { name, value } => (Some(format!("{name}: {}", rounded(value))), Some(value)),
            Peer::Recorded { name, value } => {
                (Some(format!("{name}, recorded: {}", rounded(value))), Some(value))
            }
            Peer::None => (None, None),
        };
        let ratio = peer_value.filter(|peer| *peer > 0.0).map(|peer| value / peer);
        if self.json {
            let line = Line { bench, name, value, unit, peer: peer_name, ratio };
            if let Ok(text) = serde_json::to_string(&line) {
                println!("{text}");
            }
        } else {
            self.rows.push([
                name.to_owned(),
                rounded(value),
                unit.to_owned(),
                peer_name.unwrap_or_default(),
                ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
            ]);
        }
    }

    /// A remark for people; programs do not get it.
    pub fn remark(&self, text: &str) {
        if !self.json {
            eprintln!("{text}");
        }
    }

    pub fn finish(&self) {
        if self.json {
            return;
        }
        let head = ["figure", "value", "unit", "peer", "ratio"].map(str::to_owned);
        let rows: Vec<&[String; 5]> = std::iter::once(&head).chain(&self.rows).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        for row in rows {
            println!(
                "{:<a$}  {:>b$}  {:<c$}  {:<d$}  {:>e$}",
                row[0],
                row[1],
                row[2],
                row[3],
                row[4],
                a = widths[0],
                b = widths[1],
                c = widths[2],
                d = widths[3],
                e = widths[4],
            );
        }
    }
}

fn rounded(value: f64) -> String {
    if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// The middle one of several measurements.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
