//! The command line: it teaches, checks, and hands over.

mod audit;
mod authority;
mod bridge;
mod check_config;
mod decode;
mod demo;
mod devices;
mod evaluate;
mod explain;
mod forecast;
mod import;
mod locate;
mod models;
mod officer;
mod print;
mod qc;
mod replay;
mod rivers;
mod serve;
mod train;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::print::complain;

/// 避難 Hinan: flood decision support for a municipality's disaster room.
///
/// Without a command it runs the demo: a recorded flood of 2016, replayed through the whole service as if live.
/// Hinan only ever recommends; a named official reads, changes, declines or approves.
#[derive(Parser)]
#[command(version, arg_required_else_help = false, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// 再現: replay the record flood of August 2016 in Obihiro through the whole service
    Demo(demo::Demo),
    /// 本番: run the service with a town's own configuration
    Serve(serve::Serve),
    /// Check a configuration and explain it in words
    CheckConfig(check_config::CheckConfig),
    /// Print what messages of devices, networks and agencies say, as JSON lines
    Decode(decode::Decode),
    /// Try quality checks on a series of levels: every check's flag and the joined one
    Qc(qc::Qc),
    /// 学習: fit forecast models on past levels and rain, one file per gauge with its card
    Train(train::Train),
    /// 検証: measure the forecasts on floods they were not fitted on
    Evaluate(evaluate::Evaluate),
    /// 承認: read the cards of model files, approve one for use, or withdraw it
    Models(models::Models),
    /// 予測: forecast the levels of a folder of readings with fitted models
    Forecast(forecast::Forecast),
    /// 場所: what is known about places, one a line: zones, depth, district, shelters
    Locate(locate::Locate),
    /// 取込: turn the geodata a town really has into one checked bundle
    Import(import::Import),
    /// 導出: write out how one recommendation was worked out, to recompute it by hand
    Explain(explain::Explain),
    /// Recompute what was advised: from a recording, or from a data directory
    Replay(replay::Replay),
    /// Who may speak: enrol devices (観測機器), give them new secrets, take them out of use
    Devices(devices::Devices),
    /// Add or change an officer's account
    Officer(officer::Officer),
    /// 発令権限: who may issue, on which basis; the order of succession
    Authority(authority::Authority),
    /// 気象庁: carry the agency's public telegrams to the town's MQTT broker
    Bridge(bridge::BridgeCommand),
    /// 監査記録: verify it, or export it
    Audit(audit::Audit),
    /// The same as `hinan audit verify`
    Verify(audit::Verify),
}

/// Runs what the command line asks for.
#[must_use]
pub fn main() -> ExitCode {
    let outcome = match Cli::parse()
        .command
        .unwrap_or_else(|| Command::Demo(demo::Demo::default()))
    {
        Command::Demo(demo) => demo.run(),
        Command::Serve(serve) => serve.run(),
        Command::CheckConfig(check) => check.run(),
        Command::Decode(decode) => match decode.run() {
            Ok(status) => return status,
            Err(why) => Err(why),
        },
        Command::Qc(qc) => match qc.run() {
            Ok(status) => return status,
            Err(why) => Err(why),
        },
        Command::Train(train) => train.run(),
        Command::Evaluate(evaluate) => evaluate.run(),
        Command::Models(models) => models.run(),
        Command::Forecast(forecast) => forecast.run(),
        Command::Locate(locate) => locate.run(),
        Command::Import(import) => import.run(),
        Command::Explain(explain) => explain.run(),
        Command::Replay(replay) => replay.run(),
        Command::Devices(devices) => devices.run(),
        Command::Officer(officer) => officer.run(),
        Command::Authority(authority) => authority.run(),
        Command::Bridge(bridge) => bridge.run(),
        Command::Audit(audit) => audit.run(),
        Command::Verify(verify) => verify.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// A runtime with threads for everything that waits.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?)
}
