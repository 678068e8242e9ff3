//! Passwords: Argon2id, on the pool for computing, stored as PHC strings that carry their own parameters. Records of
//! other systems (bcrypt, scrypt, Argon2 otherwise) are checked as they are and made anew at the first login.

mod record;

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use mainstay_core::{CpuPool, Error, Result, codes};
use mainstay_secrets::Secret;

use crate::codes::PASSWORD_TOO_LONG;
use record::{Match, Record};

/// The parameters that OWASP's cheat sheet names for Argon2id with 19 MiB: about 20 ms on one core. Two hashes at
/// once hold 38 MiB, which is what bounds the pool's threads and not the processor.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const OUTPUT_BYTES: usize = 32;

/// Longer ones would only serve to keep the hash busy.
pub const PASSWORD_BYTES_MAX: usize = 1_024;

/// Whether a password was the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// Right, and the record was made otherwise than today's: store [`Passwords::hash`] of it.
    RightButOld,
    /// Right as far as the record's maker looked, which was not the whole password. The record stays: what came
    /// behind may be a slip of the keyboard, and would become a part of the password.
    RightAsFarAsKnown,
}

impl Verdict {
    pub fn is_right(self) -> bool {
        match self {
            Self::Wrong => false,
            Self::Right | Self::RightButOld | Self::RightAsFarAsKnown => true,
        }
    }
}

/// Hashes and checks passwords on a [`CpuPool`], which refuses when too many wait. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    cpu: CpuPool,
    params: Params,
}

impl Passwords {
    pub fn new(cpu: CpuPool) -> Result<Self> {
        Self::with_cost(cpu, MEMORY_KIB, PASSES)
    }

    /// Other costs than today's: tests take less, a migration's old ones differ.
    ///
    /// # Errors
    /// `core.invalid` when Argon2 has no such parameters.
    pub fn with_cost(cpu: CpuPool, memory_kib: u32, passes: u32) -> Result<Self> {
        let params = Params::new(memory_kib, passes, LANES, Some(OUTPUT_BYTES))
            .map_err(|error| codes::INVALID.because("Argon2 has no such parameters", error))?;
        Ok(Self { cpu, params })
    }

    /// The record to store: a PHC string with a fresh salt.
    ///
    /// # Errors
    /// `identity.password_too_long`; `core.overloaded` when too much computing waits.
    pub async fn hash(&self, password: Secret<String>) -> Result<String> {
        check_length(&password)?;
        let argon2 = self.argon2();
        let hashed = self.cpu.run(move || argon2.hash_password(password.expose().as_bytes())).await?;
        let record: PasswordHash =
            hashed.map_err(|error| codes::INTERNAL.because("a password could not be hashed", error))?;
        Ok(record.to_string())
    }

    /// Whether the password is the one of `record`.
    ///
    /// # Errors
    /// `identity.password_record_broken`; `core.overloaded` when too much computing waits. A password that is too
    /// long is wrong.
    pub async fn verify(&self, password: Secret<String>, record: &str) -> Result<Verdict> {
        if check_length(&password).is_err() {
            return Ok(Verdict::Wrong);
        }
        let record = Record::parse(record)?;
        let is_old = record.as_argon2().is_none_or(|record| self.is_old(record));
        let found = self.cpu.run(move || record.check(password.expose().as_bytes())).await??;
        Ok(match found {
            Match::No => Verdict::Wrong,
            Match::UpToItsLimit => Verdict::RightAsFarAsKnown,
            Match::Yes if is_old => Verdict::RightButOld,
            Match::Yes => Verdict::Right,
        })
    }

    /// Takes as long as [`verify`](Self::verify) and is always wrong: for a login to an account that does not exist,
    /// so that the time of the answer does not tell which accounts do.
    ///
    /// # Errors
    /// `core.overloaded` when too much computing waits.
    pub async fn verify_nobody(&self, password: Secret<String>) -> Result<Verdict> {
        if check_length(&password).is_ok() {
            self.hash(password).await?;
        }
        Ok(Verdict::Wrong)
    }

    fn argon2(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone())
    }

    fn is_old(&self, record: &PasswordHash) -> bool {
        let same_params = Params::try_from(record).is_ok_and(|params| {
            params.m_cost() == self.params.m_cost()
                && params.t_cost() == self.params.t_cost()
                && params.p_cost() == self.params.p_cost()
        });
        let same_algorithm = record.algorithm == Algorithm::Argon2id.ident()
            && record.version == Some(u32::from(Version::V0x13));
        !(same_params && same_algorithm)
    }
}

/// Reads a record without checking anything by it.
pub(crate) fn read_record(text: &str) -> Result<()> {
    Record::parse(text).map(drop)
}

fn check_length(password: &Secret<String>) -> Result<(), Error> {
    if password.expose().len() > PASSWORD_BYTES_MAX {
        return Err(PASSWORD_TOO_LONG
            .error("the password is too long")
            .with_field("password", format!("has more than {PASSWORD_BYTES_MAX} bytes")));
    }
    Ok(())
}
