//! Decides, and remembers what it decided.

use std::fmt;
use std::sync::Arc;

use cedar_policy::Decision;
use mainstay_core::{Context, Error, Result, Scopes, codes};
use quick_cache::Equivalent;
use quick_cache::sync::Cache;

use crate::codes::BAD_QUESTION;
use crate::explain::Explanation;
use crate::policies::{Policies, PolicyFile};
use crate::question::{Action, Asker, Question, Relation};

/// Decisions that are kept. A system asks some hundred different questions, times the sets of scopes that its API keys
/// have; beyond this the least asked are decided anew.
const KEPT_DECISIONS: usize = 10_000;

/// The policies of a system, and what they said. Cheap to clone.
#[derive(Clone)]
pub struct Access(Arc<Parts>);

struct Parts {
    policies: Policies,
    actions: Vec<Action>,
    decided: Cache<Question, bool>,
}

// The question by reference: one that was asked before clones nothing.
#[derive(Hash)]
struct Asked<'a> {
    asker: &'a Asker,
    scopes: Option<&'a Scopes>,
    action: Action,
    relation: Relation,
}

impl Equivalent<Question> for Asked<'_> {
    fn equivalent(&self, key: &Question) -> bool {
        *self.asker == key.asker
            && self.scopes == key.scopes.as_ref()
            && self.action == key.action
            && self.relation == key.relation
    }
}

impl Access {
    /// Reads and checks a system's policies.
    ///
    /// # Errors
    /// `access.bad_policy`: a policy that the schema does not bear, that has no `@id` or `@because`, an action that is
    /// declared on one side only.
    pub fn new(
        namespace: &'static str,
        schema: &str,
        files: &[PolicyFile],
        actions: &[Action],
    ) -> Result<Self> {
        let policies = Policies::read(namespace, schema, files, actions)?;
        Ok(Self(Arc::new(Parts { policies, actions: actions.to_vec(), decided: Cache::new(KEPT_DECISIONS) })))
    }

    /// Lets whoever the context is for do this, or says no.
    ///
    /// # Errors
    /// `core.unauthenticated` for a visitor who could do it after a login; `core.forbidden` for everybody else.
    pub fn require(&self, ctx: &Context, action: Action, relation: Relation) -> Result<()> {
        if self.allows(ctx, action, relation) {
            return Ok(());
        }
        Err(self.refusal(ctx, action, relation))
    }

    /// Whether whoever the context is for may do this.
    pub fn allows(&self, ctx: &Context, action: Action, relation: Relation) -> bool {
        let asker = Asker::of(ctx.principal());
        let asked = Asked { asker: &asker, scopes: ctx.scopes(), action, relation };
        if let Some(decided) = self.0.decided.get(&asked) {
            return decided;
        }
        self.decide(Question::new(ctx, action, relation))
    }

    /// The same for a question that is not in a context.
    pub fn answers(&self, question: &Question) -> bool {
        match self.0.decided.get(question) {
            Some(decided) => decided,
            None => self.decide(question.clone()),
        }
    }

    // What cannot be asked is denied: a policy's mistake must not open a door.
    #[cold]
    fn decide(&self, question: Question) -> bool {
        let allowed = match self.0.policies.ask(&question) {
            Ok(response) => {
                // A policy that could not be evaluated counts for nothing in Cedar; a forbidding one must not be lost so.
                let sound = response.diagnostics().errors().next().is_none();
                sound && response.decision() == Decision::Allow
            }
            Err(_) => false,
        };
        self.0.decided.insert(question, allowed);
        allowed
    }

    #[cold]
    fn refusal(&self, ctx: &Context, action: Action, relation: Relation) -> Error {
        let asker = Asker::of(ctx.principal());
        let after_login = Question { asker: Asker::Customer, scopes: None, action, relation };
        if asker == Asker::Visitor && self.answers(&after_login) {
            return codes::UNAUTHENTICATED.error("log in first");
        }
        let whole = Question { asker: asker.clone(), scopes: None, action, relation };
        if ctx.scopes().is_some() && self.answers(&whole) {
            return codes::FORBIDDEN.error(self.missing_scope(&whole));
        }
        codes::FORBIDDEN.error(format!("{asker} may not {} here", action.name))
    }

    /// What a credential lacks, whose owner may do it.
    fn missing_scope(&self, whole: &Question) -> String {
        let would_do = |name: &&str| {
            let scopes = Some(Scopes::new([*name]));
            self.answers(&Question { scopes, ..whole.clone() })
        };
        let mut names: Vec<&str> = self.0.policies.scopes().filter(would_do).collect();
        names.sort_unstable();
        let action = whole.action.name;
        match names.as_slice() {
            [] => format!("no key may {action}; log in for it"),
            names => format!("the key's scopes do not include {action}; it needs {}", names.join(" or ")),
        }
    }

    /// Why a question is answered as it is.
    ///
    /// # Errors
    /// `access.bad_policy` when the policies cannot be asked.
    pub fn explain(&self, question: &Question) -> Result<Explanation> {
        Explanation::new(question, &self.0.policies)
    }

    /// The action of this name.
    ///
    /// # Errors
    /// `access.bad_question`, with the names that there are.
    pub fn action(&self, name: &str) -> Result<Action> {
        self.0.actions.iter().find(|action| action.name == name).copied().ok_or_else(|| {
            let known: Vec<&str> = self.0.actions.iter().map(|action| action.name).collect();
            BAD_QUESTION.error(format!("{name} is no action; write one of {}", known.join(", ")))
        })
    }

    /// Every action that is declared.
    pub fn actions(&self) -> &[Action] {
        &self.0.actions
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("policies", &self.0.policies.count())
            .field("actions", &self.0.actions.len())
            .finish_non_exhaustive()
    }
}
