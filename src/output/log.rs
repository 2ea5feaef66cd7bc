//! Log lines on stderr: `warning: …` for people, or one JSON object a line; never across the bars. docs/operating.md
//! tells of the objects.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
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
        Look::Json => builder.event_format(ForPrograms).try_init(),
        Look::Plain | Look::Coloured => builder.event_format(ForPeople { coloured: look == Look::Coloured }).try_init(),
    };
}

/// A line that is no log line: remarks.
pub fn plain(line: &str) {
    told(line, line, &json!({}));
}

/// A line that is no log line: `text` for people; for programs `message`, and as fields what the text tells in figures.
pub fn told(text: &str, message: &str, fields: &Value) {
    let line = match LOOK.get() {
        // As log lines are, so that one reader takes both.
        Some(Look::Json) => in_json("INFO", message, fields, None),
        _ => text.to_owned(),
    };
    let _ = AboveTheBars.write_all(format!("{line}\n").as_bytes());
}

/// What every line is in JSON.
#[derive(Serialize)]
struct Line<'a> {
    /// RFC 3339, UTC.
    timestamp: String,
    level: &'a str,
    message: &'a str,
    fields: &'a Value,
    /// The part of the program that a log line comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
}

fn in_json(level: &str, message: &str, fields: &Value, target: Option<&str>) -> String {
    let timestamp = format!("{:.6}", Timestamp::now());
    // Texts and figures can always be written.
    serde_json::to_string(&Line { timestamp, level, message, fields, target }).unwrap_or_default()
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

struct ForPrograms;

impl<S, N> FormatEvent<S, N> for ForPrograms
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut said = Said::default();
        event.record(&mut said);
        let (level, target) = (event.metadata().level().as_str(), event.metadata().target());
        writeln!(writer, "{}", in_json(level, &said.message, &Value::Object(said.fields), Some(target)))
    }
}

/// What an event carries.
#[derive(Default)]
struct Said {
    message: String,
    fields: Map<String, Value>,
}

impl Said {
    fn keep(&mut self, field: &Field, value: Value) {
        self.fields.insert(field.name().to_owned(), value);
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // The message comes this way, too: as its own arguments, without quotes.
        let shown = format!("{value:?}");
        if field.name() == "message" { self.message = shown } else { self.keep(field, shown.into()) }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" { value.clone_into(&mut self.message) } else { self.keep(field, value.into()) }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, value.into());
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
