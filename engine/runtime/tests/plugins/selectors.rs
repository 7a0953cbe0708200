//! People whom a plugin chooses.

use super::*;

#[test]
fn a_selector_of_a_plugin_finds_people_and_its_reason_is_kept() {
    let stage = Stage::begin(CHOSEN);
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    let resolved = stage.events().into_iter().find_map(|event| match event {
        Event::RecipientsResolved { resolution, .. } => Some(resolution),
        _ => None,
    });
    let resolved = resolved.expect("somebody was looked for");
    assert_eq!(resolved.chosen.len(), 1);
    assert_eq!(resolved.chosen[0].name, "Pat");
    assert!(format!("{:?}", resolved.tree).contains("the first who is a clerk"), "{:?}", resolved.tree);
}

#[test]
fn a_selector_sees_how_many_open_tasks_lie_on_whose_desk_also_of_jobs_started_a_moment_ago() {
    let stage = Stage::begin(CHOSEN);
    for number in 1..=3 {
        stage.engine.start(start(number, "chosen", "4711")).expect("started");
    }
    let seen = || stage.plugins.desks.lock().unwrap().clone();
    assert_eq!(seen(), [0, 1, 2]);
    let by = Actor::Staff { id: StaffId::new("pat").unwrap(), entered_by: "pat".into() };
    let (task, act) = ("look".parse().unwrap(), Act::Complete { outputs: Values::new(), awaited: None });
    stage.engine.command(job(1), Command::Act { task, act, by, active: true, note: None }).expect("done");
    stage.engine.start(start(4, "chosen", "4711")).expect("started");
    assert_eq!(seen(), [0, 1, 2, 2]);
}

#[test]
fn what_goes_to_a_desk_in_the_same_breath_is_seen_by_the_job_after_it() {
    const OTHER: &str = "format: 1\nid: other\nname: Other\ntasks:\n  - { id: look, type: manual }\n";
    let stage = Stage::begin(CHOSEN);
    fill_with(&stage.engine, OTHER, &["4711"], &offers());
    let starts = [start(1, "other", "4711"), start(2, "chosen", "4711"), start(3, "chosen", "4711")];
    stage.engine.start_each(starts, 3, |_, started| drop(started.expect("started"))).expect("seated");
    assert_eq!(*stage.plugins.desks.lock().unwrap(), [1, 2]);
}
