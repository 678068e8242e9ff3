//! The caller's side of a listener that this installation runs itself: plain, or TLS with the very certificate that the
//! listener is configured with.
//!
//! What checks, loads or tells the system on behalf of its operator knows which certificate to expect: the one in the file.
//! Names and issuers are not looked at, so that it works with a certificate that nobody vouches for, and with one for a name
//! by which this machine does not find itself. Nobody else is talked to.

mod certificate;
mod dialer;
mod stream;

pub use dialer::Dialer;
pub use stream::Stream;
