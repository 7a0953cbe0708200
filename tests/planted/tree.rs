//! A copy of the repository with all bugs in it, each behind its switch.
//!
//! Owns: what is copied, and how a bug is written so that it asks for its switch. What is the same already stays as it
//! is, so that only what has changed is built again. Leaves the variable that switches to `trial`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::Bug;

/// Names one bug, for the whole process and those that it starts. The program's own begin with another word, since tests
/// keep those from it.
pub const SWITCH: &str = "PLANTED_BUG";
/// What is built or kept beside the sources.
const LEFT_OUT: [&str; 2] = ["target", ".git"];
/// Folders deeper than this are none of ours.
const DEPTH_MAX: usize = 16;

/// The folder that holds the copy, below the one that everything is built in.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("planted")
}

/// Makes the copy, and gives its place.
pub fn planted(root: &Path, bugs: &[Bug]) -> PathBuf {
    let tree = folder().join("tree");
    let texts = texts(root, bugs);
    let (mut wanted, mut found) = (BTreeSet::new(), BTreeSet::new());
    collect(root, Path::new(""), DEPTH_MAX, &mut wanted);
    for path in &wanted {
        match texts.get(path) {
            Some(text) => write(&tree.join(path), text.as_bytes()),
            None => copy(&root.join(path), &tree.join(path)),
        }
    }
    collect(&tree, Path::new(""), DEPTH_MAX, &mut found);
    for path in found.difference(&wanted) {
        fs::remove_file(tree.join(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    tree
}

/// The files that differ from ours: those with bugs, and the roots of their crates, which know the switch.
fn texts(root: &Path, bugs: &[Bug]) -> BTreeMap<PathBuf, String> {
    let mut texts = BTreeMap::new();
    for bug in bugs {
        for path in [PathBuf::from(&bug.file), crate_root(&bug.file)] {
            texts.entry(path).or_insert_with_key(|path| read(&root.join(path)));
        }
    }
    for root in bugs.iter().map(|bug| crate_root(&bug.file)).collect::<BTreeSet<_>>() {
        texts.entry(root).or_default().push_str(&asking());
    }
    for bug in bugs {
        let text = texts.entry(PathBuf::from(&bug.file)).or_default();
        *text = text.replacen(&bug.old, &behind_switch(bug), 1);
    }
    texts
}

fn crate_root(file: &str) -> PathBuf {
    let (of_crate, _) = file.split_once("/src/").unwrap_or_else(|| panic!("{file} is in no crate"));
    Path::new(of_crate).join("src/lib.rs")
}

/// What a crate is given to ask for a switch with; it compiles without the standard library, which is there in a test.
fn asking() -> String {
    format!(
        "
pub(crate) fn planted(name: &str) -> bool {{
    extern crate std;
    static ON: std::sync::OnceLock<Option<std::string::String>> = std::sync::OnceLock::new();
    ON.get_or_init(|| std::env::var(\"{SWITCH}\").ok()).as_deref() == Some(name)
}}
"
    )
}

/// What stands in place of the old text.
fn behind_switch(bug: &Bug) -> String {
    let Bug { name, old, new, .. } = bug;
    let on = format!("crate::planted(\"{name}\")");
    if new.contains("planted!()") {
        new.replace("planted!()", &on)
    } else if old.trim_end().ends_with(';') {
        format!("if {on} {{ {new} }} else {{ {old} }}")
    } else {
        format!("(if {on} {{ {new} }} else {{ {old} }})")
    }
}

/// All files below a folder, by their paths within it.
fn collect(root: &Path, folder: &Path, depth: usize, found: &mut BTreeSet<PathBuf>) {
    let Some(deeper) = depth.checked_sub(1) else { return };
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return };
    for entry in entries.flatten() {
        let path = folder.join(entry.file_name());
        // A link to a folder is followed: what it shows is copied.
        let is_folder = root.join(&path).is_dir();
        if LEFT_OUT.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if is_folder {
            collect(root, &path, deeper, found);
        } else {
            found.insert(path);
        }
    }
}

fn copy(from: &Path, to: &Path) {
    let is_same = fs::read(to).is_ok_and(|there| fs::read(from).is_ok_and(|here| here == there));
    if !is_same {
        make_folder(to);
        fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }
}

fn write(path: &Path, bytes: &[u8]) {
    if !fs::read(path).is_ok_and(|there| there == bytes) {
        make_folder(path);
        fs::write(path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

fn make_folder(of: &Path) {
    let folder = of.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
