//! A line on the terminal while a long run goes on, and nothing at all elsewhere.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// Runs shorter than this show nothing.
const PATIENCE: Duration = Duration::from_secs(1);
const REFRESH: Duration = Duration::from_millis(100);
/// Below this many files no run takes long enough.
const MANY: usize = 200;

/// Runs `work`, which counts finished files up to `total`.
pub fn during<T>(total: usize, terminal: bool, work: impl FnOnce(&AtomicUsize) -> T) -> T {
    let done = AtomicUsize::new(0);
    if !terminal || total < MANY {
        return work(&done);
    }
    std::thread::scope(|scope| {
        let (finished, wait) = mpsc::channel::<()>();
        let done = &done;
        scope.spawn(move || {
            let mut next = PATIENCE;
            let mut shown = false;
            while wait.recv_timeout(next) == Err(RecvTimeoutError::Timeout) {
                let _ = write!(std::io::stderr(), "\rchecked {} of {total} files", done.load(Ordering::Relaxed));
                (next, shown) = (REFRESH, true);
            }
            if shown {
                let _ = write!(std::io::stderr(), "\r\u{1b}[K");
            }
        });
        let result = work(done);
        drop(finished);
        result
    })
}
