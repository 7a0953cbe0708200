//! Whether the plugins of a practice are in order.
//!
//! Owns: holding lock, grants and files against one another, and what is said where they do not agree: the plugin, what is
//! wrong, and the next move. What the lock, the grants and the settings do not give, nothing has: neither what is installed
//! nor a component that a job began with. Leaves serving to `shelf`.

use crate::{
    file::{self, Stamp},
    gate::Gate,
    grants::{Digest, Grant, Grants, Wish},
    limits::{COMPONENT_BYTES_MAX, Limits},
    load::Plugin,
    lock::{Lock, Locked},
    ready::Ready,
    sandbox::Sandbox,
    seen::Unseen,
    shelf::{Given, Options},
};
use jobwright_core::id::Hash;
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

    /// The stamps of the files that say what is granted, which are looked at before each call.
    pub fn stamps_of_rights(&self) -> [Option<Stamp>; 2] {
        [LOCK, GRANTS].map(|file| Stamp::of(&self.0.join(file)).ok().flatten())
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
    /// The files that say what is granted, as they were then.
    pub stamps_of_rights: [Option<Stamp>; 2],
    /// What they say; nothing when one of them cannot be read.
    pub files: Option<Arc<Files>>,
    /// What the service says.
    pub given: Arc<Given>,
    /// Plugins in order, by name.
    pub ready: BTreeMap<String, Arc<Ready>>,
    /// What is not in order.
    pub problems: Vec<Problem>,
}

/// What a practice's files say of its plugins.
#[derive(Debug, Default)]
pub struct Files {
    lock: Lock,
    grants: Grants,
}

/// What a component may do now.
pub struct Rights {
    gate: Arc<Gate>,
    limits: Limits,
}

impl Rights {
    /// The component with them.
    pub fn with(self, plugin: Arc<Plugin>) -> Arc<Ready> {
        Arc::new(Ready { plugin, gate: self.gate, limits: self.limits })
    }
}

impl Files {
    /// The lock's entry of a plugin.
    pub fn locked(&self, plugin: &str) -> Option<&Locked> {
        self.lock.plugins.iter().find(|locked| locked.name == plugin)
    }

    /// Whether somebody vouches for a component of a plugin as the practice wants it.
    fn vouched(&self, name: &str, locked: &Locked, digest: &Hash, given: &Given) -> Result<(), Problem> {
        let signature = match locked.digest.0 == *digest {
            true => locked.signature.as_ref(),
            false => self.grants.of(name, digest).and_then(|grant| grant.signature.as_ref()),
        };
        let signer = given.trust.signer(name, digest, signature).map_err(|fault| {
            let next = format!("get it anew from its author, then {}", again(&locked.file));
            problem(name, format!("its signature in plugins.lock {fault}"), next)
        })?;
        given.trust.refusal(&signer).map_or(Ok(()), |(what, next)| Err(problem(name, what, next)))
    }

    /// What a component may do by these files: one that is installed, or an older one of the same plugin.
    ///
    /// # Errors
    /// With what is not in order, and the next move.
    pub fn rights(&self, plugin: &Plugin, given: &Given, options: &Options) -> Result<Rights, Problem> {
        let (name, digest) = (&plugin.manifest.name, plugin.digest);
        let Some(locked) = self.locked(name) else {
            let next = "take it in again with `jobwright plugin add`, or do without it".into();
            return Err(problem(name, "was taken out of this practice".into(), next));
        };
        let file = &locked.file;
        self.vouched(name, locked, &digest, given)?;
        let grant = self.grants.of(name, &digest);
        let none = Grant { digest: Digest(digest), ..Grant::default() };
        let grant = grant.unwrap_or(&none);
        let lacks = grant.lacks(&plugin.manifest);
        if !lacks.is_empty() {
            let other = self.grants.0.get(name).filter(|_| self.grants.of(name, &digest).is_none());
            let but = other.map_or(String::new(), |grant| format!(" (grants.toml is for {})", short(grant.digest.0)));
            let what = match lacks.len() {
                1 => format!("1 of its wishes is not granted{but}"),
                more => format!("{more} of its wishes are not granted{but}"),
            };
            let lines: Vec<_> = lacks.iter().map(Wish::line).collect();
            let next = format!("{}, or add under `[{name}]` in plugins/grants.toml: {}", again(file), lines.join("; "));
            return Err(problem(name, what, next));
        }
        let gate = Gate::new(&plugin.manifest, grant, &given.secrets).map_err(|faults| {
            problem(name, faults.join("; "), "mend plugins/grants.toml or the secrets file".into())
        })?;
        let limits = Limits::of(&plugin.manifest.limits, &grant.limits, &options.ceilings);
        Ok(Rights { gate: Arc::new(gate), limits })
    }
}

/// Looks at every plugin of the lock. One whose new file is not in order goes on as it was, as far as the files still give
/// that to the component that it was.
pub fn inspect(
    folder: &Folder,
    stamps: Stamps,
    given: Arc<Given>,
    before: &Found,
    sandbox: &Sandbox,
    options: &Options,
) -> Found {
    // Stamped before they are read: what changes meanwhile is read again.
    let stamps_of_rights = folder.stamps_of_rights();
    let mut found = Found { stamps: Some(stamps), stamps_of_rights, given, ..Found::default() };
    let files = match (Lock::read(&folder.0.join(LOCK)), Grants::read(&folder.0.join(GRANTS))) {
        (Ok(lock), Ok(grants)) => Arc::new(Files { lock, grants }),
        (lock, grants) => {
            let unreadable = |file: &str, fault: Option<io::Error>| {
                fault.map(|fault| {
                    let next = format!("mend plugins/{file}; until then no plugin is granted anything");
                    problem(file, fault.to_string(), next)
                })
            };
            found.problems.extend(unreadable(LOCK, lock.err()));
            found.problems.extend(unreadable(GRANTS, grants.err()));
            return found;
        }
    };
    found.files = Some(files.clone());
    let mut seen = BTreeSet::new();
    for locked in &files.lock.plugins {
        if !seen.insert(&locked.name) {
            let what = "is in plugins.lock twice".into();
            found.problems.push(problem(&locked.name, what, "take one of the two entries out".into()));
            continue;
        }
        match one(folder, locked, &files, &found.given, before, sandbox, options) {
            Ok(ready) => drop(found.ready.insert(locked.name.clone(), ready)),
            Err(fault) => {
                found.problems.push(fault);
                let old = before.ready.get(&locked.name).map(|old| old.plugin.clone());
                let rights = old.and_then(|old| Some((files.rights(&old, &found.given, options).ok()?, old)));
                if let Some((rights, old)) = rights {
                    found.ready.insert(locked.name.clone(), rights.with(old));
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
    files: &Files,
    given: &Given,
    before: &Found,
    sandbox: &Sandbox,
    options: &Options,
) -> Result<Arc<Ready>, Problem> {
    let (name, file) = (&locked.name, &locked.file);
    let problem = |what: String, next: String| problem(name, what, next);
    let again = || again(file);
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
    // Nothing is compiled that the practice does not want.
    files.vouched(name, locked, &digest, given)?;
    let known = before.ready.get(name).filter(|ready| ready.plugin.digest == digest);
    let plugin = match known {
        Some(ready) => ready.plugin.clone(),
        None => {
            Arc::new(sandbox.load_seen(&seen).map_err(|fault| problem(format!("plugins/{file} {fault}"), again()))?)
        }
    };
    if plugin.manifest.name != *name {
        let what = format!("plugins/{file} calls itself `{}`", plugin.manifest.name);
        return Err(problem(what, again()));
    }
    Ok(files.rights(&plugin, given, options)?.with(plugin))
}

fn again(file: &str) -> String {
    format!("run `jobwright plugin add plugins/{file}`")
}

/// Two plugins that offer one name: whichever served it before goes on, and without such a one neither does.
fn part_namesakes(found: &mut Found, before: &Found) {
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (plugin, ready) in &found.ready {
        for name in ready.plugin.manifest.names() {
            owners.entry(name.into()).or_default().push(plugin.clone());
        }
    }
    for (name, plugins) in owners.into_iter().filter(|(_, plugins)| plugins.len() > 1) {
        let served = |plugin: &String| {
            before.ready.get(plugin).is_some_and(|ready| ready.plugin.manifest.names().any(|one| one == name))
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

fn short(digest: Hash) -> String {
    format!("sha256:{digest:.12}…")
}

fn problem(plugin: &str, what: String, next: String) -> Problem {
    Problem { plugin: plugin.into(), what, next }
}
