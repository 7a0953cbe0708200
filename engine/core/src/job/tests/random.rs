//! Plans and lives of jobs drawn from a tape of numbers, so that a failing one shrinks and plays again.

use super::plans::{
    approval, documents, email, form, is, manual, name, plan, plugin, reopen, script, signature, start_job,
    update_client, wait,
};
use super::world::{World, actor, person};
use crate::command::{Act, Answer, CallEnd, Command, Given, MoveTo, Outcome};
use crate::effect::Failure;
use crate::event::{Answered, Level, Line, Revision, Slot};
use crate::id::{EffectId, Hash, JobId, Name};
use crate::plan::{Dependency, Is, Otherwise, Parts, Plan, Request, Required, Task, Then, Work};
use crate::recipient::Reason;
use crate::retry::FailureKind;
use crate::task::TaskKey;
use crate::value::{Document, Value, Values};
use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};

const TASKS_MAX: usize = 12;
const PEOPLE: [&str; 6] = ["ann", "ben", "dee", "pat", "kim", "sam"];
const ROLES: [&str; 7] = ["primary", "payroll", "director", "clerk", "partner", "default", "owner"];
const RULES: [&str; 8] = [
    "job.opened, +1 day",
    "job.opened, +3 days",
    "task.ready, +1 day",
    "task.active, +2 days",
    "task.uncompletable, +1 day",
    "tasks.t0.completed, +1 day",
    "tasks.t1.active, +36 hours",
    "due, +1 day", // the last, since a due date cannot hang on itself
];

/// Numbers in order; an empty tape gives noughts, the plainest of everything.
pub(super) struct Tape {
    values: Vec<u16>,
    at: usize,
}

impl Tape {
    pub(super) fn new(values: Vec<u16>) -> Self {
        Self { values, at: 0 }
    }

    pub(super) fn is_over(&self) -> bool {
        self.at >= self.values.len()
    }

    fn below(&mut self, bound: usize) -> usize {
        let value = self.values.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(value) % bound.max(1)
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == bound - 1
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

pub(super) fn any_plan(tape: &mut Tape) -> Plan {
    let tasks = tape.below(TASKS_MAX) + 1;
    plan((0..tasks).map(|number| any_task(tape, number)).collect::<Vec<_>>())
}

fn any_task(tape: &mut Tape, number: usize) -> Task {
    let id = format!("t{number}");
    let mut task = any_work(tape, &id);
    let earlier: Vec<String> = (0..number).map(|before| format!("t{before}")).collect();
    for _ in 0..tape.below(3).min(number) {
        task = task.depends(any_dependency(tape, &earlier));
    }
    if tape.one_in(5) {
        task = task.when();
    }
    if tape.one_in(6) {
        task = task.for_each();
    }
    for date in 0..4 {
        if tape.one_in(6) {
            let rule = tape.pick(&RULES);
            task = match date {
                0 => task.start(rule),
                1 => task.due(rule.strip_prefix("due").map_or(rule, |_| RULES[0])),
                2 => task.expires(rule),
                _ => task.timeout(rule),
            };
        }
    }
    if tape.one_in(4) {
        let otherwise = tape.pick(&[Otherwise::Skip, Otherwise::Manual, Otherwise::Fail, Otherwise::Hold]);
        task = task.gives_up(tape.pick(&RULES), otherwise);
    }
    any_ends(tape, task, &earlier)
}

/// What happens when it fails, has an outcome or expires.
fn any_ends(tape: &mut Tape, mut task: Task, earlier: &[String]) -> Task {
    task = task.tries(u32::try_from(tape.below(3)).unwrap() + 1);
    task = match tape.below(6) {
        0 | 1 => task,
        2 => task.if_failed(Otherwise::Skip),
        3 => task.if_failed(Otherwise::Manual),
        4 => task.continue_as("changes"),
        _ => task.tell_if_failed().tell_if_nobody(),
    };
    for outcome in ["changes", "declined"] {
        if tape.one_in(3) {
            task = task.on(outcome, any_then(tape, earlier));
        }
    }
    if tape.one_in(5) {
        task = task.on_expired(any_then(tape, earlier));
    }
    if tape.one_in(4) && !earlier.is_empty() {
        task = task.reads(&tape.pick(earlier));
    }
    if tape.one_in(5) && !earlier.is_empty() {
        task = task.not_same_as(&tape.pick(earlier));
    }
    task
}

fn any_then(tape: &mut Tape, earlier: &[String]) -> Then {
    match tape.below(6) {
        0 => Then::CancelJob("no".into()),
        1 => Then::CompleteJob,
        _ if earlier.is_empty() => Then::CompleteJob,
        limit => {
            let then = reopen(&tape.pick(earlier), u32::try_from(tape.below(3)).unwrap() + 1);
            if limit == 5 { then.or_go_on() } else { then }
        }
    }
}

fn any_dependency(tape: &mut Tape, earlier: &[String]) -> Dependency {
    let forms = [Is::Done, Is::Done, Is::Completed, Is::Skipped, Is::Settled, Is::Failed, Is::Overdue];
    let mut one = || is(&tape.pick(earlier), tape.pick(&forms));
    let first = one();
    let second = one();
    if tape.one_in(4) { Dependency::AnyOf(vec![first, second]) } else { first }
}

fn any_work(tape: &mut Tape, id: &str) -> Task {
    let role = tape.pick(&ROLES);
    match tape.below(14) {
        0 => manual(id),
        1 => script(id),
        2 => email(id, role),
        3 => email(id, role).cc(tape.pick(&ROLES)),
        4 => documents(id, role, &["bank", "bills?"]),
        5 => form(id, role, &["hours", "overtime?"]),
        6 => approval(id, role, 1),
        7 => approval(id, "partner", 2),
        8 => signature(id, Required::All, &["director", "partner after director"]),
        9 => signature(id, Required::AtLeast(1), &["director", "payroll", "owner after payroll"]),
        10 => update_client(id),
        11 => start_job(id, tape.one_in(2)),
        12 => plugin(id),
        _ => wait(id, tape.pick(&RULES)),
    }
}

/// The directory and the lists as the job finds them.
pub(super) fn any_start(tape: &mut Tape, world: &mut World) {
    for task in world.plan.tasks.iter().filter(|task| task.for_each.is_some()) {
        world.answers.items.insert(task.id.clone(), any_items(tape));
    }
    for role in ["director", "owner"] {
        world.roles.insert(role.into(), vec![tape.pick(&PEOPLE).into()]);
    }
    if tape.one_in(2) {
        world.roles.insert("partner".into(), vec!["kim".into(), "sam".into()]);
    }
}

/// Something happens to the job: time, people, the directory, the world, or an answer that nobody asked for.
pub(super) fn anything(tape: &mut Tape, world: &mut World) {
    match tape.below(16) {
        0 | 1 => world.pass(i64::try_from(tape.below(40)).unwrap()),
        2..=6 => act(tape, world),
        7 if tape.one_in(3) => keep(tape, world),
        7..=9 => report(tape, world),
        10..=12 => directory(tape, world),
        13 => stray_answer(tape, world),
        14 if tape.one_in(3) => another_version(tape, world),
        15 if tape.one_in(6) => {
            _ = world.command(Command::Cancel { by: actor("pat"), why: "left".into() });
            if tape.one_in(2) {
                _ = world.command(Command::Uncancel {
                    by: actor("pat"),
                    note: "a slip".into(),
                    with_parent: tape.one_in(2),
                });
            }
        }
        _ => world.pass(1),
    }
}

fn any_key(tape: &mut Tape, world: &World) -> TaskKey {
    let keys: Vec<TaskKey> = world.job.tasks.keys().cloned().collect();
    if keys.is_empty() { TaskKey::of(&name("t0")) } else { tape.pick(&keys) }
}

fn act(tape: &mut Tape, world: &mut World) {
    let task = any_key(tape, world);
    let who = tape.pick(&PEOPLE);
    let act = match tape.below(17) {
        12.. => return fitting_act(tape, world, task),
        9 => correction(tape),
        10 => Act::Confirm { item: None },
        11 if tape.one_in(3) => Act::Reopen,
        11 => return,
        0 | 1 => Act::Complete { outputs: Values::new(), awaited: None },
        2 => Act::Answer { item: name(tape.pick(&["bank", "bills", "hours", "overtime"])), answer: any_answer(tape) },
        3 => Act::Approve { outcome: name(tape.pick(&["approved", "changes", "declined"])) },
        4 => Act::Sign { signer: any_signer(tape) },
        5 => Act::Decline { signer: any_signer(tape) },
        6 => Act::Skip,
        7 => Act::Reassign { people: (0..tape.below(3)).map(|_| person(tape.pick(&PEOPLE))).collect() },
        _ => Act::Retry,
    };
    let active = !world.gone.contains(who);
    _ = world.command(Command::Act { task, act, by: actor(who), active, note: Some("so".into()) });
}

/// Staff go against the ordinary course.
fn correction(tape: &mut Tape) -> Act {
    let item = name(tape.pick(&["bank", "bills", "hours", "overtime"]));
    match tape.below(3) {
        0 => Act::CompleteOutOfTurn(Given::default()),
        1 => {
            let outcome = if tape.one_in(2) { Some(name("changes")) } else { None };
            let answers = if tape.one_in(3) { vec![(item, any_answer(tape))] } else { vec![] };
            Act::Override { outcome, given: Given { answers, ..Given::default() } }
        }
        _ => Act::Amend { item, answer: any_answer(tape) },
    }
}

/// What somebody who was asked would do.
fn fitting_act(tape: &mut Tape, world: &mut World, task: TaskKey) {
    let Some(run) = world.job.run(&task) else { return };
    let asked: Vec<(Slot, String)> = run.people().map(|(slot, one)| (slot.clone(), one.id.as_str().into())).collect();
    if asked.is_empty() {
        return;
    }
    let (slot, who) = tape.pick(&asked);
    let parts = world.plan.task(&task.task).map(|task| task.work.clone());
    let act = match (parts, slot) {
        (_, Slot::Signer(signer)) if tape.one_in(4) => Act::Decline { signer },
        (_, Slot::Signer(signer)) => Act::Sign { signer },
        (Some(Work::Request(Request { parts: Parts::Approval { .. }, .. })), _) => {
            Act::Approve { outcome: name(tape.pick(&["approved", "approved", "changes"])) }
        }
        (Some(Work::Request(Request { parts: Parts::Documents { items, .. } | Parts::Form(items), .. })), _) => {
            Act::Answer { item: tape.pick(&items).id, answer: any_answer(tape) }
        }
        _ => Act::Complete { outputs: Values::new(), awaited: None },
    };
    let active = !world.gone.contains(&who);
    _ = world.command(Command::Act { task, act, by: actor(&who), active, note: None });
}

fn any_signer(tape: &mut Tape) -> Name {
    name(tape.pick(&["director", "payroll", "partner", "owner"]))
}

fn any_answer(tape: &mut Tape) -> Answered {
    match tape.below(3) {
        0 => Answered::Value(Value::Document(Document { hash: Hash([3; 32]), name: "may.pdf".into(), size: 9 })),
        1 => Answered::Value(Value::Int(4)),
        _ => Answered::Nothing,
    }
}

/// An effect comes back, perhaps for the second time, perhaps in the wrong way.
fn report(tape: &mut Tape, world: &mut World) {
    let effects: Vec<_> = world.outbox.iter().map(|(id, (_, to))| (*id, to.clone())).collect();
    if effects.is_empty() {
        return;
    }
    let (effect, to) = tape.pick(&effects);
    let failed = |kind| Outcome::Failed(Failure { kind, code: "mail".into(), message: "no".into() });
    let kind = tape.pick(&[FailureKind::Busy, FailureKind::Permanent, FailureKind::Transient]);
    let outcome = match (tape.below(3), to) {
        (0, _) => failed(kind),
        (1, Some(to)) => Outcome::Refused { address: format!("{to}@example.com"), reply: "550".into() },
        (_, Some(_)) => Outcome::Sent { reply: "250".into() },
        (_, None) if is_call(world, effect) => called(tape, world),
        (1, None) => Outcome::Started(JobId([9; 16])),
        (_, None) => Outcome::Ended { completed: tape.one_in(2), outputs: Values::new() },
    };
    _ = world.report(effect, outcome);
}

fn is_call(world: &World, effect: EffectId) -> bool {
    let task = world.job.effects.get(&effect).map(|(task, _)| task);
    task.and_then(|task| world.job.run(task)).is_some_and(|run| run.is_call(effect))
}

/// A plugin comes back, in any of its ways.
fn called(tape: &mut Tape, world: &World) -> Outcome {
    let line = Line { level: Level::Info, message: "hello".into(), fields: String::new() };
    let changes = if tape.one_in(3) { vec![("status".into(), Value::text("live"))] } else { vec![] };
    let outputs = if tape.one_in(4) { [(name("extra"), Value::Int(1))].into() } else { Values::new() };
    let failed = |kind, code: &str| Failure { kind, code: code.into(), message: "no".into() };
    let end = match tape.below(6) {
        0 => CallEnd::Failed { failure: failed(FailureKind::Transient, "in-doubt"), not_before: Some(world.now) },
        1 => CallEnd::Failed { failure: failed(FailureKind::Permanent, "refused"), not_before: None },
        2 => {
            let next_at = tape.one_in(2).then_some(world.now);
            CallEnd::Later { correlation: "later".into(), next_at, changes, note: None }
        }
        3 => CallEnd::NotYet { poll_at: world.now },
        4 => CallEnd::Cancelled,
        _ => CallEnd::Done { outputs, changes, note: None },
    };
    Outcome::Called { lines: if tape.one_in(2) { vec![line] } else { vec![] }, end }
}

/// A plugin keeps progress, perhaps twice, perhaps one that is not wanted any more.
fn keep(tape: &mut Tape, world: &mut World) {
    let effects: Vec<_> = world.outbox.keys().copied().collect();
    if effects.is_empty() {
        return;
    }
    let (effect, name) = (tape.pick(&effects), tape.pick(&["sent", "page"]).into());
    _ = world.command(Command::Keep { effect, name, value: tape.pick(&["1", "2"]).into() });
}

fn directory(tape: &mut Tape, world: &mut World) {
    let (who, task) = (tape.pick(&PEOPLE).to_string(), any_key(tape, world).task);
    let answers = &mut world.answers;
    _ = match tape.below(10) {
        0 => world.gone.insert(who),
        1 => world.gone.remove(&who),
        2 => world.bounced.remove(&who),
        3 => answers.empty.insert(task),
        4 => answers.empty.remove(&task),
        5 => answers.faulty.insert(task),
        6 => answers.faulty.remove(&task),
        7 => answers.conditions.insert(task, tape.pick(&[Ok(true), Ok(false), Err("no field".into())])).is_some(),
        8 => answers.items.insert(task, any_items(tape)).is_some(),
        _ => {
            let listed = match tape.below(6) {
                0 => vec![],
                1 => vec!["!".to_string()],
                count => (2..count + 1).map(|_| tape.pick(&PEOPLE).to_string()).collect(),
            };
            let mut once: Vec<String> = vec![];
            listed.into_iter().for_each(|id| {
                if !once.contains(&id) {
                    once.push(id)
                }
            });
            world.roles.insert(tape.pick(&ROLES).to_string(), once).is_some()
        }
    };
    world.directory_changed();
}

fn any_items(tape: &mut Tape) -> Result<Vec<String>, String> {
    if tape.one_in(5) {
        return Err("it is no list".into());
    }
    Ok(["ann", "dee", "ben"].into_iter().take(tape.below(4)).map(ToString::to_string).collect())
}

/// An answer that the job may not have asked for: it is refused, or it fits.
fn stray_answer(tape: &mut Tape, world: &mut World) {
    let key = any_key(tape, world);
    let failure = || Failure::permanent("no", "no");
    let answer = match tape.below(11) {
        0 => Answer::Dates(vec![]),
        1 => Answer::Condition(key, Ok(tape.one_in(2))),
        2 => Answer::Items(key, any_items(tape).map(|ids| ids.into_iter().map(|id| (id, Value::Nothing)).collect())),
        3 => Answer::People(key, vec![], Revision::default()),
        4 => Answer::Standing(key, Some((Slot::Recipient, Reason::Deactivated))),
        5 => Answer::Letters(key, Ok(vec![])),
        6 => Answer::Script(key, if tape.one_in(2) { Err(failure()) } else { Ok(Values::new()) }),
        7 => Answer::Document(key, Ok(Value::Nothing)),
        8 => Answer::Child(key, Err(failure())),
        9 => Answer::Plugin(key, Ok((Hash([4; 32]), Value::Nothing))),
        _ => Answer::Notice(key, Ok(vec![])),
    };
    _ = world.command(Command::Answer(answer));
}

/// Tasks go, come and take other names; those that stay keep their type.
fn another_version(tape: &mut Tape, world: &mut World) {
    let mut next = world.plan.clone();
    next.hash = Hash([u8::try_from(tape.below(200)).unwrap() + 2; 32]);
    let mut renamed = vec![];
    match tape.below(4) {
        0 if !next.tasks.is_empty() => {
            let gone = tape.below(next.tasks.len());
            next.tasks.remove(gone);
        }
        1 => {
            let id = format!("new{}", tape.below(4));
            if next.task(&name(&id)).is_none() {
                next.tasks.push(any_work(tape, &id));
            }
        }
        2 if !next.tasks.is_empty() => {
            let at = tape.below(next.tasks.len());
            let (old, new) = (next.tasks[at].id.clone(), name(&format!("other{}", tape.below(3))));
            if next.task(&new).is_none() {
                next.tasks[at].id = new.clone();
                renamed.push((old, new));
            }
        }
        _ => {
            for task in &mut next.tasks {
                task.due = None;
                task.on_failed = crate::plan::OnFailed::default();
            }
        }
    }
    let before = core::mem::replace(&mut world.plan, next);
    let moved = MoveTo { by: actor("pat"), renamed, before: before.clone().into() };
    if world.command(Command::Move(moved)).is_err() || world.job.hash != world.plan.hash {
        world.plan = before;
    }
}
