//! What one route does, in the words of its contract.

use mainstay_core::{Code, codes};
use schemars::JsonSchema;
use serde_json::Value;

use crate::contract::schema::{self, SchemaOf};

/// What a route does and answers: said beside its handler. What it takes is read off the handler itself.
#[derive(Clone, Debug)]
pub struct Operation {
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) text: &'static str,
    pub(crate) callers: Callers,
    pub(crate) example: Option<Value>,
    /// Of a body of bytes; any where none is said.
    pub(crate) media_types: &'static [&'static str],
    pub(crate) answers: Vec<Answer>,
    pub(crate) problems: Vec<&'static Code>,
}

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callers {
    /// A visitor gets a session of its own.
    Everybody,
    /// A session or token is needed.
    LoggedIn,
    /// Whoever proves itself by what it sends, such as a provider by its signature.
    Signed,
}

/// One good answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: &'static str,
    pub(crate) body: Option<(&'static str, Option<SchemaOf>)>,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) example: Option<Value>,
}

/// Begins a description. `id` is the name that clients generate functions from, such as `createCart`; `summary` is a few
/// words.
pub fn operation(id: &'static str, summary: &'static str) -> Operation {
    Operation {
        id,
        summary,
        text: "",
        callers: Callers::Everybody,
        example: None,
        media_types: &[],
        answers: Vec::new(),
        problems: Vec::new(),
    }
}

impl Operation {
    /// What a caller should know besides.
    #[must_use]
    pub fn text(mut self, text: &'static str) -> Self {
        self.text = text;
        self
    }

    /// Only people who logged in are served.
    #[must_use]
    pub fn logged_in(mut self) -> Self {
        self.callers = Callers::LoggedIn;
        self
    }

    /// Only staff is served.
    #[must_use]
    pub fn staff(mut self) -> Self {
        self.callers = Callers::LoggedIn;
        self.problem(&codes::FORBIDDEN)
    }

    /// The request proves itself, by a signature in its headers.
    #[must_use]
    pub fn signed(mut self) -> Self {
        self.callers = Callers::Signed;
        self
    }

    /// An example of the body.
    #[must_use]
    pub fn example(mut self, example: Value) -> Self {
        self.example = Some(example);
        self
    }

    /// The body is bytes of one of these media types.
    #[must_use]
    pub fn takes(mut self, media_types: &'static [&'static str]) -> Self {
        self.media_types = media_types;
        self
    }

    /// It may answer with JSON of this type.
    #[must_use]
    pub fn returns<T: JsonSchema>(self, status: u16, text: &'static str) -> Self {
        self.answer(status, text, Some(("application/json", Some(schema::of::<T>))))
    }

    /// It may answer with nothing but a status.
    #[must_use]
    pub fn returns_nothing(self, status: u16, text: &'static str) -> Self {
        self.answer(status, text, None)
    }

    /// It may answer with bytes of this media type.
    #[must_use]
    pub fn returns_bytes(self, status: u16, media_type: &'static str, text: &'static str) -> Self {
        self.answer(status, text, Some((media_type, None)))
    }

    /// The answer that was named last has this header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, text: &'static str) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.headers.push((name, text));
        }
        self
    }

    /// An example of the answer that was named last.
    #[must_use]
    pub fn with_example(mut self, example: Value) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.example = Some(example);
        }
        self
    }

    /// It may refuse with this code. What follows from the handler's arguments, and what any route may refuse with, is
    /// known without.
    #[must_use]
    pub fn problem(mut self, code: &'static Code) -> Self {
        self.problems.push(code);
        self
    }

    /// It may refuse with these codes.
    #[must_use]
    pub fn problems(mut self, codes: &[&'static Code]) -> Self {
        self.problems.extend_from_slice(codes);
        self
    }

    fn answer(
        mut self,
        status: u16,
        text: &'static str,
        body: Option<(&'static str, Option<SchemaOf>)>,
    ) -> Self {
        self.answers.push(Answer { status, text, body, headers: Vec::new(), example: None });
        self
    }
}
