//! A panic inside, taken for a failure.
//!
//! Owns: catching it, and its words. lettre has panicked on what people typed before; a letter must never take the
//! engine down with it. Leaves what such a failure means to the caller, who knows how far the letter had come.

use std::{
    any::Any,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

/// What the work gives, or the words of its panic. Whatever the work shared is either gone with it or behind a lock
/// that forgives.
pub(crate) fn caught_now<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| words(&*panic))
}

/// The same, for work that waits.
pub(crate) async fn caught<T>(work: impl Future<Output = T>) -> Result<T, String> {
    let mut work = pin!(work);
    poll_fn(|context| match caught_now(|| work.as_mut().poll(context)) {
        Ok(poll) => poll.map(Ok),
        Err(words) => Poll::Ready(Err(words)),
    })
    .await
}

fn words(panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    said.unwrap_or("no words were left").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_inside_is_a_failed_attempt_and_no_crash() {
        let words = Err::<(), _>("writing `Mailbox` returned an error".into());
        assert_eq!(caught(async { panic!("writing `Mailbox` returned an error") }).await, words);
        assert_eq!(caught_now(|| panic!("writing `{}` returned an error", "Mailbox")), words);
        assert_eq!(caught(async { 1 }).await, Ok(1));
    }
}
