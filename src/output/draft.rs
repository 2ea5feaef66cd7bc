//! A file that is there once it is whole: written under another name in the same folder, brought to the disk, and put
//! in its place at once. Compressed, if its name says so. Dropped unfinished, nothing stays behind. What is replaced
//! keeps its permissions, and a link stays a link: where it leads to is what is written.

use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::write::GzEncoder;

/// Bytes that are written at once.
const BUFFER: usize = 1 << 18;

/// Links are followed so often; more lead in a circle.
const MOST_LINKS: usize = 40;

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
    /// `None` once it is in its place.
    temporary: Option<PathBuf>,
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
        let path = behind_links(path)?;
        let (file, temporary) = create_beside(&path)?;
        let mut begun = Self { path, temporary: Some(temporary), writer: None };
        if let Ok(replaced) = fs::metadata(&begun.path) {
            // Before anything is in it that not everybody may read.
            keep_permissions(&file, &replaced)?;
        }
        let file = BufWriter::with_capacity(BUFFER, file);
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
        if let Some(temporary) = &self.temporary {
            fs::rename(temporary, &self.path)?;
        }
        self.temporary = None;
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
        if let Some(temporary) = &self.temporary {
            let _ = fs::remove_file(temporary);
        }
    }
}

/// The file that a path stands for: itself, or where a link leads to, whether anything is there or not.
///
/// # Errors
/// The links lead in a circle, or by way of the system's own to an open file of a process: `/dev/stdout`, say, behind
/// which others may write, too.
pub fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        if is_of_the_system(&path) {
            return Err(io::Error::other("that is no file"));
        }
        match fs::read_link(&path) {
            Ok(link) => path = path.parent().unwrap_or(Path::new("")).join(link),
            // No link, or nothing at all.
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("its links lead in a circle"))
}

/// Whether its folder is one of devices and processes.
fn is_of_the_system(path: &Path) -> bool {
    let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok()).unwrap_or_default();
    folder == Path::new("/dev") || folder.starts_with("/dev/fd") || folder.starts_with("/proc")
}

/// A new file in the folder of `path`. Its name is short, as that of `path` may be as long as names can be.
fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let temporary = path.with_file_name(format!(".viralmine-{}-{number}.part", std::process::id()));
        match File::create_new(&temporary) {
            // Left behind by a process that was killed, or planted.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => return Ok((created?, temporary)),
        }
    }
}

/// Owner and group stay, too, where the system lets us.
#[cfg(unix)]
fn keep_permissions(file: &File, replaced: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    // One by one: who may not give a file away may still hand it to a group that is theirs.
    let keeps_group = file.metadata()?.gid() == replaced.gid() || fchown(file, None, Some(replaced.gid())).is_ok();
    let _ = fchown(file, Some(replaced.uid()), None);
    let mode = mode_of(replaced.mode(), keeps_group);
    match file.set_permissions(fs::Permissions::from_mode(mode)) {
        // Some file systems take no permissions. What is open to nobody else than the old one was may go on.
        Err(error) if file.metadata()?.mode() & 0o777 & !mode != 0 => Err(error),
        _ => Ok(()),
    }
}

/// What the old group was allowed is no other group's.
#[cfg(unix)]
fn mode_of(replaced: u32, keeps_group: bool) -> u32 {
    replaced & if keeps_group { 0o777 } else { 0o707 }
}

#[cfg(not(unix))]
fn keep_permissions(file: &File, replaced: &Metadata) -> io::Result<()> {
    file.set_permissions(replaced.permissions())
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

    #[cfg(unix)]
    #[test]
    fn permissions_stay_and_links_stay_links() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let mut draft = Draft::begin(&folder.path().join(name), Compression::None).unwrap();
            draft.write_all(text.as_bytes()).unwrap();
            draft.finish().unwrap();
        };
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        fs::create_dir(folder.path().join("below")).unwrap();
        fs::write(folder.path().join("below/there"), "old").unwrap();
        for mode in [0o600, 0o664, 0o755] {
            fs::set_permissions(folder.path().join("below/there"), fs::Permissions::from_mode(mode)).unwrap();
            write("below/there", "new");
            assert_eq!(fs::metadata(folder.path().join("below/there")).unwrap().mode() & 0o7777, mode);
        }
        // Of two links one behind the other, the last is relative to its own folder; another leads to nothing yet.
        symlink("below/near", folder.path().join("far")).unwrap();
        symlink("there", folder.path().join("below/near")).unwrap();
        symlink(folder.path().join("below/to-be"), folder.path().join("dangling")).unwrap();
        write("far", "by way of two links");
        write("dangling", "made");
        assert_eq!((read("below/there").as_str(), read("below/to-be").as_str()), ("by way of two links", "made"));
        assert_eq!(fs::metadata(folder.path().join("below/there")).unwrap().mode() & 0o7777, 0o755);
        for link in ["far", "below/near", "dangling"] {
            assert!(fs::symlink_metadata(folder.path().join(link)).unwrap().is_symlink(), "{link}");
        }
        symlink("circle", folder.path().join("circle")).unwrap();
        assert!(Draft::begin(&folder.path().join("circle"), Compression::None).is_err());
        assert_eq!(fs::read_dir(folder.path().join("below")).unwrap().count(), 3, "nothing else is left");
    }

    #[cfg(unix)]
    #[test]
    fn what_a_group_was_allowed_is_not_given_to_another() {
        assert_eq!((mode_of(0o100_660, true), mode_of(0o100_664, false)), (0o660, 0o604));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_open_file_is_not_replaced() {
        use std::os::fd::AsRawFd;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("posts.ndjson");
        let open = File::create(&path).unwrap();
        std::os::unix::fs::symlink(format!("/proc/self/fd/{}", open.as_raw_fd()), folder.path().join("link")).unwrap();
        for way in [format!("/proc/self/fd/{}", open.as_raw_fd()), format!("/dev/fd/{}", open.as_raw_fd())] {
            assert!(behind_links(Path::new(&way)).is_err(), "{way}");
        }
        for way in [folder.path().join("link"), "/dev/stdout".into(), "/dev/stderr".into()] {
            assert!(behind_links(&way).is_err(), "{}", way.display());
        }
        assert_eq!(behind_links(&path).unwrap(), path);
    }

    #[test]
    fn names_may_be_as_long_as_the_system_takes_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x".repeat(250));
        Draft::begin(&path, Compression::None).unwrap().finish().unwrap();
        assert!(path.is_file());
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
