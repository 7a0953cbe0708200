//! `jobs`: the board.
//!
//! Owns: which jobs, in which order, with what at a glance. Which they are is read from heads alone; of those that are
//! listed also the links to jobs that started them, or that they started.

use clap::Args;
use jobwright_core::access::{Action, Resource};
use jobwright_core::{
    id::{ClientId, DefinitionId, Hash},
    job::JobState,
};
use jobwright_store::{
    Direction, Loaded, definitions,
    jobs::{self, Head},
};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

use super::Context;
use crate::assemble::store_report;
use crate::desk::{Desk, short};
use crate::exit::Exit;
use crate::linked::{Link, Linked};
use crate::output::Paint;
use crate::report::{Report, Result};
use crate::shape;
use crate::table::{Cell, Table};

/// Heads read at once.
const PAGE: usize = 500;

/// List jobs: what is open, who is waited for, what needs a person
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright jobs                               what is open
  jobwright jobs --client 4711 --all
  jobwright jobs --attention                   what nobody but a person can mend
  jobwright jobs --behind                      jobs on older versions of their definition")]
pub struct Jobs {
    /// Of this definition
    #[arg(long, value_name = "ID")]
    definition: Option<String>,

    /// For this client
    #[arg(long, value_name = "ID")]
    client: Option<String>,

    /// Also those that have ended
    #[arg(long)]
    all: bool,

    /// Only those that need a person: failed, uncompletable or set aside
    #[arg(long)]
    attention: bool,

    /// Only those that follow an older version
    #[arg(long)]
    behind: bool,

    /// Most jobs listed
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    limit: usize,
}

impl Jobs {
    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk(Action::View, Resource::Jobs)?;
        let definition = parsed::<DefinitionId>(self.definition.as_deref())?;
        let client = parsed::<ClientId>(self.client.as_deref())?;
        let latest = self.latest(&desk)?;
        let is_wanted = |head: &Head| {
            let is_open = head.state == JobState::Open;
            (self.all || is_open)
                && definition.as_ref().is_none_or(|id| *id == head.definition)
                && client.as_ref().is_none_or(|id| *id == head.client)
                && (!self.attention || (is_open && (head.needs_attention() || head.uncompletable > 0)))
                && (!self.behind || (is_open && latest.get(&head.definition).is_some_and(|hash| *hash != head.hash)))
        };
        let heads = self.heads(&desk, client.as_ref(), is_wanted)?;
        self.say(&desk, &heads, ctx)
    }

    fn latest(&self, desk: &Desk) -> Result<BTreeMap<DefinitionId, Hash>> {
        if !self.behind {
            return Ok(BTreeMap::new());
        }
        let newest = definitions::newest(&desk.engine.reader(), None, PAGE).map_err(store_report)?;
        Ok(newest.found.into_iter().map(|one| (one.id, one.hash)).collect())
    }

    /// Newest first; a client's own list is read by its index.
    fn heads(&self, desk: &Desk, client: Option<&ClientId>, wanted: impl Fn(&Head) -> bool) -> Result<Vec<Head>> {
        let reader = desk.engine.reader();
        let mut found = Vec::new();
        let mut keep = |page: Vec<Loaded<Head>>| {
            found.extend(page.into_iter().map(|loaded| loaded.value).filter(|head| wanted(head)));
            found.len() >= self.limit
        };
        if let Some(client) = client {
            let mut after = None;
            loop {
                let page = jobs::of_client(&reader, client, None, after, PAGE).map_err(store_report)?;
                after = page.next;
                if keep(page.found) || after.is_none() {
                    break;
                }
            }
        } else {
            let mut after = None;
            loop {
                let page = jobs::list(&reader, after, PAGE, Direction::Backward).map_err(store_report)?;
                after = page.next;
                if keep(page.found) || after.is_none() {
                    break;
                }
            }
        }
        found.truncate(self.limit);
        Ok(found)
    }

    fn say(&self, desk: &Desk, heads: &[Head], ctx: &mut Context) -> Result {
        let zone = &desk.practice.zone;
        if ctx.global.json {
            for head in heads {
                let mut shape = head_shape(head, zone);
                Linked::of_head(&desk.engine, head)?.put_into(&mut shape);
                ctx.out.json(&shape)?;
            }
            return Ok(Exit::Done);
        }
        if heads.is_empty() {
            ctx.out.line("No such jobs.")?;
            return Ok(Exit::Done);
        }
        let linked = heads.iter().map(|head| Linked::of_head(&desk.engine, head)).collect::<Result<Vec<_>>>()?;
        // Most practices start no jobs from jobs, and need no column for it.
        let has_parents = linked.iter().any(|one| one.parent.is_some());
        let columns = ["job", "definition", "client", "period", "state", "due", "waits for", "started by"];
        let mut table = Table::new(columns.into_iter().take(if has_parents { 8 } else { 7 }));
        for (head, linked) in heads.iter().zip(&linked) {
            let due = head.due_at.map(|at| at.to_zoned(zone.clone()).strftime("%-d %b %Y").to_string());
            let parent = linked.parent.as_ref().map(Link::short).unwrap_or_default();
            let cells = [
                short(head.id).into(),
                head.definition.as_str().into(),
                head.client.as_str().into(),
                head.period.as_ref().map_or("", |period| period.key.as_str()).into(),
                state(head),
                due.unwrap_or_default().into(),
                waits(head, linked).into(),
                parent.into(),
            ];
            table.row(cells.into_iter().take(if has_parents { 8 } else { 7 }));
        }
        ctx.out.text(table.human(ctx.out.paint()))?;
        Ok(Exit::Done)
    }
}

fn parsed<T: std::str::FromStr>(text: Option<&str>) -> Result<Option<T>> {
    text.map(|text| text.parse().map_err(|_| Report::usage(format!("`{text}` is no id")))).transpose()
}

fn state(head: &Head) -> Cell {
    match head.state {
        JobState::Completed => Cell::styled("completed", Paint::good),
        JobState::Cancelled => Cell::styled("cancelled", Paint::dim),
        JobState::Open if head.set_aside.is_some() => Cell::styled("set aside", Paint::bad),
        JobState::Open if head.failed > 0 => Cell::styled("needs attention", Paint::bad),
        JobState::Open if head.uncompletable > 0 => Cell::styled("uncompletable", Paint::bad),
        JobState::Open if head.overdue > 0 => Cell::styled("overdue", Paint::warn),
        JobState::Open => Cell::styled("open", Paint::warn),
    }
}

/// The tasks at hand, with who has them or why nobody has.
fn waits(head: &Head, linked: &Linked) -> String {
    if let Some(why) = &head.set_aside {
        return why.clone();
    }
    let one = |task: &jobs::OpenTask| {
        let who: Vec<&str> = task.people.iter().map(|person| person.as_str()).collect();
        match &task.reason {
            Some(reason) => format!("{}: {reason}", task.task),
            None if who.is_empty() => match linked.children.iter().find(|link| waited_for(link, task)) {
                Some(link) => format!("{}: job {}", task.task, link.short()),
                None => task.task.to_string(),
            },
            None => format!("{}: {}", task.task, who.join(" ")),
        }
    };
    head.tasks.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Whether a task has started a job that is not over.
fn waited_for(link: &Link, task: &jobs::OpenTask) -> bool {
    link.is_open() && link.task() == task.task.to_string()
}

/// A job at a glance.
pub(super) fn head_shape(head: &Head, zone: &jiff::tz::TimeZone) -> Json {
    let task = |task: &jobs::OpenTask| {
        json!({
            "id": task.task.to_string(), "state": task.state.word(), "reason": task.reason.as_ref().map(shape::reason),
            "due_at": task.due_at.map(|at| shape::moment(at, zone)), "overdue": task.overdue,
            "people": task.people.iter().map(|one| json!({ "kind": one.kind(), "id": one.as_str() })).collect::<Json>(),
        })
    };
    json!({
        "job": head.id.to_string(), "definition": head.definition.as_str(), "version_hash": head.hash.to_string(),
        "client": head.client.as_str(), "period": head.period.as_ref().map(shape::period), "state": head.state.word(),
        "opened_at": shape::moment(head.opened_at, zone),
        "ended_at": head.ended_at.map(|at| shape::moment(at, zone)),
        "needs_attention": head.needs_attention(), "set_aside": head.set_aside,
        "open": head.open, "uncompletable": head.uncompletable, "overdue": head.overdue, "failed": head.failed,
        "due_at": head.due_at.map(|at| shape::moment(at, zone)),
        "tasks": head.tasks.iter().map(task).collect::<Json>(),
    })
}
