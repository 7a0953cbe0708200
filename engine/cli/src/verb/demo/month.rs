//! The month that `demo` plays: what happens on which day, and who does it.
//!
//! Owns: the script of two jobs. Birchwood's payroll goes from the first letter to the signature; Cloudberry's payroll
//! contact loses the role before its salary review, which falls back to no one, so that nobody can be asked until
//! somebody ticks it again. Leaves everything that follows from it to the engine.

use jiff::{Timestamp, ToSpan};
use jobwright_core::calendar::Direction;
use jobwright_core::command::{Act, Command};
use jobwright_core::date::Rule;
use jobwright_core::directory::trail::Attribution;
use jobwright_core::event::Answered;
use jobwright_core::id::{ClientId, ContactId, DefinitionId, JobId, Name, RoleId, StaffId};
use jobwright_core::recipient::PersonId;
use jobwright_core::task::TaskKey;
use jobwright_core::value::{Currency, Money, Value, Values};
use jobwright_runtime::Looked;

use crate::assemble::engine_report;
use crate::exit::Exit;
use crate::play::{Opening, Stage, actor, is_active, moment_of};
use crate::report::{Report, Result};

/// Whose payroll goes from the first letter to the signature.
pub const CLIENT: &str = "birchwood";
/// Whose payroll contact loses the role.
pub const OTHER: &str = "cloudberry";
/// The job that goes through.
pub const PAYROLL: &str = "monthly-payroll";
/// The job that has no fallback.
pub const REVIEW: &str = "salary-review";
/// Days of a month before payroll begins; the definition opens its period then too.
const OPENS_ON_DAY: i8 = 4;

/// A month that was played.
pub struct Month {
    /// The job that went through.
    pub whole: Looked,
    /// The job that nobody could be asked for, just after somebody could.
    pub healed: Looked,
    /// What people changed, and when.
    pub said: Vec<Said>,
}

/// Something that is on no job's timeline.
pub struct Said {
    /// When.
    pub at: Timestamp,
    /// What.
    pub words: String,
}

impl Month {
    /// Plays the month that begins at this moment.
    pub fn play(stage: &Stage, begins: Timestamp) -> Result<Self> {
        stage.drive_until(opening(stage, begins)?)?;
        let whole = start(stage, PAYROLL, CLIENT, 1)?;
        let mut said = Vec::new();
        wait(stage, whole, "job.opened, +1 working day, at 10:12")?;
        tick(stage, false, "Lou Pickering loses the role Payroll contact, and the salary review begins", &mut said)?;
        let healed = start(stage, REVIEW, OTHER, 2)?;
        wait(stage, whole, "job.opened, +1 working day, at 14:35")?;
        tick(stage, true, "Pat Quill ticks the role again: the letter leaves by itself, once", &mut said)?;
        let healed = stage.look(healed)?;
        people_answer(stage, whole)?;
        Ok(Self { whole: stage.look(whole)?, healed, said })
    }
}

/// What the people of Birchwood and of the practice do, each at their time.
fn people_answer(stage: &Stage, job: JobId) -> Result<()> {
    wait(stage, job, "job.opened, +4 working days, at 11:26")?;
    let changes = document(stage, "birchwood-changes.csv", "name,hours\nIan Booth,152\nLiv Crowe,148\n")?;
    let answer = Act::Answer { item: name("changes")?, answer: Answered::Value(changes) };
    does(stage, job, "changes_in", contact("ann")?, answer, None)?;
    wait(stage, job, "dates.pay_date, -4 working days, at 15:10")?;
    let outputs = [("headcount", Value::Int(23)), ("net_total", pounds("41287.66")?)];
    does(stage, job, "prepare", staff("kim")?, complete(outputs)?, None)?;
    wait(stage, job, "dates.pay_date, -2 working days, at 09:47")?;
    let approve = Act::Approve { outcome: name("approved")? };
    does(stage, job, "approve", contact("ann")?, approve, Some("Looks right, thank you."))?;
    wait(stage, job, "dates.pay_date, -2 working days, at 16:05")?;
    let record = document(stage, "payroll-record.txt", "Payroll record\n23 people\nnet pay 41,287.66 GBP\n")?;
    let outputs = [("receipt", Value::text("FPS-8F2-0419")), ("record", record)];
    does(stage, job, "file_fps", staff("kim")?, complete(outputs)?, None)?;
    wait(stage, job, "dates.pay_date, -1 working day, at 10:03")?;
    does(stage, job, "sign_off", contact("ann")?, Act::Sign { signer: name("client")? }, None)
}

/// The first working day on which the period is open, at eight.
fn opening(stage: &Stage, begins: Timestamp) -> Result<Timestamp> {
    let world = stage.engine().world();
    let fault = |what: &str| Report::new(Exit::Fault, format!("the demo cannot begin: {what}"));
    let first = begins.to_zoned(world.zone.clone()).date();
    let day = first.checked_add(i64::from(OPENS_ON_DAY - 1).days()).map_err(|_| fault("no such day"))?;
    let calendar = world.calendars.get(&world.calendar).ok_or_else(|| fault("no calendar"))?;
    let day = calendar.nearest_working_day(day, Direction::Forward).ok_or_else(|| fault("no working day"))?.day;
    let at = day.at(8, 0, 0, 0).to_zoned(world.zone.clone()).map_err(|_| fault("no such moment"))?;
    Ok(at.timestamp())
}

fn start(stage: &Stage, definition: &str, client: &str, number: u64) -> Result<JobId> {
    let definition: DefinitionId = id(definition)?;
    let client: ClientId = id(client)?;
    let start = Opening { definition: &definition, client: &client, period: None, inputs: Values::new(), number };
    let job = stage.start(start)?;
    stage.drive()?;
    Ok(job)
}

fn wait(stage: &Stage, job: JobId, rule: &str) -> Result<()> {
    let fault = |why: String| Report::new(Exit::Fault, format!("the demo's own rule `{rule}` fails: {why}"));
    let parsed = Rule::parse(rule).map_err(|_| fault("it cannot be read".to_owned()))?;
    let at = moment_of(stage.engine(), &stage.look(job)?, &parsed).map_err(fault)?;
    stage.drive_until(at).map(drop)
}

fn does(stage: &Stage, job: JobId, task: &str, by: PersonId, act: Act, note: Option<&str>) -> Result<()> {
    let task: TaskKey = id(task)?;
    let active = is_active(&stage.look(job)?, &by);
    let command = Command::Act { task, act, by: actor(&by), active, note: note.map(str::to_owned) };
    stage.engine().command(job, command).map_err(engine_report)?;
    stage.drive().map(drop)
}

fn tick(stage: &Stage, ticked: bool, words: &str, said: &mut Vec<Said>) -> Result<()> {
    let (client, contact, role): (ClientId, ContactId, RoleId) = (id(OTHER)?, id("lou")?, id("payroll")?);
    let engine = stage.engine();
    let changed = engine.change_client(&client, &Attribution::engine("demo"), |known| {
        let mut known = known.ok_or_else(|| jobwright_runtime::Error::NoSuchClient(client.clone()))?;
        known.tick(&contact, &role, ticked)?;
        Ok::<_, jobwright_runtime::Error>((known, ()))
    });
    changed.map_err(engine_report)?;
    said.push(Said { at: engine.now(), words: words.to_owned() });
    stage.drive().map(drop)
}

fn document(stage: &Stage, name: &str, text: &str) -> Result<Value> {
    stage.engine().keep_document(name, text.as_bytes()).map(Value::Document).map_err(engine_report)
}

fn complete<const N: usize>(outputs: [(&str, Value); N]) -> Result<Act> {
    let outputs = outputs.into_iter().map(|(output, value)| Ok((name(output)?, value)));
    Ok(Act::Complete { outputs: outputs.collect::<Result<_>>()?, awaited: None })
}

fn contact(contact: &str) -> Result<PersonId> {
    Ok(PersonId::Contact(id::<ContactId>(contact)?))
}

fn staff(staff: &str) -> Result<PersonId> {
    Ok(PersonId::Staff(id::<StaffId>(staff)?))
}

fn name(text: &str) -> Result<Name> {
    id(text)
}

fn pounds(amount: &str) -> Result<Value> {
    let fault = || Report::new(Exit::Fault, format!("the demo counts {amount} pounds"));
    let amount = amount.parse().map_err(|_| fault())?;
    Ok(Value::Money(Money { amount, currency: Currency::new("GBP").ok_or_else(fault)? }))
}

/// The names of the script are our own: a bad one is a fault of ours.
fn id<T: std::str::FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| Report::new(Exit::Fault, format!("the demo names `{text}`")))
}
