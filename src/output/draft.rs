//! A file that is there once it is whole: written under another name in the same folder, brought to the disk, and put in
//! its place at once. Compressed, if its name says so. Dropped unfinished, nothing stays behind.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;

/// Bytes that are written at once.
const BUFFER: usize = 1 << 18;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl Compression {
    /// As a file of this name is, and the name without the ending that says so.
    #[must_use]
    pub fn of_name(name: &str) -> (Self, &str) {
        match name.rsplit_once('.') {
            Some((rest, ending)) if ending.eq_ignore_ascii_case("gz") => (Self::Gzip, rest),
            Some((rest, ending)) if ending.eq_ignore_ascii_case("zst") => (Self::Zstd, rest),
            _ => (Self::None, name),
        }
    }
}

/// A file in the making.
pub struct Draft {
    path: PathBuf,
    temporary: PathBuf,
    writer: Option<Writer>,
}

enum Writer {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
    Zstd(zstd::Encoder<'static, BufWriter<File>>),
}

impl Draft {
    /// Begins a file in a folder that is there. One of that name stays as it is until this is finished.
    pub fn begin(path: &Path, compression: Compression) -> io::Result<Self> {
        // What a link points to is replaced, not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let temporary = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let file = BufWriter::with_capacity(BUFFER, File::create(&temporary)?);
        let mut begun = Self { path, temporary, writer: None };
        begun.writer = Some(match compression {
            Compression::None => Writer::Plain(file),
            Compression::Gzip => Writer::Gzip(GzEncoder::new(file, flate2::Compression::default())),
            Compression::Zstd => Writer::Zstd(zstd::Encoder::new(file, zstd::DEFAULT_COMPRESSION_LEVEL)?),
        });
        Ok(begun)
    }

    /// Brings it to the disk and puts it in its place; how many bytes it has.
    pub fn finish(mut self) -> io::Result<u64> {
        let buffered = match self.writer.take() {
            Some(Writer::Plain(file)) => file,
            Some(Writer::Gzip(encoder)) => encoder.finish()?,
            Some(Writer::Zstd(encoder)) => encoder.finish()?,
            None => return Err(io::ErrorKind::BrokenPipe.into()),
        };
        let file = buffered.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        let bytes = file.metadata()?.len();
        fs::rename(&self.temporary, &self.path)?;
        Ok(bytes)
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.writer {
            Some(Writer::Plain(file)) => file.write(bytes),
            Some(Writer::Gzip(encoder)) => encoder.write(bytes),
            Some(Writer::Zstd(encoder)) => encoder.write(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.writer {
            Some(Writer::Plain(file)) => file.flush(),
            Some(Writer::Gzip(encoder)) => encoder.flush(),
            Some(Writer::Zstd(encoder)) => encoder.flush(),
            None => Ok(()),
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // A finished one bears this name no more.
        let _ = fs::remove_file(&self.temporary);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_file_is_there_once_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("posts.ndjson");
        fs::write(&path, "old").unwrap();
        let mut given_up = Draft::begin(&path, Compression::None).unwrap();
        given_up.write_all(b"half").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        drop(given_up);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let mut draft = Draft::begin(&path, Compression::None).unwrap();
        draft.write_all(b"new one").unwrap();
        assert_eq!(draft.finish().unwrap(), 7);
        assert_eq!(fs::read_to_string(&path).unwrap(), "new one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_name_says_how_it_is_compressed() {
        assert_eq!(Compression::of_name("a.csv"), (Compression::None, "a.csv"));
        assert_eq!(Compression::of_name("a.csv.GZ"), (Compression::Gzip, "a.csv"));
        assert_eq!(Compression::of_name("a.ndjson.zst"), (Compression::Zstd, "a.ndjson"));
        let folder = tempfile::tempdir().unwrap();
        for (name, compression) in [("a.gz", Compression::Gzip), ("a.zst", Compression::Zstd)] {
            let path = folder.path().join(name);
            let mut draft = Draft::begin(&path, compression).unwrap();
            draft.write_all(&b"posts ".repeat(1_000)).unwrap();
            assert!(draft.finish().unwrap() < 6_000);
            let bytes = fs::read(&path).unwrap();
            let mut text = String::new();
            match compression {
                Compression::Gzip => flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap(),
                _ => zstd::Decoder::new(&bytes[..]).unwrap().read_to_string(&mut text).unwrap(),
            };
            assert_eq!(text, "posts ".repeat(1_000));
        }
    }
}
