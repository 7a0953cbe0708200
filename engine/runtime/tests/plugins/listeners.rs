//! Plugins that are told what happened.

use super::*;

fn listening(words: &[&'static str]) -> Stage {
    let stage = Stage::begin(CHOSEN);
    stage.plugins.listens.lock().unwrap().extend(words);
    stage
}

fn heard() -> Called {
    called(Ended::Done { outputs: Value::map::<String>([]), wanted: vec![], note: None })
}

impl Stage {
    /// What listeners were told, in order, with the number of each event.
    fn told(&self) -> Vec<(String, u64)> {
        let calls = self.plugins.calls.lock().unwrap();
        calls
            .iter()
            .filter(|call| call.purpose == Purpose::Observe)
            .map(|call| (call.name.clone(), call.key.event))
            .collect()
    }

    fn finish(&self) {
        self.try_act("look", Act::Complete { outputs: Values::new(), awaited: None }).expect("done");
    }
}

#[test]
fn a_listener_hears_the_events_of_a_job_in_their_order_and_each_once() {
    let stage = listening(&["job_opened", "task_completed", "job_completed"]);
    (0..3).for_each(|_| stage.answers(|_, _| heard()));
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    stage.finish();
    stage.drive();
    let told = stage.told();
    let words: Vec<&str> = told.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, ["job_opened", "task_completed", "job_completed"]);
    assert!(told.is_sorted_by_key(|(_, number)| *number), "{told:?}");
    assert_eq!(outbox::counts(&stage.engine.reader()).expect("counted"), outbox::Counts::default());
    let heard = stage.events().into_iter().filter(|event| matches!(event, Event::ListenerHeard { .. })).count();
    assert_eq!(heard, 0, "whoever says nothing leaves no line");
}

#[test]
fn a_listener_is_told_what_happened_and_to_whom() {
    let stage = listening(&["task_completed"]);
    stage.answers(|call, _| {
        assert_eq!((call.task.to_string().as_str(), call.client.as_str()), ("look", "4711"));
        let text = |name: &str| call.settings.get(name).and_then(Value::as_text).map(str::to_owned);
        assert_eq!((text("task").as_deref(), text("definition").as_deref()), (Some("look"), Some("chosen")));
        assert_eq!(text("by").as_deref(), Some("staff pat"));
        heard()
    });
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    stage.finish();
    stage.drive();
    assert_eq!(stage.told().len(), 1);
}

#[test]
fn a_listener_hears_of_more_than_fits_one_commit_by_one_effect_in_order_and_with_a_key_for_each() {
    const MANY: usize = 90;
    let names = (0..MANY).map(|number| format!("\"n{number}\"")).collect::<Vec<_>>().join(", ");
    let many = format!(
        "format: 1\nid: many\nname: Many\ntasks:\n  - {{ id: each, type: manual, for_each: {{ item: one, in: '[{names}]', key: one }} }}\n"
    );
    let stage = Stage::begin(&many);
    stage.plugins.listens.lock().unwrap().push("task_completed");
    // Each of them, and the task as a whole.
    (0..=MANY).for_each(|_| stage.answers(|_, _| heard()));
    stage.engine.start(start(1, "many", "4711")).expect("started");
    stage.try_act("each", Act::Complete { outputs: Values::new(), awaited: None }).expect("all of them in one command");
    let wanted = outbox::counts(&stage.engine.reader()).expect("counted").wanted;
    assert_eq!(wanted, 1);
    stage.drive();
    let told = stage.told();
    assert_eq!(told.len(), MANY + 1);
    assert!(told.is_sorted_by(|one, next| one.1 < next.1), "{told:?}");
    assert_eq!(outbox::counts(&stage.engine.reader()).expect("counted"), outbox::Counts::default());
}

#[test]
fn what_a_listener_says_of_a_job_that_cannot_be_moved_any_more_stops_nobody() {
    let mut stage = listening(&["task_activated"]);
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    stage.forget_how_to_read();
    stage.answers(|_, _| {
        let line = Line { level: Level::Info, message: "posted".into(), fields: String::new() };
        Called { lines: vec![line], ..heard() }
    });
    stage.drive();
    assert_eq!(stage.told().len(), 1);
    assert_eq!(outbox::counts(&stage.engine.reader()).expect("counted"), outbox::Counts::default());
}

#[test]
fn a_listener_that_is_away_in_the_middle_goes_on_where_it_was() {
    let stage = listening(&["job_opened", "task_activated"]);
    stage.answers(|_, _| heard());
    stage.answers(|_, _| called(failed(FailureKind::Transient, "ledger-away")));
    stage.answers(|call, _| {
        assert_eq!((call.name.as_str(), call.attempt), ("task_activated", 2));
        heard()
    });
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    stage.drive();
    assert_eq!(outbox::counts(&stage.engine.reader()).expect("counted").wanted, 1);
    stage.wait(2);
    let words: Vec<String> = stage.told().into_iter().map(|(word, _)| word).collect();
    assert_eq!(words, ["job_opened", "task_activated", "task_activated"]);
}

#[test]
fn a_listener_that_is_away_for_a_moment_is_told_again_and_hears_what_came_after_only_then() {
    let stage = listening(&["task_activated", "task_completed"]);
    stage.answers(|_, _| called(failed(FailureKind::Transient, "ledger-away")));
    stage.answers(|call, _| {
        assert_eq!((call.name.as_str(), call.attempt), ("task_activated", 2));
        heard()
    });
    stage.answers(|_, _| heard());
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    stage.drive();
    stage.finish();
    stage.drive();
    assert_eq!(stage.told().len(), 1, "the second waits behind the first");
    stage.wait(2);
    let words: Vec<String> = stage.told().into_iter().map(|(word, _)| word).collect();
    assert_eq!(words, ["task_activated", "task_activated", "task_completed"]);
}

#[test]
fn what_a_listener_changes_and_says_is_committed_also_after_the_job_has_ended() {
    let stage = listening(&["job_completed"]);
    stage.answers(|_, _| {
        let wanted = vec![Wanted::SetClient(vec![("vat.filed".into(), Value::text("yes"))])];
        let lines = vec![Line { level: Level::Info, message: "posted".into(), fields: String::new() }];
        let ended = Ended::Done { outputs: Value::map::<String>([]), wanted, note: None };
        Called { ended, lines, spent: Spent::default() }
    });
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    stage.finish();
    stage.drive();
    let said = stage.events().into_iter().find_map(|event| match event {
        Event::ListenerHeard { listener, lines, changes, failure: None, .. } => Some((listener, lines.len(), changes)),
        _ => None,
    });
    assert_eq!(said, Some(("ledger".to_owned(), 1, vec![("vat.filed".to_owned(), Value::text("yes"))])));
    assert_eq!(stage.job().state, JobState::Completed);
    let client = stage.engine.look(job(1)).expect("the job").client.clone();
    let filed = client.fields.get("vat").and_then(|vat| vat.get("filed")).cloned();
    assert_eq!(filed, Some(Value::text("yes")));
}

#[test]
fn a_listener_that_can_never_be_told_is_on_the_timeline_and_holds_nothing_up() {
    let stage = listening(&["task_activated", "task_completed"]);
    stage.answers(|_, _| called(failed(FailureKind::Permanent, "ledger-closed")));
    stage.answers(|_, _| heard());
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    stage.finish();
    stage.drive();
    assert_eq!(stage.told().len(), 2);
    let failed = stage.events().into_iter().any(
        |event| matches!(event, Event::ListenerHeard { failure: Some(failure), .. } if failure.code == "ledger-closed"),
    );
    assert!(failed);
}

#[test]
fn a_listener_that_was_being_told_when_the_engine_died_is_told_again() {
    let mut stage = listening(&["task_activated"]);
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    let due = outbox::due(&stage.engine.reader(), stage.engine.now(), 9).expect("due");
    let entry = outbox::load(&stage.engine.reader(), due[0]).unwrap().expect("it is wanted");
    let claim = outbox::claim(&entry, None, stage.engine.now()).unwrap();
    practice_commit(&stage, claim);
    stage.die();
    stage.answers(|_, _| heard());
    stage.wait(2);
    assert_eq!(stage.told().len(), 1);
}

#[test]
fn a_change_of_a_listener_that_the_clients_record_does_not_take_is_told_on_the_timeline() {
    let stage = listening(&["task_activated"]);
    stage.answers(|_, _| {
        let wanted = vec![Wanted::SetClient(vec![("id".into(), Value::text("other"))])];
        called(Ended::Done { outputs: Value::map::<String>([]), wanted, note: None })
    });
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    stage.drive();
    let failed = stage.events().into_iter().any(
        |event| matches!(event, Event::ListenerHeard { failure: Some(failure), .. } if failure.code == "bad-effect"),
    );
    assert!(failed);
}

#[test]
fn a_listener_whom_somebody_must_mend_first_is_told_later() {
    let stage = listening(&["task_activated"]);
    stage.answers(|_, _| called(failed(FailureKind::NeedsPerson, "plugin-held")));
    stage.answers(|_, _| heard());
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    stage.drive();
    stage.wait(2);
    assert_eq!(stage.told().len(), 2);
}
