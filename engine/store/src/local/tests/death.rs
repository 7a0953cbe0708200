//! Sudden death: this test binary runs itself as a child that commits without end, and kills it.
//!
//! Whatever the child was told is committed must be there, and no commit by half.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use super::*;

const CHILD: &str = "JOBWRIGHT_STORE_CHILD";
const KILLS: usize = 12;
/// With rows so large a batch often spans two of sled's buffers, and there a batch would be torn.
const COMMITS_A_BATCH: u64 = 8;
const ROW_BYTES_MAX: usize = 40_000;
/// Each commit writes its number into as many rows, spread over the spaces.
const ROWS_A_COMMIT: usize = 5;
const SPACES: [Space; ROWS_A_COMMIT] = [Space::Job, Space::Event, Space::Timer, Space::Outbox, Space::Audit];

#[test]
fn a_killed_process_has_lost_nothing_it_was_answered_and_left_nothing_by_half() {
    let folder = TestFolder::new();
    let mut acknowledged = 0;
    for round in 0..KILLS {
        let mut child = start(&folder, None);
        acknowledged = hear(&mut child, 1 + round * 3).unwrap_or(acknowledged);
        child.kill().unwrap();
        child.wait().unwrap();
        let made = whole_commits(&reopen(&folder));
        assert!(made >= acknowledged, "round {round}: {acknowledged} were answered, {made} are there");
    }
    assert!(acknowledged > 0);
}

#[test]
fn a_disk_that_fills_up_under_the_store_refuses_and_loses_nothing() {
    let folder = TestFolder::new();
    drop(reopen(&folder));
    // Files cannot grow beyond this many KiB for the child; the signal is ignored, so that a write fails instead.
    let mut child = start(&folder, Some(8 * 1024));
    let acknowledged = hear(&mut child, usize::MAX).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "the child has seen the failure it expected");
    let made = whole_commits(&reopen(&folder));
    assert!(made >= acknowledged, "{acknowledged} were answered, {made} are there");
}

/// The child's part; without the variable this is no test at all.
#[test]
fn child() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let store = open(Path::new(&folder), &Options::default()).unwrap();
    let mut number = whole_commits(&store);
    loop {
        let batch = (1..=COMMITS_A_BATCH).map(|step| numbered(number + step)).collect();
        let answers = match store.commit(batch) {
            Ok(answers) => answers,
            // The journal could not grow: nothing of the batch was written, and the store is as it was.
            Err(error) => {
                assert!(matches!(error, Error::Io { .. }), "{error}");
                std::process::exit(0);
            }
        };
        if let Some(Err(error)) = answers.iter().find(|answer| answer.is_err()) {
            assert!(matches!(error, CommitError::OutcomeUnknown(_)), "{error}");
            assert!(matches!(store.commit(vec![Commit::default()]), Err(Error::Stopped { .. })));
            // Without farewell: a store that stopped writing must not write on its way out.
            std::process::exit(0);
        }
        number += COMMITS_A_BATCH;
        writeln!(std::io::stdout(), "committed {number}").unwrap();
    }
}

fn numbered(number: u64) -> Commit {
    let mut ops: Vec<_> =
        SPACES.map(|space| crate::Op::Put(Key::new(space, b"last"), number.to_be_bytes().into())).into();
    // A row that stays and is large at times, so that leaves split and sled's segments fill.
    let bytes = vec![number as u8; row_bytes(number)];
    ops.push(crate::Op::Put(Key::new(Space::Client, number.to_be_bytes()), bytes));
    Commit { ops, ..Commit::default() }
}

fn row_bytes(number: u64) -> usize {
    (number as usize * 3079) % ROW_BYTES_MAX
}

/// How many commits there are, each of them whole.
fn whole_commits(store: &LocalStore) -> u64 {
    let last = SPACES.map(|space| Key::new(space, b"last"));
    let rows = store.get(&last).unwrap();
    let numbers: Vec<u64> =
        rows.into_iter().map(|row| row.map_or(0, |row| crate::meta::number(&row).unwrap())).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] == pair[1]), "a commit by half: {numbers:?}");
    for number in 1..=numbers[0] {
        let row = store.get(&[Key::new(Space::Client, number.to_be_bytes())]).unwrap().remove(0).unwrap();
        assert_eq!(row.value.len(), row_bytes(number));
    }
    numbers[0]
}

fn start(folder: &TestFolder, file_kib_max: Option<u32>) -> Child {
    let binary = std::env::current_exe().unwrap();
    let mut command = match file_kib_max {
        None => Command::new(&binary),
        Some(kib) => {
            let mut shell = Command::new("bash");
            shell.arg("-c").arg(format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"")).arg(&binary);
            shell
        }
    };
    command.args(["--exact", "local::tests::death::child", "--nocapture"]).env(CHILD, folder.path());
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// The last number of up to so many lines that the child wrote.
fn hear(child: &mut Child, lines: usize) -> Option<u64> {
    let told = BufReader::new(child.stdout.take().unwrap());
    let numbers = told.lines().map_while(Result::ok).filter_map(|line| line.split("committed ").nth(1)?.parse().ok());
    numbers.take(lines).last()
}
