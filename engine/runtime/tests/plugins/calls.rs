//! Tasks that a plugin does: keys, attempts, progress, answers that come later, ends that nobody heard.

use super::*;

#[test]
fn a_plugin_does_its_task_once_with_the_settings_of_the_definition() {
    let stage = Stage::begin(FILING);
    stage.answers(|call, _| {
        assert_eq!((call.name.as_str(), call.digest, call.client.as_str()), ("vat.file", OLD, "4711"));
        let settings = Value::map([("box5", Value::text("12.50")), ("who", Value::text("Client 4711"))]);
        assert_eq!(call.settings, settings);
        called(done("r-1"))
    });
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    assert_eq!(stage.calls(), [], "nothing is called before the commit that wants it");
    stage.drive();
    assert_eq!(stage.calls(), [(Purpose::Run, 1)]);
    let job = stage.job();
    assert_eq!(job.state, JobState::Completed);
    let note = job.run(&"note".parse().unwrap()).expect("the task");
    assert_eq!(note.outputs.values().collect::<Vec<_>>(), [&Value::text("r-1")], "others read its outputs");
    assert_eq!(outbox::counts(&stage.engine.reader()).unwrap(), outbox::Counts::default());
    assert!(job.effects.is_empty());
}

#[test]
fn every_attempt_has_the_same_key_and_the_component_it_began_with() {
    let stage = Stage::begin(FILING);
    stage.answers(|_, _| called(failed(FailureKind::Transient, "unreachable")));
    stage.answers(|_, _| called(done("r-1")));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    *stage.plugins.digest.lock().unwrap() = Some(NEW);
    stage.wait(5);
    assert_eq!(stage.calls(), [(Purpose::Run, 1), (Purpose::Run, 2)]);
    let calls = stage.plugins.calls.lock().unwrap();
    assert_eq!((calls[0].key, calls[0].digest), (calls[1].key, calls[1].digest));
    drop(calls);
    assert_eq!(stage.job().state, JobState::Completed);
}

#[test]
fn a_busy_other_side_is_left_alone_for_as_long_as_it_says() {
    let stage = Stage::begin(FILING);
    stage.answers(|_, _| {
        let failure = Failure { kind: FailureKind::Busy, code: "busy".into(), message: "come back".into() };
        called(Ended::Failed { failure, retry_after: Some(SignedDuration::from_mins(30)) })
    });
    stage.answers(|_, _| called(done("r-1")));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    stage.wait(29);
    assert_eq!(stage.calls().len(), 1);
    stage.wait(2);
    assert_eq!(stage.calls().len(), 2);
}

#[test]
fn what_a_plugin_says_and_wants_is_committed_with_its_answer() {
    let stage = Stage::begin(FILING);
    stage.answers(|_, _| {
        let line = Line { level: Level::Info, message: "filed".into(), fields: String::new() };
        let wanted = vec![Wanted::SetClient(vec![("vat.filed".into(), Value::Bool(true))])];
        let outputs = Value::map([("receipt", Value::text("r-1"))]);
        let ended = Ended::Done { outputs, wanted, note: Some("by wire".into()) };
        Called { ended, lines: vec![line], spent: Spent::default() }
    });
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    let events = stage.events();
    let words: Vec<_> = events.iter().map(Event::word).collect();
    let from = words.iter().position(|word| *word == "plugin_asked").expect("it was asked");
    assert_eq!(
        words[from..from + 5],
        ["plugin_asked", "plugin_said", "plugin_returned", "client_updated", "task_completed"]
    );
    let looked = stage.engine.look(job(1)).unwrap();
    assert_eq!(looked.client.fields.get("vat").and_then(|vat| vat.get("filed")), Some(&Value::Bool(true)));
}

#[test]
fn r13_a_plugin_that_wants_what_cannot_be_stored_fails_its_task_and_the_engine_goes_on() {
    let deep = (0..200).fold(Value::Int(1), |inner, _| Value::map([("a", inner)]));
    let path = |parts: usize| vec!["a"; parts].join(".");
    for (wanted, receipt, code) in [
        (vec![(path(128), Value::Int(1))], Value::text("r-1"), "bad-effect"),
        (vec![(path(100_001), Value::Int(1))], Value::text("r-1"), "bad-effect"),
        (vec![("vat.deep".into(), deep.clone())], Value::text("r-1"), "bad-effect"),
        (vec![], Value::text("x".repeat(17 << 20)), "bad-output"),
        (vec![], deep.clone(), "bad-output"),
    ] {
        let stage = Stage::begin(FILING);
        stage.answers(|_, _| {
            let outputs = Value::map([("receipt", receipt)]);
            called(Ended::Done { outputs, wanted: vec![Wanted::SetClient(wanted)], note: None })
        });
        stage.engine.start(start(1, "filing", "4711")).expect("started");
        stage.drive();
        let Failure { code: found, message, .. } = stage.failure();
        assert_eq!(found, code, "{message}");
        assert!(message.len() < 1_000, "it is told in a few words: {message}");
        assert_eq!(outbox::counts(&stage.engine.reader()).unwrap(), outbox::Counts::default());
    }
}

#[test]
fn outputs_that_are_not_what_was_declared_fail_the_task_and_a_person_has_it_done_anew() {
    let stage = Stage::begin(FILING);
    stage.answers(|_, _| called(Ended::Done { outputs: Value::map::<&str>([]), wanted: vec![], note: None }));
    stage.answers(|_, _| called(done("r-1")));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    assert_eq!(stage.failure().code, "bad-output");
    stage.act(Act::Retry, "mended");
    stage.drive();
    assert_eq!(stage.job().state, JobState::Completed);
    let calls = stage.plugins.calls.lock().unwrap();
    assert_ne!(calls[0].key, calls[1].key, "what has come back is not the same call");
}

#[test]
fn progress_outlives_an_attempt_and_is_kept_once() {
    let stage = Stage::begin(FILING);
    stage.answers(|_, desk| {
        assert_eq!(desk.checkpointed("sent"), None);
        desk.checkpoint("sent", "1").expect("kept");
        desk.checkpoint("sent", "1").expect("the same again is nothing new");
        assert!(desk.checkpoint("sent", "2").unwrap_err().contains("another value"));
        called(failed(FailureKind::Transient, "cut"))
    });
    stage.answers(|_, desk| {
        assert_eq!(desk.checkpointed("sent").as_deref(), Some("1"));
        for number in 1..64 {
            desk.checkpoint(&format!("page-{number}"), "true").expect("kept");
        }
        assert!(desk.checkpoint("page-64", "true").unwrap_err().contains("64 pieces"));
        called(done("r-1"))
    });
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    stage.wait(5);
    assert_eq!(stage.job().state, JobState::Completed);
    let kept = stage.events().iter().filter(|event| matches!(event, Event::ProgressKept { .. })).count();
    assert_eq!(kept, 64);
}

#[test]
fn an_answer_that_comes_later_is_asked_for_until_it_is_there() {
    let stage = Stage::begin(FILING);
    stage.answers(|_, _| called(later(Some(SignedDuration::from_mins(10)))));
    stage.answers(|_, _| called(Ended::DidNotHappen));
    stage.answers(|_, _| called(done("r-1")));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    assert_eq!(stage.state(), TaskState::AwaitingExternal);
    stage.wait(9);
    assert_eq!(stage.calls().len(), 1);
    stage.wait(2);
    assert_eq!(stage.calls(), [(Purpose::Run, 1), (Purpose::Poll, 2)]);
    stage.wait(20);
    assert_eq!(stage.calls()[2], (Purpose::Poll, 3));
    assert_eq!(stage.job().state, JobState::Completed);
}

#[test]
fn a_plugin_that_can_find_out_is_not_asked_without_end_for_what_comes_later() {
    let stage = Stage::begin(FILING);
    *stage.plugins.repeat_safe.lock().unwrap() = RepeatSafe::Find;
    stage.answers(|_, _| called(later(Some(SignedDuration::from_mins(10)))));
    stage.answers(|_, _| called(Ended::DidNotHappen));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    stage.wait(12);
    assert_eq!(stage.calls(), [(Purpose::Run, 1), (Purpose::Poll, 2)], "once, and not again at once");
}

#[test]
fn an_answer_that_comes_later_can_be_given_by_a_person() {
    let stage = Stage::begin(FILING);
    stage.answers(|_, _| called(later(None)));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    assert_eq!(stage.state(), TaskState::AwaitingExternal);
    assert_eq!(outbox::counts(&stage.engine.reader()).unwrap(), outbox::Counts::default());
    let outputs = Values::from([("receipt".parse().unwrap(), Value::text("by post"))]);
    stage.act(Act::Complete { outputs, awaited: None }, "the letter came");
    stage.drive();
    assert_eq!(stage.job().state, JobState::Completed);
}

#[test]
fn an_answer_of_another_name_than_the_awaited_one_completes_nothing() {
    let stage = Stage::begin(FILING);
    stage.answers(|_, _| called(later(None)));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    let complete = |name: &str| {
        let outputs = Values::from([("receipt".parse().unwrap(), Value::text("R1"))]);
        stage.try_act("file", Act::Complete { outputs, awaited: Some(name.into()) })
    };
    assert_eq!(complete("hmrc-7").unwrap_err(), "task `file` waits for no answer of a plugin");
    stage.drive();
    assert_eq!(complete("hmrc-8").unwrap_err(), "task `file` waits for the answer `hmrc-7`, not for `hmrc-8`");
    complete("hmrc-7").expect("the awaited one");
    assert!(complete("hmrc-7").is_err(), "it came already");
}

#[test]
fn what_nobody_answered_in_time_is_another_call_when_a_person_has_it_tried_again() {
    let stage = Stage::begin(&FILING.replace("    retry:", "    timeout: 1 hour\n    retry:"));
    stage.answers(|_, _| called(later(None)));
    stage.answers(|_, _| called(done("r-2")));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    stage.wait(61);
    assert_eq!((stage.state(), stage.failure().code.as_str()), (TaskState::Failed, "timed-out"));
    let first = stage.effect();
    stage.act(Act::Retry, "they have lost it");
    stage.drive();
    assert_eq!(stage.job().state, JobState::Completed);
    let second = stage.plugins.calls.lock().unwrap()[1].key;
    assert_ne!(first, second);
    let late = stage.engine.heard(first, called(done("r-1"))).unwrap_err().to_string();
    assert!(late.contains("ended") || late.contains("settled"), "{late}");
}

#[test]
fn a_call_that_ran_out_of_time_before_it_began_is_another_call_when_a_person_has_it_tried_again() {
    let stage = Stage::begin(&FILING.replace("    retry:", "    timeout: 1 hour\n    retry:"));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    // Nobody was there to make it.
    stage.engine.clock().advance_to(stage.engine.now() + 2.hours());
    stage.drive();
    assert_eq!((stage.state(), stage.failure().code.as_str()), (TaskState::Failed, "timed-out"));
    assert_eq!(stage.calls(), []);
    assert_eq!(outbox::counts(&stage.engine.reader()).unwrap(), outbox::Counts::default());
    stage.answers(|_, _| called(done("r-1")));
    stage.act(Act::Retry, "now somebody is there");
    stage.drive();
    assert_eq!(stage.job().state, JobState::Completed);
}

#[test]
fn the_call_of_a_job_that_cannot_be_moved_any_more_waits_until_it_can() {
    let mut stage = Stage::begin(FILING);
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.forget_how_to_read();
    stage.drive();
    assert_eq!(outbox::counts(&stage.engine.reader()).unwrap().wanted, 1);
    stage.die();
    stage.answers(|_, _| called(done("r-1")));
    stage.wait(61);
    assert_eq!(stage.job().state, JobState::Completed);
}

#[test]
fn a_call_that_is_under_way_is_not_begun_again_beside_itself() {
    let mut stage = Stage::begin(&FILING.replace("    retry:", "    timeout: 1 hour\n    retry:"));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    let effect = stage.job().effects.keys().next().copied().expect("a call");
    let entry = outbox::load(&stage.engine.reader(), effect).unwrap().expect("it is wanted");
    practice_commit(&stage, outbox::claim(&entry, None, stage.engine.now()).unwrap());
    stage.engine.clock().advance_to(stage.engine.now() + 2.hours());
    stage.drive();
    assert_eq!(stage.state(), TaskState::Failed);
    stage.act(Act::Retry, "it takes its time");
    stage.drive();
    assert_eq!(stage.calls(), [], "whoever makes it is still at it");
    stage.answers(|_, _| called(done("r-1")));
    stage.die();
    stage.wait(5);
    assert_eq!(stage.job().state, JobState::Completed);
    assert_eq!(stage.effect(), effect);
}

/// A call that was claimed, and whose engine died before it came back.
fn cut_off(repeat_safe: RepeatSafe) -> Stage {
    let mut stage = Stage::begin(FILING);
    *stage.plugins.repeat_safe.lock().unwrap() = repeat_safe;
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    let effect = stage.job().effects.keys().next().copied().expect("a call");
    let entry = outbox::load(&stage.engine.reader(), effect).unwrap().expect("it is wanted");
    let claim = outbox::claim(&entry, None, stage.engine.now()).unwrap();
    practice_commit(&stage, claim);
    stage.die();
    stage
}

#[test]
fn a_call_that_may_be_repeated_is_repeated_after_a_crash() {
    let stage = cut_off(RepeatSafe::Key);
    stage.answers(|_, _| called(done("r-1")));
    stage.wait(5);
    assert_eq!(stage.calls(), [(Purpose::Run, 2)]);
    assert_eq!(stage.job().state, JobState::Completed);
}

#[test]
fn a_call_that_may_not_be_repeated_is_left_to_a_person_after_a_crash() {
    let stage = cut_off(RepeatSafe::No);
    stage.wait(5);
    assert_eq!(stage.calls(), []);
    let failure = stage.failure();
    assert_eq!((failure.kind, failure.code.as_str()), (FailureKind::NeedsPerson, "in-doubt"));
    stage.answers(|_, _| called(done("r-1")));
    stage.act(Act::Retry, "it did not arrive, they say");
    stage.drive();
    assert_eq!(stage.job().state, JobState::Completed);
}

#[test]
fn a_plugin_that_can_find_out_is_asked_before_it_is_run_again() {
    let stage = cut_off(RepeatSafe::Find);
    stage.answers(|_, _| called(Ended::DidNotHappen));
    stage.answers(|_, _| called(done("r-1")));
    stage.wait(5);
    assert_eq!(stage.calls(), [(Purpose::Find, 2), (Purpose::Run, 3)]);
    assert_eq!(stage.job().state, JobState::Completed);

    let stage = cut_off(RepeatSafe::Find);
    stage.answers(|_, _| called(done("r-1")));
    stage.wait(5);
    assert_eq!(stage.calls(), [(Purpose::Find, 2)], "it had happened");
    assert_eq!(stage.job().state, JobState::Completed);

    let stage = cut_off(RepeatSafe::Find);
    stage.answers(|_, _| called(Ended::Unknown("their log is gone".into())));
    stage.wait(5);
    assert_eq!(stage.failure().code, "plugin-unknown");
}

#[test]
fn a_call_that_was_cut_off_in_the_middle_is_in_doubt_too() {
    let stage = Stage::begin(FILING);
    *stage.plugins.repeat_safe.lock().unwrap() = RepeatSafe::No;
    stage.answers(|_, _| called(failed(FailureKind::Timeout, "plugin-timeout")));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    let failure = stage.failure();
    assert_eq!((failure.kind, failure.code.as_str()), (FailureKind::NeedsPerson, "plugin-timeout"));
    assert!(failure.message.contains("nobody knows"), "{failure}");
}

#[test]
fn a_task_that_is_no_longer_wanted_is_not_begun_and_one_that_has_begun_is_told() {
    let stage = Stage::begin(FILING);
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.act(Act::Skip, "not this quarter");
    stage.drive();
    assert_eq!(stage.calls(), []);

    let stage = Stage::begin(FILING);
    stage.answers(|_, _| called(later(Some(SignedDuration::from_mins(10)))));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    stage.act(Act::Skip, "not this quarter");
    stage.answers(|_, _| called(Ended::Cancelled));
    stage.wait(30);
    assert_eq!(stage.calls(), [(Purpose::Run, 1), (Purpose::Cancel, 2)]);
    assert_eq!(outbox::counts(&stage.engine.reader()).unwrap(), outbox::Counts::default());
    assert!(stage.job().effects.is_empty());
}

#[test]
fn an_answer_that_comes_after_the_task_was_skipped_changes_nothing() {
    let stage = Stage::begin(FILING);
    let engine = stage.engine.clone();
    stage.answers(move |_, _| {
        let by = Actor::Staff { id: StaffId::new("pat").unwrap(), entered_by: "pat".into() };
        let (task, note) = ("file".parse().unwrap(), Some("by hand".into()));
        engine.command(job(1), Command::Act { task, act: Act::Skip, by, active: true, note }).expect("skipped");
        let wanted = vec![Wanted::SetClient(vec![("vat.filed".into(), Value::Bool(true))])];
        called(Ended::Done { outputs: Value::map([("receipt", Value::text("r"))]), wanted, note: None })
    });
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    assert_eq!(stage.state(), TaskState::Skipped);
    assert_eq!(stage.engine.look(job(1)).unwrap().client.fields.get("vat"), None);
    assert!(!stage.job().effects.contains_key(&stage.effect()));
}

#[test]
fn a_task_without_its_plugin_says_so_and_runs_once_it_is_there() {
    let stage = Stage::begin(FILING);
    *stage.plugins.digest.lock().unwrap() = None;
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    let failure = stage.failure();
    assert_eq!((failure.kind, failure.code.as_str()), (FailureKind::NeedsPerson, "plugin-missing"));
    *stage.plugins.digest.lock().unwrap() = Some(NEW);
    stage.answers(|_, _| called(done("r-1")));
    stage.act(Act::Retry, "it is installed");
    stage.drive();
    assert_eq!(stage.plugins.calls.lock().unwrap()[0].digest, NEW);
    assert_eq!(stage.job().state, JobState::Completed);
}

#[test]
fn a_job_with_a_plugin_is_read_back_as_it_was() {
    let mut stage = Stage::begin(FILING);
    stage.answers(|_, desk| {
        desk.checkpoint("sent", "1").expect("kept");
        called(later(None))
    });
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    let before = stage.job();
    stage.die();
    assert_eq!(stage.job(), before);
    let head = jobs::head(&stage.engine.reader(), job(1)).unwrap().expect("its head");
    assert_eq!(head.value.set_aside, None);
}

#[test]
fn a_change_that_the_clients_record_does_not_take_fails_the_task_and_nothing_else() {
    let stage = Stage::begin(FILING);
    stage.answers(|_, _| {
        let wanted = vec![Wanted::SetClient(vec![("id".into(), Value::text("other"))])];
        called(Ended::Done { outputs: Value::map([("receipt", Value::text("R1"))]), wanted, note: None })
    });
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    assert_eq!((stage.state(), stage.failure().code.as_str()), (TaskState::Failed, "bad-effect"));
    assert!(stage.failure().message.contains("`id`"), "{}", stage.failure().message);
}
