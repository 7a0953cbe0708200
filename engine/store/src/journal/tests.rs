//! The journal on a disk that loses, tears and refuses.

use std::sync::Arc;

use super::*;
use crate::{
    Key, Space, Versioned,
    testing::{Fault, MemoryDisk},
};

/// Small, so that tests need not write much.
const OPTIONS: JournalOptions =
    JournalOptions { segment_bytes_max: 600_000, growth_bytes_min: 64 * 1024, free_bytes_min: 0, may_begin: true };

type Rows = Vec<(u64, Vec<Write>)>;

fn write(name: u64, bytes: usize) -> Write {
    let row = Some(Versioned { version: name, value: vec![name as u8 | 1; bytes] });
    Write { key: Key::new(Space::Job, name.to_be_bytes()), row }
}

fn open(disk: &Arc<MemoryDisk>) -> (Journal, Found) {
    Journal::open(disk.clone(), 0, OPTIONS).unwrap()
}

/// Appends a group of so many commits.
fn append(journal: &mut Journal, commits: u64, bytes: usize) -> Result<(), Unwritten> {
    let mut draft = Draft::in_buffer(Vec::new());
    let first = journal.last() + 1;
    (first..first + commits).for_each(|name| draft.commit([write(name, bytes)].iter()));
    journal.append(draft, commits as u32).map(drop)
}

fn filled(disk: &Arc<MemoryDisk>, groups: &[(u64, usize)]) -> Journal {
    let (mut journal, _) = open(disk);
    for (commits, bytes) in groups {
        append(&mut journal, *commits, *bytes).unwrap();
    }
    journal
}

fn all(journal: &Journal, after: u64) -> Rows {
    let mut rows = Rows::new();
    let mut take = |position, writes| {
        rows.push((position, writes));
        Ok(())
    };
    journal.replay(after, &mut take).unwrap();
    rows
}

#[test]
fn what_was_appended_is_replayed_from_any_position_after_a_restart() {
    let disk = Arc::<MemoryDisk>::default();
    drop(filled(&disk, &[(1, 10), (3, 0), (2, 70_000)]));
    disk.crash();
    let (journal, found) = open(&disk);
    assert_eq!((journal.first(), journal.last(), found), (1, 6, Found::default()));
    for after in 0..=6 {
        let positions: Vec<u64> = all(&journal, after).iter().map(|(position, _)| *position).collect();
        assert_eq!(positions, (after + 1..=6).collect::<Vec<_>>());
    }
    assert_eq!(all(&journal, 5), [(6, vec![write(6, 70_000)])]);
}

#[test]
fn a_group_that_was_not_synced_is_cut_off_however_it_was_torn() {
    let disk = Arc::<MemoryDisk>::default();
    let mut journal = filled(&disk, &[(2, 100)]);
    let (name, whole) = (journal.current(), disk.bytes(&journal.current()));
    append(&mut journal, 2, 900).unwrap();
    let later = disk.bytes(&name);
    let (from, until) = (journal.end as usize - 2000, journal.end as usize);
    drop(journal);
    for torn in 0..64_u32 {
        // Pieces of the group, some there and some not, never all of them.
        let mut bytes = whole.clone();
        for (piece, at) in (from..until).step_by(512).enumerate() {
            if torn >> piece & 1 == 1 && piece < 3 {
                let end = (at + 512).min(until);
                bytes[at..end].copy_from_slice(&later[at..end]);
            }
        }
        disk.alter(&name, |file| *file = bytes);
        let (mut journal, _) = open(&disk);
        assert_eq!(journal.last(), 2, "{torn}");
        append(&mut journal, 1, 5).unwrap();
        let (journal, found) = open(&disk);
        assert_eq!((journal.last(), found.torn_bytes), (3, 0), "{torn}");
    }
}

#[test]
fn damage_before_the_end_is_an_error_and_never_an_end() {
    let disk = Arc::<MemoryDisk>::default();
    let journal = filled(&disk, &[(1, 50), (1, 50), (1, 50)]);
    let (name, end) = (journal.current(), journal.end);
    drop(journal);
    let last = end - 56 - 64;
    let rows = all(&open(&disk).0, 0);
    let mut noticed = 0;
    for at in (0..last as usize).step_by(3) {
        disk.alter(&name, |file| file[at] ^= 0x10);
        match Journal::open(disk.clone(), 0, OPTIONS) {
            // Bytes that only fill up say nothing.
            Ok((journal, _)) => assert_eq!(all(&journal, 0), rows, "byte {at}"),
            Err(Error::Damaged { .. } | Error::NewerFormat { .. }) => noticed += 1,
            Err(error) => panic!("byte {at}: {error}"),
        }
        disk.alter(&name, |file| file[at] ^= 0x10);
    }
    assert!(noticed > last / 3 - 8, "{noticed}");
}

#[test]
fn damage_to_the_last_group_of_a_closed_journal_is_noticed() {
    let disk = Arc::<MemoryDisk>::default();
    let mut journal = filled(&disk, &[(1, 50), (1, 50)]);
    let (name, end) = (journal.current(), journal.end);
    journal.close().unwrap();
    journal.close().unwrap();
    assert!(open(&disk).1.closed);
    disk.alter(&name, |file| file[end as usize - 20] ^= 1);
    assert!(Journal::open(disk.clone(), 0, OPTIONS).is_err());
    disk.alter(&name, |file| file[end as usize - 20] ^= 1);
    let (mut journal, found) = open(&disk);
    assert!(found.closed && journal.last() == 2);
    append(&mut journal, 1, 5).unwrap();
    assert!(!open(&disk).1.closed);
}

#[test]
fn segments_follow_one_another_and_those_a_backup_holds_are_let_go() {
    let disk = Arc::<MemoryDisk>::default();
    let large = OPTIONS.segment_bytes_max as usize / 6;
    let journal = filled(&disk, &[(1, large), (1, large), (1, large), (1, large), (1, large), (1, large), (1, large)]);
    assert_eq!(disk.all_names().len(), 2);
    let rows = all(&journal, 0);
    drop(journal);
    let (mut journal, _) = open(&disk);
    assert_eq!(all(&journal, 0), rows);
    let second = journal.segments[1].first;
    assert_eq!(journal.trim(second - 2).unwrap(), 0);
    assert_eq!(journal.trim(second - 1).unwrap(), 1);
    assert_eq!((journal.first(), disk.all_names().len()), (second, 1));
    assert_eq!(journal.trim(u64::MAX - 1).unwrap(), 0, "the last one stays");
    assert!(journal.replay(0, |_, _| Ok(())).is_err(), "what is gone cannot be replayed");
    assert_eq!(all(&journal, second - 1).len(), rows.len() - (second - 1) as usize);
}

#[test]
fn letting_go_of_segments_may_fail_anywhere_and_leaves_no_hole() {
    let large = OPTIONS.segment_bytes_max as usize / 2;
    for fault in [Fault::Remove, Fault::Names] {
        let disk = Arc::<MemoryDisk>::default();
        let mut journal = filled(&disk, &[(1, large); 5]);
        let rows = all(&journal, 0);
        let middle = journal.segments[2].first;
        disk.fail(fault);
        assert!(journal.trim(middle - 1).is_err());
        assert_eq!(all(&journal, journal.first() - 1), rows[journal.first() as usize - 1..], "{fault:?}");
        disk.fail(Fault::None);
        journal.trim(middle - 1).unwrap();
        assert_eq!(all(&journal, middle - 1), rows[middle as usize - 1..], "{fault:?}");
        drop(journal);
        assert_eq!(all(&open(&disk).0, middle - 1), rows[middle as usize - 1..], "{fault:?}");
        disk.crash();
        let (journal, _) = open(&disk);
        assert_eq!(all(&journal, journal.first() - 1), rows[journal.first() as usize - 1..], "{fault:?}");
    }
}

#[test]
fn a_segment_that_was_only_ever_closed_goes_on_under_its_name() {
    let disk = Arc::<MemoryDisk>::default();
    let options = JournalOptions { segment_bytes_max: 200, growth_bytes_min: 64, ..OPTIONS };
    let (mut journal, _) = Journal::open(disk.clone(), 0, options).unwrap();
    for _ in 0..9 {
        journal.closed = false;
        journal.close().unwrap();
    }
    append(&mut journal, 1, 50).unwrap();
    assert_eq!(open(&disk).0.last(), 1);
}

#[test]
fn a_segment_that_is_missing_or_exchanged_is_damage() {
    let disk = Arc::<MemoryDisk>::default();
    let groups = [(1, 130_000); 5];
    let mut journal = filled(&disk, &groups);
    for (commits, bytes) in groups.iter().chain(&groups) {
        append(&mut journal, *commits, *bytes).unwrap();
    }
    assert!(journal.segments.len() >= 3);
    let names: Vec<String> = journal.segments.iter().map(|segment| segment.name.clone()).collect();
    drop(journal);
    let kept = disk.bytes(&names[1]);
    disk.remove(&names[1]).unwrap();
    let (journal, _) = open(&disk);
    assert!(journal.replay(0, |_, _| Ok(())).is_err());
    disk.create(&names[1]).unwrap();
    disk.alter(&names[1], |file| *file = kept[..kept.len() / 2].to_vec());
    let (journal, _) = open(&disk);
    assert!(journal.replay(0, |_, _| Ok(())).is_err());
    let other = disk.bytes(&names[0]);
    disk.alter(&names[1], |file| *file = other);
    assert!(Journal::open(disk.clone(), 0, OPTIONS).is_err());
}

#[test]
fn a_segment_whose_making_was_cut_short_is_none() {
    let disk = Arc::<MemoryDisk>::default();
    drop(filled(&disk, &[(2, 50)]));
    for length in [0, 10, 64, 4096] {
        disk.create("0000000000000003.log").unwrap();
        disk.alter("0000000000000003.log", |file| file.resize(length, 0));
        let (mut journal, _) = open(&disk);
        assert_eq!((journal.last(), disk.all_names().len()), (2, 1));
        let _ = &mut journal;
    }
}

#[test]
fn a_segment_that_was_begun_says_where_the_one_before_ended() {
    let disk = Arc::<MemoryDisk>::default();
    let journal = filled(&disk, &[(1, 50), (1, 50)]);
    let (name, end) = (journal.current(), journal.end as usize);
    drop(journal);
    disk.create("0000000000000003.log").unwrap();
    disk.alter(&name, |file| file[end - 20] ^= 1);
    for _ in 0..2 {
        assert!(Journal::open(disk.clone(), 0, OPTIONS).is_err(), "it was whole when the next one was begun");
    }
    disk.alter(&name, |file| file[end - 20] ^= 1);
    assert_eq!((open(&disk).0.last(), disk.all_names().len()), (2, 1));
}

#[test]
fn a_journal_that_lost_all_its_segments_is_not_begun_anew() {
    let disk = Arc::<MemoryDisk>::default();
    drop(filled(&disk, &[(2, 50)]));
    disk.alter("0000000000000001.log", |file| file.clear());
    assert!(Journal::open(disk.clone(), 0, JournalOptions { may_begin: false, ..OPTIONS }).is_err());
}

#[test]
fn a_full_disk_leaves_the_journal_as_it_was() {
    let disk = Arc::<MemoryDisk>::default();
    let mut journal = filled(&disk, &[(1, 50)]);
    disk.fail(Fault::Full);
    append(&mut journal, 1, 50).expect("there is room in what was filled ahead");
    let refused = append(&mut journal, 1, 200_000);
    assert!(matches!(refused, Err(Unwritten::Full(Error::DiskFull { .. }))));
    disk.fail(Fault::None);
    append(&mut journal, 1, 200_000).unwrap();
    assert_eq!(open(&disk).0.last(), 3);
}

#[test]
fn what_a_failed_sync_left_in_memory_alone_is_brought_to_the_disk_before_anybody_relies_on_it() {
    let disk = Arc::<MemoryDisk>::default();
    let mut journal = filled(&disk, &[(1, 50)]);
    disk.fail(Fault::Sync);
    assert!(append(&mut journal, 1, 50).is_err());
    drop(journal);
    // The kernel now takes the bytes for written; a process that only reads them sees them.
    disk.forget_what_is_not_synced();
    disk.fail(Fault::None);
    let (mut journal, _) = open(&disk);
    assert_eq!(journal.last(), 2, "they are read as if they were there for good");
    append(&mut journal, 1, 50).unwrap();
    drop(journal);
    disk.crash();
    assert_eq!(open(&disk).0.last(), 3);
}
