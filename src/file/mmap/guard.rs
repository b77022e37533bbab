//! What happens when a mapped file is cut under its readers: one map is spoiled, and the process lives.
//!
//! Touching a page that is no longer in the file raises SIGBUS. The handler here puts a page of zeros in its place and
//! marks the map, so that the read goes on, with rubbish that is never sent: whoever reads asks
//! [`Guard::has_faulted`] before an answer leaves. A SIGBUS from anywhere else goes to the handler that was there
//! before, which is that of Rust's runtime.
//!
//! A signal has no argument of ours: the list of maps is the one thing in this library that belongs to the process.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The most maps at the same time. A server has one or two, and a few more while old ones wait to be unmapped.
const MAX_MAPS: usize = 256;

/// Where a map lies. A handler can take no lock, so each slot is a few atomics; an `end` of 0 means that it is free.
#[derive(Debug)]
struct Slot {
    taken: AtomicBool,
    start: AtomicUsize,
    end: AtomicUsize,
    faulted: AtomicBool,
}

static SLOTS: [Slot; MAX_MAPS] = [const {
    Slot {
        taken: AtomicBool::new(false),
        start: AtomicUsize::new(0),
        end: AtomicUsize::new(0),
        faulted: AtomicBool::new(false),
    }
}; MAX_MAPS];

/// Handled by whom before; nothing while the handler is not installed.
static PREVIOUS: OnceLock<Result<libc::sigaction, i32>> = OnceLock::new();

/// Protects the readers of a range of addresses for as long as it lives. The range must be mapped until then.
#[derive(Debug)]
pub struct Guard {
    slot: &'static Slot,
}

impl Guard {
    /// Protects the readers of a map.
    ///
    /// # Errors
    /// The system refuses the handler, or as many maps as are possible are protected.
    pub fn new(map: &[u8]) -> io::Result<Guard> {
        if let Err(code) = PREVIOUS.get_or_init(install) {
            return Err(io::Error::from_raw_os_error(*code));
        }
        let slot = SLOTS.iter().find(|slot| !slot.taken.swap(true, Ordering::Acquire)).ok_or_else(|| {
            io::Error::other(format!(
                "{MAX_MAPS} files are mapped, and no more are possible at the same time"
            ))
        })?;
        let start = map.as_ptr() as usize;
        slot.faulted.store(false, Ordering::Relaxed);
        slot.start.store(start, Ordering::Relaxed);
        slot.end.store(start + map.len(), Ordering::Release);
        Ok(Guard { slot })
    }

    /// Whether a page was touched that the file no longer had. Once true, it stays true.
    pub fn has_faulted(&self) -> bool {
        self.slot.faulted.load(Ordering::Relaxed)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.slot.end.store(0, Ordering::Release);
        self.slot.taken.store(false, Ordering::Release);
    }
}

fn install() -> Result<libc::sigaction, i32> {
    // SAFETY: all zeros are a valid `sigaction`: the default action, no flags, an empty mask.
    let (mut action, mut previous): (libc::sigaction, libc::sigaction) = unsafe { std::mem::zeroed() };
    action.sa_sigaction = on_sigbus as extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) as usize;
    // On the stack for signals, if the thread has one: it may have been short of stack.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    // SAFETY: both pointers lead to values of the right type. The handler calls nothing but `mmap` and `sigaction`, which
    // are allowed in handlers, and works on atomics; it has the type that SA_SIGINFO asks for.
    let result = unsafe { libc::sigaction(libc::SIGBUS, &raw const action, &raw mut previous) };
    if result == 0 {
        Ok(previous)
    } else {
        Err(io::Error::last_os_error().raw_os_error().unwrap_or_default())
    }
}

extern "C" fn on_sigbus(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel gives a valid `siginfo_t` to a handler that was installed with SA_SIGINFO, and `si_addr` is
    // filled in for SIGBUS.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr() as usize) };
    if code != libc::BUS_ADRERR || !replace_page(address) {
        chain(signal, info, context);
    }
}

/// Whether the address is in a protected map whose page there is zeros now.
fn replace_page(address: usize) -> bool {
    let is_inside = |slot: &&Slot| {
        let end = slot.end.load(Ordering::Acquire);
        (slot.start.load(Ordering::Relaxed)..end).contains(&address)
    };
    let Some(slot) = SLOTS.iter().find(is_inside) else { return false };
    // Before the page is there: who reads the zeros must find the mark.
    slot.faulted.store(true, Ordering::SeqCst);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "Linux knows the size of a page, and it is small"
    )]
    // SAFETY: asks for a number.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
    let start = address & !(page - 1);
    // SAFETY: the page at `start` belongs to the map of a file that a `Guard` protects, so it is mapped, for reading
    // only, and stays mapped until the guard is gone; reading it has just failed, so nobody has a value from it. Pages of
    // zeros are as valid as any bytes, because maps are read as bytes and numbers.
    let replaced = unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
        libc::mmap(start as *mut libc::c_void, page, libc::PROT_READ, flags, -1, 0)
    };
    replaced != libc::MAP_FAILED
}

/// Does what would have been done without us.
fn chain(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let previous = PREVIOUS.get().and_then(|previous| previous.as_ref().ok());
    let handler = previous.map_or(libc::SIG_DFL, |previous| previous.sa_sigaction);
    let takes_info = previous.is_some_and(|previous| previous.sa_flags & libc::SA_SIGINFO != 0);
    match handler {
        libc::SIG_DFL | libc::SIG_IGN => {
            // SAFETY: all zeros are the default action. Where the handler returns to, the signal comes again and ends the
            // process.
            unsafe {
                let default: libc::sigaction = std::mem::zeroed();
                libc::sigaction(signal, &raw const default, std::ptr::null_mut());
            }
        }
        handler if takes_info => {
            // SAFETY: the address was installed as a handler with SA_SIGINFO, so it is a function of this type.
            let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) =
                unsafe { std::mem::transmute(handler) };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: the address was installed as a handler without SA_SIGINFO, so it is a function of this type.
            let handler: extern "C" fn(i32) = unsafe { std::mem::transmute(handler) };
            handler(signal);
        }
    }
}
