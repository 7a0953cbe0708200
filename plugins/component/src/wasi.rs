//! The few WASI interfaces that ordinary toolchains import for their standard library's sake.
//!
//! Owns: that they are there with nothing in them: no arguments, no environment, no folder, and random bytes that are the
//! same in every attempt. Whatever else is called ends the call and names the function. `wasi:http` and `wasi:sockets`
//! are refused before this is asked.

use crate::{meter::Stopped, state::State};
use wasmtime::{
    Engine,
    component::{
        Component, Linker, LinkerInstance, ResourceType, Val,
        types::{ComponentInstance, ComponentItem},
    },
};

/// Packages that a component may import.
pub const PACKAGES: &[&str] = &["wasi:cli", "wasi:io", "wasi:clocks", "wasi:random", "wasi:filesystem"];

/// Stands for everything that a component might hold of the outside.
struct Nothing;

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
                linker.func_new(name, move |mut store, _, given, results| {
                    answer(store.data_mut(), &whole, given, results)
                })?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn answer(state: &mut State, called: &str, given: &[Val], results: &mut [Val]) -> wasmtime::Result<()> {
    let value = match (called, given) {
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
    };
    match results {
        [result] => *result = value,
        _ => return Err(Stopped::Absent(called.into()).into()),
    }
    Ok(())
}
