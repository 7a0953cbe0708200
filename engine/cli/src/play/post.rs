//! The mailbox of a play: letters are built as ever, and taken here.
//!
//! Owns: every letter that was handed over, and addresses that are refused. It outlives a restart, as a mail server
//! does. Leaves building a letter's bytes to the task type.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use jobwright_core::command::Outcome;
use jobwright_core::effect::{Effect, Failure};
use jobwright_core::id::EffectId;
use jobwright_plugin::{Acts, Frozen, Report, Reporting};

/// A mail server that takes everything, but for the addresses it refuses.
pub struct Post {
    writes: Arc<dyn Acts>,
    mailbox: Mutex<Mailbox>,
}

#[derive(Default)]
struct Mailbox {
    refused: BTreeMap<String, String>,
    taken: Vec<Taken>,
}

/// A letter that was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its identity.
    pub id: EffectId,
    /// To which address.
    pub to: String,
    /// Byte for byte.
    pub bytes: Vec<u8>,
}

impl Post {
    /// A mailbox for letters that this task type builds.
    pub fn new(writes: Arc<dyn Acts>) -> Arc<Self> {
        Arc::new(Self { writes, mailbox: Mutex::default() })
    }

    /// From now on this address is refused for good, in these words.
    pub fn refuse(&self, address: &str, reply: &str) {
        self.with(|mailbox| mailbox.refused.insert(address.to_lowercase(), reply.to_owned()));
    }

    /// Every letter handed over so far, in order; one that was sent again stands twice.
    pub fn taken(&self) -> Vec<Taken> {
        self.with(|mailbox| mailbox.taken.clone())
    }

    fn take(&self, id: EffectId, frozen: &Frozen) -> Outcome {
        self.with(|mailbox| match mailbox.refused.get(&frozen.to.to_lowercase()) {
            Some(reply) => Outcome::Refused { address: frozen.to.clone(), reply: reply.clone() },
            None => {
                mailbox.taken.push(Taken { id, to: frozen.to.clone(), bytes: frozen.bytes.clone() });
                Outcome::Sent { reply: "250 taken".to_owned() }
            }
        })
    }

    fn with<T>(&self, does: impl FnOnce(&mut Mailbox) -> T) -> T {
        does(&mut self.mailbox.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Acts for Post {
    fn freeze(&self, id: EffectId, effect: &Effect, written_at: Timestamp) -> Result<Frozen, Failure> {
        self.writes.freeze(id, effect, written_at)
    }

    fn act<'a>(&'a self, id: EffectId, frozen: &'a Frozen) -> Reporting<'a> {
        Box::pin(async move { Report::Known(self.take(id, frozen)) })
    }

    fn at_once_max(&self) -> usize {
        // One after the other: the order of a test's letters is the order they were written in.
        1
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {})
    }
}
