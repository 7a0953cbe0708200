//! The room that plays jobs: an engine on a clock that is moved by hand.
//!
//! Owns: the stage (store, clock, people, a published plan) that tests, `run` and `demo` share, and dying on it: a
//! restart keeps the store and the mailbox and nothing else. `performance` plays a test step by step, `expect` compares,
//! `missed` says what was found instead, `coverage` what no test reached. Leaves every rule to the engine.

pub mod coverage;
mod doing;
mod expect;
pub mod folder;
pub mod missed;
mod moment;
pub mod performance;
mod plugins;
pub mod post;
pub mod sample;
pub mod tested;
pub mod verdict;

pub use doing::{actor, is_active};
pub use moment::at as moment_of;

use std::sync::Arc;

use jiff::Timestamp;
use jobwright_core::directory::trail::Attribution;
use jobwright_core::directory::{Client, Staff};
use jobwright_core::event::Actor;
use jobwright_core::id::{ClientId, DefinitionId, JobId};
use jobwright_core::plan::Plan;
use jobwright_runtime::{Driven, Engine, Error, Existing, Looked, Publish, Published, Start};
use tokio::runtime::{Builder, Runtime};

use crate::assemble::{Trial, engine_report};
use crate::exit::Exit;
use crate::report::{Report, Result};

/// An engine on a trial's store and clock.
pub struct Stage {
    trial: Trial,
    engine: Arc<Engine>,
    runtime: Runtime,
}

impl Stage {
    /// Opens the engine of a trial.
    pub fn open(trial: Trial) -> Result<Self> {
        let engine = trial.engine()?;
        let made = Builder::new_current_thread().enable_all().build();
        let runtime = made.map_err(|error| Report::new(Exit::Outside, "cannot begin to play").caused_by(&error))?;
        Ok(Self { trial, engine, runtime })
    }

    /// The engine as it is now; a restart makes another.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Puts people into the directory: staff as listed, then the client.
    pub fn people(&self, staff: &[Staff], client: &Client) -> Result<()> {
        for one in staff {
            self.engine.put_staff(one, &Attribution::engine("test")).map_err(engine_report)?;
        }
        let put = self
            .engine
            .change_client(&client.id, &Attribution::engine("test"), |_| Ok::<_, Error>((client.clone(), ())));
        put.map(drop).map_err(engine_report)
    }

    /// Publishes a version.
    pub fn publish(&self, plan: &Plan, canonical: &str, existing: Existing) -> Result<Published> {
        let publish = Publish { plan: plan.clone(), text: canonical.to_owned(), by: operator() };
        self.engine.publish(&publish, existing).map_err(engine_report)
    }

    /// Starts a job under an id that is counted, so that it is the same each time.
    pub fn start(&self, start: Opening<'_>) -> Result<JobId> {
        let Opening { definition, client, period, inputs, number } = start;
        let id = counted(self.engine.now(), number);
        let (definition, client) = (definition.clone(), client.clone());
        let start = Start { id, definition, client, period, inputs, by: operator(), parent: None };
        self.engine.start(start).map(|started| started.job()).map_err(engine_report)
    }

    /// A job with everything around it.
    pub fn look(&self, job: JobId) -> Result<Looked> {
        self.engine.look(job).map_err(engine_report)
    }

    /// Does all that is due now.
    pub fn drive(&self) -> Result<Driven> {
        self.runtime.block_on(self.engine.drive()).map_err(engine_report)
    }

    /// Does all that is due until a moment, and moves the clock there.
    pub fn drive_until(&self, until: Timestamp) -> Result<Driven> {
        self.runtime.block_on(self.engine.drive_until(until)).map_err(engine_report)
    }

    /// Dies and recovers: what is not in the store is gone. Says how many letters were in doubt.
    pub fn restart(&mut self) -> Result<usize> {
        self.engine = self.trial.engine()?;
        self.engine.recover().map_err(engine_report)
    }
}

/// A job to be played.
pub struct Opening<'a> {
    /// Of which definition.
    pub definition: &'a DefinitionId,
    /// For whom.
    pub client: &'a ClientId,
    /// For which period; the one that is open when absent.
    pub period: Option<String>,
    /// Inputs that are given.
    pub inputs: jobwright_core::value::Values,
    /// Tells the jobs of one play apart.
    pub number: u64,
}

/// Whoever plays.
pub fn operator() -> Actor {
    Actor::Operator { entered_by: "the practice".to_owned() }
}

/// A job's id from a moment and a number: time-ordered like all others, and the same in each play.
pub fn counted(at: Timestamp, number: u64) -> JobId {
    let mut id = [0; 16];
    id[..6].copy_from_slice(&at.as_millisecond().to_be_bytes()[2..]);
    id[8..].copy_from_slice(&number.to_be_bytes());
    JobId(id)
}
