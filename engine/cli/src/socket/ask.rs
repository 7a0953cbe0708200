//! The caller's side: asks a running engine to do what was typed, and answers here.
//!
//! Owns: finding the engine, handing the request over, and doing what the engine says with the caller's own streams and
//! files: those that were typed, and no others. Until the engine says `Taken` nothing was done, and the request may be given elsewhere; afterwards a lost
//! connection leaves it unknown, and says so.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use super::message::{Greeting, PROTOCOL, Reply, Request, Say, Stream};
use super::{frame, place};
use crate::arguments::Global;
use crate::caller::{Caller, NewFile, Own, account, account_of};
use crate::exit::Exit;
use crate::output::Output;
use crate::report::{Report, Result};

/// An engine that is well greets at once.
const GREETING_WITHIN: Duration = Duration::from_secs(5);
/// Longest silence while it works: a whole import may take its time before the first word.
const ANSWER_WITHIN: Duration = Duration::from_secs(600);
/// Most files of the caller that are open at a time.
const FILES_MAX: usize = 16;

/// What the socket led to.
pub enum Met {
    /// The engine does as asked.
    Asked(Asked),
    /// It serves as many as it can.
    Busy(Report),
    /// There is none, or it is about to end.
    Nobody,
}

/// A request that the engine has taken.
pub struct Asked {
    stream: UnixStream,
    process: u32,
    files: BTreeMap<u32, Open>,
    typed: Typed,
}

enum Open {
    ToRead(Box<dyn Read + Send>),
    ToWrite(Box<dyn NewFile>),
}

/// Asks the engine that serves this store, if one does.
pub fn ask(folder: &Path, global: &Global, typed: &[OsString]) -> Result<Met> {
    let silent = |error: &io::Error| {
        Report::new(Exit::Store, "the running engine does not answer")
            .caused_by(error)
            .next(format!("look at the process named in {}/LOCK; nothing was done", folder.display()))
    };
    match greeted(folder, global, typed) {
        Ok(met) => met,
        Err(error) if is_lost(&error) => Ok(Met::Nobody),
        Err(error) => Err(silent(&error)),
    }
}

fn greeted(folder: &Path, global: &Global, typed: &[OsString]) -> io::Result<Result<Met>> {
    let Some(mut stream) = place::connect(folder)? else { return Ok(Ok(Met::Nobody)) };
    // Before a word is said: whoever may write into a folder can listen there.
    if let Some(account) = place::stranger(&stream)? {
        return Ok(Err(strange(folder, account)));
    }
    stream.set_read_timeout(Some(GREETING_WITHIN))?;
    stream.set_write_timeout(Some(GREETING_WITHIN))?;
    let Some((greeting, _)) = frame::receive::<Greeting>(&mut stream)? else { return Ok(Ok(Met::Nobody)) };
    if let Err(report) = fits(&greeting) {
        return Ok(Err(report));
    }
    if !greeting.ready {
        let report = Report::new(Exit::Store, "the running engine is busy")
            .because(format!("process {} serves as many commands as it can", greeting.process));
        return Ok(Ok(Met::Busy(report.next("try again"))));
    }
    frame::send(&mut stream, &request(global), &words(typed)?)?;
    match frame::receive::<Say>(&mut stream)? {
        Some((Say::Taken, _)) => {
            stream.set_read_timeout(Some(ANSWER_WITHIN))?;
            let (process, files) = (greeting.process, BTreeMap::new());
            Ok(Ok(Met::Asked(Asked { stream, process, files, typed: Typed::of(typed) })))
        }
        Some(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "it did not take the request")),
        None => Ok(Ok(Met::Nobody)),
    }
}

/// Another account listens: it may be an engine of theirs, or something that only looks like one.
fn strange(folder: &Path, account: rustix::process::Uid) -> Report {
    let number = account.as_raw();
    let name = account_of(account).map_or_else(|| number.to_string(), |name| format!("{number} ({name})"));
    Report::new(Exit::Store, "the engine of this store runs as another account")
        .because(format!("account {name} listens in {}; nothing was said to it", folder.join("socket").display()))
        .next("give the command as that account; an engine gets files of its own account and the administrator's only")
}

/// A command means what its program says, so only programs of one version talk.
fn fits(greeting: &Greeting) -> Result<()> {
    let ours = env!("CARGO_PKG_VERSION");
    if (greeting.protocol, greeting.program.as_str()) == (PROTOCOL, ours) {
        return Ok(());
    }
    let (process, theirs) = (greeting.process, &greeting.program);
    Err(Report::new(Exit::Store, "the running engine is of another version")
        .because(format!("process {process} runs jobwright {theirs}, this is {ours}"))
        .next("end that process and start it again with this version, or use the other program"))
}

fn request(global: &Global) -> Request {
    let stream = |stream: &Output| Stream { colour: stream.paint().is_coloured(), is_terminal: stream.is_terminal() };
    Request {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        acting: global.acting.clone(),
        account: account(),
        out: stream(&Output::standard()),
        errors: stream(&Output::standard_error()),
        can_answer: Own.can_answer(),
    }
}

/// The folder and the words, each ended by a zero byte, which none of them can hold.
fn words(typed: &[OsString]) -> io::Result<Vec<u8>> {
    let folder = std::env::current_dir()?;
    let all = [folder.as_os_str()].into_iter().chain(typed.iter().map(OsString::as_os_str));
    Ok(all.flat_map(|word| word.as_bytes().iter().copied().chain([0])).collect())
}

/// Whether the other side went away, rather than failed.
fn is_lost(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    [BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof].contains(&error.kind())
}

impl Asked {
    /// Does what the engine says, until it has done as asked.
    ///
    /// # Errors
    /// When our own output fails, or the engine goes away before it has answered.
    pub fn relay(mut self, caller: &dyn Caller, out: &mut Output, errors: &mut Output) -> Result {
        loop {
            let said = frame::receive::<Say>(&mut self.stream);
            let Some((say, beside)) = said.map_err(|error| self.unknown(Some(&error)))? else {
                return Err(self.unknown(None));
            };
            let done = match say {
                Say::Taken => continue,
                Say::Out => {
                    out.bytes(&beside)?;
                    // Whoever asked for a long list sees it come.
                    out.flush()?;
                    continue;
                }
                Say::Errors => {
                    // Whoever closed that stream does not want to hear.
                    let _ = errors.bytes(&beside);
                    continue;
                }
                Say::Ended(code) => return Exit::of(code).ok_or_else(|| self.unknown(None)),
                say => self.reply(caller, &say, beside),
            };
            let (reply, bytes) = done.unwrap_or_else(|error| (failed(&error), vec![]));
            frame::send(&mut self.stream, &reply, &bytes).map_err(|error| self.unknown(Some(&error)))?;
        }
    }

    /// What the engine wants of the caller's files and terminal.
    fn reply(&mut self, caller: &dyn Caller, say: &Say, beside: Vec<u8>) -> io::Result<(Reply, Vec<u8>)> {
        let path = || Path::new(OsStr::from_bytes(&beside)).to_owned();
        self.typed.must_cover(say, &path())?;
        match *say {
            Say::Open => {
                let opened = caller.open(&path())?;
                Ok((Reply::File(self.keep(Open::ToRead(opened.bytes))?, opened.size), vec![]))
            }
            Say::Create => {
                let made = caller.create(&path())?;
                Ok((Reply::File(self.keep(Open::ToWrite(made))?, 0), vec![]))
            }
            Say::Read(file, most) => match self.files.get_mut(&file) {
                Some(Open::ToRead(from)) => {
                    let mut read = vec![0; (most as usize).min(frame::BESIDE_BYTES_MAX)];
                    let found = from.read(&mut read)?;
                    read.truncate(found);
                    Ok((Reply::Done, read))
                }
                _ => Err(io::ErrorKind::InvalidInput.into()),
            },
            Say::Write(file) => match self.files.get_mut(&file) {
                Some(Open::ToWrite(to)) => to.write_all(&beside).map(|()| (Reply::Done, vec![])),
                _ => Err(io::ErrorKind::InvalidInput.into()),
            },
            Say::Finish(file) => match self.files.get_mut(&file) {
                Some(Open::ToWrite(to)) => to.finish().map(|()| (Reply::Done, vec![])),
                _ => Err(io::ErrorKind::InvalidInput.into()),
            },
            Say::Close(file) => {
                self.files.remove(&file);
                Ok((Reply::Done, vec![]))
            }
            Say::MakeFolder => caller.make_folder(&path()).map(|()| (Reply::Done, vec![])),
            Say::Ask => {
                let answer = caller.ask(&String::from_utf8_lossy(&beside))?;
                Ok((Reply::Done, answer.into_bytes()))
            }
            Say::Taken | Say::Out | Say::Errors | Say::Ended(_) => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    fn keep(&mut self, open: Open) -> io::Result<u32> {
        if self.files.len() >= FILES_MAX {
            return Err(io::Error::other("too many files are open"));
        }
        let number = self.files.last_key_value().map_or(0, |(last, _)| last.wrapping_add(1));
        self.files.insert(number, open);
        Ok(number)
    }

    fn unknown(&self, error: Option<&io::Error>) -> Report {
        let what = "the running engine ended before it had answered";
        let report = Report::new(Exit::Store, what).because(format!("it was process {}", self.process));
        let report =
            error.filter(|error| !is_lost(error)).into_iter().fold(report, |report, error| report.caused_by(error));
        report.next("what was asked may be done or not: look at it before you give the command again")
    }
}

/// The files that a command names: an engine gets these, and those that they stand for.
struct Typed(Vec<PathBuf>);

impl Typed {
    /// Every word may be a file, or hold one behind `=` or `@`.
    fn of(typed: &[OsString]) -> Self {
        let mut files = Vec::new();
        for word in typed {
            let bytes = word.as_bytes();
            let ends = bytes.iter().enumerate().filter(|(_, byte)| [b'=', b'@'].contains(byte)).map(|(at, _)| at + 1);
            let glued = (bytes.starts_with(b"-") && !bytes.starts_with(b"--")).then_some(2);
            for from in [0].into_iter().chain(ends).chain(glued) {
                if let Some(named) = bytes.get(from..).filter(|named| !named.is_empty()) {
                    files.push(PathBuf::from(OsStr::from_bytes(named)));
                }
            }
        }
        Self(files)
    }

    /// A file is one that was typed, or lies below a folder that was; a definition's own files lie beside it.
    fn must_cover(&self, say: &Say, path: &Path) -> io::Result<()> {
        let is_reading = match say {
            Say::Open => true,
            Say::Create | Say::MakeFolder => false,
            _ => return Ok(()),
        };
        let is_below = |folder: &Path| {
            // An empty one is the folder it was typed in.
            let rest = if folder.as_os_str().is_empty() { Ok(path) } else { path.strip_prefix(folder) };
            rest.is_ok_and(|rest| {
                rest.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
            })
        };
        let is_definition = |named: &Path| named.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
        let covers = |named: &PathBuf| {
            let of_definition = is_reading && is_definition(named) && named.parent().is_some_and(is_below);
            path == named || is_below(named) || of_definition
        };
        if self.0.iter().any(covers) {
            return Ok(());
        }
        tracing::warn!(path = %path.display(), "the engine asked for a file that was not typed");
        Err(io::Error::new(io::ErrorKind::PermissionDenied, "this file is not named in the command"))
    }
}

fn failed(error: &io::Error) -> Reply {
    Reply::Failed(error.raw_os_error(), error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r02_an_engine_gets_the_files_that_were_typed_and_what_lies_beside_a_definition() {
        let typed = ["jobwright", "check", "w/a.job.yaml", "--map=columns.toml", "--set", "f=@in.json", "out"];
        let typed = Typed::of(&typed.map(OsString::from));
        for (say, path, is_covered) in [
            (Say::Open, "w/a.job.yaml", true),
            (Say::Open, "w/scripts/net.rhai", true),
            (Say::Open, "w/../secret", false),
            (Say::Open, "columns.toml", true),
            (Say::Open, "in.json", true),
            (Say::Create, "out/jobs.jsonl", true),
            (Say::MakeFolder, "out", true),
            (Say::Create, "out/../other", false),
            (Say::Create, "w/new", false),
            (Say::Open, "/etc/shadow", false),
            (Say::Open, "secret", false),
        ] {
            assert_eq!(typed.must_cover(&say, Path::new(path)).is_ok(), is_covered, "{say:?} {path}");
        }
    }
}
