//! Backups of stores at work, damaged backups, and stores made of them.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use super::*;
use crate::{
    JournalOptions, Op, Page, Written,
    conformance::{commit, key, put, values},
    local::{self, LocalStore, Options},
    memory::MemoryView,
    testing::{Folder, MemoryDisk},
};

fn open(folder: &Path) -> (LocalStore, Blobs) {
    (local::open(folder, &Options::default()).unwrap(), Blobs::open(folder).unwrap())
}

fn backed_up(store: &LocalStore, files: &Blobs, path: &Path) -> Summary {
    write(store.durable(), files, &[], path, &mut |_| {}).unwrap()
}

#[test]
fn a_store_made_of_a_backup_is_the_store_at_that_moment() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let (store, files) = open(folder.path());
    for round in 0..50 {
        commit(&store, [put(round, "x"), put(round / 2, "again"), Op::Delete(key(round / 3))]);
    }
    let hash = files.put(b"a letter").unwrap();
    let file = elsewhere.path().join("monday.backup");
    let summary = backed_up(&store, &files, &file);
    let expected = values(&store);
    commit(&store, [put(99, "later")]);
    assert_eq!(verify(&file, &mut |_| {}).unwrap(), summary);
    assert_eq!((summary.files, summary.position), (1, 51));
    let restored = elsewhere.path().join("restored");
    restore(&file, &restored, &Options::default(), 7, &mut |_| {}).unwrap();
    let (store, files) = open(&restored);
    assert_eq!((values(&store), files.get(&hash).unwrap().as_deref()), (expected, Some(b"a letter".as_slice())));
    assert_eq!(store.journal().unwrap().first, 52);
    commit(&store, [put(98, "goes on")]);
}

#[test]
fn r09_a_backup_of_a_store_without_room_is_whole_since_it_only_reads() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    {
        let (store, _) = open(folder.path());
        commit(&store, [put(1, "x"), put(2, "y")]);
    }
    let options = Options { free_bytes_min: u64::MAX / 4, ..Options::default() };
    let store = local::open(folder.path(), &options).unwrap();
    let files = Blobs::open(folder.path()).unwrap();
    let refused = crate::Commit { epoch: store.epoch().unwrap(), ops: vec![put(1, "again")], ..Default::default() };
    assert!(matches!(store.commit(vec![refused]), Err(Error::DiskFull { .. })), "there is no room for a commit");
    let file = elsewhere.path().join("b");
    let summary = backed_up(&store, &files, &file);
    let restored = elsewhere.path().join("r");
    assert_eq!(restore(&file, &restored, &Options::default(), 7, &mut |_| {}).unwrap(), summary);
    assert_eq!(values(&open(&restored).0), values(&store));
}

#[test]
fn r09_a_backup_holds_the_rows_that_wait_for_a_view_without_room() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let files = Blobs::open(folder.path()).unwrap();
    let journal = JournalOptions { free_bytes_min: 0, ..JournalOptions::default() };
    let view = Crowded { inner: MemoryView::default(), is_full: AtomicBool::new(false) };
    let (store, _) = Durable::open(Arc::<MemoryDisk>::default(), view, journal).unwrap();
    commit(&store, [put(1, "x"), put(2, "y")]);
    while store.follow(9).unwrap() {}
    commit(&store, [put(1, "again"), put(3, "z"), Op::Delete(key(2))]);
    store.view().is_full.store(true, SeqCst);
    assert!(matches!(store.follow(9), Err(Error::DiskFull { .. })));
    let (file, restored) = (elsewhere.path().join("b"), elsewhere.path().join("r"));
    let summary = write(&store, &files, &[], &file, &mut |_| {}).unwrap();
    assert_eq!(restore(&file, &restored, &Options::default(), 7, &mut |_| {}).unwrap(), summary);
    assert_eq!(values(&open(&restored).0), values(&store));
}

/// A view without room for what is written to it.
struct Crowded {
    inner: MemoryView,
    is_full: AtomicBool,
}

impl View for Crowded {
    fn apply(&self, writes: &[Written<'_>], reached: Option<u64>) -> Result<(), Error> {
        self.inner.apply(writes, reached)
    }
    fn applied(&self) -> Result<u64, Error> {
        self.inner.applied()
    }
    fn sums(&self) -> Result<Sums, Error> {
        self.inner.sums()
    }
    fn flush(&self) -> Result<(), Error> {
        self.inner.flush()
    }
    fn room_for(&self, bytes: usize) -> Result<(), Error> {
        match self.is_full.load(SeqCst) {
            true => Err(Error::DiskFull { folder: "view".into(), free: 0, needed: bytes as u64 }),
            false => self.inner.room_for(bytes),
        }
    }
    fn get(&self, key: &Key) -> Result<Option<Versioned>, Error> {
        self.inner.get(key)
    }
    fn scan(&self, range: &Range, after: Option<&Key>, limit: usize, direction: Direction) -> Result<Page, Error> {
        self.inner.scan(range, after, limit, direction)
    }
    fn wipe(&self) -> Result<(), Error> {
        self.inner.wipe()
    }
}

/// Says so when it goes, however it goes.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

#[test]
fn a_backup_of_a_store_at_work_holds_every_commit_up_to_one_and_none_by_half() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let (store, files) = open(folder.path());
    for round in 0..200 {
        commit(&store, [put(round, &"x".repeat(500))]);
    }
    commit(&store, [put(1, "0"), put(250, "0")]);
    let (done, file) = (AtomicBool::new(false), elsewhere.path().join("b"));
    std::thread::scope(|scope| {
        // Also when a backup fails: else whoever writes goes on for ever, and nobody hears of the failure.
        let _done = Done(&done);
        scope.spawn(|| {
            let mut round = 0_u32;
            while !done.load(SeqCst) {
                // Both rows always say the same.
                commit(&store, [put(1, &round.to_string()), put(250, &round.to_string())]);
                round += 1;
            }
        });
        for name in ["b", "c", "d"] {
            backed_up(&store, &files, &elsewhere.path().join(name));
        }
    });
    restore(&file, &elsewhere.path().join("r"), &Options::default(), 7, &mut |_| {}).unwrap();
    let (store, _) = open(&elsewhere.path().join("r"));
    let rows = store.get(&[key(1), key(250)]).unwrap();
    let [Some(one), Some(other)] = rows.as_slice() else { panic!("both rows are there") };
    assert_eq!(one.value, other.value);
}

#[test]
fn a_backup_that_was_altered_or_cut_is_refused_and_nothing_is_made_of_it() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let (store, files) = open(folder.path());
    commit(&store, [put(1, "x"), put(2, "y")]);
    files.put(b"a letter").unwrap();
    let file = elsewhere.path().join("b");
    backed_up(&store, &files, &file);
    let whole = fs::read(&file).unwrap();
    for at in (0..whole.len()).step_by(11) {
        let mut damaged = whole.clone();
        damaged[at] ^= 4;
        fs::write(&file, damaged).unwrap();
        assert!(matches!(verify(&file, &mut |_| {}), Err(Error::BackupDamaged { .. })), "byte {at}");
        fs::write(&file, &whole[..at]).unwrap();
        let restored = elsewhere.path().join("r");
        let told = restore(&file, &restored, &Options::default(), 7, &mut |_| {});
        assert!(matches!(told, Err(Error::BackupDamaged { .. })) && !restored.exists(), "{at} bytes");
    }
    fs::write(&file, [whole.as_slice(), b"x"].concat()).unwrap();
    assert!(verify(&file, &mut |_| {}).is_err());
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let (store, files) = open(folder.path());
    let file = elsewhere.path().join("b");
    backed_up(&store, &files, &file);
    assert!(write(store.durable(), &files, &[], &file, &mut |_| {}).is_err());
    assert!(restore(&file, elsewhere.path(), &Options::default(), 7, &mut |_| {}).is_err());
    assert!(verify(&file, &mut |_| {}).is_ok());
}

#[test]
fn a_journal_let_go_up_to_a_backup_and_a_view_that_is_gone_are_a_store_again() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let (store, files) = open(folder.path());
    for round in 0..9_u8 {
        // Files of their own segments: each group is larger than the rest of one.
        for part in 0..16 {
            let ops = (0..7).map(|n| put(round * 7 + n, &format!("{part}{}", "x".repeat(60_000)))).collect::<Vec<_>>();
            commit(&store, ops);
        }
    }
    let file = elsewhere.path().join("b");
    let summary = backed_up(&store, &files, &file);
    let record =
        local::BackupRecord { position: summary.position, path: file.clone(), at: 7, chain: Some(summary.chain) };
    local::record_backup(folder.path(), &record).unwrap();
    commit(&store, [put(200, "later")]);
    store.checkpoint().unwrap();
    let expected = values(&store);
    let trimmed = store.journal().unwrap().first > 1;
    drop(store);
    fs::remove_dir_all(folder.path().join("sled")).unwrap();
    let (store, _) = open(folder.path());
    assert_eq!(values(&store), expected);
    assert!(store.opening().rebuilt.is_some());
    drop(store);
    if trimmed {
        fs::remove_dir_all(folder.path().join("sled")).unwrap();
        fs::remove_file(&file).unwrap();
        assert!(local::open(folder.path(), &Options::default()).is_err(), "never an empty store in its place");
    }
}
