//! Auth with its doors open: the edge resolves sessions through the contract, as it does in production.

use std::sync::{Arc, mpsc};

use async_trait::async_trait;
use axum::body::Body;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use mainstay_core::lifecycle::TaskHandle;
use mainstay_core::{Clock, Context, CpuPool, Result, Shutdown, Tasks};
use mainstay_events::Outbox;
use mainstay_host::Service;
use mainstay_http::{App, Catalogue, Door, Health, Options, Parts};
use mainstay_identity::{AnonymousSessions, Authenticator, Passwords, Remembered};
use mainstay_jobs::Jobs;
use mainstay_notify::{Message, Notifier};
use mainstay_rpc::{Channel, Peer, answer, request};
use mainstay_secrets::{Key, Keys, RootKey};
use mainstay_sql::Leadership;
use mainstay_telemetry::Registry;
use mainstay_testkit::{FrontDoors, TestDatabase};
use parking_lot::Mutex;
use prost::Message as _;
use serde_json::{Value, json};
use shop_auth::{Auth, Config, MIGRATIONS, Needs, PeerSessions};
use shop_auth_contracts as wire;
use tokio::sync::oneshot;
use wire::{AuthClient, EnsureAccountRequest, LoggedIn, Role, SERVICE};

pub const PASSWORD: &str = "correct horse battery";

/// What was mailed.
#[derive(Clone, Default)]
pub struct Mailbox(Arc<Mutex<Vec<Message>>>);

#[async_trait]
impl Notifier for Mailbox {
    async fn send(&self, _: &Context, message: &Message) -> Result<()> {
        self.0.lock().push(message.clone());
        Ok(())
    }
}

/// Jobs run within milliseconds, on a machine that is not very busy.
const PATIENCE_NAPS: usize = 500;

/// Where credentials are remembered.
enum EdgeIs {
    Here,
    Elsewhere,
}

pub struct TestApp {
    pub mailbox: Mailbox,
    pub secrets: Keys,
    pub test: TestDatabase,
    pub cpu: CpuPool,
    /// As the edge of the process.
    pub ctx: Context,
    app: App,
    auth: Peer<AuthClient<Channel>>,
    shutdown: Shutdown,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The session that the answer hands over.
    pub fn session(&self) -> String {
        self.headers["mainstay-session"].to_str().unwrap().to_owned()
    }
}

pub struct HeldThread {
    go: mpsc::Sender<()>,
    busy: TaskHandle<Result<bool>>,
}

impl HeldThread {
    pub fn let_go(&self) {
        self.go.send(()).unwrap();
    }

    pub async fn ended(self) {
        assert!(self.busy.join().await.unwrap().unwrap());
    }
}

impl TestApp {
    pub async fn start() -> Self {
        Self::with_cpu(CpuPool::new(2, 64).unwrap()).await
    }

    pub async fn with_cpu(cpu: CpuPool) -> Self {
        Self::with(cpu, Keys::from(&Key::from_bytes([5; 32])), EdgeIs::Here).await
    }

    /// Keeps a thread that hashes passwords busy until it is let go.
    pub async fn hold_a_thread(&self) -> HeldThread {
        let (go, wait) = mpsc::channel();
        let (started, running) = oneshot::channel();
        let pool = self.cpu.clone();
        let busy = Tasks::new().spawn("busy", async move {
            let work = move || {
                let _ = started.send(());
                wait.recv().is_ok()
            };
            pool.run(work).await
        });
        running.await.unwrap();
        HeldThread { go, busy }
    }

    /// With an edge that remembers for itself, as that of another process does.
    pub async fn with_edge_elsewhere() -> Self {
        let secrets = Keys::from(&Key::from_bytes([5; 32]));
        Self::with(CpuPool::new(2, 64).unwrap(), secrets, EdgeIs::Elsewhere).await
    }

    pub async fn with_secrets(secrets: Keys) -> Self {
        Self::with(CpuPool::new(2, 64).unwrap(), secrets, EdgeIs::Here).await
    }

    async fn with(cpu: CpuPool, secrets: Keys, edge: EdgeIs) -> Self {
        let test = TestDatabase::open(&[
            mainstay_events::MIGRATIONS,
            mainstay_jobs::MIGRATIONS,
            mainstay_audit::MIGRATIONS,
            MIGRATIONS,
        ])
        .await;
        let (tasks, shutdown, registry) = (Tasks::new(), Shutdown::new(), Registry::new());
        let leadership = Leadership::start(&test.db, &Clock::system(), &tasks, &Shutdown::new());
        let jobs = Jobs::new(test.db.clone(), leadership, tasks.clone());
        let mailbox = Mailbox::default();
        let remembered = Remembered::new(test.clock.clone());
        let needs = Needs {
            remembered: remembered.clone(),
            notifier: Arc::new(mailbox.clone()),
            secrets: secrets.clone(),
            db: test.db.clone(),
            outbox: Outbox::new(test.db.clone(), SERVICE),
            jobs: jobs.clone(),
            // As cheap as Argon2 can be: what is tested is not its strength.
            passwords: Passwords::with_cost(cpu.clone(), 8, 1).unwrap(),
        };
        let (routes, contracts) =
            Auth::start(needs, Config::default(), test.clock.clone()).unwrap().into_parts();
        let running = shutdown.clone();
        tasks.spawn("jobs", async move { jobs.run(running).await });
        let doors = FrontDoors::new(&test.clock);
        doors.mount(SERVICE, contracts).await;
        let remembered = match edge {
            EdgeIs::Here => remembered,
            EdgeIs::Elsewhere => Remembered::new(test.clock.clone()),
        };
        let auth = doors.peer("mainstay.edge", SERVICE, AuthClient::new);
        let sessions = PeerSessions::new(auth, remembered, test.clock.clone());
        let anonymous = AnonymousSessions::new(&RootKey::from_bytes([7; 32]));
        let parts = Parts {
            options: Options::default(),
            telemetry: mainstay_telemetry::Options::default(),
            clock: test.clock.clone(),
            registry,
            tasks,
            health: Health::new(&test.clock),
            door: Door::Public(Arc::new(Authenticator::new(
                anonymous,
                Arc::new(sessions),
                test.clock.clone(),
            ))),
        };
        let app = App::new(parts, Catalogue::default(), routes);
        let auth = doors.peer("mainstay.edge", SERVICE, AuthClient::new);
        Self { mailbox, secrets, test, cpu, ctx: Context::background("mainstay.edge"), app, auth, shutdown }
    }

    pub fn client(&self) -> AuthClient<Channel> {
        self.auth.client()
    }

    /// Sends a request with a session as its bearer token, or none.
    pub async fn call(&self, session: Option<&str>, method: Method, path: &str, body: Value) -> Answer {
        let mut request =
            Request::builder().method(method).uri(path).header(CONTENT_TYPE, "application/json");
        if let Some(session) = session {
            request = request.header(AUTHORIZATION, format!("Bearer {session}"));
        }
        self.send(request, body).await
    }

    /// The same with the session as a browser's cookie.
    pub async fn browse(&self, session: &str, method: Method, path: &str, body: Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(CONTENT_TYPE, "application/json")
            .header(COOKIE, format!("session={session}"));
        self.send(request, body).await
    }

    async fn send(&self, request: http::request::Builder, body: Value) -> Answer {
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let answer = self.app.call(request.body(Body::from(bytes)).unwrap()).await;
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn register(&self, email: &str) -> Answer {
        let body = json!({"email": email, "name": "Ada", "password": PASSWORD});
        self.call(None, Method::POST, "/v1/accounts", body).await
    }

    /// Registers and confirms: the answer is that of a login.
    pub async fn sign_up(&self, email: &str) -> Answer {
        let before = self.mailbox.0.lock().len();
        assert_eq!(self.register(email).await.status, StatusCode::ACCEPTED);
        self.confirm(&self.mailed_token(before).await, PASSWORD).await
    }

    pub async fn confirm(&self, token: &str, password: &str) -> Answer {
        let body = json!({"token": token, "password": password});
        self.call(None, Method::POST, "/v1/accounts/confirm", body).await
    }

    pub fn mails(&self) -> usize {
        self.mailbox.0.lock().len()
    }

    /// Waits for the mail behind the first `before` ones.
    pub async fn mail(&self, before: usize) -> Message {
        for _ in 0..PATIENCE_NAPS {
            if let Some(mail) = self.mailbox.0.lock().get(before) {
                return mail.clone();
            }
            crate::sessions::nap().await;
        }
        panic!("no mail comes");
    }

    /// The token in that mail.
    pub async fn mailed_token(&self, before: usize) -> String {
        let mail = self.mail(before).await;
        let is_token = |word: &&str| word.starts_with("mcf_") || word.starts_with("mpr_");
        mail.text().split_whitespace().find(is_token).expect("a token in the mail").to_owned()
    }

    /// Waits until no letter is under way.
    pub async fn settle(&self) {
        for _ in 0..PATIENCE_NAPS {
            if self.count("SELECT count(*) FROM jobs WHERE state IN (0, 1)").await == 0 {
                return;
            }
            crate::sessions::nap().await;
        }
        panic!("letters stay");
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        let read = |view: &mainstay_sql::View<'_>| view.query_one(sql, &[], |row| row.get::<i64>(0));
        self.test.db.read(&self.ctx, read).await.unwrap().unwrap_or_default()
    }

    pub async fn log_in(&self, email: &str, password: &str) -> Answer {
        self.call(None, Method::POST, "/v1/sessions", json!({"email": email, "password": password})).await
    }

    /// Tokens for a program of somebody's.
    pub async fn tokens(&self, email: &str) -> Answer {
        let body = json!({"email": email, "password": PASSWORD});
        self.call(None, Method::POST, "/v1/tokens", body).await
    }

    pub async fn refresh(&self, token: &str) -> Answer {
        self.call(None, Method::POST, "/v1/tokens/refresh", json!({"refresh_token": token})).await
    }

    /// A customer who is logged in: account and session.
    pub async fn customer(&self, email: &str) -> (String, String) {
        let answer = self.sign_up(email).await;
        (answer.body["account"]["id"].as_str().unwrap().to_owned(), answer.session())
    }

    pub async fn ensure(&self, ctx: &Context, email: &str, role: Role) -> Result<Vec<u8>> {
        let message = EnsureAccountRequest {
            email: email.to_owned(),
            name: "Grace".to_owned(),
            password: PASSWORD.to_owned(),
            role: role.into(),
        };
        answer(self.client().ensure_account(request(ctx, message)).await).map(|answer| answer.account_id)
    }

    /// Whether a session is let in to what only people who logged in may see.
    pub async fn is_let_in(&self, session: &str) -> bool {
        let answer = self.call(Some(session), Method::GET, "/v1/addresses", Value::Null).await;
        answer.status == StatusCode::OK
    }

    pub async fn logins_told(&self) -> Vec<LoggedIn> {
        let read = |view: &mainstay_sql::View<'_>| {
            view.query("SELECT data FROM outbox ORDER BY position", &[], |row| row.get::<Vec<u8>>(0))
        };
        let stored = self.test.db.read(&self.ctx, read).await.unwrap();
        stored.iter().map(|bytes| LoggedIn::decode(bytes.as_slice()).unwrap()).collect()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}
