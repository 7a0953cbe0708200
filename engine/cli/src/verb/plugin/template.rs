//! What `plugin new` writes and `plugin build` runs: the files of `plugins/templates`, built in.
//!
//! Owns: the list of files of each language, and putting the plugin's name where it belongs. What a language needs and how
//! it is built stands in `plugins/templates/build.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::exit::Exit;
use crate::report::{Report, Result};

/// The contract that a plugin is built against.
pub const CONTRACT: &str = include_str!("../../../../../schemas/plugin/v0.1/plugin.wit");
const BUILD: &str = include_str!("../../../../../plugins/templates/build.toml");

/// A file of a project: where it lies in it, and what it says.
pub type File = (&'static str, &'static str);

macro_rules! file {
    ($language:literal, $path:literal) => {
        ($path, include_str!(concat!("../../../../../plugins/templates/", $language, "/", $path)))
    };
}
macro_rules! guest {
    ($path:literal) => {
        ($path, include_str!(concat!("../../../../../plugins/guest/", $path)))
    };
}

/// What authors write Rust plugins with: it goes into their project, so that it fits the program that wrote it.
pub const GUEST: &[File] = &[
    guest!("Cargo.toml"),
    guest!("src/call.rs"),
    guest!("src/given.rs"),
    guest!("src/host.rs"),
    guest!("src/http.rs"),
    guest!("src/journal.rs"),
    guest!("src/lib.rs"),
    guest!("src/memory.rs"),
    guest!("src/offer.rs"),
    guest!("src/plugin.rs"),
    guest!("src/records.rs"),
];

/// The files of each language. A test compares them with the folders.
pub const TEMPLATES: &[(&str, &[File])] = &[
    (
        "c",
        &[
            file!("c", ".gitignore"),
            file!("c", "README.md"),
            file!("c", "component.mjs"),
            file!("c", "examples/greeting.json"),
            file!("c", "examples/nobody.json"),
            file!("c", "package.json"),
            file!("c", "plugin.toml"),
            file!("c", "requirements.txt"),
            file!("c", "schemas/outputs.json"),
            file!("c", "schemas/settings.json"),
            file!("c", "src/contract.h"),
            file!("c", "src/plugin.c"),
            file!("c", "wit/world.wit"),
        ],
    ),
    (
        "js",
        &[
            file!("js", ".gitignore"),
            file!("js", "README.md"),
            file!("js", "build.mjs"),
            file!("js", "examples/greeting.json"),
            file!("js", "examples/nobody.json"),
            file!("js", "package.json"),
            file!("js", "plugin.toml"),
            file!("js", "schemas/outputs.json"),
            file!("js", "schemas/settings.json"),
            file!("js", "src/greet.js"),
            file!("js", "src/greet.test.js"),
            file!("js", "src/plugin.js"),
            file!("js", "wit/world.wit"),
        ],
    ),
    (
        "python",
        &[
            file!("python", ".gitignore"),
            file!("python", "README.md"),
            file!("python", "examples/greeting.json"),
            file!("python", "examples/nobody.json"),
            file!("python", "plugin.toml"),
            file!("python", "requirements.txt"),
            file!("python", "schemas/outputs.json"),
            file!("python", "schemas/settings.json"),
            file!("python", "src/greet.py"),
            file!("python", "src/plugin.py"),
            file!("python", "src/test_greet.py"),
            file!("python", "wit/world.wit"),
        ],
    ),
    (
        "rust",
        &[
            file!("rust", ".gitignore"),
            file!("rust", "Cargo.toml"),
            file!("rust", "README.md"),
            file!("rust", "examples/greeting.json"),
            file!("rust", "examples/nobody.json"),
            file!("rust", "plugin.toml"),
            file!("rust", "schemas/outputs.json"),
            file!("rust", "schemas/settings.json"),
            file!("rust", "src/lib.rs"),
        ],
    ),
    (
        "zig",
        &[
            file!("zig", ".gitignore"),
            file!("zig", "README.md"),
            file!("zig", "component.mjs"),
            file!("zig", "examples/greeting.json"),
            file!("zig", "examples/nobody.json"),
            file!("zig", "package.json"),
            file!("zig", "plugin.toml"),
            file!("zig", "requirements.txt"),
            file!("zig", "schemas/outputs.json"),
            file!("zig", "schemas/settings.json"),
            file!("zig", "src/contract.zig"),
            file!("zig", "src/greet.zig"),
            file!("zig", "src/plugin.zig"),
            file!("zig", "wit/world.wit"),
        ],
    ),
];

/// How a plugin of a language is built.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// Where the contract goes in the project.
    pub contract: String,
    /// Where what plugins are written with goes, in Rust.
    pub vendored: Option<String>,
    /// Folders of the project that are searched for programs first.
    pub path: Vec<String>,
    /// What is run, in order, in the project's folder.
    pub commands: Vec<Vec<String>>,
    /// The component, without its manifest.
    pub makes: String,
    /// What must be there.
    #[serde(default)]
    pub needs: Vec<Need>,
}

/// Something that a build needs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// What people call it.
    pub name: String,
    /// A command that ends well when it is there.
    pub look: Vec<String>,
    /// A line that the command must say.
    pub says: Option<String>,
    /// The command that brings it.
    pub install: String,
}

/// How plugins of a language are built.
pub fn build(language: &str) -> Result<Build> {
    let all: BTreeMap<String, Build> = toml::from_str(BUILD)
        .map_err(|error| Report::new(Exit::Fault, "our own list of languages cannot be read").caused_by(&error))?;
    let words: Vec<String> = all.keys().cloned().collect();
    all.into_iter().find(|(name, _)| name == language).map(|(_, build)| build).ok_or_else(|| {
        Report::usage(format!("there is no language `{language}`")).next(format!("write one of: {}", words.join(", ")))
    })
}

/// The files of a language.
pub fn files(language: &str) -> &'static [File] {
    TEMPLATES.iter().find(|(name, _)| *name == language).map_or(&[], |(_, files)| files)
}

/// The plugin's own words in the place of ours.
pub fn filled(text: &str, name: &str, task_type: &str, language: &str) -> String {
    text.replace("{{name}}", name)
        .replace("{{type}}", task_type)
        .replace("{{language}}", language)
        .replace("{{crate}}", &name.replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn listed(folder: &Path, below: &str, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let name = format!("{below}{}", entry.file_name().to_string_lossy());
            // Links are followed: what they lead to is what is written.
            if entry.path().is_dir() {
                listed(&entry.path(), &format!("{name}/"), found);
            } else {
                found.push(name);
            }
        }
    }

    #[test]
    fn every_file_of_every_template_is_built_in() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins");
        for (language, files) in TEMPLATES {
            let mut found = Vec::new();
            listed(&root.join("templates").join(language), "", &mut found);
            found.sort();
            assert_eq!(files.iter().map(|(path, _)| *path).collect::<Vec<_>>(), found, "{language}");
            assert!(build(language).is_ok(), "{language}");
        }
        let mut found = Vec::new();
        listed(&root.join("guest/src"), "src/", &mut found);
        found.push("Cargo.toml".into());
        found.sort();
        assert_eq!(GUEST.iter().map(|(path, _)| *path).collect::<Vec<_>>(), found);
    }

    #[test]
    fn no_place_for_a_name_is_left_open() {
        for (language, files) in TEMPLATES {
            for (path, text) in *files {
                let filled = filled(text, "greeter", "greeter.do", language);
                assert!(!filled.contains("{{"), "{language}/{path}");
            }
        }
    }
}
