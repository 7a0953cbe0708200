//! `bench`: how fast durable steps are on this machine, beside the disk's own limits.
//!
//! Owns: what is measured and in which order, and the folder it is measured in, which is gone afterwards. The engine and
//! its store are those of any practice. Leaves each measurement to its own file and telling it to `told`.

mod disk;
mod parked;
mod plot;
mod practice;
mod steps;
mod told;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use jobwright_runtime::DurableSteps;

use self::practice::Measured;
use super::Context;
use crate::exit::Exit;
use crate::report::{Report, Result};

/// Folders of this name are the benchmark's own.
const FOLDER: &str = "jobwright-bench";
/// How long the disk is asked for each of its limits, as a share of a line's seconds.
const DISK_SHARE: f64 = 0.2;

/// Measure how fast durable steps are here, beside the disk's own limits
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright bench                                 ten seconds a line, in a temporary folder of this one
  jobwright bench --in-flight 500 --durable-steps turn --seconds 30
  jobwright bench --parked 10000,100000           jobs that wait for a person: memory, disk, a kill, and all of them again
  jobwright bench --plot cost.svg --plot-jobs 100000

A job is ten scripts that do nothing. `each` makes every script's result durable before the next begins; `turn` is how
the engine works for a practice.")]
pub struct Bench {
    /// Whether each step is durable before the next begins, or a turn is; both when left out
    #[arg(long, value_enum, value_name = "HOW")]
    durable_steps: Vec<How>,
    /// Jobs under way at once
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', default_values_t = [1, 50, 500], value_parser = clap::value_parser!(u16).range(1..=512))]
    in_flight: Vec<u16>,
    /// How long each line is measured
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    seconds: f64,
    /// End each line after so many jobs, if that is sooner
    #[arg(long, value_name = "NUMBER")]
    jobs: Option<u64>,
    /// Also park so many jobs, kill the process, and let all go on; several numbers one after the other
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    parked: Vec<u64>,
    /// Also draw what a job costs as their number grows
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// The most jobs of the drawing
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000_000, requires = "plot")]
    plot_jobs: u64,
    /// Which store holds the rows behind the journal, as `store:` in practice.yaml says it
    #[arg(long, value_enum, value_name = "STORE", default_value_t = Rows::Sled)]
    rows: Rows,
    /// What the benchmark starts itself as, to be killed
    #[arg(long, hide = true, value_name = "FOLDER", num_args = 2)]
    child: Option<Vec<String>>,
}

/// When a step is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum How {
    /// Before the next one begins
    Each,
    /// With all others of its turn
    Turn,
}

/// What holds the rows behind the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Rows {
    /// The one that every practice has unless it says otherwise
    Sled,
    /// The one in its place
    Redb,
}

impl Rows {
    fn word(self) -> &'static str {
        match self {
            Self::Sled => "sled",
            Self::Redb => "redb",
        }
    }
}

impl How {
    fn word(self) -> &'static str {
        match self {
            Self::Each => "each",
            Self::Turn => "turn",
        }
    }

    fn durable_steps(self) -> DurableSteps {
        match self {
            Self::Each => DurableSteps::Each,
            Self::Turn => DurableSteps::Turn,
        }
    }
}

impl Bench {
    pub fn run(self, ctx: &mut Context) -> Result {
        if let Some([count, folder]) = self.child.as_deref() {
            return parked::child(count, Path::new(folder), ctx);
        }
        let above = ctx.global.store.clone().unwrap_or_else(|| ctx.global.practice.clone());
        let home = Home::new(&above)?;
        let told = self.measure(&home, ctx)?;
        drop(home);
        told.say(ctx)?;
        Ok(Exit::Done)
    }

    fn measure(&self, home: &Home, ctx: &mut Context) -> Result<told::Told> {
        let time = Duration::from_secs_f64(self.seconds);
        progress(ctx, "asking the disk");
        let mut told = told::Told::new(disk::limits(&home.0, time.mul_f64(DISK_SHARE))?);
        let hows = if self.durable_steps.is_empty() { &[How::Each, How::Turn][..] } else { &self.durable_steps };
        for how in hows {
            for in_flight in &self.in_flight {
                progress(ctx, &format!("{}, {in_flight} in flight", how.word()));
                let limit = disk::together(&home.0, time.mul_f64(DISK_SHARE), usize::from(*in_flight))?;
                let practice = Measured::new(&home.0, &format!("{}-{in_flight}", how.word()), self.rows)?;
                let line = steps::measure(&practice, *how, usize::from(*in_flight), time, self.jobs)?;
                practice.remove()?;
                told.lines.push((line, limit));
            }
        }
        for count in &self.parked {
            progress(ctx, &format!("{count} parked jobs"));
            told.parked.push(parked::measure(&home.0, *count, self.rows)?);
        }
        if let Some(file) = &self.plot {
            progress(ctx, &format!("up to {} jobs", self.plot_jobs));
            let points = plot::measure(&home.0, self.plot_jobs, self.rows)?;
            fs::write(file, plot::drawn(&points)).map_err(|error| Report::file("write", file, &error))?;
            told.plot = points;
        }
        Ok(told)
    }
}

fn progress(ctx: &mut Context, what: &str) {
    if !ctx.global.quiet {
        ctx.beside(&format!("measuring: {what}\n"));
    }
}

fn seconds(text: &str) -> std::result::Result<f64, String> {
    let is_fair = |seconds: &f64| (0.01..=3600.0).contains(seconds);
    text.parse().ok().filter(is_fair).ok_or_else(|| "write a number of seconds from 0.01 to 3600".into())
}

/// A folder of the benchmark's own; it goes when this goes.
struct Home(PathBuf);

impl Home {
    fn new(above: &Path) -> Result<Self> {
        let folder = above.join(format!("{FOLDER}-{}", std::process::id()));
        fs::create_dir(&folder).map_err(|error| Report::file("make", &folder, &error))?;
        // A child process finds it whatever folder it works in.
        fs::canonicalize(&folder).map(Self).map_err(|error| Report::file("find", &folder, &error))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What cannot be removed is only in the way; its name says whose it was.
        let _ = fs::remove_dir_all(&self.0);
    }
}
