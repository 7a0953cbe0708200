//! A caller in another process, as verbs see one.
//!
//! Owns: their streams, files and terminal as values that speak over the connection. One who has gone away is one whose
//! output is closed: the verb ends as it does when `head` has seen enough.

use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::frame;
use super::message::{Reply, Say};
use crate::caller::{Caller, NewFile, Opened};

/// How long the caller may take over a file of theirs, or with a terminal that was stopped.
const REPLY_WITHIN: Duration = Duration::from_secs(60);
/// How long a person may think about a question.
const ANSWER_WITHIN: Duration = Duration::from_secs(600);
/// Bytes sent or asked for at once.
const PIECE_BYTES: usize = 256 << 10;

/// The connection, one message at a time.
pub struct Wire(Mutex<UnixStream>);

impl Wire {
    /// The wire of a connection.
    pub fn new(stream: UnixStream) -> io::Result<Arc<Self>> {
        stream.set_read_timeout(Some(REPLY_WITHIN))?;
        stream.set_write_timeout(Some(REPLY_WITHIN))?;
        Ok(Arc::new(Self(Mutex::new(stream))))
    }

    /// Says something that wants no reply.
    pub fn say(&self, say: &Say, beside: &[u8]) -> io::Result<()> {
        let mut stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        frame::send(&mut *stream, say, beside)
    }

    /// Says something and waits for the reply.
    fn call(&self, say: &Say, beside: &[u8], within: Duration) -> io::Result<(Reply, Vec<u8>)> {
        let mut stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        frame::send(&mut *stream, say, beside)?;
        stream.set_read_timeout(Some(within))?;
        match frame::receive::<Reply>(&mut *stream)? {
            Some((Reply::Failed(Some(number), _), _)) => Err(io::Error::from_raw_os_error(number)),
            Some((Reply::Failed(None, words), _)) => Err(io::Error::other(words)),
            Some(replied) => Ok(replied),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn file(&self, say: &Say, path: &Path) -> io::Result<(u32, u64)> {
        match self.call(say, path.as_os_str().as_bytes(), REPLY_WITHIN)? {
            (Reply::File(number, size), _) => Ok((number, size)),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

/// Whoever asked.
pub struct Afar {
    /// The connection to them.
    pub wire: Arc<Wire>,
    /// The folder they typed in.
    pub folder: PathBuf,
    /// Whether somebody sits there.
    pub can_answer: bool,
}

impl Caller for Afar {
    fn open(&self, path: &Path) -> io::Result<Opened> {
        let (number, size) = self.wire.file(&Say::Open, path)?;
        Ok(Opened { size, bytes: Box::new(Theirs { wire: self.wire.clone(), number }) })
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn NewFile>> {
        let (number, _) = self.wire.file(&Say::Create, path)?;
        Ok(Box::new(Theirs { wire: self.wire.clone(), number }))
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.wire.call(&Say::MakeFolder, path.as_os_str().as_bytes(), REPLY_WITHIN).map(drop)
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    fn can_answer(&self) -> bool {
        self.can_answer
    }

    fn ask(&self, question: &str) -> io::Result<String> {
        let (_, answer) = self.wire.call(&Say::Ask, question.as_bytes(), ANSWER_WITHIN)?;
        String::from_utf8(answer).map_err(io::Error::other)
    }
}

/// An open file of theirs.
struct Theirs {
    wire: Arc<Wire>,
    number: u32,
}

impl Read for Theirs {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(PIECE_BYTES);
        // A piece is far below what a number of four bytes holds.
        let (_, bytes) = self.wire.call(&Say::Read(self.number, most as u32), &[], REPLY_WITHIN)?;
        let found = bytes.len().min(most);
        into[..found].copy_from_slice(&bytes[..found]);
        Ok(found)
    }
}

impl Write for Theirs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(PIECE_BYTES)];
        self.wire.call(&Say::Write(self.number), piece, REPLY_WITHIN)?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl NewFile for Theirs {
    fn finish(&mut self) -> io::Result<()> {
        self.wire.call(&Say::Finish(self.number), &[], REPLY_WITHIN).map(drop)
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        // One who has gone away has closed it already.
        let _ = self.wire.call(&Say::Close(self.number), &[], REPLY_WITHIN);
    }
}

/// One of their streams.
pub struct Said {
    wire: Arc<Wire>,
    to_errors: bool,
}

impl Said {
    /// Their standard output.
    pub fn out(wire: &Arc<Wire>) -> Self {
        Self { wire: wire.clone(), to_errors: false }
    }

    /// Their standard error.
    pub fn errors(wire: &Arc<Wire>) -> Self {
        Self { wire: wire.clone(), to_errors: true }
    }
}

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(PIECE_BYTES)];
        let say = if self.to_errors { Say::Errors } else { Say::Out };
        self.wire.say(&say, piece).map(|()| piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
