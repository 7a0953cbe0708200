//! The clock that interrupts computing plugins.
//!
//! Owns: one thread for the process that advances every engine's epoch each 10 ms while calls are under way, and rests
//! when there are none. Leaves what a tick means to `meter`.

use std::{
    io,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, Thread},
    time::Duration,
};
use wasmtime::{Engine, EngineWeak};

/// Milliseconds from tick to tick.
pub const TICK_MS: u64 = 10;
/// Ticks without a call after which the thread rests: calls in a row shall not have to wake it each time.
const IDLE_TICKS_MAX: u32 = 100;

static TICKER: OnceLock<Ticker> = OnceLock::new();

struct Ticker {
    thread: Thread,
    engines: Mutex<Vec<EngineWeak>>,
    calls: AtomicUsize,
    resting: AtomicBool,
}

/// Keeps the clock going for one call.
pub struct Ticking(Option<&'static Ticker>);

impl Ticking {
    /// The clock goes from now on.
    pub fn begin(engine: &Engine) -> Self {
        // It is there since the engine was registered.
        let ticker = TICKER.get();
        debug_assert!(ticker.is_some_and(|ticker| ticker.knows(engine)), "an engine is registered when it is made");
        if let Some(ticker) = ticker {
            // First counted, then looked whether it rests: the thread does it the other way round, so one sees the other.
            ticker.calls.fetch_add(1, Ordering::SeqCst);
            if ticker.resting.swap(false, Ordering::SeqCst) {
                ticker.thread.unpark();
            }
        }
        Self(ticker)
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        if let Some(ticker) = self.0 {
            ticker.calls.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Makes an engine's epoch advance for as long as the engine lives.
///
/// # Errors
/// When no thread can be had for it.
pub fn register(engine: &Engine) -> io::Result<()> {
    started()?.engines.lock().unwrap_or_else(PoisonError::into_inner).push(engine.weak());
    Ok(())
}

/// The one clock; whoever comes first starts it.
fn started() -> io::Result<&'static Ticker> {
    static STARTING: Mutex<()> = Mutex::new(());
    let _alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    match TICKER.get() {
        Some(ticker) => Ok(ticker),
        None => start().map(|ticker| TICKER.get_or_init(|| ticker)),
    }
}

impl Ticker {
    fn tick(&self) {
        let mut engines = self.engines.lock().unwrap_or_else(PoisonError::into_inner);
        engines.retain(|engine| engine.upgrade().map(|engine| engine.increment_epoch()).is_some());
    }

    fn knows(&self, engine: &Engine) -> bool {
        let engines = self.engines.lock().unwrap_or_else(PoisonError::into_inner);
        engines.iter().filter_map(EngineWeak::upgrade).any(|known| Engine::same(&known, engine))
    }
}

fn start() -> io::Result<Ticker> {
    let spawned = thread::Builder::new().name("plugin-ticker".into()).spawn(|| {
        let ticker = TICKER.wait();
        let mut idle = 0;
        loop {
            thread::sleep(Duration::from_millis(TICK_MS));
            ticker.tick();
            idle = if ticker.calls.load(Ordering::SeqCst) == 0 { idle + 1 } else { 0 };
            if idle >= IDLE_TICKS_MAX {
                idle = 0;
                rest(ticker);
            }
        }
    });
    let thread = spawned?.thread().clone();
    let (calls, resting) = (AtomicUsize::new(0), AtomicBool::new(false));
    Ok(Ticker { thread, engines: Mutex::default(), calls, resting })
}

fn rest(ticker: &Ticker) {
    ticker.resting.store(true, Ordering::SeqCst);
    while ticker.calls.load(Ordering::SeqCst) == 0 && ticker.resting.load(Ordering::SeqCst) {
        thread::park();
    }
    ticker.resting.store(false, Ordering::SeqCst);
}
