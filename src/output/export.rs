//! Posts written as they come, one at a time: to a file, or to standard output.

use std::io::{self, BufWriter, Stdout, Write};

use jiff::tz::TimeZone;

use super::draft::Draft;
use super::{json, videos};

/// How the posts are written.
#[derive(Debug, Clone)]
pub enum Form {
    /// The stored documents, one a line.
    Ndjson,
    /// A header line, and a line for each; times in this zone.
    Csv(TimeZone),
}

/// Where they go.
pub enum Target {
    /// A file.
    File(Draft),
    /// Standard output, with the bytes that went there.
    Stdout(BufWriter<Stdout>, u64),
}

/// An export under way.
pub struct Export {
    target: Target,
    form: Form,
    documents: u64,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// Posts.
    pub documents: u64,
    /// Bytes, as they lie in the file.
    pub bytes: u64,
}

impl Export {
    /// Begins.
    pub fn begin(mut target: Target, form: Form) -> io::Result<Self> {
        if let Form::Csv(_) = form {
            videos::write_csv_header(&mut target)?;
        }
        Ok(Self { target, form, documents: 0 })
    }

    /// Writes a stored document.
    pub fn write(&mut self, document: &[u8]) -> io::Result<()> {
        match &self.form {
            Form::Ndjson => json::write_document(&mut self.target, document)?,
            Form::Csv(timezone) => videos::write_csv_line(&mut self.target, document, timezone)?,
        }
        self.documents += 1;
        Ok(())
    }

    /// Everything is out, and a file in its place.
    pub fn finish(mut self) -> io::Result<Exported> {
        self.target.flush()?;
        let bytes = match self.target {
            Target::File(draft) => draft.finish()?,
            Target::Stdout(_, bytes) => bytes,
        };
        Ok(Exported { documents: self.documents, bytes })
    }
}

impl Target {
    /// Standard output.
    #[must_use]
    pub fn stdout() -> Self {
        Self::Stdout(BufWriter::with_capacity(1 << 16, io::stdout()), 0)
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(draft) => draft.write(bytes),
            Self::Stdout(out, written) => {
                let taken = out.write(bytes)?;
                *written += taken as u64;
                Ok(taken)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(draft) => draft.flush(),
            Self::Stdout(out, _) => out.flush(),
        }
    }
}
