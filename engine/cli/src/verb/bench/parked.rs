//! Jobs that wait for a person.
//!
//! Owns: starting them in a process of their own, killing that one, how long the next takes until it serves, and letting
//! all go on. The process is this very program; the two talk over its standard streams, a line each way.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command as Process, Stdio};
use std::time::{Duration, Instant};

use jobwright_core::command::{Act, Command};
use jobwright_core::id::JobId;
use jobwright_core::value::Values;
use jobwright_runtime::Engine;
use jobwright_store::{jobs, local::LocalStore};
use serde_json::{Value as Json, json};

use super::Rows;
use super::practice::{Measured, TASK, WAITS, person, start};
use crate::assemble::{engine_report, store_report};
use crate::exit::Exit;
use crate::report::{Report, Result};
use crate::verb::Context;

/// Jobs in flight while they are started and while they go on.
const AT_ONCE: usize = 500;
/// The journal's folder within a store.
const JOURNAL: &str = "journal";
/// Jobs read at once.
const PAGE: usize = 1000;
/// What the first process is called on its command line, before the number of jobs.
const OPENS: &str = "open";
/// Most folders below one another in a store.
const DEPTH_MAX: usize = 8;

/// What was measured.
pub struct Parked {
    pub jobs: u64,
    pub started_in: Duration,
    /// Bytes of memory by which the process grew, after a checkpoint.
    pub memory: u64,
    /// Bytes of the store after a checkpoint, the journal included.
    pub disk: u64,
    /// Those of the journal, which lets go of them with the next backup.
    pub journal: u64,
    /// From a kill until the next process serves, its own start included.
    pub serves_in: Duration,
    pub resumed_in: Duration,
}

/// Parks so many jobs.
pub fn measure(home: &Path, count: u64, view: Rows) -> Result<Parked> {
    let practice = Measured::new(home, &format!("parked-{count}"), view)?;
    let journal = practice.store().join(JOURNAL);
    let (before, journal_before) = (bytes(&practice.store(), 0), bytes(&journal, 0));
    let mut first = Other::begin(&count.to_string(), practice.folder())?;
    let told = first.hears()?;
    let disk = bytes(&practice.store(), 0).saturating_sub(before);
    let journal = bytes(&journal, 0).saturating_sub(journal_before);
    first.kill()?;
    let began = Instant::now();
    let mut next = Other::begin(OPENS, practice.folder())?;
    next.hears()?;
    let serves_in = began.elapsed();
    next.says("resume")?;
    let resumed = next.hears()?;
    next.ends()?;
    practice.remove()?;
    let seconds = |json: &Json| Duration::from_secs_f64(json["seconds"].as_f64().unwrap_or_default());
    if resumed["jobs"] != json!(count) {
        return Err(Report::new(Exit::Fault, format!("of {count} jobs {} went on", resumed["jobs"])));
    }
    Ok(Parked {
        jobs: count,
        started_in: seconds(&told),
        memory: told["memory"].as_u64().unwrap_or_default(),
        disk,
        journal,
        serves_in,
        resumed_in: seconds(&resumed),
    })
}

/// The other process: parks jobs and waits to be killed, or opens the store and lets them go on.
pub fn child(count: &str, folder: &Path, ctx: &mut Context) -> Result {
    let practice = Measured::open(folder)?;
    let (engine, store) = practice.engine_and_store()?;
    let said = match count.parse() {
        Ok(count) => park(&engine, &store, count)?,
        Err(_) => json!({ "next_at": engine.next_at().map_err(engine_report)?.map(|at| at.to_string()) }),
    };
    ctx.out.json(&said)?;
    ctx.out.flush()?;
    let mut line = String::new();
    // Whoever parked is killed here.
    io::stdin().lock().read_line(&mut line)?;
    if line.trim() == "resume" {
        ctx.out.json(&resume(&engine)?)?;
    }
    Ok(Exit::Done)
}

fn park(engine: &Engine, store: &LocalStore, count: u64) -> Result<Json> {
    // What is kept in mind in any case is no job's.
    engine.start(start(WAITS, 0)?).map_err(engine_report)?;
    let (memory, began) = (resident(), Instant::now());
    let mut failed = None;
    let starts = (1..count).map_while(|number| start(WAITS, number).ok());
    engine.start_each(starts, AT_ONCE, |_, answer| failed = answer.err().or(failed.take())).map_err(engine_report)?;
    failed.map_or(Ok(()), |error| Err(engine_report(error)))?;
    let seconds = began.elapsed().as_secs_f64();
    store.checkpoint().map_err(store_report)?;
    Ok(json!({ "seconds": seconds, "memory": resident().saturating_sub(memory) }))
}

fn resume(engine: &Engine) -> Result<Json> {
    let began = Instant::now();
    let (mut resumed, mut failed) = (0_u64, None);
    let mut open = Open { engine, page: vec![], after: None, is_over: false };
    let complete = || Command::Act {
        task: jobwright_core::task::TaskKey::of(&open_task()),
        act: Act::Complete { outputs: Values::new(), awaited: None },
        by: person(),
        active: true,
        note: None,
    };
    let commands = std::iter::from_fn(|| open.next()).map(|job| (job, complete()));
    let told = |_, answer: std::result::Result<_, _>| match answer {
        Ok(_) => resumed += 1,
        Err(error) => failed = Some(error),
    };
    engine.command_each(commands, AT_ONCE, told).map_err(engine_report)?;
    failed.map_or(Ok(()), |error| Err(engine_report(error)))?;
    Ok(json!({ "seconds": began.elapsed().as_secs_f64(), "jobs": resumed }))
}

fn open_task() -> jobwright_core::id::Name {
    TASK.parse().unwrap_or_else(|bad| unreachable!("{bad}"))
}

/// Open jobs, a page at a time, beginning behind the last one read.
struct Open<'e> {
    engine: &'e Engine,
    page: Vec<JobId>,
    after: Option<(jobwright_core::id::Hash, JobId)>,
    is_over: bool,
}

impl Open<'_> {
    fn next(&mut self) -> Option<JobId> {
        if self.page.is_empty() && !self.is_over {
            let listing = jobs::open(&self.engine.reader(), self.after, PAGE).map_err(store_report).ok()?;
            self.is_over = listing.next.is_none();
            self.after = listing.next;
            self.page = listing.found;
            self.page.reverse();
        }
        self.page.pop()
    }
}

/// A process of this program.
struct Other {
    child: Child,
    says: ChildStdin,
    heard: BufReader<ChildStdout>,
}

impl Other {
    fn begin(what: &str, folder: &Path) -> Result<Self> {
        let program = std::env::current_exe().map_err(lost)?;
        let mut process = Process::new(program);
        process.args(["bench", "--child", what]).arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = process.spawn().map_err(lost)?;
        let streams = child.stdin.take().zip(child.stdout.take());
        let (says, heard) = streams.ok_or_else(|| lost(io::Error::other("it has no streams")))?;
        Ok(Self { child, says, heard: BufReader::new(heard) })
    }

    fn hears(&mut self) -> Result<Json> {
        let mut line = String::new();
        self.heard.read_line(&mut line).map_err(lost)?;
        serde_json::from_str(&line).map_err(|error| lost(error.into()))
    }

    fn says(&mut self, word: &str) -> Result<()> {
        writeln!(self.says, "{word}").map_err(lost)
    }

    fn kill(mut self) -> Result<()> {
        self.child.kill().and_then(|()| self.child.wait()).map(drop).map_err(lost)
    }

    fn ends(mut self) -> Result<()> {
        drop(self.says);
        self.child.wait().map(drop).map_err(lost)
    }
}

fn lost(error: io::Error) -> Report {
    Report::new(Exit::Outside, "the benchmark's other process cannot be reached").caused_by(&error)
}

/// Bytes of memory that this process holds.
fn resident() -> u64 {
    let told = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = told.split_whitespace().nth(1).and_then(|pages| pages.parse().ok()).unwrap_or_default();
    pages * rustix::param::page_size() as u64
}

/// Bytes that a folder takes on the disk.
fn bytes(folder: &Path, depth: usize) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().filter(|_| depth < DEPTH_MAX);
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => bytes(&entry.path(), depth + 1),
        Ok(found) => found.blocks() * 512,
        Err(_) => 0,
    };
    entries.map(size).sum()
}
