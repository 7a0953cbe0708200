//! A mail server for tests that behaves as badly as it is told to.
//!
//! Owns: a script of what happens to each recipient's letters, the server that plays it on a port of its own, and the
//! letters it took. Knows just enough SMTP for that. Behind the feature `double`, never part of the product.

mod talk;

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

/// What happens to one try for one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Takes the letter.
    Accept,
    /// Answers this to `RCPT TO`.
    RefuseRecipient(&'static str),
    /// Answers this to `DATA`.
    RefuseData(&'static str),
    /// Reads the letter and answers this.
    RefuseLetter(&'static str),
    /// Reads the letter and never answers.
    Stall,
    /// Hangs up in the middle of the letter.
    Cut,
    /// Takes the letter and hangs up before saying so.
    StoreThenCut,
    /// Takes the letter and never says so.
    StoreThenStall,
    /// Takes the letter, says so, and hangs up.
    AcceptThenHangUp,
}

/// How the server behaves; recipients without a script are accepted.
#[derive(Clone, Default)]
pub struct Script {
    acts: BTreeMap<String, VecDeque<Act>>,
    banner: Option<&'static str>,
    is_mute: bool,
    hides_starttls: bool,
    injects_reply: bool,
    is_seven_bit: bool,
    refuses_sender: Option<&'static str>,
    refuses_hello: Option<&'static str>,
    login: Option<(&'static str, &'static str)>,
    tls: Option<(Tls, TlsAcceptor)>,
    letters_max: Option<(usize, &'static str)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tls {
    Starttls,
    FromTheFirstByte,
}

/// A certificate of the server's own making, for `127.0.0.1`.
pub struct Certificate {
    /// What a client has to trust.
    pub pem: String,
    acceptor: TlsAcceptor,
}

impl Certificate {
    /// Makes key and certificate anew.
    pub fn new() -> io::Result<Self> {
        Self::made(false, "127.0.0.1")
    }

    /// One that is its own authority, as `openssl req -x509` makes it.
    pub fn self_signed() -> io::Result<Self> {
        Self::made(true, "127.0.0.1")
    }

    /// One for another name.
    pub fn of_another() -> io::Result<Self> {
        Self::made(true, "mail.other.example")
    }

    fn made(is_authority: bool, name: &str) -> io::Result<Self> {
        let mut wanted = rcgen::CertificateParams::new(vec![name.to_owned()]).map_err(io::Error::other)?;
        if is_authority {
            wanted.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        }
        let signing_key = rcgen::KeyPair::generate().map_err(io::Error::other)?;
        let cert = wanted.self_signed(&signing_key).map_err(io::Error::other)?;
        let made = rcgen::CertifiedKey { cert, signing_key };
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(io::Error::other)?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key))
            .map_err(io::Error::other)?;
        Ok(Self { pem: made.cert.pem(), acceptor: TlsAcceptor::from(Arc::new(config)) })
    }
}

impl Script {
    /// A server that takes everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first try for this address meets the first act, and so on; after the last all is accepted.
    pub fn to(mut self, address: &str, acts: impl IntoIterator<Item = Act>) -> Self {
        self.acts.insert(address.into(), acts.into_iter().collect());
        self
    }

    /// Greets with this instead of 220.
    pub fn banner(self, reply: &'static str) -> Self {
        Self { banner: Some(reply), ..self }
    }

    /// Never greets.
    pub fn mute(self) -> Self {
        Self { is_mute: true, ..self }
    }

    /// Answers this to `MAIL FROM`.
    pub fn refuse_sender(self, reply: &'static str) -> Self {
        Self { refuses_sender: Some(reply), ..self }
    }

    /// Answers this to `EHLO`, unless the name has a dot.
    pub fn refuse_hello(self, reply: &'static str) -> Self {
        Self { refuses_hello: Some(reply), ..self }
    }

    /// Takes so many letters, and answers this to the bytes of all that come after.
    pub fn letters_max(self, most: usize, reply: &'static str) -> Self {
        Self { letters_max: Some((most, reply)), ..self }
    }

    /// Offers AUTH PLAIN and lets only this token in, with that reply for all others.
    pub fn login(self, token: &'static str, refusal: &'static str) -> Self {
        Self { login: Some((token, refusal)), ..self }
    }

    /// Offers STARTTLS.
    pub fn starttls(self, certificate: &Certificate) -> Self {
        Self { tls: Some((Tls::Starttls, certificate.acceptor.clone())), ..self }
    }

    /// Has STARTTLS, but somebody on the way takes the offer out.
    pub fn stripped(self) -> Self {
        Self { hides_starttls: true, ..self }
    }

    /// Has STARTTLS, and somebody on the way slips in a reply before the line is secured.
    pub fn injected(self) -> Self {
        Self { injects_reply: true, ..self }
    }

    /// Speaks TLS from the first byte.
    pub fn tls(self, certificate: &Certificate) -> Self {
        Self { tls: Some((Tls::FromTheFirstByte, certificate.acceptor.clone())), ..self }
    }

    /// Offers no 8BITMIME and refuses letters with a byte above 127.
    pub fn seven_bit(self) -> Self {
        Self { is_seven_bit: true, ..self }
    }
}

/// A letter that the server took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// From `MAIL FROM`.
    pub from: String,
    /// From `RCPT TO`.
    pub to: String,
    /// As it came, less the dots of transparency.
    pub bytes: Vec<u8>,
    /// Whether the line was secured.
    pub was_secured: bool,
}

/// The server; it stops when it is dropped.
pub struct Double {
    /// Where it listens.
    pub address: SocketAddr,
    post: Arc<Post>,
    listening: JoinHandle<()>,
}

/// What all connections share.
#[derive(Default)]
struct Post {
    script: Mutex<Script>,
    taken: Mutex<Vec<Taken>>,
    connections: Mutex<usize>,
    hellos: Mutex<Vec<String>>,
}

impl Double {
    /// Listens on a free port of 127.0.0.1.
    pub async fn start(script: Script) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let post = Arc::new(Post { script: Mutex::new(script), ..Post::default() });
        let listening = tokio::spawn(listen(listener, Arc::clone(&post)));
        Ok(Self { address, post, listening })
    }

    /// It behaves like this from the next connection on.
    pub fn mend(&self, script: Script) {
        *lock(&self.post.script) = script;
    }

    /// The letters it took, in order.
    pub fn taken(&self) -> Vec<Taken> {
        lock(&self.post.taken).clone()
    }

    /// The names that clients greeted with, in order.
    pub fn hellos(&self) -> Vec<String> {
        lock(&self.post.hellos).clone()
    }

    /// How often it was dialled.
    pub fn connections(&self) -> usize {
        *lock(&self.post.connections)
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Post {
    /// What this try meets.
    fn next_act(&self, address: &str) -> Act {
        lock(&self.script).acts.get_mut(address).and_then(VecDeque::pop_front).unwrap_or(Act::Accept)
    }
}

async fn listen(listener: TcpListener, post: Arc<Post>) {
    while let Ok((stream, _)) = listener.accept().await {
        *lock(&post.connections) += 1;
        // A client that hangs up is what half of the tests are about.
        tokio::spawn(talk::serve(stream, Arc::clone(&post)));
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
