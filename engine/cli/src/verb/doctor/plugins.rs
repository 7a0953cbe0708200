//! The plugins of a practice: whether each can run, who vouches for it, and what it is given.
//!
//! Owns: a line for each plugin and for each thing that hinders one: a grant, a signature, a secret, a damaged file, crashes.
//! Leaves what is in order to the host of components.

use std::path::Path;

use jiff::Timestamp;
use jobwright_component::{GRANTS, Grants, LOCK, Lock, Ready, Shelf, Wish};
use jobwright_email::secrets;
use serde_json::json;

use super::{Finding, Grade};
use crate::assemble::SECRETS;
use crate::plugins;
use crate::practice::Practice;

const WHAT: &str = "plugins";
/// A secret that is shorter is not looked for in what comes back from a host.
const SECRET_BYTES_MIN: usize = 6;

/// Nothing for a practice without plugins.
pub(super) fn plugins(practice: &Practice) -> Vec<Finding> {
    let folder = practice.plugins_folder();
    if !folder.join(LOCK).exists() {
        return secrets_file(practice).into_iter().collect();
    }
    let shelf = match practice.shelf() {
        Ok(Some(shelf)) => shelf,
        Ok(None) => return vec![],
        Err(report) => return vec![Finding::of(WHAT, &report)],
    };
    // A running engine looks only now and then.
    shelf.look_again();
    let mut findings: Vec<Finding> = shelf.plugins().iter().map(|ready| of_plugin(practice, &shelf, ready)).collect();
    for problem in shelf.problems() {
        let found = format!("{}: {}", problem.plugin, problem.what);
        findings
            .push(Finding::new(Grade::Bad, WHAT, found).next(problem.next).data(json!({ "plugin": problem.plugin })));
    }
    findings.extend(not_installed(&folder));
    findings.extend(secrets_file(practice));
    findings.push(cache(&shelf));
    findings
}

/// One that can run.
fn of_plugin(practice: &Practice, shelf: &Shelf, ready: &Ready) -> Finding {
    let manifest = &ready.plugin.manifest;
    let data = json!({ "plugin": manifest.name, "version": manifest.version });
    if let Some(held) = shelf.held_back(ready, Timestamp::now()) {
        return Finding::new(Grade::Bad, WHAT, format!("{}: held, {}", manifest.name, held.message)).data(data);
    }
    let folder = practice.plugins_folder();
    let lock = Lock::read(&folder.join(LOCK)).unwrap_or_default();
    let trust = plugins::trust(practice).unwrap_or_default();
    let locked = lock.plugins.iter().find(|locked| locked.name == manifest.name);
    let signer = locked.and_then(|locked| {
        trust.signer(&locked.name, &locked.digest.0, locked.signature.as_ref()).ok().map(|signer| signer.to_string())
    });
    let signed = signer.unwrap_or_else(|| "nobody".into());
    let found = format!("{} {} runs, signed by {signed}", manifest.name, manifest.version);
    // A new version whose file is not in order leaves the old one at work.
    if locked.is_none_or(|locked| locked.digest.0 != ready.plugin.digest) {
        return Finding::new(Grade::Warn, WHAT, format!("{found}; it is not the version in {LOCK}"))
            .next("see `jobwright plugin list`")
            .data(data);
    }
    let grants = Grants::read(&folder.join(GRANTS)).unwrap_or_default();
    let grant = grants.of(&manifest.name, &ready.plugin.digest);
    let less: Vec<String> = Wish::all(manifest)
        .into_iter()
        .filter(|wish| matches!(wish, Wish::Limit { .. }) && !grant.is_some_and(|grant| grant.covers(wish)))
        .map(|wish| wish.line())
        .collect();
    if less.is_empty() {
        return Finding::new(Grade::Ok, WHAT, found).data(data);
    }
    Finding::new(Grade::Warn, WHAT, format!("{found}; it asks for more than it is granted"))
        .next(format!(
            "when it fails for that, add under `[{}]` in plugins/{GRANTS}: {}",
            manifest.name,
            less.join("; ")
        ))
        .data(data)
}

/// Grants to plugins that are not there.
fn not_installed(folder: &Path) -> Vec<Finding> {
    let (Ok(lock), Ok(grants)) = (Lock::read(&folder.join(LOCK)), Grants::read(&folder.join(GRANTS))) else {
        return vec![];
    };
    let names = grants.0.into_keys().filter(|name| !lock.plugins.iter().any(|locked| locked.name == *name));
    names
        .map(|name| {
            let found = format!("{name}: is granted something in {GRANTS}, and is not installed");
            Finding::new(Grade::Warn, WHAT, found).next(format!("take `[{name}]` out of plugins/{GRANTS}"))
        })
        .collect()
}

/// The secrets file: that nobody else can read it, and that what is in it can be looked for.
fn secrets_file(practice: &Practice) -> Option<Finding> {
    const WHAT: &str = "secrets";
    let path = practice.store.join(SECRETS);
    if !path.exists() {
        return None;
    }
    Some(match secrets::of_plugins(&path) {
        Err(error) => Finding::new(Grade::Bad, WHAT, error.to_string())
            .next("until then no plugin runs and no letter leaves that needs a password"),
        Ok(secrets) => {
            let short = |secret: &secrets::Secret| secret.expose().len() < SECRET_BYTES_MIN;
            let short: Vec<&str> =
                secrets.iter().filter(|(_, secret)| short(secret)).map(|(name, _)| name.as_str()).collect();
            let found = format!("{} for plugins, readable by this account alone", secrets.len());
            match short.is_empty() {
                true => Finding::new(Grade::Ok, WHAT, found),
                false => {
                    Finding::new(Grade::Warn, WHAT, format!("{found}; too short: {}", short.join(", "))).next(format!(
                        "a secret of fewer than {SECRET_BYTES_MIN} bytes is not known again when a host sends it back"
                    ))
                }
            }
        }
    })
}

fn cache(shelf: &Shelf) -> Finding {
    const WHAT: &str = "cache";
    match shelf.cache_folder() {
        Some(folder) => Finding::new(Grade::Ok, WHAT, format!("compiled plugins lie in {}", folder.display())),
        None => Finding::new(Grade::Warn, WHAT, "plugins are compiled anew each time")
            .next("set XDG_CACHE_HOME or HOME to a folder of this account alone, outside of the practice"),
    }
}
