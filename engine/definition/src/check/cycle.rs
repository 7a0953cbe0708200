//! Tasks that wait for one another in a ring (WF0601), with the ring drawn.

use super::graph::Graph;
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::{Draft, Thing};
use crate::source::Span;
use crate::surroundings::Surroundings;

/// What the walk knows of a task.
#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    /// On the way that is being walked.
    Open,
    Done,
}

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    let graph = Graph::of(draft);
    let mut marks = vec![Mark::New; graph.len()];
    for task in 0..graph.len() {
        for ring in rings(&graph, task, &mut marks) {
            diagnostics.push(tell(draft, &ring));
        }
    }
}

/// Walks everything before a task; a task that is met again on the way closes a ring. Each ring is found once.
fn rings(graph: &Graph, from: usize, marks: &mut [Mark]) -> Vec<Vec<usize>> {
    let mut found = Vec::new();
    // The way to where the walk stands, with how many tasks before each were looked at.
    let mut way: Vec<(usize, usize)> = Vec::new();
    if marks[from] == Mark::New {
        marks[from] = Mark::Open;
        way.push((from, 0));
    }
    while let Some((task, looked_at)) = way.last_mut() {
        let Some(next) = graph.before(*task).get(*looked_at).copied() else {
            marks[*task] = Mark::Done;
            way.pop();
            continue;
        };
        *looked_at += 1;
        match marks[next] {
            Mark::New => {
                marks[next] = Mark::Open;
                way.push((next, 0));
            }
            Mark::Open => {
                let first = way.iter().position(|(task, _)| *task == next).unwrap_or(0);
                found.push(way[first..].iter().map(|(task, _)| *task).collect());
            }
            Mark::Done => {}
        }
    }
    found
}

fn tell(draft: &Draft, ring: &[usize]) -> Diagnostic {
    let id = |task: usize| draft.plan.tasks[task].id.as_str();
    let names: Vec<&str> = ring.iter().chain(ring.first()).map(|task| id(*task)).collect();
    let message = match ring {
        [only] => format!("the task `{}` waits for itself", id(*only)),
        _ => format!("tasks wait for one another: {}", names.join(" → ")),
    };
    let mut diagnostic = Diagnostic::error(code::CYCLE, message);
    for pair in names.windows(2) {
        if let Some(span) = mention(draft, pair[0], pair[1]) {
            let text = format!("`{}` waits for `{}`", pair[0], pair[1]);
            diagnostic =
                if diagnostic.labels.is_empty() { diagnostic.at(span, text) } else { diagnostic.also(span, text) };
        }
    }
    if diagnostic.labels.is_empty() {
        diagnostic = diagnostic.at(draft.tasks[ring[0]].id, "in this task");
    }
    diagnostic.help("leave out one of these; to do a part again, use `on_outcome` with `reopen`")
}

/// Where one task names the other; nowhere when the order of a sequence says so.
fn mention(draft: &Draft, task: &str, before: &str) -> Option<Span> {
    let mention = draft.mentions.iter().find(|mention| {
        matches!(mention.thing, Thing::Dependency(_))
            && mention.name.value == before
            && mention.owner.as_ref().is_some_and(|owner| owner.as_str() == task)
    });
    mention.map(|mention| mention.name.span)
}
