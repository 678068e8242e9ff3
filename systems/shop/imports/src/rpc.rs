//! What other processes call. Thin: read the message, call an action, answer.

use mainstay_core::{Error, Id, Result, codes};
use mainstay_records::Format;
use mainstay_rpc::handle;
use shop_imports_contracts as wire;
use tonic::{Request, Response, Status};

use crate::actions::{self, Desk, NewImport, Raw, Told};
use crate::model::{Import, ImportId, OnError};

/// The generated trait over the actions.
#[derive(Clone)]
pub struct Rpc(pub Desk);

#[tonic::async_trait]
impl wire::Imports for Rpc {
    async fn begin(&self, req: Request<wire::BeginRequest>) -> Result<Response<wire::BeginResponse>, Status> {
        handle(req, |ctx, message| async move {
            let new = NewImport {
                id: id(&message.id)?,
                on_error: on_error(message.on_error())?,
                format: format(message.format())?,
                source: message.source,
                header: message.header,
            };
            let told = actions::begin(&self.0, &ctx, new).await?;
            Ok(wire::BeginResponse { import: Some(import(told)) })
        })
        .await
    }

    async fn stage(&self, req: Request<wire::StageRequest>) -> Result<Response<wire::StageResponse>, Status> {
        handle(req, |ctx, message| async move {
            let raw = |line: wire::Line| Raw {
                number: line.number,
                text: if line.fault.is_empty() { Ok(line.text) } else { Err(line.fault) },
            };
            let lines = message.lines.into_iter().map(raw).collect();
            let told = actions::stage(&self.0, &ctx, id(&message.id)?, lines, message.after_line).await?;
            Ok(wire::StageResponse { import: Some(import(told)) })
        })
        .await
    }

    async fn finish(
        &self,
        req: Request<wire::FinishRequest>,
    ) -> Result<Response<wire::FinishResponse>, Status> {
        handle(req, |ctx, message| async move {
            let told = actions::finish(&self.0, &ctx, id(&message.id)?).await?;
            Ok(wire::FinishResponse { import: Some(import(told)) })
        })
        .await
    }

    async fn get_import(
        &self,
        req: Request<wire::GetImportRequest>,
    ) -> Result<Response<wire::GetImportResponse>, Status> {
        handle(req, |ctx, message| async move {
            let told = actions::get(&self.0, &ctx, id(&message.id)?).await?;
            Ok(wire::GetImportResponse { import: Some(import(told)) })
        })
        .await
    }

    async fn list_imports(
        &self,
        req: Request<wire::ListImportsRequest>,
    ) -> Result<Response<wire::ListImportsResponse>, Status> {
        handle(req, |ctx, _| async move {
            let found = actions::list(&self.0, &ctx).await?;
            let told = found.into_iter().map(|one| import(Told { import: one, reasons: Vec::new() }));
            Ok(wire::ListImportsResponse { imports: told.collect() })
        })
        .await
    }

    async fn list_faults(
        &self,
        req: Request<wire::ListFaultsRequest>,
    ) -> Result<Response<wire::ListFaultsResponse>, Status> {
        handle(req, |ctx, message| async move {
            let limit = if message.limit == 0 { actions::FAULTS_MAX } else { message.limit };
            let found =
                actions::list_faults(&self.0, &ctx, id(&message.id)?, message.after_line, limit).await?;
            let fault = |fault: crate::model::Fault| wire::Fault {
                line: fault.line,
                reason: fault.reason,
                detail: fault.detail,
            };
            Ok(wire::ListFaultsResponse { faults: found.into_iter().map(fault).collect() })
        })
        .await
    }
}

fn import(told: Told) -> wire::v1::Import {
    let Told { import, reasons } = told;
    let Import { id, source, on_error, state, staged_through, staged, faults, applied, begun_at, .. } =
        import;
    let on_error = match on_error {
        OnError::Skip => wire::OnError::Skip,
        OnError::Stop => wire::OnError::Stop,
    };
    wire::v1::Import {
        id: id.to_vec(),
        source,
        on_error: on_error.into(),
        state: state.as_str().to_owned(),
        staged_through,
        staged,
        faults,
        applied,
        begun_at_micros: begun_at.as_micros(),
        reasons: reasons.into_iter().map(|(name, count)| wire::Reason { name, count }).collect(),
    }
}

fn on_error(choice: wire::OnError) -> Result<OnError> {
    match choice {
        wire::OnError::Skip => Ok(OnError::Skip),
        wire::OnError::Stop => Ok(OnError::Stop),
        wire::OnError::Unspecified => Err(invalid("on_error", "must be skip or stop")),
    }
}

fn format(choice: wire::Format) -> Result<Format> {
    match choice {
        wire::Format::Csv => Ok(Format::Csv),
        wire::Format::JsonLines => Ok(Format::JsonLines),
        wire::Format::Unspecified => Err(invalid("format", "must be CSV or JSON Lines")),
    }
}

fn id(bytes: &[u8]) -> Result<ImportId> {
    Id::try_from_slice(bytes).map_err(|_| invalid("id", "must be the 16 bytes of an id"))
}

fn invalid(field: &str, why: &str) -> Error {
    codes::INVALID.error("a field of the message cannot be read").with_field(field, why)
}
