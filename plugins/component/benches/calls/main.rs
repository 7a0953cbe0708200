//! What a call costs: `cargo bench -p jobwright-component`.
//!
//! Owns: the figures of a fresh instance per call, by itself and side by side, and of opening a folder of plugins that were
//! compiled before.

#[path = "../tests/suite/guests.rs"]
#[allow(dead_code)]
mod guests;
#[path = "../tests/suite/world.rs"]
#[allow(dead_code)]
mod world;

use divan::{Bencher, black_box};
use guests::Guest;
use jobwright_component::Shelf;
use jobwright_core::{id::Hash, value::Value};
use jobwright_plugin::Plugins;
use serde_json::json;
use std::sync::{Arc, LazyLock};
use world::{Practice, Table, call_of, inquiry};

/// Plugins of a practice that has many.
const PLUGINS: usize = 20;

fn main() {
    divan::main();
}

struct Ready {
    _practice: Practice,
    shelf: Arc<Shelf>,
    digest: Hash,
}

/// A task that reads a field, says a line, and is done; its settings and outputs have schemas.
static TASK: LazyLock<Ready> = LazyLock::new(|| {
    let schema = json!({
        "type": "object", "required": ["name"], "properties": { "name": { "type": "string", "maxLength": 100 } },
    });
    let guest = Guest::task(
        "(call $log (i32.const 1) (str `read`) (str `{\"fields\":1}`))
         (call $client (call $list (str `name`)) (i32.const 1) (i32.const 2048)) (call $read)",
    );
    let guest = guest
        .with("/capabilities", json!({ "read": ["client.*"] }))
        .with("/tasks/0/settings", schema.clone())
        .with("/tasks/0/outputs", schema);
    ready(&guest)
});

static CHECK: LazyLock<Ready> = LazyLock::new(|| ready(&Guest::check("(call $none)")));

fn ready(guest: &Guest) -> Ready {
    let practice = Practice::new();
    let digest = practice.add(guest);
    let shelf = practice.open();
    assert_eq!(shelf.problems(), []);
    Ready { _practice: practice, shelf, digest }
}

/// A fresh instance, one call, and its end, with next to nothing around it.
#[divan::bench(threads = [1, 2])]
fn fresh_check(bencher: Bencher<'_, '_>) {
    let (inquiry, value) = (inquiry("test.check"), Value::Int(1));
    let shelf = &CHECK.shelf;
    bencher.bench(|| shelf.check(black_box(&inquiry), &value).expect("an answer"));
}

/// The same with grants, both schemas, a field read and a line said.
#[divan::bench(threads = [1, 2])]
fn fresh_task(bencher: Bencher<'_, '_>) {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    }
    let mut call = call_of(TASK.digest, "test.task");
    call.settings = Value::map([("name", Value::text("Ada"))]);
    let desk = Arc::new(Table::default());
    bencher.bench(|| {
        RUNTIME.with(|runtime| runtime.block_on(TASK.shelf.clone().call(black_box(call.clone()), desk.clone())))
    });
}

/// Opening the folder of a practice with twenty plugins that were compiled before.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn open_twenty_compiled(bencher: Bencher<'_, '_>) {
    let practice = Practice::new();
    for number in 0..PLUGINS {
        practice.add(&Guest::good().named(&format!("plugin{number}")));
    }
    drop(practice.open());
    bencher.bench(|| practice.open());
}
