//! Many calls that wait for somebody else's server.
//!
//! Owns: a server that answers when enough are waiting, and what a process with all of them holds. The server lies in
//! another process, so that its own memory is not counted.

use crate::{guests::Guest, memory, samples, samples::Office, told::Line, world::call_of};
use jobwright_component::AtOnce;
use jobwright_plugin::{Ended, Plugins};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Calls at once.
const CALLS: usize = 500;
/// How long an answer takes.
const ANSWERED_AFTER: Duration = Duration::from_secs(2);
/// MB that the process with all of them may hold at most.
const HELD_BAR: f64 = 200.0;

pub fn many() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now, peak) = (open, most.clone());
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            peak.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            let now = now.clone();
            tokio::spawn(async move {
                slowly(stream).await;
                now.fetch_sub(1, Ordering::Relaxed);
            });
        }
    });
    let told = memory::held(&format!("waiting:{port}"));
    let waited = most.load(Ordering::Relaxed);
    Line::new(&format!("{waited} calls waiting at once: held, MB")).below(HELD_BAR).say(told[1]);
    Line::new("of these before the first call, MB").say(told[0]);
    Line::new(&format!("{CALLS} calls that wait {} ms: all done, ms", ANSWERED_AFTER.as_millis())).say(told[2]);
}

async fn slowly(mut stream: tokio::net::TcpStream) {
    let (mut request, mut part) = (Vec::new(), [0; 1024]);
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut part).await {
            Ok(count @ 1..) => request.extend_from_slice(&part[..count]),
            _ => return,
        }
    }
    tokio::time::sleep(ANSWERED_AFTER).await;
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").await;
}

/// The process that makes the calls.
pub fn answer(port: &str) {
    let host = format!("http://127.0.0.1:{port}");
    let body = format!(
        "(call $send (str `GET`) (str `{host}/`) (i32.const 0) (i32.const 0) (str ``) (i32.const 20000) (i32.const 0) (i32.const 2048))
         (call $answered)"
    );
    let guest = Guest::task(&body).with("/capabilities", json!({ "http": [{ "host": host }] }));
    let mut practice = samples::practice();
    practice.options.at_once = AtOnce::new(CALLS, CALLS);
    let call = call_of(practice.add(&guest), "test.task");
    let shelf = crate::opened(&practice);
    let before = memory::most();
    let began = std::time::Instant::now();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let calls: Vec<_> =
            (0..CALLS).map(|_| tokio::spawn(shelf.clone().call(call.clone(), Arc::new(Office)))).collect();
        for one in calls {
            let called = one.await.expect("an end");
            assert!(matches!(called.ended, Ended::Done { .. }), "{:?}", called.ended);
        }
    });
    println!("{before} {} {}", memory::most(), began.elapsed().as_secs_f64() * 1e3);
}
