//! Why: the policies that decided, in words and as they are written.

use std::fmt;

use cedar_policy::Decision;
use mainstay_core::Result;

use crate::policies::{Named, Policies};
use crate::question::{Question, Relation};

/// The answer to a question, with its reasons.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The question in one line.
    pub question: String,
    pub allowed: bool,
    /// The policies that decided; none when nothing permits it.
    pub policies: Vec<Reason>,
    /// Policies that could not be evaluated; then it is denied.
    pub errors: Vec<String>,
}

/// One policy that decided.
#[derive(Clone, Debug)]
pub struct Reason {
    pub id: String,
    /// Why the policy is there, in its author's words.
    pub because: String,
    /// The policy itself.
    pub text: String,
}

impl Explanation {
    pub(crate) fn new(question: &Question, policies: &Policies) -> Result<Self> {
        let response = policies.ask(question)?;
        let mut reasons: Vec<Reason> = response
            .diagnostics()
            .reason()
            .filter_map(|id| policies.named(id))
            .map(|Named { id, because, text }| Reason { id, because, text })
            .collect();
        reasons.sort_by(|left, right| left.id.cmp(&right.id));
        let errors: Vec<String> = response.diagnostics().errors().map(ToString::to_string).collect();
        let allowed = response.decision() == Decision::Allow && errors.is_empty();
        Ok(Self { question: words(question), allowed, policies: reasons, errors })
    }
}

fn words(question: &Question) -> String {
    let whose = match question.relation {
        Relation::Own => "its own",
        Relation::Other => "another's or nobody's",
    };
    let with = match &question.scopes {
        Some(scopes) => {
            let names: Vec<&str> = scopes.iter().collect();
            format!(
                " with a credential for {}",
                if names.is_empty() { "nothing".into() } else { names.join(", ") }
            )
        }
        None => String::new(),
    };
    let Question { asker, action, .. } = question;
    format!("may {asker}{with} do {} to {whose} {}?", action.name, action.resource)
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.question)?;
        let verdict = if self.allowed { "yes" } else { "no" };
        if self.policies.is_empty() && self.errors.is_empty() {
            return writeln!(f, "{verdict}: no policy permits it");
        }
        for error in &self.errors {
            writeln!(f, "{verdict}: a policy cannot be evaluated: {error}")?;
        }
        for Reason { id, because, text } in &self.policies {
            writeln!(f, "{verdict}: {because} ({id})")?;
            for line in text.lines() {
                writeln!(f, "    {line}")?;
            }
        }
        Ok(())
    }
}
