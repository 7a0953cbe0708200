//! `plugin list`: what a practice has, and what of it is not in order.

use jobwright_component::{LOCK, Lock, Locked, Signer};
use serde_json::{Value as Json, json};

use super::{Context, offers, sign};
use crate::exit::Exit;
use crate::output::Paint;
use crate::plugins;
use crate::practice::Practice;
use crate::report::{Report, Result};
use crate::table::{Cell, Table};

/// All plugins of the practice, those that serve and those that do not.
pub fn list(ctx: &mut Context) -> Result {
    let practice = Practice::open(&ctx.global)?;
    let path = practice.plugins_folder().join(LOCK);
    let lock = Lock::read(&path).map_err(|error| Report::file("read", &path, &error))?;
    let shelf = practice.shelf()?;
    let (ready, problems) = match &shelf {
        Some(shelf) => (shelf.plugins(), shelf.problems()),
        None => (vec![], vec![]),
    };
    let trust = plugins::trust(&practice)?;
    let signer = |locked: &Locked| trust.signer(&locked.name, &locked.digest.0, locked.signature.as_ref());
    let serves = |name: &str| ready.iter().find(|ready| ready.name() == name);
    if ctx.global.json {
        for locked in &lock.plugins {
            let problem = problems.iter().find(|problem| problem.plugin == locked.name);
            let names: Vec<&str> =
                serves(&locked.name).iter().flat_map(|ready| ready.plugin.manifest.names()).collect();
            ctx.out.json(&json!({
                "plugin": locked.name,
                "version": locked.version,
                "component": locked.digest.0.to_string(),
                "api": locked.api,
                "signer": signer(locked).as_ref().map_or(Json::Null, sign::shown),
                "offers": names,
                "problem": problem.map_or(Json::Null, |problem| json!({ "what": problem.what, "next": problem.next })),
            }))?;
        }
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["plugin", "version", "component", "signed by", "offers"]);
    for locked in &lock.plugins {
        let offered = serves(&locked.name).map(|ready| Cell::from(offers(&ready.plugin.manifest)));
        let offered = offered.unwrap_or_else(|| Cell::styled("does not run; see below".to_owned(), Paint::bad));
        let digest = Cell::styled(format!("{:.12}", locked.digest.0), Paint::dim);
        let signer = match signer(locked) {
            Ok(Signer::Trusted(name)) => Cell::from(name),
            Ok(Signer::Nobody) => Cell::from("nobody".to_owned()),
            Ok(Signer::Unknown(_)) => Cell::styled("a key not trusted".to_owned(), Paint::dim),
            Err(_) => Cell::styled("a bad signature".to_owned(), Paint::bad),
        };
        table.row([locked.name.as_str().into(), locked.version.as_str().into(), digest, signer, offered]);
    }
    if table.is_empty() {
        ctx.out.line("no plugins; `jobwright plugin add FILE` adds one")?;
    } else {
        ctx.out.text(table.human(ctx.out.paint()))?;
    }
    for problem in &problems {
        ctx.out.line(format!("{}: {}\n  next: {}", problem.plugin, problem.what, problem.next))?;
    }
    Ok(if problems.is_empty() { Exit::Done } else { Exit::No })
}
