//! The simulated municipality that tests and benches share
