//! Prometheus' text format, version 0.0.4: one family after another, each with its HELP and TYPE before its samples.

use std::fmt::Write as _;

use crate::model::histogram::HistogramReading;

/// What a page of it is served as.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Names and values of labels.
pub(super) type Labels = Vec<(&'static str, &'static str)>;

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// What a sample holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Whole(u64),
    Real(f64),
    /// With how many of its units make one of the metric's.
    Histogram(HistogramReading, f64),
}

/// A page that is being written.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// Opens a family; its samples follow.
    pub(super) fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    /// Appends a sample of the family that was opened last.
    pub(super) fn sample(&mut self, name: &str, labels: &Labels, value: &Value) {
        match value {
            Value::Whole(value) => self.line(format_args!("{name}{} {value}", in_braces(labels, None))),
            Value::Real(value) => self.line(format_args!("{name}{} {value}", in_braces(labels, None))),
            Value::Histogram(reading, units) => self.histogram(name, labels, reading, *units),
        }
    }

    fn histogram(&mut self, name: &str, labels: &Labels, reading: &HistogramReading, units: f64) {
        for (bound, count) in &reading.up_to {
            let up_to = (*bound as f64 / units).to_string();
            self.line(format_args!("{name}_bucket{} {count}", in_braces(labels, Some(&up_to))));
        }
        self.line(format_args!("{name}_bucket{} {}", in_braces(labels, Some("+Inf")), reading.count));
        self.line(format_args!("{name}_sum{} {}", in_braces(labels, None), reading.sum as f64 / units));
        self.line(format_args!("{name}_count{} {}", in_braces(labels, None), reading.count));
    }

    /// The whole page.
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a text does not fail.
        let _ = writeln!(self.0, "{line}");
    }
}

fn in_braces(labels: &Labels, up_to: Option<&str>) -> String {
    let all = labels.iter().copied().chain(up_to.map(|bound| ("le", bound)));
    let pairs: Vec<String> = all.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
