//! Letters in a folder, and letters to nowhere.

use jobwright_core::id::{EffectId, JobId};
use jobwright_email::{
    Envelope, Outcome, Transport, address,
    transport::{files::Files, none::SWALLOWED},
};
use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

fn envelope() -> Envelope {
    Envelope {
        effect: EffectId { job: JobId([1; 16]), event: 12, index: 0 },
        from: address("office@miller.example").unwrap(),
        to: address("ann@client.example").unwrap(),
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("jobwright-letters-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn mode(path: &PathBuf) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_letter_sent_again_replaces_itself_and_nobody_else_can_read_it() {
    let folder = folder("again");
    let files = Files::new(&folder);
    let path = files.path(&envelope());
    let transport = Transport::Files(files);
    // What a crash left behind is written over.
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(path.with_extension("eml.part"), "half a letter, longer than the whole").unwrap();
    for _ in 0..2 {
        let outcome = transport.send(&envelope(), b"Subject: Hours\r\n\r\n").await;
        assert_eq!(outcome, Outcome::Sent { reply: format!("written to {}", path.display()) });
        assert_eq!(fs::read(&path).unwrap(), b"Subject: Hours\r\n\r\n");
    }
    assert_eq!(path.file_name().unwrap(), "01010101010101010101010101010101-12-0.eml");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_new_folder_and_its_letters_are_the_practices_own() {
    let folder = folder("own");
    let files = Files::new(folder.join("letters"));
    let path = files.path(&envelope());
    Transport::Files(files).send(&envelope(), b"x").await;
    assert_eq!((mode(&folder.join("letters")), mode(&path)), (0o700, 0o600));
    fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_the_operators_matter() {
    let folder = folder("blocked");
    fs::write(&folder, "a file where the folder should be").unwrap();
    let outcome = Transport::Files(Files::new(&folder)).send(&envelope(), b"x").await;
    assert!(matches!(&outcome, Outcome::Paused { why, .. } if why.contains("cannot write")), "{outcome:?}");
    fs::remove_file(&folder).unwrap();
}

#[tokio::test]
async fn a_swallowed_letter_says_so() {
    assert_eq!(Transport::None.send(&envelope(), b"x").await, Outcome::Sent { reply: SWALLOWED.into() });
}
