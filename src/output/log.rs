//! Log lines on stderr: `warning: …` for people, or one JSON object a line; never across the bars.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use jiff::Timestamp;
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

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// For people.
    Plain,
    /// For people, the first word coloured.
    Coloured,
    /// One JSON object a line, progress too.
    Json,
}

/// Set once, before any line.
static LOOK: OnceLock<Look> = OnceLock::new();

/// Whether stderr, or stdout, is a terminal whose user did not turn colours off (<https://no-color.org>).
#[must_use]
pub fn takes_colours(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Starts logging to stderr for the whole process. A second call does nothing.
pub fn start(verbosity: Verbosity, look: Look) {
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
    let look = *LOOK.get_or_init(|| look);
    let _ = match look {
        Look::Json => builder.json().try_init(),
        Look::Plain | Look::Coloured => builder.event_format(ForPeople { coloured: look == Look::Coloured }).try_init(),
    };
}

/// A line that is no log line: progress where there is no terminal, and remarks.
pub fn plain(line: &str) {
    let line = match LOOK.get() {
        // As log lines are, so that one reader takes both.
        Some(Look::Json) => {
            let timestamp = format!("{:.6}", Timestamp::now());
            serde_json::json!({ "timestamp": timestamp, "level": "INFO", "fields": { "message": line } }).to_string()
        }
        _ => line.to_owned(),
    };
    let _ = AboveTheBars.write_all(format!("{line}\n").as_bytes());
}

/// A writer whose every line goes out by [`plain`].
#[derive(Debug, Default)]
pub struct Lines {
    begun: Vec<u8>,
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        while let Some(end) = self.begun.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.begun.drain(..=end).collect();
            plain(&String::from_utf8_lossy(&line[..end]));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct ForPeople {
    coloured: bool,
}

impl<S, N> FormatEvent<S, N> for ForPeople
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let (word, colour) = match *event.metadata().level() {
            Level::ERROR => ("error:", "\u{1b}[1;31m"),
            Level::WARN => ("warning:", "\u{1b}[1;33m"),
            Level::INFO => ("info:", "\u{1b}[1m"),
            Level::DEBUG => ("debug:", "\u{1b}[2m"),
            Level::TRACE => ("trace:", "\u{1b}[2m"),
        };
        if self.coloured {
            write!(writer, "{colour}{word}\u{1b}[0m ")?;
        } else {
            write!(writer, "{word} ")?;
        }
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
