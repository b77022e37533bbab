//! Why something was answered, or closed, before there was a route for it.

/// Why there is an answer without a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Below {
    /// It is no HTTP.
    Malformed,
    /// Its line and headers are larger than any that are read.
    HeadTooLarge,
    /// Its line and headers came too slowly.
    HeadTimeout,
    /// A page asked whether it may ask, and may not.
    Preflight,
}

impl Below {
    /// All of them, in the order in which they are declared.
    pub const ALL: [Below; 4] = [Below::Malformed, Below::HeadTooLarge, Below::HeadTimeout, Below::Preflight];

    /// What it is called in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Below::Malformed => "malformed",
            Below::HeadTooLarge => "head_too_large",
            Below::HeadTimeout => "head_timeout",
            Below::Preflight => "preflight",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_place_of_its_own() {
        for (place, below) in Below::ALL.into_iter().enumerate() {
            assert_eq!(below as usize, place);
        }
    }
}
