//! `plugin inspect`: a component in its own words.

use std::path::PathBuf;

use clap::Args;
use jobwright_component::{SERVED, Wish};
use serde_json::{Value as Json, json};

use super::add::told;
use super::alone::Alone;
use super::{Component, Context, sign};
use crate::exit::Exit;
use crate::output::one_line;
use crate::practice::Practice;
use crate::report::Result;

/// What a component says of itself; nothing of it runs
#[derive(Debug, Args)]
pub struct Inspect {
    /// The component, or the name of a plugin of the practice
    file: PathBuf,
}

impl Inspect {
    pub fn run(self, ctx: &mut Context) -> Result {
        let component = Component::find(&self.file, ctx)?;
        let practice = Practice::open_if_there(&ctx.global)?;
        let signer = sign::signed(&component, practice.as_ref())?.signer;
        let alone = Alone::with(&component, Default::default(), &ctx.global)?;
        let imports: Vec<String> =
            alone.shelf.plugins().iter().flat_map(|ready| ready.plugin.imports.clone()).collect();
        // Mere shapes let nobody reach anything.
        let imports: Vec<String> = imports.into_iter().filter(|import| !import.contains("plugin/types@")).collect();
        let manifest = &component.manifest;
        if ctx.global.json {
            let own: Json = serde_json::from_slice(&manifest.to_json()).unwrap_or(Json::Null);
            ctx.out.json(&json!({
                "component": component.digest.to_string(),
                "bytes": component.bytes.len(),
                "signer": sign::shown(&signer),
                "imports": imports,
                "manifest": own,
            }))?;
            return Ok(Exit::Done);
        }
        // Each is one line, whatever its author wrote.
        let mut line = |text: String| ctx.out.line(one_line(&text));
        line(format!("{} {}", manifest.name, manifest.version))?;
        if let Some(description) = &manifest.description {
            line(format!("  {description}"))?;
        }
        line(format!("  component  sha256:{}", component.digest))?;
        line(format!("  signed by  {signer}"))?;
        line(format!("  size       {} bytes", component.bytes.len()))?;
        line(format!("  contract   {} (this program serves {})", manifest.api, SERVED.0))?;
        line(format!("  imports    {}", if imports.is_empty() { "nothing".into() } else { imports.join(", ") }))?;
        for task in &manifest.tasks {
            line(format!("task {}", task.name))?;
            if let Some(description) = &task.description {
                line(format!("  {description}"))?;
            }
            line(format!("  settings   {}", properties(&task.settings)))?;
            line(format!("  outputs    {}", properties(&task.outputs)))?;
            if !task.failures.is_empty() {
                line(format!("  failures   {}", task.failures.join(", ")))?;
            }
        }
        for selector in &manifest.selectors {
            line(format!("selector {}", selector.name))?;
            line(format!("  settings   {}", properties(&selector.settings)))?;
        }
        for check in &manifest.checks {
            line(format!("check {}", check.name))?;
        }
        for listener in &manifest.listeners {
            line(format!("hears {}", listener.events.join(", ")))?;
        }
        let wishes = Wish::all(manifest);
        if !wishes.is_empty() {
            line("asks for".into())?;
        }
        for wish in &wishes {
            line(format!("  {}", told(wish)))?;
        }
        Ok(Exit::Done)
    }
}

/// The properties of an object's schema, with their types; `?` for those that may be left out.
fn properties(schema: &Json) -> String {
    let required = |name: &str| {
        let named = schema.get("required").and_then(Json::as_array);
        named.is_some_and(|names| names.iter().any(|one| one.as_str() == Some(name)))
    };
    let Some(properties) = schema.get("properties").and_then(Json::as_object) else { return "any".into() };
    let one = |(name, of): (&String, &Json)| {
        let of = of.get("format").or_else(|| of.get("type")).and_then(Json::as_str).unwrap_or("any");
        format!("{name}{}: {of}", if required(name) { "" } else { "?" })
    };
    let all: Vec<String> = properties.iter().map(one).collect();
    if all.is_empty() { "none".into() } else { all.join(", ") }
}
