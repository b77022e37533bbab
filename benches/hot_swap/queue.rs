//! A queue in shared memory: questions to whichever process consumes them, and their replies.
//!
//! A question and its reply lie in a slot. The number of the slot goes through one ring to the consumer, and through
//! another one back. The consumer is a number in the same memory, so a process takes the queue over by writing its own
//! there: what others have taken they finish, and take nothing more.

use std::fs::{self, File};
use std::os::fd::AsRawFd as _;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Result, ensure};
use memmap2::MmapRaw;
use rustix::fs::MemfdFlags;
use rustix::thread::futex;

/// Questions that can be under way at once; a power of two.
pub const SLOTS: usize = 256;
const WORD: usize = size_of::<u32>();
/// Room for a question or a reply.
const SLOT_WORDS: usize = (1 << 16) / WORD;

/// Nothing but atomic numbers: every pattern of bytes is valid, whoever writes it and when.
#[repr(C)]
struct Shared {
    consumer: AtomicU32,
    questions: Ring,
    replies: Ring,
    slots: [Slot; SLOTS],
}

#[repr(C)]
struct Slot {
    bytes: AtomicU32,
    words: [AtomicU32; SLOT_WORDS],
}

impl Slot {
    fn write(&self, bytes: &[u8]) -> Result<()> {
        ensure!(bytes.len() <= SLOT_WORDS * WORD, "{} bytes do not fit into a slot", bytes.len());
        for (word, chunk) in self.words.iter().zip(bytes.chunks(WORD)) {
            let mut padded = [0; WORD];
            padded[..chunk.len()].copy_from_slice(chunk);
            word.store(u32::from_le_bytes(padded), Ordering::Relaxed);
        }
        self.bytes.store(bytes.len() as u32, Ordering::Relaxed);
        Ok(())
    }

    fn read(&self) -> Vec<u8> {
        let length = (self.bytes.load(Ordering::Relaxed) as usize).min(SLOT_WORDS * WORD);
        let mut bytes = Vec::with_capacity(length.next_multiple_of(WORD));
        for word in &self.words[..length.div_ceil(WORD)] {
            bytes.extend_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }
}

/// A bounded queue for any number of threads (Vyukov), and a bell for those who wait. A slot is in it once at most, so
/// it is never full.
#[repr(C)]
struct Ring {
    head: AtomicU32,
    tail: AtomicU32,
    bell: AtomicU32,
    cells: [Cell; SLOTS],
}

/// A place in the ring. `turn` is the position that may be written here next, and one more when that may be read.
#[repr(C)]
struct Cell {
    turn: AtomicU32,
    slot: AtomicU32,
}

impl Ring {
    fn cell(&self, position: u32) -> &Cell {
        &self.cells[position as usize % SLOTS]
    }

    /// Claims the next position once its cell has the turn that is `after` the position; `None` where it has not.
    fn claim(&self, end: &AtomicU32, after: u32) -> Option<(u32, &Cell)> {
        loop {
            let position = end.load(Ordering::Relaxed);
            let cell = self.cell(position);
            let turn = cell.turn.load(Ordering::Acquire);
            if turn == position.wrapping_add(after) {
                let next = position.wrapping_add(1);
                if end.compare_exchange_weak(position, next, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                    return Some((position, cell));
                }
            } else if end.load(Ordering::Relaxed) == position {
                return None;
            }
        }
    }

    fn push(&self, slot: u32) {
        let (position, cell) = loop {
            // Only ever waits for a thread that is about to free the cell.
            match self.claim(&self.tail, 0) {
                Some(claimed) => break claimed,
                None => std::hint::spin_loop(),
            }
        };
        cell.slot.store(slot, Ordering::Relaxed);
        cell.turn.store(position.wrapping_add(1), Ordering::Release);
        self.ring(1);
    }

    fn pop(&self) -> Option<u32> {
        let (position, cell) = self.claim(&self.head, 1)?;
        let slot = cell.slot.load(Ordering::Relaxed);
        cell.turn.store(position.wrapping_add(SLOTS as u32), Ordering::Release);
        Some(slot)
    }

    /// Waits for a slot for as long as `wanted` holds.
    fn wait(&self, wanted: impl Fn() -> bool) -> Option<u32> {
        loop {
            // The bell before all else: what comes after this look changes it, and then nobody sleeps.
            let heard = self.bell.load(Ordering::SeqCst);
            if !wanted() {
                return None;
            }
            if let Some(slot) = self.pop() {
                return Some(slot);
            }
            // Interrupted, or rung meanwhile: a further look tells.
            let _ = futex::wait(&self.bell, futex::Flags::empty(), heard, None);
        }
    }

    fn ring(&self, waiters: u32) {
        self.bell.fetch_add(1, Ordering::SeqCst);
        // Fails for addresses that are none, and this is one.
        let _ = futex::wake(&self.bell, futex::Flags::empty(), waiters);
    }
}

/// A process's map of the queue.
pub struct Queue {
    map: MmapRaw,
    memory: File,
}

impl Queue {
    /// Makes a queue in memory that processes started from here on inherit; [`Queue::open`] finds it by its path.
    pub fn create() -> Result<Queue> {
        // Without CLOEXEC, so that the descriptor has the same number in every process.
        let memory = File::from(rustix::fs::memfd_create("hot-swap-queue", MemfdFlags::empty())?);
        memory.set_len(size_of::<Shared>() as u64)?;
        let queue = Queue { map: MmapRaw::map_raw(&memory)?, memory };
        for ring in [&queue.shared().questions, &queue.shared().replies] {
            for (turn, cell) in (0..).zip(&ring.cells) {
                cell.turn.store(turn, Ordering::Relaxed);
            }
        }
        Ok(queue)
    }

    /// Maps the queue of the process that this one was started by.
    pub fn open(path: &str) -> Result<Queue> {
        let memory = fs::OpenOptions::new().read(true).write(true).open(path)?;
        ensure!(memory.metadata()?.len() == size_of::<Shared>() as u64, "{path} is no queue");
        Ok(Queue { map: MmapRaw::map_raw(&memory)?, memory })
    }

    pub fn path(&self) -> String {
        format!("/proc/self/fd/{}", self.memory.as_raw_fd())
    }

    fn shared(&self) -> &Shared {
        // SAFETY: the map is writable, starts at a page, is as long as `Shared` (both constructors see to that, and
        // nobody changes the length of the memory), and lives as long as `self`. `Shared` is made of atomic numbers
        // only: no pattern of bytes is invalid, and other threads and processes change them as atomic numbers too.
        unsafe { &*self.map.as_mut_ptr().cast::<Shared>() }
    }

    fn slot(&self, slot: u32) -> &Slot {
        &self.shared().slots[slot as usize % SLOTS]
    }

    /// Puts a question into a slot that the caller has for it alone, and the slot into the queue.
    pub fn ask(&self, slot: u32, question: &[u8]) -> Result<()> {
        self.slot(slot).write(question)?;
        self.shared().questions.push(slot);
        Ok(())
    }

    /// Waits for a reply. Its slot is the caller's again.
    pub fn next_reply(&self) -> Option<(u32, Vec<u8>)> {
        let slot = self.shared().replies.wait(|| true)?;
        Some((slot, self.slot(slot).read()))
    }

    /// From now on questions are for this consumer.
    pub fn take_over(&self, consumer: u32) {
        self.shared().consumer.store(consumer, Ordering::SeqCst);
        self.shared().questions.ring(u32::MAX >> 1);
    }

    /// Waits for a question; `None` when somebody else consumes them.
    pub fn take(&self, consumer: u32) -> Option<(u32, Vec<u8>)> {
        let is_ours = || self.shared().consumer.load(Ordering::SeqCst) == consumer;
        let slot = self.shared().questions.wait(is_ours)?;
        Some((slot, self.slot(slot).read()))
    }

    /// Answers a question that was taken.
    pub fn reply(&self, slot: u32, reply: &[u8]) -> Result<()> {
        self.slot(slot).write(reply)?;
        self.shared().replies.push(slot);
        Ok(())
    }
}
