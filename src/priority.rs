//! How a program, or a thread of one, gives way to others.

use std::io;

/// Lowers the priority of the calling thread, and of every thread and process that it starts from then on, by `by`
/// (nice 19 is the lowest there is). On Linux the priority is a thread's own, so a program that is to give way as a whole
/// does this first. Gives the priority that it has now.
///
/// # Errors
/// What the system says.
pub fn lower(by: u8) -> io::Result<i32> {
    Ok(rustix::process::nice(i32::from(by))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priority_goes_down_to_the_lowest_and_no_further() {
        let thread = std::thread::spawn(|| {
            let before = lower(0).unwrap();
            let after = lower(3).unwrap();
            (before, after, lower(255).unwrap())
        });
        let (before, after, lowest) = thread.join().unwrap();
        assert_eq!(after, (before + 3).min(19));
        assert_eq!(lowest, 19);
    }
}
