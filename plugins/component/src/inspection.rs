//! Whether the plugins of a practice are in order.
//!
//! Owns: holding lock, grants and files against one another, and what is said where they do not agree: the plugin, what is
//! wrong, and the next move. Leaves serving to `shelf`.

use crate::{
    file::{self, Stamp},
    gate::Gate,
    grants::{Digest, Grant, Grants, Wish},
    limits::{COMPONENT_BYTES_MAX, Limits},
    lock::{Lock, Locked},
    ready::Ready,
    sandbox::Sandbox,
    seen::Unseen,
    shelf::Options,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The lock's file name.
pub const LOCK: &str = "plugins.lock";
/// The grants' file name.
pub const GRANTS: &str = "grants.toml";

/// Something that is not in order. The plugin is left out, or goes on as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The plugin's name, or the file's.
    pub plugin: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub next: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "plugin `{}`: {}; {}", self.plugin, self.what, self.next)
    }
}

/// The folder of plugins.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

/// The stamp of each file of the folder, by its name.
pub type Stamps = BTreeMap<String, Stamp>;

impl Folder {
    /// This one; it need not be there.
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// What is another as soon as anything in the folder is.
    pub fn stamps(&self) -> Stamps {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let stamped = entries.filter_map(|entry| {
            let stamp = Stamp::of(&entry.path()).ok()??;
            Some((entry.file_name().to_string_lossy().into_owned(), stamp))
        });
        stamped.collect()
    }

    /// The bytes of an installed plugin.
    pub fn bytes_of(&self, name: &str) -> io::Result<Vec<u8>> {
        let lock = Lock::read(&self.0.join(LOCK))?;
        let locked = lock.plugins.iter().find(|locked| locked.name == name);
        let file = locked.ok_or_else(|| io::Error::other("is not in the lock"))?;
        file::read(&self.path(&file.file)?, COMPONENT_BYTES_MAX)?.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn path(&self, file: &str) -> io::Result<PathBuf> {
        // The lock is written by a tool, and it is still only a file.
        if file.contains('/') || file.starts_with('.') {
            return Err(io::Error::other("is no file of this folder"));
        }
        Ok(self.0.join(file))
    }
}

/// What was found.
#[derive(Clone, Default)]
pub struct Found {
    /// When it was looked at.
    pub stamps: Option<Stamps>,
    /// Plugins in order, by name, with their grants.
    pub ready: BTreeMap<String, (Arc<Ready>, Grant)>,
    /// What is not in order.
    pub problems: Vec<Problem>,
}

/// Looks at every plugin of the lock. One that was in order before and is not now goes on as it was.
pub fn inspect(folder: &Folder, stamps: Stamps, before: &Found, sandbox: &Sandbox, options: &Options) -> Found {
    let (lock, grants) = match (Lock::read(&folder.0.join(LOCK)), Grants::read(&folder.0.join(GRANTS))) {
        (Ok(lock), Ok(grants)) => (lock, grants),
        (lock, grants) => {
            let unreadable = |file: &str, fault: Option<io::Error>| {
                fault.map(|fault| {
                    problem(file, fault.to_string(), format!("mend plugins/{file}; until then nothing changes"))
                })
            };
            let faults = [unreadable(LOCK, lock.err()), unreadable(GRANTS, grants.err())];
            return Found { stamps: Some(stamps), problems: faults.into_iter().flatten().collect(), ..before.clone() };
        }
    };
    let mut found = Found { stamps: Some(stamps), ..Found::default() };
    let mut seen = BTreeSet::new();
    for locked in &lock.plugins {
        if !seen.insert(&locked.name) {
            let what = "is in plugins.lock twice".into();
            found.problems.push(problem(&locked.name, what, "take one of the two entries out".into()));
            continue;
        }
        match one(folder, locked, &grants, before, sandbox, options) {
            Ok(ready) => drop(found.ready.insert(locked.name.clone(), ready)),
            Err(fault) => {
                found.problems.push(fault);
                if let Some(old) = before.ready.get(&locked.name) {
                    found.ready.insert(locked.name.clone(), old.clone());
                }
            }
        }
    }
    part_namesakes(&mut found, before);
    found
}

fn one(
    folder: &Folder,
    locked: &Locked,
    grants: &Grants,
    before: &Found,
    sandbox: &Sandbox,
    options: &Options,
) -> Result<(Arc<Ready>, Grant), Problem> {
    let (name, file) = (&locked.name, &locked.file);
    let problem = |what: String, next: String| problem(name, what, next);
    let again = || format!("run `jobwright plugin add plugins/{file}`");
    let digest = locked.digest.0;
    let seen = folder.path(file).map_err(Unseen::Unreadable).and_then(|path| sandbox.look(&path, digest));
    let seen = seen.map_err(|unseen| match &unseen {
        Unseen::Absent => {
            problem(format!("plugins/{file} {unseen}"), format!("put it back, or run `jobwright plugin remove {name}`"))
        }
        Unseen::Unreadable(_) => problem(format!("plugins/{file} {unseen}"), again()),
        Unseen::Differs(_) => problem(
            format!("plugins/{file} {unseen}, and plugins.lock says {}", short(digest)),
            format!("put the old file back, or take the new one in: {}", again()),
        ),
    })?;
    let signer = options.trust.signer(name, &digest, locked.signature.as_ref()).map_err(|fault| {
        problem(
            format!("its signature in plugins.lock {fault}"),
            format!("get it anew from its author, then {}", again()),
        )
    })?;
    if let Some((what, next)) = options.trust.refusal(&signer) {
        return Err(problem(what, next));
    }
    let known = before.ready.get(name).filter(|(ready, _)| ready.plugin.digest == digest);
    let plugin = match known {
        Some((ready, _)) => ready.plugin.clone(),
        None => {
            Arc::new(sandbox.load_seen(&seen).map_err(|fault| problem(format!("plugins/{file} {fault}"), again()))?)
        }
    };
    if plugin.manifest.name != *name {
        let what = format!("plugins/{file} calls itself `{}`", plugin.manifest.name);
        return Err(problem(what, again()));
    }
    let grant = grants.of(name, &digest).cloned().unwrap_or(Grant { digest: Digest(digest), ..Grant::default() });
    let lacks = grant.lacks(&plugin.manifest);
    if !lacks.is_empty() {
        let other = grants.0.get(name).filter(|grant| grant.digest.0 != digest);
        let but = other.map_or(String::new(), |grant| format!(" (grants.toml is for {})", short(grant.digest.0)));
        let what = format!("{} of its wishes are not granted{but}", lacks.len());
        let lines: Vec<_> = lacks.iter().map(Wish::line).collect();
        return Err(problem(
            what,
            format!(
                "run `jobwright plugin add plugins/{file}`, or add under `[{name}]` in plugins/grants.toml: {}",
                lines.join("; ")
            ),
        ));
    }
    let gate = Gate::new(&plugin.manifest, &grant, &options.secrets)
        .map_err(|faults| problem(faults.join("; "), "mend plugins/grants.toml or the secrets file".into()))?;
    let limits = Limits::of(&plugin.manifest.limits, &grant.limits, &options.ceilings);
    Ok((Arc::new(Ready { plugin, gate: Arc::new(gate), limits }), grant))
}

/// Two plugins that offer one name: whichever served it before goes on, and without such a one neither does.
fn part_namesakes(found: &mut Found, before: &Found) {
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (plugin, (ready, _)) in &found.ready {
        for name in ready.plugin.manifest.names() {
            owners.entry(name.into()).or_default().push(plugin.clone());
        }
    }
    for (name, plugins) in owners.into_iter().filter(|(_, plugins)| plugins.len() > 1) {
        let served = |plugin: &String| {
            before.ready.get(plugin).is_some_and(|(ready, _)| ready.plugin.manifest.names().any(|one| one == name))
        };
        for plugin in plugins.iter().filter(|plugin| !served(plugin)) {
            let others: Vec<_> =
                plugins.iter().filter(|other| *other != plugin).map(|other| format!("`{other}`")).collect();
            let what = format!("offers `{name}`, and so does {}", others.join(", "));
            found.problems.push(problem(plugin, what, format!("keep one of them: `jobwright plugin remove {plugin}`")));
            found.ready.remove(plugin);
        }
    }
}

fn short(digest: jobwright_core::id::Hash) -> String {
    format!("sha256:{digest:.12}…")
}

fn problem(plugin: &str, what: String, next: String) -> Problem {
    Problem { plugin: plugin.into(), what, next }
}
