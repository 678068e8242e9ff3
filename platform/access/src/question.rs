//! What is asked.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use mainstay_core::{Context, Error, Principal, Result, Scopes};

use crate::codes::BAD_QUESTION;

/// Something that can be done, and the type of thing that it is done to, as the schema has both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Action {
    /// Such as `orders.refund`.
    pub name: &'static str,
    /// Such as `Order`.
    pub resource: &'static str,
}

impl Action {
    pub const fn new(name: &'static str, resource: &'static str) -> Self {
        Self { name, resource }
    }
}

/// Whether the thing is the asker's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    Own,
    Other,
}

impl Relation {
    pub const ALL: [Self; 2] = [Self::Own, Self::Other];

    pub fn of(own: bool) -> Self {
        if own { Self::Own } else { Self::Other }
    }
}

impl FromStr for Relation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "own" => Ok(Self::Own),
            "other" => Ok(Self::Other),
            _ => Err(BAD_QUESTION.error(format!("{text} is no relation; write own or other"))),
        }
    }
}

/// What kind of principal asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    Visitor,
    Customer,
    Staff,
    Service(Cow<'static, str>),
}

impl Asker {
    pub(crate) fn of(principal: &Principal) -> Self {
        match principal {
            Principal::Anonymous(_) => Self::Visitor,
            Principal::Customer(_) => Self::Customer,
            Principal::Staff(_) => Self::Staff,
            Principal::Service(name) => Self::Service(name.clone()),
        }
    }

    /// The type of entity, and its name among its like.
    pub(crate) fn entity(&self) -> (&'static str, &str) {
        match self {
            Self::Visitor => ("Visitor", "self"),
            Self::Customer => ("Customer", "self"),
            Self::Staff => ("Staff", "self"),
            Self::Service(name) => ("Service", name),
        }
    }
}

impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Visitor => f.write_str("visitor"),
            Self::Customer => f.write_str("customer"),
            Self::Staff => f.write_str("staff"),
            Self::Service(name) => write!(f, "service:{name}"),
        }
    }
}

/// One question. There are few different ones, whoever asks them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    pub asker: Asker,
    /// What the credential is good for; `None` is everything.
    pub scopes: Option<Scopes>,
    pub action: Action,
    pub relation: Relation,
}

impl Question {
    /// Whether whoever the context is for may do this.
    pub fn new(ctx: &Context, action: Action, relation: Relation) -> Self {
        Self { asker: Asker::of(ctx.principal()), scopes: ctx.scopes().cloned(), action, relation }
    }

    /// Who asks, as people write it: `visitor`, `customer`, `staff` or `service:shop.orders`, and for a credential that
    /// is not good for everything a plus and the names of what it is good for, `customer+orders.read,cart.use`.
    ///
    /// # Errors
    /// `access.bad_question`.
    pub fn read_asker(text: &str) -> Result<(Asker, Option<Scopes>)> {
        let (who, scopes) = match text.split_once('+') {
            Some((who, scopes)) => {
                (who, Some(Scopes::new(scopes.split(',').filter(|name| !name.is_empty()))))
            }
            None => (text, None),
        };
        let asker = match who.split_once(':') {
            None if who == "visitor" => Asker::Visitor,
            None if who == "customer" => Asker::Customer,
            None if who == "staff" => Asker::Staff,
            Some(("service", name)) if !name.is_empty() => Asker::Service(Cow::Owned(name.to_owned())),
            _ => {
                return Err(BAD_QUESTION.error(format!(
                    "{who} is no principal; write visitor, customer, staff or service:NAME"
                )));
            }
        };
        Ok((asker, scopes))
    }
}
