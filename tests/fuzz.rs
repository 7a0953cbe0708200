//! Texts and bytes that nobody would write, given to everything that reads.
//!
//! Owns: one way to run a target: as many inputs as the size of the run allows, first those that were found bad once
//! (`tests/fuzz/found/<target>`), then ones made by changing what people really write. Whatever comes in, a reader does
//! not panic, answers within a second, takes no memory without end and tells its faults with their place. A failing
//! input is made small and printed; the same targets run under a coverage-guided engine by `cargo bolero test`.

use std::fmt;
use std::path::PathBuf;

use crate::support::size::size;

mod chance;
mod dates;
mod definitions;
mod expressions;
mod letters;
mod people;
mod tables;
mod text;
mod watch;

use chance::Chance;

/// All targets together, by size. Each takes its share.
const INPUTS: (usize, usize, usize) = (20_000, 1_200_000, 600_000_000);
/// The shares of all targets add up to this.
const SHARES: usize = 1_000;
/// Bytes of chance that one input is made of at most.
const CHANCE_BYTES_MAX: usize = 120;

/// What a target is given.
#[derive(Clone, PartialEq, Eq)]
struct Input(Vec<u8>);

impl Input {
    /// As text, if it is one.
    fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

/// As a person can read it and a test can repeat it.
impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::str::from_utf8(&self.0) {
            Ok(text) => write!(f, "{text:?}"),
            Err(_) => write!(f, "b\"{}\"", self.0.escape_ascii()),
        }
    }
}

/// Runs the target of this function: its share of the inputs, how one is made, and what must hold.
macro_rules! fuzz {
    ($share:expr, $make:expr, $holds:expr) => {{
        let name = module_path!().rsplit("::").next().unwrap_or_default();
        let watch = $crate::fuzz::watch::Watch::over(name);
        for found in $crate::fuzz::found(name) {
            watch.try_one(&found, $holds);
        }
        let chance = bolero::produce::<Vec<u8>>().with().len(0..=$crate::fuzz::CHANCE_BYTES_MAX);
        let make = |bytes: Vec<u8>| $make(&mut $crate::fuzz::Chance::new(&bytes));
        let inputs = bolero::check!().with_iterations($crate::fuzz::inputs($share)).with_generator(chance).map(make);
        inputs.for_each(|input| watch.try_one(input, $holds));
    }};
}
use fuzz;

/// How many inputs a target with this share gets.
fn inputs(share: usize) -> usize {
    let (quick, push, long) = INPUTS;
    size().of(quick, push, long) * share / SHARES
}

/// The inputs of a target that were found bad once.
fn found(target: &str) -> Vec<Input> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/found").join(target);
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| Input(std::fs::read(entry.path()).expect("a found input can be read"))).collect()
}
