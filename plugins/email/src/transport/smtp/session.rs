//! One connection to a mail server, step by step.
//!
//! Owns: the order of the SMTP commands, and which step went wrong. The steps are our own, because libraries do not say
//! which of them failed, whether the letter was handed over, or what was answered with a code they do not know. Leaves
//! what an answer means to `answers`, TLS to `secure`, how long it may take to `smtp`.

use super::{
    Envelope, Security, Settings,
    answers::Stage,
    reply::Reply,
    secure::{self, Trust, Wire},
};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

/// How long dialling may take: longer is nobody there.
const DIAL_TIME_MAX: Duration = Duration::from_secs(30);

/// What went wrong, and at which stage.
#[derive(Debug)]
pub(super) struct Trouble {
    pub stage: Stage,
    pub cause: Cause,
}

#[derive(Debug)]
pub(super) enum Cause {
    /// The server answered, and not as hoped.
    Refused(Reply),
    /// The line could not be dialled.
    Dial(io::Error),
    /// The line broke.
    Line(io::Error),
    /// The server hung up.
    HungUp,
    /// What came is no answer of a mail server.
    Garbled(String),
    /// The server offers no STARTTLS, and we do not go on without.
    NoStarttls,
    /// The server asks for a secured line from the first byte, and we began in clear.
    WantsTls,
    /// We began secured, and the server answers in clear.
    WantsClear,
    /// The line cannot be secured: in plain words, why.
    Insecure(String),
    /// Something was sent before the line was secured that nobody asked for.
    Injected,
    /// The server offers none of the logins that we know: those it does offer.
    NoLogin(String),
}

impl Trouble {
    /// Whether a whole answer was read and the server did not announce that it hangs up.
    pub fn leaves_the_line_usable(&self) -> bool {
        self.stage >= Stage::Sender && matches!(&self.cause, Cause::Refused(reply) if reply.code != 421)
    }
}

/// A connection on which letters can be offered.
pub(super) struct Session {
    line: BufReader<Box<dyn Wire>>,
    abilities: Vec<String>,
}

/// A user and a password.
pub(super) struct Credentials<'a> {
    pub user: &'a str,
    pub password: &'a str,
}

impl Session {
    /// Dials, secures the line as the settings say, logs in; each step that was taken is told.
    pub async fn open(
        settings: &Settings,
        trust: Option<&Trust>,
        login: Option<Credentials<'_>>,
        told: &mut (dyn FnMut(String) + Send),
    ) -> Result<Self, Trouble> {
        let stream = dial(settings).await.map_err(at(Stage::Connect))?;
        told(match stream.peer_addr() {
            Ok(peer) => format!("{}:{} answers ({})", settings.host, settings.port, peer.ip()),
            Err(_) => format!("{}:{} answers", settings.host, settings.port),
        });
        let mut session = match (settings.security, trust) {
            (Security::Tls, Some(trust)) => {
                let (wire, how) = secure::secured(Box::new(stream), trust).await.map_err(at(Stage::Connect))?;
                told(how);
                Self::of(wire)
            }
            _ => Self::of(Box::new(stream)),
        };
        let greeting = session.greeting(settings).await.map_err(at(Stage::Connect))?;
        told(format!("it greets: {}", greeting.shown()));
        session.hello(&settings.hello).await?;
        if let (Security::Starttls, Some(trust)) = (settings.security, trust) {
            let how;
            (session, how) = session.starttls(trust).await?;
            told(how);
            session.hello(&settings.hello).await?;
        }
        if let Some(login) = login {
            let how = session.log_in(&login).await?;
            told(format!("it knows us as `{}` ({how})", login.user));
        }
        Ok(session)
    }

    fn of(wire: Box<dyn Wire>) -> Self {
        Self { line: BufReader::new(wire), abilities: vec![] }
    }

    /// Whether a connection that lay idle still answers, with nothing left over from the last letter.
    pub async fn is_ready(&mut self) -> bool {
        self.line.buffer().is_empty() && self.command("RSET").await.is_ok_and(|reply| reply.code == 250)
    }

    /// Names sender and recipient, and asks to hand the letter over.
    pub async fn offer(&mut self, envelope: &Envelope) -> Result<(), Trouble> {
        let from = format!("MAIL FROM:<{}>", envelope.from.as_str());
        self.asked(Stage::Sender, &from, 2).await?;
        let to = format!("RCPT TO:<{}>", envelope.to.as_str());
        self.asked(Stage::Recipient, &to, 2).await?;
        self.asked(Stage::Data, "DATA", 3).await.map(drop)
    }

    /// Hands the letter over; the server's last word is its receipt.
    pub async fn hand_over(&mut self, bytes: &[u8]) -> Result<String, Trouble> {
        let sent = async {
            self.line.write_all(&transparent(bytes)).await.map_err(Cause::Line)?;
            self.line.flush().await.map_err(Cause::Line)?;
            hoped(Reply::read(&mut self.line).await?, 2)
        };
        sent.await.map(|reply| reply.shown()).map_err(at(Stage::Letter))
    }

    /// Takes leave.
    pub async fn quit(mut self) {
        // The connection is over either way.
        let _ = self.command("QUIT").await;
    }

    /// The first words. A server that waits for us to begin is asked in another connection whether it waits for TLS, since
    /// it would keep us waiting until one of us gives up.
    async fn greeting(&mut self, settings: &Settings) -> Result<Reply, Cause> {
        if settings.security != Security::Tls {
            // Nothing is read here that a timeout could lose.
            let begun = timeout(settings.greeting_time, tokio::io::AsyncBufReadExt::fill_buf(&mut self.line)).await;
            match begun {
                Ok(begun) => drop(begun.map_err(Cause::Line)?),
                Err(_) if secure::is_spoken_at(&settings.host, settings.port).await => return Err(Cause::WantsTls),
                Err(_) => {}
            }
        }
        hoped(Reply::read(&mut self.line).await?, 2)
    }

    async fn hello(&mut self, name: &str) -> Result<(), Trouble> {
        let reply = self.asked(Stage::Hello, &format!("EHLO {name}"), 2).await?;
        self.abilities = reply.lines.into_iter().skip(1).map(|line| line.to_ascii_uppercase()).collect();
        Ok(())
    }

    async fn starttls(mut self, trust: &Trust) -> Result<(Self, String), Trouble> {
        if !self.abilities.iter().any(|line| line.trim() == "STARTTLS") {
            return Err(Trouble { stage: Stage::Secure, cause: Cause::NoStarttls });
        }
        self.asked(Stage::Secure, "STARTTLS", 2).await?;
        // Somebody on the way may have slipped in what would then pass for the server's own words.
        if !self.line.buffer().is_empty() {
            return Err(Trouble { stage: Stage::Secure, cause: Cause::Injected });
        }
        let (wire, how) = secure::secured(self.line.into_inner(), trust).await.map_err(at(Stage::Secure))?;
        Ok((Self::of(wire), how))
    }

    /// Logs in by what the server offers; gives by what.
    async fn log_in(&mut self, login: &Credentials<'_>) -> Result<&'static str, Trouble> {
        let offered = self
            .abilities
            .iter()
            .find_map(|line| line.strip_prefix("AUTH").filter(|rest| rest.starts_with([' ', '='])));
        let offered = offered.unwrap_or_default().replace('=', " ");
        let offers = |name: &str| offered.split_whitespace().any(|one| one == name);
        if offers("PLAIN") {
            let token = base64(format!("\0{}\0{}", login.user, login.password).as_bytes());
            self.asked(Stage::Login, &format!("AUTH PLAIN {token}"), 2).await?;
            return Ok("PLAIN");
        }
        if offers("LOGIN") {
            self.asked(Stage::Login, "AUTH LOGIN", 3).await?;
            self.asked(Stage::Login, &base64(login.user.as_bytes()), 3).await?;
            self.asked(Stage::Login, &base64(login.password.as_bytes()), 2).await?;
            return Ok("LOGIN");
        }
        let offered = offered.split_whitespace().collect::<Vec<_>>().join(", ");
        Err(Trouble { stage: Stage::Login, cause: Cause::NoLogin(offered) })
    }

    async fn asked(&mut self, stage: Stage, command: &str, hundreds: u16) -> Result<Reply, Trouble> {
        let reply = async { hoped(self.command(command).await?, hundreds) };
        reply.await.map_err(at(stage))
    }

    async fn command(&mut self, command: &str) -> Result<Reply, Cause> {
        self.line.write_all(format!("{command}\r\n").as_bytes()).await.map_err(Cause::Line)?;
        self.line.flush().await.map_err(Cause::Line)?;
        Reply::read(&mut self.line).await
    }
}

/// An answer that does not fit its question means that the two sides have lost each other.
fn hoped(reply: Reply, hundreds: u16) -> Result<Reply, Cause> {
    match reply {
        reply if reply.is(hundreds) => Ok(reply),
        reply if reply.is(4) || reply.is(5) => Err(Cause::Refused(reply)),
        reply => Err(Cause::Garbled(format!("{}, which does not fit the question", reply.shown()))),
    }
}

fn at(stage: Stage) -> impl Fn(Cause) -> Trouble {
    move |cause| Trouble { stage, cause }
}

async fn dial(settings: &Settings) -> Result<TcpStream, Cause> {
    let dialled = timeout(DIAL_TIME_MAX, TcpStream::connect((settings.host.as_str(), settings.port))).await;
    let stream = dialled.map_err(|_| Cause::Dial(io::ErrorKind::TimedOut.into()))?.map_err(Cause::Dial)?;
    // A letter ends with a small write of its own, which would wait 40 ms for a delayed acknowledgement.
    stream.set_nodelay(true).map_err(Cause::Dial)?;
    Ok(stream)
}

/// The letter as it goes over the line: a dot that begins a line is doubled, and a line with one dot ends it.
fn transparent(bytes: &[u8]) -> Vec<u8> {
    let mut sent = Vec::with_capacity(bytes.len() + bytes.len() / 64 + 5);
    let mut begins = true;
    for byte in bytes {
        if begins && *byte == b'.' {
            sent.push(b'.');
        }
        sent.push(*byte);
        begins = *byte == b'\n';
    }
    sent.extend_from_slice(if begins { b".\r\n" } else { b"\r\n.\r\n" });
    sent
}

/// Base64 with padding (RFC 4648, 4), as logins are sent.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let number = (0..3).fold(0_u32, |number, at| number << 8 | three.get(at).copied().map_or(0, u32::from));
        for at in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_keeps_its_dots_and_ends_once() {
        for (letter, sent) in
            [("a\r\n", "a\r\n.\r\n"), ("a", "a\r\n.\r\n"), (".\r\n..x\r\n", "..\r\n...x\r\n.\r\n"), ("", ".\r\n")]
        {
            assert_eq!(transparent(letter.as_bytes()), sent.as_bytes(), "{letter:?}");
        }
    }

    #[test]
    fn base64_is_that_of_the_standard() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("\0office\0s3cret", "AG9mZmljZQBzM2NyZXQ="),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
