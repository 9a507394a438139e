//! The wish of an operator, or of the system, that the program end.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears SIGTERM and Ctrl-C from the moment it is made.
///
/// It is made just before the first part starts: a wish that comes while the parts still start is kept, and they end in their order.
/// Before that nothing runs that would have to end in order, and the system ends the program on the spot.
pub struct StopSignal {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignal {
    /// Begins to listen.
    ///
    /// # Errors
    /// The system refuses to tell.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits until somebody asks, or has asked since [`StopSignal::listen`].
    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
