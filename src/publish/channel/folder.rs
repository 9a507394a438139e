//! A folder that another program reads: a file is there whole or not at all.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::publish::outbox::Attempt;

/// Writes a file durably. The same file again is the same bytes under the same name.
pub(super) async fn put(dir: PathBuf, name: String, bytes: Vec<u8>) -> Attempt {
    let path = dir.join(&name);
    let written = tokio::task::spawn_blocking(move || write(&dir, &name, &bytes)).await;
    match written {
        Ok(Ok(())) => Attempt::Delivered {
            receipt: format!("書き込み済み {}", path.display()),
        },
        Ok(Err(why)) => Attempt::TryAgain {
            why: format!("{}に書けません: {why}", path.display()),
        },
        Err(why) => Attempt::TryAgain {
            why: format!("{}に書けません: {why}", path.display()),
        },
    }
}

fn write(dir: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    // A reader looks for the end of the name; what begins with a dot is not ready.
    let unready = dir.join(format!(".{name}.part"));
    let mut file = std::fs::File::create(&unready)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&unready, dir.join(name))?;
    std::fs::File::open(dir)?.sync_all()
}
