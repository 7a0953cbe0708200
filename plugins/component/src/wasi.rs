//! The few WASI interfaces that ordinary toolchains import for their standard library's sake.
//!
//! Owns: a world with next to nothing in it: no arguments, no environment, no folder, no input. The clock stands at the
//! call's own time, random bytes are the same in every attempt, and what is written to standard output and error are lines
//! on the timeline. Whatever else is called ends the call and names the function. `wasi:http` and `wasi:sockets` are
//! refused before this is asked.

use crate::{meter::Stopped, state::State};
use jobwright_plugin::Level;
use wasmtime::{
    AsContextMut, Engine, StoreContextMut,
    component::{
        Component, Linker, LinkerInstance, Resource, ResourceType, Val,
        types::{ComponentInstance, ComponentItem},
    },
};

/// Packages that a component may import.
pub const PACKAGES: &[&str] = &["wasi:cli", "wasi:io", "wasi:clocks", "wasi:random", "wasi:filesystem"];

/// Bytes that are taken of a stream at once, and the longest line.
const WRITE_BYTES_MAX: usize = 4 * 1024;
/// Nanoseconds of a millisecond, and milliseconds of a second.
const NANOS: u64 = 1_000_000;
const MILLIS: u64 = 1_000;

/// Stands for everything that a component might hold of the outside.
struct Nothing;

/// What a component may hold, by the number that stands for it.
const OUT: u32 = 1;
const ERR: u32 = 2;
const INPUT: u32 = 3;
const MOMENT: u32 = 4;

/// What was written and is no whole line yet.
#[derive(Debug, Default)]
pub struct Streams {
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Streams {
    /// Takes what was written, and gives the lines that are whole now.
    fn write(&mut self, number: u32, bytes: &[u8]) -> Vec<(Level, String)> {
        let (level, kept) = if number == ERR { (Level::Warn, &mut self.err) } else { (Level::Info, &mut self.out) };
        let mut lines = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            kept.extend_from_slice(part);
            if part.ends_with(b"\n") || kept.len() > WRITE_BYTES_MAX {
                lines.extend(line(level, kept));
            }
        }
        lines
    }

    /// What no line's end has followed.
    pub fn rest(&mut self) -> Vec<(Level, String)> {
        line(Level::Info, &mut self.out).into_iter().chain(line(Level::Warn, &mut self.err)).collect()
    }
}

fn line(level: Level, kept: &mut Vec<u8>) -> Option<(Level, String)> {
    let text = String::from_utf8_lossy(&std::mem::take(kept)).trim_end().to_owned();
    (!text.is_empty()).then_some((level, text))
}

/// Defines what this component imports of WASI.
pub fn add_to_linker(linker: &mut Linker<State>, engine: &Engine, component: &Component) -> wasmtime::Result<()> {
    for (name, import) in component.component_type().imports(engine) {
        let ours = PACKAGES.iter().any(|package| name.strip_prefix(package).is_some_and(|rest| rest.starts_with('/')));
        if let (true, ComponentItem::ComponentInstance(interface)) = (ours, import.ty) {
            define(&mut linker.instance(name)?, engine, name, &interface)?;
        }
    }
    Ok(())
}

fn define(
    linker: &mut LinkerInstance<'_, State>,
    engine: &Engine,
    interface: &str,
    of: &ComponentInstance,
) -> wasmtime::Result<()> {
    for (name, item) in of.exports(engine) {
        match item.ty {
            ComponentItem::Resource(_) => linker.resource(name, ResourceType::host::<Nothing>(), |_, _| Ok(()))?,
            ComponentItem::ComponentFunc(_) => {
                let path = interface.split('@').next().unwrap_or(interface);
                let whole = format!("{path}#{name}");
                linker.func_new(name, move |store, _, given, results| answer(store, &whole, given, results))?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn answer(
    mut store: StoreContextMut<'_, State>,
    called: &str,
    given: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<()> {
    let absent = || Stopped::Absent(called.into());
    let (interface, function) = called.split_once('#').ok_or_else(absent)?;
    let numbers = let_go(&mut store, given)?;
    let value = match interface {
        "wasi:cli/stdout" | "wasi:cli/stderr" | "wasi:cli/stdin" | "wasi:io/streams" | "wasi:io/poll" => {
            stream(&mut store, called, function, given, &numbers)?
        }
        "wasi:clocks/wall-clock" | "wasi:clocks/monotonic-clock" => clock(&mut store, called)?,
        _ => plain(store.data_mut(), called, given)?,
    };
    match (results, value) {
        ([result], Some(value)) => *result = value,
        ([], None) => {}
        _ => return Err(absent().into()),
    }
    Ok(())
}

/// The world's emptiness, and random bytes.
fn plain(state: &mut State, called: &str, given: &[Val]) -> wasmtime::Result<Option<Val>> {
    Ok(Some(match (called, given) {
        (
            "wasi:cli/environment#get-environment"
            | "wasi:cli/environment#get-arguments"
            | "wasi:filesystem/preopens#get-directories",
            _,
        ) => Val::List(vec![]),
        (
            "wasi:cli/environment#initial-cwd"
            | "wasi:cli/terminal-stdin#get-terminal-stdin"
            | "wasi:cli/terminal-stdout#get-terminal-stdout"
            | "wasi:cli/terminal-stderr#get-terminal-stderr",
            _,
        ) => Val::Option(None),
        (
            "wasi:random/random#get-random-bytes" | "wasi:random/insecure#get-insecure-random-bytes",
            [Val::U64(length)],
        ) => {
            let bytes = state.wasi_random(*length)?;
            Val::List(bytes.into_iter().map(Val::U8).collect())
        }
        ("wasi:random/random#get-random-u64" | "wasi:random/insecure#get-insecure-random-u64", _) => {
            Val::U64(state.wasi_random_u64()?)
        }
        ("wasi:random/insecure-seed#insecure-seed" | "wasi:random/insecure-seed#get-insecure-seed", _) => {
            Val::Tuple(vec![Val::U64(state.wasi_random_u64()?), Val::U64(state.wasi_random_u64()?)])
        }
        _ => return Err(Stopped::Absent(called.into()).into()),
    }))
}

/// The clock, which stands: a wait for a moment of it is over at once.
fn clock(store: &mut StoreContextMut<'_, State>, called: &str) -> wasmtime::Result<Option<Val>> {
    let now_ms = store.data().now_ms();
    let (whole, rest) = (now_ms / MILLIS, u32::try_from(now_ms % MILLIS * NANOS).unwrap_or(0));
    let moment = |seconds, nanoseconds| {
        let fields = [("seconds", Val::U64(seconds)), ("nanoseconds", Val::U32(nanoseconds))];
        Val::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    };
    Ok(Some(match called {
        "wasi:clocks/wall-clock#now" => moment(whole, rest),
        "wasi:clocks/wall-clock#resolution" => moment(0, NANOS as u32),
        "wasi:clocks/monotonic-clock#now" => Val::U64(now_ms.saturating_mul(NANOS)),
        "wasi:clocks/monotonic-clock#resolution" => Val::U64(NANOS),
        "wasi:clocks/monotonic-clock#subscribe-instant" | "wasi:clocks/monotonic-clock#subscribe-duration" => {
            held(store, MOMENT)?
        }
        _ => return Err(Stopped::Absent(called.into()).into()),
    }))
}

/// Standard output and error take everything, standard input is at its end, and nobody ever waits.
fn stream(
    store: &mut StoreContextMut<'_, State>,
    called: &str,
    function: &str,
    given: &[Val],
    numbers: &[u32],
) -> wasmtime::Result<Option<Val>> {
    let fine = || Some(Val::Result(Ok(None)));
    Ok(match (function, given) {
        ("get-stdout", _) => Some(held(store, OUT)?),
        ("get-stderr", _) => Some(held(store, ERR)?),
        ("get-stdin", _) => Some(held(store, INPUT)?),
        ("[method]output-stream.check-write", _) => {
            Some(Val::Result(Ok(Some(Box::new(Val::U64(WRITE_BYTES_MAX as u64))))))
        }
        ("[method]output-stream.write" | "[method]output-stream.blocking-write-and-flush", [_, Val::List(bytes)]) => {
            let bytes: Vec<u8> =
                bytes.iter().filter_map(|byte| if let Val::U8(byte) = byte { Some(*byte) } else { None }).collect();
            let state = store.data_mut();
            for (level, line) in state.streams.write(numbers.first().copied().unwrap_or(OUT), &bytes) {
                state.say(level, line, String::new());
            }
            fine()
        }
        ("[method]output-stream.flush" | "[method]output-stream.blocking-flush", _) => fine(),
        (
            "[method]input-stream.read"
            | "[method]input-stream.blocking-read"
            | "[method]input-stream.skip"
            | "[method]input-stream.blocking-skip",
            _,
        ) => Some(Val::Result(Err(Some(Box::new(Val::Variant("closed".into(), None)))))),
        ("[method]output-stream.subscribe" | "[method]input-stream.subscribe", _) => Some(held(store, MOMENT)?),
        ("[method]pollable.ready", _) => Some(Val::Bool(true)),
        ("[method]pollable.block", _) => None,
        ("poll", [Val::List(waiting)]) => Some(Val::List(
            (0..waiting.len()).map(|place| Val::U32(u32::try_from(place).unwrap_or(u32::MAX))).collect(),
        )),
        _ => return Err(Stopped::Absent(called.into()).into()),
    })
}

/// Something to hold, of which nothing is kept here but its number.
fn held(store: &mut StoreContextMut<'_, State>, number: u32) -> wasmtime::Result<Val> {
    let held = Resource::<Nothing>::new_own(number);
    Ok(Val::Resource(held.try_into_resource_any(store.as_context_mut())?))
}

/// The numbers of what is handed over, which is let go of at once: a borrow that is kept would end the call.
fn let_go(store: &mut StoreContextMut<'_, State>, given: &[Val]) -> wasmtime::Result<Vec<u32>> {
    let mut numbers = Vec::new();
    for one in given {
        match one {
            Val::Resource(held) => numbers.push(held.try_into_resource::<Nothing>(store.as_context_mut())?.rep()),
            // Only `poll` is given several.
            Val::List(several) if matches!(several.first(), Some(Val::Resource(_))) => {
                numbers.extend(let_go(store, several)?);
            }
            _ => {}
        }
    }
    Ok(numbers)
}
