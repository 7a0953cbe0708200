//! The program `jobwright`. Everything it does lives in the library beside it, so that tests use what people use.

use std::process::ExitCode;

/// Small pieces, many of them, from two threads at once: what the engine asks for most.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    jobwright::main(std::env::args_os())
}
