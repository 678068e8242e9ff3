//! The life of a reservation: what each request means in each state.
//!
//! ```text
//!            Reserve            Commit
//! (unknown) ---------> held ------------> committed
//!     |                 |  \ time
//!     | Release         |   `---> expired --Commit, if the pieces are still there--> committed
//!     v                 v Release   | Release
//!  released <-----------+-----------+
//! ```
//! Every request may come again, and a Release may overtake its Reserve: then it is recorded, and the late Reserve is
//! refused. A hold whose time is up counts until the sweep has given its pieces back, at most one sweep late.

use std::time::Duration;

use mainstay_core::{Result, Timestamp, codes};

use super::{Line, ReservationId, VariantId};
use crate::codes::{COMMITTED, HOLD_EXPIRED, RELEASED, RESERVATION_REUSED, RESERVATION_UNKNOWN};

/// Longest hold. A buyer at the bank's challenge needs minutes; a day is room for the slowest, and a typing mistake
/// in a caller cannot empty the shop for ever.
const HOLD_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Where a reservation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its pieces are held.
    Held,
    /// Its pieces have left the stock.
    Committed,
    /// Its pieces were given back, or it was called off before it was made.
    Released,
    /// Its time was up and its pieces were given back.
    Expired,
}

impl State {
    /// The number at rest.
    pub fn to_stored(self) -> i64 {
        match self {
            State::Held => 1,
            State::Committed => 2,
            State::Released => 3,
            State::Expired => 4,
        }
    }

    /// Reads the number at rest; `core.data_loss` for one that was never written.
    pub fn from_stored(number: i64) -> Result<Self> {
        match number {
            1 => Ok(State::Held),
            2 => Ok(State::Committed),
            3 => Ok(State::Released),
            4 => Ok(State::Expired),
            _ => Err(codes::DATA_LOSS.error("a reservation is in a state that does not exist")),
        }
    }
}

/// A reservation as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Its name.
    pub id: ReservationId,
    /// Where it stands.
    pub state: State,
    /// What it is for: pieces by variant, ordered by variant; empty if it was called off before it was made.
    pub lines: Vec<(VariantId, i64)>,
}

/// What a Reserve is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnReserve {
    /// Record it and take the pieces.
    Take,
    /// Take the pieces of the expired reservation again.
    TakeAgain,
    /// It was done before.
    Done,
}

/// What a Commit is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnCommit {
    /// Take the held pieces out of the stock.
    TakeHeld,
    /// The hold is gone: take as many free pieces out of the stock, or refuse.
    TakeFree,
    /// It was done before.
    Done,
}

/// What a Release is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnRelease {
    /// Give the held pieces back.
    GiveBack,
    /// Nothing is held: only note that it is over.
    Note,
    /// Nobody has reserved yet: record that nobody shall.
    CallOff,
    /// It was done before.
    Done,
}

/// Refuses an expiry that has passed or is absurdly far away.
///
/// # Errors
/// `inventory.hold_expired` or `core.invalid`.
pub fn check_expiry(expires_at: Timestamp, now: Timestamp) -> Result<()> {
    if expires_at <= now {
        return Err(HOLD_EXPIRED.error("the hold would have run out already"));
    }
    if expires_at > now + HOLD_MAX {
        return Err(codes::INVALID
            .error("a hold lasts at most a day")
            .with_field("expires_at_micros", "must be at most 24 hours ahead"));
    }
    Ok(())
}

/// Decides about a Reserve.
///
/// # Errors
/// `inventory.released` after a Release, `inventory.reservation_reused` for other lines than the first time.
pub fn on_reserve(existing: Option<&Reservation>, lines: &[Line]) -> Result<OnReserve> {
    let Some(existing) = existing else { return Ok(OnReserve::Take) };
    if existing.state == State::Released {
        return Err(RELEASED.error("this reservation was given back"));
    }
    let asked = lines.iter().map(|line| (line.variant, line.quantity));
    if !asked.eq(existing.lines.iter().copied()) {
        return Err(RESERVATION_REUSED.error("this reservation was made for other lines"));
    }
    match existing.state {
        State::Held | State::Committed => Ok(OnReserve::Done),
        State::Expired | State::Released => Ok(OnReserve::TakeAgain),
    }
}

/// Decides about a Commit.
///
/// # Errors
/// `inventory.released` after a Release, `inventory.reservation_unknown` before a Reserve.
pub fn on_commit(existing: Option<&Reservation>) -> Result<OnCommit> {
    match existing.map(|reservation| reservation.state) {
        None => Err(RESERVATION_UNKNOWN.error("nobody made this reservation")),
        Some(State::Held) => Ok(OnCommit::TakeHeld),
        Some(State::Expired) => Ok(OnCommit::TakeFree),
        Some(State::Committed) => Ok(OnCommit::Done),
        Some(State::Released) => Err(RELEASED.error("this reservation was given back")),
    }
}

/// Decides about a Release.
///
/// # Errors
/// `inventory.committed` after a Commit.
pub fn on_release(existing: Option<&Reservation>) -> Result<OnRelease> {
    match existing.map(|reservation| reservation.state) {
        None => Ok(OnRelease::CallOff),
        Some(State::Held) => Ok(OnRelease::GiveBack),
        Some(State::Expired) => Ok(OnRelease::Note),
        Some(State::Released) => Ok(OnRelease::Done),
        Some(State::Committed) => Err(COMMITTED.error("these pieces have left the stock")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::merge_lines;

    fn reservation(state: State) -> Reservation {
        let lines = vec![(VariantId::from_bytes([1; 16]), 2)];
        Reservation { id: ReservationId::from_bytes([9; 16]), state, lines }
    }

    #[test]
    fn every_request_in_every_state() {
        let lines = merge_lines([(VariantId::from_bytes([1; 16]), 2)]).unwrap();
        let in_state = |state| {
            let existing = reservation(state);
            let code = |error: mainstay_core::Error| error.code().to_owned();
            (
                on_reserve(Some(&existing), &lines).map_err(code),
                on_commit(Some(&existing)).map_err(code),
                on_release(Some(&existing)).map_err(code),
            )
        };
        assert_eq!(
            in_state(State::Held),
            (Ok(OnReserve::Done), Ok(OnCommit::TakeHeld), Ok(OnRelease::GiveBack))
        );
        assert_eq!(
            in_state(State::Committed),
            (Ok(OnReserve::Done), Ok(OnCommit::Done), Err("inventory.committed".into()))
        );
        assert_eq!(
            in_state(State::Released),
            (Err("inventory.released".into()), Err("inventory.released".into()), Ok(OnRelease::Done))
        );
        assert_eq!(
            in_state(State::Expired),
            (Ok(OnReserve::TakeAgain), Ok(OnCommit::TakeFree), Ok(OnRelease::Note))
        );
        assert_eq!(on_reserve(None, &lines).unwrap(), OnReserve::Take);
        assert!(on_commit(None).unwrap_err().is(&RESERVATION_UNKNOWN));
        assert_eq!(on_release(None).unwrap(), OnRelease::CallOff);
    }

    #[test]
    fn one_id_is_for_one_set_of_lines() {
        let variant = VariantId::from_bytes([1; 16]);
        for other in [vec![(variant, 3)], vec![(variant, 2), (VariantId::from_bytes([2; 16]), 1)]] {
            let lines = merge_lines(other).unwrap();
            for state in [State::Held, State::Committed, State::Expired] {
                let refused = on_reserve(Some(&reservation(state)), &lines).unwrap_err();
                assert!(refused.is(&RESERVATION_REUSED));
            }
        }
        let split = merge_lines([(variant, 1), (variant, 1)]).unwrap();
        assert_eq!(on_reserve(Some(&reservation(State::Held)), &split).unwrap(), OnReserve::Done);
    }

    #[test]
    fn a_hold_ends_ahead_and_within_a_day() {
        let now = Timestamp::from_micros(1_000_000);
        assert!(check_expiry(now, now).unwrap_err().is(&HOLD_EXPIRED));
        assert!(check_expiry(Timestamp::from_micros(i64::MIN), now).unwrap_err().is(&HOLD_EXPIRED));
        assert!(check_expiry(now + Duration::from_secs(1), now).is_ok());
        assert!(check_expiry(Timestamp::from_micros(i64::MAX), now).unwrap_err().is(&codes::INVALID));
    }

    #[test]
    fn states_survive_rest() {
        for state in [State::Held, State::Committed, State::Released, State::Expired] {
            assert_eq!(State::from_stored(state.to_stored()).unwrap(), state);
        }
        assert!(State::from_stored(0).is_err());
    }
}
