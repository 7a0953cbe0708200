//! The plugins of a play: what a test says in their place, and the components themselves where it says nothing.
//!
//! Owns: which answer a call gets. An answer to one task comes before what the test says of its type; a component that
//! runs lets nothing out. It outlives a restart, as what is outside of an engine does.

use std::collections::{BTreeMap, VecDeque};
use std::future::ready;
use std::sync::{Arc, Mutex, PoisonError};

use jobwright_core::effect::Failure;
use jobwright_core::id::{EffectId, Hash};
use jobwright_core::recipient::PersonId;
use jobwright_core::task::TaskKey;
use jobwright_core::value::Value;
use jobwright_definition::scenario::{Reply, Says, Stub};
use jobwright_plugin::{
    Call, Called, Calling, Choice, Desk, Ended, Examined, Inquiry, Offer, Offered, Plugins, Purpose, RepeatSafe, Spent,
};

/// A component that is none.
const NO_COMPONENT: Hash = Hash([0; 32]);

/// Plugins as a test wants them.
pub struct Said {
    stubs: BTreeMap<String, Says>,
    next: Mutex<Next>,
    components: Arc<dyn Plugins>,
}

#[derive(Default)]
struct Next {
    /// Answers to tasks that were not called yet.
    replies: BTreeMap<TaskKey, VecDeque<Reply>>,
    /// What a call was answered, for whoever asks once more because it did not hear.
    answered: BTreeMap<(EffectId, u32), Reply>,
}

impl Said {
    /// What a test says, before components.
    pub fn new(stubs: &[Stub], components: Arc<dyn Plugins>) -> Arc<Self> {
        let stubs = stubs.iter().map(|stub| (stub.name.clone(), stub.says.clone())).collect();
        Arc::new(Self { stubs, next: Mutex::default(), components })
    }

    /// The next call of this task is answered so.
    pub fn reply(&self, task: &TaskKey, reply: Reply) {
        self.with(|next| next.replies.entry(task.clone()).or_default().push_back(reply));
    }

    fn with<T>(&self, does: impl FnOnce(&mut Next) -> T) -> T {
        does(&mut self.next.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether an earlier attempt of this call was answered here, and not by a component.
    fn is_answered(&self, call: &Call) -> bool {
        self.with(|next| next.answered.keys().any(|(key, _)| *key == call.key))
    }

    fn said(&self, call: &Call) -> Option<Reply> {
        let of_type = match self.stubs.get(&call.name) {
            Some(Says::Reply(reply)) => Some(reply.clone()),
            _ => None,
        };
        self.with(|next| {
            let asked = (call.key, call.attempt);
            if let Some(reply) = next.answered.get(&asked) {
                return Some(reply.clone());
            }
            let reply = next.replies.get_mut(&call.task).and_then(VecDeque::pop_front).or(of_type)?;
            next.answered.insert(asked, reply.clone());
            Some(reply)
        })
    }
}

/// How a call comes back that is answered so.
pub fn called(reply: Reply) -> Called {
    let ended = match reply {
        Reply::Gives { outputs, note } => {
            let outputs = Value::map(outputs.into_iter().map(|(name, value)| (name.to_string(), value)));
            Ended::Done { outputs, wanted: vec![], note }
        }
        Reply::Fails(failure) => Ended::Failed { failure, retry_after: None },
        Reply::Later(correlation) => Ended::Later { correlation, poll_after: None, wanted: vec![], note: None },
    };
    Called { ended, lines: vec![], spent: Spent::default() }
}

impl Plugins for Said {
    fn offer(&self, name: &str) -> Option<Offer> {
        self.components.offer(name).or_else(|| {
            let kind = match self.stubs.get(name)? {
                Says::Reply(_) => Offered::Task { outputs: BTreeMap::new(), failures: vec![] },
                Says::Chooses(_) => Offered::Selector,
                Says::Finds(_) => Offered::Check,
            };
            Some(Offer { plugin: "a test".into(), digest: NO_COMPONENT, kind })
        })
    }

    fn repeat_safe(&self, digest: &Hash, name: &str) -> RepeatSafe {
        if self.stubs.contains_key(name) { RepeatSafe::Yes } else { self.components.repeat_safe(digest, name) }
    }

    fn call(self: Arc<Self>, call: Call, desk: Arc<dyn Desk>) -> Calling {
        // Whoever was stubbed hears that it is no longer wanted; the answer is for the call after that.
        if call.purpose == Purpose::Cancel && self.is_answered(&call) {
            return Box::pin(ready(Called { ended: Ended::Cancelled, lines: vec![], spent: Spent::default() }));
        }
        match self.said(&call) {
            Some(reply) => Box::pin(ready(called(reply))),
            None => self.components.clone().call(call, desk),
        }
    }

    /// A test is of a definition, and not of who else would hear of it.
    fn listeners(&self, _: &str) -> Vec<(String, Hash)> {
        vec![]
    }

    fn at_once_max(&self) -> usize {
        self.components.at_once_max()
    }

    fn at_once_max_each(&self) -> usize {
        self.components.at_once_max_each()
    }

    fn select(&self, inquiry: &Inquiry, settings: &Value, desk: &dyn Desk) -> Result<Vec<Choice>, Failure> {
        let Some(Says::Chooses(people)) = self.stubs.get(&inquiry.name) else {
            return self.components.select(inquiry, settings, desk);
        };
        let choice = |one: &PersonId| {
            let id = match one {
                PersonId::Contact(id) => format!("contact:{id}"),
                PersonId::Staff(id) => format!("staff:{id}"),
            };
            Choice { id, because: "the test says so".into() }
        };
        Ok(people.iter().map(choice).collect())
    }

    fn check(&self, inquiry: &Inquiry, value: &Value) -> Result<Examined, Failure> {
        let Some(Says::Finds(findings)) = self.stubs.get(&inquiry.name) else {
            return self.components.check(inquiry, value);
        };
        Ok(Examined { digest: NO_COMPONENT, findings: findings.clone() })
    }
}
