//! Records against their promises: old bytes stay readable, no bytes do harm.

use jobwright_core::{
    bound::VALUE_DEPTH_MAX,
    directory::{Client, Staff, trail},
    event::{Event, Recorded},
    id::StaffId,
    value::Value,
};
use proptest::prelude::*;

use super::*;
use crate::{
    definitions::{Publication, Source},
    directory::ContactRole,
    jobs::Head,
    outbox::Entry,
};
use random::Random;

mod golden;
mod random;
mod rows;
mod samples;

/// Does the same for every kind of record.
macro_rules! every_record {
    ($check:ident($($with:expr),*)) => {
        $check::<Vec<Recorded>>($($with),*);
        $check::<Head>($($with),*);
        $check::<Option<Client>>($($with),*);
        $check::<Staff>($($with),*);
        $check::<Vec<StaffId>>($($with),*);
        $check::<ContactRole>($($with),*);
        $check::<trail::Entry>($($with),*);
        $check::<Entry>($($with),*);
        $check::<Source>($($with),*);
        $check::<Publication>($($with),*);
    };
}

/// What is read is what was written, and is written the same way again.
fn comes_back<T: Record + PartialEq + std::fmt::Debug>(seed: u64) {
    let record: T = Random::new(seed).value();
    let bytes = encode(&record).unwrap();
    let read = decode::<T>(&bytes).unwrap();
    assert_eq!(read, record);
    assert_eq!(encode(&read).unwrap(), bytes);
}

/// Whatever the bytes are, the answer is a record or an error.
fn does_no_harm<T: Record>(bytes: &[u8]) {
    let _ = body(bytes);
    if let Ok(record) = decode::<T>(bytes) {
        encode(&record).unwrap();
    }
}

/// The same for bytes that almost are a record.
fn does_no_harm_when_damaged<T: Record>(seed: u64, place: usize, byte: u8) {
    let mut bytes = encode(&Random::new(seed).value::<T>()).unwrap();
    let place = place % bytes.len();
    bytes[place] = byte;
    does_no_harm::<T>(&bytes);
    bytes.truncate(place);
    does_no_harm::<T>(&bytes);
}

proptest! {
    // Each case is every kind of record.
    #![proptest_config(crate::testing::cases(256, 18_000, 9_000_000))]

    #[test]
    fn whatever_is_stored_comes_back(seed: u64) {
        every_record!(comes_back(seed));
    }

    #[test]
    fn no_bytes_do_harm(mut bytes in prop::collection::vec(any::<u8>(), 0..200), version in 0..3_u8) {
        every_record!(does_no_harm(&bytes));
        bytes.insert(0, version);
        every_record!(does_no_harm(&bytes));
    }

    #[test]
    fn no_damaged_record_does_harm(seed: u64, place: usize, byte: u8) {
        every_record!(does_no_harm_when_damaged(seed, place, byte));
    }
}

#[test]
fn every_kind_of_event_and_of_what_is_in_it_is_tried() {
    let mut random = Random::new(1);
    let events = {
        random.value::<Event>();
        random.met["EventRow"].0.len()
    };
    for event in 0..u32::try_from(events).unwrap() {
        random = random.choosing("EventRow", event);
        for _ in 0..64 {
            let event: Event = random.value();
            assert_eq!(Event::from_row(event.to_row().unwrap()).unwrap(), event);
        }
    }
    for (name, (variants, taken)) in &random.met {
        assert_eq!(taken.len(), variants.len(), "of {name} only {taken:?} were tried");
    }
}

#[test]
fn a_value_is_refused_before_it_is_too_deep_to_be_read() {
    let nested = |depth: usize| (1..depth).fold(Value::Nothing, |value, _| Value::List(vec![value]));
    let record = |value| vec![Recorded { number: 1, at: jiff::Timestamp::UNIX_EPOCH, event: updated(value) }];
    let deepest = record(nested(VALUE_DEPTH_MAX));
    assert_eq!(decode::<Vec<Recorded>>(&encode(&deepest).unwrap()).unwrap(), deepest);
    assert_eq!(
        encode(&record(nested(VALUE_DEPTH_MAX + 1))).unwrap_err().to_string(),
        "cannot store events of a job: values nested more than 128 deep"
    );
}

#[test]
fn bytes_that_nest_a_value_without_end_are_an_error_and_not_a_crash() {
    let value = |parts: usize| {
        // A list of one, again and again.
        let mut bytes = postcard::to_allocvec(&parts).unwrap();
        bytes.extend(std::iter::repeat_n([8, 1], parts).flatten());
        postcard::from_bytes::<<Value as Mirror>::Row>(&bytes).unwrap()
    };
    assert_eq!(Value::from_row(value(9)).unwrap_err().0, "a value lacks parts");
    assert_eq!(Value::from_row(value(1_000_000)).unwrap_err().0, "values nested more than 128 deep");
}

fn updated(value: Value) -> Event {
    let task = jobwright_core::task::TaskKey::of(&crate::trial::name("collect"));
    Event::ClientUpdated { task, changes: vec![("a".into(), value)] }
}

#[test]
fn a_record_of_a_later_program_is_refused_by_its_version() {
    let error = decode::<Vec<Recorded>>(&[2, 0]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a record (events of a job) has version 2, this program knows versions up to 1; use a newer program"
    );
}

#[test]
fn bytes_that_are_no_record_are_told_as_damage() {
    for (bytes, told) in [
        (&[] as &[u8], "the store is damaged: a record (member of staff) is empty"),
        (
            &[1],
            "the store is damaged: a record (member of staff) cannot be read: Hit the end of buffer, expected more data",
        ),
        (
            &[1, 1, b'A', 0, 0, 0, 1, 0],
            "the store is damaged: a record (member of staff) cannot be read: \
             `A` is no id: use 1 to 64 of a-z, 0-9, `.`, `_`, `-`",
        ),
        (&[1, 1, b'a', 0, 0, 0, 1, 0, 9], "the store is damaged: a record (member of staff) has 1 bytes too many"),
    ] {
        assert_eq!(decode::<Staff>(bytes).unwrap_err().to_string(), told);
    }
}
