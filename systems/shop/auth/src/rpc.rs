//! What peers call.

use std::sync::Arc;

use mainstay_core::{Context, Id, Result};
use mainstay_secrets::Secret;
use shop_auth_contracts::{self as contracts, v1};
use tonic::{Request, Response, Status};

use crate::actions::{self, NewAccount};
use crate::app::App;
use crate::model;

/// The contract's server.
#[derive(Clone)]
pub struct Rpc(pub Arc<App>);

impl Rpc {
    async fn resolve(
        &self,
        ctx: &Context,
        req: v1::ResolveSessionRequest,
    ) -> Result<v1::ResolveSessionResponse> {
        let resolved = actions::resolve_session(&self.0, ctx, req.secret_sha256).await?;
        Ok(v1::ResolveSessionResponse {
            session_id: resolved.session_id.to_vec(),
            account_id: resolved.account_id.to_vec(),
            role: contracts::Role::from(resolved.role).into(),
        })
    }

    async fn api_key(
        &self,
        ctx: &Context,
        req: v1::ResolveApiKeyRequest,
    ) -> Result<v1::ResolveApiKeyResponse> {
        let known = actions::resolve_api_key(&self.0, ctx, req.key_sha256).await?;
        Ok(v1::ResolveApiKeyResponse {
            account_id: known.account.to_vec(),
            role: contracts::Role::from(known.role).into(),
            scopes: known.scopes.iter().map(str::to_owned).collect(),
        })
    }

    async fn verification(&self, ctx: &Context) -> Result<v1::GetVerificationResponse> {
        let keys = self.0.signing.public(ctx).await?;
        Ok(v1::GetVerificationResponse {
            issuer: self.0.config.issuer.clone(),
            audience: self.0.config.audience.clone(),
            public_keys: keys.iter().map(|key| key.as_bytes().to_vec()).collect(),
        })
    }

    async fn account(&self, ctx: &Context, req: v1::GetAccountRequest) -> Result<v1::GetAccountResponse> {
        let account = actions::get_account(&self.0, ctx, Id::try_from_slice(&req.account_id)?).await?;
        Ok(v1::GetAccountResponse {
            email: account.email,
            name: account.name,
            role: contracts::Role::from(account.role).into(),
        })
    }

    async fn ensure(
        &self,
        ctx: &Context,
        req: v1::EnsureAccountRequest,
    ) -> Result<v1::EnsureAccountResponse> {
        let role = model::role_of_contract(req.role())?;
        let v1::EnsureAccountRequest { email, name, password, .. } = req;
        let new = NewAccount { email, name, password: Secret::new(password), role };
        let account_id = actions::ensure_account(&self.0, ctx, new).await?.to_vec();
        Ok(v1::EnsureAccountResponse { account_id })
    }
}

#[tonic::async_trait]
impl contracts::Auth for Rpc {
    async fn resolve_session(
        &self,
        request: Request<v1::ResolveSessionRequest>,
    ) -> Result<Response<v1::ResolveSessionResponse>, Status> {
        mainstay_rpc::handle(request, async |ctx, req| self.resolve(&ctx, req).await).await
    }

    async fn resolve_api_key(
        &self,
        request: Request<v1::ResolveApiKeyRequest>,
    ) -> Result<Response<v1::ResolveApiKeyResponse>, Status> {
        mainstay_rpc::handle(request, async |ctx, req| self.api_key(&ctx, req).await).await
    }

    async fn get_verification(
        &self,
        request: Request<v1::GetVerificationRequest>,
    ) -> Result<Response<v1::GetVerificationResponse>, Status> {
        mainstay_rpc::handle(request, async |ctx, _| self.verification(&ctx).await).await
    }

    async fn get_account(
        &self,
        request: Request<v1::GetAccountRequest>,
    ) -> Result<Response<v1::GetAccountResponse>, Status> {
        mainstay_rpc::handle(request, async |ctx, req| self.account(&ctx, req).await).await
    }

    async fn ensure_account(
        &self,
        request: Request<v1::EnsureAccountRequest>,
    ) -> Result<Response<v1::EnsureAccountResponse>, Status> {
        mainstay_rpc::handle(request, async |ctx, req| self.ensure(&ctx, req).await).await
    }
}
