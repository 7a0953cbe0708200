//! Letters, rendered inside the turn: the frozen text is the record of what was sent.
//!
//! Owns: which template serves which task, one letter for each person, and what an empty field means. Leaves turning a
//! letter into bytes and sending it to the `email` task type.

use super::people::explain;
use crate::facts::{Focus, Scene};
use jobwright_core::{
    command::Unwritten,
    effect::Failure,
    event::{Letter, Slot},
    id::Name,
    job::to_write,
    plan::{Class, Template, TextId, Work},
    recipient::{Person, Reason},
    task::TaskKey,
};
use jobwright_expression::MergeError;
use jobwright_plugin::StandardLetter;

/// Longest letter, subject, text and HTML together, in bytes: the row it is kept in bounds it.
pub const LETTER_BYTES_MAX: usize = 24 * 1024;

/// Most letters of one step; the rest follows in the next, so that a commit keeps within its bounds.
pub const LETTERS_PER_STEP_MAX: usize = 16;

/// What is told of a task that nobody can do, or that failed, when its definition has no words of its own.
pub const STANDARD_NOTICE: StandardLetter = StandardLetter {
    task_type: "notice",
    subject: "{{ job.name }} for {{ client.name }}: {{ task.label }} needs you",
    body: "The task \"{{ task.label }}\" of {{ job.name }} for {{ client.name }} cannot go on.\n",
};

/// One letter for each person of each place.
pub(super) fn write(scene: &Scene<'_>, key: &TaskKey, slots: &[Slot]) -> Result<Vec<(Slot, Letter)>, Unwritten> {
    let run = scene.job.run(key).ok_or_else(|| fault("no-such-task", "the job has no such task".into()))?;
    let cc = run.places.get(&Slot::Cc).map(|place| place.people.clone()).unwrap_or_default();
    let people = slots.iter().flat_map(|slot| to_write(run, slot).map(move |person| (slot, person)));
    let mut letters: Vec<(Slot, Letter)> = Vec::new();
    let first = run.places.get(&Slot::Recipient).and_then(|place| place.people.first());
    for (slot, person) in people.take(LETTERS_PER_STEP_MAX) {
        // A copy is the letter as the first recipient reads it, not one of its own.
        let copy_of = first.filter(|_| matches!(slot, Slot::Cc | Slot::Bcc));
        letters.push((slot.clone(), letter(scene, key, person, copy_of, &cc)?));
    }
    Ok(letters)
}

fn letter(
    scene: &Scene<'_>,
    key: &TaskKey,
    person: &Person,
    copy_of: Option<&Person>,
    cc: &[Person],
) -> Result<Letter, Unwritten> {
    let plan = &scene.prepared.plan;
    let task = plan.task(&key.task).ok_or_else(|| fault("no-such-task", "the definition has no such task".into()))?;
    let (template, class) = match &task.work {
        Work::Email(email) => (Some(&email.template), email.class),
        Work::Request(request) => (request.template.as_ref(), Class::Service),
        _ => (None, Class::Service),
    };
    let focus = Focus { task: Some(key), recipient: Some(copy_of.unwrap_or(person)), ..Focus::default() };
    let (subject, text, html) = match template.and_then(|name| plan.templates.get(name)) {
        Some(template) => {
            merged(scene, template, task.label, focus).map_err(|error| unwritten(error, template_name(task)))?
        }
        None => standard(scene, task.work.word(), focus).map_err(|error| unwritten(error, task.work.word()))?,
    };
    let copy_of = copy_of.cloned();
    let letter = Letter { to: person.clone(), copy_of, cc: cc.to_vec(), class, subject, text, html };
    let bytes = letter.subject.len() + letter.text.len() + letter.html.as_ref().map_or(0, String::len);
    if bytes > LETTER_BYTES_MAX {
        let words = format!("the letter has {bytes} bytes; {LETTER_BYTES_MAX} are the most");
        return Err(fault("letter-too-long", words));
    }
    Ok(letter)
}

fn template_name(task: &jobwright_core::plan::Task) -> &str {
    match &task.work {
        Work::Email(email) => email.template.as_str(),
        Work::Request(request) => request.template.as_ref().map_or("", Name::as_str),
        _ => "",
    }
}

type Parts = (String, String, Option<String>);

fn merged(scene: &Scene<'_>, template: &Template, label: TextId, focus: Focus<'_>) -> Result<Parts, MergeError> {
    let seen = scene.seen(focus);
    let render = |text: TextId| scene.prepared.render(text, &seen);
    let subject = render(template.subject.unwrap_or(label))?;
    Ok((subject, render(template.body)?, template.html.map(render).transpose()?))
}

fn standard(scene: &Scene<'_>, task_type: &str, focus: Focus<'_>) -> Result<Parts, MergeError> {
    let (subject, body) = scene.prepared.standard(task_type, &scene.seen(focus))?.unwrap_or_default();
    Ok((subject, body, None))
}

fn unwritten(error: MergeError, template: &str) -> Unwritten {
    match error {
        MergeError::EmptyField { path, .. } => Unwritten::Missing(Reason::MissingField(path)),
        MergeError::Fault { message, .. } => fault("template-failed", format!("template `{template}`: {message}")),
    }
}

fn fault(code: &str, message: String) -> Unwritten {
    Unwritten::Fault(Failure::permanent(code, message))
}

/// The letters that tell of a task's trouble, to whoever its definition names.
pub(super) fn notice(scene: &Scene<'_>, key: &TaskKey) -> Result<Vec<Letter>, String> {
    let found = explain(scene, key, &Slot::Notice).ok_or("nobody is named to be told")?;
    if found.chosen.is_empty() {
        let reason = found.reason.map_or_else(String::new, |reason| format!(": {reason}"));
        return Err(format!("nobody was found to be told{reason}"));
    }
    found.chosen.iter().map(|person| trouble(scene, key, person)).collect()
}

/// The definition's own words, if it has any, and always what is wrong and who can mend it.
pub(super) fn trouble(scene: &Scene<'_>, key: &TaskKey, person: &Person) -> Result<Letter, String> {
    let plan = &scene.prepared.plan;
    let run = scene.job.run(key).ok_or("the job has no such task")?;
    let focus = Focus { task: Some(key), recipient: Some(person), ..Focus::default() };
    let words = |error: MergeError| match error {
        MergeError::EmptyField { path, .. } => format!("the notice reads `{path}`, which is empty"),
        MergeError::Fault { message, .. } => message,
    };
    let (subject, mut text, _) = standard(scene, STANDARD_NOTICE.task_type, focus).map_err(words)?;
    let own = plan.task(&key.task).and_then(|task| task.on_uncompletable.message);
    if let Some(own) = own.filter(|_| run.failure.is_none()) {
        text = scene.prepared.render(own, &scene.seen(focus)).map_err(words)?;
        text.push('\n');
    }
    if let Some(reason) = &run.reason {
        text.push_str(&format!("\nWhy: {reason}\nWhat mends it: {}\n", reason.mend()));
    }
    if let Some(failure) = &run.failure {
        text.push_str(&format!("\nWhy: {failure}\n"));
    }
    Ok(Letter { to: person.clone(), copy_of: None, cc: vec![], class: Class::Service, subject, text, html: None })
}
