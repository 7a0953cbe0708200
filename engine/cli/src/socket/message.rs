//! What the two sides say.
//!
//! Owns: the messages, and the one version of them. A message may carry bytes beside it, which `frame` keeps apart: the
//! words of a command, a piece of output or of a file. Within a version nothing changes its meaning.

use serde::{Deserialize, Serialize};

/// The version of this protocol. Programs of different versions do not talk: a command means what its program says.
pub const PROTOCOL: u32 = 1;

/// What the engine says first.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    /// Its protocol.
    pub protocol: u32,
    /// Its program's version.
    pub program: String,
    /// Its process.
    pub process: u32,
    /// Whether it takes a request now.
    pub ready: bool,
}

/// What the caller asks. Beside it stand the folder it was typed in and its words, each ended by a zero byte.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its program's version.
    pub program: String,
    /// Who acts, as they claim it.
    pub acting: Option<String>,
    /// The account it was typed from, where the system does not tell.
    pub account: String,
    /// Its standard output.
    pub out: Stream,
    /// Its standard error.
    pub errors: Stream,
    /// Whether somebody sits there who can answer a question.
    pub can_answer: bool,
}

/// How a stream of the caller looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// In colours.
    pub colour: bool,
    /// By a person.
    pub is_terminal: bool,
}

/// What the engine says while it does as asked. All but the first four want a `Reply`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Say {
    /// From here on the request is being done.
    Taken,
    /// Bytes for standard output.
    Out,
    /// Bytes for standard error.
    Errors,
    /// It is done, with this exit code.
    Ended(u8),
    /// Open the file of the path that stands beside.
    Open,
    /// Read so many bytes of an open file at most.
    Read(u32, u32),
    /// Make a new file at the path that stands beside.
    Create,
    /// Write what stands beside to a file that was made.
    Write(u32),
    /// Bring a file that was made onto the disk.
    Finish(u32),
    /// Close a file.
    Close(u32),
    /// Make the folder of the path that stands beside, or take it when it is empty.
    MakeFolder,
    /// Put the question that stands beside.
    Ask,
}

/// What the caller answers.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// A file is open, under this number, with this size.
    File(u32, u64),
    /// It is done; bytes that were asked for stand beside.
    Done,
    /// The system's number of an error, or words.
    Failed(Option<i32>, String),
}
