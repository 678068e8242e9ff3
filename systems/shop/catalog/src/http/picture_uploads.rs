//! Pictures that come over poor lines: sent by tus, and gone on with after a cut.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LOCATION, LOCATION};
use http::{HeaderValue, StatusCode};
use mainstay_blobs::codes as blobs;
use mainstay_core::{Timestamp, codes as core_codes};
use mainstay_http::codes::MEDIA_TYPE as WRONG_MEDIA_TYPE;
use mainstay_http::tus::{self, Creation, MEDIA_TYPE, Offset, Told, Tus};
use mainstay_http::{Ctx, PathId, Routes, Upload as Body, operation};
use mainstay_uploads::{Upload, UploadId, UploadKind, codes as uploads};
use schemars::JsonSchema;
use serde::Serialize;
use shop_catalog_contracts as contracts;

use crate::actions::{self, Catalog};
use crate::codes;

pub fn routes() -> Routes<Arc<Catalog>> {
    Routes::new("Uploads of pictures", "The same as sending a picture at once, by tus 1.0.0, for lines that break.")
        .post(
            "/v1/products/{product}/picture-uploads",
            begin,
            operation("beginPictureUpload", "Begin to send a picture of a product")
                .text("A caller may have 20 under way. One that nothing comes for in a day is forgotten.")
                .staff()
                .returns_nothing(201, "it is waited for")
                .with_header("location", "Where its bytes go.")
                .with_header("upload-expires", "When it is forgotten, unless more comes.")
                .with_header("tus-resumable", "The version of tus.")
                .problems(&[
                    &codes::PRODUCT_UNKNOWN,
                    &uploads::TOO_MANY,
                    &blobs::TOO_LARGE,
                    &core_codes::INVALID,
                ]),
        )
        .get(
            "/v1/picture-uploads/{upload}",
            show,
            operation("getPictureUpload", "Ask how far an upload is")
                .text("HEAD says the same in headers alone.")
                .staff()
                .returns::<UploadView>(200, "as it stands")
                .with_header("upload-offset", "Bytes that came and are kept.")
                .with_header("upload-length", "Bytes in all.")
                .with_header("upload-expires", "When it is forgotten, unless more comes.")
                .with_header("tus-resumable", "The version of tus.")
                .problem(&uploads::UNKNOWN),
        )
        .patch(
            "/v1/picture-uploads/{upload}",
            append,
            operation("appendPictureUpload", "Send more of a picture")
                .text(
                    "What came before a cut is kept, by pieces of a megabyte. With the last byte it becomes a picture of \
                     its product; what cannot be one is refused then, and the upload has ended.",
                )
                .staff()
                .takes(&[MEDIA_TYPE])
                .returns_nothing(204, "it is kept")
                .with_header("upload-offset", "Bytes that came and are kept.")
                .with_header("content-location", "The picture, when it was the last of it.")
                .with_header("tus-resumable", "The version of tus.")
                .problems(&[
                    &uploads::UNKNOWN,
                    &uploads::OFFSET,
                    &blobs::TOO_LARGE,
                    &codes::PRODUCT_UNKNOWN,
                    &codes::PICTURES_FULL,
                    &codes::PICTURE_UNUSABLE,
                    &codes::PICTURE_GOING,
                ]),
        )
        .delete(
            "/v1/picture-uploads/{upload}",
            end,
            operation("endPictureUpload", "Give an upload up")
                .staff()
                .returns_nothing(204, "it is forgotten")
                .with_header("tus-resumable", "The version of tus.")
                .problem(&uploads::UNKNOWN),
        )
}

/// An upload as it stands.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PictureUpload")]
pub struct UploadView {
    id: UploadId,
    /// Bytes that came and are kept.
    offset: u64,
    /// Bytes in all.
    length: u64,
    /// When it is forgotten, unless more comes.
    expires_at: Timestamp,
    /// The picture that it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"/v1/pictures/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08/large")]
    picture: Option<String>,
}

pub async fn begin(
    State(catalog): State<Arc<Catalog>>,
    Ctx(ctx): Ctx,
    PathId(product): PathId<contracts::Product>,
    creation: Told<Creation>,
) -> Response {
    let begin = async {
        actions::require_write(&catalog, &ctx)?;
        let Creation { size_bytes, media_type } = creation.read()?;
        let upload = actions::begin_picture_upload(&catalog, &ctx, product, media_type, size_bytes).await?;
        // An id has no letter that a header could not have.
        let there = HeaderValue::try_from(format!("/v1/picture-uploads/{}", upload.id));
        let there = there.unwrap_or_else(|_| HeaderValue::from_static("/"));
        Ok((StatusCode::CREATED, progress(&upload), [(LOCATION, there)]).into_response())
    };
    tus::told(begin.await)
}

pub async fn show(
    State(catalog): State<Arc<Catalog>>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<UploadKind>,
    version: Told<Tus>,
) -> Response {
    let show = async {
        actions::require_write(&catalog, &ctx)?;
        version.read()?;
        let upload = actions::get_picture_upload(&catalog, &ctx, id).await?;
        let headers = progress(&upload);
        let view = UploadView {
            id: upload.id,
            offset: upload.reached,
            length: upload.size_bytes,
            expires_at: upload.expires_at,
            picture: upload.outcome,
        };
        Ok((headers, Json(view)).into_response())
    };
    tus::told(show.await)
}

pub async fn append(
    State(catalog): State<Arc<Catalog>>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<UploadKind>,
    offset: Told<Offset>,
    body: Body,
) -> Response {
    let append = async {
        actions::require_write(&catalog, &ctx)?;
        let Offset(offset) = offset.read()?;
        if body.media_type != MEDIA_TYPE {
            return Err(WRONG_MEDIA_TYPE.error(format!("the body has to be {MEDIA_TYPE}")));
        }
        let upload = actions::append_picture_upload(&catalog, &ctx, id, offset, body.bytes).await?;
        let mut response = (StatusCode::NO_CONTENT, progress(&upload)).into_response();
        if let Some(picture) = upload.outcome.and_then(|picture| HeaderValue::try_from(picture).ok()) {
            response.headers_mut().insert(CONTENT_LOCATION, picture);
        }
        Ok(response)
    };
    tus::told(append.await)
}

pub async fn end(
    State(catalog): State<Arc<Catalog>>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<UploadKind>,
    version: Told<Tus>,
) -> Response {
    let end = async {
        actions::require_write(&catalog, &ctx)?;
        version.read()?;
        actions::end_picture_upload(&catalog, &ctx, id).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    tus::told(end.await)
}

fn progress(upload: &Upload) -> http::HeaderMap {
    tus::progress(upload.reached, upload.size_bytes, upload.expires_at)
}
