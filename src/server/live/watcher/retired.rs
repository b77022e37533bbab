//! What is served no more, until nobody uses it.

use std::sync::Arc;

/// A counted reference: [`Arc`], or what a model checker has in its place.
pub trait Counted: Sized {
    /// What it leads to.
    type Value;

    /// The value, if this is the only reference to it.
    ///
    /// # Errors
    /// The reference, where there are others.
    fn try_unwrap(self) -> Result<Self::Value, Self>;
}

impl<T> Counted for Arc<T> {
    type Value = T;

    fn try_unwrap(self) -> Result<T, Arc<T>> {
        Arc::try_unwrap(self)
    }
}

/// A list of references that have been taken from where others could get one.
///
/// Their number can only fall from then on, because who has none cannot get one: once this list is alone with a value,
/// it stays alone. Only so is it right to look and then to take.
#[derive(Debug)]
pub struct Retired<R>(Vec<R>);

impl<R> Default for Retired<R> {
    fn default() -> Self {
        Retired(Vec::new())
    }
}

impl<R: Counted> Retired<R> {
    /// Adds what has been replaced, if anything was.
    pub fn add(&mut self, replaced: Option<R>) {
        self.0.extend(replaced);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Gives every value that nobody else uses to `unmap`. The others stay for the next time: it never waits for one.
    pub fn sweep(&mut self, mut unmap: impl FnMut(R::Value)) {
        let retired = std::mem::take(&mut self.0);
        self.0 = retired.into_iter().filter_map(|one| one.try_unwrap().map(&mut unmap).err()).collect();
    }
}

#[cfg(test)]
#[path = "retired_tests.rs"]
mod tests;
