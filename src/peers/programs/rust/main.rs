// Rust's half of the matrix: File::try_lock of the standard library (mode "std"), the crate fs4
// (mode "fs4") and File::create_new (mode "excl"), driven by lines on the input: "hold PATH",
// "release PATH", "take PATH".

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, ErrorKind};

fn lockable(path: &str) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

/// The file that holds the lock, or nothing if somebody else does.
fn acquire(mode: &str, path: &str) -> io::Result<Option<File>> {
    match mode {
        "std" => {
            let file = lockable(path)?;
            match file.try_lock() {
                Ok(()) => Ok(Some(file)),
                Err(TryLockError::WouldBlock) => Ok(None),
                Err(TryLockError::Error(error)) => Err(error),
            }
        }
        "fs4" => {
            let file = lockable(path)?;
            match fs4::FileExt::try_lock(&file) {
                Ok(()) => Ok(Some(file)),
                Err(fs4::TryLockError::WouldBlock) => Ok(None),
                Err(fs4::TryLockError::Error(error)) => Err(error),
            }
        }
        _ => match File::create_new(path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(error),
        },
    }
}

/// A lock of the kernel goes with its file; a name has to be removed.
fn release(mode: &str, path: &str, file: File) -> io::Result<()> {
    match mode {
        "std" => file.unlock(),
        "fs4" => fs4::FileExt::unlock(&file),
        _ => std::fs::remove_file(path),
    }
}

fn answer(
    mode: &str,
    held: &mut HashMap<String, File>,
    verb: &str,
    path: &str,
) -> io::Result<&'static str> {
    if verb == "release" {
        let file = held
            .remove(path)
            .ok_or_else(|| io::Error::other(format!("{path} is not held")))?;
        release(mode, path, file)?;
        return Ok("released");
    }
    let Some(file) = acquire(mode, path)? else {
        return Ok("refused");
    };
    if verb == "take" {
        release(mode, path, file)?;
    } else {
        held.insert(path.to_owned(), file);
    }
    Ok("acquired")
}

fn main() -> io::Result<()> {
    let mode = std::env::args().nth(1).unwrap_or_default();
    if !["std", "fs4", "excl"].contains(&mode.as_str()) {
        println!("Rust >= {}, fs4 1.1.0", env!("CARGO_PKG_RUST_VERSION"));
        return Ok(());
    }
    let mut held = HashMap::new();
    println!("ready");
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (verb, path) = line.split_once(' ').unwrap_or((&line, ""));
        match answer(&mode, &mut held, verb, path) {
            Ok(said) => println!("{said}"),
            Err(error) => println!("error {}", error.to_string().replace('\n', " ")),
        }
    }
    Ok(())
}
