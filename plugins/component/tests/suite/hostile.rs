//! Guests that mean harm, or that are broken.
//!
//! Owns: that each is stopped with words of its own, and that the next call works.

use crate::{guests::Guest, world::run};

/// How a guest ends, and that a good one can be called after it.
#[track_caller]
fn check(run_body: &str, expected: &str) {
    let (shown, _) = run(&Guest::task(run_body));
    assert_eq!(shown, expected);
}

#[test]
fn a_good_task_is_done() {
    check("(call $done (str `{\"ok\":true}`))", "done ok: true");
}

#[test]
fn an_endless_loop_is_stopped_and_the_next_call_works() {
    check(
        "(loop $on (br $on)) unreachable",
        "permanent plugin-cpu: plugin `test` used up its 60 ms of computing; `limits.cpu_ms` of its grant gives more",
    );
}
