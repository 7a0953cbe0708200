//! Reads a story, a line at a time, and plays it.
//!
//! A story sets the scene (`payroll: ann, ben`, `when b no`, `items each dee, eve`, `script calc box=5`), moves time
//! (`day 3`, `hours 2`), lets people act (`approve check approved by kim`), reports effects (`sent ask ann`) and changes
//! the directory (`gone ann`). The scene lines before `open` ask nothing again; after it they are changes.

use super::plans::name;
use super::world::{World, actor, person};
use crate::command::{Act, Command, Given, MoveTo, Outcome};
use crate::effect::Failure;
use crate::event::{Actor, Answered};
use crate::id::{Hash, JobId};
use crate::retry::FailureKind;
use crate::task::TaskKey;
use crate::value::{Document, Value, Values};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

pub(super) fn play(world: &mut World, story: &str) {
    let lines = story.split(['\n', ';']).map(str::trim).filter(|line| !line.is_empty());
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        if !scene(world, line, &words) {
            told(world, line, &words);
        }
    }
}

/// A line that says how the world is.
fn scene(world: &mut World, line: &str, words: &[&str]) -> bool {
    if let Some((role, people)) = line.split_once(':') {
        world.roles.insert(role.into(), list(people));
        changed(world);
        return true;
    }
    let rest = || words.get(2..).unwrap_or_default().join(" ");
    match (words[0], words.get(1).copied().unwrap_or_default()) {
        ("when", task) => {
            let holds = if rest() == "error" { Err("there is no such field".into()) } else { Ok(rest() == "yes") };
            world.answers.conditions.insert(name(task), holds);
        }
        ("items", task) => {
            let items = if rest() == "error" { Err("it is no list".into()) } else { Ok(list(&rest())) };
            world.answers.items.insert(name(task), items);
        }
        ("script", task) => {
            let fails = || Failure::permanent("script-failed", "it divides by zero");
            let outputs = if rest() == "fails" { Err(fails()) } else { Ok(values(&words[2..])) };
            world.answers.scripts.insert(name(task), outputs);
        }
        ("empty", task) => _ = world.answers.empty.insert(name(task)),
        ("filled", task) => _ = world.answers.empty.remove(&name(task)),
        ("faulty", task) => _ = world.answers.faulty.insert(name(task)),
        ("sound", task) => _ = world.answers.faulty.remove(&name(task)),
        ("gone", _) => world.gone.extend(list(&words[1..].join(" "))),
        ("back", id) => _ = world.gone.remove(id),
        ("address", id) => _ = world.bounced.remove(id),
        _ => return false,
    }
    changed(world);
    true
}

fn changed(world: &mut World) {
    if world.job.events > 1 {
        world.directory_changed();
    }
}

/// A line that makes something happen.
fn told(world: &mut World, line: &str, words: &[&str]) {
    match words {
        ["open"] => world.settle(),
        ["day", day] => {
            let to = 24 * (day.parse::<i64>().unwrap() - 1);
            let so_far = world.now.duration_since(world.log[0].at).as_hours();
            world.pass(to - so_far);
        }
        ["hours", hours] => world.pass(hours.parse().unwrap()),
        ["state"] => state(world),
        _ => {
            let done = match words {
                ["sent" | "refused" | "busy" | "broken" | "lost" | "started" | "ended", ..] => report(world, words),
                ["cancel", "by", who, why @ ..] => {
                    world.command(Command::Cancel { by: actor(who), why: why.join(" ") })
                }
                ["uncancel", "by", who, why @ ..] => {
                    let (by, note) = (actor(who), why.join(" "));
                    world.command(Command::Uncancel { by, note, with_parent: false })
                }
                _ => act(world, words),
            };
            if let Err(refusal) = done {
                world.told += &format!("{}  {line}: refused, {refusal}\n", super::telling::moment(world.now));
            }
        }
    }
}

/// Where every task stands.
fn state(world: &mut World) {
    let states = world.job.tasks.iter().map(|(key, run)| format!("{key} {}", run.state));
    let all = states.collect::<Vec<_>>().join(", ");
    world.told += &format!("job {}: {all}\n", world.job.state.word());
}

fn report(world: &mut World, words: &[&str]) -> Result<(), crate::command::Refusal> {
    let task: TaskKey = words[1].parse().unwrap();
    let is_child = matches!(words[0], "started" | "ended") || words.len() == 2;
    let to = (!is_child).then(|| words[2]);
    let failed = |kind| Outcome::Failed(Failure { kind, code: "mail".into(), message: "it did not work".into() });
    let outcome = match words[0] {
        "sent" => Outcome::Sent { reply: "250".into() },
        "refused" => Outcome::Refused { address: format!("{}@example.com", words[2]), reply: "550".into() },
        "busy" => failed(FailureKind::Busy),
        "lost" => {
            let code = crate::retry::IN_DOUBT.into();
            Outcome::Failed(Failure { kind: FailureKind::Transient, code, message: "no answer came".into() })
        }
        "broken" => failed(FailureKind::Permanent),
        "started" => Outcome::Started(JobId([9; 16])),
        _ => Outcome::Ended { completed: words.len() == 2, outputs: Values::new() },
    };
    let effect = world.effect(&task, to);
    world.report(effect, outcome)
}

/// `VERB TASK … by WHO NOTE…`
fn act(world: &mut World, words: &[&str]) -> Result<(), crate::command::Refusal> {
    let by = words.iter().position(|word| *word == "by").unwrap_or_else(|| panic!("unknown line: {words:?}"));
    let (said, who, note) = (&words[2..by], words[by + 1], words[by + 2..].join(" "));
    let act = match (words[0], said) {
        ("complete", outputs) => Act::Complete { outputs: values(outputs), awaited: None },
        ("answer", [item, value]) => Act::Answer { item: name(item), answer: answered(value) },
        ("approve", [outcome]) => Act::Approve { outcome: name(outcome) },
        ("sign", [signer]) => Act::Sign { signer: name(signer) },
        ("decline", [signer]) => Act::Decline { signer: name(signer) },
        ("skip", []) => Act::Skip,
        ("retry", []) => Act::Retry,
        ("reopen", []) => Act::Reopen,
        ("again", []) => Act::Confirm { item: None },
        ("again", [item]) => Act::Confirm { item: Some(name(item)) },
        ("amend", [item, value]) => Act::Amend { item: name(item), answer: answered(value) },
        ("override", ["as", outcome]) => Act::Override { outcome: Some(name(outcome)), given: Given::default() },
        ("override", given) => Act::Override { outcome: None, given: gives(world, words[1], given) },
        ("early", given) => Act::CompleteOutOfTurn(gives(world, words[1], given)),
        ("reassign", ["to", people @ ..]) => Act::Reassign { people: people.iter().map(|id| person(id)).collect() },
        _ => panic!("unknown line: {words:?}"),
    };
    let (active, task) = (!world.gone.contains(who), words[1].parse().unwrap());
    world.command(Command::Act { task, act, by: who_acts(who), active, note: (!note.is_empty()).then_some(note) })
}

/// `pat`, or `ann/pat` when pat enters what ann decided.
fn who_acts(who: &str) -> Actor {
    match who.split_once('/') {
        None => actor(who),
        Some((contact, staff)) => Actor::Entered {
            contact: contact.parse().unwrap(),
            staff: Some(staff.parse().unwrap()),
            entered_by: "desk".into(),
            is_present: false,
        },
    }
}

/// What staff give: answers where the task has such items, else outputs.
fn gives(world: &World, task: &str, pairs: &[&str]) -> Given {
    let task: TaskKey = task.parse().unwrap();
    let outputs = values(pairs);
    let is_output = |name: &crate::id::Name| world.plan.task(&task.task).unwrap().outputs.contains_key(name);
    let (outputs, answers): (Values, Values) = outputs.into_iter().partition(|(name, _)| is_output(name));
    Given { outputs, answers: answers.into_iter().map(|(item, value)| (item, Answered::Value(value))).collect() }
}

/// Follows another version from here on.
pub(super) fn move_to(world: &mut World, plan: crate::plan::Plan, renamed: &[(&str, &str)]) {
    let renamed = renamed.iter().map(|(old, new)| (name(old), name(new))).collect();
    let before = core::mem::replace(&mut world.plan, plan);
    if let Err(refusal) =
        world.command(Command::Move(MoveTo { by: actor("pat"), renamed, before: before.clone().into() }))
    {
        world.plan = before;
        world.told += &format!("{}  move: refused, {refusal}\n", super::telling::moment(world.now));
    }
}

fn list(words: &str) -> Vec<String> {
    words.split(',').map(str::trim).filter(|word| !word.is_empty() && *word != "-").map(ToString::to_string).collect()
}

fn values(pairs: &[&str]) -> Values {
    let pair = |pair: &&str| pair.split_once('=').map(|(key, text)| (name(key), value(text)));
    pairs.iter().filter_map(pair).collect()
}

fn value(text: &str) -> Value {
    match text.parse() {
        Ok(number) => Value::Int(number),
        Err(_) if text.contains('.') => {
            let size = u64::from(!text.starts_with("empty"));
            Value::Document(Document { hash: Hash([3; 32]), name: text.into(), size })
        }
        Err(_) => Value::text(text),
    }
}

fn answered(text: &str) -> Answered {
    if text == "nothing" { Answered::Nothing } else { Answered::Value(value(text)) }
}
