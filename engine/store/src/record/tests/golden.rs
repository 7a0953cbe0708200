//! A record of each event, kept for ever in `schemas/event/v1`.
//!
//! A change of a file there means that old stores can no longer be read. A new event adds a file; nothing else may.

use std::{fs, path::PathBuf};

use expect_test::expect_file;
use serde::Serialize;

use super::{random::Random, samples::samples, *};

/// One file: the bytes, and what they say.
#[derive(Serialize)]
struct Golden {
    event: String,
    version: u8,
    bytes: String,
    record: <Vec<Recorded> as Mirror>::Row,
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/event/v1"))
}

/// `TaskReady` → `task-ready`.
fn file_name(variant: &str) -> String {
    let letter = |(at, letter): (usize, char)| match letter.is_uppercase() && at > 0 {
        true => format!("-{}", letter.to_lowercase()),
        false => letter.to_lowercase().to_string(),
    };
    variant.char_indices().map(letter).collect()
}

/// The variants of the stored event, in the order of their numbers.
fn variants() -> &'static [&'static str] {
    let mut random = Random::new(0);
    random.value::<Event>();
    random.met["EventRow"].0
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_event_is_written_as_it_was_when_it_was_released() {
    for (sample, variant) in samples().into_iter().zip(variants()) {
        let events = vec![sample];
        let bytes = encode(&events).unwrap();
        assert_eq!(usize::from(bytes[number_at(&bytes)]), position(variant), "{variant} stands in its place");
        let golden = Golden {
            event: file_name(variant),
            version: Vec::<Recorded>::VERSION,
            bytes: hex(&bytes),
            record: events.to_row().unwrap(),
        };
        let text = serde_json::to_string_pretty(&golden).unwrap() + "\n";
        expect_file![folder().join(file_name(variant) + ".json")].assert_eq(&text);
    }
}

#[test]
fn every_released_record_is_read_as_what_it_says() {
    for (sample, variant) in samples().into_iter().zip(variants()) {
        let text = fs::read_to_string(folder().join(file_name(variant) + ".json")).unwrap();
        let golden: serde_json::Value = serde_json::from_str(&text).unwrap();
        let digits = golden["bytes"].as_str().unwrap();
        let bytes: Vec<u8> =
            (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect();
        assert_eq!(decode::<Vec<Recorded>>(&bytes).unwrap(), [sample], "{variant}");
    }
}

#[test]
fn there_is_a_record_of_each_event_and_of_nothing_else() {
    assert_eq!(samples().len(), variants().len());
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<_> = files.collect();
    files.sort();
    let mut expected: Vec<_> = variants().iter().map(|variant| file_name(variant) + ".json").collect();
    expected.sort();
    assert_eq!(files, expected);
}

/// Where in a record of one sample the number of its variant stands: after version, count, number and instant.
fn number_at(bytes: &[u8]) -> usize {
    let sample = decode::<Vec<Recorded>>(bytes).unwrap().remove(0);
    2 + postcard::to_allocvec(&(sample.number, sample.at.to_row().unwrap())).unwrap().len()
}

fn position(variant: &str) -> usize {
    variants().iter().position(|one| *one == variant).unwrap()
}
