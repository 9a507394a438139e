//! `hinan verify`

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use super::print::say;
use crate::store::audit::Chain;
use crate::store::{Store, View};

/// Walks the audit chain and recomputes the digest of every approved notice. Works beside a running service.
#[derive(Args)]
pub(super) struct Verify {
    /// The data directory
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
}

impl Verify {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let (chain, notices) = Store::look(&self.data_dir, |view: &View<'_>| {
            Ok((view.verify_audit()?, view.notices(u32::MAX)?.len()))
        })?;
        match chain {
            Chain::Whole { entries, head } => {
                say(&format!(
                    "監査記録は完全です / audit whole: {entries} entries, head {head}"
                ));
                say(&format!(
                    "承認済みの発表 {notices} 件の内容が承認時と一致 / notices equal what was approved"
                ));
                Ok(())
            }
            Chain::Broken { at, why } => {
                bail!("監査記録は {at} 番から壊れています / audit broken at entry {at}: {why}")
            }
        }
    }
}
