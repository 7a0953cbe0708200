//! `plugin new`: a project that builds, in the language its author likes.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Context, template};
use crate::exit::Exit;
use crate::report::{Report, Result};

/// A working project for a plugin, with one task type and a test
#[derive(Debug, Args)]
pub struct New {
    /// Its name: small letters, digits and single hyphens; also the folder's
    name: String,

    /// In which language
    #[arg(long, value_parser = ["rust", "js", "python", "zig", "c"])]
    lang: String,

    /// The task type that it begins with, dotted; `NAME.do` when left out
    #[arg(long = "type", value_name = "TYPE")]
    task_type: Option<String>,
}

impl New {
    pub fn run(self, ctx: &mut Context) -> Result {
        let name = self.name.as_str();
        if !is_slug(name) {
            return Err(Report::usage(format!("`{name}` cannot be the name of a plugin"))
                .next("write small letters, digits and single hyphens, as in `vat-checks`"));
        }
        let task_type = self.task_type.clone().unwrap_or_else(|| format!("{}.do", name.replace('-', "_")));
        let is_dotted = task_type.split('.').count() == 2
            && task_type.split('.').all(|part| {
                part.starts_with(|first: char| first.is_ascii_lowercase())
                    && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
            });
        if !is_dotted {
            return Err(Report::usage(format!("`{task_type}` cannot be a task type"))
                .next("write two names with a dot between them, as in `vat.checks`"));
        }
        let folder = PathBuf::from(name);
        if folder.exists() {
            return Err(Report::new(Exit::No, format!("{name} is there already")).next("choose another name"));
        }
        let build = template::build(&self.lang)?;
        for (path, text) in template::files(&self.lang) {
            write(&folder.join(path), &template::filled(text, name, &task_type, &self.lang))?;
        }
        write(&folder.join(&build.contract), template::CONTRACT)?;
        if let Some(vendored) = &build.vendored {
            for (path, text) in template::GUEST {
                write(&folder.join(vendored).join(path), text)?;
            }
        }
        ctx.say_done(&format!("{name} is written, with the task type {task_type}"))?;
        ctx.say_done(&format!("next: cd {name} && jobwright plugin build"))?;
        Ok(Exit::Done)
    }
}

fn is_slug(name: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.len() <= 64 && name.starts_with(|first: char| first.is_ascii_lowercase()) && name.split('-').all(plain)
}

fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(folder).map_err(|error| Report::file("make", folder, &error))?;
    std::fs::write(path, text).map_err(|error| Report::file("write", path, &error))
}
