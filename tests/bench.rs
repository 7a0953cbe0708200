//! The benchmark, at a size that proves nothing but that it measures.
//!
//! Owns: that it tells what it promises, kills and revives a real process, and leaves its folder as it was.

use std::fs;
use std::process::Command;

use serde_json::Value as Json;

use crate::support::Folder;

#[test]
fn the_benchmark_measures_tells_and_leaves_nothing_behind() {
    let folder = Folder::new();
    let typed = "bench --seconds 0.05 --jobs 20 --in-flight 1,8 --parked 30 --plot cost.svg --plot-jobs 40 --json";
    let mut program = Command::new(env!("CARGO_BIN_EXE_jobwright"));
    let ended = program.current_dir(folder.path()).args(typed.split(' ')).output().expect("the program runs");
    let errors = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && errors.contains("measuring: turn, 8 in flight"), "{errors}");
    let told: Json = serde_json::from_slice(&ended.stdout).expect("one object");
    let above = |json: &Json, key: &str, least: f64| {
        let number = json[key].as_f64().unwrap_or_else(|| panic!("{key} in {json}"));
        assert!(number > least, "{key} in {json}");
    };
    above(&told["disk"], "flushes_per_second", 0.0);
    above(&told["disk"], "records_per_second", 0.0);
    let lines = told["lines"].as_array().expect("lines");
    let which: Vec<_> = lines.iter().map(|line| (line["durable_steps"].as_str(), line["in_flight"].as_u64())).collect();
    assert_eq!(which, [("each", 1), ("each", 8), ("turn", 1), ("turn", 8)].map(|(how, many)| (Some(how), Some(many))));
    for line in lines {
        for key in ["jobs", "steps_per_second", "p50_ms", "p99_ms", "processor_us_per_step", "disk_records_per_second"]
        {
            above(line, key, 0.0);
        }
    }
    // Ten steps and the opening, each with a flush of its own.
    above(&lines[0], "flushes_per_step", 0.99);
    let parked = &told["parked"][0];
    assert_eq!(parked["jobs"], 30);
    ["started_in_s", "serves_in_s", "resumed_in_s"].iter().for_each(|key| above(parked, key, 0.0));
    assert_eq!(told["plot"].as_array().map(Vec::len), Some(1));
    assert!(fs::read_to_string(folder.path().join("cost.svg")).expect("the drawing").ends_with("</svg>\n"));
    let left: Vec<_> =
        fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(left, ["cost.svg"]);
}
