//! What was promised, checked after every step.
//!
//! The promises by number, as failures name them:
//!  1. What was acknowledged is there, once, and every read shows it and nothing else (`witness` holds this too).
//!  2. The events of a job are dense, and each is legal after the last; nothing that must be refused is done.
//!  3. Every index row, timer and outbox row equals what heads and events call for.
//!  4. An effect has one logical outcome: one letter, one job; it is delivered again only by a death or a cut connection,
//!     byte for byte the same (`letters`).
//!  5. An owner's epoch never falls, and nobody commits under an earlier one.
//!  6. Whoever gets a letter was found when it was written, in the directory as it was then.
//!  7. No letter goes to somebody who had lost their place before it was claimed.
//!  8. Whatever is due is done, and what will be due is known.
//!  9. When faults have stopped, every job that can end does.
//! 10. Replaying a job's events gives the job that the engine has.
//! 11. Time never runs back.
//! 12. No panic, and no error without a fault.
//! 13. A process that died is followed by one that comes up.
//! 14. A clock that is far ahead, or jumps, is not the reason for anything before a second look or a person.
//! 15. A job that comes to what cannot be stored is set aside and says so, its letters count as sent, and the rest goes on.
//! 16. What somebody asks of a job in one go is done in that order.
//! 17. A job that was asked for is there once, and it and whoever asked say the same of it; it goes with a job that is
//!     cancelled, unless its definition says otherwise.
//!
//! Owns: all but those of the witness and the mail server. Reads what was acknowledged, never the engine's own view.

pub mod letters;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jobwright_core::command::Command;
use jobwright_core::event::{Event, Recorded, Revision};
use jobwright_core::id::{EffectId, JobId};
use jobwright_core::job::{Job, JobState, ask, decide, next_wake};
use jobwright_runtime::{Done, Engine};
use jobwright_store::memory::MemoryView;
use jobwright_store::{
    Direction, Key, Range, Reader, Space, Store, View, directory,
    jobs::{self, Head},
    outbox, timers,
    verify::{self, Finding},
    woken,
};

use self::letters::misdirected;
use super::files::FailingFiles;
use super::machine::Machine;
use super::mail::Mail;
use super::practice::Simulated;
use super::witness::Model;

/// Seconds of a day.
const DAY_SECONDS: f64 = 86_400.0;
/// Reasons that go when a client has people with every role and an address.
const PEOPLE_MISSING: [&str; 5] = ["no_contact", "no_contact_with_role", "no_email", "email_bounced", "deactivated"];
/// What a job says that came to what no file takes.
pub const TOO_LARGE: &str = "too many for one file";
/// Rows read at once.
const PAGE: usize = 500;
/// Cancelled jobs that somebody may think of once more.
const LATELY_MAX: usize = 3;

/// The checker, who outlives all processes.
pub struct Checks {
    machine: Arc<Machine>,
    model: Arc<Model>,
    files: Arc<FailingFiles>,
    mail: Arc<Mail>,
    all: Arc<Simulated>,
    jobs: BTreeMap<JobId, Seen>,
    /// The job that each effect started.
    children: BTreeMap<EffectId, JobId>,
    /// Deeds that stand in some timeline, and in which.
    deeds: BTreeMap<String, (JobId, u64)>,
    epoch: u64,
    /// The latest moment of any event.
    latest: Timestamp,
    /// The directory when the step began.
    staff_before: u64,
    clients_before: BTreeMap<Vec<u8>, u64>,
}

/// A job as it was seen last.
struct Seen {
    version: u64,
    events: Vec<Recorded>,
    state: JobState,
    has_ended: bool,
    opened_at: Timestamp,
    ended_at: Option<Timestamp>,
}

impl Seen {
    fn starts_jobs(&self) -> bool {
        self.events.iter().any(|recorded| matches!(recorded.event, Event::ChildStarted { .. }))
    }
}

impl Checks {
    /// A checker who has seen nothing.
    pub fn new(
        machine: Arc<Machine>,
        model: Arc<Model>,
        files: Arc<FailingFiles>,
        mail: Arc<Mail>,
        all: Arc<Simulated>,
    ) -> Self {
        Self {
            machine,
            model,
            files,
            mail,
            all,
            jobs: BTreeMap::new(),
            children: BTreeMap::new(),
            deeds: BTreeMap::new(),
            epoch: 0,
            latest: Timestamp::MIN,
            staff_before: 0,
            clients_before: BTreeMap::new(),
        }
    }

    /// Jobs that were set aside and wait for a person.
    pub fn set_aside(&self) -> Vec<JobId> {
        let is_aside = |id: &JobId| self.events(*id).is_some_and(|(head, _)| head.set_aside.is_some());
        self.open_jobs().into_iter().filter(is_aside).collect()
    }

    /// Jobs that are cancelled, the last ones first.
    pub fn cancelled_jobs(&self) -> Vec<JobId> {
        let cancelled = self.jobs.iter().filter(|(_, seen)| seen.state == JobState::Cancelled);
        let mut cancelled: Vec<_> = cancelled.map(|(id, seen)| (seen.ended_at, *id)).collect();
        cancelled.sort();
        cancelled.into_iter().rev().take(LATELY_MAX).map(|(_, id)| id).collect()
    }

    /// Deeds that were asked for in one go stand in that order on the timeline of their job.
    pub fn in_order(&self, job: JobId, deeds: &[String]) {
        let Some((_, events)) = self.events(job) else { return };
        let place = |deed: &String| events.iter().position(|event| deed_of(&event.event) == Some(deed.as_str()));
        let places: Vec<usize> = deeds.iter().filter_map(place).collect();
        if !places.is_sorted() {
            self.machine.broke(16, format_args!("deeds {deeds:?} of job {job} stand at {places:?}"));
        }
    }

    /// Jobs that have not ended.
    pub fn open_jobs(&self) -> Vec<JobId> {
        self.jobs.iter().filter(|(_, seen)| seen.state == JobState::Open).map(|(id, _)| *id).collect()
    }

    /// Days that all jobs lived until now.
    pub fn job_days(&self, now: Timestamp) -> f64 {
        let lived = |seen: &Seen| seen.ended_at.unwrap_or(now).duration_since(seen.opened_at).as_secs_f64();
        self.jobs.values().map(lived).sum::<f64>() / DAY_SECONDS
    }

    /// Remembers the directory as it is.
    pub fn step_begins(&mut self) {
        let (staff, clients) = (self.staff_version(), self.client_versions());
        (self.staff_before, self.clients_before) = (staff, clients);
    }

    /// An engine was opened; before it does anything, every letter that was tried is counted and claimed.
    pub fn opened(&mut self, engine: &Engine) {
        match engine.store().epoch() {
            Ok(epoch) if epoch < self.epoch => {
                self.machine.broke(5, format_args!("the epoch was {} and is {epoch}", self.epoch));
            }
            Ok(epoch) => self.epoch = epoch,
            // A death on the way up.
            Err(_) => {}
        }
    }

    /// The engine said that this was done.
    pub fn acknowledged(&self, done: &Done) {
        if self.machine.is_dead() {
            return;
        }
        let Some((_, events)) = self.events(done.job) else {
            return self.machine.broke(1, format_args!("job {} was acknowledged and is not there", done.job));
        };
        let stands = |event: &Recorded| events.get(event.number as usize - 1) == Some(event);
        if let Some(lost) = done.events.iter().find(|event| !stands(event)) {
            self.machine.broke(1, format_args!("event {} was acknowledged and does not stand there", lost.number));
        }
    }

    /// Looks at everything that moved; when all is quiet, nothing that is due may be left.
    pub fn step(&mut self, engine: &Engine, is_quiet: bool) {
        let (mut after, range) = (None, Range::all(Space::Job));
        let mut moved = Vec::new();
        loop {
            let page = self.model.scan(&range, after.as_ref(), PAGE, Direction::Forward).expect("memory does not fail");
            for (key, row) in page.rows {
                let id = JobId(key.bytes.as_slice().try_into().expect("a job's key is its id"));
                if self.jobs.get(&id).is_none_or(|seen| seen.version != row.version) {
                    moved.push((id, row.version));
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let latest = self.latest;
        for (id, version) in moved {
            self.job(id, version, latest, engine, is_quiet);
        }
        if is_quiet {
            self.nothing_is_due(engine);
            self.nobody_is_left_behind();
        }
    }

    /// Compares every row with the model, and every row with what it must be.
    pub fn whole(&self, store: &dyn Store) {
        if self.machine.is_dead() {
            return;
        }
        match self.model.compare(store) {
            Ok(None) => {}
            Ok(Some(wrong)) => self.machine.broke(1, format_args!("{wrong}")),
            Err(error) => self.machine.broke(12, format_args!("the store cannot be read: {error}")),
        }
        self.verified();
    }

    /// The view has followed: it is what was acknowledged, and so is what the journal alone makes.
    pub fn followed(&self, view: &dyn View, replayed: Option<&MemoryView>) {
        for (what, view) in
            [Some(("view", view)), replayed.map(|replayed| ("journal", replayed as &dyn View))].into_iter().flatten()
        {
            match self.model.compare_view(view) {
                Ok(None) => {}
                Ok(Some(wrong)) => self.machine.broke(10, format_args!("in the {what} {wrong}")),
                Err(error) => self.machine.broke(12, format_args!("the {what} cannot be read: {error}")),
            }
        }
    }

    /// Every client has people for everything, and whoever waits for them was told.
    pub fn healed(&self, job: &Job) {
        for (task, run) in &job.tasks {
            if let Some(reason) = run.reason.as_ref().filter(|reason| PEOPLE_MISSING.contains(&reason.code())) {
                let code = reason.code();
                self.machine.broke(8, format_args!("task {task} of {} still has {code}, and nobody lacks", job.id));
            }
        }
    }

    /// Every job has ended: nothing is left to do, and every letter has its outcome.
    pub fn end(&self) {
        let counts = outbox::counts(&self.reader()).expect("memory does not fail");
        if counts.wanted + counts.claimed > 0 {
            self.machine.broke(9, format_args!("every job has ended, and letters are left: {counts:?}"));
        }
    }

    fn job(&mut self, id: JobId, version: u64, latest: Timestamp, engine: &Engine, is_quiet: bool) {
        let Some((head, events)) = self.events(id) else { return };
        let before = self.jobs.get(&id).map_or(&[][..], |seen| &seen.events);
        if !events.starts_with(before) {
            return self.machine.broke(1, format_args!("job {id} has another past than it had"));
        }
        let new = before.len();
        let job = match Job::replay(&events) {
            Ok(Some(job)) => job,
            Ok(None) => return self.machine.broke(2, format_args!("job {id} has no events")),
            Err(impossible) => return self.machine.broke(2, format_args!("job {id}: {impossible}")),
        };
        self.goes_on_in_time(id, &events, new, latest);
        for recorded in &events[new..] {
            self.event(&job, &events, recorded);
        }
        self.is_woken(&job, &head, engine.now(), is_quiet);
        if let Some(why) = head.set_aside.as_ref().filter(|why| !why.contains(TOO_LARGE)) {
            self.machine.broke(2, format_args!("job {id} was set aside: {why}"));
        }
        match engine.look(id) {
            Ok(looked) if looked.job == job && looked.events == events => {}
            Ok(_) => self.machine.broke(10, format_args!("the engine has another job {id} than its events make")),
            Err(error) => self.machine.broke(10, format_args!("job {id} cannot be looked at: {error}")),
        }
        // One that was open again ends once more, and counts once.
        let had_ended = self.jobs.get(&id).is_some_and(|seen| seen.has_ended);
        let has_ended = had_ended || job.state != JobState::Open;
        if has_ended && !had_ended {
            self.machine.count(|figures| figures.ended += 1);
        }
        let (opened_at, ended_at) = (job.opened_at, job.ended_at);
        self.jobs.insert(id, Seen { version, events, state: job.state, has_ended, opened_at, ended_at });
    }

    /// Time never runs back: within a job, nor over all of them from one step to the next.
    fn goes_on_in_time(&mut self, id: JobId, events: &[Recorded], new: usize, latest: Timestamp) {
        let mut last = events.get(new.wrapping_sub(1)).map_or(latest, |event| event.at.max(latest));
        for event in &events[new..] {
            if event.at < last {
                self.machine.broke(11, format_args!("event {} of {id} is of {}, after {last}", event.number, event.at));
            }
            last = event.at;
            self.latest = self.latest.max(event.at);
        }
    }

    fn event(&mut self, job: &Job, events: &[Recorded], recorded: &Recorded) {
        let id = job.id;
        if let Some(wrong) = misdirected(events, recorded) {
            self.machine.broke(6, format_args!("event {} of {id}: {wrong}", recorded.number));
        }
        match &recorded.event {
            Event::LetterSent { effect, .. } if self.mail.letter(*effect).is_none_or(|one| one.delivered == 0) => {
                self.machine.broke(4, format_args!("letter {effect} counts as sent and was never delivered"));
            }
            Event::RecipientsResolved { revision, .. } => self.is_of_now(job, *revision),
            Event::ChildStarted { effect, job: child } => {
                if self.children.insert(*effect, *child).is_some_and(|before| before != *child) {
                    self.machine.broke(4, format_args!("effect {effect} started two jobs"));
                }
                let opened = self.events(*child).and_then(|(_, events)| events.into_iter().next());
                let parent = opened.and_then(|first| match first.event {
                    Event::JobOpened(opened) => opened.parent,
                    _ => None,
                });
                if parent != Some(*effect) {
                    self.machine.broke(17, format_args!("job {id} takes {child} for the job it asked for"));
                }
            }
            Event::JobOpened(opened) => {
                if let Some(parent) = opened.parent {
                    if self.children.insert(parent, id).is_some_and(|before| before != id) {
                        self.machine.broke(4, format_args!("effect {parent} started two jobs"));
                    }
                    let asked = self
                        .events(parent.job)
                        .and_then(|(_, events)| events.into_iter().find(|recorded| recorded.number == parent.event));
                    let asked = asked.is_some_and(|recorded| matches!(recorded.event, Event::ChildAsked { .. }));
                    if !asked {
                        self.machine
                            .broke(17, format_args!("job {id} is said to be asked for by {parent}, and is not"));
                    }
                }
            }
            _ => {}
        }
        if let Some(deed) = deed_of(&recorded.event) {
            let first = *self.deeds.entry(deed.to_owned()).or_insert((id, recorded.number));
            // What one deed calls for stands together.
            if first.0 != id || recorded.number - first.1 > 40 {
                self.machine.broke(1, format_args!("{deed} was done twice"));
            }
        }
    }

    /// An answer was read from the directory as it was in this step.
    fn is_of_now(&self, job: &Job, revision: Revision) {
        let client = directory::client(&self.reader(), &job.client).map_or(0, |client| client.version);
        let before = self.clients_before.iter().find(|(key, _)| key.as_slice() == job.client.as_str().as_bytes());
        let client_before = before.map_or(0, |(_, version)| *version);
        let (staff, staff_before) = (self.staff_version(), self.staff_before);
        if !(client_before..=client).contains(&revision.client) || !(staff_before..=staff).contains(&revision.staff) {
            let Revision { client: saw, staff: saw_staff } = revision;
            self.machine.broke(
                6,
                format_args!(
                    "job {} was answered from client {saw} and staff {saw_staff}, which are {client} and {staff}",
                    job.id
                ),
            );
        }
    }

    /// Whatever the job waits for by itself is known; when all is quiet, it has nothing left to do now.
    fn is_woken(&self, job: &Job, head: &Head, now: Timestamp, is_quiet: bool) {
        // It waits for a person, and says so.
        if head.set_aside.is_some() {
            return;
        }
        let Some(plan) = self.all.plan(job.hash) else { return };
        let (wants, is_set) = (next_wake(job, plan), head.outlook.wake_at);
        if let Some(wants) = wants
            && is_set.is_none_or(|set| set > wants.max(now))
        {
            self.machine.broke(8, format_args!("job {} waits for {wants}, and is woken at {is_set:?}", job.id));
        }
        if is_quiet && job.state == JobState::Open {
            let steps = decide(job, plan, Command::Advance, now);
            if steps.is_ok_and(|events| !events.is_empty()) || ask(job, plan, now).is_some() {
                self.machine.broke(8, format_args!("job {} has more to do and nobody does it", job.id));
            }
        }
    }

    /// A job that nobody wants any more has ended with whoever asked for it, and who waits for one knows of its end.
    fn nobody_is_left_behind(&self) {
        let is_aside = |id: &JobId| self.events(*id).is_some_and(|(head, _)| head.set_aside.is_some());
        for (id, seen) in self.jobs.iter().filter(|(_, seen)| seen.starts_jobs()) {
            let Ok(Some(job)) = Job::replay(&seen.events) else { continue };
            let running = job.children.values().filter(|child| child.completed.is_none());
            for (child, other) in running.filter_map(|child| Some((child, child.job?))) {
                let Some(state) = self.jobs.get(&other).map(|seen| &seen.state) else { continue };
                match (&job.state, child.unwanted) {
                    _ if is_aside(id) || is_aside(&other) => {}
                    (_, Some(why)) if *state == JobState::Open => {
                        self.machine.broke(17, format_args!("job {other} goes on, and {id} says {why:?}"));
                    }
                    (JobState::Open, _) if *state != JobState::Open => {
                        self.machine.broke(17, format_args!("job {other} is {}, and {id} does not know", state.word()));
                    }
                    _ => {}
                }
            }
        }
    }

    fn nothing_is_due(&self, engine: &Engine) {
        let (reader, now) = (self.reader(), engine.now());
        let due = timers::due(&reader, now, 1).expect("memory does not fail");
        if let Some(job) = due.first() {
            self.machine.broke(8, format_args!("job {job} is due and was not woken"));
        }
        let letters = outbox::due(&reader, now, 1).expect("memory does not fail");
        if let Some(letter) = letters.first() {
            self.machine.broke(8, format_args!("letter {letter} is due and was not tried"));
        }
        let notes = woken::notes(&reader, 1).expect("memory does not fail");
        if let Some(note) = notes.first() {
            self.machine.broke(8, format_args!("nobody was woken for {:?}", note.value));
        }
        let claimed = outbox::claimed(&reader, None, 1).expect("memory does not fail");
        if let Some(letter) = claimed.found.first() {
            self.machine.broke(4, format_args!("letter {letter} is claimed and nobody tries it"));
        }
    }

    /// Rows that contradict one another.
    fn verified(&self) {
        let mut watching = Watching::default();
        match (verify::rows(&*self.model, self.files.kept(), &mut watching), watching.first) {
            (Err(error), _) => self.machine.broke(3, format_args!("the rows cannot be read: {error}")),
            (Ok(_), Some(Finding { what, found })) => self.machine.broke(3, format_args!("{what}: {found}")),
            (Ok(_), None) => {}
        }
    }

    /// A job's head and events, as acknowledged.
    fn events(&self, id: JobId) -> Option<(Head, Vec<Recorded>)> {
        match jobs::load(&self.reader(), id) {
            Ok(loaded) => loaded.map(|loaded| (loaded.head.value, loaded.events)),
            Err(error) => {
                self.machine.broke(2, format_args!("job {id} cannot be read: {error}"));
                None
            }
        }
    }

    fn staff_version(&self) -> u64 {
        directory::staff(&self.reader()).map_or(0, |staff| staff.version)
    }

    fn client_versions(&self) -> BTreeMap<Vec<u8>, u64> {
        let page = self.model.scan(&Range::all(Space::Client), None, PAGE, Direction::Forward);
        let rows = page.expect("memory does not fail").rows.into_iter();
        rows.map(|(Key { bytes, .. }, row)| (bytes, row.version)).collect()
    }

    fn reader(&self) -> Reader<'_> {
        Reader::new(&*self.model, self.files.kept())
    }
}

/// Hears what is wrong, and keeps the first of it.
#[derive(Default)]
struct Watching {
    first: Option<Finding>,
}

impl verify::Watch for Watching {
    fn seen(&mut self, _: &verify::Seen) {}

    fn found(&mut self, finding: Finding) {
        self.first.get_or_insert(finding);
    }
}

/// Which deed of a person an event tells of.
fn deed_of(event: &Event) -> Option<&str> {
    use jobwright_core::event::Actor;
    let by = match event {
        Event::TaskCompleted { by, .. }
        | Event::ItemAnswered { by, .. }
        | Event::OutcomeGiven { by, .. }
        | Event::Signed { by, .. }
        | Event::SignatureDeclined { by, .. }
        | Event::TaskReassigned { by, .. }
        | Event::TaskRetried { by, .. }
        | Event::ActRefused { by, .. } => by,
        _ => return None,
    };
    match by {
        Actor::Staff { entered_by, .. } | Actor::Contact { entered_by, .. } | Actor::Entered { entered_by, .. } => {
            Some(entered_by)
        }
        Actor::Engine | Actor::Operator { .. } => None,
    }
}
