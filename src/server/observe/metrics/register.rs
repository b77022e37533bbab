//! Makes metrics and registers them in one step.

use prometheus::core::Collector;
use prometheus::{
    Counter, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry,
};

/// The registry of one server, while it is filled.
#[derive(Debug)]
pub struct Register<'a>(pub &'a Registry);

/// Two metrics have the same name, or a name is none. A test rules both out.
type Made<T> = Result<T, prometheus::Error>;

impl Register<'_> {
    pub fn counter(&self, name: &str, help: &str) -> Made<IntCounter> {
        self.add(IntCounter::new(name, help)?)
    }

    pub fn counters(&self, name: &str, help: &str, labels: &[&str]) -> Made<IntCounterVec> {
        self.add(IntCounterVec::new(Opts::new(name, help), labels)?)
    }

    /// A counter of what does not come in whole numbers.
    pub fn seconds_counter(&self, name: &str, help: &str) -> Made<Counter> {
        self.add(Counter::new(name, help)?)
    }

    pub fn gauge(&self, name: &str, help: &str) -> Made<IntGauge> {
        self.add(IntGauge::new(name, help)?)
    }

    pub fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> Made<IntGaugeVec> {
        self.add(IntGaugeVec::new(Opts::new(name, help), labels)?)
    }

    /// A gauge of what does not come in whole numbers.
    pub fn ratio(&self, name: &str, help: &str) -> Made<Gauge> {
        self.add(Gauge::new(name, help)?)
    }

    /// A gauge that may be unknown: it is shown when it has a value.
    pub fn optional_gauge(&self, name: &str, help: &str) -> Made<GaugeVec> {
        self.add(GaugeVec::new(Opts::new(name, help), &[])?)
    }

    pub fn histogram(&self, name: &str, help: &str, buckets: &[f64]) -> Made<Histogram> {
        self.add(Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))?)
    }

    pub fn histograms(&self, name: &str, help: &str, label: &str, buckets: &[f64]) -> Made<HistogramVec> {
        self.add(HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), &[label])?)
    }

    fn add<C: Collector + Clone + 'static>(&self, metric: C) -> Made<C> {
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }
}

/// Raises a counter to what was counted elsewhere. Not for two threads at a time.
pub fn raise(counter: &IntCounter, total: u64) {
    counter.inc_by(total.saturating_sub(counter.get()));
}

/// Sets a gauge to what was counted without a sign.
pub fn set(gauge: &IntGauge, value: u64) {
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
}
