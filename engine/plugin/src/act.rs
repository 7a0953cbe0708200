//! Work that touches the world: by effect, after the commit.

use jiff::Timestamp;
use jobwright_core::{
    command::Outcome,
    effect::{Effect, Failure},
    id::EffectId,
};
use std::{future::Future, pin::Pin};

/// The code of a failure to freeze that the address is to blame for: it counts as refused for good, so that whoever has
/// it is marked and can be mended, instead of the whole task failing.
pub const BAD_ADDRESS: &str = "bad-address";

/// What is frozen before the first try and kept with the claim, so that every try hands over the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// To whom: an address.
    pub to: String,
    /// What is handed over.
    pub bytes: Vec<u8>,
}

/// How a try went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// Known, for good or ill.
    Known(Outcome),
    /// Handed over without an answer: it may have been taken. Tried again only with the same frozen bytes.
    InDoubt(String),
    /// The way out itself is at fault: nothing else would fare better, and nobody who is written to is to blame.
    Paused {
        /// What is wrong, and what would mend it.
        why: String,
        /// What would change that.
        until: Until,
    },
}

/// What would let letters leave again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Time alone: a limit that is reached, a server that is overloaded.
    Later,
    /// A person, who mends what is wrong.
    Mended,
}

/// A report that is being made.
pub type Reporting<'a> = Pin<Box<dyn Future<Output = Report> + Send + 'a>>;

/// A task type that acts.
pub trait Acts: Send + Sync {
    /// Builds what is handed over, once, before the claim.
    ///
    /// # Errors
    /// A failure here is final: nothing has left.
    fn freeze(&self, id: EffectId, effect: &Effect, written_at: Timestamp) -> Result<Frozen, Failure>;

    /// Tries once. Must bound its own time.
    fn act<'a>(&'a self, id: EffectId, frozen: &'a Frozen) -> Reporting<'a>;

    /// How many tries may run side by side.
    fn at_once_max(&self) -> usize;

    /// Where things leave to, as people know it. What was said of one way out says nothing of another.
    fn way_out(&self) -> String {
        String::new()
    }

    /// Takes leave: connections are closed.
    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}
