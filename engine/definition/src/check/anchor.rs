//! A date rule that hangs on something that is not there (WF0309).

use jobwright_core::value::Type;

use super::unknown;
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::{Draft, RuleRole, WrittenRule};
use crate::source::{Span, Spanned};
use crate::surroundings::Surroundings;

/// What becomes of a task, as rules name it.
const EVENTS: [&str; 8] = ["ready", "active", "completed", "ended", "uncompletable", "start", "due", "expires"];

/// Words that stand before a dot in an anchor.
const ROOTS: [&str; 6] = ["period", "job", "task", "tasks", "inputs", "client"];

pub(super) fn check(draft: &Draft, surroundings: &Surroundings, diagnostics: &mut Diagnostics) {
    for written in &draft.rules {
        let anchor = written.rule.anchor.path();
        for path in written.rule.anchors().filter(|_| written.role != RuleRole::Length) {
            let is_count = Some(path) != anchor;
            let place = place(written, path);
            if let Err(diagnostic) = look(draft, surroundings, written, path, is_count, place) {
                diagnostics.push(diagnostic);
            }
        }
    }
}

type Looked = Result<(), Diagnostic>;

fn place(written: &WrittenRule, path: &str) -> Span {
    let text = &written.text;
    text.find(path).map_or(text.span(), |at| text.place_range(at..at + path.len()))
}

fn look(
    draft: &Draft,
    surroundings: &Surroundings,
    written: &WrittenRule,
    path: &str,
    is_count: bool,
    place: Span,
) -> Looked {
    let fault = |message: String| Diagnostic::error(code::UNKNOWN_ANCHOR, message).at(place, "");
    let outside = |what: &str| Err(fault(format!("{what} is not known here")).help(place_help(&written.role)));
    let opens = written.role == RuleRole::Open;
    match path.split_once('.') {
        None if path == "due" => due(draft, written, &fault),
        None if opens => outside("a key date"),
        None => key_date(draft, path, place),
        Some(("period", part @ ("start" | "end"))) => match draft.plan.schedule.as_ref().and_then(|s| s.every) {
            Some(_) => Ok(()),
            None if draft.schedule.is_some() && draft.plan.schedule.is_none() => Ok(()),
            None => {
                let help = "write `schedule: { every: month }`, or `quarter`, `year` or `week`";
                Err(fault(format!("jobs of this definition have no period, so no `period.{part}`")).help(help))
            }
        },
        Some(("job", "opened")) if !opens => Ok(()),
        Some(("job", "opened")) => outside("the day the job opens"),
        Some(("task" | "tasks", _)) if opens => outside("a task"),
        Some(("task", event)) => match &written.owner {
            Some(_) => known_event(event, path, place),
            None => outside("`task`"),
        },
        Some(("tasks", rest)) => of_task(draft, rest, path, place),
        Some(("inputs", name)) => input(draft, name, is_count, path, place),
        Some(("client", rest)) => client(surroundings, rest, is_count, path, place),
        Some((root, _)) => {
            let name = Spanned::new(root.to_owned(), place);
            Err(unknown(code::UNKNOWN_ANCHOR, |_| format!("there is no `{path}`"), &name, ROOTS.into_iter()))
        }
    }
}

fn place_help(role: &RuleRole) -> &'static str {
    match role {
        RuleRole::Open => "a job opens by its period, an input or a field of the client",
        _ => "a key date belongs to the whole job; name a task as `tasks.ID.completed`",
    }
}

fn due(draft: &Draft, written: &WrittenRule, fault: &dyn Fn(String) -> Diagnostic) -> Looked {
    let Some(owner) = &written.owner else {
        return Err(fault("`due` is a task's own date, and this is no task's rule".into()));
    };
    match (draft.task(owner), &written.role) {
        (_, RuleRole::Due) => Err(fault("`due` cannot hang on itself".into())),
        (Some(task), _) if task.due.is_none() => Err(fault(format!("the task `{owner}` has no `due`"))),
        _ => Ok(()),
    }
}

fn key_date(draft: &Draft, name: &str, place: Span) -> Looked {
    let dates = || draft.declared.dates.iter().map(|date| date.value.as_str());
    if dates().any(|date| date == name) {
        return Ok(());
    }
    let message = |name| format!("there is no key date {name}");
    Err(unknown(code::UNKNOWN_ANCHOR, message, &Spanned::new(name.to_owned(), place), dates()))
}

fn known_event(event: &str, path: &str, place: Span) -> Looked {
    if EVENTS.contains(&event) {
        return Ok(());
    }
    let name = Spanned::new(event.to_owned(), place);
    Err(unknown(code::UNKNOWN_ANCHOR, |_| format!("there is no `{path}`"), &name, EVENTS.into_iter()))
}

fn of_task(draft: &Draft, rest: &str, path: &str, place: Span) -> Looked {
    let Some((task, event)) = rest.split_once('.') else {
        let message = format!("`{path}` is a task, not a date");
        return Err(Diagnostic::error(code::UNKNOWN_ANCHOR, message).at(place, "").help("write `tasks.ID.completed`"));
    };
    let tasks = || draft.declared.tasks.iter().map(|task| task.value.as_str());
    if !tasks().any(|id| id == task) {
        let message = |name| format!("there is no task {name}");
        return Err(unknown(code::UNKNOWN_TASK, message, &Spanned::new(task.to_owned(), place), tasks()));
    }
    known_event(event, path, place)
}

fn input(draft: &Draft, name: &str, is_count: bool, path: &str, place: Span) -> Looked {
    let inputs = || draft.declared.inputs.iter().map(|input| input.value.as_str());
    if !inputs().any(|input| input == name) {
        let message = |name| format!("there is no input {name}");
        return Err(unknown(code::UNKNOWN_ANCHOR, message, &Spanned::new(name.to_owned(), place), inputs()));
    }
    match draft.plan.inputs.iter().find(|input| input.name.as_str() == name) {
        Some(input) => fits(&input.field.of, is_count, path, place),
        None => Ok(()),
    }
}

fn client(surroundings: &Surroundings, rest: &str, is_count: bool, path: &str, place: Span) -> Looked {
    let Some(practice) = &surroundings.practice else { return Ok(()) };
    let fields = &practice.client_fields;
    match fields.get(rest) {
        Some(declared) => fits(&declared.field.of, is_count, path, place),
        None => {
            let known: Vec<&str> = fields.iter().map(|(path, _)| path).collect();
            let message = |_| format!("the practice has not declared the field `{rest}` of clients");
            let name = Spanned::new(rest.to_owned(), place);
            Err(unknown(code::UNKNOWN_ANCHOR, message, &name, known.iter().copied()))
        }
    }
}

fn fits(of: &Type, is_count: bool, path: &str, place: Span) -> Looked {
    let (fits, wanted) = match of {
        Type::Optional(of) => return fits(of, is_count, path, place),
        of if is_count => (matches!(of, Type::Int | Type::Any), "a whole number"),
        of => (matches!(of, Type::Date | Type::Moment | Type::Any), "a date"),
    };
    if fits {
        return Ok(());
    }
    let message = format!("`{path}` is {of}, where {wanted} is needed");
    Err(Diagnostic::error(code::UNKNOWN_ANCHOR, message).at(place, ""))
}
