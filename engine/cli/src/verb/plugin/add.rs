//! `plugin add`: a component comes into the practice, with what it is granted.
//!
//! Owns: showing what it asks for, and what the admin grants of it. What an older version was granted holds for the new one
//! as far as it asks for no more: the same hosts, secrets to the same hosts, no larger limits, the same signer. What
//! others have changed while the question stood is read again, and is not undone. Leaves writing to the host of components.

use std::io;
use std::path::PathBuf;

use clap::Args;
use jobwright_component::{Digest, Edit, GRANTS, Grant, Signature, Signer, Trust, Wish, bound, narrow};
use serde_json::json;

use super::alone::{Alone, locked};
use super::sign::{self, Signed};
use super::{Component, Context, offers};
use crate::exit::Exit;
use crate::output::one_line;
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
        drop(Alone::with(&component, Default::default(), &ctx.global)?);
        let signed = self.signed(&practice, &component)?;
        let (name, manifest) = (component.manifest.name.clone(), &component.manifest);
        let shown = self.asked(&practice, &component, &signed)?;
        say_wishes(ctx, &component, &shown.wishes, &signed.signer)?;
        let granted = self.granted(ctx, &shown.wishes)?;
        let refused =
            shown.wishes.iter().enumerate().filter(|(place, _)| !granted.contains(place)).map(|(_, wish)| wish);
        if let Some(wish @ Wish::Signer { .. }) = refused.into_iter().find(|wish| matches!(wish, Wish::Signer { .. })) {
            return Err(Report::new(Exit::No, format!("plugin {name} {} is not taken in", manifest.version))
                .because(format!("it wants {}", wish.line()))
                .next("get it signed, or grant that too"));
        }
        let grant = self.write(&practice, &component, &signed, shown, &granted)?;
        let wishes = Wish::all(manifest);
        let lacks = grant.lacks(manifest);
        if ctx.global.json {
            ctx.out.json(&json!({
                "plugin": name,
                "version": manifest.version,
                "component": component.digest.to_string(),
                "signer": sign::shown(&signed.signer),
                "granted": wishes.iter().filter(|wish| grant.covers(wish)).count(),
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

    /// What it asks for beyond what is granted already, by the files as they are now.
    fn asked(&self, practice: &Practice, component: &Component, signed: &Signed) -> Result<Asked> {
        let folder = practice.plugins_folder();
        let edit = Edit::begin(&folder).map_err(|error| Report::file("change", &folder, &error))?;
        asked_by(&edit, practice, component, signed)
    }

    /// Writes what was granted, unless what was shown is not what the files give any more.
    fn write(
        &self,
        practice: &Practice,
        component: &Component,
        signed: &Signed,
        shown: Asked,
        granted: &[usize],
    ) -> Result<Grant> {
        let folder = practice.plugins_folder();
        let name = &component.manifest.name;
        let failed = |error: io::Error| Report::file("change", &folder, &error);
        let edit = Edit::begin(&folder).map_err(failed)?;
        let now = asked_by(&edit, practice, component, signed)?;
        if now != shown {
            return Err(Report::new(
                Exit::No,
                format!("plugin {name} is not added: its grants were changed meanwhile"),
            )
            .next("give the same command again; it shows what is asked for now"));
        }
        let mut grant = now.kept;
        for wish in granted.iter().filter_map(|place| now.wishes.get(*place)) {
            grant.add(wish.clone());
        }
        let file = format!("{name}.wasm");
        let same = std::fs::canonicalize(&self.file).ok() == std::fs::canonicalize(folder.join(&file)).ok();
        let bytes = (!same).then_some(component.bytes.as_slice());
        edit.put(locked(component, file, signed), bytes, &grant).map_err(failed)?;
        drop(edit);
        // What takes seconds to compile is compiled now, and not when a job needs it.
        let shelf = plugins::open(practice)?;
        let others = shelf.problems().into_iter().filter(|problem| problem.plugin == *name);
        if let Some(problem) = others.into_iter().find(|problem| !problem.what.contains("not granted")) {
            return Err(Report::new(Exit::No, format!("plugin {name} is added and cannot run"))
                .because(problem.what)
                .next(problem.next));
        }
        Ok(grant)
    }
}

/// What of an older grant holds, and what is asked beyond it.
#[derive(PartialEq)]
struct Asked {
    kept: Grant,
    wishes: Vec<Wish>,
}

fn asked_by(edit: &Edit, practice: &Practice, component: &Component, signed: &Signed) -> Result<Asked> {
    let folder = practice.plugins_folder();
    let failed = |error: io::Error| Report::file("read", &folder, &error);
    let (lock, grants) = (edit.lock().map_err(failed)?, edit.grants().map_err(failed)?);
    let (name, manifest) = (&component.manifest.name, &component.manifest);
    let before = lock.plugins.iter().find(|locked| locked.name == *name);
    let (kept, mut wishes) = match grants.0.get(name) {
        Some(old) => {
            let signature =
                before.filter(|locked| locked.digest == old.digest).and_then(|locked| locked.signature.clone());
            let old = with_hosts(Grant { signature, ..old.clone() }, practice, name);
            let (kept, wishes) = narrow(&old, component.digest, manifest);
            (Grant { signature: None, ..kept }, wishes)
        }
        None => (Grant { digest: Digest(component.digest), ..Grant::default() }, Wish::all(manifest)),
    };
    let trust = plugins::trust(practice)?;
    let before = before.and_then(|locked| Some((locked.signature.as_ref()?, locked.digest.0)));
    if let Some((before, digest)) = before.filter(|(_, digest)| *digest != component.digest) {
        // One that does not hold was nobody's.
        let signer = trust.signer(name, &digest, Some(before)).unwrap_or(Signer::Nobody);
        wishes.extend(other_signer(before, signer, signed, &trust));
    }
    Ok(Asked { kept, wishes })
}

/// A grant of an earlier version of this program says of no secret which host it goes to; the component that it is for does.
fn with_hosts(grant: Grant, practice: &Practice, name: &str) -> Grant {
    let path = practice.plugins_folder().join(format!("{name}.wasm"));
    match Component::read(&path) {
        Ok(old) if old.digest == grant.digest.0 => grant.with_hosts_of(&old.manifest),
        _ => grant,
    }
}

/// A version that is signed by others than the one before, or by nobody, is asked about.
fn other_signer(before: &Signature, signer: Signer, now: &Signed, trust: &Trust) -> Option<Wish> {
    let is_same = now.signature.as_ref().is_some_and(|now| now.key == before.key);
    let is_trusted = |signer: &Signer| matches!(signer, Signer::Trusted(_));
    let is_better = is_trusted(&now.signer) && !is_trusted(&signer) && !trust.keys.is_empty();
    if is_same || is_better || signer == Signer::Nobody {
        return None;
    }
    Some(Wish::Signer { before: signer.to_string(), now: now.signer.to_string() })
}

fn say_wishes(ctx: &mut Context, component: &Component, wishes: &[Wish], signer: &Signer) -> Result<()> {
    let manifest = &component.manifest;
    if ctx.global.json || ctx.global.quiet {
        return Ok(());
    }
    ctx.out.line(one_line(&format!("{} {} offers {}", manifest.name, manifest.version, offers(manifest))))?;
    if *signer != Signer::Nobody {
        ctx.out.line(format!("it is signed by {signer}"))?;
    }
    if wishes.is_empty() {
        return Ok(ctx.out.line("it asks for nothing that it is not granted already")?);
    }
    ctx.out.line("it asks for:")?;
    for (place, wish) in wishes.iter().enumerate() {
        ctx.out.line(format!("  {}. {}", place + 1, told(wish)))?;
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
                _ => Err(Report::usage(format!("`{}` is not the number of a wish", word.trim()))
                    .next(format!("write `all`, `none`, or numbers from 1 to {wishes}, as in `1,{wishes}`"))),
            })
            .collect(),
    }
}

/// A wish as a line, with what its author or we say about it.
pub fn told(wish: &Wish) -> String {
    let why = match wish {
        Wish::Limit { key, .. } => bound(key).map(|bound| format!("the default is {}", bound.default)),
        wish => wish.why().map(one_line),
    };
    format!("{}{}", wish.line(), why.map_or_else(String::new, |why| format!("   # {why}")))
}
