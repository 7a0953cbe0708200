//! Waits that run in a ring through dates and conditions: through `start`, `until`, `due`, `expires`, key dates and `when`
//! (WF0601, WF0606), dates that are known only when their task has ended (WF0607), and `not_same_as` of a later task.
//!
//! Owns: one graph of everything that a job waits for or counts from. A job with such a ring opens, and then stands still
//! for ever without anybody to blame. Leaves rings of dependencies alone to `cycle`, of key dates alone to `key_dates`,
//! and one date that hangs on a follower of its own task to `cannot_happen`.

use jobwright_core::plan::{Dependency, Is};

use super::graph::Graph;
use super::names::in_code;
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::{Draft, Role, RuleRole, Thing, WrittenRule};
use crate::source::Span;
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    let graph = Graph::of(draft);
    let waits = Waits::of(draft, &graph);
    for ring in waits.rings() {
        diagnostics.extend(waits.tell(&ring));
    }
    for written in &draft.rules {
        diagnostics.extend(waits.known_too_late(written));
    }
    not_same_as(&waits, diagnostics);
}

/// What becomes of a task, and its dates: one node each.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Of {
    /// What it depends on has happened.
    Ready,
    /// It begins.
    Begun,
    /// It has ended.
    Ended,
    Start,
    Due,
    Expires,
}

const NODES_OF_A_TASK: usize = 6;

/// One node needs another before it can be.
struct Link {
    to: usize,
    by: By,
}

/// What says so.
#[derive(Clone, Copy, PartialEq)]
enum By {
    /// A dependency, or the course of a task.
    Course,
    /// A date rule, by its number in the draft.
    Rule(usize),
    /// A `when` that reads how another task stands, by its number among the expressions. It waits for nothing; but where
    /// that task comes after its own, it reads the same every time.
    When(usize, Span),
}

struct Waits<'a> {
    draft: &'a Draft,
    graph: &'a Graph,
    links: Vec<Vec<Link>>,
}

impl<'a> Waits<'a> {
    fn of(draft: &'a Draft, graph: &'a Graph) -> Self {
        let nodes = graph.len() * NODES_OF_A_TASK + draft.plan.dates.len();
        let mut waits = Self { draft, graph, links: (0..nodes).map(|_| Vec::new()).collect() };
        for (place, task) in draft.plan.tasks.iter().enumerate() {
            waits.course(place, Of::Ended, Of::Begun);
            waits.course(place, Of::Begun, Of::Ready);
            if task.start.is_some() {
                waits.course(place, Of::Begun, Of::Start);
            }
            task.depends_on.iter().for_each(|dependency| waits.depends(place, dependency));
        }
        for (number, written) in draft.rules.iter().enumerate() {
            let (Some(from), Some(to)) = (waits.node_of(written), waits.anchor(written)) else { continue };
            waits.links[from].push(Link { to, by: By::Rule(number) });
        }
        waits.conditions();
        waits
    }

    /// Outputs are looked for elsewhere: they are there or not, where a state is always one.
    fn conditions(&mut self) {
        for (number, written) in self.draft.expressions.iter().enumerate().filter(|(_, one)| one.role == Role::When) {
            let Some(own) = written.owner.as_ref().and_then(|owner| self.graph.place(owner.as_str())) else { continue };
            for (name, at) in in_code(&written.text) {
                let reads_outputs = written.text[at + name.len()..].starts_with(".outputs");
                if let Some(other) = self.graph.place(name).filter(|other| !reads_outputs && *other != own) {
                    let by = By::When(number, written.text.place_range(at..at + name.len()));
                    self.links[node(own, Of::Begun)].push(Link { to: node(other, Of::Ended), by });
                }
            }
        }
    }

    fn course(&mut self, task: usize, from: Of, to: Of) {
        self.links[node(task, from)].push(Link { to: node(task, to), by: By::Course });
    }

    fn depends(&mut self, task: usize, dependency: &Dependency) {
        match dependency {
            Dependency::AnyOf(any) => any.iter().for_each(|one| self.depends(task, one)),
            Dependency::Task { task: other, is, .. } => {
                let Some(other) = self.graph.place(other.as_str()) else { return };
                let ends: &[Of] = if *is == Is::Overdue { &[Of::Begun, Of::Due] } else { &[Of::Ended] };
                for of in ends {
                    self.links[node(task, Of::Ready)].push(Link { to: node(other, *of), by: By::Course });
                }
            }
        }
    }

    /// What stands still until a rule has a date.
    fn node_of(&self, written: &WrittenRule) -> Option<usize> {
        let of = match &written.role {
            RuleRole::KeyDate(name) => return self.key_date(name.as_str()),
            RuleRole::Start => Of::Start,
            RuleRole::Due => Of::Due,
            RuleRole::Expires => Of::Expires,
            RuleRole::Until => Of::Ended,
            RuleRole::Open | RuleRole::Length => return None,
        };
        Some(node(self.graph.place(written.owner.as_ref()?.as_str())?, of))
    }

    /// What a rule counts from.
    fn anchor(&self, written: &WrittenRule) -> Option<usize> {
        let path = written.rule.anchor.path()?;
        let own = || written.owner.as_ref().and_then(|owner| self.graph.place(owner.as_str()));
        let (task, event) = match path.split_once('.') {
            None if path == "due" => (own()?, "due"),
            None => return self.key_date(path),
            Some(("task", event)) => (own()?, event),
            Some(("tasks", rest)) => {
                let (task, event) = rest.split_once('.')?;
                (self.graph.place(task)?, event)
            }
            Some(_) => return None,
        };
        let of = match event {
            "ready" | "uncompletable" => Of::Ready,
            "active" => Of::Begun,
            "completed" | "ended" => Of::Ended,
            "start" => Of::Start,
            "due" => Of::Due,
            "expires" => Of::Expires,
            _ => return None,
        };
        Some(node(task, of))
    }

    fn key_date(&self, name: &str) -> Option<usize> {
        let place = self.draft.plan.dates.iter().position(|date| date.name.as_str() == name)?;
        Some(self.graph.len() * NODES_OF_A_TASK + place)
    }

    /// Every ring that the walk closes, as the nodes on it. The walk keeps its own stack: a definition may be one chain.
    fn rings(&self) -> Vec<Vec<usize>> {
        let (mut rings, mut done) = (Vec::new(), vec![false; self.links.len()]);
        for first in 0..self.links.len() {
            let mut way: Vec<(usize, usize)> = if done[first] { Vec::new() } else { vec![(first, 0)] };
            while let Some((at, looked_at)) = way.last_mut() {
                let Some(link) = self.links[*at].get(*looked_at) else {
                    done[*at] = true;
                    way.pop();
                    continue;
                };
                *looked_at += 1;
                if let Some(begins) = way.iter().position(|(open, _)| *open == link.to) {
                    rings.push(way[begins..].iter().map(|(open, _)| *open).collect());
                } else if !done[link.to] {
                    way.push((link.to, 0));
                }
            }
        }
        rings
    }

    fn link(&self, from: usize, to: usize) -> Option<&Link> {
        self.links[from].iter().find(|link| link.to == to)
    }

    fn tell(&self, ring: &[usize]) -> Option<Diagnostic> {
        let tasks = self.graph.len() * NODES_OF_A_TASK;
        let pairs = ring.iter().zip(ring.iter().cycle().skip(1));
        let links: Vec<&Link> = pairs.filter_map(|(from, to)| self.link(*from, *to)).collect();
        let rules: Vec<&WrittenRule> = links.iter().filter_map(|link| self.rule(link)).collect();
        let conditions = links.iter().filter(|link| matches!(link.by, By::When(..))).count();
        let told_elsewhere = match rules.as_slice() {
            _ if conditions > 0 => self.may_come_again(&links),
            [] => true,
            [only] => matches!(only.role, RuleRole::Start | RuleRole::Until) || self.hangs_on_itself(only),
            _ => ring.iter().all(|node| *node >= tasks),
        };
        if told_elsewhere {
            return None;
        }
        let mut names: Vec<String> = Vec::new();
        for node in ring.iter().chain(ring.first()) {
            let name = self.name(*node);
            if names.last() != Some(&name) {
                names.push(name);
            }
        }
        let waits = ring.iter().any(|node| *node < tasks && matches!(of(*node), Of::Ready | Of::Begun | Of::Ended));
        let (code, what) = match (conditions > 0, waits) {
            (true, _) => (code::CYCLE, "tasks and their conditions hang on one another"),
            (false, true) => (code::CYCLE, "tasks and dates wait for one another"),
            (false, false) => (code::DATE_CYCLE, "dates hang on one another"),
        };
        let mut diagnostic = Diagnostic::error(code, format!("{what}: {}", names.join(" → ")));
        for (place, text) in links.iter().filter_map(|link| self.reason(link)) {
            let is_first = diagnostic.labels.is_empty();
            diagnostic = if is_first { diagnostic.at(place, text) } else { diagnostic.also(place, text) };
        }
        Some(diagnostic.help(match conditions {
            0 => "let one of them count from the period, the job or a task that comes before",
            _ => "a `when` is looked at once, when its task begins: let it read only of tasks that come before",
        }))
    }

    fn rule(&self, link: &Link) -> Option<&WrittenRule> {
        match link.by {
            By::Rule(number) => self.draft.rules.get(number),
            By::Course | By::When(..) => None,
        }
    }

    /// Where a link of a ring is written, and what it says.
    fn reason(&self, link: &Link) -> Option<(Span, String)> {
        match link.by {
            By::Course => None,
            By::Rule(number) => {
                let written = self.draft.rules.get(number)?;
                let anchor = written.rule.anchor.path().unwrap_or_default();
                Some((path_place(written), format!("{} hangs on `{anchor}`", whose(written))))
            }
            By::When(number, place) => {
                let owner = self.draft.expressions.get(number)?.owner.as_ref()?;
                Some((place, format!("`when` of `{owner}` reads this")))
            }
        }
    }

    /// Whether a condition belongs to a task that is done again: then it can read what came after it the time before.
    fn may_come_again(&self, links: &[&Link]) -> bool {
        links.iter().any(|link| match link.by {
            By::When(number, _) => {
                let owner = self.draft.expressions.get(number).and_then(|written| written.owner.as_ref());
                owner.is_some_and(|owner| self.is_reopened(owner.as_str()))
            }
            By::Course | By::Rule(_) => false,
        })
    }

    /// `due` of `due`, which is told where anchors are looked up.
    fn hangs_on_itself(&self, written: &WrittenRule) -> bool {
        written.rule.anchor.path() == Some("due") && written.role == RuleRole::Due
            || matches!(written.role, RuleRole::KeyDate(_)) && self.node_of(written) == self.anchor(written)
    }

    fn name(&self, at: usize) -> String {
        let tasks = self.graph.len() * NODES_OF_A_TASK;
        if at >= tasks {
            return self.draft.plan.dates[at - tasks].name.to_string();
        }
        let id = &self.draft.plan.tasks[at / NODES_OF_A_TASK].id;
        match of(at) {
            Of::Ready | Of::Begun | Of::Ended | Of::Start => id.to_string(),
            Of::Due => format!("tasks.{id}.due"),
            Of::Expires => format!("tasks.{id}.expires"),
        }
    }

    /// Whether one can be only after another.
    fn needs(&self, one: usize, other: usize) -> bool {
        let (mut seen, mut open) = (vec![false; self.links.len()], vec![one]);
        while let Some(at) = open.pop() {
            if at == other {
                return true;
            }
            if !std::mem::replace(&mut seen[at], true) {
                let waits = self.links[at].iter().filter(|link| !matches!(link.by, By::When(..)));
                open.extend(waits.map(|link| link.to));
            }
        }
        false
    }

    /// A date of a task that is known only when the task has ended. Done again, the task has it; so one that is reopened
    /// is left alone.
    fn known_too_late(&self, written: &WrittenRule) -> Option<Diagnostic> {
        let key = match written.role {
            RuleRole::Due => "due",
            RuleRole::Expires => "expires",
            _ => return None,
        };
        let owner = written.owner.as_ref()?;
        let (own, anchor) = (self.graph.place(owner.as_str())?, self.anchor(written)?);
        if self.is_reopened(owner.as_str()) || !self.needs(anchor, node(own, Of::Ended)) {
            return None;
        }
        let path = written.rule.anchor.path()?;
        let message = format!("`{key}` of `{owner}` is known only when `{owner}` has ended: `{path}` comes after it");
        Some(Diagnostic::warning(code::NO_EFFECT, message).at(path_place(written), "comes too late"))
    }

    fn is_reopened(&self, task: &str) -> bool {
        let reopened = self.draft.mentions.iter().filter(|mention| mention.thing == Thing::Reopened);
        let mut places = reopened.filter_map(|mention| self.graph.place(&mention.name.value));
        let Some(own) = self.graph.place(task) else { return false };
        places.any(|place| place == own || self.graph.is_before(place, own))
    }
}

/// Who must not have done a task that has not been done yet, or the very task.
fn not_same_as(waits: &Waits<'_>, diagnostics: &mut Diagnostics) {
    let draft = waits.draft;
    for mention in draft.mentions.iter().filter(|mention| mention.thing == Thing::NotSameAs) {
        let Some(owner) = &mention.owner else { continue };
        let other = mention.name.value.as_str();
        let (Some(own), Some(place)) = (waits.graph.place(owner.as_str()), waits.graph.place(other)) else { continue };
        if own == place {
            let message = format!("`{owner}` cannot be done by somebody else than whoever does `{owner}`");
            let diagnostic = Diagnostic::error(code::CANNOT_HAPPEN, message).at(mention.name.span, "the task itself");
            diagnostics.push(diagnostic.help("name the task whose people are left out"));
        } else if waits.needs(node(place, Of::Begun), node(own, Of::Ended)) {
            let message = format!("`not_same_as: tasks.{other}` has no effect: `{other}` comes after `{owner}`");
            let diagnostic = if waits.is_reopened(owner.as_str()) {
                Diagnostic::warning(code::NO_EFFECT, format!("{message}, unless it is done again"))
            } else {
                Diagnostic::error(code::NO_EFFECT, message)
            };
            let help = format!("write `not_same_as: tasks.{owner}` at `{other}`, which is done second");
            diagnostics.push(diagnostic.at(mention.name.span, "comes later").help(help));
        }
    }
}

fn node(task: usize, of: Of) -> usize {
    task * NODES_OF_A_TASK + of as usize
}

fn of(node: usize) -> Of {
    [Of::Ready, Of::Begun, Of::Ended, Of::Start, Of::Due, Of::Expires][node % NODES_OF_A_TASK]
}

fn whose(written: &WrittenRule) -> String {
    let owner = written.owner.as_ref().map_or_else(String::new, ToString::to_string);
    match &written.role {
        RuleRole::KeyDate(name) => format!("the key date `{name}`"),
        RuleRole::Due => format!("`due` of `{owner}`"),
        RuleRole::Expires => format!("`expires` of `{owner}`"),
        RuleRole::Until => format!("the wait `{owner}`"),
        RuleRole::Start | RuleRole::Open | RuleRole::Length => format!("`start` of `{owner}`"),
    }
}

fn path_place(written: &WrittenRule) -> Span {
    let path = written.rule.anchor.path().unwrap_or_default();
    let at = written.text.find(path).unwrap_or(0);
    written.text.place_range(at..at + path.len())
}
