//! Where `report --out`, `export --to` and `setup --kibana-export` write: one rule of what such a flag may name, looked
//! at before the store is asked. How the file is written is `output::draft`'s.

use std::fs::{self, OpenOptions};
use std::io::ErrorKind::{NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::output::draft::{Compression, Draft, behind_links};
use crate::settings::UsageError;

const NO_FILE: &str = "that is no file; name a file, or - for standard output";

/// Behind an error of the file itself.
const WAY_OUT: &str = "name another file, or - for standard output";

/// A file that is to be made, or replaced as a whole.
pub(super) struct OutFile {
    path: PathBuf,
}

impl OutFile {
    /// Looks whether a file can be written there; leaves nothing behind. `flag` is what named it.
    pub(super) fn at(flag: &str, path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let wrong = |words: &str| UsageError(format!("{flag} {shown}: {words}"));
        if path.as_os_str().is_empty() {
            return Err(UsageError(format!("{flag} is empty: name a file, or - for standard output")).into());
        }
        if path.is_dir() || path.file_name().is_none() || ends_as_a_folder(path) {
            return Err(wrong("that is a folder; name a file in it, or - for standard output").into());
        }
        let is_there = match fs::metadata(path) {
            // A device or a pipe would be replaced by a file of that name.
            Ok(there) if !there.is_file() => return Err(wrong(NO_FILE).into()),
            Ok(_) => true,
            Err(error) if matches!(error.kind(), NotFound | NotADirectory | PermissionDenied) => false,
            Err(error) => return Err(wrong(&format!("there can be no such file ({error}); name another")).into()),
        };
        let file = behind_links(path).map_err(|error| wrong(&format!("{error}; {WAY_OUT}")))?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(wrong(&format!("there is no folder {}; make it first", folder.display())).into());
        }
        // Permissions show only when it is tried. Who may not change what a file holds shall not replace it.
        let opened = if is_there { OpenOptions::new().append(true).open(&file).map(drop) } else { Ok(()) };
        match opened.and_then(|()| Draft::begin(path, Compression::None).map(drop)) {
            Ok(()) => Ok(Self { path: path.to_owned() }),
            Err(error) if matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem) => anyhow::bail!(
                "{flag} {shown} cannot be written ({error}): see to the permissions of it and of the folder {}, or {WAY_OUT}",
                folder.display()
            ),
            Err(error) => anyhow::bail!("{flag} {shown} cannot be written ({error}): {WAY_OUT}"),
        }
    }

    /// As it was typed.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Begins to write it. A link may lead elsewhere by then.
    pub(super) fn begin(&self, compression: Compression) -> anyhow::Result<Draft> {
        Draft::begin(&self.path, compression).with_context(|| format!("{} cannot be written", self.path.display()))
    }

    /// Puts a text there, in place of what there was; compressed, if the name says so.
    pub(super) fn write(&self, text: &str) -> anyhow::Result<&Path> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let mut draft = self.begin(Compression::of_name(&name).0)?;
        let written = draft.write_all(text.as_bytes()).and_then(|()| draft.finish());
        written.with_context(|| not_written(&self.path))?;
        Ok(&self.path)
    }
}

/// What there was is whole. A disk may be full, or something be mounted on the file itself.
pub(super) fn not_written(path: &Path) -> String {
    format!("{} is not written: what was there is as it was; {WAY_OUT}", path.display())
}

/// `a/` names a folder, whether there is one or not; a path's parts do not show that.
fn ends_as_a_folder(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().last().is_some_and(|&last| std::path::is_separator(last.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_not_replaced_by_one() {
        use std::os::unix::net::UnixListener;

        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        std::os::unix::fs::symlink(&socket, folder.path().join("link")).unwrap();
        std::os::unix::fs::symlink("circle", folder.path().join("circle")).unwrap();
        std::os::unix::fs::symlink("no/file", folder.path().join("astray")).unwrap();
        let too_long = "x".repeat(300);
        for name in ["socket", "link", "circle", "astray", ".", "new/", "", &too_long] {
            let error = OutFile::at("--out", &folder.path().join(name)).err().unwrap();
            assert!(error.is::<UsageError>(), "{name}: {error:?}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "nothing is made");
    }

    #[test]
    fn a_file_is_whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        fs::write(&path, "before").unwrap();
        let entries = || fs::read_dir(folder.path()).unwrap().count();
        let file = OutFile::at("--out", &path).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), entries()), ("before", 1), "only looked at");
        assert_eq!(file.write("after").unwrap(), path);
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), entries()), ("after", 1), "no draft is left");
        for (wrong, words) in
            [(folder.path().join("no/report.html"), "there is no folder"), (folder.path().to_owned(), "a folder")]
        {
            let error = OutFile::at("--out", &wrong).err().unwrap();
            assert!(error.is::<UsageError>() && error.to_string().contains(words), "{error}");
        }
    }
}
