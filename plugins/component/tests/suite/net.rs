//! Requests of plugins, to a server of ours.
//!
//! Owns: what arrives there, and what of its answers a plugin gets to see.

use crate::{
    guests::Guest,
    world::{Practice, call_of, called, short, shown},
};
use jobwright_plugin::Called;
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer},
    },
};

/// A server that answers every request the same, and remembers them.
struct Server {
    port: u16,
    certificate: Vec<u8>,
    seen: Arc<Mutex<Vec<String>>>,
    /// Ends with it.
    _runtime: tokio::runtime::Runtime,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wire {
    Tls,
    Plain,
}

impl Server {
    fn start(wire: Wire, answer: impl Into<Vec<u8>>, pause: Duration) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let certificate = own.cert.der().to_vec();
        let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(certificate.clone())], key)
            .expect("a server");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (seen.clone(), Arc::new(answer.into()));
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, kept, answer) = (acceptor.clone(), kept.clone(), answer.clone());
                tokio::spawn(async move {
                    match wire {
                        Wire::Plain => converse(stream, &kept, &answer, pause).await,
                        Wire::Tls => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                converse(stream, &kept, &answer, pause).await;
                            }
                        }
                    }
                });
            }
        });
        Self { port, certificate, seen, _runtime: runtime }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("a lock").clone()
    }
}

async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    seen: &Mutex<Vec<String>>,
    answer: &[u8],
    pause: Duration,
) {
    let (mut request, mut part) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = stream.read(&mut part).await {
        request.extend_from_slice(&part[..count]);
        if request.windows(4).any(|window| window == b"\r\n\r\n") {
            break;
        }
    }
    seen.lock().expect("a lock").push(String::from_utf8_lossy(&request).into_owned());
    tokio::time::sleep(pause).await;
    let _ = stream.write_all(answer).await;
    let _ = stream.shutdown().await;
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// Sends one request to the server, with the secret `token` in a header, and says the answer's body aloud.
fn send(server: &Server, url: &str, granted: &str, method: &str, trusted: bool) -> Called {
    let body = format!(
        "(call $send (str `{method}`) (str `{url}`) (call $header (str `x-token`) (i32.const 1) (str `token`)) (i32.const 1)
           (str ``) (i32.const 400) (i32.const 1) (i32.const 2048))
         (if (i32.eqz (i32.load8_u (i32.const 2048)))
           (then (call $log (i32.const 1) (i32.load (i32.const 2068)) (i32.load (i32.const 2072)) (str ``))))
         (call $answered)"
    );
    let wishes = json!({ "http": [{ "host": granted }], "secrets": [{ "name": "token", "host": granted }] });
    let mut practice = Practice::new();
    practice.options.ceilings = short();
    practice.options.ceilings.cpu_ms = None;
    practice.options.given.secrets = BTreeMap::from([("token".into(), "s3cret".into())]);
    practice.options.root_certificate = trusted.then(|| server.certificate.clone());
    let digest = practice.add(&Guest::task(&body).with("/capabilities", wishes));
    let shelf = practice.open();
    assert_eq!(shelf.problems(), []);
    called(&shelf, call_of(digest, "test.task"))
}

#[test]
fn a_request_arrives_with_its_secret_and_its_key() {
    let server = Server::start(Wire::Tls, ok("{\"echo\":\"s3cret\"}"), Duration::ZERO);
    let host = format!("localhost:{}", server.port);
    let called = send(&server, &format!("https://{host}/vat?year=2026"), &host, "POST", true);
    assert_eq!(shown(&called), "done echo: ***", "what a host sends back of a secret is not seen");
    assert_eq!(called.lines[0].message, "{\"echo\":\"***\"}", "a secret does not stand on the timeline");
    let seen = server.seen();
    let key = call_of(jobwright_core::id::Hash([0; 32]), "x").key;
    for part in [
        "POST /vat?year=2026 HTTP/1.1\r\n",
        "x-token: s3cret\r\n",
        &format!("idempotency-key: {key}/1\r\n"),
        &format!("host: {host}\r\n"),
    ] {
        assert!(seen[0].contains(part), "{part}: {}", seen[0]);
    }
}

#[test]
fn r06_a_secret_that_a_host_sends_back_is_seen_nowhere_in_whatever_encoding() {
    // `a:s3cret` in base64, percent-encoded, and in hexadecimal digits.
    let echo = r#"{"plain":"s3cret","basic":"YTpzM2NyZXQ=","json":"x s3cret x","hex":"733363726574"}"#;
    let server = Server::start(Wire::Plain, ok(echo), Duration::ZERO);
    let host = format!("http://127.0.0.1:{}", server.port);
    let called = send(&server, &format!("{host}/"), &host, "GET", false);
    let all = format!("{called:?}");
    assert!(server.seen()[0].contains("x-token: s3cret"), "it was sent");
    for form in ["s3cret", "zM2NyZX", "733363726574"] {
        assert!(!all.contains(form), "{form}: {all}");
    }
    assert!(shown(&called).contains("plain: ***"), "{}", shown(&called));
}

#[test]
fn r05_what_is_taken_away_while_a_call_goes_on_it_does_not_have_at_its_next_request() {
    let server = Server::start(Wire::Plain, ok("{}"), Duration::from_millis(300));
    let host = format!("http://127.0.0.1:{}", server.port);
    let one = format!(
        "(call $send (str `GET`) (str `{host}/`) (call $header (str `x-token`) (i32.const 1) (str `token`)) (i32.const 1)
           (str ``) (i32.const 2000) (i32.const 1) (i32.const 2048))"
    );
    let wishes = json!({ "http": [{ "host": host }], "secrets": [{ "name": "token", "host": host }] });
    let mut practice = Practice::new();
    practice.options.given.secrets = BTreeMap::from([("token".into(), "s3cret".into())]);
    let digest = practice.add(&Guest::task(&format!("{one} {one} (call $answered)")).with("/capabilities", wishes));
    let shelf = practice.open();
    assert_eq!(shelf.problems(), []);
    let grants = practice.plugins().join("grants.toml");
    let seen = server.seen.clone();
    // The first request is held up until the grants are gone.
    let revoked = std::thread::spawn(move || {
        while seen.lock().expect("a lock").is_empty() {
            std::thread::yield_now();
        }
        std::fs::write(grants, "").expect("written");
    });
    let said = shown(&called(&shelf, call_of(digest, "test.task")));
    revoked.join().expect("revoked");
    assert_eq!(server.seen().len(), 1, "{said}");
    assert!(said.contains("not granted"), "{said}");
}

#[test]
fn a_request_that_changes_nothing_has_no_key() {
    let server = Server::start(Wire::Tls, ok("{}"), Duration::ZERO);
    let host = format!("localhost:{}", server.port);
    assert_eq!(shown(&send(&server, &format!("https://{host}/"), &host, "GET", true)), "done ");
    assert!(!server.seen()[0].contains("idempotency-key"), "{:?}", server.seen());
}

#[test]
fn a_service_of_the_practice_can_be_granted_by_its_address() {
    let server = Server::start(Wire::Plain, ok("{\"plain\":1}"), Duration::ZERO);
    let host = format!("http://127.0.0.1:{}", server.port);
    assert_eq!(shown(&send(&server, &format!("{host}/"), &host, "GET", false)), "done plain: 1");
}

#[test]
fn a_name_that_leads_home_is_not_followed() {
    let server = Server::start(Wire::Tls, ok("{}"), Duration::ZERO);
    let called =
        send(&server, &format!("https://localhost:{}/", server.port), &format!("*:{}", server.port), "GET", true);
    assert!(shown(&called).starts_with("needs_person plugin-not-granted"), "{}", shown(&called));
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn r10_a_rule_for_the_very_host_comes_before_a_pattern_that_stands_above_it() {
    let server = Server::start(Wire::Tls, ok("{\"own\":1}"), Duration::ZERO);
    let (host, any) = (format!("localhost:{}", server.port), format!("*:{}", server.port));
    let body = format!(
        "(call $send (str `GET`) (str `https://{host}/group%2Fproject`) (i32.const 0) (i32.const 0)
           (str ``) (i32.const 2000) (i32.const 1) (i32.const 2048)) (call $answered)"
    );
    let wishes = json!({ "http": [{ "host": "*" }, { "host": any }, { "host": host }] });
    let mut practice = Practice::new();
    practice.options.root_certificate = Some(server.certificate.clone());
    let digest = practice.add(&Guest::task(&body).with("/capabilities", wishes));
    let shelf = practice.open();
    assert_eq!(shelf.problems(), []);
    assert_eq!(shown(&called(&shelf, call_of(digest, "test.task"))), "done own: 1");
    assert!(server.seen()[0].starts_with("GET /group%2Fproject HTTP/1.1"), "{:?}", server.seen());
}

#[test]
fn a_redirect_is_an_answer_and_is_not_followed() {
    let head = "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 13\r\n\r\n{\"moved\":\"x\"}";
    let server = Server::start(Wire::Tls, head, Duration::ZERO);
    let host = format!("localhost:{}", server.port);
    assert_eq!(shown(&send(&server, &format!("https://{host}/"), &host, "GET", true)), "done moved: x");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_server_that_nobody_vouches_for_is_unreachable() {
    let server = Server::start(Wire::Tls, ok("{}"), Duration::ZERO);
    let host = format!("localhost:{}", server.port);
    let called = send(&server, &format!("https://{host}/"), &host, "GET", false);
    assert!(shown(&called).contains("invalid peer certificate"), "{}", shown(&called));
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn a_server_that_takes_its_time_is_a_timeout() {
    let server = Server::start(Wire::Tls, ok("{}"), Duration::from_secs(20));
    let host = format!("localhost:{}", server.port);
    let called = send(&server, &format!("https://{host}/"), &host, "GET", true);
    // The problem `timeout` is the fourth.
    assert_eq!(shown(&called), "permanent nope: 3");
    assert!(
        called.spent.wall_us >= 400_000 && called.spent.cpu_ms < 200,
        "waiting is not computing: {:?}",
        called.spent
    );
}

#[test]
fn an_answer_that_does_not_end_is_too_large() {
    let mut answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    answer.resize(9 * 1024 * 1024, b' ');
    let server = Server::start(Wire::Plain, answer, Duration::ZERO);
    let host = format!("http://127.0.0.1:{}", server.port);
    let called = send(&server, &format!("{host}/"), &host, "GET", false);
    // The problem `too-large` is the sixth.
    assert_eq!(shown(&called), "permanent nope: 5");
}

#[test]
fn a_server_that_talks_nonsense_is_unreachable() {
    let server = Server::start(Wire::Plain, "SSH-2.0-x\r\n", Duration::ZERO);
    let host = format!("http://127.0.0.1:{}", server.port);
    let called = send(&server, &format!("{host}/"), &host, "GET", false);
    assert!(shown(&called).starts_with("permanent nope: "), "{}", shown(&called));
}
