//! What a plugin of Jobwright is written with.
//!
//! Owns: what an author sees. They implement [`Task`], [`Selector`], [`Check`] or [`Listener`] and name them in one
//! [`plugin!`]; what they may ask the engine is [`info`] and its like, [`checkpoint`], [`random`], [`records`] and [`http`].
//! The finished plugin offers what was named and imports what is called, no more, and the log: a panic is written there.
//!
//! Built natively, as `cargo test` does, there is no engine: [`given`] stands in for it.
//!
//! ```
//! use jobwright_guest::{Call, Failure, Outcome, Task, info, json::Value, plugin};
//! use serde::{Deserialize, Serialize};
//!
//! pub struct Greeting;
//!
//! #[derive(Deserialize)]
//! pub struct Settings {
//!     name: String,
//! }
//!
//! #[derive(Serialize)]
//! pub struct Outputs {
//!     greeting: String,
//! }
//!
//! impl Task for Greeting {
//!     const TYPE: &'static str = "office.greeting";
//!     type Settings = Settings;
//!     type Outputs = Outputs;
//!
//!     fn run(settings: Settings, _: &Call) -> Result<Outcome<Outputs>, Failure> {
//!         info(format!("greeting {}", settings.name));
//!         Ok(Outcome::done(Outputs { greeting: format!("Hello, {}!", settings.name) }))
//!     }
//! }
//!
//! plugin!(tasks: [Greeting]);
//!
//! let outputs: Value = jobwright_guest::given::run::<Greeting>(r#"{"name": "Ada"}"#).unwrap();
//! assert_eq!(outputs["greeting"], "Hello, Ada!");
//! ```

extern crate self as jobwright_guest;

mod call;
pub mod http;
mod journal;
#[cfg(any(test, all(target_family = "wasm", not(target_feature = "atomics"), feature = "memory")))]
mod memory;
mod offer;
mod plugin;
pub mod records;

#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub mod host;

#[cfg(not(target_family = "wasm"))]
pub mod given;
#[cfg(not(target_family = "wasm"))]
use given::host;

pub use call::{Answer, Call, Choice, Effect, Failure, FailureKind, Found, Outcome};
pub use journal::{Level, checkpoint, checkpointed, debug, error, info, log, random, warn};
pub use offer::{Check, Listener, Selector, Task};
pub use serde_json as json;

#[doc(hidden)]
pub use offer::{Checks, Listeners, Offer, Selectors, Tasks};
