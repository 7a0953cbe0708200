//! A practice for tests: a folder with plugins, a desk, and what a call looks like.
//!
//! Owns: that nothing outside is asked and nothing sleeps.

use crate::guests::Guest;
use jiff::Timestamp;
use jobwright_component::{
    Asked, Digest, Grant, Grants, Lock, Locked, Manifest, Options, PrivateKey, Shelf, digest, narrow,
};
use jobwright_core::{
    id::{ClientId, EffectId, Hash, JobId, Name},
    task::TaskKey,
    value::Value,
};
use jobwright_plugin::{Call, Called, Desk, Ended, Inquiry, Plugins, Purpose, Rehearsed, Unsent};
use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

/// A practice's folder, gone when it is dropped.
pub struct Practice {
    pub root: PathBuf,
    pub cache: PathBuf,
    pub options: Options,
    /// Signs what is added from now on.
    pub signed_with: Option<PrivateKey>,
}

impl Practice {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("jobwright-component-{}-{count}", std::process::id()));
        fs::create_dir_all(root.join("plugins")).expect("a folder");
        Self { cache: root.join("cache"), root, options: Options::default(), signed_with: None }
    }

    /// One that shares what was compiled with the others of its kind; a debug build compiles slowly.
    pub fn sharing() -> Self {
        let mut practice = Self::new();
        practice.cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled-guests");
        practice
    }

    /// Where components lie that jobs began with.
    pub fn kept(&self) -> PathBuf {
        self.root.join("kept")
    }

    pub fn plugins(&self) -> PathBuf {
        self.root.join("plugins")
    }

    /// Installs a plugin and grants all its wishes.
    pub fn add(&self, guest: &Guest) -> Hash {
        self.add_granted(&guest.plugin(), |_| {})
    }

    /// Installs a plugin with another grant than all its wishes.
    pub fn add_granted(&self, bytes: &[u8], change: impl FnOnce(&mut Grant)) -> Hash {
        let (digest, manifest) = (digest(bytes), Manifest::of_component(bytes).expect("a manifest"));
        let mut grant = Grant::of_all(digest, &manifest);
        change(&mut grant);
        let path = self.plugins().join("grants.toml");
        let mut grants = Grants::read(&path).expect("grants");
        if let Some(old) = grants.0.get(&manifest.name) {
            grant.older = narrow(old, digest, &manifest).0.older;
        }
        grants.0.insert(manifest.name.clone(), grant);
        grants.write(&path).expect("grants written");
        self.lock(&manifest.name, bytes);
        digest
    }

    /// Puts a file into the folder and the lock, and grants nothing.
    pub fn lock(&self, name: &str, bytes: &[u8]) {
        let path = self.plugins().join("plugins.lock");
        let mut lock = Lock::read(&path).expect("a lock");
        let file = format!("{name}.wasm");
        fs::write(self.plugins().join(&file), bytes).expect("a file");
        lock.put(Locked {
            name: name.into(),
            version: "1.0.0".into(),
            digest: Digest(digest(bytes)),
            api: "0.1".into(),
            file,
            signer: None,
            signature: self.signed_with.as_ref().map(|key| key.sign(name, &digest(bytes))),
        });
        lock.write(&path).expect("a lock written");
    }

    pub fn open(&self) -> Arc<Shelf> {
        let options = Options { cache: Some(self.cache.clone()), ..self.options.clone() };
        Arc::new(Shelf::open(&self.plugins(), &self.kept(), options).expect("a shelf"))
    }
}

impl Drop for Practice {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// A desk whose checkpoints are kept in memory.
#[derive(Debug, Default)]
pub struct Table {
    pub kept: Mutex<BTreeMap<String, String>>,
    /// What the net answers in a dry run.
    pub net: Option<Rehearsed>,
}

impl Desk for Table {
    fn checkpoint(&self, name: &str, value: &str) -> Result<(), String> {
        self.kept.lock().expect("a lock").insert(name.into(), value.into());
        Ok(())
    }

    fn checkpointed(&self, name: &str) -> Option<String> {
        self.kept.lock().expect("a lock").get(name).cloned()
    }

    fn client(&self) -> Value {
        let vat = Value::map([("number", Value::text("DE1"))]);
        Value::map([("name", Value::text("Ada & Co")), ("vat", vat), ("iban", Value::text("DE00"))])
    }

    fn contacts(&self) -> Value {
        Value::List(vec![Value::map([("id", Value::text("ada")), ("email", Value::text("ada@x.example"))])])
    }

    fn staff(&self) -> Value {
        Value::List(vec![Value::map([("id", Value::text("grace")), ("salary", Value::Int(1))])])
    }

    fn outputs(&self, task: &str) -> Option<Value> {
        (task == "before").then(|| Value::map([("sum", Value::Int(7))]))
    }

    fn rehearsed(&self, request: &Unsent) -> Option<Rehearsed> {
        self.net.clone().filter(|_| request.number == 1)
    }

    fn document(&self, hash: &str, offset: u64, length: usize) -> Option<Vec<u8>> {
        (hash == "d1").then(|| b"document"[offset as usize..].iter().copied().take(length).collect())
    }
}

pub fn call_of(digest: Hash, name: &str) -> Call {
    Call {
        digest,
        name: name.into(),
        purpose: Purpose::Run,
        key: EffectId { job: JobId([7; 16]), event: 3, index: 0 },
        attempt: 1,
        task: TaskKey::of(&Name::new("file").expect("a name")),
        client: ClientId::new("4711").expect("an id"),
        now: "2026-03-04T05:06:07Z".parse::<Timestamp>().expect("a moment"),
        settings: Value::map::<String>([]),
        dry_run: false,
    }
}

pub fn inquiry(name: &str) -> Inquiry {
    let call = call_of(Hash([0; 32]), name);
    Inquiry { name: name.into(), job: call.key.job, task: call.task, client: call.client, now: call.now }
}

/// Makes a call and waits for it.
pub fn called(shelf: &Arc<Shelf>, call: Call) -> Called {
    called_at(shelf, call, Arc::new(Table::default()))
}

pub fn called_at(shelf: &Arc<Shelf>, call: Call, desk: Arc<Table>) -> Called {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(shelf.clone().call(call, desk))
}

/// Limits short enough for a test.
pub fn short() -> Asked {
    let named = [("cpu_ms", 60), ("wall_ms", 3_000), ("memory_mib", 8), ("output_kib", 64), ("log_lines", 20)];
    named.into_iter().fold(Asked::default(), |asked, (key, most)| asked.with(key, most).expect("a limit"))
}

/// The end of a call in one line.
pub fn shown(called: &Called) -> String {
    match &called.ended {
        Ended::Done { outputs, wanted, note } => {
            let wanted = if wanted.is_empty() { String::new() } else { format!(" wants {wanted:?}") };
            format!("done {outputs}{wanted}{}", note.as_ref().map(|note| format!(" note {note}")).unwrap_or_default())
        }
        Ended::Later { correlation, poll_after, .. } => format!("later {correlation} {poll_after:?}"),
        Ended::Failed { failure, retry_after } => {
            let after = retry_after.map(|after| format!(" after {after}")).unwrap_or_default();
            format!("{} {}{after}: {}", failure.kind.word(), failure.code, failure.message)
        }
        other => format!("{other:?}"),
    }
}

/// One guest, called once under short limits; then a good one, which must work.
pub fn run(guest: &Guest) -> (String, Called) {
    run_granted(guest, |_| {})
}

pub fn run_granted(guest: &Guest, change: impl FnOnce(&mut Grant)) -> (String, Called) {
    let mut practice = Practice::sharing();
    practice.options.ceilings = short();
    let digest = practice.add_granted(&guest.plugin(), change);
    let good = practice.add(&Guest::good().named("good"));
    let shelf = practice.open();
    assert_eq!(shelf.problems(), []);
    let first = called(&shelf, call_of(digest, "test.task"));
    let next = called(&shelf, call_of(good, "good.task"));
    assert_eq!(shown(&next), "done ok: true", "the next call works");
    (shown(&first), first)
}
