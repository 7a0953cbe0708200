//! Guests as text.
//!
//! Owns: one template that keeps the canonical ABI, into which a test puts what `run` does. A text in backticks, as in
//! (str `…`), becomes its address and length.

use jobwright_component::Manifest;
use serde_json::{Value as Json, json};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Where texts begin; below lie the places that results are written to.
const TEXTS_AT: usize = 4096;
/// Bytes of a page of memory.
const PAGE: usize = 65_536;

const CONTRACT: &str = include_str!("../../../../schemas/plugin/v0.1/plugin.wit");

/// What the standard library of a guest may want.
const WASI: &[&str] = &[
    "package wasi:io@0.2.3;
     interface poll { resource pollable { block: func(); } }
     interface error { resource error; }
     interface streams {
       use error.{error}; use poll.{pollable};
       variant stream-error { last-operation-failed(error), closed }
       resource output-stream {
         check-write: func() -> result<u64, stream-error>;
         blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
         subscribe: func() -> pollable;
       }
     }",
    "package wasi:cli@0.2.3;
     interface environment { get-environment: func() -> list<tuple<string, string>>; }
     interface exit { exit: func(status: result); }
     interface stdout { use wasi:io/streams@0.2.3.{output-stream}; get-stdout: func() -> output-stream; }
     interface stderr { use wasi:io/streams@0.2.3.{output-stream}; get-stderr: func() -> output-stream; }",
    "package wasi:random@0.2.3; interface random { get-random-u64: func() -> u64; }",
    "package wasi:clocks@0.2.3;
     interface wall-clock { record datetime { seconds: u64, nanoseconds: u32 } now: func() -> datetime; }
     interface monotonic-clock {
       use wasi:io/poll@0.2.3.{pollable};
       now: func() -> u64; subscribe-duration: func(when: u64) -> pollable;
     }",
];
const WASI_WORLD: &str = "world wasi-plugin { include task-plugin; import wasi:cli/environment@0.2.3;
     import wasi:cli/exit@0.2.3; import wasi:random/random@0.2.3; import wasi:cli/stdout@0.2.3;
     import wasi:cli/stderr@0.2.3; import wasi:io/streams@0.2.3; import wasi:clocks/wall-clock@0.2.3;
     import wasi:clocks/monotonic-clock@0.2.3; import wasi:io/poll@0.2.3; }";

/// A guest to be.
#[derive(Clone, Debug)]
pub struct Guest {
    pub world: &'static str,
    /// The contract's version that it claims.
    pub version: &'static str,
    /// What `run`, `select`, `check` or `observe` does; it leaves the address of its result.
    pub run: String,
    pub find: String,
    pub cancel: String,
    /// More of the module: functions, a start, a table.
    pub more: String,
    /// Pages of memory that it begins with, at least.
    pub pages: usize,
    pub manifest: Json,
}

impl Guest {
    /// A task `test.task` that does this.
    pub fn task(run: &str) -> Self {
        Self {
            world: "task-plugin",
            version: "0.1.0",
            run: run.into(),
            find: "(call $did-not-happen)".into(),
            cancel: "(call $cancelled)".into(),
            more: String::new(),
            pages: 0,
            manifest: json!({
                "name": "test", "version": "1.0.0", "api": "0.1",
                "tasks": [{ "type": "test.task", "failures": ["nope"] }],
            }),
        }
    }

    /// A task that is done.
    pub fn good() -> Self {
        Self::task("(call $done (str `{\"ok\":true}`))")
    }

    /// A selector `test.select`.
    pub fn selector(run: &str) -> Self {
        let manifest = json!({
            "name": "test", "version": "1.0.0", "api": "0.1", "selectors": [{ "name": "test.select" }],
        });
        Self { world: "selector-plugin", manifest, ..Self::task(run) }
    }

    /// A check `test.check`.
    pub fn check(run: &str) -> Self {
        let manifest =
            json!({ "name": "test", "version": "1.0.0", "api": "0.1", "checks": [{ "name": "test.check" }] });
        Self { world: "check-plugin", manifest, ..Self::task(run) }
    }

    /// A listener to the end of jobs.
    pub fn listener(run: &str) -> Self {
        let manifest = json!({
            "name": "test", "version": "1.0.0", "api": "0.1", "listeners": [{ "events": ["job_completed"] }],
        });
        Self { world: "listener-plugin", manifest, ..Self::task(run) }
    }

    pub fn with(mut self, pointer: &str, value: Json) -> Self {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        self.manifest.pointer_mut(parent).expect("a place")[key] = value;
        self
    }

    pub fn named(self, name: &str) -> Self {
        self.with("/name", json!(name)).with("/tasks/0/type", json!(format!("{name}.task")))
    }

    pub fn with_more(mut self, more: &str) -> Self {
        self.more = more.into();
        self
    }

    /// The file of the plugin.
    pub fn plugin(&self) -> Vec<u8> {
        let manifest = Manifest::from_json(self.manifest.to_string().as_bytes()).expect("a manifest");
        manifest.embed(&self.component()).expect("a component")
    }

    /// The component without a manifest.
    pub fn component(&self) -> Vec<u8> {
        let text = self.text();
        let mut module = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let mut resolve = Resolve::default();
        for package in WASI {
            resolve.push_str("wasi.wit", package).expect("WASI");
        }
        let contract = CONTRACT.replace("@0.1.0", &format!("@{}", self.version)) + WASI_WORLD;
        let package = resolve.push_str("plugin.wit", &contract).expect("the contract");
        let world = resolve.select_world(&[package], Some(self.world)).expect("a world");
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("a module for it");
        let mut encoder = ComponentEncoder::default().module(&module).expect("a module").validate(true);
        encoder.encode().unwrap_or_else(|error| panic!("{error:?}\n{text}"))
    }

    /// The core module, as text.
    pub fn text(&self) -> String {
        let mut texts = Texts::default();
        let package = |interface: &str| match interface.contains(':') {
            true => interface.to_owned(),
            false => format!("jobwright:plugin/{interface}@{}", self.version),
        };
        let call = "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 i64 i32) (result i32)";
        let exported = |interface: &str, name: &str, kind: &str, body: &str| {
            format!("(func (export \"{}#{name}\") {kind} {body})\n", package(interface))
        };
        let functions = match self.world {
            "task-plugin" | "wasi-plugin" => [
                exported("tasks", "run", call, &self.run),
                exported("tasks", "find", call, &self.find),
                exported("tasks", "cancel", call, &self.cancel),
                exported("tasks", "check", "(param i32 i32 i32 i32) (result i32)", "(call $none)"),
            ]
            .concat(),
            "selector-plugin" => exported("selectors", "select", call, &self.run),
            "check-plugin" => exported("checks", "check", call, &self.run),
            _ => exported("listeners", "observe", call, &self.run),
        };
        let functions = texts.placed(&functions);
        let more = texts.placed(&self.more);
        let imports: String = IMPORTS
            .iter()
            .filter(|(_, name, _)| [&functions, &more].iter().any(|text| text.contains(&format!("${} ", short(name)))))
            .map(|(interface, name, kind)| {
                format!("(import \"{}\" \"{name}\" (func ${} {kind}))\n", package(interface), short(name))
            })
            .collect();
        let heap = (TEXTS_AT + texts.bytes.len()).next_multiple_of(16);
        format!(
            "(module {imports} (memory (export \"memory\") {pages}) (global $next (mut i32) (i32.const {heap}))
             (data (i32.const {TEXTS_AT}) \"{data}\") {LIBRARY} {more} {functions})",
            pages = self.pages.max(heap / PAGE + 1),
            data = texts.escaped(),
        )
    }
}

/// What a guest's text calls an import: a method without its resource.
fn short(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, method)| method)
}

/// What the contract's imports are in the canonical ABI. Those that a guest does not call are left out.
const IMPORTS: &[(&str, &str, &str)] = &[
    ("journal", "log", "(param i32 i32 i32 i32 i32)"),
    ("journal", "checkpoint", "(param i32 i32 i32 i32 i32)"),
    ("journal", "checkpointed", "(param i32 i32 i32)"),
    ("journal", "random", "(param i32 i32 i32 i32)"),
    ("records", "client", "(param i32 i32 i32)"),
    ("records", "contacts", "(param i32 i32 i32)"),
    ("records", "staff", "(param i32 i32 i32)"),
    ("records", "outputs", "(param i32 i32 i32)"),
    ("records", "document", "(param i32 i32 i64 i32 i32)"),
    ("wasi:cli/environment@0.2.3", "get-environment", "(param i32)"),
    ("wasi:cli/exit@0.2.3", "exit", "(param i32)"),
    ("wasi:random/random@0.2.3", "get-random-u64", "(result i64)"),
    ("wasi:cli/stdout@0.2.3", "get-stdout", "(result i32)"),
    ("wasi:cli/stderr@0.2.3", "get-stderr", "(result i32)"),
    ("wasi:io/streams@0.2.3", "[method]output-stream.check-write", "(param i32 i32)"),
    ("wasi:io/streams@0.2.3", "[method]output-stream.blocking-write-and-flush", "(param i32 i32 i32 i32)"),
    ("wasi:io/streams@0.2.3", "[method]output-stream.subscribe", "(param i32) (result i32)"),
    ("wasi:io/poll@0.2.3", "[method]pollable.block", "(param i32)"),
    ("wasi:clocks/wall-clock@0.2.3", "now", "(param i32)"),
    ("wasi:clocks/monotonic-clock@0.2.3", "subscribe-duration", "(param i64) (result i32)"),
    ("http", "send", "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)"),
];

/// Ways to end. Results lie at 1024; what an import answers is written to 2048.
const LIBRARY: &str = r#"
  (func $alloc (export "cabi_realloc") (param $old i32) (param $had i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (block $room
      (br_if $room (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
      (br_if $room (i32.ne (i32.const -1) (memory.grow
        (i32.add (i32.const 1) (i32.div_u (i32.sub (global.get $next) (i32.mul (memory.size) (i32.const 65536))) (i32.const 65536))))))
      unreachable)
    (memory.copy (local.get $at) (local.get $old) (local.get $had))
    (local.get $at))
  (func $clear (memory.fill (i32.const 1024) (i32.const 0) (i32.const 128)))
  ;; done, with these outputs
  (func $done (param i32 i32) (result i32)
    (call $clear)
    (i32.store (i32.const 1040) (local.get 0)) (i32.store (i32.const 1044) (local.get 1))
    (i32.const 1024))
  ;; done, with one effect: its kind and its body
  (func $effect (param i32 i32 i32 i32) (result i32)
    (call $clear)
    (i32.store (i32.const 1160) (local.get 0)) (i32.store (i32.const 1164) (local.get 1))
    (i32.store (i32.const 1168) (local.get 2)) (i32.store (i32.const 1172) (local.get 3))
    (i32.store (i32.const 1176) (i32.const 32123)) ;; `{}`, after which a zero
    (i32.store (i32.const 1040) (i32.const 1176)) (i32.store (i32.const 1044) (i32.const 2))
    (i32.store (i32.const 1064) (i32.const 1160)) (i32.store (i32.const 1068) (i32.const 1))
    (i32.const 1024))
  ;; later, under this correlation, to be asked for after so many ms
  (func $later (param i32 i32 i64) (result i32)
    (call $clear)
    (i32.store8 (i32.const 1032) (i32.const 1))
    (i32.store (i32.const 1040) (local.get 0)) (i32.store (i32.const 1044) (local.get 1))
    (i32.store8 (i32.const 1048) (i32.const 1)) (i64.store (i32.const 1056) (local.get 2))
    (i32.const 1024))
  ;; failed: kind, code, message
  (func $fail (param i32 i32 i32 i32 i32) (result i32)
    (call $clear)
    (i32.store8 (i32.const 1024) (i32.const 1))
    (i32.store8 (i32.const 1032) (local.get 0))
    (i32.store (i32.const 1036) (local.get 1)) (i32.store (i32.const 1040) (local.get 2))
    (i32.store (i32.const 1044) (local.get 3)) (i32.store (i32.const 1048) (local.get 4))
    (i32.const 1024))
  (func $cancelled (result i32) (call $clear) (i32.const 1024))
  ;; `found` is a variant of three whose first holds an outcome
  (func $did-not-happen (result i32) (call $clear) (i32.store8 (i32.const 1032) (i32.const 1)) (i32.const 1024))
  (func $unknown (result i32) (call $clear) (i32.store8 (i32.const 1032) (i32.const 2)) (i32.const 1024))
  (func $happened (param i32 i32) (result i32)
    (call $clear)
    (i32.store (i32.const 1048) (local.get 0)) (i32.store (i32.const 1052) (local.get 1))
    (i32.const 1024))
  ;; an empty list, by itself or as the good half of a result
  (func $none (result i32) (call $clear) (i32.const 1024))
  ;; a result with a list of one: of choices, and of findings
  (func $choice (param i32 i32 i32 i32) (result i32)
    (call $clear)
    (i32.store (i32.const 1160) (local.get 0)) (i32.store (i32.const 1164) (local.get 1))
    (i32.store (i32.const 1168) (local.get 2)) (i32.store (i32.const 1172) (local.get 3))
    (i32.store (i32.const 1032) (i32.const 1160)) (i32.store (i32.const 1036) (i32.const 1))
    (i32.const 1024))
  ;; one field's name as a list of one
  (func $list (param i32 i32) (result i32)
    (i32.store (i32.const 1200) (local.get 0)) (i32.store (i32.const 1204) (local.get 1))
    (i32.const 1200))
  ;; one header as a list of one: its name, the kind of its value, and its value
  (func $header (param i32 i32 i32 i32 i32) (result i32)
    (i32.store (i32.const 1300) (local.get 0)) (i32.store (i32.const 1304) (local.get 1))
    (i32.store8 (i32.const 1308) (local.get 2))
    (i32.store (i32.const 1312) (local.get 3)) (i32.store (i32.const 1316) (local.get 4))
    (i32.const 1300))
  ;; failed with `nope` and these words
  (func $nope (param i32 i32) (result i32)
    (i32.store (i32.const 1400) (i32.const 1701867374)) ;; nope
    (call $fail (i32.const 2) (i32.const 1400) (i32.const 4) (local.get 0) (local.get 1)))
  ;; what `checkpoint` answered, at 2048
  (func $kept (result i32)
    (if (result i32) (i32.load8_u (i32.const 2048))
      (then (call $nope (i32.load (i32.const 2052)) (i32.load (i32.const 2056))))
      (else (i32.store (i32.const 1176) (i32.const 32123)) (call $done (i32.const 1176) (i32.const 2)))))
  ;; what `records` answered: the JSON as outputs, or what was not granted
  (func $read (result i32)
    (if (result i32) (i32.load8_u (i32.const 2048))
      (then (call $nope (i32.load (i32.const 2056)) (i32.load (i32.const 2060))))
      (else (call $done (i32.load (i32.const 2052)) (i32.load (i32.const 2056))))))
  ;; what `http` answered: the body as outputs, or the problem's words
  (func $answered (result i32)
    (if (result i32) (i32.load8_u (i32.const 2048))
      (then (if (result i32) (i32.and (i32.shl (i32.const 1) (i32.load8_u (i32.const 2056))) (i32.const 0x17)) ;; has words
        (then (call $nope (i32.load (i32.const 2064)) (i32.load (i32.const 2068))))
        (else (i32.store8 (i32.const 1410) (i32.add (i32.const 48) (i32.load8_u (i32.const 2056))))
              (call $nope (i32.const 1410) (i32.const 1)))))
      (else (call $done (i32.load (i32.const 2068)) (i32.load (i32.const 2072))))))
"#;

/// The texts of a guest, one after another.
#[derive(Default)]
struct Texts {
    bytes: Vec<u8>,
}

impl Texts {
    fn placed(&mut self, body: &str) -> String {
        let mut placed = String::new();
        let mut rest = body;
        while let Some((before, after)) = rest.split_once("(str `") {
            let (text, after) = after.split_once("`)").expect("a text ends with a backtick");
            let at = TEXTS_AT + self.bytes.len();
            self.bytes.extend(text.bytes());
            placed += &format!("{before}(i32.const {at}) (i32.const {})", text.len());
            rest = after;
        }
        placed + rest
    }

    fn escaped(&self) -> String {
        self.bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
    }
}
