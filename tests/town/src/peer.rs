//! Programs of others that prove what our own code cannot prove of itself.

/// A peer is missing: the proof is skipped, and that is said. With `HINAN_PEERS=required`, as `./test` sets it where it has
/// installed them, it is a failure instead.
///
/// # Panics
/// Where peers are required.
pub fn without_peer(why: &str) {
    let required = std::env::var("HINAN_PEERS").is_ok_and(|peers| peers == "required");
    assert!(
        !required,
        "{why}, and HINAN_PEERS=required: install it, or set HINAN_PEERS=optional to skip what it proves"
    );
    eprintln!("skipped: {why}");
}
