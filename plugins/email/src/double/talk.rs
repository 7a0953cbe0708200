//! The conversation of the double with one client.
//!
//! Owns: commands in, scripted replies out. Leaves what is scripted and what was taken to `double`.

use super::{Act, Post, Script, Taken, Tls, lock};
use std::{future::pending, io, sync::Arc};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// Plays the script to one client until it or the script hangs up.
pub(super) async fn serve(stream: TcpStream, post: Arc<Post>) -> io::Result<()> {
    let script = lock(&post.script).clone();
    match &script.tls {
        Some((Tls::FromTheFirstByte, acceptor)) => {
            let stream = acceptor.accept(stream).await?;
            Talk::new(stream, &post, &script, true).run(true).await.map(drop)
        }
        Some((Tls::Starttls, acceptor)) => {
            let Some(stream) = Talk::new(stream, &post, &script, false).run(true).await? else { return Ok(()) };
            let stream = acceptor.accept(stream).await?;
            Talk::new(stream, &post, &script, true).run(false).await.map(drop)
        }
        None => Talk::new(stream, &post, &script, false).run(true).await.map(drop),
    }
}

struct Talk<'a, S> {
    line: BufReader<S>,
    post: &'a Post,
    script: &'a Script,
    is_secured: bool,
    is_known: bool,
    from: String,
    to: String,
    act: Act,
}

/// What to do after a command.
enum Next {
    Reply(String),
    ReadLetter,
    Secure,
    HangUp,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Talk<'a, S> {
    fn new(stream: S, post: &'a Post, script: &'a Script, is_secured: bool) -> Self {
        let (from, to) = (String::new(), String::new());
        let is_known = script.login.is_none();
        Self { line: BufReader::new(stream), post, script, is_secured, is_known, from, to, act: Act::Accept }
    }

    /// Talks to the end; gives the bare line back when the client asked for STARTTLS.
    async fn run(mut self, greets: bool) -> io::Result<Option<S>> {
        if self.script.is_mute {
            pending::<()>().await;
        }
        if greets {
            self.say(self.script.banner.unwrap_or("220 double.test ESMTP")).await?;
        }
        while let Some(command) = self.read_line().await? {
            match self.answer(String::from_utf8_lossy(&command).trim_end()) {
                Next::Reply(reply) => self.say(&reply).await?,
                Next::ReadLetter => {
                    self.say("354 go ahead").await?;
                    let Some(reply) = self.read_letter().await? else { return Ok(None) };
                    self.say(reply).await?;
                    if self.act == Act::AcceptThenHangUp {
                        return Ok(None);
                    }
                }
                Next::Secure => {
                    let injected = if self.script.injects_reply { "\r\n250 double.test" } else { "" };
                    self.say(&format!("220 go ahead{injected}")).await?;
                    return Ok(Some(self.line.into_inner()));
                }
                Next::HangUp => return Ok(None),
            }
        }
        Ok(None)
    }

    fn answer(&mut self, command: &str) -> Next {
        let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        Next::Reply(match (verb.as_str(), self.act) {
            ("EHLO", _) => self.greet(command),
            ("STARTTLS", _) if self.script.tls.is_some() && !self.is_secured => return Next::Secure,
            ("AUTH", _) => self.let_in(command).into(),
            ("MAIL", _) => self.take_sender(command).into(),
            ("RCPT", _) => self.take_recipient(command).into(),
            ("DATA", Act::RefuseData(reply)) => reply.into(),
            ("DATA", _) if !self.to.is_empty() => return Next::ReadLetter,
            ("RSET", _) => {
                (self.from, self.to) = (String::new(), String::new());
                "250 forgotten".into()
            }
            ("QUIT", _) => return Next::HangUp,
            _ => "503 not now".into(),
        })
    }

    fn greet(&self, command: &str) -> String {
        let name = command.split_once(' ').map_or("", |(_, name)| name);
        lock(&self.post.hellos).push(name.to_owned());
        match self.script.refuses_hello {
            Some(reply) if !name.contains('.') => reply.into(),
            _ => self.abilities(),
        }
    }

    fn abilities(&self) -> String {
        let offers_starttls = self.script.tls.is_some() && !self.is_secured && !self.script.hides_starttls;
        let offers = [
            (offers_starttls, "250-STARTTLS\r\n"),
            (self.script.login.is_some(), "250-AUTH PLAIN\r\n"),
            (!self.script.is_seven_bit, "250-8BITMIME\r\n"),
        ];
        let offers = offers.iter().filter(|(is_offered, _)| *is_offered).map(|(_, line)| *line).collect::<String>();
        format!("250-double.test\r\n{offers}250 ENHANCEDSTATUSCODES")
    }

    fn let_in(&mut self, command: &str) -> &'static str {
        let Some((token, refusal)) = self.script.login else { return "503 5.5.1 not offered" };
        self.is_known = command == format!("AUTH PLAIN {token}");
        if self.is_known { "235 2.7.0 welcome" } else { refusal }
    }

    fn take_sender(&mut self, command: &str) -> &'static str {
        self.from = between_brackets(command);
        match self.script.refuses_sender {
            Some(reply) => reply,
            None if !self.is_known => "530 5.7.0 authentication required",
            None => "250 2.1.0 ok",
        }
    }

    fn take_recipient(&mut self, command: &str) -> &'static str {
        let to = between_brackets(command);
        self.act = self.post.next_act(&to);
        if let Act::RefuseRecipient(reply) = self.act {
            return reply;
        }
        self.to = to;
        "250 2.1.5 ok"
    }

    /// The reply to the letter; none when the script hangs up.
    async fn read_letter(&mut self) -> io::Result<Option<&'static str>> {
        let mut bytes = Vec::new();
        while let Some(line) = self.read_line().await? {
            if line == b".\r\n" {
                return Ok(self.judge(bytes).await);
            }
            bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            if self.act == Act::Cut {
                break;
            }
        }
        Ok(None)
    }

    async fn judge(&mut self, bytes: Vec<u8>) -> Option<&'static str> {
        match self.act {
            Act::RefuseLetter(reply) => return Some(reply),
            Act::Stall => pending().await,
            _ if self.script.is_seven_bit && !bytes.is_ascii() => return Some("554 5.6.3 eight bits refused"),
            _ => {}
        }
        let (from, to) = (std::mem::take(&mut self.from), std::mem::take(&mut self.to));
        {
            let mut taken = lock(&self.post.taken);
            if let Some((most, reply)) = self.script.letters_max
                && taken.len() >= most
            {
                return Some(reply);
            }
            taken.push(Taken { from, to, bytes, was_secured: self.is_secured });
        }
        match self.act {
            Act::StoreThenStall => pending().await,
            Act::StoreThenCut => None,
            _ => Some("250 2.0.0 taken"),
        }
    }

    async fn read_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let read = self.line.read_until(b'\n', &mut line).await?;
        Ok((read > 0).then_some(line))
    }

    async fn say(&mut self, reply: &str) -> io::Result<()> {
        self.line.get_mut().write_all(format!("{reply}\r\n").as_bytes()).await?;
        self.line.get_mut().flush().await
    }
}

fn between_brackets(command: &str) -> String {
    command.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(address, _)| address).into()
}
