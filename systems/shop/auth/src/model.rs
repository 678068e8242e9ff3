//! Accounts, sessions and addresses, and what makes their input acceptable. Pure.

pub mod api_key;
pub mod throttle;

use std::time::Duration;

use mainstay_core::{
    Account as AccountKind, Error, Id, Principal, Result, Session as SessionKind, Timestamp, codes,
};
use mainstay_identity::password::PASSWORD_BYTES_MAX;
use mainstay_notify::Address;
use mainstay_secrets::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shop_auth_contracts as contracts;

pub type AccountId = Id<AccountKind>;
pub type SessionId = Id<SessionKind>;
pub type AddressId = Id<contracts::Address>;
pub type ApiKeyId = Id<contracts::ApiKey>;

/// How long a session lasts, used or not.
pub const SESSION_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);
/// The most sessions of one account: every device of a person, many times over. The oldest ends for the next.
pub const MAX_SESSIONS: u32 = 50;
/// How long a registration waits for its mailbox.
pub const CONFIRM_WITHIN: Duration = Duration::from_secs(24 * 3600);
/// The most registrations of one mailbox that wait: whoever registers another's address again and again only pushes
/// out their own.
pub const MAX_REGISTRATIONS: u32 = 5;
/// How long a mailed reset holds.
pub const RESET_WITHIN: Duration = Duration::from_secs(3600);
/// The most resets of one account that hold.
pub const MAX_RESETS: u32 = 5;
/// How long a program that logged in may go on without a new login.
pub const FAMILY_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long after its use a refresh token may be shown once more, by a program that lost the answer: two time-outs of a
/// call, one after the other.
pub const REPEAT_WITHIN: Duration = Duration::from_secs(60);
/// How long a used refresh token is known as such. One that is shown later is refused all the same, but no longer ends
/// its family.
pub const USED_TOKENS_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
/// The most addresses of one account.
pub const MAX_ADDRESSES: u32 = 50;

/// One line with something on it that can be seen.
pub const WORDS: &str =
    r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";
/// What one e-mail address looks like.
pub const EMAIL: &str = mainstay_notify::ADDRESS_PATTERN;

const MAX_NAME_CHARS: usize = 200;
// NIST SP 800-63B: length is what counts, and eight is the least.
const MIN_PASSWORD_CHARS: usize = 8;

/// An e-mail address, in lower case: one mailbox is one account, however it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// What no mail could be sent to is refused; whether one arrives, only a mail can tell.
    pub fn parse(text: &str) -> Result<Self> {
        let address: Address = text
            .trim()
            .parse()
            .map_err(|_| invalid().with_field("email", "is one e-mail address, such as name@example.org"))?;
        Ok(Self(address.as_str().to_ascii_lowercase()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a person is called, trimmed.
pub fn name(text: &str) -> Result<String> {
    line("name", text)
}

// One line of text that is there.
fn line(field: &str, text: &str) -> Result<String> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > MAX_NAME_CHARS || text.chars().any(char::is_control) {
        return Err(invalid().with_field(field, format!("has 1 to {MAX_NAME_CHARS} characters, on one line")));
    }
    Ok(text.to_owned())
}

/// Refuses a new password that is too short or too long.
pub fn check_new_password(password: &Secret<String>) -> Result<()> {
    let password = password.expose();
    if password.chars().count() < MIN_PASSWORD_CHARS || password.len() > PASSWORD_BYTES_MAX {
        let words =
            format!("has at least {MIN_PASSWORD_CHARS} characters and at most {PASSWORD_BYTES_MAX} bytes");
        return Err(invalid().with_field("password", words));
    }
    Ok(())
}

fn invalid() -> Error {
    codes::INVALID.error("something about the input is not right")
}

/// Customer or staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Customer,
    Staff,
}

impl Role {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Staff => "staff",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "customer" => Some(Self::Customer),
            "staff" => Some(Self::Staff),
            _ => None,
        }
    }

    /// Whom an account of this role stands for.
    pub fn principal(self, account: AccountId) -> Principal {
        match self {
            Self::Customer => Principal::Customer(account),
            Self::Staff => Principal::Staff(account),
        }
    }
}

impl From<Role> for contracts::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Customer => Self::Customer,
            Role::Staff => Self::Staff,
        }
    }
}

/// `core.invalid` for a role that is missing.
pub fn role_of_contract(role: contracts::Role) -> Result<Role> {
    match role {
        contracts::Role::Customer => Ok(Role::Customer),
        contracts::Role::Staff => Ok(Role::Staff),
        contracts::Role::Unspecified => Err(invalid().with_field("role", "is customer or staff")),
    }
}

/// Somebody with a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Account {
    pub id: AccountId,
    #[schemars(example = &"ada@example.com")]
    pub email: String,
    #[schemars(example = &"Ada Lovelace")]
    pub name: String,
    pub role: Role,
    pub created_at: Timestamp,
}

/// Somebody who is not yet known to read the mailbox.
#[derive(Clone)]
pub struct Registration {
    pub email: Email,
    pub name: String,
    /// The password's record.
    pub password: String,
}

/// A login that can be ended: of a browser, or of a program with its refresh tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "OpenLogin")]
pub struct Login {
    pub id: SessionId,
    pub kind: LoginKind,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoginKind {
    Session,
    Tokens,
}

/// Who a session stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    pub session_id: SessionId,
    pub account_id: AccountId,
    pub role: Role,
}

/// Where things are sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostalAddress {
    #[schemars(length(min = 1, max = 200), regex(pattern = WORDS))]
    #[schemars(example = &"Ada Lovelace")]
    pub name: String,
    /// Street and number.
    #[schemars(length(min = 1, max = 200), regex(pattern = WORDS))]
    #[schemars(example = &"12 St James's Square")]
    pub line1: String,
    #[serde(default)]
    #[schemars(length(max = 200))]
    #[schemars(example = &"Second floor")]
    pub line2: String,
    #[schemars(length(min = 1, max = 200), regex(pattern = WORDS))]
    #[schemars(example = &"London")]
    pub city: String,
    #[schemars(length(min = 1, max = 200), regex(pattern = WORDS))]
    #[schemars(example = &"SW1Y 4JH")]
    pub postcode: String,
    /// ISO 3166-1 alpha-2.
    #[schemars(length(min = 2, max = 2), regex(pattern = "^[A-Z]{2}$"))]
    #[schemars(example = &"GB")]
    pub country: String,
}

impl PostalAddress {
    /// The address with its lines trimmed; `core.invalid` naming the field that is not right.
    pub fn checked(&self) -> Result<Self> {
        let country = self.country.trim();
        if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(invalid().with_field("country", "is two capital letters, such as GB"));
        }
        let line2 = self.line2.trim();
        Ok(Self {
            name: line("name", &self.name)?,
            line1: line("line1", &self.line1)?,
            line2: if line2.is_empty() { String::new() } else { line("line2", line2)? },
            city: line("city", &self.city)?,
            postcode: line("postcode", &self.postcode)?,
            country: country.to_owned(),
        })
    }
}

/// An address in somebody's book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SavedAddress {
    pub id: AddressId,
    #[serde(flatten)]
    pub address: PostalAddress,
}

/// Whose account a person asks about: their own. `core.unauthenticated` for a visitor.
pub fn own_account(principal: &Principal) -> Result<AccountId> {
    match principal {
        Principal::Customer(account) | Principal::Staff(account) => Ok(*account),
        Principal::Anonymous(_) => Err(codes::UNAUTHENTICATED.error("log in first")),
        Principal::Service(_) => Err(codes::FORBIDDEN.error("services have no account")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_is_one_address() {
        assert_eq!(Email::parse("  Ada@Example.COM ").unwrap().as_str(), "ada@example.com");
        assert_eq!(Email::parse("a+tag.b@x.y").unwrap().as_str(), "a+tag.b@x.y");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.com", "x".repeat(65));
        let longer = format!("a@{}.com", "x".repeat(260));
        for text in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.com",
            "a b@example.com",
            "a\n@example.com",
            "a\0@example.com",
            "ada@exam ple.com",
            "ada@.com",
            "ada@example..com",
            "ada@-a.com",
            "a@b@c.com",
            "ada@example.com\r\nBcc: all@example.com",
            "zo\u{eb}@example.com",
            "<ada@example.com>",
            "ada@example.com,b@example.com",
            &long,
            &longer,
        ] {
            assert!(Email::parse(text).unwrap_err().is(&codes::INVALID), "{text:?}");
        }
    }

    #[test]
    fn passwords_are_measured_in_characters_and_bounded_in_bytes() {
        let check = |text: &str| check_new_password(&Secret::new(text.to_owned()));
        assert!(check("1234567").is_err());
        check("12345678").unwrap();
        check("\u{1f511}\u{1f511}\u{1f511}\u{1f511}\u{1f511}\u{1f511}\u{1f511}\u{1f511}").unwrap();
        assert!(check(&"x".repeat(PASSWORD_BYTES_MAX + 1)).is_err());
        let error = check("short").unwrap_err();
        assert!(!error.chain().contains("short"), "{}", error.chain());
    }

    #[test]
    fn addresses_are_trimmed_and_their_fields_named() {
        let address = PostalAddress {
            name: " Ada ".into(),
            line1: "1 Main Street".into(),
            line2: "  ".into(),
            city: "London".into(),
            postcode: "N1 1AA".into(),
            country: "GB".into(),
        };
        let checked = address.checked().unwrap();
        assert_eq!((checked.name.as_str(), checked.line2.as_str()), ("Ada", ""));
        let bent = [
            ("country", PostalAddress { country: "gb".into(), ..address.clone() }),
            ("city", PostalAddress { city: " ".into(), ..address.clone() }),
            ("line2", PostalAddress { line2: "a\nb".into(), ..address.clone() }),
            ("name", PostalAddress { name: "x".repeat(201), ..address }),
        ];
        for (field, address) in bent {
            assert_eq!(address.checked().unwrap_err().fields()[0].path, field);
        }
    }
}
