//! `hinan audit`: is the record whole, and what does it say?

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use super::print::say;
use crate::checkpoint::{self, Checkpoint, Place};
use crate::clock::wall;
use crate::store::accusations::{ACCEPTED, RECORD};
use crate::store::audit::Chain;
use crate::store::{Store, StoreError, View};

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
    /// 了承: answer for what contradicts the record, such as a backup that was put back; it is noted, and not told again
    Accept(Accept),
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

/// Notes who knows why checkpoints contradict the record. Those signed until now that do are set aside, by an entry that counts them and
/// names the newest; whatever is signed later counts. Rows that another program wrote stay told by verify.
#[derive(Args)]
struct Accept {
    /// The data directory
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// Why, in words that somebody understands in ten years: who put which backup back, and when
    #[arg(long, value_name = "WORDS")]
    because: String,
    /// The folder of copies (audit.copy_to), if there is one
    #[arg(long, value_name = "DIR")]
    copies: Option<PathBuf>,
}

/// Entries read at a time.
const BATCH: u32 = 1000;
/// Characters of a reason, at most.
const BECAUSE_MAX: usize = 500;

impl Audit {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self.what {
            What::Verify(verify) => verify.run(),
            What::Export(export) => export.run(),
            What::Accept(accept) => accept.run(),
        }
    }
}

/// The key that the record says signs it.
enum Named {
    /// None was ever named.
    None,
    Key(String),
    /// One was named, and the entry cannot be read: no word that there is none.
    Unreadable,
}

impl Named {
    const WHY_NOT: &str =
        "署名鍵の記録の詳細を読めません / the entry that names the signing key cannot be read";

    fn in_record(dir: &Path) -> anyhow::Result<Self> {
        let Some(detail) = Store::look(dir, |view| view.last_detail("audit_key"))? else {
            return Ok(Self::None);
        };
        let detail = serde_json::from_str::<serde_json::Value>(&detail).ok();
        let key = detail.and_then(|detail| Some(detail["public_key"].as_str()?.to_owned()));
        Ok(key.map_or(Self::Unreadable, Self::Key))
    }

    /// The key that must have signed: the one that is known from elsewhere, else the named one.
    fn believed<'k>(&'k self, known: Option<&'k str>) -> anyhow::Result<Option<&'k str>> {
        match (known, self) {
            (Some(known), _) => Ok(Some(known)),
            (None, Self::Key(named)) => Ok(Some(named)),
            (None, Self::None) => Ok(None),
            (None, Self::Unreadable) => bail!(Self::WHY_NOT),
        }
    }
}

impl Accept {
    fn run(self) -> anyhow::Result<()> {
        let because = self.because.trim();
        if because.is_empty() || because.chars().count() > BECAUSE_MAX {
            bail!(
                "--because は1〜{BECAUSE_MAX}字で書いてください / --because takes 1 to {BECAUSE_MAX} characters"
            );
        }
        let (id, (town, realm)) = Store::look(&self.data_dir, |view| {
            Ok((view.record_id()?, view.belongs_to()?))
        })?;
        let mut checkpoints = checkpoint::kept(&Place::beside(&self.data_dir))?;
        if let Some(copies) = &self.copies {
            checkpoints.extend(checkpoint::kept(&Place::copies(copies, &id))?);
        }
        let own = checkpoint::public_key_in(&self.data_dir);
        let named = Named::in_record(&self.data_dir)?;
        let key = named.believed(own.as_deref())?;
        let (against, accusation) = Store::look(&self.data_dir, |view: &View<'_>| {
            let up_to = view.accepted_up_to()?;
            let mut against = Vec::new();
            for one in checkpoints.iter().filter(|one| Some(one.at) > up_to) {
                if one.contradiction(view, key)?.is_some() {
                    against.push(one);
                }
            }
            Ok((against, view.accusation()?))
        })?;
        let newest = against.iter().max_by_key(|one| one.at);
        if newest.is_none() && accusation.is_none() {
            bail!(
                "了承するものがありません: 記録は検認点と合っています / nothing contradicts the record"
            );
        }
        let detail = json!({
            "because": because, "up_to": newest.map(|one| one.at), "set_aside": against.len(),
            "newest": newest.map(|one| json!({ "entries": one.entries, "head": one.head, "at": one.at })),
            "answers": accusation.map(|entry| entry.seq),
        });
        let store = Store::open_beside(&self.data_dir, realm, &town)?;
        let seq = store.write(|tx| tx.audit(wall(), "console", ACCEPTED, RECORD, &detail))?;
        say(&format!(
            "監査 {seq} 番に記しました: 検認点 {} 件を除外 / noted as entry {seq}: {} checkpoints set aside. 動いているサービスの画面の注意は、次の起動で消えます / pages of a running service say so until its next start",
            against.len(),
            against.len()
        ));
        Ok(())
    }
}

impl Verify {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut checkpoints = checkpoint::kept(&Place::beside(&self.data_dir))?;
        if let Some(file) = &self.checkpoints {
            checkpoints.extend(checkpoint::read(file)?);
        }
        let own = checkpoint::public_key_in(&self.data_dir);
        let named = Named::in_record(&self.data_dir)?;
        // Where the chain itself is broken, that is said first.
        let believed = named.believed(self.public_key.as_deref().or(own.as_deref()));
        let key = believed.as_ref().ok().copied().flatten();
        let (chain, held, unfounded, notices) = Store::look(&self.data_dir, |view: &View<'_>| {
            let chain = view.verify_audit()?;
            if matches!(chain, Chain::Broken { .. }) {
                return Ok((chain, Held::default(), None, 0));
            }
            let mut held = Held::of(view, &checkpoints, key)?;
            if !matches!(named, Named::None) && checkpoints.is_empty() {
                let why = "it was signed before, but no checkpoint of it is kept: its tail may have been cut off";
                held.contradiction = Some(why.to_owned());
            }
            Ok((
                chain,
                held,
                view.first_unfounded_notice()?,
                view.notices(u32::MAX)?.len(),
            ))
        })?;
        let (entries, head) = match chain {
            Chain::Whole { entries, head } => (entries, head),
            Chain::Broken { at, why } => {
                bail!("監査記録は {at} 番から壊れています / audit broken at entry {at}: {why}")
            }
        };
        believed?;
        if let Some(why) = held.contradiction {
            bail!("監査記録が署名と合いません / the audit is not the one that was signed: {why}");
        }
        if let Some(why) = unfounded {
            bail!("監査記録と発表が一致しません / notices and audit disagree: {why}");
        }
        say(&format!(
            "監査記録は完全です / audit whole: {entries} entries, head {head}"
        ));
        if held.set_aside > 0 {
            say(&format!(
                "検認点 {} 件は了承により除外 / {} checkpoints were set aside by an entry ({ACCEPTED})",
                held.set_aside, held.set_aside
            ));
        }
        say(&match &held.newest {
            Some(newest) => format!(
                "検認点 {} 件と一致、最新は {} 件目まで / equals {} signed checkpoints, the newest up to entry {}, key {}",
                held.equal, newest.entries, held.equal, newest.entries, newest.public_key
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

/// The record beside its checkpoints.
#[derive(Default)]
struct Held {
    contradiction: Option<String>,
    /// How many equal it, and the newest of them.
    equal: usize,
    newest: Option<Checkpoint>,
    /// How many do not, and somebody has answered for it.
    set_aside: usize,
}

impl Held {
    fn of(view: &View<'_>, all: &[Checkpoint], key: Option<&str>) -> Result<Self, StoreError> {
        let (up_to, mut held) = (view.accepted_up_to()?, Self::default());
        for one in all {
            match one.contradiction(view, key)? {
                None => {
                    held.equal += 1;
                    if held
                        .newest
                        .as_ref()
                        .is_none_or(|newest| newest.entries < one.entries)
                    {
                        held.newest = Some(one.clone());
                    }
                }
                Some(_) if Some(one.at) <= up_to => held.set_aside += 1,
                Some(why) => {
                    held.contradiction = Some(why);
                    break;
                }
            }
        }
        Ok(held)
    }
}

impl Export {
    fn run(self) -> anyhow::Result<()> {
        let newest = checkpoint::kept(&Place::beside(&self.data_dir))?.pop();
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
