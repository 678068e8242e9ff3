//! Puts services into a process: reads the configuration, opens and migrates databases, starts each service, wires
//! peers, and begins the background work.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use axum::Router;
use mainstay_audit::Audit;
use mainstay_core::{Clock, Code, Configuration, Result, Shutdown};
use mainstay_http::{App, Catalogue, Door, Health, Labelled, OperatorGuard, Policies, Rules};
use mainstay_identity::Sessions;
use mainstay_resilience::Rate;
use mainstay_sql::{Database, MigrationSet, MigrationState};
use mainstay_workflow::Sagas;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::background::Background;
use crate::codes::{NOT_STARTED, NOTHING_HERE, PORT_TAKEN};
use crate::contract::Contract;
use crate::edge::{Edge, EdgeAuthenticator, MakeSessions, NoSessions};
use crate::engines::Engines;
use crate::folder::FolderMarks;
use crate::health;
use crate::introspection;
use crate::mounting::{Mounting, OneService, StandIn};
use crate::observing::Observing;
use crate::process::{Missing, Process};
use crate::replay::ReplayClock;
use crate::running::{Running, RunningParts};
use crate::scope::Scope;
use crate::service::{Mounted, Service};
use crate::settings::Settings;
use crate::topology::Topology;

/// Codes that a platform's own crates raise; services add theirs with [`Host::codes`].
const PLATFORM_CODES: &[&[&Code]] = &[
    crate::codes::CODES,
    mainstay_access::CODES,
    mainstay_audit::CODES,
    mainstay_blobs::CODES,
    mainstay_uploads::CODES,
    mainstay_core::config::CODES,
    mainstay_events::codes::CODES,
    mainstay_identity::CODES,
    mainstay_jobs::CODES,
    mainstay_notify::CODES,
    mainstay_observe::CODES,
    mainstay_profile::CODES,
    mainstay_resilience::CODES,
    mainstay_rpc::CODES,
    mainstay_secrets::CODES,
    mainstay_telemetry::CODES,
    mainstay_workflow::CODES,
];

/// How long requests of operators may go on once everything else has ended.
const OPERATORS_DRAIN_MS: u64 = 500;

type ReadSection = Box<dyn Fn(&Configuration) -> Result<()> + Send>;

/// A process in the making.
pub struct Host {
    configuration: Configuration,
    engines: Engines,
    clock: Clock,
    services: Vec<Box<dyn Mounting>>,
    sessions: Option<MakeSessions>,
    codes: Vec<&'static [&'static Code]>,
    operators: Router,
    logs: bool,
    known: Vec<ReadSection>,
    replay: Option<ReplayClock>,
}

/// A service's database, opened for an operator. Nothing of the service runs.
pub struct Opened {
    pub name: &'static str,
    pub database: Database,
    /// The platform's tables and the service's own, in the order in which they are applied.
    pub migrations: Vec<MigrationSet>,
    /// For looking at runs; nothing is executed.
    pub sagas: Option<Sagas>,
    /// For what an operator does by hand, and for verifying.
    pub audit: Audit,
}

impl Host {
    pub fn new(configuration: Configuration, engines: Engines, clock: Clock) -> Self {
        Self {
            configuration,
            engines,
            clock,
            services: Vec::new(),
            sessions: None,
            codes: PLATFORM_CODES.to_vec(),
            operators: Router::new(),
            logs: false,
            known: Vec::new(),
            replay: None,
        }
    }

    /// Adds a service to the process.
    #[must_use]
    pub fn mount<S: Service>(mut self) -> Self {
        self.services.push(Box::new(OneService::<S>::new()));
        self
    }

    /// Adds something that answers under a service's name: a fake of a peer, for the tests of those who call it.
    #[must_use]
    pub fn stand_in(mut self, name: &'static str, mounted: Mounted) -> Self {
        self.services.push(Box::new(StandIn::new(name, mounted)));
        self
    }

    /// Says who keeps the sessions of people who logged in. Without it there are anonymous visitors only.
    #[must_use]
    pub fn sessions<F>(mut self, make: F) -> Self
    where
        F: FnOnce(&Edge) -> Result<Arc<dyn Sessions>> + Send + 'static,
    {
        self.sessions = Some(Box::new(make));
        self
    }

    /// Adds error codes that have a page at `/problems/<code>`.
    #[must_use]
    pub fn codes(mut self, codes: &'static [&'static Code]) -> Self {
        self.codes.push(codes);
        self
    }

    /// Adds what operators call about the process as a whole, at the listener of `[http.admin]`.
    #[must_use]
    pub fn operators(mut self, routes: Router) -> Self {
        self.operators = self.operators.merge(routes);
        self
    }

    /// Starts a process that does again what happened before, at the times that this clock tells. Only the command
    /// that replays does so: no configuration can.
    #[must_use]
    pub fn replaying(mut self, clock: ReplayClock) -> Self {
        self.replay = Some(clock);
        self
    }

    /// Installs the process's log and traces at the start. Tests, which start many hosts, leave it out.
    #[must_use]
    pub fn with_logs(mut self) -> Self {
        self.logs = true;
        self
    }

    /// Checks a section that nothing here uses: of a service that runs elsewhere, since processes of one system share
    /// a configuration file.
    #[must_use]
    pub fn known_section<T: Serialize + DeserializeOwned>(mut self, name: &'static str) -> Self {
        self.known.push(Box::new(move |configuration| configuration.section::<T>(name).map(drop)));
        self
    }

    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// The host's own sections.
    pub fn settings(&self) -> Result<Settings> {
        Settings::read(&self.configuration)
    }

    /// Reads every section, so that a mistake is found before anything is opened. Unknown keys are refused.
    pub fn check(mut self) -> Result<Self> {
        self.settings()?;
        for service in &mut self.services {
            service.configure(&self.configuration)?;
        }
        for read in &self.known {
            read(&self.configuration)?;
        }
        self.configuration.refuse_unknown()?;
        Ok(self)
    }

    /// Opens the databases of all services, made where there are none, and starts nothing: for commands that migrate
    /// them.
    pub fn open(self) -> Result<Vec<Opened>> {
        self.opened(Missing::Make, |_| Missing::Make)
    }

    /// As [`Host::open`] for the named services; the others are left out unless they have a database.
    pub fn open_some(self, names: &[&str]) -> Result<Vec<Opened>> {
        let missing = |name: &str| if names.contains(&name) { Missing::Make } else { Missing::Refuse };
        self.opened(Missing::Make, missing)
    }

    /// As [`Host::open`], but makes nothing: services without a database are left out. For commands that look.
    ///
    /// # Errors
    /// `host.nothing_here` when nothing has run in the data folder yet.
    pub fn look(self) -> Result<Vec<Opened>> {
        self.opened(Missing::Refuse, |_| Missing::Refuse)
    }

    fn opened(self, keys: Missing, database: impl Fn(&str) -> Missing) -> Result<Vec<Opened>> {
        let mut host = self.check()?;
        let process = host.process(keys)?;
        let mut opened = Vec::new();
        for service in &mut host.services {
            let scope = Scope::new(service.name(), Arc::clone(&process), database(service.name()));
            match service.gather(&scope) {
                Err(error) if error.is(&NOTHING_HERE) => continue,
                gathered => gathered?,
            }
            let audit = scope.audit();
            let parts = scope.into_parts();
            if let Some(database) = parts.database {
                let (migrations, sagas) = (parts.migrations, parts.sagas);
                opened.push(Opened { name: service.name(), database, migrations, sagas, audit });
            }
        }
        Ok(opened)
    }

    fn process(&self, missing: Missing) -> Result<Arc<Process>> {
        let settings = self.settings()?;
        let mounted: BTreeSet<&'static str> = self.services.iter().map(|service| service.name()).collect();
        if mounted.len() < self.services.len() {
            return Err(NOT_STARTED.error("a service is mounted twice in one process"));
        }
        let topology = Topology::new(mounted, &settings.peers);
        let (engines, clock) = (self.engines.clone(), self.clock.clone());
        Process::new(settings, engines, clock, topology, missing, self.replay.clone())
    }

    /// Starts everything. When this returns, every service takes requests and its background work has begun.
    pub async fn start(self) -> Result<Running> {
        let mut host = self.check()?;
        let process = host.process(Missing::Make)?;
        let admin = &process.settings.http.admin;
        let guard = OperatorGuard::from_file(process.settings.http.admin_address()?, &admin.token_file)?;
        let telemetry = if host.logs {
            let guard = mainstay_telemetry::init(&process.settings.telemetry, &process.clock, "mainstay")?;
            guard.register(&process.registry);
            Some(guard)
        } else {
            None
        };
        let names: Vec<&'static str> = host.services.iter().map(|service| service.name()).collect();
        let marks = FolderMarks::set(&process.settings.process.data, &names)?;
        if !marks.shared().is_empty() {
            tracing::warn!(
                services = marks.shared().join(", "),
                folder = %process.settings.process.data.display(),
                "another process runs these services on the same data folder; the leases keep their background work apart",
            );
        }

        let mut background = Vec::new();
        let mut routes = Labelled::default();
        let mut policies = Policies::new();
        let mut operators = std::mem::take(&mut host.operators);
        let mut contract = Contract::new();
        for mut service in std::mem::take(&mut host.services) {
            let name = service.name();
            let (mounted, work) = start_one(service.as_mut(), &process).await?;
            let (router, described) = mounted.http.into_parts();
            if let Some(promised) = service.contract() {
                let differences = promised.differences(&described);
                if !differences.is_empty() {
                    return Err(NOT_STARTED.error(format!(
                        "{name} mounts other routes than its contract has: {}",
                        differences.join(", ")
                    )));
                }
                contract = contract.and(promised);
            }
            routes = routes.merge(router);
            policies = policies.merge(mounted.policies);
            operators = operators.merge(mounted.operators);
            process.mount(name, mounted.rpc, work.parts().outbox.clone()).await?;
            background.push(work);
        }

        let observing = match &telemetry {
            Some(guard) => Some(Observing::start(&process, guard, &background).await?),
            None => None,
        };
        if let Some(observing) = &observing {
            operators = operators.merge(observing.routes());
        }

        let health = Health::new(&process.clock);
        health::add_checks(&health, &process, &background);
        let rpc = match process.settings.rpc.address()? {
            Some(address) => Some(process.network.listen(&address.to_string(), &Shutdown::new()).await?),
            None => None,
        };
        let http = host.bind(&process, health.clone(), &contract, routes, policies).await?;
        let seen = introspection::of(&process, &background, host.configuration.show(), &health);
        let operators = operators.merge(mainstay_introspection::routes(seen));
        let admin = host.bind_for_operators(&process, guard, health.clone(), operators).await?;

        for work in &mut background {
            work.begin(&process.clock, &process.tasks, &process.draining);
        }
        let shutdown = Shutdown::new();
        health.set_started();
        tracing::info!(
            services = names.join(", "),
            http = %http.address(),
            admin = %admin.address(),
            "serves"
        );
        Ok(Running::new(RunningParts {
            process,
            background,
            health,
            http,
            admin,
            rpc,
            shutdown,
            marks,
            telemetry,
            observing,
        }))
    }

    async fn bind(
        &mut self,
        process: &Arc<Process>,
        health: Health,
        contract: &Contract,
        routes: Labelled,
        policies: Policies,
    ) -> Result<mainstay_http::Bound> {
        let sessions = match self.sessions.take() {
            Some(make) => make(&Edge::new(Arc::clone(process)))?,
            None => Arc::new(NoSessions),
        };
        let door = Door::Public(Arc::new(EdgeAuthenticator::new(process, sessions)));
        let parts = parts(process, process.settings.http.clone(), health, door);
        let rules = Rules::new(&parts).policies(policies);
        let catalogue =
            Catalogue::new(&self.codes).with_openapi(contract.openapi()).with_asyncapi(contract.asyncapi()?);
        let app = App::with_rules(parts, rules, catalogue, routes)?;
        listen("http.listen", app).await
    }

    /// The listener for operators. It stands on its own: a flood at the public one does not keep an operator out.
    async fn bind_for_operators(
        &self,
        process: &Arc<Process>,
        guard: OperatorGuard,
        health: Health,
        routes: Router,
    ) -> Result<mainstay_http::Bound> {
        let mut options = process.settings.http.clone();
        let by_rule = options.admin.listen.is_empty() && options.listen.port() != 0;
        options.listen = options.admin_address()?;
        // Nothing here is worth waiting for when the process ends.
        (options.drain_lead_ms, options.drain_timeout_ms) = (0, OPERATORS_DRAIN_MS);
        // It stands on this machine or behind a token, and its requests are few.
        (options.tls, options.access_log, options.proxy_protocol) = Default::default();
        (options.rates.address, options.rates.caller) = (Rate::OFF, Rate::OFF);
        let mut parts = parts(process, options, health, Door::Operators(guard));
        parts.registry = process.registry.scoped("operators");
        let app = |parts: mainstay_http::Parts| {
            let rules = Rules::new(&parts);
            App::with_rules(parts, rules, Catalogue::new(&self.codes), routes.clone())
        };
        match listen("http.admin.listen", app(parts.clone())?).await {
            // Nobody asked for that port: another process has it, and any other will do as well.
            Err(error) if by_rule && error.is(&PORT_TAKEN) => {
                tracing::warn!("the port for operators is taken; a free one is used");
                parts.options.listen.set_port(0);
                listen("http.admin.listen", app(parts)?).await
            }
            bound => bound,
        }
    }
}

fn parts(
    process: &Process,
    options: mainstay_http::Options,
    health: Health,
    door: Door,
) -> mainstay_http::Parts {
    mainstay_http::Parts {
        options,
        telemetry: process.settings.telemetry.clone(),
        clock: process.clock.clone(),
        registry: process.registry.clone(),
        tasks: process.tasks.clone(),
        health,
        door,
    }
}

async fn listen(key: &str, app: App) -> Result<mainstay_http::Bound> {
    let address = app.options().listen;
    app.bind().await.map_err(|error| {
        let taken = |io: &std::io::Error| io.kind() == std::io::ErrorKind::AddrInUse;
        if error.cause::<std::io::Error>().is_some_and(taken) {
            PORT_TAKEN.error(format!(
                "another process listens on {address}; end it, or choose another address with {key}"
            ))
        } else {
            error
        }
    })
}

/// Opens, migrates and starts one service.
async fn start_one(service: &mut dyn Mounting, process: &Arc<Process>) -> Result<(Mounted, Background)> {
    let scope = Scope::new(service.name(), Arc::clone(process), Missing::Make);
    service.gather(&scope)?;
    let parts = scope.into_parts();
    if let Some(database) = &parts.database {
        let applied = database.migrate(&parts.migrations).await?;
        if !applied.is_empty() {
            let names: Vec<String> =
                applied.iter().map(|one| format!("{} {}", one.module, one.version)).collect();
            tracing::info!(service = service.name(), applied = names.join(", "), "migrated");
        }
        // Releases run side by side during an upgrade, so a newer schema is no reason to refuse; it is one to say so.
        for line in database.migration_status(&parts.migrations).await? {
            if let MigrationState::Unknown(_) = line.state {
                let (service, module, version) = (service.name(), line.module, line.version);
                tracing::warn!(service, module, version, "the database was migrated by a newer release");
            }
        }
    }
    let mut mounted = service.start(process.clock.clone())?;
    let everywhere = std::mem::take(&mut mounted.everywhere);
    let background = Background::new(service.name(), parts, everywhere);
    background.check().await?;
    Ok((mounted, background))
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.services.iter().map(|service| service.name()).collect();
        f.debug_struct("Host").field("services", &names).finish_non_exhaustive()
    }
}
