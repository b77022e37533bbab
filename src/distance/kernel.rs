//! Which instructions the kernels use: chosen once per process.

use std::sync::OnceLock;

/// The environment variable that forces a kernel.
pub const VARIABLE: &str = "KINDRED_KERNEL";

/// A set of instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// What every processor has.
    Scalar,
    /// AVX2, on most x86-64 processors since 2013.
    Avx2,
    /// AVX-512 F and BW with VNNI.
    Avx512,
}

/// Why [`VARIABLE`] cannot be obeyed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KernelError {
    /// There is no kernel of that name.
    #[error("{VARIABLE}: {0:?} is not allowed; scalar, avx2 and avx512 are")]
    Unknown(String),
    /// This processor lacks the instructions.
    #[error("{VARIABLE}: this processor has no {name}; it has {}", names(available))]
    Unavailable {
        /// What was asked for.
        name: &'static str,
        /// What there is.
        available: Vec<Kernel>,
    },
}

fn names(kernels: &[Kernel]) -> String {
    kernels.iter().map(|kernel| kernel.name()).collect::<Vec<_>>().join(", ")
}

impl Kernel {
    /// Every kernel, the widest last.
    pub const ALL: [Kernel; 3] = [Kernel::Scalar, Kernel::Avx2, Kernel::Avx512];

    /// Its name in [`VARIABLE`].
    pub fn name(self) -> &'static str {
        match self {
            Kernel::Scalar => "scalar",
            Kernel::Avx2 => "avx2",
            Kernel::Avx512 => "avx512",
        }
    }

    /// Whether this processor has the instructions.
    pub fn is_available(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        {
            match self {
                Kernel::Scalar => true,
                Kernel::Avx2 => std::arch::is_x86_feature_detected!("avx2"),
                Kernel::Avx512 => {
                    std::arch::is_x86_feature_detected!("avx512f")
                        && std::arch::is_x86_feature_detected!("avx512bw")
                        && std::arch::is_x86_feature_detected!("avx512vnni")
                }
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            self == Kernel::Scalar
        }
    }

    /// The kernels that this processor has.
    pub fn available() -> impl Iterator<Item = Kernel> {
        Self::ALL.into_iter().filter(|kernel| kernel.is_available())
    }

    /// The widest kernel that this processor has, or the one that [`VARIABLE`] names. Programs call this first, so
    /// that a wrong name is an error and not a surprise.
    ///
    /// # Errors
    /// See [`KernelError`].
    pub fn from_environment() -> Result<Kernel, KernelError> {
        match std::env::var_os(VARIABLE) {
            // A variable that is empty is not set.
            Some(name) if !name.to_string_lossy().trim().is_empty() => {
                Self::named(name.to_string_lossy().trim())
            }
            _ => Ok(Self::widest()),
        }
    }

    fn named(name: &str) -> Result<Kernel, KernelError> {
        let kernel = Self::ALL.into_iter().find(|kernel| kernel.name() == name);
        let kernel = kernel.ok_or_else(|| KernelError::Unknown(name.to_owned()))?;
        if !kernel.is_available() {
            return Err(KernelError::Unavailable {
                name: kernel.name(),
                available: Self::available().collect(),
            });
        }
        Ok(kernel)
    }

    fn widest() -> Kernel {
        Self::available().last().unwrap_or(Kernel::Scalar)
    }
}

/// The kernel of this process. Where the environment names one that cannot be had, and no program has refused that,
/// the one that can always be had.
pub fn kernel() -> Kernel {
    static CHOSEN: OnceLock<Kernel> = OnceLock::new();
    *CHOSEN.get_or_init(|| Kernel::from_environment().unwrap_or(Kernel::Scalar))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_allowed_is_named_with_those_that_are() {
        let error = Kernel::named("sse9").unwrap_err();
        assert_eq!(error.to_string(), "KINDRED_KERNEL: \"sse9\" is not allowed; scalar, avx2 and avx512 are");
    }

    #[test]
    fn every_kernel_is_given_or_refused_by_what_the_processor_has() {
        for kernel in Kernel::ALL {
            let named = Kernel::named(kernel.name());
            assert_eq!(named.is_ok(), kernel.is_available(), "{named:?}");
        }
        let missing =
            KernelError::Unavailable { name: "avx512", available: vec![Kernel::Scalar, Kernel::Avx2] };
        assert_eq!(missing.to_string(), "KINDRED_KERNEL: this processor has no avx512; it has scalar, avx2");
    }
}
