//! Records against their promises: old bytes stay readable, no bytes do harm.

use jobwright_core::{directory::Staff, event::Recorded};

use super::*;

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
