//! SHA-256 digests, as notices carry them.

pub use hinan_notice::digest::Digest;
