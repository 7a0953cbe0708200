//! Many calls side by side.
//!
//! Owns: that as many wait for the net at once as the practice says, of all plugins and of one.

use crate::{
    guests::Guest,
    world::{Practice, Table, call_of, shown},
};
use jobwright_component::{AtOnce, Shelf};
use jobwright_core::id::Hash;
use jobwright_plugin::Plugins;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    runtime::Runtime,
    sync::Barrier,
};

/// Sockets of both sides, and files.
const OPEN_FILES: u64 = 2_048;

/// A server that answers nobody before so many have asked, and never has more of them.
struct Crowd {
    port: u16,
    most: Arc<AtomicUsize>,
}

impl Crowd {
    fn start(runtime: &Runtime, waits_for: usize) -> Self {
        let limit = getrlimit(Resource::Nofile);
        let current = limit.current.map(|current| current.max(OPEN_FILES));
        setrlimit(Resource::Nofile, Rlimit { current, ..limit }).expect("enough open files");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (most, inside) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (all, barrier) = (most.clone(), Arc::new(Barrier::new(waits_for)));
        runtime.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (all, inside, barrier) = (all.clone(), inside.clone(), barrier.clone());
                tokio::spawn(async move {
                    all.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let _ = stream.read(&mut [0; 4096]).await;
                    barrier.wait().await;
                    inside.fetch_sub(1, Ordering::SeqCst);
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { port, most }
    }

    /// A guest that asks it once.
    fn guest(&self, name: &str) -> Guest {
        let host = format!("http://127.0.0.1:{}", self.port);
        let body = format!(
            "(call $send (str `GET`) (str `{host}/`) (i32.const 0) (i32.const 0) (str ``) (i32.const 60000) (i32.const 1)
               (i32.const 2048)) (call $answered)"
        );
        Guest::task(&body).with("/capabilities", json!({ "http": [{ "host": host }] })).named(name)
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

fn all_done(runtime: &Runtime, shelf: &Arc<Shelf>, calls: &[(Hash, &str)]) {
    let calls: Vec<_> = calls
        .iter()
        .map(|(digest, name)| runtime.spawn(shelf.clone().call(call_of(*digest, name), Arc::new(Table::default()))))
        .collect();
    for call in calls {
        assert_eq!(shown(&runtime.block_on(call).expect("a call")), "done ");
    }
}

#[test]
fn five_hundred_calls_wait_for_the_net_at_once() {
    let (runtime, mut practice) = (runtime(), Practice::sharing());
    practice.options.at_once = AtOnce::new(500, 500);
    let crowd = Crowd::start(&runtime, 500);
    let digest = practice.add(&crowd.guest("test"));
    let shelf = practice.open();
    assert_eq!((shelf.at_once_max(), shelf.at_once_max_each()), (500, 500));
    // The second five hundred get the places of the first.
    all_done(&runtime, &shelf, &[(digest, "test.task"); 1_000]);
    assert_eq!(crowd.most.load(Ordering::SeqCst), 500);
}

#[test]
fn one_plugin_has_only_its_own_places() {
    let (runtime, mut practice) = (runtime(), Practice::sharing());
    practice.options.at_once = AtOnce::new(4, 2);
    // Nobody is answered before both have all the places that they may have.
    let crowd = Crowd::start(&runtime, 4);
    let (one, other) = (practice.add(&crowd.guest("one")), practice.add(&crowd.guest("other")));
    let calls: Vec<_> = [(one, "one.task"); 8].into_iter().chain([(other, "other.task"); 8]).collect();
    all_done(&runtime, &practice.open(), &calls);
    assert_eq!(crowd.most.load(Ordering::SeqCst), 4);
}
