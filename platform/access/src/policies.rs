//! Policies and their schema, read and checked once.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use cedar_policy::{
    Authorizer, Context, Entities, Entity, EntityUid, PolicyId, PolicySet, Request, Response,
    RestrictedExpression, Schema, ValidationMode, Validator,
};
use mainstay_core::{Error, Result};

use crate::codes::BAD_POLICY;
use crate::question::{Action, Question, Relation};

/// A file of policies: its name, for messages, and what is in it.
#[derive(Clone, Copy, Debug)]
pub struct PolicyFile {
    pub name: &'static str,
    pub text: &'static str,
}

/// Checked policies.
pub(crate) struct Policies {
    namespace: &'static str,
    schema: Schema,
    set: PolicySet,
    authorizer: Authorizer,
}

/// What a policy says about itself.
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) because: String,
    pub(crate) text: String,
}

impl Policies {
    /// Reads the schema and the policies, and checks them against each other and against the actions that are declared
    /// in code.
    pub(crate) fn read(
        namespace: &'static str,
        schema: &str,
        files: &[PolicyFile],
        actions: &[Action],
    ) -> Result<Self> {
        let (schema, _) = Schema::from_cedarschema_str(schema)
            .map_err(|error| BAD_POLICY.error(format!("the schema cannot be read: {error:?}")))?;
        let set = collect(files)?;
        let checked = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
        let faults: Vec<String> = checked.validation_errors().map(ToString::to_string).collect();
        if !faults.is_empty() {
            return Err(BAD_POLICY.error(faults.join("; ")));
        }
        let policies = Self { namespace, schema, set, authorizer: Authorizer::new() };
        policies.compare(actions)?;
        Ok(policies)
    }

    /// Every declared action is in the schema, and every one of the schema that anything applies to is declared.
    fn compare(&self, actions: &[Action]) -> Result<()> {
        let declared: HashSet<EntityUid> =
            actions.iter().map(|action| self.uid("Action", action.name)).collect::<Result<_>>()?;
        if declared.len() != actions.len() {
            return Err(BAD_POLICY.error("an action is declared twice"));
        }
        let known: HashSet<EntityUid> = self.schema.actions().cloned().collect();
        // Groups are in the schema and nobody does them.
        let groups: HashSet<EntityUid> = self.schema.action_groups().cloned().collect();
        if let Some(missing) = declared.difference(&known).next() {
            return Err(BAD_POLICY.error(format!("{missing} is declared and not in the schema")));
        }
        if let Some(unused) = known.difference(&declared).find(|uid| !groups.contains(uid)) {
            return Err(BAD_POLICY.error(format!("{unused} is in the schema and declared nowhere")));
        }
        Ok(())
    }

    pub(crate) fn ask(&self, question: &Question) -> Result<Response> {
        let (kind, name) = question.asker.entity();
        let principal = self.uid(kind, name)?;
        let action = self.uid("Action", question.action.name)?;
        let resource = self.uid(question.action.resource, "it")?;
        let own = RestrictedExpression::new_bool(question.relation == Relation::Own);
        let thing = Entity::new(resource.clone(), HashMap::from([("own".to_owned(), own)]), HashSet::new())
            .map_err(|error| bad(&error))?;
        let asker = Entity::new_no_attrs(principal.clone(), HashSet::new());
        let entities =
            Entities::from_entities([thing, asker], Some(&self.schema)).map_err(|error| bad(&error))?;
        let names = question.scopes.iter().flat_map(|scopes| scopes.iter());
        let names = names.map(|name| RestrictedExpression::new_string(name.to_owned()));
        let context = Context::from_pairs([
            ("scoped".to_owned(), RestrictedExpression::new_bool(question.scopes.is_some())),
            ("scopes".to_owned(), RestrictedExpression::new_set(names)),
        ])
        .map_err(|error| bad(&error))?;
        let request = Request::new(principal, action, resource, context, Some(&self.schema))
            .map_err(|error| bad(&error))?;
        Ok(self.authorizer.is_authorized(&request, &self.set, &entities))
    }

    /// The policy of this id.
    pub(crate) fn named(&self, id: &PolicyId) -> Option<Named> {
        let policy = self.set.policy(id)?;
        let because = policy.annotation("because").unwrap_or_default().to_owned();
        Some(Named { id: id.to_string(), because, text: policy.to_string() })
    }

    /// What credentials may be for: the schema has a group of actions for each, such as `scope orders`.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = &str> {
        self.schema.action_groups().filter_map(|group| {
            let name: &str = group.id().as_ref();
            name.strip_prefix("scope ")
        })
    }

    pub(crate) fn count(&self) -> usize {
        self.set.policies().count()
    }

    fn uid(&self, kind: &str, name: &str) -> Result<EntityUid> {
        let kind = cedar_policy::EntityTypeName::from_str(&format!("{}::{kind}", self.namespace))
            .map_err(|error| bad(&error))?;
        Ok(EntityUid::from_type_name_and_id(kind, cedar_policy::EntityId::new(name)))
    }
}

/// All policies under the names that their `@id` gives them, each with its `@because`.
fn collect(files: &[PolicyFile]) -> Result<PolicySet> {
    let mut set = PolicySet::new();
    for file in files {
        let read = PolicySet::from_str(file.text)
            .map_err(|error| BAD_POLICY.error(format!("{} cannot be read: {error:?}", file.name)))?;
        for policy in read.policies() {
            let nameless =
                |what| BAD_POLICY.error(format!("a policy of {} has no {what}: {policy}", file.name));
            let id = policy.annotation("id").ok_or_else(|| nameless("@id"))?;
            policy.annotation("because").ok_or_else(|| nameless("@because"))?;
            set.add(policy.new_id(PolicyId::new(id)))
                .map_err(|error| BAD_POLICY.error(format!("{}: {error}", file.name)))?;
        }
        if read.templates().next().is_some() {
            return Err(BAD_POLICY.error(format!("{} has a template, and nobody links one", file.name)));
        }
    }
    Ok(set)
}

fn bad(error: &dyn std::fmt::Display) -> Error {
    BAD_POLICY.error(format!("a question cannot be put to the policies: {error}"))
}
