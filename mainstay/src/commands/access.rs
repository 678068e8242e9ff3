//! `mainstay access`: the policies, asked from outside. No data is read and no service runs.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use mainstay_access::{Question, Relation};
use mainstay_core::{Result, codes};

use crate::output::{Cell, Format, Table};

/// Ask the policies who may do what, and why.
#[derive(Debug, Subcommand)]
pub enum Access {
    /// Say whether somebody may do something, and which policies decided
    Explain(Explain),
    /// List every action, and what it is done to
    Actions(Actions),
}

/// Say whether somebody may do something, and which policies decided.
#[derive(Debug, Args)]
pub struct Explain {
    /// Who: visitor, customer, staff or service:NAME; with an API key's scopes, customer+orders,carts
    #[arg(value_name = "PRINCIPAL")]
    principal: String,
    /// What, as `access actions` lists it, such as orders.refund
    #[arg(value_name = "ACTION")]
    action: String,
    /// To whose: own, or other for another's and for what belongs to nobody
    #[arg(value_name = "RESOURCE", default_value = "other")]
    relation: String,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// List every action, and what it is done to.
#[derive(Debug, Args)]
pub struct Actions {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Access {
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Self::Explain(explain) => explain.run(),
            Self::Actions(actions) => actions.run(),
        }
    }
}

impl Explain {
    // An answer of no is an answer: the exit code says whether the question was understood.
    fn run(self) -> Result<ExitCode> {
        let access = shop_access_contracts::access()?;
        let (asker, scopes) = Question::read_asker(&self.principal)?;
        let (action, relation) = (access.action(&self.action)?, self.relation.parse::<Relation>()?);
        let explanation = access.explain(&Question { asker, scopes, action, relation })?;
        if self.json {
            let policies: Vec<_> = explanation
                .policies
                .iter()
                .map(|policy| serde_json::json!({"id": policy.id, "because": policy.because, "text": policy.text}))
                .collect();
            let whole = serde_json::json!({
                "question": explanation.question, "allowed": explanation.allowed,
                "policies": policies, "errors": explanation.errors,
            });
            let text = serde_json::to_string(&whole)
                .map_err(|error| codes::INTERNAL.because("the explanation has no JSON form", error))?;
            anstream::println!("{text}");
        } else {
            anstream::print!("{explanation}");
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Actions {
    fn run(self) -> Result<ExitCode> {
        let mut table = Table::new(&["action", "resource"]);
        for action in shop_access_contracts::access()?.actions() {
            table.row([Cell::text(action.name), Cell::text(action.resource)]);
        }
        table.print(Format::of(self.json), "there are no actions");
        Ok(ExitCode::SUCCESS)
    }
}
