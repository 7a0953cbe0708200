//! Where this account keeps what can be made again: machine code of plugins.
//!
//! Owns: which folder that is, by what the system says, and that it is no part of a practice: whoever packs a practice folder
//! could put code of their own into it. Leaves whether the folder may be relied on to whoever opens it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Once;

/// What systemd makes for a service by `CacheDirectory=`; the first of several.
const OF_SERVICE: &str = "CACHE_DIRECTORY";
/// Where an account keeps such things, when it says so.
const OF_ACCOUNT: &str = "XDG_CACHE_HOME";
/// Where it keeps them otherwise: in `.cache` below.
const HOME: &str = "HOME";
/// Our part of a folder that others use too.
const OURS: &str = "jobwright";
/// What is kept of plugins.
const PLUGINS: &str = "plugins";

/// The folder for compiled plugins, unless there is none or it lies in one of these folders. That is said once.
pub fn of_plugins(outside_of: &[&Path]) -> Option<PathBuf> {
    static SAID: Once = Once::new();
    let Some(folder) = chosen(&|name| env::var_os(name)) else {
        SAID.call_once(|| {
            tracing::warn!(
                "plugins are compiled anew each time: this account has no cache folder; set {OF_ACCOUNT} or {HOME}, or \
                 CacheDirectory= in the unit of the service"
            );
        });
        return None;
    };
    if let Some(within) = outside_of.iter().find(|within| lies_in(&folder, within)) {
        SAID.call_once(|| {
            let (folder, within) = (folder.display(), within.display());
            tracing::warn!(
                "plugins are compiled anew each time: their cache {folder} would lie in the practice {within}"
            );
        });
        return None;
    }
    Some(folder)
}

fn chosen(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // A path that is not absolute means another folder in each place, and is passed over.
    let absolute = |path: PathBuf| path.is_absolute().then_some(path);
    let of = |name: &str| absolute(PathBuf::from(variable(name)?));
    let first = |list: OsString| env::split_paths(&list).next().and_then(absolute);
    if let Some(own) = variable(OF_SERVICE).and_then(first) {
        return Some(own.join(PLUGINS));
    }
    let shared = of(OF_ACCOUNT).or_else(|| Some(of(HOME)?.join(".cache")))?;
    Some(shared.join(OURS).join(PLUGINS))
}

/// Whether a folder that may not be there yet lies in another, whatever links lead there.
fn lies_in(folder: &Path, within: &Path) -> bool {
    let Ok(within) = within.canonicalize() else { return false };
    let there = folder.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    there.is_some_and(|(above, real)| {
        let rest = folder.strip_prefix(above).unwrap_or(Path::new(""));
        real.join(rest).starts_with(within)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_the_services_the_accounts_or_the_one_below_home() {
        for (variables, expected) in [
            (
                &[("CACHE_DIRECTORY", "/var/cache/jobwright:/x"), ("HOME", "/h")][..],
                Some("/var/cache/jobwright/plugins"),
            ),
            (&[("XDG_CACHE_HOME", "/c"), ("HOME", "/h")], Some("/c/jobwright/plugins")),
            (&[("HOME", "/h")], Some("/h/.cache/jobwright/plugins")),
            (&[("XDG_CACHE_HOME", "c"), ("HOME", "/h")], Some("/h/.cache/jobwright/plugins")),
            (&[("XDG_CACHE_HOME", ""), ("HOME", "")], None),
            (&[("HOME", "h")], None),
            (&[], None),
        ] {
            let of = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into());
            assert_eq!(chosen(&of).as_deref(), expected.map(Path::new), "{variables:?}");
        }
    }

    #[test]
    fn r01_a_cache_within_the_practice_is_known_for_one_also_behind_a_link() {
        let place = env::temp_dir().join(format!("jobwright-cache-{}", std::process::id()));
        let practice = place.join("practice");
        std::fs::create_dir_all(practice.join("home")).unwrap();
        std::os::unix::fs::symlink(practice.join("home"), place.join("link")).unwrap();
        assert!(lies_in(&practice.join("home/.cache/jobwright"), &practice));
        assert!(lies_in(&place.join("link/.cache/jobwright"), &practice));
        assert!(!lies_in(&place.join("other/.cache"), &practice));
        assert!(!lies_in(&place.join("practice-2/.cache"), &practice));
        std::fs::remove_dir_all(place).unwrap();
    }
}
