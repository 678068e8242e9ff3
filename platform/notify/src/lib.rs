//! Telling people something: mail today.
//!
//! The port is [`Notifier`]; engines deliver to a folder or to a mail server. A [`Message`] has an id that its sender
//! chose, and sending the same id again delivers nothing new: a job that was cut off simply sends again.
//!
//! It refuses what would let one mail become another: control characters in headers, addresses that are lists. It
//! does not render templates; a service gives it finished text.
//!
//! ```ignore
//! let to: Address = order.email.parse()?;
//! let message = Message::new(id, to, "Your order S-10042", text)?.with_html(html)?;
//! notifier.send(ctx, &message).await?;
//! ```

mod address;
pub mod codes;
mod message;
mod mime;
mod notifier;

pub use address::{Address, PATTERN as ADDRESS_PATTERN};
pub use codes::CODES;
pub use message::{MAX_BODY_BYTES, MAX_SUBJECT_BYTES, Message, MessageKind};
pub use mime::to_mime;
pub use notifier::Notifier;
