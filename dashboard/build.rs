//! Builds the officers' console with Node and puts it into this crate.
//!
//! `DASHBOARD_BUILD=skip` leaves it out; `DASHBOARD_BUILD=require` makes a missing one an error, for releases and the tests in a
//! browser. Without either, a machine that has no Node, or no network for the packages, builds everything else and is told so by a
//! warning; the program then explains itself at `/console/`.

use std::collections::hash_map::DefaultHasher;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::hash::Hasher as _;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the console is made of; whatever of it is there makes a build when it changes.
const INPUTS: [&str; 11] = [
    "index.html",
    "package-lock.json",
    "package.json",
    "public",
    "src",
    "svelte.config.js",
    "svelte.config.ts",
    "tsconfig.json",
    "vite.config.js",
    "vite.config.ts",
    "wall.html",
];
const NODE_MIN: u32 = 20;

fn main() {
    println!("cargo::rerun-if-env-changed=DASHBOARD_BUILD");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=pack.mjs");
    let wanted = env::var("DASHBOARD_BUILD").unwrap_or_default();
    let out =
        PathBuf::from(env::var("OUT_DIR").expect("cargo names OUT_DIR to every build script"));
    let source =
        PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo names the crate's folder"))
            .join("console");
    watch(&source);
    let built = match wanted.as_str() {
        "skip" => Err("DASHBOARD_BUILD=skip".to_owned()),
        "" | "require" => build(&source, &out),
        other => panic!("DASHBOARD_BUILD is {other}; it must be skip, require or unset"),
    };
    let text = match built {
        Ok(files) => listed(&files),
        Err(why) if wanted == "require" => panic!("the console could not be built: {why}"),
        Err(why) => {
            if wanted != "skip" {
                // Node or the line may be there at the next build: what is not there is watched for, so that it is tried again.
                println!("cargo::rerun-if-changed=console-was-not-built");
                println!("cargo::warning=the officers' console is left out: {why}");
            }
            absent(&why)
        }
    };
    fs::write(out.join("console_files.rs"), text).expect("OUT_DIR can be written");
}

/// Names every input, so that a change makes a build and nothing else does.
fn watch(source: &Path) {
    let mut any = false;
    for input in INPUTS {
        let path = source.join(input);
        if path.exists() {
            any = true;
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    if !any {
        // Nothing is there to watch yet: the folder above shows when something comes.
        println!("cargo::rerun-if-changed=.");
    }
}

/// Builds it into `out/console`. What an earlier build left is removed first: a failed build must not look like that one.
fn build(source: &Path, out: &Path) -> Result<Vec<PathBuf>, String> {
    let (to, packed) = (out.join("console"), out.join("console-packed"));
    for old in [&to, &packed] {
        match fs::remove_dir_all(old) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => {
                return Err(format!("{}: {why}", old.display()));
            }
            _ => {}
        }
    }
    if !source.join("package.json").exists() {
        return Err(format!("there is no {}", source.display()));
    }
    node_is_new_enough()?;
    // Two runs of cargo must not install into one folder at once. The lock falls with the process.
    let lock = fs::File::create(lock_path(source)).map_err(|why| format!("lock: {why}"))?;
    lock.lock().map_err(|why| format!("lock: {why}"))?;
    install(source)?;
    run(Command::new("node")
        .args([
            "node_modules/vite/bin/vite.js",
            "build",
            "--emptyOutDir",
            "--outDir",
        ])
        .arg(&to)
        .env("HINAN_CONSOLE_OUT", &to)
        .current_dir(source))?;
    let script = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("pack.mjs");
    run(Command::new("node")
        .arg(script)
        .args([&to, &packed])
        .arg(source))?;
    drop(lock);
    for wanted in ["index.html", "wall.html", "licenses.txt"] {
        if !to.join(wanted).exists() {
            return Err(format!("the build made no {wanted}"));
        }
    }
    let mut files = Vec::new();
    collect(&to, Path::new(""), &mut files).map_err(|why| format!("{}: {why}", to.display()))?;
    files.sort();
    Ok(files)
}

fn node_is_new_enough() -> Result<(), String> {
    let said = Command::new("node")
        .arg("--version")
        .output()
        .map_err(|why| format!("node does not start ({why})"))?;
    let version = String::from_utf8_lossy(&said.stdout);
    let major = version
        .trim()
        .strip_prefix('v')
        .and_then(|rest| rest.split('.').next())
        .and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= NODE_MIN => Ok(()),
        _ => Err(format!(
            "node is {}; {NODE_MIN} or newer is needed",
            version.trim()
        )),
    }
}

/// Installs the packages that the lock file names, once for each lock file. A machine without network falls back in seconds.
fn install(source: &Path) -> Result<(), String> {
    let wanted = fs::read(source.join("package-lock.json"))
        .map_err(|why| format!("package-lock.json: {why}"))?;
    let mark = source.join("node_modules/.installed-for");
    let name = hash(&[&wanted]);
    if fs::read_to_string(&mark).is_ok_and(|there| there == name) {
        return Ok(());
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    run(Command::new(npm)
        .args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefer-offline",
            "--include=dev",
        ])
        .args(["--fetch-retries=0", "--fetch-timeout=10000"])
        .current_dir(source))?;
    fs::write(&mark, name).map_err(|why| format!("{}: {why}", mark.display()))
}

fn run(command: &mut Command) -> Result<(), String> {
    let said = command
        .output()
        .map_err(|why| format!("{:?} does not start ({why})", command.get_program()))?;
    if said.status.success() {
        return Ok(());
    }
    // The last lines say what went wrong; a warning of cargo is one line.
    let text = [said.stdout, said.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let last = lines[lines.len().saturating_sub(6)..].join(" | ");
    Err(format!("{:?} failed: {last}", command.get_program()))
}

fn lock_path(source: &Path) -> PathBuf {
    let name = hash(&[source.as_os_str().as_encoded_bytes()]);
    env::temp_dir().join(format!("hinan-console-{name}.lock"))
}

fn collect(root: &Path, within: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(within))? {
        let entry = entry?;
        let path = within.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(root, &path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// The Rust source that holds them.
fn listed(files: &[PathBuf]) -> String {
    let out = env::var("OUT_DIR").unwrap_or_default();
    let mut named: Vec<(String, &PathBuf)> = files
        .iter()
        .map(|path| (path.to_string_lossy().replace('\\', "/"), path))
        .collect();
    named.sort();
    let mut all: Vec<Vec<u8>> = Vec::new();
    let mut text = String::from("const FILES: &[File] = &[\n");
    for (name, path) in &named {
        let full = Path::new(&out).join("console").join(path);
        let gzip = Path::new(&out)
            .join("console-packed")
            .join(format!("{name}.gz"));
        let packed = if gzip.exists() {
            format!("Some(include_bytes!({:?}))", gzip.display().to_string())
        } else {
            "None".to_owned()
        };
        let _ = writeln!(
            text,
            "    File {{ name: {name:?}, kind: {:?}, bytes: include_bytes!({:?}), gzip: {packed} }},",
            kind(name),
            full.display().to_string(),
        );
        all.push(name.clone().into_bytes());
        all.push(fs::read(&full).unwrap_or_default());
    }
    let parts: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
    let _ = write!(
        text,
        "];\nconst DIGEST: Option<&str> = Some({:?});\nconst ABSENT: Option<&str> = None;\n",
        hash(&parts)
    );
    text
}

fn absent(why: &str) -> String {
    format!(
        "const FILES: &[File] = &[];\nconst DIGEST: Option<&str> = None;\nconst ABSENT: Option<&str> = Some({why:?});\n"
    )
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// A short name of these bytes. It tells builds apart and protects nothing.
fn hash(parts: &[&[u8]]) -> String {
    let mut hasher = DefaultHasher::new();
    for part in parts {
        hasher.write(part);
        hasher.write_usize(part.len());
    }
    format!("{:016x}", hasher.finish())
}
