//! Log lines on stderr: `warning: …` for people, or one JSON object a line; never across the bars.

use std::fmt;
use std::io::{self, Write};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

use super::progress::above_the_bars;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// Warnings too.
    Normal,
    /// What is going on (`-v`), in detail (`-vv`), in full (`-vvv`).
    Verbose(u8),
}

/// Starts logging to stderr for the whole process. A second call does nothing.
pub fn start(verbosity: Verbosity, json: bool) {
    let level = match verbosity {
        Verbosity::Quiet => "error",
        Verbosity::Normal => "warn",
        Verbosity::Verbose(1) => "info",
        Verbosity::Verbose(2) => "debug",
        Verbosity::Verbose(_) => "trace",
    };
    // Only our own lines: at trace level HTTP libraries would print headers, and with them keys.
    let filter = EnvFilter::new(format!("off,viralmine={level}"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(AboveTheBars);
    let _ = if json { builder.json().try_init() } else { builder.event_format(ForPeople).try_init() };
}

/// A line that is no log line: progress where there is no terminal.
pub fn plain(line: &str) {
    let _ = AboveTheBars.write_all(format!("{line}\n").as_bytes());
}

struct ForPeople;

impl<S, N> FormatEvent<S, N> for ForPeople
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let word = match *event.metadata().level() {
            Level::ERROR => "error",
            Level::WARN => "warning",
            Level::INFO => "info",
            Level::DEBUG => "debug",
            Level::TRACE => "trace",
        };
        write!(writer, "{word}: ")?;
        context.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

struct AboveTheBars;

impl Write for AboveTheBars {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        above_the_bars(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

impl MakeWriter<'_> for AboveTheBars {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}
