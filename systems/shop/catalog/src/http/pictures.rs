//! Pictures of products.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{ETAG, LOCATION};
use http::{HeaderName, HeaderValue, StatusCode};
use mainstay_blobs::codes as blobs;
use mainstay_http::{
    Ctx, FileUpload, Path, PathId, Policy, Problem, Ranged, Routes, SURROGATE_KEY, Upload, etag, operation,
};
use mainstay_resilience::Rate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shop_catalog_contracts as contracts;

use crate::actions::{self, Added, Catalog, PICTURE_BYTES_MAX};
use crate::codes;
use crate::model::{PICTURE_ID, PictureId, PictureSize, picture_address};
use crate::render::MEDIA_TYPES;

/// Pages of other origins may show pictures: they are everybody's, and what shows them is often elsewhere.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Ten megabytes over a poor line.
const UPLOAD_TIME: Duration = Duration::from_secs(120);

pub fn routes() -> Routes<Arc<Catalog>> {
    Routes::new("Pictures", "What products look like, in sizes that are made once.")
        .post(
            "/v1/products/{product}/pictures",
            add,
            operation("addPicture", "Add a picture to a product")
                .text(
                    "It comes behind those that the product has; their order is changed with the product. Of what is sent \
                     only the pixels are kept, at most 1600 wide and high. The same file again changes nothing. The file is the \
                     body, or in a form as pages send it.",
                )
                .staff()
                .takes(MEDIA_TYPES)
                .returns::<PictureView>(201, "it is a picture of the product now")
                .with_header("etag", "The version of the product.")
                .with_header("location", "Where the largest size is.")
                .returns::<PictureView>(200, "it was one already")
                .with_header("etag", "The version of the product.")
                .problems(&[
                    &codes::PRODUCT_UNKNOWN,
                    &codes::PICTURES_FULL,
                    &codes::PICTURE_UNUSABLE,
                    &codes::PICTURE_GOING,
                    &blobs::TOO_LARGE,
                ]),
        )
        .get(
            "/v1/pictures/{picture}/{size}",
            show,
            operation("getPicture", "Show a picture in a size")
                .text("What is at an address never changes. JPEG where a picture is opaque, else PNG.")
                .returns_bytes(200, "image/*", "the picture")
                .with_header("etag", "The digest of these bytes.")
                .with_header("surrogate-key", "By which a cache in front can be told to forget this picture, or all of them.")
                .returns_bytes(206, "image/*", "the bytes that were asked for")
                .with_header("content-range", "Which they are.")
                .problem(&codes::PICTURE_UNKNOWN),
        )
}

/// Making sizes takes a second of a processor: who adds to a catalogue by hand does not come near it.
pub fn policy_of_uploads() -> Policy {
    Policy::new().body_limit(PICTURE_BYTES_MAX).time_limit(UPLOAD_TIME).rate(Rate::per_minute(120))
}

/// A picture of a product, in its sizes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Picture")]
pub struct PictureView {
    /// What the product has among its `pictures`.
    #[schemars(example = &"/v1/pictures/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08/address")]
    address: String,
    /// Of the largest size, in pixels.
    width: u32,
    height: u32,
    #[schemars(example = &"/v1/pictures/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08/thumb")]
    thumb: String,
    #[schemars(example = &"/v1/pictures/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08/medium")]
    medium: String,
    #[schemars(example = &"/v1/pictures/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08/large")]
    large: String,
}

/// A picture's name in an address. Another form names nothing.
#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Name(#[schemars(length(max = 64), regex(pattern = PICTURE_ID))] String);

pub async fn add(
    State(catalog): State<Arc<Catalog>>,
    Ctx(ctx): Ctx,
    PathId(product): PathId<contracts::Product>,
    FileUpload(upload): FileUpload,
) -> Result<Response, Problem> {
    let expected = upload.expected(PICTURE_BYTES_MAX);
    let Upload { media_type, bytes, .. } = upload;
    let Added { id, width, height, product, was_there } =
        actions::add_picture(&catalog, &ctx, product, media_type, bytes, expected).await?;
    let address = |size| picture_address(id, size);
    let large = address(PictureSize::Large);
    // An address of ours has no letter that a header could not have.
    let location = HeaderValue::try_from(&large).unwrap_or_else(|_| HeaderValue::from_static("/"));
    let view = PictureView {
        address: large.clone(),
        width,
        height,
        thumb: address(PictureSize::Thumb),
        medium: address(PictureSize::Medium),
        large,
    };
    let tag = [(ETAG, etag(product.version))];
    Ok(match was_there {
        true => (StatusCode::OK, tag, Json(view)).into_response(),
        false => (StatusCode::CREATED, tag, [(LOCATION, location)], Json(view)).into_response(),
    })
}

pub async fn show(
    State(catalog): State<Arc<Catalog>>,
    Ctx(ctx): Ctx,
    Path((Name(name), size)): Path<(Name, PictureSize)>,
    ranged: Ranged,
) -> Result<Response, Problem> {
    let unknown = || codes::PICTURE_UNKNOWN.error("there is no such picture");
    let id: PictureId = name.parse().map_err(|_| unknown())?;
    let (key, format) = actions::picture_file(&catalog, &ctx, id, size).await?;
    let answer = ranged.answer(&ctx, &catalog.blobs, &key, format.media_type()).await?;
    let mut answer = answer.ok_or_else(unknown)?;
    answer.headers_mut().insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    // The parsed id is a digest in hexadecimal digits, which is always a valid value.
    if let Ok(key) = HeaderValue::from_str(&format!("picture-{name}")) {
        answer.headers_mut().insert(SURROGATE_KEY, key);
    }
    Ok(answer)
}
