//! The critical section of arena.mjs in Rust, under File::lock (flock) or File::create_new.
//! Arguments: directory, id, seed, one of flock, create.

use std::cell::Cell;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Result, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

#[repr(C)]
struct Timespec {
    seconds: std::ffi::c_long,
    nanos: std::ffi::c_long,
}

unsafe extern "C" {
    fn clock_gettime(clock: std::ffi::c_int, now: *mut Timespec) -> std::ffi::c_int;
}

/// The clock that all contenders go by, which std::time does not show.
fn monotonic() -> i64 {
    const CLOCK_MONOTONIC: std::ffi::c_int = 1;
    let mut now = Timespec { seconds: 0, nanos: 0 };
    // SAFETY: `now` is a timespec of this target and lives beyond the call.
    unsafe { clock_gettime(CLOCK_MONOTONIC, &mut now) };
    i64::from(now.seconds) * 1_000_000_000 + i64::from(now.nanos)
}

struct Contender {
    id: String,
    path: PathBuf,
    log: File,
    counter: File,
    state: Cell<u64>,
}

impl Contender {
    fn new(dir: &Path, id: String, seed: u64) -> Result<Self> {
        Ok(Self {
            id,
            path: dir.join("updates.lock"),
            log: OpenOptions::new().append(true).open(dir.join("log"))?,
            counter: OpenOptions::new().read(true).write(true).open(dir.join("counter"))?,
            state: Cell::new(seed),
        })
    }

    /// A number from 0 to 1 (splitmix64).
    fn chance(&self) -> f64 {
        self.state.set(self.state.get().wrapping_add(0x9E37_79B9_7F4A_7C15));
        let mut mixed = self.state.get();
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn pause(&self, ms: f64) {
        sleep(Duration::from_secs_f64(ms / 1000.0));
    }

    fn say(&self, verb: &str, rest: &str) -> Result<()> {
        let (id, pid) = (&self.id, std::process::id());
        (&self.log).write_all(format!("{verb} {id} {pid} {}{rest}\n", monotonic()).as_bytes())
    }

    fn section(&self, facts: &str) -> Result<()> {
        self.say("enter", facts)?;
        let mut digits = [0; 12];
        self.counter.read_exact_at(&mut digits, 0)?;
        let count: u64 = std::str::from_utf8(&digits).unwrap().parse().unwrap();
        let lingers = self.chance();
        if lingers < 0.1 {
            self.pause(self.chance() * if lingers < 0.01 { 30.0 } else { 2.0 });
        }
        self.counter.write_all_at(format!("{:012}", count + 1).as_bytes(), 0)?;
        self.say("leave", &format!(" {count}"))
    }

    /// The inode of a locked file, and whether the path names another one or none.
    fn facts(&self, locked: &File) -> Result<String> {
        let inode = locked.metadata()?.ino();
        let named = fs::metadata(&self.path).is_ok_and(|found| found.ino() == inode);
        Ok(format!(" {inode}{}", if named { "" } else { " astray" }))
    }

    fn flocked(&self) -> Result<()> {
        let file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        file.lock()?;
        self.section(&self.facts(&file)?)
    }

    fn created(&self) -> Result<()> {
        while let Err(error) = File::create_new(&self.path) {
            if error.kind() != ErrorKind::AlreadyExists {
                return Err(error);
            }
            self.pause(1.0 + self.chance() * 4.0);
        }
        self.section("")?;
        fs::remove_file(&self.path)
    }
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().collect();
    let seed = words[3].parse().expect("a number as seed");
    let one = Contender::new(Path::new(&words[1]), words[2].clone(), seed)?;
    loop {
        one.say("want", "")?;
        if words[4] == "flock" { one.flocked()? } else { one.created()? }
        one.pause(one.chance() * 4.0);
    }
}
