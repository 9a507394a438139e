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
        let (chain, notices, unfounded) = Store::look(&self.data_dir, |view: &View<'_>| {
            let unfounded = view.first_unfounded_notice()?;
            Ok((
                view.verify_audit()?,
                view.notices(u32::MAX)?.len(),
                unfounded,
            ))
        })?;
        match chain {
            Chain::Whole { entries, head } => {
                say(&format!(
                    "監査記録は完全です / audit whole: {entries} entries, head {head}"
                ));
                if let Some(why) = unfounded {
                    bail!("監査記録と発表が一致しません / notices and audit disagree: {why}");
                }
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
