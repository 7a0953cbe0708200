//! What a call that did not end well is called.
//!
//! Owns: the host's own failure codes, and words that name the limit and the next move. Leaves a plugin's own failures to
//! `task`.

use crate::{gate::Barred, meter::Stopped, state::State};
use jobwright_core::{effect::Failure, retry::FailureKind};
use std::fmt::Write as _;
use wasmtime::{Error, Trap, WasmBacktrace};

/// It computed for too long.
pub const CPU: &str = "plugin-cpu";
/// It took too long.
pub const TIMEOUT: &str = "plugin-timeout";
/// It took too much memory.
pub const MEMORY: &str = "plugin-memory";
/// It called itself too deeply.
pub const STACK: &str = "plugin-stack";
/// It crashed.
pub const CRASHED: &str = "plugin-crashed";
/// It crashed too often, and is not called for a while.
pub const HELD: &str = "plugin-held";
/// Its answer is too large, or wrong.
pub const OUTPUT: &str = "plugin-output";
/// It wanted something that it is not granted.
pub const NOT_GRANTED: &str = "plugin-not-granted";
/// The settings are not what it asks for.
pub const SETTINGS: &str = "plugin-settings";
/// It failed with a code that its manifest does not list.
pub const CODE: &str = "plugin-code";
/// It wants an effect that there is not, or that it is not granted.
pub const EFFECT: &str = "plugin-effect";

/// Codes that every plugin may use beside those that its manifest lists: the libraries that plugins are written with make
/// them of settings, outputs and names that they cannot read.
pub const OF_LIBRARIES: &[&str] = &["bad-settings", "bad-outputs", "unknown-name"];

/// Frames that are shown of a crash.
const FRAMES_SHOWN_MAX: usize = 3;
/// What wasmtime says when more crosses to the host than is allowed; the type of that error is its own.
const TOO_MUCH: &str = "fuel allocated for hostcalls";

/// Why a call broke off.
pub fn of(plugin: &str, error: &Error, state: &State) -> Failure {
    if let Some(barred) = &state.barred {
        return not_granted(plugin, barred, &broken(plugin, error, state).message);
    }
    broken(plugin, error, state)
}

fn broken(plugin: &str, error: &Error, state: &State) -> Failure {
    let limits = state.meter.limits();
    let permanent = |code: &str, what: String| Failure::permanent(code, format!("plugin `{plugin}` {what}"));
    if let Some(stopped) = error.downcast_ref::<Stopped>() {
        return match stopped {
            Stopped::Cpu(_) => permanent(CPU, format!("{stopped}; `limits.cpu_ms` of its grant gives more")),
            Stopped::Wall(wall_ms) => timeout(plugin, *wall_ms),
            Stopped::Absent(_) | Stopped::Misuse(_) => permanent(CRASHED, stopped.to_string()),
        };
    }
    if let Some(wanted) = state.meter.memory_refused() {
        let limit = limits.memory_mib;
        return permanent(
            MEMORY,
            format!("wanted {wanted} MiB of memory, limit {limit}; `limits.memory_mib` of its grant gives more"),
        );
    }
    if let Some(wanted) = state.meter.table_refused() {
        return permanent(MEMORY, format!("wanted a table of {wanted} elements, which is more than any plugin gets"));
    }
    if format!("{error:#}").contains(TOO_MUCH) {
        let limit = limits.output_kib;
        return permanent(
            OUTPUT,
            format!("gave more than {limit} KiB at once; `limits.output_kib` of its grant gives more"),
        );
    }
    let what = match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => return permanent(STACK, format!("called itself too deeply{}", frames(error))),
        Some(Trap::UnreachableCodeReached) => "crashed: it gave up (a panic, or a trap of its own)".into(),
        Some(Trap::MemoryOutOfBounds) => "crashed: stack overflow or bad pointer".into(),
        Some(trap) => format!("crashed: {trap}"),
        // The whole chain but the backtrace, which is its outermost part.
        None => format!("crashed: {}", error.root_cause()),
    };
    permanent(CRASHED, format!("{what}{}; its last lines are on the timeline", frames(error)))
}

/// It was not done in time.
pub fn timeout(plugin: &str, wall_ms: u64) -> Failure {
    let message =
        format!("plugin `{plugin}` was not done within {wall_ms} ms; `limits.wall_ms` of its grant gives more");
    Failure { kind: FailureKind::Timeout, code: TIMEOUT.into(), message }
}

/// It wanted something that it is not granted, and then it failed.
pub fn not_granted(plugin: &str, barred: &Barred, then: &str) -> Failure {
    let Barred { wanted, line } = barred;
    let message = format!(
        "plugin `{plugin}` is not granted `{wanted}`: add `{line}` under `[{plugin}]` in plugins/grants.toml, \
         or see what it wishes with `jobwright plugin add`; then it said: {then}"
    );
    Failure { kind: FailureKind::NeedsPerson, code: NOT_GRANTED.into(), message }
}

/// Where in the component it was.
fn frames(error: &Error) -> String {
    let mut shown = String::new();
    for frame in error.downcast_ref::<WasmBacktrace>().map(WasmBacktrace::frames).unwrap_or_default() {
        let Some(name) = frame.func_name() else { continue };
        if shown.matches(" ← ").count() + 1 >= FRAMES_SHOWN_MAX {
            break;
        }
        // A `String` takes every text.
        let _ = write!(shown, "{}{name}", if shown.is_empty() { " in " } else { " ← " });
    }
    shown
}
