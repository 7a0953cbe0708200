//! The most memory that a process ever held.
//!
//! Owns: a process of its own for each question, since what was held once can never be less in the same one.

use crate::{
    guests::Guest,
    samples::{self, Office},
    told::Line,
    waiting,
    world::call_of,
};
use jobwright_plugin::{Ended, Plugins};
use std::{process::Command, sync::Arc};

/// How the process is asked.
const ASKED: &str = "--held=";
/// MiB that the bomb is granted.
const BOMB_MIB: u64 = 64;
/// MB that its call may hold beyond these.
const BOMB_BAR: f64 = 4.0;

/// Asks a process of ours, and gives the numbers it says.
pub fn held(question: &str) -> Vec<f64> {
    let ended = Command::new(std::env::current_exe().expect("this program"))
        .arg(format!("{ASKED}{question}"))
        .stderr(std::process::Stdio::inherit())
        .output()
        .expect("a process");
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success(), "{said}");
    said.split_whitespace().map(|number| number.parse().expect("a number")).collect()
}

pub fn is_asked() -> bool {
    question().is_some()
}

fn question() -> Option<String> {
    std::env::args().find_map(|word| word.strip_prefix(ASKED).map(str::to_owned))
}

/// What such a process does.
pub fn answer() {
    match question().as_deref().and_then(|question| question.split_once(':')) {
        Some(("waiting", port)) => waiting::answer(port),
        _ => burst(),
    }
}

pub fn bomb() {
    let told = held("bomb:");
    Line::new("a memory bomb (harm): beyond its limit, MB")
        .below(BOMB_BAR)
        .say(told[1] - told[0] - (BOMB_MIB << 20) as f64 / 1e6);
}

/// A good call, so that all that is held anyway is held, and then one that takes all it can get and writes to it.
fn burst() {
    let practice = samples::practice();
    let body = "(local $at i32)
        (loop $on
          (local.set $at (memory.grow (i32.const 16)))
          (if (i32.ne (local.get $at) (i32.const -1)) (then
            (memory.fill (i32.mul (local.get $at) (i32.const 65536)) (i32.const 1) (i32.const 1048576))
            (br $on))))
        unreachable";
    let bomb = practice.add(&Guest::task(body).with("/limits", serde_json::json!({ "memory_mib": BOMB_MIB })));
    let good = practice.add(&Guest::good().named("good"));
    let shelf = crate::opened(&practice);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let call = |digest, name: &str| runtime.block_on(shelf.clone().call(call_of(digest, name), Arc::new(Office))).ended;
    assert!(matches!(call(good, "good.task"), Ended::Done { .. }));
    let before = most();
    let Ended::Failed { failure, .. } = call(bomb, "test.task") else { panic!("it goes on") };
    assert_eq!(failure.code, jobwright_component::MEMORY, "{failure}");
    println!("{before} {}", most());
}

/// MB that this process held at most.
pub fn most() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the most");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") * 1024.0 / 1e6
}
