//! The program `jobwright`. Everything it does lives in the library beside it, so that tests use what people use.

use std::process::ExitCode;

fn main() -> ExitCode {
    jobwright::main(std::env::args_os())
}
