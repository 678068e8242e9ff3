//! What is public survives the trip through HTTP headers; what is private does not make it.

use std::time::Duration;

use mainstay_core::{Code, Error, FieldError, Kind, Retry, codes};
use proptest::prelude::*;
use tonic::Status;

use super::{FIELD_BYTES_MAX, MESSAGE_BYTES_MAX, error, grpc_code, kind_of, status};
use crate::codes::{TOO_LARGE, UNEXPLAINED};

/// There and back as a caller sees it: through the headers of an answer.
fn travel(sent: &Error) -> Error {
    let response = status(sent).into_http::<tonic::body::Body>();
    error(Status::from_header_map(response.headers()).unwrap())
}

#[test]
fn every_kind_maps_to_one_code_and_back() {
    for kind in Kind::ALL {
        assert_eq!(kind_of(grpc_code(kind)), Some(kind));
    }
    assert_eq!(kind_of(tonic::Code::Ok), None);
}

#[test]
fn the_source_never_travels() {
    let sent = codes::INTERNAL.because("it broke", std::io::Error::other("password=hunter2"));
    let response = status(&sent).into_http::<tonic::body::Body>();
    let details = response.headers().get("grpc-status-details-bin").unwrap().as_bytes().to_vec();
    let details = data_encoding::BASE64_NOPAD.decode(&details).unwrap();
    assert!(!details.windows(7).any(|window| window == b"hunter2"));
    assert!(!format!("{:?}", response.headers()).contains("hunter2"));
    assert!(!travel(&sent).chain().contains("hunter2"));
}

#[test]
fn a_permanent_error_of_a_temporary_kind_stays_permanent() {
    assert!(!travel(&codes::UNAVAILABLE.error("closed for good").permanent()).is_temporary());
    assert!(travel(&codes::UNAVAILABLE.error("closed for now")).is_temporary());
}

#[test]
fn foreign_words_are_kept_from_the_public() {
    for (foreign, code) in [
        (Status::unknown("panicked at /src/secret.rs"), &UNEXPLAINED),
        (Status::unavailable("tcp connect error 10.0.0.7"), &codes::UNAVAILABLE),
        (Status::out_of_range("decoded message length too large"), &TOO_LARGE),
        (Status::ok("no failure at all"), &UNEXPLAINED),
    ] {
        let words = foreign.message().to_owned();
        let seen = error(foreign);
        assert!(seen.is(code), "{seen:?}");
        assert!(!seen.message().contains(&words));
        assert!(seen.chain().contains(&words), "the log still has it");
    }
}

#[test]
fn another_domains_reason_is_not_taken_for_ours() {
    use tonic_types::{ErrorDetails, StatusExt};
    let details =
        ErrorDetails::with_error_info("orders.stock_gone", "example.org", [("title".into(), "x".into())]);
    let seen = error(Status::with_error_details(tonic::Code::NotFound, "x", details));
    assert!(seen.is(&codes::NOT_FOUND));
}

#[test]
fn a_flood_of_words_is_cut_so_that_it_fits_into_headers() {
    let mut sent = codes::INVALID.error("\u{e9}".repeat(100_000));
    for place in 0..10_000 {
        sent = sent.with_field(format!("lines.{place}.quantity"), "is too large");
    }
    let response = status(&sent).into_http::<tonic::body::Body>();
    let bytes: usize =
        response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
    assert!(bytes < crate::transport::HEADER_BYTES_MAX as usize, "{bytes}");
    let seen = travel(&sent);
    assert!(seen.is(&codes::INVALID));
    assert!(seen.message().len() <= MESSAGE_BYTES_MAX);
    assert!(seen.fields().last().unwrap().message.starts_with("and "));
}

fn kinds() -> impl Strategy<Value = Kind> {
    (0..Kind::ALL.len()).prop_map(|place| Kind::ALL[place])
}

proptest! {
    #[test]
    fn what_is_public_survives(
        kind in kinds(),
        message in "\\PC{0,200}",
        title in "\\PC{0,80}",
        retry in proptest::option::of(0_u64..10_000_000_000),
        fields in proptest::collection::vec(("[a-z0-9.]{0,40}", "\\PC{0,60}"), 0..8),
    ) {
        let retry = retry.map_or(Retry::Never, |micros| Retry::After(Duration::from_micros(micros)));
        let fields: Vec<FieldError> =
            fields.into_iter().map(|(path, message)| FieldError { path, message }).collect();
        let room = fields.iter().map(|field| field.path.len() + field.message.len()).sum::<usize>();
        prop_assume!(room <= FIELD_BYTES_MAX);
        const CODE: Code = Code::new("test.any", Kind::Internal, "", "");
        let sent = Error::from_parts(kind, CODE.name, title.clone(), message.clone(), retry, fields.clone());
        let seen = travel(&sent);
        prop_assert_eq!(seen.kind(), kind);
        prop_assert!(seen.is(&CODE));
        prop_assert_eq!(seen.title(), title);
        prop_assert_eq!(seen.message(), message);
        prop_assert_eq!(seen.retry(), retry);
        prop_assert_eq!(seen.fields(), fields.as_slice());
    }

    #[test]
    fn noise_in_the_details_breaks_nothing(noise in proptest::collection::vec(any::<u8>(), 0..200)) {
        let foreign = Status::with_details(tonic::Code::Aborted, "x", noise.into());
        prop_assert_eq!(error(foreign).kind(), Kind::Aborted);
    }
}
