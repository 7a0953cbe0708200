//! One connection to a mail server, step by step.
//!
//! Owns: the order of the SMTP commands and which step went wrong. Leaves what that means to `verdict`, how long it may
//! take to `smtp`. The steps are our own, because lettre's `send` does not say which of them failed.

use super::{Envelope, Security, Settings};
use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, TlsParameters},
    commands::{Data, Mail, Rcpt, Rset},
    extension::ClientId,
    response::Response,
};
use tokio::net::TcpStream;

/// How far a try had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Dialling, greeting, securing the line.
    Connect,
    /// Saying who we are.
    Login,
    /// Saying who writes.
    Sender,
    /// Saying to whom.
    Recipient,
    /// Asking to hand the letter over.
    Data,
    /// Handing it over.
    Letter,
}

/// What went wrong, and at which step.
#[derive(Debug)]
pub(super) struct Trouble {
    pub step: Step,
    pub cause: Cause,
}

#[derive(Debug)]
pub(super) enum Cause {
    /// lettre's error: a refusal with a code, or a broken line.
    Smtp(Error),
    /// The line could not be dialled.
    Dial(std::io::Error),
    /// The server offers no STARTTLS, and we do not go on without.
    NoStarttls,
    /// An answer to something else than we asked.
    OutOfStep(u16),
}

impl Trouble {
    /// Whether a whole answer was read and the server did not announce that it hangs up.
    pub fn leaves_the_line_usable(&self) -> bool {
        self.step >= Step::Sender && self.code().is_some_and(|code| code != 421)
    }

    /// The code of the refusal.
    pub fn code(&self) -> Option<u16> {
        match &self.cause {
            Cause::Smtp(error) => error.status().map(u16::from),
            Cause::Dial(_) | Cause::NoStarttls | Cause::OutOfStep(_) => None,
        }
    }
}

pub(super) struct Session(AsyncSmtpConnection);

impl Session {
    /// Dials, secures the line as the settings say, logs in.
    pub async fn open(
        settings: &Settings,
        tls: Option<&TlsParameters>,
        login: Option<&Credentials>,
    ) -> Result<Self, Trouble> {
        let mut connection = connect(settings, tls).await.map_err(|cause| Trouble { step: Step::Connect, cause })?;
        if let Some(credentials) = login {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            connection.auth(&mechanisms, credentials).await.map_err(at(Step::Login))?;
        }
        Ok(Self(connection))
    }

    /// Whether a connection that lay idle still answers, with nothing left over from the last letter.
    pub async fn is_ready(&mut self) -> bool {
        self.0.command(Rset).await.is_ok_and(|reply| reply.has_code(250))
    }

    /// Names sender and recipient, and asks to hand the letter over.
    pub async fn offer(&mut self, envelope: &Envelope) -> Result<(), Trouble> {
        let mail = Mail::new(Some(envelope.from.for_lettre()), vec![]);
        self.0.command(mail).await.map_err(at(Step::Sender))?;
        let recipient = Rcpt::new(envelope.to.for_lettre(), vec![]);
        self.0.command(recipient).await.map_err(at(Step::Recipient))?;
        let reply = self.0.command(Data).await.map_err(at(Step::Data))?;
        expect(&reply, Step::Data, |code| code == 354)
    }

    /// Hands the letter over; the server's last word is its receipt.
    pub async fn hand_over(&mut self, bytes: &[u8]) -> Result<String, Trouble> {
        let reply = self.0.message(bytes).await.map_err(at(Step::Letter))?;
        expect(&reply, Step::Letter, |code| (200..300).contains(&code))?;
        let words = reply.message().collect::<Vec<_>>().join(" ");
        Ok(super::verdict::shown(&format!("{} {words}", u16::from(reply.code()))))
    }

    /// Takes leave.
    pub async fn quit(mut self) {
        // The connection is over either way.
        let _ = self.0.quit().await;
    }
}

/// An answer that does not fit its question means that the two sides have lost each other.
fn expect(reply: &Response, step: Step, fits: impl Fn(u16) -> bool) -> Result<(), Trouble> {
    let code = u16::from(reply.code());
    if fits(code) { Ok(()) } else { Err(Trouble { step, cause: Cause::OutOfStep(code) }) }
}

fn at(step: Step) -> impl Fn(Error) -> Trouble {
    move |error| Trouble { step, cause: Cause::Smtp(error) }
}

async fn connect(settings: &Settings, tls: Option<&TlsParameters>) -> Result<AsyncSmtpConnection, Cause> {
    let (server, hello) = ((settings.host.as_str(), settings.port), ClientId::default());
    if settings.security == Security::Tls {
        return AsyncSmtpConnection::connect_tokio1(server, None, &hello, tls.cloned(), None)
            .await
            .map_err(Cause::Smtp);
    }
    let stream = TcpStream::connect(server).await.map_err(Cause::Dial)?;
    // lettre ends a letter with a small write of its own, which would wait 40 ms for a delayed acknowledgement.
    stream.set_nodelay(true).map_err(Cause::Dial)?;
    let mut connection =
        AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await.map_err(Cause::Smtp)?;
    if let Some(parameters) = tls {
        if !connection.can_starttls() {
            return Err(Cause::NoStarttls);
        }
        connection.starttls(parameters.clone(), &hello).await.map_err(Cause::Smtp)?;
    }
    Ok(connection)
}
