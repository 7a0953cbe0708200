//! Jobs written and found again in memory.

use jiff::{Timestamp, civil::date};
use jobwright_core::{
    date::Period,
    event::{Actor, DateKey, Dated, Event, Recorded, Slot},
    id::{Hash, JobId},
    job::{Job, JobState},
    plan::OncePer,
    recipient::Reason,
    task::{TaskKey, TaskState},
};

use std::collections::BTreeMap;

use super::*;
use crate::{CommitError, Op, Range, timers, trial::*, woken, woken::Changed};

/// Opens a job and commits it.
fn open(trial: &Trial, id: JobId, client: &str, change: impl FnOnce(&mut Head)) -> Result<(), CommitError> {
    let event = opened(id, client, &["collect", "file"]);
    let mut head = Head::of(&Job::open(&event).unwrap(), Outlook::default());
    change(&mut head);
    trial.try_commit(append(None, &head, &[event], &mut Tail::default()).unwrap())
}

fn period(key: &str) -> Option<Period> {
    Some(Period { key: key.into(), start: date(2026, 4, 1), end: date(2026, 6, 30), label: key.into() })
}

fn event(number: u64, event: Event) -> Recorded {
    Recorded { number, at: at(number.cast_signed()), event }
}

#[test]
fn a_job_is_read_back_with_the_events_of_all_its_turns() {
    let trial = Trial::new();
    let mut events = vec![opened(job_id(1, 1), "4711", &["collect"])];
    let mut job = Job::open(&events[0]).unwrap();
    trial.commit(append(None, &Head::of(&job, Outlook::default()), &events, &mut Tail::default()).unwrap());
    for turn in [vec![2, 3], vec![4]] {
        let more: Vec<_> = turn.into_iter().map(|number| event(number, refused("x"))).collect();
        more.iter().for_each(|event| job.apply(event).unwrap());
        let before = load(&trial.reader(), job.id).unwrap().unwrap();
        assert_eq!(before.events, events);
        let (head, mut tail) = (Head::of(&job, Outlook::default()), before.tail);
        trial.commit(append(Some(&before.head), &head, &more, &mut tail).unwrap());
        events.extend(more);
    }
    let loaded = load(&trial.reader(), job.id).unwrap().unwrap();
    assert_eq!(loaded.events, events);
    assert_eq!(loaded.head.value.events, 4);
    assert_eq!(Job::replay(&loaded.events).unwrap(), Some(job));
    assert_eq!(load(&trial.reader(), job_id(9, 9)).unwrap(), None);
}

#[test]
fn the_last_row_of_a_job_grows_until_it_is_full_and_then_the_next_one_begins() {
    let trial = Trial::new();
    open(&trial, job_id(1, 1), "4711", |_| {}).unwrap();
    let mut tail = load(&trial.reader(), job_id(1, 1)).unwrap().unwrap().tail;
    let (mut rows, mut sizes) = (vec![], vec![]);
    for number in 2..=40 {
        let before = head(&trial.reader(), job_id(1, 1)).unwrap().unwrap();
        let after = Head { events: number, ..before.value.clone() };
        trial.commit(append(Some(&before), &after, &[event(number, refused(&"x".repeat(60)))], &mut tail).unwrap());
        let loaded = load(&trial.reader(), job_id(1, 1)).unwrap().unwrap();
        assert_eq!(loaded.tail, tail, "what is kept is what is stored");
        assert_eq!(loaded.events.len() as u64, number);
        rows = trial.reader().first(&Range::prefix(Space::Event, job_id(1, 1).0), 100).unwrap();
        sizes = rows.iter().map(|(_, row)| row.value.len()).collect();
    }
    assert_eq!(rows.len(), 4);
    assert!(sizes[..3].iter().all(|size| (TAIL_BYTES_MAX - 100..TAIL_BYTES_MAX + 3).contains(size)), "{sizes:?}");
}

#[test]
fn each_event_is_found_by_its_number_in_whichever_row_it_lies() {
    let trial = Trial::new();
    for job in [job_id(1, 1), job_id(2, 1)] {
        open(&trial, job, "4711", |_| {}).unwrap();
        let mut tail = Tail::default();
        for number in 2..=40 {
            let before = head(&trial.reader(), job).unwrap().unwrap();
            let after = Head { events: number, ..before.value.clone() };
            let next = event(number, refused(&"x".repeat(60)));
            trial.commit(append(Some(&before), &after, &[next], &mut tail).unwrap());
        }
    }
    let all = load(&trial.reader(), job_id(1, 1)).unwrap().unwrap().events;
    for one in &all {
        assert_eq!(super::event(&trial.reader(), job_id(1, 1), one.number).unwrap(), *one);
    }
    for absent in [0, 41, u64::MAX] {
        let error = super::event(&trial.reader(), job_id(1, 1), absent).unwrap_err().to_string();
        assert!(error.contains(&format!("lacks its event {absent}")), "{error}");
    }
}

#[test]
fn a_row_as_it_was_written_at_once_is_added_to_and_more_than_127_events_are_counted_in_two_bytes() {
    let trial = Trial::new();
    let first = opened(job_id(1, 1), "4711", &["collect"]);
    let head = |events| Head { events, ..Head::of(&Job::open(&first).unwrap(), Outlook::default()) };
    // Rows of one turn each, as they were written before rows grew, are records of the same form.
    let many: Vec<_> = [first.clone()].into_iter().chain((2..=127).map(short)).collect();
    let mut draft = Draft::default();
    draft.put(key::events(job_id(1, 1), 1), &many).unwrap();
    draft.put(key::head(job_id(1, 1)), &head(127)).unwrap();
    trial.commit(draft);
    let old = load(&trial.reader(), job_id(1, 1)).unwrap().unwrap();
    let mut tail = old.tail.clone();
    trial.commit(append(Some(&old.head), &head(128), &[short(128)], &mut tail).unwrap());
    let again = load(&trial.reader(), job_id(1, 1)).unwrap().unwrap();
    assert_eq!((again.events.len(), again.tail), (128, tail));
}

fn short(number: u64) -> Recorded {
    event(number, Event::LetterDropped { effect: effect_id(1, 1) })
}

fn refused(why: &str) -> Event {
    let act = jobwright_core::event::ActWord::Skip;
    Event::ActRefused { task: TaskKey::of(&name("collect")), act, by: Actor::Engine, why: why.into() }
}

#[test]
fn of_two_turns_decided_on_the_same_head_one_is_lost() {
    let trial = Trial::new();
    open(&trial, job_id(1, 1), "4711", |_| {}).unwrap();
    let before = head(&trial.reader(), job_id(1, 1)).unwrap().unwrap();
    let after = Head { events: 2, ..before.value.clone() };
    let turn = append(Some(&before), &after, &[event(2, refused("x"))], &mut Tail::default()).unwrap();
    trial.commit(turn.clone());
    assert!(matches!(trial.try_commit(turn), Err(CommitError::Conflict(_))));
}

#[test]
fn events_that_do_not_follow_the_head_are_not_stored() {
    let trial = Trial::new();
    open(&trial, job_id(1, 1), "4711", |_| {}).unwrap();
    let before = head(&trial.reader(), job_id(1, 1)).unwrap().unwrap();
    let after = Head { events: 3, ..before.value.clone() };
    let error = append(Some(&before), &after, &[event(3, refused("x"))], &mut Tail::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot store job 01000000000000000000000000000001: events [3] do not lead from event 1 to 3"
    );
}

#[test]
fn a_turn_too_large_for_a_row_is_read_back_from_its_file() {
    let trial = Trial::new();
    open(&trial, job_id(1, 1), "4711", |_| {}).unwrap();
    let before = head(&trial.reader(), job_id(1, 1)).unwrap().unwrap();
    let after = Head { events: 2, ..before.value.clone() };
    let large = event(2, refused(&"x".repeat(100_000)));
    trial.commit(append(Some(&before), &after, std::slice::from_ref(&large), &mut Tail::default()).unwrap());
    let loaded = load(&trial.reader(), job_id(1, 1)).unwrap().unwrap();
    assert_eq!(loaded.events[1], large);
    assert_eq!(
        trial.reader().page(&Range::all(Space::Event), None, 9, Direction::Forward).unwrap().rows[1].1.value.len(),
        33
    );
}

#[test]
fn a_job_whose_events_are_gone_says_so() {
    let trial = Trial::new();
    open(&trial, job_id(1, 1), "4711", |_| {}).unwrap();
    trial.commit(Draft::default().with(Op::Delete(key::events(job_id(1, 1), 1))));
    let error = load(&trial.reader(), job_id(1, 1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the store is damaged: job 01000000000000000000000000000001 lacks some of its 1 events"
    );
}

#[test]
fn a_second_job_for_the_same_client_and_period_is_refused_until_the_first_is_cancelled() {
    let trial = Trial::new();
    let once = |per, key: &'static str| {
        move |head: &mut Head| {
            head.outlook.once_per = per;
            head.period = period(key);
        }
    };
    let per = Some(OncePer::Period);
    open(&trial, job_id(1, 1), "4711", once(per, "2026-Q2")).unwrap();
    let Err(CommitError::Conflict(lost)) = open(&trial, job_id(2, 2), "4711", once(per, "2026-Q2")) else { panic!() };
    assert!(is_second(&lost));
    open(&trial, job_id(3, 3), "4711", once(per, "2026-Q3")).unwrap();
    open(&trial, job_id(4, 4), "4712", once(per, "2026-Q2")).unwrap();

    let first = head(&trial.reader(), job_id(1, 1)).unwrap().unwrap();
    let cancelled = Head { state: JobState::Cancelled, ..first.value.clone() };
    trial.commit(rewrite(&first, &cancelled).unwrap());
    open(&trial, job_id(2, 2), "4711", once(per, "2026-Q2")).unwrap();
    let Err(CommitError::Conflict(lost)) = open(&trial, job_id(1, 1), "4711", |_| {}) else { panic!() };
    assert!(!is_second(&lost), "the same job again is another thing");
}

#[test]
fn only_one_job_for_a_client_ever_whatever_the_period() {
    let trial = Trial::new();
    let once = |key: &'static str| {
        move |head: &mut Head| {
            head.outlook.once_per = Some(OncePer::Client);
            head.period = period(key);
        }
    };
    open(&trial, job_id(1, 1), "4711", once("2026-Q2")).unwrap();
    assert!(open(&trial, job_id(2, 2), "4711", once("2026-Q3")).is_err());
}

#[test]
fn a_job_is_found_by_either_end_of_its_id_and_by_what_it_is_for() {
    let trial = Trial::new();
    let [a, b] = [JobId([0xab; 16]), JobId(*b"\xab\xabxxxxxxxxxxxx\x01\x02")];
    open(&trial, a, "4711", |head| head.period = period("2026-Q1")).unwrap();
    open(&trial, b, "4711", |head| head.period = period("2026-Q2")).unwrap();
    let found = |name: &str| find(&trial.reader(), name).unwrap();
    for (text, expected) in [
        (a.to_string().as_str(), Found::One(a)),
        (&b.to_string().to_uppercase(), Found::One(b)),
        ("abab", Found::Several(vec![b, a])),
        ("ababa", Found::One(a)),
        ("abab7", Found::One(b)),
        ("0102", Found::One(b)),
        ("80102", Found::One(b)),
        ("bab", Found::TooShort),
        ("1234", Found::Nothing),
        ("job", Found::Nothing),
        (&"ab".repeat(17), Found::Nothing),
        ("vat-quarter/4711/2026-Q1", Found::One(a)),
        ("vat-quarter/4711/2026-Q3", Found::Nothing),
        ("vat-quarter/4711", Found::Several(vec![b, a])),
        ("vat-quarter/4712", Found::Nothing),
        ("Vat/4711", Found::Nothing),
    ] {
        assert_eq!(found(text), expected, "{text}");
    }
}

#[test]
fn a_job_is_found_by_its_period_however_many_its_client_has_had() {
    let trial = Trial::new();
    // One a day for more than three years: more than anybody would page through.
    for day in 0..1_200_u16 {
        let [a, b] = day.to_be_bytes();
        open(&trial, job_id(a, b), "4711", |head| {
            head.outlook.once_per = Some(OncePer::Period);
            head.period = Some(Period { key: format!("{day:04}"), ..period("2026-Q1").unwrap() });
        })
        .unwrap();
    }
    let found = |name: &str| find(&trial.reader(), name).unwrap();
    assert_eq!(found("vat-quarter/4711/0000"), Found::One(job_id(0, 0)));
    assert_eq!(found("vat-quarter/4711/1199"), Found::One(job_id(4, 175)));
    assert_eq!(found("vat-quarter/4711/1200"), Found::Nothing);
}

#[test]
fn the_only_job_of_a_client_is_found_with_and_without_its_period() {
    let trial = Trial::new();
    let once = |head: &mut Head| {
        head.outlook.once_per = Some(OncePer::Client);
        head.period = period("2026-Q2");
    };
    open(&trial, job_id(1, 1), "4711", once).unwrap();
    for (name, expected) in [
        ("vat-quarter/4711", Found::One(job_id(1, 1))),
        ("vat-quarter/4711/2026-Q2", Found::One(job_id(1, 1))),
        ("vat-quarter/4711/2026-Q3", Found::Nothing),
    ] {
        assert_eq!(find(&trial.reader(), name).unwrap(), expected, "{name}");
    }
}

#[test]
fn the_very_last_id_is_found_by_its_beginning() {
    let trial = Trial::new();
    open(&trial, JobId([0xff; 16]), "4711", |_| {}).unwrap();
    assert_eq!(find(&trial.reader(), "ffff").unwrap(), Found::One(JobId([0xff; 16])));
}

#[test]
fn a_timer_is_replaced_with_the_head_and_never_rings_early() {
    let trial = Trial::new();
    let id = job_id(1, 1);
    let half = Timestamp::new(100, 500_000).unwrap();
    open(&trial, id, "4711", |head| head.outlook.wake_at = Some(half)).unwrap();
    open(&trial, job_id(2, 2), "4711", |head| head.outlook.wake_at = Some(at(-5))).unwrap();
    let due = |now| timers::due(&trial.reader(), now, 10).unwrap();
    assert_eq!(timers::next_at(&trial.reader()).unwrap(), Some(at(-5)));
    assert_eq!(due(at(-6)), []);
    assert_eq!(due(half), [job_id(2, 2)], "half a millisecond is rounded up");
    assert_eq!(due(Timestamp::from_millisecond(100_001).unwrap()), [job_id(2, 2), id]);

    let before = head(&trial.reader(), id).unwrap().unwrap();
    let later = Outlook { wake_at: Some(at(200)), ..Outlook::default() };
    trial.commit(rewrite(&before, &Head { outlook: later, ..before.value.clone() }).unwrap());
    assert_eq!(due(at(199)), [job_id(2, 2)]);
    let before = head(&trial.reader(), id).unwrap().unwrap();
    trial.commit(set_aside(&before, "event 3 does not fit".into()).unwrap());
    assert_eq!(due(at(1000)), [job_id(2, 2)]);
    assert!(head(&trial.reader(), id).unwrap().unwrap().value.needs_attention());
}

#[test]
fn b019_a_change_of_people_finds_the_jobs_that_wait_for_it() {
    let trial = Trial::new();
    let waits = |waits: fn(&mut Waits)| move |head: &mut Head| waits(&mut head.outlook.waits);
    open(&trial, job_id(1, 1), "4711", waits(|waits| waits.client.push(TaskKey::of(&name("collect"))))).unwrap();
    open(&trial, job_id(2, 2), "47", waits(|waits| waits.staff.push(TaskKey::of(&name("collect"))))).unwrap();
    let waiting = |changed: &Changed| woken::waiting(&trial.reader(), changed, None, 10).unwrap().found;
    assert_eq!(waiting(&Changed::Client(client_id("4711"))), [job_id(1, 1)]);
    assert_eq!(waiting(&Changed::Client(client_id("47"))), []);
    assert_eq!(waiting(&Changed::Staff), [job_id(2, 2)]);

    let before = head(&trial.reader(), job_id(1, 1)).unwrap().unwrap();
    let mended = Head { outlook: Outlook::default(), ..before.value.clone() };
    trial.commit(rewrite(&before, &mended).unwrap());
    assert_eq!(waiting(&Changed::Client(client_id("4711"))), []);
}

#[test]
fn a_list_of_jobs_is_read_in_pages_from_either_end() {
    let trial = Trial::new();
    (1..=5).for_each(|n| open(&trial, job_id(n, n), "4711", |_| {}).unwrap());
    for (direction, expected) in [(Direction::Forward, [1, 2, 3, 4, 5]), (Direction::Backward, [5, 4, 3, 2, 1])] {
        let (mut seen, mut after) = (vec![], None);
        loop {
            let page = list(&trial.reader(), after, 2, direction).unwrap();
            seen.extend(page.found.iter().map(|head| head.value.id.0[0]));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected);
    }
}

#[test]
fn only_open_jobs_are_found_by_the_version_they_follow() {
    let trial = Trial::new();
    (1..=3).for_each(|n| open(&trial, job_id(n, n), "4711", |_| {}).unwrap());
    let before = head(&trial.reader(), job_id(2, 2)).unwrap().unwrap();
    let ended = Head { state: JobState::Completed, ..before.value.clone() };
    trial.commit(rewrite(&before, &ended).unwrap());
    let before = head(&trial.reader(), job_id(3, 3)).unwrap().unwrap();
    let moved = Head { hash: Hash([8; 32]), ..before.value.clone() };
    trial.commit(rewrite(&before, &moved).unwrap());
    let of = |byte| open_of(&trial.reader(), Hash([byte; 32]), None, 10).unwrap().found;
    assert_eq!((of(7), of(8)), (vec![job_id(1, 1)], vec![job_id(3, 3)]));
    let first = super::open(&trial.reader(), None, 1).unwrap();
    assert_eq!((first.found, first.next), (vec![job_id(1, 1)], Some((Hash([7; 32]), job_id(1, 1)))));
    assert_eq!(super::open(&trial.reader(), first.next, 9).unwrap().found, [job_id(3, 3)]);
}

#[test]
fn a_head_counts_what_is_open_and_names_what_is_due_first() {
    let events = [
        opened(job_id(1, 1), "4711", &["collect", "file", "send"]),
        event(
            2,
            Event::DatesSet {
                dates: vec![
                    (DateKey::Due(TaskKey::of(&name("send"))), dated(50)),
                    (DateKey::Due(TaskKey::of(&name("file"))), dated(90)),
                ],
            },
        ),
        event(3, Event::TaskReady { task: TaskKey::of(&name("collect")) }),
        event(4, Event::TaskReady { task: TaskKey::of(&name("file")) }),
        event(
            5,
            Event::TaskUncompletable {
                task: TaskKey::of(&name("file")),
                reason: Reason::NoContact,
                slot: Slot::Recipient,
            },
        ),
    ];
    let head = Head::of(&Job::replay(&events).unwrap().unwrap(), Outlook::default());
    let tasks: Vec<_> = head.tasks.iter().map(|task| (task.task.to_string(), task.state)).collect();
    assert_eq!(tasks, [("file".into(), TaskState::Uncompletable), ("collect".into(), TaskState::Ready)]);
    assert_eq!((head.open, head.uncompletable, head.failed, head.due_at), (2, 1, 0, Some(at(50))));
    assert!(!head.needs_attention());
}

fn dated(second: i64) -> Dated {
    Dated::On { when: jobwright_core::date::When::Moment(at(second)), at: at(second) }
}

#[test]
fn index_rows_are_those_that_the_heads_call_for() {
    let trial = Trial::new();
    let waits = Waits { client: vec![TaskKey::of(&name("collect"))], staff: vec![] };
    let outlooks = [
        Outlook { once_per: Some(OncePer::Period), wake_at: Some(at(5)), waits: waits.clone() },
        Outlook { once_per: None, wake_at: Some(at(7)), waits },
        Outlook::default(),
    ];
    for (n, outlook) in (1..).zip(&outlooks) {
        open(&trial, job_id(n, n), "4711", |head| head.outlook = outlook.clone()).unwrap();
    }
    // Every job takes every outlook and every state once.
    for state in [JobState::Open, JobState::Cancelled] {
        for outlook in &outlooks {
            for n in 1..=3 {
                let before = head(&trial.reader(), job_id(n, n)).unwrap().unwrap();
                let after = Head { outlook: outlook.clone(), state, ..before.value.clone() };
                trial.commit(rewrite(&before, &after).unwrap());
                assert_eq!(stored_rows(&trial), rebuilt_rows(&trial));
            }
        }
    }
}

fn stored_rows(trial: &Trial) -> BTreeMap<Key, Vec<u8>> {
    let spaces = [Space::JobByClient, Space::JobByVersion, Space::JobBySuffix, Space::Timer, Space::TaskByChange];
    let rows = spaces.into_iter().flat_map(|space| trial.reader().first(&Range::all(space), 1000).unwrap());
    rows.map(|(key, row)| (key, row.value)).collect()
}

fn rebuilt_rows(trial: &Trial) -> BTreeMap<Key, Vec<u8>> {
    let heads = list(&trial.reader(), None, 1000, Direction::Forward).unwrap().found;
    heads.iter().flat_map(|head| index::rows(&head.value)).collect()
}

/// A turn of the job, as another thread may take it between two reads.
fn turn(trial: &Trial) {
    let loaded = load(&trial.reader(), job_id(1, 1)).unwrap().unwrap();
    let number = loaded.head.value.events + 1;
    let after = Head { events: number, ..loaded.head.value.clone() };
    let mut tail = loaded.tail;
    trial.commit(append(Some(&loaded.head), &after, &[event(number, refused("x"))], &mut tail).unwrap());
}

#[test]
fn r120_a_job_that_moves_while_it_is_read_is_read_as_it_was_and_the_next_turn_meets_a_conflict() {
    let trial = Trial::new();
    open(&trial, job_id(1, 1), "4711", |_| {}).unwrap();
    turn(&trial);
    // The head is read, another turn is committed, and only then the events are read.
    let head_before = head(&trial.reader(), job_id(1, 1)).unwrap().unwrap();
    turn(&trial);
    let read = events_of(&trial.reader(), head_before.clone()).unwrap();
    assert_eq!(read.head, head_before);
    assert_eq!(read.events.iter().map(|event| event.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(read.tail, Tail::default(), "what is added to is read again");
    assert_eq!(Job::replay(&read.events).unwrap().unwrap().events, head_before.value.events);
    // Whoever goes on from there is told that the job has moved.
    let after = Head { events: 3, ..head_before.value.clone() };
    let mut tail = read.tail;
    let late = append(Some(&read.head), &after, &[event(3, refused("late"))], &mut tail).unwrap();
    assert!(matches!(trial.try_commit(late), Err(CommitError::Conflict(_))));
    // Events that the head counts and nobody has are damage, and nothing else is.
    let lost = Loaded { value: Head { events: 9, ..head_before.value.clone() }, ..head_before };
    assert!(matches!(events_of(&trial.reader(), lost), Err(Error::Damaged { .. })));
}

#[test]
fn r121_the_place_of_an_only_job_follows_its_head_and_is_never_taken_twice() {
    let only = |head: &mut Head| (head.outlook.once_per, head.period) = (Some(OncePer::Period), period("2026-q2"));
    let rows = |trial: &Trial| trial.reader().first(&Range::all(Space::JobByClient), 9).unwrap().len();
    let trial = Trial::new();
    let at = |trial: &Trial, id| head(&trial.reader(), id).unwrap().unwrap();
    open(&trial, job_id(1, 1), "4711", only).unwrap();
    assert!(open(&trial, job_id(2, 2), "4711", only).is_err(), "there is one");
    // Cancelled, it leaves its place to another one, and keeps a row of its own.
    let first = at(&trial, job_id(1, 1));
    let cancelled = Head { state: JobState::Cancelled, ..first.value.clone() };
    trial.commit(rewrite(&first, &cancelled).unwrap());
    open(&trial, job_id(2, 2), "4711", only).unwrap();
    assert_eq!(rows(&trial), 2);
    // Taken back, it does not push the other one out.
    let first = at(&trial, job_id(1, 1));
    let again = Head { state: JobState::Open, ..first.value.clone() };
    assert_eq!(holder(&trial.reader(), &first.value).unwrap(), Some(job_id(2, 2)));
    let pushed = trial.try_commit(rewrite(&first, &again).unwrap());
    assert!(matches!(&pushed, Err(CommitError::Conflict(lost)) if is_second(lost)), "{pushed:?}");
    assert_eq!(at(&trial, job_id(1, 1)).value.state, JobState::Cancelled);
    // When the other one is gone, the place is free for it, and then taken again.
    let second = at(&trial, job_id(2, 2));
    trial.commit(rewrite(&second, &Head { state: JobState::Cancelled, ..second.value.clone() }).unwrap());
    let first = at(&trial, job_id(1, 1));
    assert_eq!(holder(&trial.reader(), &first.value).unwrap(), None);
    trial.commit(rewrite(&first, &again).unwrap());
    assert_eq!(holder(&trial.reader(), &again).unwrap(), None, "its own is no other's");
    assert!(open(&trial, job_id(3, 3), "4711", only).is_err());
    assert_eq!(rows(&trial), 2);
}
