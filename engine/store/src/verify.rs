//! Everything that a store holds, held against everything else.
//!
//! Owns: what must be true of a whole store: the journal's chain, the sums of the rows, the content of every file, that
//! every job's events lead to its head and the head to its index rows and to no others, that every effect has its place
//! in the outbox, that jobs which started one another both say so, and every client its words. Mends nothing. Others may write meanwhile: a job that moved is read again,
//! and rows are counted while nobody writes or not at all, which is said.

use std::collections::BTreeMap;

use jobwright_core::{
    event::{Event, Opened, Recorded},
    id::EffectId,
    job::Job,
};

use crate::{
    Blobs, Direction, Error, Files, Key, Loaded, LocalStore, Range, Reader, Space, Store, Versioned, directory,
    jobs::{self, Head, index},
    outbox::{self, Entry},
    record::key,
    view::PAGE_ROWS_MAX,
};

/// Heads and clients read at once.
const PAGE: usize = 200;
/// How often a job is read again that moved while it was looked at.
const READS_MAX: usize = 5;
/// How often rows are counted again because somebody wrote.
const COUNTS_MAX: usize = 3;
/// More findings are counted, not told: a store this ill is told by its first pages.
pub const FINDINGS_TOLD_MAX: usize = 1_000;
/// The spaces whose rows are worked out from heads.
const INDEXES: [Space; 5] =
    [Space::JobByClient, Space::JobByVersion, Space::JobBySuffix, Space::Timer, Space::TaskByChange];

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Of what it is said: `journal`, `rows`, `files`, `job`, `link`, `index`, `effect`, `client`.
    pub what: &'static str,
    /// What was found.
    pub found: String,
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Commits of the journal.
    pub commits: u64,
    /// Rows.
    pub rows: u64,
    /// Files.
    pub files: u64,
    /// Jobs, each replayed.
    pub jobs: u64,
    /// Their events.
    pub events: u64,
    /// Effects that are not settled.
    pub effects: u64,
    /// Clients.
    pub clients: u64,
    /// Findings, also those that were not told.
    pub findings: u64,
    /// Whether index rows could be counted: not while others go on writing.
    pub is_counted: bool,
}

/// Whoever watches, and hears what is wrong.
pub trait Watch {
    /// How far it is.
    fn seen(&mut self, seen: &Seen);

    /// What is wrong.
    fn found(&mut self, finding: Finding);
}

/// Checks a whole store.
///
/// # Errors
/// When the store cannot be read at all; what can be read and is wrong is a finding.
pub fn whole(store: &LocalStore, files: &Blobs, watch: &mut dyn Watch) -> Result<Seen, Error> {
    let mut check = Check { store, reader: Reader::new(store, files), watch, seen: Seen::default() };
    check.journal(store)?;
    check.sums(store)?;
    let mut count = 0;
    let read = files.each(|_, _| {
        count += 1;
        Ok(())
    });
    check.seen.files = count;
    check.heard("files", read)?;
    check.clients()?;
    for count in 0..COUNTS_MAX {
        let before = store.journal()?.last;
        let wrong = check.pass(count == 0)?;
        if store.journal()?.last == before {
            check.seen.is_counted = true;
            wrong.into_iter().for_each(|(what, found)| check.tell(what, found));
            break;
        }
    }
    Ok(check.seen)
}

/// Checks the rows alone, of a store that nobody writes.
///
/// # Errors
/// When the store cannot be read at all.
pub fn rows(store: &dyn Store, files: &dyn Files, watch: &mut dyn Watch) -> Result<Seen, Error> {
    let mut check = Check { store, reader: Reader::new(store, files), watch, seen: Seen::default() };
    check.clients()?;
    let wrong = check.pass(true)?;
    check.seen.is_counted = true;
    wrong.into_iter().for_each(|(what, found)| check.tell(what, found));
    Ok(check.seen)
}

/// What is wrong, before it is told.
type Fault = (&'static str, String);

struct Check<'a> {
    store: &'a dyn Store,
    reader: Reader<'a>,
    watch: &'a mut dyn Watch,
    seen: Seen,
}

impl Check<'_> {
    fn tell(&mut self, what: &'static str, found: String) {
        self.seen.findings += 1;
        if self.seen.findings <= FINDINGS_TOLD_MAX as u64 {
            self.watch.found(Finding { what, found });
        }
    }

    /// Damage is a finding; what keeps us from looking is an error.
    fn heard<T>(&mut self, what: &'static str, read: Result<T, Error>) -> Result<Option<T>, Error> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(Error::Damaged { what: found } | Error::JournalBehind { what: found }) => {
                self.tell(what, found);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Every frame with its checksum, each knowing the hash of the one before. Commits wait meanwhile.
    fn journal(&mut self, store: &LocalStore) -> Result<(), Error> {
        let mut commits = 0;
        let first = store.journal()?.first;
        let read = store.durable().replay_journal(first.saturating_sub(1), |_, _| {
            commits += 1;
            Ok(())
        });
        self.seen.commits = commits;
        self.heard("journal", read)?;
        let behind = store.behind_backup();
        if let Some(Some(found)) = self.heard("journal", behind)? {
            self.tell("journal", found);
        }
        Ok(())
    }

    fn sums(&mut self, store: &LocalStore) -> Result<(), Error> {
        let counted = store.count();
        let Some((expected, counted)) = self.heard("rows", counted)? else { return Ok(()) };
        self.seen.rows = counted.rows();
        for space in expected.differences(&counted) {
            let (should, are) = (expected.of(space).rows, counted.of(space).rows);
            let found = match should == are {
                true => format!("rows of kind {space:?} are not as they were written"),
                false => format!("there are {are} rows of kind {space:?}, and {should} were written"),
            };
            self.tell("rows", found);
        }
        Ok(())
    }

    /// Every job and every effect; gives what is wrong with the number of rows that belong to them, which means something
    /// only when nobody wrote meanwhile.
    fn pass(&mut self, tells: bool) -> Result<Vec<Fault>, Error> {
        (self.seen.jobs, self.seen.events, self.seen.effects) = (0, 0, 0);
        let called_for = self.jobs(tells)?;
        self.effects(tells)?;
        let mut wrong = self.counted(&called_for)?;
        let mut places = 0;
        self.each(&Range::all(Space::Outbox), |_, _| {
            places += 1;
            Ok(())
        })?;
        if places != self.seen.effects {
            let effects = self.seen.effects;
            wrong.push(("effect", format!("there are {places} places in the outbox for {effects} effects")));
        }
        Ok(wrong)
    }

    /// Every job; gives how many index rows of each kind all of them call for together.
    fn jobs(&mut self, tells: bool) -> Result<BTreeMap<Space, u64>, Error> {
        let (mut called_for, mut after) = (BTreeMap::<Space, u64>::new(), None);
        loop {
            let page = jobs::list(&self.reader, after, PAGE, Direction::Forward);
            let Some(page) = self.heard("job", page)? else { return Ok(called_for) };
            for head in page.found {
                let Some(head) = self.job(&head.value, tells)? else { continue };
                for (key, _) in index::rows(&head) {
                    *called_for.entry(key.space).or_default() += 1;
                }
            }
            self.watch.seen(&self.seen);
            after = page.next;
            if after.is_none() {
                return Ok(called_for);
            }
        }
    }

    /// Replays a job and holds its head and its index rows against what comes out. Gives the head as it is now.
    fn job(&mut self, head: &Head, tells: bool) -> Result<Option<Head>, Error> {
        let id = head.id;
        for read in 1..=READS_MAX {
            let loaded = jobs::load(&self.reader, id);
            let loaded = match loaded {
                Err(Error::Damaged { .. }) if !tells => return Ok(Some(head.clone())),
                loaded => self.heard("job", loaded)?,
            };
            // Its rows are still its own when its events are lost.
            let Some(loaded) = loaded else { return Ok(Some(head.clone())) };
            let Some(loaded) = loaded else { return Ok(None) };
            let stored = loaded.head.value;
            let faults = self.faults(&stored, &loaded.events)?;
            let again = jobs::head(&self.reader, id)?;
            let has_moved = again.is_none_or(|again| again.version != loaded.head.version);
            if has_moved && read < READS_MAX {
                continue;
            }
            self.seen.jobs += 1;
            self.seen.events += stored.events;
            if !has_moved && tells {
                faults.into_iter().for_each(|(what, found)| self.tell(what, format!("job {id}: {found}")));
            }
            return Ok(Some(stored));
        }
        Ok(None)
    }

    fn faults(&self, stored: &Head, events: &[Recorded]) -> Result<Vec<Fault>, Error> {
        let mut faults = Vec::new();
        match Job::replay(events) {
            Ok(Some(job)) => {
                let told = Head { set_aside: stored.set_aside.clone(), ..Head::of(&job, stored.outlook.clone()) };
                if told != *stored {
                    faults.push(("job", "its head does not say what its events say".to_owned()));
                }
            }
            Ok(None) => faults.push(("job", "it has no events".to_owned())),
            Err(impossible) => faults.push(("job", format!("its events do not fit: {impossible}"))),
        }
        faults.extend(self.links(stored, events)?.into_iter().map(|fault| ("link", fault)));
        let (keys, values): (Vec<Key>, Vec<Vec<u8>>) = index::rows(stored).into_iter().unzip();
        let found = self.store.get(&keys)?;
        for ((key, value), found) in keys.iter().zip(values).zip(found) {
            match found {
                Some(row) if row.value == value => {}
                Some(_) => faults.push(("index", format!("its row {key} says something else"))),
                None => faults.push(("index", format!("its row {key} is missing"))),
            }
        }
        Ok(faults)
    }

    /// Whether jobs that started one another say the same of it.
    fn links(&self, stored: &Head, events: &[Recorded]) -> Result<Vec<String>, Error> {
        let mut faults = Vec::new();
        for recorded in events {
            match &recorded.event {
                Event::JobOpened(Opened { parent: Some(parent), .. }) => {
                    faults.extend(self.wrong_parent(stored, *parent)?);
                }
                Event::ChildStarted { effect, job } => match jobs::head(&self.reader, *job)? {
                    None => faults.push(format!("job {job}, which it started, is not there")),
                    Some(_) if jobs::parent(&self.reader, *job)? != Some(*effect) => {
                        faults.push(format!("job {job}, which it is said to have started, was not started by it"));
                    }
                    Some(_) => {}
                },
                _ => {}
            }
        }
        Ok(faults)
    }

    /// What is wrong with the job that is said to have started this one.
    fn wrong_parent(&self, stored: &Head, parent: EffectId) -> Result<Option<String>, Error> {
        let loaded = match jobs::load(&self.reader, parent.job) {
            Ok(Some(loaded)) => loaded,
            Ok(None) => return Ok(Some(format!("job {}, which started it, is not there", parent.job))),
            // That is a finding of the other job.
            Err(Error::Damaged { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let asked = loaded.events.iter().find(|recorded| recorded.number == parent.event);
        let asks = |recorded: &Recorded| matches!(&recorded.event, Event::ChildAsked { definition, .. } if *definition == stored.definition);
        if !asked.is_some_and(asks) || loaded.head.value.client != stored.client {
            return Ok(Some(format!("job {}, which is said to have started it, did not ask for it", parent.job)));
        }
        let started = loaded.events.iter().find_map(|recorded| match recorded.event {
            Event::ChildStarted { effect, job } if effect == parent => Some(job),
            _ => None,
        });
        let other = started.filter(|started| *started != stored.id);
        Ok(other.map(|other| format!("job {} asked for one job, and job {other} was started as well", parent.job)))
    }

    /// Together with every row being there that is called for, equal numbers say that there are no others.
    fn counted(&self, called_for: &BTreeMap<Space, u64>) -> Result<Vec<Fault>, Error> {
        let mut wrong = Vec::new();
        for space in INDEXES {
            let mut rows = 0;
            self.each(&Range::all(space), |key, _| {
                rows += u64::from(!crate::woken::is_note(key));
                Ok(())
            })?;
            let should = called_for.get(&space).copied().unwrap_or_default();
            if rows != should {
                wrong.push(("index", format!("there are {rows} rows of kind {space:?}, and jobs call for {should}")));
            }
        }
        Ok(wrong)
    }

    /// Every effect with its place in the outbox and its job.
    fn effects(&mut self, tells: bool) -> Result<(), Error> {
        let (range, mut after) = (Range::all(Space::Effect), None);
        loop {
            let page = self.store.scan(&range, after.as_ref(), PAGE, Direction::Forward)?;
            for (key, row) in &page.rows {
                self.seen.effects += 1;
                if tells && let Some(entry) = self.heard("effect", self.reader.read::<Entry>(row))? {
                    self.effect(key, &entry)?;
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    fn effect(&mut self, key: &Key, entry: &Loaded<Entry>) -> Result<(), Error> {
        let (id, place) = (entry.value.id, outbox::index(&entry.value));
        let has_place = self.store.get(std::slice::from_ref(&place))?.pop().flatten().is_some();
        let has_job = jobs::head(&self.reader, id.job)?.is_some();
        // One that moved meanwhile has another place, or is settled.
        if self.reader.row(key.clone())?.is_none_or(|row| row.version != entry.version) {
            return Ok(());
        }
        let faults = [
            (!has_place, "has no place in the outbox"),
            (!has_job, "is of a job that is not there"),
            (*key != key::effect(id), "lies under another name"),
        ];
        for (_, fault) in faults.into_iter().filter(|(is_wrong, _)| *is_wrong) {
            self.tell("effect", format!("effect {id} {fault}"));
        }
        Ok(())
    }

    /// Every client with the words that it is found by.
    fn clients(&mut self) -> Result<(), Error> {
        let mut after = None;
        loop {
            let page = directory::clients(&self.reader, after.as_ref(), PAGE);
            let Some(page) = self.heard("client", page)? else { return Ok(()) };
            for client in page.found {
                self.seen.clients += 1;
                let words: Vec<Key> = directory::words(&client.value);
                let found = self.store.get(&words)?;
                let missing = words.iter().zip(found).filter(|(_, found)| found.is_none()).count();
                let now = directory::client(&self.reader, &client.value.id)?;
                if missing > 0 && now.version == client.version {
                    let id = &client.value.id;
                    self.tell("client", format!("client {id} is not found by {missing} of its words"));
                }
            }
            self.watch.seen(&self.seen);
            after = page.next;
            if after.is_none() {
                return self.staff();
            }
        }
    }

    fn staff(&mut self) -> Result<(), Error> {
        let staff = directory::staff(&self.reader);
        self.heard("staff", staff).map(drop)
    }

    fn each(&self, range: &Range, mut take: impl FnMut(&Key, &Versioned) -> Result<(), Error>) -> Result<(), Error> {
        let mut after = None;
        loop {
            let page = self.store.scan(range, after.as_ref(), PAGE_ROWS_MAX, Direction::Forward)?;
            page.rows.iter().try_for_each(|(key, row)| take(key, row))?;
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jobwright_core::effect::Effect;

    use super::*;
    use crate::{Draft, Op, trial::*};

    #[derive(Default)]
    struct Told(Vec<String>);

    impl Watch for Told {
        fn seen(&mut self, _: &Seen) {}

        fn found(&mut self, finding: Finding) {
            self.0.push(format!("{}: {}", finding.what, finding.found));
        }
    }

    fn told(trial: &Trial) -> Vec<String> {
        let mut told = Told::default();
        rows(&trial.store, &trial.files, &mut told).unwrap();
        told.0
    }

    #[test]
    fn a_store_that_was_only_written_by_us_is_right_and_each_thing_amiss_is_told() {
        let trial = Trial::new();
        let id = job_id(1, 1);
        let events = [opened(id, "acme", &["ask"])];
        let head = Head::of(&Job::replay(&events).unwrap().unwrap(), jobs::Outlook::default());
        trial.commit(jobs::append(None, &head, &events, &mut jobs::Tail::default()).unwrap());
        trial.commit(
            directory::put_client(&Loaded { version: 0, value: None }, &a_client("acme", "Acme Ltd", &[])).unwrap(),
        );
        assert_eq!(told(&trial), Vec::<String>::new());
        // An index row gone, one too many, a head that says another thing, a client without its words.
        let suffix = key::job_by_suffix(id);
        trial.commit(Draft::default().with(Op::Delete(suffix.clone())));
        let row = format!("index: job {id}: its row {suffix} is missing");
        assert_eq!(told(&trial), [row, "index: there are 0 rows of kind JobBySuffix, and jobs call for 1".to_owned()]);
        trial.commit(Draft::default().with(Op::Put(suffix, vec![])));
        trial.commit(Draft::default().with(Op::Put(key::job_by_suffix(job_id(2, 2)), vec![])));
        assert_eq!(told(&trial), ["index: there are 2 rows of kind JobBySuffix, and jobs call for 1"]);
        trial.commit(Draft::default().with(Op::Delete(key::job_by_suffix(job_id(2, 2)))));
        let mut wrong = Draft::default();
        wrong.put(key::head(id), &Head { open: 7, ..head.clone() }).unwrap();
        trial.commit(wrong);
        assert_eq!(told(&trial), [format!("job: job {id}: its head does not say what its events say")]);
        let mut right = Draft::default();
        right.put(key::head(id), &head).unwrap();
        trial.commit(right);
        let word = directory::words(&a_client("acme", "Acme Ltd", &[])).remove(0);
        trial.commit(Draft::default().with(Op::Delete(word)));
        assert_eq!(told(&trial), ["client: client acme is not found by 1 of its words"]);
        // Events that are gone.
        trial.commit(Draft::default().with(Op::Delete(key::events(id, 1))));
        assert_eq!(told(&trial)[1], format!("job: job {id} lacks some of its 1 events"));
    }

    #[test]
    fn r14_jobs_that_do_not_say_the_same_of_one_another_are_told() {
        let trial = Trial::new();
        let (parent, asked) = (job_id(1, 1), EffectId { job: job_id(1, 1), event: 2, index: 0 });
        let event = |number, event| Recorded { number, at: at(0), event };
        let put = |id, by: Option<EffectId>, more: Vec<Event>| {
            let Event::JobOpened(first) = opened(id, "acme", &["ask"]).event else { panic!("an opening") };
            let mut events = vec![event(1, Event::JobOpened(Opened { parent: by, ..first }))];
            events.extend((2..).zip(more).map(|(number, one)| event(number, one)));
            let head = Head::of(&Job::replay(&events).unwrap().unwrap(), jobs::Outlook::default());
            trial.commit(jobs::append(None, &head, &events, &mut jobs::Tail::default()).unwrap());
        };
        let ask = || {
            let (task, inputs) = ("ask".parse().unwrap(), Default::default());
            Event::ChildAsked { task, definition: definition_id("vat-quarter"), inputs }
        };
        put(parent, None, vec![ask(), Event::ChildStarted { effect: asked, job: job_id(2, 2) }]);
        assert_eq!(told(&trial), [format!("link: job {parent}: job {}, which it started, is not there", job_id(2, 2))]);
        put(job_id(2, 2), Some(asked), vec![]);
        assert_eq!(told(&trial), Vec::<String>::new());
        // A second one for the same effect, one that nobody asked for, one of a job that is not there, a stranger.
        put(job_id(3, 3), Some(asked), vec![]);
        put(job_id(4, 4), Some(EffectId { event: 3, ..asked }), vec![]);
        put(job_id(5, 5), Some(EffectId { job: job_id(9, 9), ..asked }), vec![]);
        let of = |job, event| EffectId { job, event, index: 0 };
        put(job_id(6, 6), None, vec![ask(), Event::ChildStarted { effect: of(job_id(6, 6), 2), job: job_id(2, 2) }]);
        let link = |job, words: String| format!("link: job {job}: {words}");
        assert_eq!(
            told(&trial),
            [
                link(
                    job_id(3, 3),
                    format!("job {parent} asked for one job, and job {} was started as well", job_id(2, 2))
                ),
                link(job_id(4, 4), format!("job {parent}, which is said to have started it, did not ask for it")),
                link(job_id(5, 5), format!("job {}, which started it, is not there", job_id(9, 9))),
                link(
                    job_id(6, 6),
                    format!("job {}, which it is said to have started, was not started by it", job_id(2, 2))
                ),
            ]
        );
    }

    #[test]
    fn an_effect_without_its_place_or_its_job_is_told() {
        let trial = Trial::new();
        let id = effect_id(1, 1);
        trial.commit(outbox::want(id, Effect::TellParent { parent: id, completed: true }, at(1)).unwrap());
        assert_eq!(told(&trial), [format!("effect: effect {id} is of a job that is not there")]);
        let entry = outbox::load(&trial.reader(), id).unwrap().unwrap();
        trial.commit(Draft::default().with(Op::Delete(outbox::index(&entry.value))));
        assert_eq!(told(&trial).len(), 3);
        assert!(told(&trial)[2].contains("there are 0 places in the outbox for 1 effects"));
    }
}
