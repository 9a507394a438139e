//! `hinan audit`: is the record whole, and what does it say?

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use super::print::say;
use crate::checkpoint::{self, Checkpoint};
use crate::store::audit::Chain;
use crate::store::{Store, View};

/// Reads the record of a data directory. Works beside a running service.
#[derive(Args)]
pub(super) struct Audit {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// 検証: walk the chain, hold every row of a decision and every signed checkpoint against it
    Verify(Verify),
    /// 書き出し: every entry as one line of JSON, oldest first, then the newest checkpoint
    Export(Export),
}

/// Names the first broken entry: changed, missing, a row of a decision that is not as it was sealed, a cut tail.
#[derive(Args)]
pub(super) struct Verify {
    /// The data directory
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// Checkpoints that were copied or downloaded and kept elsewhere: they show a tail that was cut from both
    #[arg(long, value_name = "FILE")]
    checkpoints: Option<PathBuf>,
    /// The public key that must have signed, 64 hexadecimal digits; without it that of the data directory, and where that
    /// cannot be read the key in each checkpoint is believed
    #[arg(long, value_name = "HEX")]
    public_key: Option<String>,
}

#[derive(Args)]
struct Export {
    /// The data directory
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// Where to write; standard output when it is not given
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

/// Entries read at a time.
const BATCH: u32 = 1000;

impl Audit {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self.what {
            What::Verify(verify) => verify.run(),
            What::Export(export) => export.run(),
        }
    }
}

impl Verify {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut checkpoints = checkpoint::kept(&self.data_dir)?;
        if let Some(file) = &self.checkpoints {
            checkpoints.extend(checkpoint::read(file)?);
        }
        // The record names the key that signs it; where the key itself can be read, that one is believed.
        let named = Store::look(&self.data_dir, |view| view.last_detail("audit_key"))?;
        let named: Option<String> = named.and_then(|detail| {
            let detail: serde_json::Value = serde_json::from_str(&detail).ok()?;
            Some(detail["public_key"].as_str()?.to_owned())
        });
        let own = checkpoint::public_key_in(&self.data_dir);
        let key = self
            .public_key
            .as_deref()
            .or(own.as_deref())
            .or(named.as_deref());
        let (chain, contradiction, unfounded, notices) = Store::look(
            &self.data_dir,
            |view: &View<'_>| {
                let chain = view.verify_audit()?;
                if matches!(chain, Chain::Broken { .. }) {
                    return Ok((chain, None, None, 0));
                }
                let mut contradiction = None;
                if named.is_some() && checkpoints.is_empty() {
                    let why = "it was signed before, but no checkpoint of it is kept: its tail may have been cut off";
                    contradiction = Some(why.to_owned());
                }
                for checkpoint in &checkpoints {
                    contradiction = checkpoint.contradiction(view, key)?;
                    if contradiction.is_some() {
                        break;
                    }
                }
                Ok((
                    chain,
                    contradiction,
                    view.first_unfounded_notice()?,
                    view.notices(u32::MAX)?.len(),
                ))
            },
        )?;
        let (entries, head) = match chain {
            Chain::Whole { entries, head } => (entries, head),
            Chain::Broken { at, why } => {
                bail!("監査記録は {at} 番から壊れています / audit broken at entry {at}: {why}")
            }
        };
        if let Some(why) = contradiction {
            bail!("監査記録が署名と合いません / the audit is not the one that was signed: {why}");
        }
        if let Some(why) = unfounded {
            bail!("監査記録と発表が一致しません / notices and audit disagree: {why}");
        }
        say(&format!(
            "監査記録は完全です / audit whole: {entries} entries, head {head}"
        ));
        say(&match checkpoints.iter().max_by_key(|c| c.entries) {
            Some(newest) => format!(
                "検認点 {} 件と一致、最新は {} 件目まで / equals {} signed checkpoints, the newest up to entry {}, key {}",
                checkpoints.len(),
                newest.entries,
                checkpoints.len(),
                newest.entries,
                newest.public_key
            ),
            None => "検認点がありません: 末尾が切られても分かりません / no checkpoint: a cut tail would not show"
                .to_owned(),
        });
        say(&format!(
            "承認済みの発表 {notices} 件の内容が承認時と一致 / notices equal what was approved"
        ));
        Ok(())
    }
}

impl Export {
    fn run(self) -> anyhow::Result<()> {
        let newest = checkpoint::kept(&self.data_dir)?.pop();
        match &self.to {
            Some(path) => {
                let mut file = std::fs::File::create(path)
                    .with_context(|| format!("{}: cannot be written", path.display()))?;
                write(&self.data_dir, newest.as_ref(), &mut file)?;
                file.sync_all()?;
            }
            None => write(
                &self.data_dir,
                newest.as_ref(),
                &mut std::io::stdout().lock(),
            )?,
        }
        Ok(())
    }
}

fn write(
    dir: &Path,
    newest: Option<&Checkpoint>,
    out: &mut impl std::io::Write,
) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(out);
    let mut after = 0;
    loop {
        let entries = Store::look(dir, |view| view.audit_after(after, BATCH))?;
        let Some(last) = entries.last() else { break };
        after = last.seq;
        for entry in &entries {
            serde_json::to_writer(&mut out, entry)?;
            out.write_all(b"\n")?;
        }
    }
    if let Some(checkpoint) = newest {
        serde_json::to_writer(&mut out, &serde_json::json!({ "checkpoint": checkpoint }))?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}
