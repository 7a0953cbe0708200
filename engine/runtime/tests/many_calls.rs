//! Calls of plugins that take their time: how many go side by side, and that nothing else waits for them.
//!
//! Owns: plugins that wait for a word of the test. What a call means for its job is tested in `plugins`.

#[allow(dead_code, reason = "other tests and benchmarks use the rest of it")]
mod practice;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use jobwright_core::{
    effect::Failure,
    id::Hash,
    job::JobState,
    value::{Field, Type, Value},
};
use jobwright_definition::surroundings::{self, Surroundings};
use jobwright_plugin::{
    Call, Called, Calling, Choice, Desk, Ended, Examined, Inquiry, Offer, Offered, Plugins, RepeatSafe, Spent,
};
use jobwright_runtime::{DurableSteps, Engine};
use jobwright_store::memory;
use practice::{fill_with, job, parts, start};
use tokio::sync::{Barrier, Notify};

const SLOW: Hash = Hash([1; 32]);
const QUICK: Hash = Hash([2; 32]);

/// A job whose only task is of this type.
fn definition(name: &str) -> String {
    format!("format: 1\nid: {name}\nname: {name}\ntasks:\n  - {{ id: ask, type: {name}.ask, with: {{}} }}\n")
}

/// What slow calls wait for; quick ones end at once.
enum Slow {
    /// As many of them under way.
    Others(Barrier),
    /// A word.
    Word(Notify),
}

struct Waiting {
    slow: Slow,
    at_once: (usize, usize),
    /// Components of calls that have begun and not ended, and how many there ever were at once.
    under_way: Mutex<(Vec<Hash>, usize)>,
}

impl Plugins for Waiting {
    fn offer(&self, name: &str) -> Option<Offer> {
        let (plugin, _) = name.split_once('.')?;
        let digest = if plugin == "slow" { SLOW } else { QUICK };
        let kind = Offered::Task { outputs: BTreeMap::new(), failures: vec![] };
        Some(Offer { plugin: plugin.into(), digest, kind })
    }

    fn repeat_safe(&self, _: &Hash, _: &str) -> RepeatSafe {
        RepeatSafe::Yes
    }

    fn call(self: Arc<Self>, call: Call, _: Arc<dyn Desk>) -> Calling {
        Box::pin(async move {
            {
                let mut under_way = self.under_way.lock().unwrap();
                under_way.0.push(call.digest);
                under_way.1 = under_way.1.max(under_way.0.len());
            }
            match &self.slow {
                _ if call.digest == QUICK => {}
                Slow::Others(barrier) => {
                    barrier.wait().await;
                }
                Slow::Word(word) => word.notified().await,
            }
            self.under_way.lock().unwrap().0.retain(|digest| *digest != call.digest);
            let outputs = Value::map([("ok", Value::Bool(true))]);
            Called {
                ended: Ended::Done { outputs, wanted: vec![], note: None },
                lines: vec![],
                spent: Spent::default(),
            }
        })
    }

    fn at_once_max(&self) -> usize {
        self.at_once.0
    }

    fn at_once_max_each(&self) -> usize {
        self.at_once.1
    }

    fn select(&self, _: &Inquiry, _: &Value, _: &dyn Desk) -> Result<Vec<Choice>, Failure> {
        Ok(vec![])
    }

    fn check(&self, _: &Inquiry, _: &Value) -> Result<Examined, Failure> {
        Ok(Examined { digest: Hash([0; 32]), findings: vec![] })
    }
}

fn engine(slow: Slow, at_once: (usize, usize)) -> (Arc<Engine>, Arc<Waiting>) {
    let plugins = Arc::new(Waiting { slow, at_once, under_way: Mutex::default() });
    let mut parts = parts(Arc::new(memory::open().expect("a store")), DurableSteps::Turn);
    parts.world.plugins = plugins.clone();
    let engine = Arc::new(Engine::open(parts).expect("an engine"));
    let offer = |name: &str| {
        let outputs = BTreeMap::from([("ok".to_owned(), Field::of(Type::Bool))]);
        let offer = surroundings::Offer {
            plugin: name.into(),
            digest: if name == "slow" { SLOW } else { QUICK },
            kind: surroundings::Offered::Task { outputs, failures: vec![] },
            settings: Arc::new(|_, _| vec![]),
            lacks: None,
        };
        (format!("{name}.ask"), offer)
    };
    let offers = Surroundings { offers: [offer("slow"), offer("quick")].into(), ..Surroundings::default() };
    for name in ["slow", "quick"] {
        fill_with(&engine, &definition(name), &["4711"], &offers);
    }
    (engine, plugins)
}

fn is_completed(engine: &Engine, number: u64) -> bool {
    engine.look(job(number)).expect("the job").job.state == JobState::Completed
}

/// Longest that anything here takes, on the busiest machine: whoever waits for a call that never comes fails then.
const DEADLINE: Duration = Duration::from_secs(300);

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let ended = runtime.block_on(async { tokio::time::timeout(DEADLINE, future).await });
    ended.unwrap_or_else(|_| panic!("not done within {DEADLINE:?}: a call waits for what never comes"))
}

#[test]
fn five_hundred_calls_of_one_plugin_wait_side_by_side() {
    // None of them ends before all of them are under way.
    let (engine, plugins) = engine(Slow::Others(Barrier::new(500)), (500, 500));
    (1..=1000).for_each(|number| drop(engine.start(start(number, "slow", "4711")).expect("started")));
    block_on(engine.drive()).expect("driven");
    assert_eq!(plugins.under_way.lock().unwrap().1, 500, "and never more");
    assert!((1..=1000).all(|number| is_completed(&engine, number)));
}

#[test]
fn a_plugin_that_does_not_answer_keeps_nobody_else_waiting() {
    let (engine, plugins) = engine(Slow::Word(Notify::new()), (8, 3));
    (1..=200).for_each(|number| drop(engine.start(start(number, "slow", "4711")).expect("started")));
    (201..=240).for_each(|number| drop(engine.start(start(number, "quick", "4711")).expect("started")));
    let Slow::Word(word) = &plugins.slow else { unreachable!("it waits for a word") };
    block_on(async {
        let driving = engine.drive();
        tokio::pin!(driving);
        let is_idle = |engine: &Engine| (201..=240).all(|number| is_completed(engine, number));
        while !is_idle(&engine) {
            tokio::select! { biased; _ = &mut driving => panic!("slow calls are under way"), () = tokio::task::yield_now() => {} }
        }
        assert_eq!(plugins.under_way.lock().unwrap().0, [SLOW; 3], "as many as one plugin may have");
        // What is begun meanwhile goes on as well.
        engine.start(start(241, "quick", "4711")).expect("started");
        while !is_completed(&engine, 241) {
            tokio::select! { biased; _ = &mut driving => panic!("slow calls are under way"), () = tokio::task::yield_now() => {} }
        }
        let mut ended = false;
        while !ended {
            word.notify_waiters();
            tokio::select! { biased; driven = &mut driving => { driven.expect("driven"); ended = true; }, () = tokio::task::yield_now() => {} }
        }
    });
    assert!((1..=241).all(|number| is_completed(&engine, number)));
}

#[test]
fn the_components_that_jobs_call_are_known_until_the_calls_have_ended() {
    let (engine, _) = engine(Slow::Others(Barrier::new(1)), (8, 8));
    assert_eq!(engine.components_called().expect("read"), Some([].into()));
    engine.start(start(1, "slow", "4711")).expect("started");
    engine.start(start(2, "quick", "4711")).expect("started");
    assert_eq!(engine.components_called().expect("read"), Some([SLOW, QUICK].into()));
    block_on(engine.drive()).expect("driven");
    assert_eq!(engine.components_called().expect("read"), Some([].into()));
}
