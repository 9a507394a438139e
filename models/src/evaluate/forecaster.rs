use crate::flood::FittedFloodModel;
use crate::follow::Follower;
use crate::forecast::GaugeForecast;
use crate::history::History;
use jiff::Timestamp;

/// Anything that can be asked in the order of time: a fitted model, a baseline, a model with its guard.
pub trait Forecaster {
    /// What may happen next, from the rows of `recent` at or before `at`. It is called with rising times, so that it
    /// may remember how its earlier forecasts came out.
    fn forecast(&mut self, recent: &History, at: Timestamp) -> GaugeForecast;
}

impl Forecaster for &FittedFloodModel {
    fn forecast(&mut self, recent: &History, at: Timestamp) -> GaugeForecast {
        self.predict(recent, at)
    }
}

/// A model with its guard.
impl Forecaster for (&FittedFloodModel, Follower) {
    fn forecast(&mut self, recent: &History, at: Timestamp) -> GaugeForecast {
        let (model, follower) = self;
        follower.forecast(model, recent, at)
    }
}
