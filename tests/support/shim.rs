//! The preloaded disk, `tests/shim/disk.c`: built once, and put under a command.
//!
//! Owns: its building and the variables that it reads. Without a C compiler these tests fail: one that is left out
//! proves nothing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shim/disk.c");
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("disk-{}.so", std::process::id()));
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"]).arg(&built).arg(&source).arg("-ldl");
    let said = compiler.output().expect("these tests need a C compiler named cc; `tests/run` installs one");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    built
});

/// Writes down everything that a command does to files below the folder.
pub fn traced<'c>(command: &'c mut Command, below: &Path, trace: &Path) -> &'c mut Command {
    under(command, below).env("JOBWRIGHT_DISK_TRACE", trace)
}

/// Lets one call of a command fail: `sync:3:EIO` is the third flush. The file `fired` is there afterwards if it came
/// to that.
pub fn failing<'c>(command: &'c mut Command, below: &Path, fault: &str, fired: &Path) -> &'c mut Command {
    under(command, below).env("JOBWRIGHT_DISK_FAIL", fault).env("JOBWRIGHT_DISK_FIRED", fired)
}

/// Moves the clock of a command.
pub fn shifted(command: &mut Command, seconds: i64) -> &mut Command {
    command.env("LD_PRELOAD", &*BUILT).env("JOBWRIGHT_CLOCK_SHIFT", seconds.to_string())
}

/// Lets a command write down what it took by its end, for [`taken`].
pub fn measured<'c>(command: &'c mut Command, file: &Path) -> &'c mut Command {
    command.env("LD_PRELOAD", &*BUILT).env("JOBWRIGHT_TAKEN", file)
}

/// What a measured command took: milliseconds of the processor, and the most memory in KiB. None when it did not end by
/// itself.
pub fn taken(file: &Path) -> Option<(u64, u64)> {
    let said = std::fs::read_to_string(file).ok()?;
    let (milliseconds, memory) = said.trim().split_once(' ')?;
    Some((milliseconds.parse().ok()?, memory.parse().ok()?))
}

fn under<'c>(command: &'c mut Command, below: &Path) -> &'c mut Command {
    let below = below.canonicalize().expect("the folder is there");
    command.env("LD_PRELOAD", &*BUILT).env("JOBWRIGHT_DISK_BELOW", below)
}
