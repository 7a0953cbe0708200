//! Where the socket lies.
//!
//! Owns: its name in the store's folder, that nobody but its account reaches it, and paths longer than a socket's may be.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

const NAME: &str = "socket";
/// What it is called until only its own account may use it.
const UNREADY: &str = "socket.new";
/// The system takes little more than a hundred bytes for the path of a socket.
const PATH_BYTES_MAX: usize = 100;

/// Makes the socket. Only who holds the store's lock may: one that is there belongs to nobody.
pub fn bind(folder: &Path) -> io::Result<UnixListener> {
    let short = Short::of(folder)?;
    let unready = short.path.join(UNREADY);
    match fs::remove_file(&unready) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&unready)?;
    fs::set_permissions(&unready, Permissions::from_mode(0o600))?;
    fs::rename(unready, short.path.join(NAME))?;
    Ok(listener)
}

/// Reaches the engine that listens, if one does.
pub fn connect(folder: &Path) -> io::Result<Option<UnixStream>> {
    use io::ErrorKind::{ConnectionRefused, NotADirectory, NotFound};
    let connected = Short::of(folder).and_then(|short| UnixStream::connect(short.path.join(NAME)));
    match connected {
        Ok(stream) => Ok(Some(stream)),
        Err(error) if [ConnectionRefused, NotFound, NotADirectory].contains(&error.kind()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The number of the account at the other end, when it is one that may not be trusted: neither our own nor the
/// administrator's.
///
/// # Errors
/// When the system does not say.
#[cfg(target_os = "linux")]
pub fn stranger(stream: &UnixStream) -> io::Result<Option<rustix::process::Uid>> {
    let peer = rustix::net::sockopt::socket_peercred(stream)?;
    Ok((peer.uid != rustix::process::geteuid() && !peer.uid.is_root()).then_some(peer.uid))
}

/// Elsewhere the rights of the socket alone decide.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn stranger(_: &UnixStream) -> io::Result<Option<rustix::process::Uid>> {
    Ok(None)
}

/// Whether an engine listens.
pub fn is_served(folder: &Path) -> bool {
    connect(folder).is_ok_and(|stream| stream.is_some())
}

/// Takes the socket away, when there is one; what cannot be taken away is replaced by the next one.
pub fn remove(folder: &Path) {
    let _ = fs::remove_file(folder.join(NAME));
}

/// A folder by a path that is short enough.
struct Short {
    path: PathBuf,
    /// Only kept open: the short path leads through it.
    _folder: Option<File>,
}

impl Short {
    fn of(folder: &Path) -> io::Result<Self> {
        if folder.as_os_str().len() + 1 + UNREADY.len() <= PATH_BYTES_MAX {
            return Ok(Self { path: folder.to_owned(), _folder: None });
        }
        let open = File::open(folder)?;
        Ok(Self { path: format!("/proc/self/fd/{}", open.as_raw_fd()).into(), _folder: Some(open) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_in_a_deep_folder_is_reached_by_its_account_alone_and_a_stale_one_reaches_nobody() {
        let deep = format!("jobwright-{}-{}", std::process::id(), "d".repeat(PATH_BYTES_MAX));
        let folder = std::env::temp_dir().join(deep);
        fs::create_dir_all(&folder).unwrap();
        assert!(connect(&folder).unwrap().is_none());
        let listener = bind(&folder).unwrap();
        assert!(connect(&folder).unwrap().is_some());
        assert_eq!(fs::metadata(folder.join(NAME)).unwrap().permissions().mode() & 0o777, 0o600);
        drop(listener);
        assert!(connect(&folder).unwrap().is_none());
        // Made anew over the one that was left.
        let _listener = bind(&folder).unwrap();
        assert!(connect(&folder).unwrap().is_some());
        remove(&folder);
        assert!(connect(&folder).unwrap().is_none());
        fs::remove_dir_all(folder).unwrap();
    }
}
