//! What the shell could not do.
//!
//! Owns: the errors of the runtime, each with the id it is about. A refusal is none of them: it is the job's own answer.

use jobwright_core::{
    command::Refusal,
    id::{ClientId, DefinitionId, Hash, JobId, Name},
    job::Impossible,
};

/// Why the engine could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store could not be read or written.
    #[error(transparent)]
    Store(#[from] jobwright_store::Error),
    /// The store refused a commit.
    #[error("cannot commit")]
    Commit(#[from] jobwright_store::CommitError),
    /// A job refused a command.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A published definition cannot be compiled any more.
    #[error(transparent)]
    Unprepared(#[from] crate::Unprepared),
    /// A job's events do not fit one another; it is set aside.
    #[error("job {job} is set aside: its events do not fit")]
    SetAside {
        /// Which.
        job: JobId,
        /// What does not fit.
        source: Impossible,
    },
    /// A task sets the client's record to what it cannot be.
    #[error("cannot change the client's record")]
    Unchanged(#[from] jobwright_core::directory::Unchanged),
    /// A job's turns did not come to an end.
    #[error("job {0} does not come to rest; its definition may wake itself")]
    TooManyTurns(JobId),
    /// A condition over clients is no expression.
    #[error("the condition cannot be read: {0}")]
    Condition(String),
    /// The definition holds a job back from its new version.
    #[error("{0}")]
    HeldBack(String),
    /// More callers wait than are kept waiting. Nothing was done and nothing is lost: try again.
    #[error("the engine is busy: {waiting} callers wait; nothing was done, try again")]
    Busy {
        /// How many wait.
        waiting: usize,
    },
    /// What this was committed together with failed as a whole.
    #[error(transparent)]
    Together(std::sync::Arc<Error>),
    /// The store answered fewer commits than it was given.
    #[error("the store did not answer a commit")]
    Unanswered,
    /// There is no such job.
    #[error("there is no job {0}")]
    NoSuchJob(JobId),
    /// There is no such client.
    #[error("there is no client {0}")]
    NoSuchClient(ClientId),
    /// No definition of that id is published.
    #[error("no definition `{0}` is published; `jobwright publish` does that")]
    NoSuchDefinition(DefinitionId),
    /// A version that a job follows is not in the store.
    #[error("version {0:.12} of a definition is missing from the store")]
    NoSuchVersion(Hash),
    /// The calendar a job needs is not known.
    #[error("there is no calendar `{0}`")]
    NoCalendar(String),
    /// The definition is not for this client.
    #[error("definition `{definition}` is not for client {client}: {why}")]
    DoesNotApply {
        /// Which definition.
        definition: DefinitionId,
        /// Which client.
        client: ClientId,
        /// Why not.
        why: String,
    },
    /// The job needs a period, and it cannot be worked out.
    #[error("cannot tell the period: {0}")]
    Period(String),
    /// Key dates are handed over that the other definition does not have.
    #[error("cannot take over key dates: {0}")]
    KeyDates(String),
    /// The inputs of a job are not what its definition asks for.
    #[error("inputs do not fit: {}", told(.0))]
    Inputs(Vec<(Name, String)>),
}

impl Error {
    /// The error itself, when nobody else was told of it.
    pub(crate) fn alone(self) -> Self {
        match self {
            Self::Together(shared) => std::sync::Arc::try_unwrap(shared).unwrap_or_else(Self::Together),
            error => error,
        }
    }

    /// Whether it is about one job: what that job came to cannot be stored, or it cannot be moved. Then the job is set
    /// aside with the reason, and the rest goes on.
    pub(crate) fn is_of_one_job(&self) -> bool {
        use jobwright_store::{CommitError, Error as Store};
        match self {
            Self::Store(Store::Unstorable { .. } | Store::BlobTooLarge { .. } | Store::NewerRecord { .. })
            | Self::Commit(CommitError::TooLarge { .. })
            | Self::Unchanged(_)
            | Self::Unprepared(_)
            | Self::NoCalendar(_)
            | Self::NoSuchVersion(_)
            | Self::TooManyTurns(_)
            | Self::SetAside { .. } => true,
            Self::Commit(CommitError::Unwritten(error)) => {
                matches!(**error, Store::Unstorable { .. } | Store::BlobTooLarge { .. })
            }
            _ => false,
        }
    }

    /// The whole of it in one line, for whoever reads why a job was set aside.
    pub(crate) fn in_full(&self) -> String {
        let mut words = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let more = error.to_string();
            // Some errors say what their cause says.
            if !words.ends_with(&more) {
                words = format!("{words}: {more}");
            }
            cause = error.source();
        }
        words
    }

    /// Whether the store, which could not write now, may be able to later: nothing was written, and nothing is unknown.
    pub(crate) fn may_pass(&self) -> bool {
        use jobwright_store::{CommitError, Error as Store};
        let passes = |error: &Store| !matches!(error, Store::Stopped { .. } | Store::Damaged { .. });
        match self {
            error if error.is_of_one_job() => false,
            Self::Together(error) => error.may_pass(),
            Self::Store(error) => passes(error),
            Self::Commit(CommitError::Unwritten(error)) => passes(error),
            Self::Commit(CommitError::Busy { .. }) => true,
            _ => false,
        }
    }
}

fn told(faults: &[(Name, String)]) -> String {
    let words: Vec<String> = faults.iter().map(|(name, fault)| format!("`{name}` {fault}")).collect();
    words.join("; ")
}
