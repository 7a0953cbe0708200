//! The two tables of the machine, printed: which move leads where, and what each job state lets happen.

use super::plans::{manual, plan};
use super::world::{World, actor, person};
use crate::command::{Act, Command, MoveTo, Outcome};
use crate::event::Event;
use crate::id::EffectId;
use crate::job::{JobState, decide};
use crate::task::{Move, TaskState, next};
use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use expect_test::expect;

#[test]
fn every_state_says_which_moves_leave_it() {
    let mut grid = String::new();
    for state in TaskState::ALL {
        let moves = Move::ALL.into_iter().filter_map(|step| Some(format!("{step:?} → {}", next(state, step)?)));
        let moves = moves.collect::<Vec<_>>().join(", ");
        grid += &format!("{:18} {}\n", state.to_string(), if moves.is_empty() { "—" } else { &moves });
    }
    expect![[r#"
        waiting            MakeReady → ready, Skip → skipped, Complete → completed, Fail → failed, Reopen → waiting, Cancel → cancelled
        ready              Skip → skipped, Activate → active, AskClient → awaiting_client, AskOutside → awaiting_external, Block → uncompletable, Complete → completed, Fail → failed, Reopen → waiting, Cancel → cancelled
        active             Skip → skipped, AskOutside → awaiting_external, Block → uncompletable, TakeOver → active, Complete → completed, Fail → failed, Reopen → waiting, Cancel → cancelled
        awaiting_client    Skip → skipped, Block → uncompletable, Complete → completed, Fail → failed, Reopen → waiting, Cancel → cancelled
        awaiting_external  Skip → skipped, Block → uncompletable, TakeOver → active, Complete → completed, Fail → failed, Reopen → waiting, Cancel → cancelled
        uncompletable      Skip → skipped, Block → uncompletable, Mend → ready, TakeOver → active, Complete → completed, Fail → failed, Reopen → waiting, Cancel → cancelled
        completed          Reopen → waiting, Resume → active
        skipped            Reopen → waiting
        failed             Skip → skipped, TakeOver → active, Complete → completed, Retry → ready, Reopen → waiting, Cancel → cancelled
        cancelled          Reopen → waiting
    "#]].assert_eq(&grid);
}

#[test]
fn a_cancelled_task_comes_back_with_its_job_alone_and_only_an_ended_one_cannot_be_cancelled() {
    for step in Move::ALL.into_iter().filter(|step| *step != Move::Reopen) {
        assert_eq!(next(TaskState::Cancelled, step), None);
    }
    for state in TaskState::ALL {
        let ended = matches!(state, TaskState::Completed | TaskState::Skipped | TaskState::Cancelled);
        assert_eq!(next(state, Move::Cancel).is_none(), ended, "{state}");
    }
}

#[test]
fn every_state_is_read_back_from_its_word() {
    for state in TaskState::ALL {
        assert_eq!(TaskState::from_word(state.word()), Some(state));
    }
    assert_eq!(TaskState::from_word("done"), None);
}

fn in_state(state: JobState) -> World {
    let mut world = World::new(plan([manual("prepare")]));
    world.settle();
    let done = Act::Complete { outputs: crate::value::Values::new(), awaited: None };
    let command = match state {
        JobState::Open => return world,
        JobState::Completed => act(done),
        JobState::Cancelled => Command::Cancel { by: actor("pat"), why: "left us".into() },
    };
    world.command(command).unwrap();
    assert_eq!(world.job.state, state);
    world
}

fn act(act: Act) -> Command {
    let task = crate::task::TaskKey::of(&super::plans::name("prepare"));
    Command::Act { task, act, by: actor("pat"), active: true, note: Some("so".into()) }
}

#[test]
fn nothing_moves_an_ended_job() {
    let moves = || {
        vec![
            ("advance", Command::Advance),
            ("complete", act(Act::Complete { outputs: crate::value::Values::new(), awaited: None })),
            ("skip", act(Act::Skip)),
            ("reassign", act(Act::Reassign { people: vec![person("kim")] })),
            ("retry", act(Act::Retry)),
            ("move", Command::Move(MoveTo { by: actor("pat"), renamed: vec![], before: plan([]).into() })),
            ("cancel", Command::Cancel { by: actor("pat"), why: "left us".into() }),
        ]
    };
    let mut grid = String::new();
    for state in [JobState::Open, JobState::Completed, JobState::Cancelled] {
        let world = in_state(state);
        grid += &format!("{}\n", state.word());
        for (word, command) in moves() {
            let answer = match decide(&world.job, &world.plan, command, world.now) {
                Ok(events) if events.is_empty() => "nothing to do".into(),
                Ok(events) => format!("{} event", events.len()),
                Err(refusal) => format!("refused, {refusal}"),
            };
            grid += &format!("  {word:9} {answer}\n");
        }
    }
    expect![[r#"
        open
          advance   nothing to do
          complete  1 event
          skip      1 event
          reassign  1 event
          retry     refused, task `prepare` is active; only a failed task is tried again
          move      nothing to do
          cancel    1 event
        completed
          advance   refused, the job has ended
          complete  refused, the job has ended
          skip      refused, the job has ended
          reassign  refused, the job has ended
          retry     refused, the job has ended
          move      refused, the job has ended
          cancel    refused, the job has ended
        cancelled
          advance   refused, the job has ended
          complete  refused, the job has ended
          skip      refused, the job has ended
          reassign  refused, the job has ended
          retry     refused, the job has ended
          move      refused, the job has ended
          cancel    refused, the job has ended
    "#]]
    .assert_eq(&grid);
}

#[test]
fn a_report_of_an_effect_that_was_never_asked_for_is_refused() {
    for state in [JobState::Open, JobState::Completed, JobState::Cancelled] {
        let mut world = in_state(state);
        let effect = EffectId { job: world.job.id, event: 99, index: 0 };
        assert!(world.report(effect, Outcome::Sent { reply: "250".into() }).is_err());
    }
}

#[test]
fn an_event_out_of_place_is_impossible_and_never_a_guess() {
    let world = in_state(JobState::Completed);
    let mut job = world.job.clone();
    let last = world.log.last().unwrap().clone();
    assert!(job.apply(&last).is_err(), "the same number twice");
    let late = crate::event::Recorded { number: last.number + 1, at: world.now, event: Event::JobCompleted };
    assert!(job.apply(&late).is_err(), "ended twice");
    assert_eq!(job, world.job, "an event that does not fit changes nothing");
    assert!(crate::job::Job::replay(&world.log[1..]).is_err(), "a job begins with its opening");
    assert_eq!(crate::job::Job::replay([]), Ok(None));
}
