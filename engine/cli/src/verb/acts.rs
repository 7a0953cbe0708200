//! What a person does to a task or a job in its ordinary course: `complete answer approve sign skip reassign retry cancel`.
//!
//! Owns: from words to an act, and saying what came of it. One file, since each is a few lines upon the same way in.
//! Leaves who may do it to the core, which refuses and journals the attempt.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use jobwright_core::access::{Action, Resource};
use jobwright_core::{
    command::{Act, Command, Given},
    event::{Actor, Answered, Recorded},
    id::{JobId, Name},
    plan::{Item, Parts, Request, Takes, Work},
    task::TaskKey,
    value::{Field, Type, Value, Values},
};
use jobwright_definition::typed;
use jobwright_runtime::{Done, Looked};

use super::Context;
use crate::assemble::engine_report;
use crate::caller::{Caller, FILE_BYTES_MAX};
use crate::desk::{Desk, short};
use crate::exit::Exit;
use crate::linked::Linked;
use crate::output::visible;
use crate::report::{Report, Result};
use crate::shape;
use crate::timeline::Timeline;

/// Say that a task is done, and give its outputs
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright complete monthly-payroll/4711/2026-05 prepare --as kim --set headcount=12 --set net_total=18400.00
  jobwright complete 8f3a91c2 'identity[dee]' --as pat
  jobwright complete 8f3a91c2 prepare --as kim --previous --set headcount=13   once more, with what else was given before
  jobwright complete 8f3a91c2 file --out-of-turn --as pat --note \"Filed by hand before the system was down\"
  jobwright complete vat-quarter/4711/2026-Q2 file --correlation hmrc-77 --set receipt=R1")]
pub struct Complete {
    /// The job
    job: String,
    /// The task, or one instance: `identity[dee]`
    task: String,
    /// An output
    #[arg(long = "set", value_name = "NAME=VALUE")]
    outputs: Vec<String>,
    /// Give what was given before the task was reopened, where --set does not say otherwise
    #[arg(long, conflicts_with = "out_of_turn")]
    previous: bool,
    /// Complete it though its turn has not come; for staff, wants --note
    #[arg(long)]
    out_of_turn: bool,
    /// For whom staff say so: `contact:ann`
    #[arg(long = "for", value_name = "CONTACT", conflicts_with = "out_of_turn")]
    for_whom: Option<String>,
    /// Only if its plugin waits for this answer, by the name that the plugin gave
    #[arg(long, value_name = "KEY")]
    correlation: Option<String>,
}

/// Answer one item of a document request or a form
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright answer 8f3a91c2 changes_in changes --as contact:ann --file hours.xlsx
  jobwright answer 8f3a91c2 changes_in changes --as contact:ann --nothing
  jobwright answer 8f3a91c2 details vat_number --as contact:ann --value GB123456789
  jobwright answer 8f3a91c2 details vat_number --as pat --for contact:ann --value GB123456789   entered for her
  jobwright answer 8f3a91c2 details --as contact:ann --previous        as it was before the task was reopened")]
pub struct Answer {
    /// The job
    job: String,
    /// The task
    task: String,
    /// The item; with --previous all that are open when left out
    #[arg(required_unless_present = "previous")]
    item: Option<String>,
    /// A file
    #[arg(long, value_name = "FILE", group = "answer")]
    file: Option<PathBuf>,
    /// A value
    #[arg(long, value_name = "VALUE", group = "answer")]
    value: Option<String>,
    /// Nothing to report
    #[arg(long, group = "answer")]
    nothing: bool,
    /// What was answered before the task was reopened
    #[arg(long, group = "answer")]
    previous: bool,
    /// Whose answer it is, when staff enter it: `contact:ann`
    #[arg(long = "for", value_name = "CONTACT")]
    for_whom: Option<String>,
}

/// Give an outcome of an approval
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright approve 8f3a91c2 approve --as contact:ann --outcome approved
  jobwright approve 8f3a91c2 approve --as contact:ann --outcome rejected --note \"Overtime is missing\"")]
pub struct Approve {
    /// The job
    job: String,
    /// The task
    task: String,
    /// One of its outcomes; the first of them when left out
    #[arg(long, value_name = "OUTCOME")]
    outcome: Option<String>,
    /// Whose decision it is, when staff enter it: `contact:ann`
    #[arg(long = "for", value_name = "CONTACT")]
    for_whom: Option<String>,
}

/// Sign, or decline to; never for somebody else
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright sign 8f3a91c2 sign --signer client_signer --as contact:dee
  jobwright sign 8f3a91c2 sign --signer client_signer --as contact:dee --decline --note \"The fee is wrong\"")]
pub struct Sign {
    /// The job
    job: String,
    /// The task
    task: String,
    /// The place under the document; the only one when left out
    #[arg(long, value_name = "SIGNER")]
    signer: Option<String>,
    /// Decline
    #[arg(long)]
    decline: bool,
}

/// Say that a task is not needed; wants --note
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright skip 8f3a91c2 changes_in --as pat --note \"Told by telephone\"")]
pub struct Skip {
    /// The job
    job: String,
    /// The task
    task: String,
}

/// Give a task to somebody else
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright reassign 8f3a91c2 prepare --to lee --as pat
  jobwright reassign 8f3a91c2 approve --to contact:bob --as pat")]
pub struct Reassign {
    /// The job
    job: String,
    /// The task
    task: String,
    /// Staff, or `contact:ann` of the job's client
    #[arg(long = "to", value_name = "PERSON", required = true)]
    to: Vec<String>,
}

/// Try a failed task again, hurry one whose plugin waits for its next try, or let a job that was set aside go on
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright retry 8f3a91c2 payslips --as pat
  jobwright retry 8f3a91c2                     a job that was set aside, once its cause is mended")]
pub struct Retry {
    /// The job
    job: String,
    /// The task; left out, the job itself, when it was set aside
    task: Option<String>,
}

/// End a job before its time; wants --note, and `uncancel` takes it back within an hour
#[derive(Debug, Args)]
#[command(after_help = "\
The jobs that it started are cancelled with it, and theirs, unless their task says `on_parent_end: keep`.

Examples:
  jobwright cancel 8f3a91c2 --as pat --note \"Client has left\"")]
pub struct Cancel {
    /// The job
    job: String,
}

impl Complete {
    pub fn run(self, ctx: &mut Context) -> Result {
        let caller = ctx.caller.clone();
        let done = act(ctx, &self.job, &self.task, self.for_whom.as_deref(), |desk, looked, key| {
            if self.out_of_turn {
                return Ok(Act::CompleteOutOfTurn(given(desk, looked, key, &self.outputs, &*caller)?));
            }
            let mut outputs = outputs(desk, looked, key, &self.outputs, &*caller)?;
            if self.previous {
                let before = looked.job.run(key).and_then(|run| run.before.as_ref());
                for (name, value) in before.iter().flat_map(|before| &before.outputs) {
                    outputs.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
            Ok(Act::Complete { outputs, awaited: self.correlation.clone() })
        })?;
        super::corrections::say_missing(&done.looked, &done.events, ctx)?;
        Ok(Exit::Done)
    }
}

impl Answer {
    pub fn run(self, ctx: &mut Context) -> Result {
        let caller = &*ctx.caller.clone();
        acted(act(ctx, &self.job, &self.task, self.for_whom.as_deref(), |desk, looked, key| {
            let item = self.item.as_deref().map(|item| name(item, "item")).transpose()?;
            if self.previous {
                return Ok(Act::Confirm { item });
            }
            let item = item.ok_or_else(|| Report::usage("say which item"))?;
            let (file, value) = (self.file.as_deref(), self.value.as_deref());
            let answer = answered(desk, looked, key, &item, (file, value, self.nothing), caller)?;
            let missing = || Report::usage("say with what: --file FILE, --value VALUE, --nothing or --previous");
            Ok(Act::Answer { item, answer: answer.ok_or_else(missing)? })
        }))
    }
}

impl Approve {
    pub fn run(self, ctx: &mut Context) -> Result {
        acted(act(ctx, &self.job, &self.task, self.for_whom.as_deref(), |_, looked, key| {
            let first = || match request(looked, key) {
                Some(Parts::Approval { outcomes, .. }) => outcomes.first().cloned(),
                _ => None,
            };
            let given = self.outcome.as_deref().map(|text| name(text, "outcome")).transpose()?;
            let outcome = given.or_else(first);
            let outcome = outcome.ok_or_else(|| Report::usage(format!("task `{key}` is no approval")))?;
            Ok(Act::Approve { outcome })
        }))
    }
}

impl Sign {
    pub fn run(self, ctx: &mut Context) -> Result {
        acted(act(ctx, &self.job, &self.task, None, |_, looked, key| {
            let only = || match request(looked, key) {
                Some(Parts::Signature { signers, .. }) if signers.len() == 1 => Some(signers[0].id.clone()),
                _ => None,
            };
            let given = self.signer.as_deref().map(|text| name(text, "signer")).transpose()?;
            let signer = given.or_else(only);
            let signer = signer.ok_or_else(|| Report::usage("say in which place: --signer SIGNER"))?;
            Ok(if self.decline { Act::Decline { signer } } else { Act::Sign { signer } })
        }))
    }
}

impl Skip {
    pub fn run(self, ctx: &mut Context) -> Result {
        acted(act(ctx, &self.job, &self.task, None, |_, _, _| Ok(Act::Skip)))
    }
}

impl Reassign {
    pub fn run(self, ctx: &mut Context) -> Result {
        acted(act(ctx, &self.job, &self.task, None, |desk, looked, _| {
            let people = self.to.iter().map(|name| desk.named(looked, name)).collect::<Result<_>>()?;
            Ok(Act::Reassign { people })
        }))
    }
}

impl Retry {
    pub fn run(self, ctx: &mut Context) -> Result {
        if let Some(task) = &self.task {
            return acted(act(ctx, &self.job, task, None, |_, _, _| Ok(Act::Retry)));
        }
        let desk = ctx.desk(Action::Edit, Resource::Jobs)?;
        let looked = desk.look(&self.job)?;
        if looked.head.value.set_aside.is_none() {
            let what = format!("job {} was not set aside", short(looked.job.id));
            return Err(Report::new(Exit::No, what).next("name the task that failed: `jobwright show` lists them"));
        }
        let (by, active) = desk.person(&looked)?;
        if !active {
            return Err(Report::new(Exit::No, format!("{by} is no longer active")));
        }
        let done = desk.engine.take_up(looked.job.id).map_err(engine_report)?;
        say(&desk, &looked, &done, ctx)
    }
}

impl Cancel {
    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk(Action::Edit, Resource::Jobs)?;
        let looked = desk.look(&self.job)?;
        let (by, active) = desk.person(&looked)?;
        if !active {
            return Err(Report::new(Exit::No, format!("{by} is no longer active")));
        }
        let why = desk.note().unwrap_or_default();
        let done = desk.engine.command(looked.job.id, Command::Cancel { by, why }).map_err(engine_report)?;
        // What goes with it is an effect, which any engine does; nobody should see it at work meanwhile.
        desk.engine.settle_children().map_err(engine_report)?;
        let exit = say(&desk, &looked, &done, ctx)?;
        say_children(&desk, looked.job.id, ctx)?;
        ctx.say_done("`jobwright uncancel` takes it back within an hour, while nothing has left")?;
        Ok(exit)
    }
}

/// How the jobs stand that a job started.
pub(super) fn say_children(desk: &Desk, job: JobId, ctx: &mut Context) -> Result<()> {
    if ctx.global.json || ctx.global.quiet {
        return Ok(());
    }
    let looked = desk.engine.look(job).map_err(engine_report)?;
    let children = Linked { parent: None, ..Linked::of(&desk.engine, &looked.job)? };
    for line in children.lines() {
        ctx.out.line(visible(&line))?;
    }
    Ok(())
}

/// An act that was done: the job as it was before, and what happened.
pub(super) struct Acted {
    pub looked: Looked,
    pub events: Vec<Recorded>,
}

fn acted(done: Result<Acted>) -> Result {
    done.map(|_| Exit::Done)
}

/// The way in that all acts share. An act may be entered for a contact.
pub(super) fn act(
    ctx: &mut Context,
    job: &str,
    task: &str,
    for_whom: Option<&str>,
    make: impl FnOnce(&Desk, &Looked, &TaskKey) -> Result<Act>,
) -> Result<Acted> {
    let desk = ctx.desk(Action::Edit, Resource::Tasks)?;
    let looked = desk.look(job)?;
    let task = desk.task(&looked.job, task)?;
    let act = make(&desk, &looked, &task)?;
    let (by, active) = desk.person(&looked)?;
    let (by, active) = match for_whom {
        None => (by, active),
        Some(contact) => desk.entering(&looked, (by, active), contact)?,
    };
    let command = Command::Act { task: task.clone(), act, by: by.clone(), active, note: desk.note() };
    let done = desk.engine.command(looked.job.id, command).map_err(|error| {
        let report = engine_report(error);
        // Whoever enters what a client said finds the way.
        let run = looked.job.run(&task);
        let asked = run.into_iter().flat_map(|run| run.doers()).find(|one| one.id.kind() == "contact");
        match (&by, asked) {
            (Actor::Staff { .. }, Some(asked)) if run.is_some_and(|run| run.state.is_under_way()) => {
                report.next(format!("what a client told you is entered with `--for contact:{}`", asked.id.as_str()))
            }
            _ => report,
        }
    })?;
    say(&desk, &looked, &done, ctx)?;
    Ok(Acted { looked, events: done.events })
}

/// What came of it: the new lines of the timeline.
pub(super) fn say(desk: &Desk, looked: &Looked, done: &Done, ctx: &mut Context) -> Result {
    let zone = desk.engine.world().zone_of(&looked.prepared.plan);
    if ctx.global.json {
        for event in &done.events {
            ctx.out.json(&shape::event(event, &zone))?;
        }
        return Ok(Exit::Done);
    }
    let mut timeline = Timeline::of(looked, zone, ctx.out.paint());
    // Letters of earlier turns are named by whom they went to, so the story so far is read and not told.
    for event in &looked.events {
        timeline.lines(looked.job.id, event);
    }
    if !ctx.global.quiet {
        for event in &done.events {
            ctx.out.text(timeline.lines(looked.job.id, event))?;
        }
    }
    super::work::say_waiting(desk, ctx)?;
    Ok(Exit::Done)
}

/// What was given as an answer, by the type of its item or output; nothing when nothing was given.
pub(super) fn answered(
    desk: &Desk,
    looked: &Looked,
    key: &TaskKey,
    item: &Name,
    (file, value, nothing): (Option<&Path>, Option<&str>, bool),
    caller: &dyn Caller,
) -> Result<Option<Answered>> {
    Ok(match (file, value, nothing) {
        (Some(path), ..) => Some(Answered::Value(document(desk, path, caller)?)),
        (_, Some(text), _) => Some(Answered::Value(typed_item(desk, looked, key, item, text)?)),
        (_, _, true) => Some(Answered::Nothing),
        _ => None,
    })
}

/// Items and outputs by their types; what is neither is told by the core.
pub(super) fn given(
    desk: &Desk,
    looked: &Looked,
    key: &TaskKey,
    pairs: &[String],
    caller: &dyn Caller,
) -> Result<Given> {
    let items = items(looked, key);
    let (of_items, of_outputs): (Vec<String>, Vec<String>) = pairs.iter().cloned().partition(|pair| {
        let name = pair.split_once('=').map_or(pair.as_str(), |(name, _)| name);
        items.iter().any(|item| item.id.as_str() == name)
    });
    let mut answers = Vec::new();
    for pair in &of_items {
        let (item, text) = pair.split_once('=').ok_or_else(|| Report::usage(format!("`{pair}` is not NAME=VALUE")))?;
        let item = name(item, "item")?;
        let is_file = items.iter().any(|one| one.id == item && matches!(one.takes, Takes::File { .. }));
        let (file, value) = if is_file { (Some(Path::new(text)), None) } else { (None, Some(text)) };
        let answer = answered(desk, looked, key, &item, (file, value, false), caller)?;
        answers.extend(answer.map(|answer| (item, answer)));
    }
    Ok(Given { outputs: outputs(desk, looked, key, &of_outputs, caller)?, answers })
}

pub(super) fn name(text: &str, what: &str) -> Result<Name> {
    text.parse().map_err(|_| Report::usage(format!("`{text}` is no name of an {what}")))
}

fn request<'a>(looked: &'a Looked, key: &TaskKey) -> Option<&'a Parts> {
    match &looked.prepared.plan.task(&key.task)?.work {
        Work::Request(Request { parts, .. }) => Some(parts),
        _ => None,
    }
}

/// Outputs by the types that the definition declares; what it does not declare is told by the core.
fn outputs(desk: &Desk, looked: &Looked, key: &TaskKey, given: &[String], caller: &dyn Caller) -> Result<Values> {
    let declared = looked.prepared.plan.task(&key.task).map(|task| &task.outputs);
    let one = |given: &String| {
        let (text, value) =
            given.split_once('=').ok_or_else(|| Report::usage(format!("`{given}` is not NAME=VALUE")))?;
        let name = name(text, "output")?;
        let field = declared.and_then(|outputs| outputs.get(&name)).cloned();
        let field = field.unwrap_or_else(|| Field::of(Type::Text));
        let value = match field.of {
            Type::Document => document(desk, value.as_ref(), caller)?,
            _ => of_type(desk, value, &field).map_err(|why| Report::usage(format!("`{given}`: {why}")))?,
        };
        Ok((name, value))
    };
    given.iter().map(one).collect()
}

fn of_type(desk: &Desk, text: &str, field: &Field) -> std::result::Result<Value, String> {
    typed::typed(text, field, desk.practice.file.practice.currency)
}

fn items<'a>(looked: &'a Looked, key: &TaskKey) -> &'a [Item] {
    match request(looked, key) {
        Some(Parts::Documents { items, .. } | Parts::Form(items)) => items.as_slice(),
        _ => &[],
    }
}

fn typed_item(desk: &Desk, looked: &Looked, key: &TaskKey, item: &Name, text: &str) -> Result<Value> {
    let outputs = looked.prepared.plan.task(&key.task).map(|task| &task.outputs);
    let field = match items(looked, key).iter().find(|one| one.id == *item).map(|one| &one.takes) {
        Some(Takes::Value(field)) => Some(field),
        Some(Takes::File { .. }) => None,
        None => outputs.and_then(|outputs| outputs.get(item)),
    };
    match field {
        Some(field) => of_type(desk, text, field).map_err(|why| Report::usage(format!("`{item}`: {why}"))),
        // The core says what the item takes, and that there is no such item.
        None => Ok(Value::text(text)),
    }
}

/// Takes a file in: its bytes are kept before anything names them.
fn document(desk: &Desk, path: &Path, caller: &dyn Caller) -> Result<Value> {
    let failed = |error: &std::io::Error| Report::file("read", path, error);
    let opened = caller.open(path).map_err(|error| failed(&error))?;
    let size = opened.size;
    if size > FILE_BYTES_MAX {
        let report = Report::new(Exit::No, format!("{} is too large to be taken in", path.display()));
        return Err(report.because(format!("it has {size} bytes; {FILE_BYTES_MAX} are the most")));
    }
    let mut bytes = Vec::new();
    opened.bytes.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Value::Document(desk.engine.keep_document(&name, &bytes).map_err(engine_report)?))
}
