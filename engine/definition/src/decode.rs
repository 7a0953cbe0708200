//! From the tree to a draft: every key of the language, by name.
//!
//! Owns: the definition's own keys. Each part of the language is read in its own file below; together they ask for
//! every key there is, so that what they do not ask for is unknown. Nothing here looks at another part of the file:
//! whether names fit together is for `check`.

pub(crate) mod flow;
pub(crate) mod name;
pub(crate) mod part;
pub(crate) mod schedule;
pub(crate) mod selector;
pub(crate) mod task;
pub(crate) mod text;
pub(crate) mod values;
pub(crate) mod when;
pub(crate) mod work;

use jobwright_core::id::{DefinitionId, Name};
use jobwright_core::plan::{OnChange, RunningJobs, TASKS_MAX};

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::{Declared, Draft, Role, Thing};
use crate::source::Spanned;
use crate::supported::{self, In};
use crate::syntax::{Fields, Kind, Node, choice, in_range};

/// The version of the language.
pub const FORMAT: u32 = 1;

/// Reads a definition as far as it can be read, and tells everything that is wrong with it. `installed` are the dotted
/// names that plugins offer it.
pub(crate) fn decode(root: &Node, installed: Vec<String>, diagnostics: &mut Diagnostics) -> Option<Draft> {
    let mut fields = Fields::of(root, "a job definition", diagnostics)?;
    supported::refuse(&mut fields, In::Definition);
    fields.required("format", in_range(FORMAT..=FORMAT));
    let id = fields.required("id", name::slug);
    // Nothing is compiled from a definition whose id could not be read; the rest of it is looked at all the same.
    let id = id.map(|id| id.value).or_else(|| DefinitionId::new("unreadable").ok())?;
    let mut draft = Draft::new(id);
    draft.declared = declared(root);
    draft.installed = installed;
    let name = fields.required("name", Node::text);
    if let (Some(name), Some(place)) = (&name, fields.place("name"))
        && (name.contains("{{") || name.contains("{%"))
    {
        let instead = "write a plain name; the job's client and period stand beside it wherever it is shown";
        fields.diagnostics().push(supported::not_yet("merge fields in the name of a definition", place, instead));
    }
    draft.plan.name = name.map(|name| name.into_string()).unwrap_or_default();
    draft.plan.version = fields.optional("version", Node::text).map(|text| text.into_string());
    fields.optional("description", Node::text);
    fields.list("tags", name::slug);
    let applies_to = fields.optional("applies_to", Node::text);
    draft.plan.applies_to = applies_to.map(|text| draft.expression(text, Role::AppliesTo));
    fields.optional("inputs", |node, d| values::inputs(node, &mut draft, d));
    fields.optional("roles", |node, d| roles(node, &mut draft, d));
    fields.optional("dates", |node, d| schedule::dates(node, &mut draft, d));
    draft.schedule = fields.place("schedule");
    draft.plan.schedule = fields.optional("schedule", |node, d| schedule::schedule(node, &mut draft, d));
    draft.sequence = fields.or("flow", choice(&[("graph", false), ("sequence", true)]), false);
    fields.required("tasks", |node, d| tasks(node, &mut draft, d));
    fields.optional("templates", |node, d| text::templates(node, &mut draft, d));
    let on_change = fields.optional("on_change", |node, d| on_change(node, &mut draft, d));
    draft.plan.on_change = on_change.unwrap_or_default();
    // Read by those who run them.
    fields.node("tests");
    fields.finish();
    if draft.sequence {
        flow::link(&mut draft);
    }
    Some(draft)
}

/// Every name the definition gives, before anything is read.
fn declared(root: &Node) -> Declared {
    let keys = |of: &str| match root.get(of).map(|node| &node.kind) {
        Some(Kind::Map(entries)) => entries.iter().map(|entry| entry.key.clone()).collect(),
        _ => Vec::new(),
    };
    let id_of = |task: &Node| match task.get("id").map(|id| (&id.kind, id.span)) {
        Some((Kind::Scalar(text), span)) => Some(Spanned::new(text.as_str().to_owned(), span)),
        _ => None,
    };
    let tasks = match root.get("tasks").map(|node| &node.kind) {
        Some(Kind::List(tasks)) => tasks.iter().filter_map(id_of).collect(),
        _ => Vec::new(),
    };
    Declared { tasks, inputs: keys("inputs"), roles: keys("roles"), dates: keys("dates"), templates: keys("templates") }
}

fn roles(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<()> {
    for entry in name::entries(node, "contact roles and their labels", diagnostics)? {
        let role = name::key(&entry.key, diagnostics).and_then(|name| name.value.as_str().parse().ok());
        let label = entry.value.text(diagnostics);
        draft.plan.roles.extend(role.zip(label.map(|label| label.into_string())));
    }
    Some(())
}

fn tasks(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<()> {
    let Kind::List(tasks) = &node.kind else {
        return node.wrong_kind("a list of tasks", diagnostics);
    };
    if tasks.is_empty() || tasks.len() > TASKS_MAX {
        let message = format!("a definition has 1 to {TASKS_MAX} tasks, not {}", tasks.len());
        diagnostics.push(Diagnostic::error(code::OUT_OF_RANGE, message).at(node.head(), ""));
        return None;
    }
    for node in tasks {
        task::task(node, draft, diagnostics);
        draft.enter(None);
    }
    Some(())
}

fn on_change(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<OnChange> {
    let mut fields = Fields::of(node, "`on_change`", diagnostics)?;
    let words = [("ask", RunningJobs::Ask), ("auto", RunningJobs::Auto), ("never", RunningJobs::Never)];
    let running_jobs = fields.or("running_jobs", choice(&words), RunningJobs::default());
    let unless = fields.optional("unless", Node::text).map(|text| draft.expression(text, Role::Unless));
    let map = fields.optional("map", |node, d| renamed(node, draft, d)).unwrap_or_default();
    fields.finish();
    Some(OnChange { running_jobs, unless, map: map.into_iter().collect() })
}

fn renamed(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Vec<(Name, Name)>> {
    let mut map: Vec<(Name, Name)> = Vec::new();
    for entry in name::entries(node, "old task ids and new ones", diagnostics)? {
        let (old, new) = (name::key(&entry.key, diagnostics), name::name(&entry.value, diagnostics));
        if let Some(new) = &new
            && let Some((first, _)) = map.iter().find(|(_, other)| *other == new.value)
        {
            let message = format!("`{first}` and `{}` cannot both become `{}`", entry.key.value, new.value);
            diagnostics.push(Diagnostic::error(code::EQUAL_IDS, message).at(new.span, "again here"));
            continue;
        }
        if let Some(new) = &new {
            draft.mention(Thing::Renamed, Spanned::new(new.value.to_string(), new.span));
        }
        map.extend(old.map(|old| old.value).zip(new.map(|new| new.value)));
    }
    Some(map)
}
