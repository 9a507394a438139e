//! Files that only the service's account may read: keys.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// A new file that its owner alone may read. One that exists is an error. Its owner is that of the folder: a command that root
/// gives beside the service must not make a key that the service cannot read.
///
/// # Errors
/// The system's. Then there is no file.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let file = options.open(path)?;
    #[cfg(unix)]
    if let Err(error) = give_to_owner_of_folder(path, &file) {
        fs::remove_file(path)?;
        return Err(error);
    }
    Ok(file)
}

#[cfg(unix)]
fn give_to_owner_of_folder(path: &Path, file: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    else {
        return Ok(());
    };
    let (folder, made) = (fs::metadata(folder)?, file.metadata()?);
    if folder.uid() == made.uid() {
        return Ok(());
    }
    fchown(file, Some(folder.uid()), Some(folder.gid()))
}

/// Writes a file that its owner alone may read, whole or not at all: a power cut leaves no half of a key. One that exists is an
/// error.
///
/// # Errors
/// The system's.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.exists() {
        return Err(io::Error::from(io::ErrorKind::AlreadyExists));
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let part = std::path::PathBuf::from(name);
    if part.exists() {
        // Of an earlier start that was cut off.
        fs::remove_file(&part)?;
    }
    let mut file = create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    match path.parent() {
        Some(dir) => File::open(dir)?.sync_all(),
        None => Ok(()),
    }
}

/// Whether nobody else may read it; in words what is wrong and what is accepted.
///
/// # Errors
/// The system's.
pub(crate) fn check(path: &Path) -> io::Result<Result<(), String>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Ok(Err(format!(
                "mode {:03o} lets others read this key; it must be 600 (chmod 600)",
                mode & 0o777
            )));
        }
    }
    #[cfg(not(unix))]
    fs::metadata(path)?;
    Ok(Ok(()))
}

/// Moves a file that cannot be used out of the way, under a name that is free; nothing is lost. Returns that name.
///
/// # Errors
/// The system's.
pub(crate) fn set_aside(path: &Path) -> io::Result<std::path::PathBuf> {
    for number in 1..1000 {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".aside-{number}"));
        let aside = std::path::PathBuf::from(name);
        if !aside.exists() {
            fs::rename(path, &aside)?;
            return Ok(aside);
        }
    }
    Err(io::Error::other("a thousand files were set aside already"))
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, chown};

    use super::*;

    #[test]
    fn a_key_that_root_makes_belongs_to_whom_the_data_directory_belongs() {
        let home = tempfile::tempdir().unwrap();
        if chown(home.path(), Some(65534), Some(65534)).is_err() {
            eprintln!("skipped: only root can give a folder away");
            return;
        }
        let path = home.path().join("some.key");
        drop(create(&path).unwrap());
        let made = fs::metadata(&path).unwrap();
        assert_eq!((made.uid(), made.gid()), (65534, 65534));
        assert_eq!(made.mode() & 0o777, 0o600);
        // One that is there stays as it is.
        assert_eq!(
            create(&path).unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
    }
}
