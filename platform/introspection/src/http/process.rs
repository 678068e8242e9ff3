//! Leases, limits, configuration, services and their health, and the statements that run.

use axum::Json;
use axum::extract::State;
use mainstay_http::health::Report;
use mainstay_http::{Ctx, Problem};
use serde::Serialize;
use serde_json::Value;

use super::Rows;
use crate::limits::{self, LimitLine};
use crate::rows::{self, LeaseLine};
use crate::subject::Introspection;

pub(super) async fn leases(
    State(of): State<Introspection>,
    Ctx(ctx): Ctx,
) -> Result<Json<Rows<LeaseLine>>, Problem> {
    let mut lines = Vec::new();
    for subject in of.subjects(None)? {
        if let Some(database) = &subject.database {
            lines.extend(rows::leases(&ctx, subject.name, database).await?);
        }
    }
    Ok(Json(Rows { rows: lines }))
}

pub(super) async fn limits(State(of): State<Introspection>) -> Json<Rows<LimitLine>> {
    Json(Rows { rows: limits::lines(&of.parts().bounds, &of.parts().registry) })
}

#[derive(Serialize)]
pub(super) struct SettingLine {
    key: String,
    source: String,
    value: String,
}

pub(super) async fn configuration(State(of): State<Introspection>) -> Json<Rows<SettingLine>> {
    let lines = of.parts().settings.iter().map(|setting| SettingLine {
        key: setting.key.clone(),
        source: setting.source.to_string(),
        value: setting.value.clone(),
    });
    Json(Rows { rows: lines.collect() })
}

#[derive(Serialize)]
pub(super) struct Services {
    services: Vec<ServiceLine>,
    health: Report,
    last_drain: Option<Value>,
}

#[derive(Serialize)]
struct ServiceLine {
    service: &'static str,
    database: bool,
    sagas: bool,
    events: bool,
    peers: Vec<String>,
}

pub(super) async fn services(State(of): State<Introspection>) -> Json<Services> {
    let services = of.parts().subjects.iter().map(|subject| ServiceLine {
        service: subject.name,
        database: subject.database.is_some(),
        sagas: subject.sagas.is_some(),
        events: subject.outbox.is_some(),
        peers: subject.peers.clone(),
    });
    let last_drain = of.parts().last_drain.clone();
    Json(Services { services: services.collect(), health: of.parts().health.report().await, last_drain })
}

/// A statement that ran often, with the engine's plan for it.
#[derive(Serialize)]
pub(super) struct StatementLine {
    service: &'static str,
    sql: String,
    /// How often, by the samples that were taken.
    times: u64,
    plan: String,
}

pub(super) async fn statements(State(of): State<Introspection>) -> Json<Rows<StatementLine>> {
    let mut lines = Vec::new();
    for subject in &of.parts().subjects {
        let Some(database) = &subject.database else { continue };
        lines.extend(database.insight().frequent().into_iter().map(|query| StatementLine {
            service: subject.name,
            sql: query.sql,
            times: query.times,
            plan: query.plan,
        }));
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.times));
    Json(Rows { rows: lines })
}
