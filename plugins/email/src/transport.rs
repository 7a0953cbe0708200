//! How a letter leaves the house, and what became of it.
//!
//! Owns: the three transports behind one `send`, the envelope, the outcomes. Leaves trying again, pausing and marking
//! contacts to the engine: an outcome says what is known, never what to do next.

pub mod files;
pub mod none;
pub mod smtp;

use crate::address::Address;
use jobwright_core::{id::EffectId, retry::FailureKind};
use jobwright_plugin::Until;

/// Files under way at once: a few share one flush of the disk, more would only wait for it.
const FILES_AT_ONCE_MAX: usize = 4;

/// Where a letter's bytes go: always one recipient an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Whose work it is: names the file, the Message-ID and the line in the log.
    pub effect: EffectId,
    /// Where a bounce goes.
    pub from: Address,
    /// The one recipient.
    pub to: Address,
}

/// What is known after one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Somebody took it.
    Sent {
        /// In their words.
        reply: String,
    },
    /// There is no such address: the one refusal that is the recipient's.
    Refused {
        /// In the server's words.
        reply: String,
    },
    /// Nobody took it, and the recipient is not to blame.
    Failed {
        /// What kind of failure: retries go by it.
        kind: FailureKind,
        /// The SMTP code, when a server spoke.
        code: Option<u16>,
        /// In the server's words, or ours.
        reply: String,
    },
    /// The letter was handed over and no answer came: it may have been taken. Sent again only under the same
    /// Message-ID.
    Unknown {
        /// What happened instead of an answer.
        why: String,
    },
    /// The transport itself is at fault: no other letter would fare better, and no contact is to blame.
    Paused {
        /// What is wrong and what would mend it.
        why: String,
        /// What would change that.
        until: Until,
    },
}

/// The practice's way of sending letters.
#[derive(Debug)]
pub enum Transport {
    /// To a mail server.
    Smtp(Box<smtp::Smtp>),
    /// Into a folder.
    Files(files::Files),
    /// Nowhere.
    None,
    /// Nowhere yet: what the way out needs is missing. Letters wait, as they do for a server that is at fault.
    Unready {
        /// What is missing, and where it belongs.
        why: String,
    },
}

impl Transport {
    /// Tries once to send. The bytes are those of [`crate::mime`]; a letter that is sent again brings the same ones.
    pub async fn send(&self, envelope: &Envelope, bytes: &[u8]) -> Outcome {
        let outcome = match self {
            Self::Smtp(smtp) => smtp.send(envelope, bytes).await,
            Self::Files(files) => files.send(envelope, bytes).await,
            Self::None => none::send(),
            Self::Unready { why } => Outcome::Paused { why: why.clone(), until: Until::Mended },
        };
        tell(envelope, &outcome);
        outcome
    }

    /// Goes the way of a letter as far as it goes without one, telling each step.
    ///
    /// # Errors
    /// In the words of what would come of a letter.
    pub async fn probe(&self, told: &mut (dyn FnMut(String) + Send)) -> Result<(), String> {
        match self {
            Self::Smtp(smtp) => smtp.probe(told).await.map_err(|outcome| match outcome {
                Outcome::Paused { why, .. } | Outcome::Unknown { why } => why,
                Outcome::Sent { reply } | Outcome::Refused { reply } | Outcome::Failed { reply, .. } => reply,
            }),
            Self::Files(_) | Self::None => Ok(()),
            Self::Unready { why } => Err(why.clone()),
        }
    }

    /// Where letters go, as people know it: when this changes, what was said of it before says nothing any more.
    pub fn name(&self) -> String {
        match self {
            Self::Smtp(smtp) => smtp.server(),
            Self::Files(_) => "files".into(),
            Self::None => "none".into(),
            Self::Unready { .. } => "unready".into(),
        }
    }

    /// How many letters may be under way at once.
    pub fn at_once_max(&self) -> usize {
        match self {
            Self::Smtp(smtp) => smtp.parallel_max(),
            Self::Files(_) | Self::None | Self::Unready { .. } => FILES_AT_ONCE_MAX,
        }
    }

    /// Takes leave of the mail server; letters can still be sent afterwards.
    pub async fn close(&self) {
        if let Self::Smtp(smtp) = self {
            smtp.close().await;
        }
    }
}

/// Logs ids and kinds only: replies can quote addresses, letters hold links.
fn tell(envelope: &Envelope, outcome: &Outcome) {
    let effect = envelope.effect;
    match outcome {
        Outcome::Sent { .. } => tracing::debug!(%effect, "letter sent"),
        Outcome::Refused { .. } => tracing::info!(%effect, "there is no such address"),
        Outcome::Failed { kind, code, .. } => tracing::info!(%effect, kind = kind.word(), code, "letter not sent"),
        Outcome::Unknown { .. } => tracing::warn!(%effect, "letter in doubt"),
        // Said once, by whoever stops the letters for it.
        Outcome::Paused { .. } => tracing::debug!(%effect, "no letter can leave"),
    }
}
