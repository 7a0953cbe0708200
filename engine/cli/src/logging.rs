//! Logs for whoever runs the program: on standard error, never on standard output.
//!
//! Owns: how much is logged and in which form. `-v` asks for more, `JOBWRIGHT_LOG` filters by place, and
//! `JOBWRIGHT_LOG_FORMAT=json` is for collectors. Each event of a job is a line at `info` under the span `job`, each batch
//! and each request one at `debug`. Ids and numbers only: no names, addresses, words of letters, or passwords.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::output::{Harmless, Paint};

const FILTER: &str = "JOBWRIGHT_LOG";
const FORMAT: &str = "JOBWRIGHT_LOG_FORMAT";

/// Begins to log. `verbose` is how often `-v` was given.
pub fn begin(verbose: u8, quiet: bool) {
    let level = match (verbose, quiet) {
        (_, true) => LevelFilter::ERROR,
        (0, false) => LevelFilter::WARN,
        (1, false) => LevelFilter::INFO,
        (2, false) => LevelFilter::DEBUG,
        (3.., false) => LevelFilter::TRACE,
    };
    // Reading a filter costs a few milliseconds, so only who wrote one pays for it.
    let filter = match std::env::var(FILTER) {
        Ok(filter) => EnvFilter::builder().with_default_directive(level.into()).parse_lossy(filter),
        Err(_) => EnvFilter::default().add_directive(level.into()),
    };
    let registry = tracing_subscriber::registry().with(filter);
    let to_errors =
        layer().with_writer(|| Harmless(io::stderr(), Paint::of_errors())).with_ansi(Paint::of_errors().is_coloured());
    // A second call, as tests of the library make, keeps the first one's settings.
    let _ = match std::env::var(FORMAT).as_deref() {
        Ok("json") => registry.with(to_errors.json()).try_init(),
        _ => registry.with(to_errors).try_init(),
    };
}
