//! Money in and out, as a checkout asks it: authorise, capture, void, refund. Ids are declared here, their messages generated.
//!
//! [`Payment`] here is the kind of id; the messages of that name are in [`v1`].

pub mod codes;
mod ids;
mod topic;
pub mod v1;

pub use ids::{Payment, Refund};
pub use topic::TOPIC;
pub use v1::payments_client::PaymentsClient;
pub use v1::payments_server::{Payments, PaymentsServer};
pub use v1::{
    AuthoriseRequest, AuthoriseResponse, CaptureRequest, CaptureResponse, CurrencyTotal, Difference,
    DifferenceKind, FILE_DESCRIPTOR_SET, GetPaymentRequest, GetPaymentResponse, PaymentChanged, PaymentState,
    ReconcileRequest, ReconcileResponse, RefundRequest, RefundResponse, VoidRequest, VoidResponse,
    payments_client, payments_server,
};

/// The service's name at run time: what tokens, addresses and configuration call it.
pub const SERVICE: &str = "shop.payments";
