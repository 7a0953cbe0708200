//! A job's timeline for people: one line an event, with time, task, person, what and why.
//!
//! Owns: the words of every event. States are said in words and shown in colour. Leaves tables to `table` and the
//! shapes for machines to `shape`.

use crate::output::{Paint, one_line, visible};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use jobwright_core::{
    date::When,
    event::{Actor, Amended, Answered, Awaits, DateKey, Dated, Event, Forced, Level, Line, Recorded, Skip, Slot},
    id::EffectId,
    job::ByForce,
    plan::OnParentEnd,
    recipient::{Found, Person, PersonId, Reason},
};
use jobwright_runtime::Looked;
use std::collections::{BTreeMap, BTreeSet};

/// Width of the column of tasks; a longer name pushes its own line only.
const TASK_WIDTH: usize = 20;

/// Writes the lines of one job, in order: a letter is named again by whom it went to.
pub struct Timeline {
    zone: TimeZone,
    paint: Paint,
    day: Option<String>,
    /// The year of the line that is told.
    year: i16,
    letters: BTreeMap<EffectId, (String, String)>,
    calls: BTreeSet<EffectId>,
    names: BTreeMap<PersonId, String>,
}

/// How a line looks.
#[derive(Clone, Copy)]
enum Tone {
    Plain,
    Dim,
    Good,
    Warn,
    Bad,
}

struct Said {
    task: String,
    words: String,
    tone: Tone,
}

impl Timeline {
    /// A timeline in a zone.
    pub fn new(zone: TimeZone, paint: Paint) -> Self {
        Self {
            zone,
            paint,
            day: None,
            year: 0,
            letters: BTreeMap::new(),
            calls: BTreeSet::new(),
            names: BTreeMap::new(),
        }
    }

    /// The timeline of a job with its people.
    pub fn of(looked: &Looked, zone: TimeZone, paint: Paint) -> Self {
        let staff = looked.staff().iter().map(|one| (PersonId::Staff(one.id.clone()), one.name.as_str()));
        let contacts = looked.client.contacts.iter();
        let contacts = contacts.map(|one| (PersonId::Contact(one.id.clone()), one.name.as_str()));
        Self::new(zone, paint).knowing(staff.chain(contacts))
    }

    /// The same with the names of these people, for what one of them entered for another.
    fn knowing<'a>(mut self, people: impl IntoIterator<Item = (PersonId, &'a str)>) -> Self {
        self.names.extend(people.into_iter().map(|(id, name)| (id, name.to_owned())));
        self
    }

    /// Who did something. Whoever entered it stands beside whose act it is, by name.
    pub fn actor(&self, by: &Actor) -> String {
        let Actor::Entered { staff, entered_by, .. } = by else { return by.to_string() };
        let name = |id: Option<PersonId>| id.and_then(|id| self.names.get(&id).cloned());
        match (name(by.person()), staff) {
            (None, _) => by.to_string(),
            (Some(contact), Some(staff)) => {
                let staff = name(by.enterer()).unwrap_or_else(|| format!("staff {staff}"));
                format!("{contact}, entered by {staff}")
            }
            (Some(contact), None) => format!("{contact}, entered by {entered_by}"),
        }
    }

    /// The lines of an event; none for what people need not see.
    pub fn lines(&mut self, job: jobwright_core::id::JobId, recorded: &Recorded) -> String {
        let effect = EffectId { job, event: recorded.number, index: 0 };
        let at = recorded.at.to_zoned(self.zone.clone());
        self.year = at.year();
        let Some(said) = self.say(&recorded.event, effect) else { return String::new() };
        let mut text = self.day_line(&at);
        let time = at.strftime("%H:%M").to_string();
        let words = one_line(&said.words);
        let words = match said.tone {
            Tone::Plain => words,
            Tone::Dim => self.paint.dim(&words),
            Tone::Good => self.paint.good(&words),
            Tone::Warn => self.paint.warn(&words),
            Tone::Bad => self.paint.bad(&words),
        };
        text += &format!("  {time}  {:TASK_WIDTH$}  {words}\n", said.task);
        text
    }

    /// Whether an effect belongs to a task.
    pub fn is_of(&self, effect: &str, task: &jobwright_core::task::TaskKey) -> bool {
        let effect = effect.parse().ok();
        effect.and_then(|effect| self.letters.get(&effect)).is_some_and(|(of, _)| *of == task.to_string())
    }

    /// The day stands once above its lines.
    fn day_line(&mut self, at: &Zoned) -> String {
        let day = at.strftime("%a %-d %B %Y").to_string();
        if self.day.as_ref() == Some(&day) {
            return String::new();
        }
        self.day = Some(day.clone());
        format!("{}\n", self.paint.bold(&day))
    }

    /// What an event says. A long flat match, whole on purpose: one arm for each event.
    fn say(&mut self, event: &Event, effect: EffectId) -> Option<Said> {
        let said = |task: String, words: String, tone| Some(Said { task, words, tone });
        match event {
            Event::JobOpened(opened) => {
                let period = opened.period.as_ref().map_or_else(String::new, |period| format!(", {}", period.label));
                let words = format!(
                    "{} for client {}{period}; started by {}",
                    opened.definition,
                    opened.client,
                    self.actor(&opened.by)
                );
                said("job opened".into(), words, Tone::Plain)
            }
            Event::DatesSet { dates } => {
                let words = self.dates(dates);
                (!words.is_empty()).then_some(Said { task: "dates".into(), words, tone: Tone::Dim })
            }
            Event::TaskReady { .. } => None,
            Event::TaskExpanded { task, items } => {
                let items: Vec<&str> = items.iter().map(|(key, _)| key.as_str()).collect();
                said(task.to_string(), format!("one each for {}", items.join(", ")), Tone::Plain)
            }
            Event::TaskSkipped { task, why } => {
                let tone = if matches!(why, Skip::Person { .. }) { Tone::Bad } else { Tone::Dim };
                said(task.to_string(), skipped(why), tone)
            }
            Event::RecipientsResolved { task, slot, resolution, .. } => match resolution.found {
                Found::Chosen => {
                    let words = format!("{} {} ({})", place(slot), names(&resolution.chosen), resolution.tree.rule);
                    said(task.to_string(), words, Tone::Plain)
                }
                Found::TooFew => {
                    said(task.to_string(), format!("too few are found: {}", resolution.tree.rule), Tone::Warn)
                }
                found => {
                    let words = format!("{} nobody: {} gives {}", place(slot), resolution.tree.rule, found.word());
                    said(task.to_string(), words, Tone::Warn)
                }
            },
            Event::TaskActivated { task, awaits, .. } => {
                let words = match awaits {
                    Awaits::Engine => return None,
                    Awaits::Staff => "waits for staff",
                    Awaits::Client => "waits for the client",
                    Awaits::Outside => "waits for an answer from outside",
                };
                said(task.to_string(), words.into(), Tone::Plain)
            }
            Event::TaskUncompletable { task, reason, .. } => {
                let words = match reason {
                    Reason::MissingField(_) => {
                        let job = crate::desk::short(effect.job);
                        format!("uncompletable: {reason}; `jobwright why {job} {task}` says what fills it in")
                    }
                    reason => format!("uncompletable: {reason}; {}", reason.mend()),
                };
                said(task.to_string(), words, Tone::Bad)
            }
            Event::TaskMended { task, .. } => said(task.to_string(), "can go on again".into(), Tone::Good),
            Event::LetterWritten { task, slot, letter } => {
                self.letters.insert(effect, (task.to_string(), letter.to.name.clone()));
                let what = match slot {
                    Slot::Notice => "notice",
                    Slot::Cc | Slot::Bcc => "copy",
                    Slot::Recipient | Slot::Assign | Slot::Signer(_) => "letter",
                };
                let words = format!("{what} to {}: \"{}\"", named(&letter.to), letter.subject);
                said(task.to_string(), words, Tone::Plain)
            }
            Event::NoticeUnsent { task, why } => {
                said(task.to_string(), format!("nobody could be told: {why}"), Tone::Warn)
            }
            Event::LetterSent { effect, .. } => {
                let (task, to) = self.letter(*effect);
                said(task, format!("letter to {to} sent"), Tone::Good)
            }
            Event::LetterRefused { effect, address, reply } => {
                let (task, to) = self.letter(*effect);
                said(task, format!("letter to {to} refused at {address}: {reply}"), Tone::Bad)
            }
            Event::LetterDropped { effect } => {
                let (task, to) = self.letter(*effect);
                said(task, format!("letter to {to} is no longer wanted and does not leave"), Tone::Dim)
            }
            Event::EffectDelayed { effect, failure, tries, next_at } => {
                let (task, to) = self.letter(*effect);
                let next = self.clock(*next_at);
                let what = self.tried(*effect, &to);
                said(task, format!("{what}, try {tries}: {failure}; next try {next}"), Tone::Warn)
            }
            Event::EffectGivenUp { effect, failure } => {
                let (task, to) = self.letter(*effect);
                said(task, format!("{} given up: {failure}", self.tried(*effect, &to)), Tone::Bad)
            }
            Event::ItemAnswered { task, item, answer, by } => {
                let (answer, by) = (answered(answer), self.actor(by));
                said(task.to_string(), format!("{item}: {answer} ({by})"), Tone::Plain)
            }
            Event::OutcomeGiven { task, outcome, by, note } => {
                let by = self.actor(by);
                said(task.to_string(), format!("{outcome} by {by}, more are asked{}", noted(note)), Tone::Plain)
            }
            Event::Signed { task, signer, by } => {
                let by = self.actor(by);
                said(task.to_string(), format!("signed by {by} as {signer}"), Tone::Good)
            }
            Event::SignatureDeclined { task, signer, by, note } => {
                let by = self.actor(by);
                said(task.to_string(), format!("declined by {by} as {signer}{}", noted(note)), Tone::Warn)
            }
            Event::ChildAsked { task, definition, .. } => {
                self.letters.insert(effect, (task.to_string(), definition.to_string()));
                said(task.to_string(), format!("starts a job {definition}"), Tone::Plain)
            }
            Event::ChildTermsSet { task, period, dates, on_parent_end } => {
                let mut words: Vec<String> = period.iter().map(|period| format!("period {period}")).collect();
                words.extend(dates.iter().map(|(name, when)| format!("{name} {}", self.when(*when))));
                words.extend(match on_parent_end {
                    OnParentEnd::CancelWithIt => None,
                    OnParentEnd::Cancel => Some("ends with this one".to_owned()),
                    OnParentEnd::Keep => Some("goes on when this one ends".to_owned()),
                });
                said(task.to_string(), format!("the job to start: {}", words.join(", ")), Tone::Plain)
            }
            Event::ChildGave { effect, outputs } => {
                let (task, definition) = self.letter(*effect);
                let given = outputs.iter().map(|(name, value)| format!("{name} {value}"));
                said(task, format!("job {definition} gave {}", given.collect::<Vec<_>>().join(", ")), Tone::Plain)
            }
            Event::KeyDatesGiven { dates } => {
                let dates = dates.iter().map(|(name, when)| format!("{name} {}", self.when(*when)));
                said("dates".to_owned(), format!("handed over: {}", dates.collect::<Vec<_>>().join(", ")), Tone::Plain)
            }
            Event::InstancesHeld { task } => {
                said(task.to_string(), "each waits for its own item".to_owned(), Tone::Plain)
            }
            Event::ChildStarted { effect, job } => {
                let (task, definition) = self.letter(*effect);
                said(task, format!("job {definition} runs as {job}"), Tone::Good)
            }
            Event::ChildEnded { effect, completed } => {
                let (task, definition) = self.letter(*effect);
                let ended = if *completed { "completed" } else { "cancelled" };
                said(task, format!("job {definition} is {ended}"), Tone::Plain)
            }
            Event::PluginAsked { task, name, digest, .. } => {
                self.letters.insert(effect, (task.to_string(), name.clone()));
                self.calls.insert(effect);
                said(task.to_string(), format!("calls {name} ({digest:.12})"), Tone::Plain)
            }
            Event::PluginSaid { effect, lines } => {
                let (task, name) = self.letter(*effect);
                let worst = lines.iter().map(|line| line.level).max();
                let tone = if worst >= Some(Level::Warn) { Tone::Warn } else { Tone::Plain };
                let lines: Vec<String> = lines.iter().map(line_said).collect();
                said(task, format!("{name} says: {}", lines.join("; ")), tone)
            }
            Event::ProgressKept { effect, name, .. } => {
                let (task, plugin) = self.letter(*effect);
                said(task, format!("{plugin} keeps its progress `{name}`"), Tone::Plain)
            }
            Event::PluginDeferred { effect, correlation, next_at, note } => {
                let (task, name) = self.letter(*effect);
                let when = next_at.map_or_else(
                    || "until somebody completes the task".to_owned(),
                    |at| format!("is asked again {}", self.clock(at)),
                );
                said(task, format!("{name} answers later as {correlation}, {when}{}", noted(note)), Tone::Plain)
            }
            Event::PluginReturned { effect } => {
                let (task, name) = self.letter(*effect);
                said(task, format!("{name} has come back"), Tone::Plain)
            }
            Event::ListenerHeard { listener, lines, changes, failure, .. } => {
                let mut words: Vec<String> = lines.iter().map(line_said).collect();
                words.extend(changes.iter().map(|(path, value)| format!("client's record: {path} = {value}")));
                words.extend(failure.as_ref().map(|failure| format!("could not be told: {failure}")));
                let worst = lines.iter().map(|line| line.level).max();
                let is_bad = failure.is_some() || worst >= Some(Level::Warn);
                let tone = if is_bad { Tone::Warn } else { Tone::Plain };
                said(listener.clone(), format!("listens, and: {}", words.join("; ")), tone)
            }
            Event::ValueChecked { task, name, check, digest } => {
                said(task.to_string(), format!("`{name}` is fine, says {check} ({digest:.12})"), Tone::Plain)
            }
            Event::ClientUpdated { task, changes } => {
                let changes: Vec<String> = changes.iter().map(|(path, value)| format!("{path} = {value}")).collect();
                said(task.to_string(), format!("client's record: {}", changes.join(", ")), Tone::Plain)
            }
            Event::TaskCompleted { task, outcome, outputs, by, note } => {
                let outcome = outcome.as_ref().map_or_else(String::new, |outcome| format!(", {outcome}"));
                let outputs: Vec<String> = outputs.iter().map(|(name, value)| format!("{name} {value}")).collect();
                let gave = if outputs.is_empty() { String::new() } else { format!(": {}", outputs.join(", ")) };
                let by = self.actor(by);
                let words = format!("completed by {by}{outcome}{gave}{}", noted(note));
                said(task.to_string(), words, Tone::Good)
            }
            Event::TaskFailed { task, failure } => said(task.to_string(), format!("failed: {failure}"), Tone::Bad),
            Event::TaskTakenOver { task, because } => {
                said(task.to_string(), format!("goes on by hand, since {because}"), Tone::Warn)
            }
            Event::TaskReassigned { task, people, by, note } => {
                let by = self.actor(by);
                said(task.to_string(), format!("given to {} by {by}{}", names(people), noted(note)), Tone::Plain)
            }
            Event::RecipientChanged { task, before, after: Some(after), .. } => {
                let words = format!("{} is {} now; the letter is written again", named(before), named(after));
                said(task.to_string(), words, Tone::Plain)
            }
            Event::RecipientChanged { task, before, reason, .. } => {
                let why = reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
                said(task.to_string(), format!("{} is not written to any more{why}", before.name), Tone::Warn)
            }
            Event::TaskRetried { task, by } => said(task.to_string(), format!("tried again by {by}"), Tone::Plain),
            Event::TasksReopened { cause, from, tasks } => {
                let tasks: Vec<String> = tasks.iter().map(ToString::to_string).collect();
                said(cause.to_string(), format!("reopens {from}: {} once more", tasks.join(", ")), Tone::Warn)
            }
            Event::TaskOverdue { task } => said(task.to_string(), "is overdue".into(), Tone::Warn),
            Event::ActRefused { task, act, by, why } => {
                let by = self.actor(by);
                said(task.to_string(), format!("{} by {by} refused: {why}", act.word()), Tone::Warn)
            }
            Event::JobMoved { from, to, by, .. } => {
                said("job moved".into(), format!("from version {from:.8} to {to:.8} by {by}"), Tone::Plain)
            }
            Event::JobCompleted => said("job completed".into(), "nothing is left to do".into(), Tone::Good),
            Event::JobCancelled { by, why } => said("job cancelled".into(), format!("by {by}: {why}"), Tone::Bad),
            Event::TaskDoneOutOfTurn(one) => {
                said(one.task.to_string(), self.forced(ByForce::OutOfTurn, one), Tone::Bad)
            }
            Event::TaskOverridden(one) => said(one.task.to_string(), self.forced(ByForce::Overridden, one), Tone::Bad),
            Event::AnswerAmended(one) => said(one.task.to_string(), self.amended(one), Tone::Bad),
            Event::TaskReopened { from, tasks, by, note } => {
                let tasks: Vec<String> = tasks.iter().map(ToString::to_string).collect();
                let words = format!("reopened by {}: {} once more - \"{note}\"", self.actor(by), tasks.join(", "));
                said(from.to_string(), words, Tone::Bad)
            }
            Event::SignatureVoided { task, signer, by } => {
                let by = self.actor(by);
                said(
                    task.to_string(),
                    format!("the signature of {by} as {signer} is void: what was signed is made again"),
                    Tone::Bad,
                )
            }
            Event::ReopenLimitReached { task, from, limit, outcome, by, note } => {
                let ended =
                    outcome.as_ref().map_or("expired".into(), |outcome| format!("{outcome} by {}", self.actor(by)));
                let words = format!("{ended}{}; {from} was reopened {limit} times, and is not again", noted(note));
                said(task.to_string(), words, Tone::Warn)
            }
            Event::JobUncancelled { by, note } => {
                said("job goes on".into(), format!("cancellation taken back by {}: {note}", self.actor(by)), Tone::Bad)
            }
        }
    }

    fn forced(&self, how: ByForce, one: &Forced) -> String {
        let how = match how {
            ByForce::OutOfTurn => "completed out of turn",
            ByForce::Overridden => "overridden",
        };
        let own = ![ByForce::OutOfTurn, ByForce::Overridden].iter().any(|how| how.word() == one.outcome.as_str());
        let outcome = if own { format!(", {}", one.outcome) } else { String::new() };
        let outputs = one.outputs.iter().map(|(name, value)| format!("{name} {value}"));
        let answers = one.answers.iter().map(|(name, answer)| format!("{name} {}", answered(answer)));
        let gave: Vec<String> = outputs.chain(answers).collect();
        let gave = if gave.is_empty() { String::new() } else { format!(": {}", gave.join(", ")) };
        let missing: Vec<&str> = one.missing.iter().map(|name| name.as_str()).collect();
        let missing = if missing.is_empty() { String::new() } else { format!(", without {}", missing.join(", ")) };
        format!("{how} by {}{outcome}{gave}{missing} - \"{}\"", self.actor(&one.by), one.note)
    }

    fn amended(&self, one: &Amended) -> String {
        let before = one.before.as_ref().map_or("not given".into(), answered);
        let built: Vec<String> = one.built.iter().map(ToString::to_string).collect();
        let built = if built.is_empty() { String::new() } else { format!("; built on it: {}", built.join(", ")) };
        let (after, by) = (answered(&one.after), self.actor(&one.by));
        format!("{} amended by {by}: {after}, was {before}{built} - \"{}\"", one.item, one.note)
    }

    fn letter(&self, effect: EffectId) -> (String, String) {
        self.letters.get(&effect).cloned().unwrap_or_else(|| ("letter".into(), effect.to_string()))
    }

    /// A letter by whom it goes to, a call by what is called.
    fn tried(&self, effect: EffectId, to: &str) -> String {
        if self.calls.contains(&effect) { format!("call of {to}") } else { format!("letter to {to}") }
    }

    /// Key dates only: those of tasks stand with the tasks.
    fn dates(&self, dates: &[(DateKey, Dated)]) -> String {
        let words = dates.iter().filter_map(|(key, date)| match (key, date) {
            (DateKey::Key(name), Dated::On { when, .. }) => Some(format!("{name} {}", self.when(*when))),
            (DateKey::Key(name), Dated::Unknown(anchor)) => Some(format!("{name} unknown, since {anchor} is empty")),
            (DateKey::Start(task) | DateKey::Until(task), Dated::Unknown(anchor)) => {
                Some(format!("{task} waits, since {anchor} is empty"))
            }
            _ => None,
        });
        words.collect::<Vec<_>>().join(", ")
    }

    fn when(&self, when: When) -> String {
        match when {
            When::Day(day) => {
                day.strftime(if day.year() == self.year { "%a %-d %b" } else { "%a %-d %b %Y" }).to_string()
            }
            When::Moment(at) => self.clock(at),
        }
    }

    /// A moment as people say it; with its year, when it is of another one than the line that tells it.
    fn clock(&self, at: Timestamp) -> String {
        let at = at.to_zoned(self.zone.clone());
        at.strftime(if at.year() == self.year { "%a %-d %b %H:%M" } else { "%a %-d %b %Y %H:%M" }).to_string()
    }
}

fn place(slot: &Slot) -> &'static str {
    match slot {
        Slot::Recipient => "goes to",
        Slot::Cc => "copy to",
        Slot::Bcc => "hidden copy to",
        Slot::Assign => "given to",
        Slot::Signer(_) => "to be signed by",
        Slot::Notice => "told to",
    }
}

fn names(people: &[Person]) -> String {
    people.iter().map(|person| person.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn named(person: &Person) -> String {
    match &person.address {
        Some(address) => format!("{} <{address}>", person.name),
        None => person.name.clone(),
    }
}

fn noted(note: &Option<String>) -> String {
    note.as_ref().map_or_else(String::new, |note| format!(" - \"{note}\""))
}

/// A line of a plugin, which may say anything: its level only where it is grave.
fn line_said(line: &Line) -> String {
    let grave = if line.level >= Level::Warn { format!("{}: ", line.level.word()) } else { String::new() };
    let fields = if line.fields.is_empty() { String::new() } else { format!(" {}", line.fields) };
    one_line(&format!("{grave}{}{fields}", line.message))
}

/// An answer in words.
pub fn answered(answer: &Answered) -> String {
    match answer {
        Answered::Value(value) => value.to_string(),
        Answered::Nothing => "nothing to report".into(),
    }
}

fn skipped(why: &Skip) -> String {
    match why {
        Skip::ConditionFalse => "skipped: its condition is false".into(),
        Skip::Unreachable => "skipped: what it waits for can no longer happen".into(),
        Skip::NothingToDo => "skipped: its list is empty".into(),
        Skip::NobodyFound(reason) => format!("skipped: nobody was found in time ({reason})"),
        Skip::Failed => "skipped, since it failed".into(),
        Skip::AtLimit => "skipped, since it expired more often than it is reopened".into(),
        Skip::Person { by, note } => format!("skipped by {by} - \"{note}\""),
    }
}

/// A letter in full, as it was frozen; nothing for other events.
pub fn letter(recorded: &Recorded) -> String {
    let Event::LetterWritten { letter, .. } = &recorded.event else { return String::new() };
    let mut text =
        format!("\n         To: {}\n    Subject: {}\n\n", one_line(&named(&letter.to)), one_line(&letter.subject));
    for line in visible(&letter.text).lines() {
        text += &format!("    {line}\n");
    }
    text + "\n"
}
