//! A folder that another program reads: a file is there whole or not at all.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::publish::outbox::Attempt;

/// Writes into one folder. It makes none: a share that is not mounted must not be mistaken for it.
pub(super) struct Folder {
    dir: PathBuf,
    /// Whether a write has not come back. A share that hangs holds one thread, never more.
    writing: Arc<AtomicBool>,
}

impl Folder {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            writing: Arc::default(),
        }
    }

    /// Writes a file durably. The same file again is the same bytes under the same name.
    pub(super) async fn put(&self, name: String, bytes: Vec<u8>) -> Attempt {
        let path = self.dir.join(&name);
        let failed = |why: String| Attempt::TryAgain {
            why: format!("{}に書けません: {why}", path.display()),
        };
        if self.writing.swap(true, Ordering::AcqRel) {
            return failed("前の書き込みが終わっていません".to_owned());
        }
        let (dir, writing) = (self.dir.clone(), Arc::clone(&self.writing));
        let written = tokio::task::spawn_blocking(move || {
            let written = write(&dir, &name, &bytes);
            writing.store(false, Ordering::Release);
            written
        })
        .await;
        match written {
            Ok(Ok(())) => Attempt::Delivered {
                receipt: format!("書き込み済み {}", path.display()),
            },
            Ok(Err(why)) => failed(why.to_string()),
            Err(why) => failed(why.to_string()),
        }
    }
}

fn write(dir: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    // A reader looks for the end of the name; what begins with a dot is not ready.
    let unready = dir.join(format!(".{name}.part"));
    let mut file = std::fs::File::create(&unready)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&unready, dir.join(name))?;
    std::fs::File::open(dir)?.sync_all()
}
