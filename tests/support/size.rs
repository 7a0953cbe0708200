//! How much of everything: the one place that says how long the tests of chance may take.
//!
//! Owns: the three sizes and the variable that chooses one. `cargo test` alone is quick; `tests/run` is a push, the
//! gates a change must pass; `tests/run --long` is a night. Leaves the counts to each test, which names all three.

/// Chooses the size: `quick`, `push` or `long`.
pub const SIZE: &str = "JOBWRIGHT_TEST_SIZE";

/// A size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// For whoever is at work on the code: seconds.
    Quick,
    /// What every change passes: minutes.
    Push,
    /// What a night has room for: hours.
    Long,
}

impl Size {
    /// The one of three that this size has.
    pub fn of<T>(self, quick: T, push: T, long: T) -> T {
        match self {
            Self::Quick => quick,
            Self::Push => push,
            Self::Long => long,
        }
    }
}

/// The size of this run. A word it does not know is a fault: a night that was a blink would prove nothing.
pub fn size() -> Size {
    match std::env::var(SIZE).as_deref() {
        Ok("quick") | Err(_) => Size::Quick,
        Ok("push") => Size::Push,
        Ok("long") => Size::Long,
        Ok(other) => panic!("{SIZE}={other}: say quick, push or long"),
    }
}
