//! The sql port: `sqlite:<folder>`, one file a service in it.
//!
//! One thread owns the connection that writes. It takes whatever waits, runs it closure by closure inside one
//! transaction, commits once, syncs once, and only then answers: that group commit is where durable throughput comes
//! from. Reads run where their caller is, on a pool of connections that only read, and move to threads of their own
//! when they take long.
//!
//! Several processes may use one file: SQLite's own locks keep them apart, and a writer waits for its turn.

mod ahead;
mod batch;
mod busy;
mod checkpoint;
mod errors;
mod folding;
mod guard;
mod linger;
mod queue;
mod readers;
mod scheduling;
mod session;
mod settings;
mod statements;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use mainstay_core::{Error, Result, codes};
use mainstay_sql::codes as sql;
use mainstay_sql::{Capabilities, Database, DatabaseEngine, Engine, Inline, Options, Work};

use self::queue::Queue;
use self::readers::Readers;
use self::writer::Writer;

/// Opens databases at `sqlite:<folder>`; the file is `<folder>/<service>.db`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sqlite;

impl DatabaseEngine for Sqlite {
    fn scheme(&self) -> &'static str {
        "sqlite"
    }

    fn exists(&self, url: &str, service: &str) -> Result<bool> {
        let file = file_of(url, service)?;
        file.try_exists().map_err(|error| io("the folder of the database cannot be read", error))
    }

    fn open(&self, url: &str, service: &str, options: Options) -> Result<Database> {
        let file = file_of(url, service)?;
        if let Some(folder) = file.parent() {
            settings::create_folder(folder)?;
        }
        let store = Store::open(&file, service, &options).map_err(|error| named(&file, error))?;
        Ok(Database::new(service, Arc::new(store), &options))
    }
}

// A start opens many files; a person has to know which of them is meant.
fn named(file: &Path, error: Error) -> Error {
    if !error.is(&sql::CORRUPT) {
        return error;
    }
    let chain = error.chain();
    sql::CORRUPT
        .because(format!("{} is damaged, or no database; put a backup in its place", file.display()), chain)
}

fn file_of(url: &str, service: &str) -> Result<PathBuf> {
    let folder = url.strip_prefix("sqlite:").filter(|folder| !folder.is_empty()).ok_or_else(|| {
        codes::INVALID.error(format!("'{url}' is not a database here; write sqlite:<folder>"))
    })?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    if service.is_empty() || service.starts_with('.') || !service.chars().all(plain) {
        return Err(codes::INVALID.error(format!("'{service}' cannot be the name of a database")));
    }
    Ok(Path::new(folder).join(format!("{service}.db")))
}

/// One open file.
struct Store {
    writes: Arc<Queue>,
    readers: Readers,
    writer: Writer,
}

impl Store {
    fn open(file: &Path, name: &str, options: &Options) -> Result<Self> {
        let metrics = options.metrics.of(name);
        let writes = Arc::new(Queue::new(options.queue_capacity, metrics.clone()));
        let writer = Writer::start(file, name, options, Arc::clone(&writes))?;
        let readers = Readers::new(file, name, options);
        Ok(Self { writes, readers, writer })
    }
}

#[async_trait]
impl Engine for Store {
    fn system(&self) -> &'static str {
        "sqlite"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { several_processes: true, step_limit: true, plans: true }
    }

    fn write(&self, work: Box<dyn Work>) {
        self.writes.push(work);
    }

    fn read_inline(&self, work: &mut dyn Work) -> Inline {
        self.readers.inline(work)
    }

    fn read(&self, work: Box<dyn Work>) {
        self.readers.push(work);
    }

    async fn close(&self) {
        // Readers first: the log can only be folded away when nobody reads from it.
        self.readers.close().await;
        self.writes.close();
        self.writer.ended().await;
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // The threads finish what is queued and end; nobody is left who could wait for them.
        self.readers.shut();
        self.writes.close();
    }
}

fn io(what: &'static str, error: std::io::Error) -> Error {
    mainstay_sql::codes::IO.because(what, error)
}
