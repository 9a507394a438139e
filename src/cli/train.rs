//! `hinan train`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use hinan_models::{
    Basin, FloodModel, History, Hyper, ModelCard, ModelFile, Question, data_sha256_of,
    leave_floods_out, recipe_sha256, suggest_upstream,
};

use super::print::say;
use super::rivers::{Rivers, bar, credit, model_path, read_model};

/// 学習: 過去の水位と雨量から、水位計ごとの予測モデルを作ります。
///
/// フォルダには series.csv（または series.csv.gz）と case.toml を置きます。case.toml には、予測する水位計、上流の
/// 水位計、雨量、学習に使う期間を書きます。できたモデルは1つの水位計につき1つのファイルで、出典、期間、出水、精度、弱点を
/// 書いたカードが付きます。精度は、出水を丸ごと学習から外して測ります。途中で止めても、もう一度実行すれば続きから始まります。
///
/// Fits one model per gauge from past levels and rain. A model file carries its card: data, period, floods, how good it was on
/// floods that were left out whole, and where it is weak. Stopped half-way, it goes on where it was: a finished model is kept
/// when readings, case and settings are the same. The same readings give the same bytes.
///
/// A new model is not used by the service before an administrator has approved it with its card.
#[derive(Args)]
pub(super) struct Train {
    #[command(flatten)]
    rivers: Rivers,
    /// Folder for the models
    #[arg(long, value_name = "DIR", required_unless_present = "suggest_upstream")]
    out: Option<PathBuf>,
    /// Fit on all readings, those too that the case keeps for the test (then no test is left)
    #[arg(long)]
    all: bool,
    /// Groups of floods that are left out in turn to measure the card's figures; 0 = do not measure
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(0..=50))]
    groups: u16,
    /// Only print which gauges may lie upstream, from whose changes come first; nothing is fitted, nothing is used
    #[arg(long)]
    suggest_upstream: bool,
}

impl Train {
    pub(super) fn run(self) -> anyhow::Result<()> {
        if self.suggest_upstream {
            return self.suggest();
        }
        let out = self.out.as_deref().context("--out is needed")?;
        let basin = self.rivers.open()?;
        std::fs::create_dir_all(out).with_context(|| out.display().to_string())?;
        let history = if self.all {
            basin.history.clone()
        } else {
            basin.train()
        };
        let recipe = Hyper::default();
        let progress = bar(basin.questions.len(), "学習 fitting");
        let (mut kept, mut failed) = (0, Vec::new());
        for question in &basin.questions {
            progress.set_message(question.name.clone());
            let path = model_path(out, &question.case.target);
            if self.is_finished(&path, question, &history, &recipe) {
                kept += 1;
                progress.inc(1);
                continue;
            }
            let said = |done: usize, of: usize| {
                progress.set_message(format!("{} 検証 check {done}/{of}", question.name));
            };
            match self.fit(question, &history, &recipe, &basin, said) {
                Ok(file) => {
                    write(&path, &file)?;
                    progress.suspend(|| say(&summary(&file, &path)));
                }
                Err(why) => failed.push(format!("{}: {why:#}", question.name)),
            }
            progress.inc(1);
        }
        progress.finish_and_clear();
        if kept > 0 {
            say(&format!(
                "{kept}件は、同じデータと設定で作られたモデルがあるため、そのままです。 {kept} kept: same readings, case and settings."
            ));
        }
        credit(&basin);
        if failed.is_empty() {
            return Ok(());
        }
        anyhow::bail!(
            "{}件を学習できませんでした。 not fitted:\n  {}",
            failed.len(),
            failed.join("\n  ")
        )
    }

    /// A model of the same readings, case and settings by the same program is there already.
    fn is_finished(
        &self,
        path: &Path,
        question: &Question,
        history: &History,
        recipe: &Hyper,
    ) -> bool {
        // What cannot be read is made anew.
        let Ok(Some((file, _))) = read_model(path) else {
            return false;
        };
        let card = &file.card;
        card.data_sha256 == data_sha256_of(history, &question.case)
            && card.recipe_sha256 == recipe_sha256(recipe)
            && card.case == question.case
            && card.name == question.name
            && card.made_by == ModelCard::made_by_us()
            && (card.groups > 0 || self.groups == 0)
    }

    fn fit(
        &self,
        question: &Question,
        history: &History,
        recipe: &Hyper,
        basin: &Basin,
        mut said: impl FnMut(usize, usize),
    ) -> anyhow::Result<ModelFile> {
        let model = FloodModel::new(recipe.clone())?;
        let groups = usize::from(self.groups);
        let examined = if groups >= 2 {
            let (case, threshold) = (&question.case, question.threshold);
            leave_floods_out(history, case, &model, threshold, groups, &mut said)?
        } else {
            None
        };
        let licence = (basin.file.licence.as_str(), basin.file.attribution.as_str());
        let examined = examined.as_ref().map(|examined| (examined, groups));
        Ok(ModelFile {
            card: ModelCard::of(question, history, recipe, licence, examined),
            model: model.fit(history, &question.case)?,
        })
    }

    fn suggest(&self) -> anyhow::Result<()> {
        let basin = self.rivers.open()?;
        let levels = Basin::all_levels(&self.rivers.history, &self.rivers.case_file())?;
        for question in &basin.questions {
            say(&format!(
                "{} ({}): 先に動く水位計（上流かどうかは、川を知る人が判断してください） gauges that move first; whether they lie upstream is for those to say who know the river",
                question.name, question.case.target
            ));
            let found = suggest_upstream(&levels, &question.case.target);
            if found.is_empty() {
                say("  なし none");
            }
            for s in found.iter().take(10) {
                say(&format!(
                    "  {}  {:.1} h  相関 correlation {:.2}（{}組 pairs）",
                    s.gauge, s.lag_h, s.correlation, s.pairs
                ));
            }
        }
        say(
            "使うには case.toml の upstream に書いてください。 To use one, write it under `upstream` in case.toml.",
        );
        Ok(())
    }
}

/// Through a file beside it, so that a power cut leaves the old file or the new one.
fn write(path: &Path, file: &ModelFile) -> anyhow::Result<()> {
    use std::io::Write as _;
    let beside = path.with_extension("part");
    let of = || beside.display().to_string();
    let mut part = std::fs::File::create(&beside).with_context(of)?;
    part.write_all(&file.to_bytes()?)
        .and_then(|()| part.sync_all())
        .with_context(of)?;
    std::fs::rename(&beside, path).with_context(|| path.display().to_string())
}

fn summary(file: &ModelFile, path: &Path) -> String {
    let card = &file.card;
    let mut lines = vec![format!(
        "{} ({}): 出水{}回 {} floods, {} → {}",
        card.name,
        card.gauge,
        card.floods.len(),
        card.floods.len(),
        card.from,
        path.display()
    )];
    for lead in &card.leads {
        let interval = |i: Option<hinan_models::Interval>| {
            i.map_or("–".to_owned(), |i| {
                format!("{:.2} ({:.2}–{:.2})", i.value, i.low, i.high)
            })
        };
        lines.push(format!(
            "  {} h  改善率 skill {}  出水時90%区間 90 % in floods {}",
            lead.lead_h,
            interval(lead.skill),
            interval(lead.coverage90_flood)
        ));
    }
    for spot in &card.weak_spots {
        lines.push(format!("  弱点 weak: {} {}", spot.ja, spot.en));
    }
    lines.join("\n")
}
