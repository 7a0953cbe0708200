//! `plugin add`: a component comes into the practice, with what it is granted.
//!
//! Owns: showing what it asks for, what the admin grants of it, and writing file, grants and lock in that order, so that
//! a crash leaves the plugin either as it was or as it is now. What an older version was granted holds for the new one as
//! far as it asks for no more.

use std::path::PathBuf;

use clap::Args;
use jobwright_component::{Digest, GRANTS, Grant, Grants, LOCK, Lock, Signer, Wish, narrow};
use serde_json::json;

use super::alone::{Alone, locked};
use super::sign::{self, Signed};
use super::{Component, Context, offers};
use crate::exit::Exit;
use crate::plugins;
use crate::practice::Practice;
use crate::report::{Report, Result};

/// Take a plugin in, or a new version of it, with what it is granted
#[derive(Debug, Args)]
pub struct Add {
    /// The component, as `jobwright plugin build` makes it
    file: PathBuf,

    /// What it is granted of what it asks for: `all`, `none`, or the numbers of the wishes, as in `1,3`
    #[arg(long, value_name = "WISHES")]
    grant: Option<String>,
}

impl Add {
    pub fn run(self, ctx: &mut Context) -> Result {
        let practice = Practice::open(&ctx.global)?;
        let component = Component::read(&self.file)?;
        // Whatever is wrong with it is told before anything is asked or written.
        drop(Alone::with(&component, Default::default())?);
        let signed = self.signed(&practice, &component)?;
        let folder = practice.plugins_folder();
        let path = folder.join(GRANTS);
        let mut grants = Grants::read(&path).map_err(|error| Report::file("read", &path, &error))?;
        let (name, manifest) = (component.manifest.name.clone(), &component.manifest);
        let (kept, wishes) = match grants.0.get(&name) {
            Some(old) => narrow(old, component.digest, manifest),
            None => (Grant { digest: Digest(component.digest), ..Grant::default() }, Wish::all(manifest)),
        };
        say_wishes(ctx, &component, &wishes, &signed.signer)?;
        let granted = self.granted(ctx, &wishes)?;
        let grant = with(kept, &wishes, &granted);
        self.write(&practice, &component, &signed, &mut grants, grant.clone())?;
        let lacks = grant.lacks(manifest);
        if ctx.global.json {
            ctx.out.json(&json!({
                "plugin": name,
                "version": manifest.version,
                "component": component.digest.to_string(),
                "signer": sign::shown(&signed.signer),
                "granted": wishes.len() - lacks.len(),
                "lacks": lacks.iter().map(Wish::line).collect::<Vec<_>>(),
            }))?;
        }
        ctx.say_done(&format!("plugin {name} {} is added: {}", manifest.version, offers(manifest)))?;
        if !lacks.is_empty() {
            let lines: Vec<String> = lacks.iter().map(Wish::line).collect();
            ctx.say_done(&format!(
                "it cannot run before it is granted, under [{name}] in plugins/{GRANTS}:\n  {}",
                lines.join("\n  ")
            ))?;
        }
        Ok(Exit::Done)
    }

    /// Who vouches for it; refused where the practice wants somebody whom it trusts.
    fn signed(&self, practice: &Practice, component: &Component) -> Result<Signed> {
        let signed = sign::signed(component, Some(practice))?;
        match plugins::trust(practice)?.refusal(&signed.signer) {
            Some((what, next)) => {
                let refused = format!("plugin {} is not taken in", component.manifest.name);
                Err(Report::new(Exit::No, refused).because(format!("it {what}")).next(next))
            }
            None => Ok(signed),
        }
    }

    /// The places of the wishes that are granted.
    fn granted(&self, ctx: &Context, wishes: &[Wish]) -> Result<Vec<usize>> {
        if wishes.is_empty() {
            return Ok(vec![]);
        }
        if let Some(words) = &self.grant {
            return chosen(words, wishes.len());
        }
        if !ctx.caller.can_answer() {
            return Err(Report::usage("say what it is granted")
                .next("`--grant all`, `--grant none`, or the numbers of the wishes, as in `--grant 1,3`"));
        }
        let question = "Grant all of it, none, or some by their numbers? [all/none/1,3] ";
        let answer = ctx.caller.ask(question).map_err(|error| {
            Report::new(Exit::No, "nobody answers what it is granted").caused_by(&error).next("use `--grant`")
        })?;
        chosen(answer.trim(), wishes.len())
    }

    fn write(
        &self,
        practice: &Practice,
        component: &Component,
        signed: &Signed,
        grants: &mut Grants,
        grant: Grant,
    ) -> Result<()> {
        let folder = practice.plugins_folder();
        let name = &component.manifest.name;
        std::fs::create_dir_all(&folder).map_err(|error| Report::file("make", &folder, &error))?;
        let file = format!("{name}.wasm");
        let path = folder.join(LOCK);
        let mut lock = Lock::read(&path).map_err(|error| Report::file("read", &path, &error))?;
        lock.put(locked(component, file.clone(), signed));
        let wasm = folder.join(&file);
        let same = std::fs::canonicalize(&self.file).ok() == std::fs::canonicalize(&wasm).ok();
        if !same {
            let new = folder.join(format!(".{file}.new"));
            let written = std::fs::write(&new, &component.bytes).and_then(|()| std::fs::rename(&new, &wasm));
            written.map_err(|error| Report::file("write", &wasm, &error))?;
        }
        grants.0.insert(name.clone(), grant);
        let path_of_grants = folder.join(GRANTS);
        grants.write(&path_of_grants).map_err(|error| Report::file("write", &path_of_grants, &error))?;
        lock.write(&path).map_err(|error| Report::file("write", &path, &error))?;
        // What takes seconds to compile is compiled now, and not when a job needs it.
        let shelf = plugins::open(practice)?;
        let others = shelf.problems().into_iter().filter(|problem| problem.plugin == *name);
        if let Some(problem) = others.into_iter().find(|problem| !problem.what.contains("not granted")) {
            return Err(Report::new(Exit::No, format!("plugin {name} is added and cannot run"))
                .because(problem.what)
                .next(problem.next));
        }
        Ok(())
    }
}

fn say_wishes(ctx: &mut Context, component: &Component, wishes: &[Wish], signer: &Signer) -> Result<()> {
    let manifest = &component.manifest;
    if ctx.global.json || ctx.global.quiet {
        return Ok(());
    }
    ctx.out.line(format!("{} {} offers {}", manifest.name, manifest.version, offers(manifest)))?;
    if *signer != Signer::Nobody {
        ctx.out.line(format!("it is signed by {signer}"))?;
    }
    if wishes.is_empty() {
        return Ok(ctx.out.line("it asks for nothing that it is not granted already")?);
    }
    ctx.out.line("it asks for:")?;
    for (place, wish) in wishes.iter().enumerate() {
        let why = wish.why().map_or_else(String::new, |why| format!("   # {why}"));
        ctx.out.line(format!("  {}. {}{why}", place + 1, wish.line()))?;
    }
    Ok(())
}

/// `all`, `none`, or numbers from 1.
fn chosen(words: &str, wishes: usize) -> Result<Vec<usize>> {
    match words {
        "all" => Ok((0..wishes).collect()),
        "none" | "" => Ok(vec![]),
        words => words
            .split(',')
            .map(|word| match word.trim().parse::<usize>() {
                Ok(number) if (1..=wishes).contains(&number) => Ok(number - 1),
                _ => Err(Report::usage(format!("`{}` is no number of a wish", word.trim()))
                    .next(format!("write `all`, `none`, or numbers from 1 to {wishes}, as in `1,{wishes}`"))),
            })
            .collect(),
    }
}

fn with(mut grant: Grant, wishes: &[Wish], granted: &[usize]) -> Grant {
    for wish in granted.iter().filter_map(|place| wishes.get(*place)) {
        match wish.clone() {
            Wish::Http(wish) => grant.http.push(jobwright_component::HttpWish { why: None, ..wish }),
            Wish::Secret(wish) => drop(grant.secrets.insert(wish.name.clone(), wish.name)),
            Wish::Read(field) => grant.read.push(field),
            Wish::Effect(effect) => grant.effects.push(effect),
        }
    }
    grant
}
