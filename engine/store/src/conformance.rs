//! What every store promises, asked of each.
//!
//! Owns: one suite over a factory of fresh stores. A new backend is one line in its own tests; what only disks can be
//! asked (crashes, damage, a second opener) stands beside the backend.

use std::sync::Arc;

use crate::{
    Change, Commit, CommitError, Direction, Heard, Key, Op, Page, Pre, Range, Space, Store, Versioned, View, Write,
};

mod model;

/// A fresh store each time.
pub(crate) type Factory<'a> = &'a dyn Fn() -> Box<dyn Store>;

/// The whole suite for a store.
pub(crate) fn every_store(new: Factory<'_>) {
    a_commit_is_made_only_if_what_it_was_decided_upon_still_holds(&*new());
    a_lost_precondition_costs_its_commit_alone(&*new());
    later_commits_of_a_batch_see_earlier_ones(&*new());
    a_large_batch_is_committed_whole_and_in_order(&*new());
    a_version_counts_the_writes_of_its_row(&*new());
    of_two_changes_of_one_row_in_a_commit_the_later_wins(&*new());
    pages_join_to_the_whole_range_in_both_directions(&*new());
    a_scan_keeps_to_its_range(&*new());
    a_command_given_twice_happens_once(&*new());
    an_earlier_owner_is_fenced(&*new());
    too_much_is_refused_by_name_and_number(&*new());
    the_stores_own_rows_are_not_for_others_to_write(&*new());
    followers_hear_each_commit_in_order(&*new());
    the_time_seen_never_runs_back(&*new());
    model::random_batches_do_what_an_ordered_map_does(new);
}

/// The whole suite for an empty view.
pub(crate) fn every_view(view: &dyn View) {
    rows_may_be_ahead_of_the_position_and_the_sums_move_with_them(view);
    a_wiped_view_is_empty_and_begins_anew(view);
}

/// What a durable store must show again after it was closed.
pub(crate) fn keeps_all_over_a_restart(open: Factory<'_>) {
    let store = open();
    let position = commit(&*store, [put(1, "one")]);
    commit(&*store, [put(1, "uno"), put(2, "two")]);
    let epoch = store.raise_epoch().unwrap();
    let command = Commit { epoch, id: Some([7; 16]), ops: vec![put(3, "three")], ..Commit::default() };
    let first = store.commit(vec![command.clone()]).unwrap().pop().unwrap().unwrap();
    drop(store);
    let store = open();
    assert_eq!(values(&*store), ["1.2 uno", "2.1 two", "3.1 three"]);
    assert_eq!(store.epoch().unwrap(), epoch);
    let again = store.commit(vec![command]).unwrap().pop().unwrap().unwrap();
    assert!(again.repeated && again.position == first.position);
    assert_eq!(store.changes(position).next_now(), Some(Heard::Lagged(first.position)));
    let next = Commit { epoch, ops: vec![put(4, "four")], ..Commit::default() };
    let next = store.commit(vec![next]).unwrap().pop().unwrap().unwrap();
    assert!(next.position > first.position);
}

/// A row of the suite: a space of its own choice, named by one number.
pub(crate) fn key(name: u8) -> Key {
    Key::new(Space::Job, [name])
}

pub(crate) fn put(name: u8, value: &str) -> Op {
    Op::Put(key(name), value.as_bytes().to_vec())
}

/// Commits under the store's own epoch, expecting success.
pub(crate) fn commit(store: &dyn Store, ops: impl Into<Vec<Op>>) -> u64 {
    only(store, Commit { ops: ops.into(), ..Commit::default() }).unwrap()
}

fn only(store: &dyn Store, commit: Commit) -> Result<u64, CommitError> {
    let epoch = store.epoch().unwrap();
    let mut answers = store.commit(vec![Commit { epoch, ..commit }]).unwrap();
    assert_eq!(answers.len(), 1);
    answers.remove(0).map(|receipt| receipt.position)
}

/// All jobs as `name.version value`.
pub(crate) fn values(store: &dyn Store) -> Vec<String> {
    shown(&store.scan(&Range::all(Space::Job), None, 1000, Direction::Forward).unwrap())
}

fn shown(page: &Page) -> Vec<String> {
    let shown = |(key, row): &(Key, Versioned)| {
        format!("{}.{} {}", key.bytes[0], row.version, String::from_utf8_lossy(&row.value))
    };
    page.rows.iter().map(shown).collect()
}

fn a_commit_is_made_only_if_what_it_was_decided_upon_still_holds(store: &dyn Store) {
    commit(store, [put(1, "here")]);
    commit(store, [put(1, "here")]);
    let cases = [
        (Pre::Absent(key(1)), false),
        (Pre::Absent(key(2)), true),
        (Pre::Present(key(1)), true),
        (Pre::Present(key(2)), false),
        (Pre::Version(key(1), 2), true),
        (Pre::Version(key(1), 1), false),
        (Pre::Version(key(1), 3), false),
        (Pre::Version(key(1), 0), false),
        (Pre::Version(key(2), 0), true),
        (Pre::Version(key(2), 1), false),
    ];
    for (at, (pre, holds)) in cases.into_iter().enumerate() {
        let mark = put(100 + at as u8, "made");
        let pre_of_two = vec![Pre::Present(key(1)), pre.clone()];
        let made = only(store, Commit { pre: pre_of_two, ops: vec![mark.clone()], ..Commit::default() });
        match made {
            Ok(_) => assert!(holds, "{pre:?}"),
            Err(CommitError::Conflict(lost)) => assert!(!holds && lost == pre, "{lost:?}"),
            Err(other) => panic!("{pre:?}: {other}"),
        }
        assert_eq!(store.get(&[mark.key().clone()]).unwrap()[0].is_some(), holds, "{pre:?}");
    }
}

fn a_lost_precondition_costs_its_commit_alone(store: &dyn Store) {
    let absent = |name| Commit { pre: vec![Pre::Absent(key(name))], ops: vec![put(name, "x")], ..Commit::default() };
    let mut both = absent(1);
    both.ops.push(put(9, "half"));
    let answers = store.commit(vec![absent(1), both, absent(2)]).unwrap();
    assert!(answers[0].is_ok() && answers[2].is_ok());
    assert!(matches!(&answers[1], Err(CommitError::Conflict(Pre::Absent(lost))) if *lost == key(1)));
    assert_eq!(values(store), ["1.1 x", "2.1 x"]);
    let positions: Vec<u64> = answers.iter().flatten().map(|receipt| receipt.position).collect();
    assert!(positions[0] < positions[1]);
    assert!(store.commit(Vec::new()).unwrap().is_empty());
}

fn later_commits_of_a_batch_see_earlier_ones(store: &dyn Store) {
    let step = |version, value| Commit {
        pre: vec![Pre::Version(key(1), version)],
        ops: vec![put(1, value)],
        ..Commit::default()
    };
    let remove = Commit { pre: vec![Pre::Version(key(1), 2)], ops: vec![Op::Delete(key(1))], ..Commit::default() };
    let answers = store.commit(vec![step(0, "a"), step(1, "b"), step(1, "late"), remove, step(0, "c")]).unwrap();
    let made: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(made, [true, true, false, true, true]);
    assert_eq!(values(store), ["1.1 c"]);
}

fn a_large_batch_is_committed_whole_and_in_order(store: &dyn Store) {
    let rows = store.limits().ops_max as u8;
    let round = |_| Commit { ops: (0..rows).map(|name| put(name, "x")).collect(), ..Commit::default() };
    let answers = store.commit((0..33).map(round).collect()).unwrap();
    assert!(answers.iter().all(Result::is_ok));
    let all = store.scan(&Range::all(Space::Job), None, 1000, Direction::Forward).unwrap().rows;
    assert!(all.len() == usize::from(rows) && all.iter().all(|(_, row)| row.version == 33));
}

fn a_version_counts_the_writes_of_its_row(store: &dyn Store) {
    for _ in 0..3 {
        commit(store, [put(1, "x"), put(1, "y")]);
    }
    commit(store, [put(2, "x")]);
    assert_eq!(values(store), ["1.3 y", "2.1 x"]);
    commit(store, [Op::Delete(key(1)), Op::Delete(key(3))]);
    commit(store, [put(1, "again")]);
    assert_eq!(values(store), ["1.1 again", "2.1 x"]);
    let rows = store.get(&[key(3), key(2), key(2)]).unwrap();
    assert_eq!(rows.iter().map(|row| row.as_ref().map_or(0, |row| row.version)).collect::<Vec<_>>(), [0, 1, 1]);
}

fn of_two_changes_of_one_row_in_a_commit_the_later_wins(store: &dyn Store) {
    commit(store, [put(1, "old"), put(2, "old")]);
    commit(
        store,
        [put(1, "new"), Op::Delete(key(1)), Op::Delete(key(2)), put(2, "new"), put(3, "x"), Op::Delete(key(3))],
    );
    assert_eq!(values(store), ["2.2 new"]);
}

fn pages_join_to_the_whole_range_in_both_directions(store: &dyn Store) {
    commit(store, (1..=7).map(|name| put(name, "x")).collect::<Vec<_>>());
    let names = |page: &Page| page.rows.iter().map(|(key, _)| key.bytes[0]).collect::<Vec<_>>();
    for limit in [1, 2, 3, 7, 8, usize::MAX, 0] {
        for (direction, expected) in
            [(Direction::Forward, [1, 2, 3, 4, 5, 6, 7]), (Direction::Backward, [7, 6, 5, 4, 3, 2, 1])]
        {
            let (mut found, mut after) = (Vec::new(), None);
            for _ in 0..expected.len() {
                let page = store.scan(&Range::all(Space::Job), after.as_ref(), limit, direction).unwrap();
                assert!(page.rows.len() <= limit.max(1));
                found.extend(names(&page));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!((found.as_slice(), after), (expected.as_slice(), None), "{limit} {direction:?}");
        }
    }
}

fn a_scan_keeps_to_its_range(store: &dyn Store) {
    let names: [&[u8]; 7] = [b"", b"a", b"a\x00", b"ab", b"b", b"\xff", b"\xff\xff"];
    let spaces = [Space::Timer, Space::TimerByJob, Space::Outbox];
    let ops: Vec<Op> =
        spaces.iter().flat_map(|space| names.map(|name| Op::Put(Key::new(*space, name), vec![*space as u8]))).collect();
    commit(store, ops);
    let space = Space::TimerByJob;
    let cases: [(Range, &[&[u8]]); 7] = [
        (Range::all(space), &names),
        (Range::prefix(space, *b"a"), &[b"a", b"a\x00", b"ab"]),
        (Range::prefix(space, *b"\xff"), &[b"\xff", b"\xff\xff"]),
        (Range::between(space, *b"a\x00", *b"b"), &[b"a\x00", b"ab"]),
        (Range::between(space, *b"", *b"a"), &[b""]),
        (Range::between(space, *b"b", *b"a"), &[]),
        (Range::prefix(space, *b"zz"), &[]),
    ];
    for (range, expected) in cases {
        let scan = |direction| store.scan(&range, None, 100, direction).unwrap().rows;
        let forward = scan(Direction::Forward);
        let found: Vec<&[u8]> = forward.iter().map(|(key, _)| key.bytes.as_slice()).collect();
        assert_eq!(found, expected, "{range:?}");
        assert!(forward.iter().all(|(key, row)| key.space == space && row.value == [space as u8]));
        let mut backward = scan(Direction::Backward);
        backward.reverse();
        assert_eq!(backward, forward, "{range:?}");
    }
}

fn a_command_given_twice_happens_once(store: &dyn Store) {
    let once =
        Commit { id: Some([1; 16]), pre: vec![Pre::Absent(key(1))], ops: vec![put(1, "once")], ..Commit::default() };
    let answers = store.commit(vec![once.clone(), once.clone()]).unwrap();
    let [Ok(first), Ok(second)] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!((first.repeated, second.repeated), (false, true));
    assert_eq!(first.position, second.position);
    commit(store, [put(2, "between")]);
    let third = store.commit(vec![once.clone()]).unwrap().pop().unwrap().unwrap();
    assert_eq!(third, *second);
    // A refused command leaves no trace of its id: it may come again and happen then.
    let early =
        Commit { id: Some([2; 16]), pre: vec![Pre::Present(key(3))], ops: vec![put(4, "x")], ..Commit::default() };
    assert!(only(store, early.clone()).is_err());
    commit(store, [put(3, "now")]);
    assert!(only(store, early).is_ok());
    // An id that was cleared away is as good as new.
    commit(store, [Op::Delete(Key::new(Space::Command, [1; 16])), Op::Delete(key(1))]);
    assert!(!store.commit(vec![once]).unwrap().pop().unwrap().unwrap().repeated);
    assert_eq!(values(store), ["1.1 once", "2.1 between", "3.1 now", "4.1 x"]);
}

fn an_earlier_owner_is_fenced(store: &dyn Store) {
    let at = |epoch, name| Commit { epoch, ops: vec![put(name, "x")], ..Commit::default() };
    let first = store.raise_epoch().unwrap();
    let second = store.raise_epoch().unwrap();
    assert!(first < second && store.epoch().unwrap() == second);
    let mut stale = at(first, 1);
    stale.id = Some([3; 16]);
    let answers = store.commit(vec![stale, at(second, 2), at(second + 1, 3)]).unwrap();
    assert!(matches!(answers[0], Err(CommitError::Fenced { given, now }) if (given, now) == (first, second)));
    assert!(answers[1].is_ok());
    assert!(matches!(answers[2], Err(CommitError::Fenced { .. })));
    assert_eq!(values(store), ["2.1 x"]);
}

fn too_much_is_refused_by_name_and_number(store: &dyn Store) {
    let limits = store.limits();
    let large = |bytes| Op::Put(key(1), vec![0; bytes]);
    let long = |bytes| Key::new(Space::Job, vec![1; bytes]);
    let many = |count: usize| (0..count).map(|n| Op::Delete(Key::new(Space::Job, n.to_be_bytes()))).collect();
    let heavy = |count: u8| (0..count).map(|n| Op::Put(key(n), vec![0; limits.value_bytes_max])).collect();
    let full = (limits.commit_bytes_max / limits.value_bytes_max) as u8;
    let cases: [(&str, Vec<Op>, Vec<Pre>); 5] = [
        ("bytes of a value", vec![large(limits.value_bytes_max + 1)], vec![]),
        ("bytes of a key", vec![Op::Delete(long(limits.key_bytes_max + 1))], vec![]),
        ("operations", many(limits.ops_max + 1), vec![]),
        ("preconditions", vec![], vec![Pre::Absent(key(1)); limits.ops_max + 1]),
        ("bytes of a commit", heavy(full), vec![]),
    ];
    for (expected, ops, pre) in cases {
        match only(store, Commit { ops, pre, ..Commit::default() }) {
            Err(CommitError::TooLarge { what, found, limit }) => assert!(what == expected && found > limit, "{what}"),
            other => panic!("{expected}: {other:?}"),
        }
    }
    assert!(values(store).is_empty());
    let widest = vec![Op::Put(long(limits.key_bytes_max), vec![0; limits.value_bytes_max])];
    for allowed in [widest, many(limits.ops_max), heavy(full - 1)] {
        assert!(only(store, Commit { ops: allowed, ..Commit::default() }).is_ok());
    }
    let answers = store.commit(vec![Commit::default(); limits.batch_commits_max + 1]).unwrap();
    let busy = answers.iter().filter(|answer| matches!(answer, Err(CommitError::Busy { .. }))).count();
    assert!(busy == 1 && answers.last().is_some_and(Result::is_err));
}

fn the_stores_own_rows_are_not_for_others_to_write(store: &dyn Store) {
    let command = Key::new(Space::Command, [9; 16]);
    for op in [
        Op::Put(crate::meta::format_key(), vec![0; 8]),
        Op::Delete(crate::meta::epoch_key()),
        Op::Put(command, vec![0; 8]),
    ] {
        let answer = only(store, Commit { ops: vec![put(1, "x"), op.clone()], ..Commit::default() });
        assert!(matches!(answer, Err(CommitError::Reserved(key)) if key == *op.key()), "{op:?}");
    }
    assert!(values(store).is_empty());
}

fn followers_hear_each_commit_in_order(store: &dyn Store) {
    let start = commit(store, [put(1, "x")]);
    let mut changes = store.changes(start);
    assert_eq!(changes.next_now(), None);
    let refused = Commit { pre: vec![Pre::Absent(key(1))], ..Commit::default() };
    let two = |name| Commit { ops: vec![put(name, "x"), put(name + 1, "x")], ..Commit::default() };
    store.commit(vec![two(1), refused, two(3)]).unwrap();
    let heard =
        |position, keys: [u8; 2]| Some(Heard::Change(Arc::new(Change { position, keys: keys.map(key).to_vec() })));
    assert_eq!(changes.next_now(), heard(start + 1, [1, 2]));
    assert_eq!(changes.next_now(), heard(start + 2, [3, 4]));
    assert_eq!(changes.next_now(), None);
    assert_eq!(store.changes(start + 1).next_now(), heard(start + 2, [3, 4]));
}

fn the_time_seen_never_runs_back(store: &dyn Store) {
    assert_eq!(crate::meta::seen_time(store).unwrap(), None);
    for (clock, expected) in [(-5, -5), (1_000, 1_000), (400, 1_000), (1_001, 1_001)] {
        let (now, op) = crate::meta::advance_time(store, clock).unwrap();
        commit(store, [op]);
        assert_eq!(now, expected);
        assert_eq!(crate::meta::seen_time(store).unwrap(), Some(expected));
    }
}

fn rows_may_be_ahead_of_the_position_and_the_sums_move_with_them(view: &dyn View) {
    let write = |name, version, value: &str| {
        let row = (version > 0).then(|| Versioned { version, value: value.into() });
        Write { key: key(name), row }
    };
    let apply =
        |writes: &[Write], reached| view.apply(&writes.iter().map(Write::as_written).collect::<Vec<_>>(), reached);
    assert_eq!(view.applied().unwrap(), 0);
    apply(&[write(1, 1, "first"), write(2, 1, "second")], None).unwrap();
    assert_eq!((view.applied().unwrap(), view.get(&key(1)).unwrap()), (0, write(1, 1, "first").row));
    apply(&[write(1, 2, "next"), write(2, 0, ""), write(3, 300, "third")], Some(7)).unwrap();
    assert_eq!((view.applied().unwrap(), view.get(&key(1)).unwrap()), (7, write(1, 2, "next").row));
    assert_eq!([1, 2, 3].map(|name| view.version(&key(name)).unwrap()), [2, 0, 300]);
    // The same step again, as after a crash, changes nothing.
    let sums = view.sums().unwrap();
    apply(&[write(1, 2, "next"), write(2, 0, ""), write(3, 300, "third")], Some(7)).unwrap();
    assert_eq!((view.sums().unwrap(), sums.rows()), (sums, 2));
    assert_eq!(crate::Sums::count(view).unwrap(), sums);
    apply(&[], Some(9)).unwrap();
    assert_eq!(view.applied().unwrap(), 9);
    view.flush().unwrap();
}

fn a_wiped_view_is_empty_and_begins_anew(view: &dyn View) {
    let write = |space| Write { key: Key::new(space, [1]), row: Some(Versioned { version: 1, value: vec![] }) };
    let writes = Space::ALL.map(write);
    view.apply(&writes.each_ref().map(Write::as_written), Some(view.applied().unwrap() + 1)).unwrap();
    view.wipe().unwrap();
    assert_eq!((view.applied().unwrap(), view.sums().unwrap()), (0, crate::Sums::default()));
    for space in Space::ALL {
        assert_eq!(view.scan(&Range::all(space), None, 10, Direction::Forward).unwrap(), Page::default());
    }
    view.apply(&[write(Space::Job).as_written()], Some(1)).unwrap();
    assert!(view.get(&Key::new(Space::Job, [1])).unwrap().is_some());
}
