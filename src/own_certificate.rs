//! Certificates of the service's own making (自己署名証明書), for a town that has none yet: one for its pages, one to sign what leaves.
//! Made once, kept private, known by their fingerprints.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use hinan_notice::document::signature::validity;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

use crate::private_file;

/// Names of the files in the data directory, certificate and key.
const PAGES: [&str; 2] = ["web.pem", "web.key"];
const SIGNING: [&str; 2] = ["signing.pem", "signing.key"];
/// How long it holds. Some browsers refuse more than 825 days.
const HOLDS: SignedDuration = SignedDuration::from_hours(800 * 24);
/// So long before its end another one is made, at a start.
const RENEWED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The files to serve with.
pub(crate) struct Made {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    /// Why the pair that was there could not be used, and was set aside. Browsers know the new one by nothing yet.
    pub(crate) instead_of: Option<String>,
}

/// The certificate in `dir`; made if there is none, or if it ends soon (the old one is set aside). It is for `host`, the name
/// under which residents reach the pages, and for this machine. A pair of our own that cannot be used (others could read the key, a
/// half is missing or damaged after a backup was put back) is set aside, and another one made: the pages must open tonight.
///
/// # Errors
/// A file that cannot be made or set aside.
pub(crate) fn at(dir: &Path, host: Option<&str>, now: Timestamp) -> anyhow::Result<Made> {
    kept(dir, PAGES, now, || signed(host, now))
}

/// The same for the key that signs documents of this sender. It names no machine.
///
/// # Errors
/// A file that cannot be made or set aside.
pub(crate) fn for_signing(dir: &Path, sender: &str, now: Timestamp) -> anyhow::Result<Made> {
    let name = format!("Hinan CAP {sender}");
    kept(dir, SIGNING, now, || certified(Vec::new(), &name, now))
}

fn kept(
    dir: &Path,
    [certificate, key]: [&str; 2],
    now: Timestamp,
    make: impl FnOnce() -> anyhow::Result<(String, String)>,
) -> anyhow::Result<Made> {
    let mut made = Made {
        certificate: dir.join(certificate),
        key: dir.join(key),
        instead_of: None,
    };
    match (made.certificate.exists(), made.key.exists()) {
        (true, true) => match usable(&made) {
            Ok(until) if until.duration_since(now) > RENEWED => return Ok(made),
            Ok(until) => {
                tracing::warn!(%until, "the own certificate ends soon; another one is made");
            }
            Err(why) => made.instead_of = Some(format!("{why:#}")),
        },
        // A power cut between the two: nothing was served with it.
        (false, true) | (false, false) => {}
        (true, false) => {
            made.instead_of = Some(format!("{} is not there", made.key.display()));
        }
    }
    for path in [&made.certificate, &made.key] {
        if path.exists() {
            private_file::set_aside(path)
                .with_context(|| format!("{}: cannot be set aside", path.display()))?;
        }
    }
    let (certificate, key) = make()?;
    for (path, text) in [(&made.key, key), (&made.certificate, certificate)] {
        private_file::put(path, text.as_bytes())
            .with_context(|| format!("{}: cannot be made", path.display()))?;
    }
    Ok(made)
}

/// Until when a pair can be used; an error says why it cannot.
fn usable(made: &Made) -> anyhow::Result<Timestamp> {
    if let Err(why) = private_file::check(&made.key)? {
        bail!("{}: {why}", made.key.display());
    }
    crate::web::acceptor(&made.certificate, &made.key)?;
    let (_, until) = validity(&first(&made.certificate)?)
        .with_context(|| format!("{}: no validity is in it", made.certificate.display()))?;
    Ok(until)
}

/// A new certificate and its key, PEM.
fn signed(host: Option<&str>, now: Timestamp) -> anyhow::Result<(String, String)> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"]
        .map(str::to_owned)
        .to_vec();
    if let Some(host) = host.map(|host| host.trim_matches(['[', ']']))
        && !names.iter().any(|name| name == host)
    {
        names.insert(0, host.to_owned());
    }
    let subject = host.filter(|host| host.parse::<IpAddr>().is_err());
    let name = format!("Hinan {}", subject.unwrap_or("localhost"));
    certified(names, &name, now)
}

fn certified(names: Vec<String>, name: &str, now: Timestamp) -> anyhow::Result<(String, String)> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, name);
    let day = |at: Timestamp| -> anyhow::Result<_> {
        let date = TimeZone::UTC.to_datetime(at).date();
        let (month, day) = (u8::try_from(date.month())?, u8::try_from(date.day())?);
        Ok(date_time_ymd(i32::from(date.year()), month, day))
    };
    // A day early: clocks of browsers differ.
    params.not_before = day(now - SignedDuration::from_hours(24))?;
    params.not_after = day(now + HOLDS)?;
    let key = KeyPair::generate()?;
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

fn first(path: &Path) -> anyhow::Result<CertificateDer<'static>> {
    CertificateDer::from_pem_file(path)
        .with_context(|| format!("{}: no certificate in PEM is in it", path.display()))
}

/// SHA-256 of the first certificate of a PEM file, as browsers show it.
///
/// # Errors
/// When there is none.
pub(crate) fn fingerprint(path: &Path) -> anyhow::Result<String> {
    let digest = Sha256::digest(first(path)?);
    let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    Ok(pairs.join(":"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_once_kept_private_and_renewed_before_it_ends() {
        let home = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-09-01T00:00:00Z".parse().unwrap();
        let made = at(home.path(), Some("bosai.example.lg.jp"), now).unwrap();
        let known = fingerprint(&made.certificate).unwrap();
        assert_eq!(known.len(), 32 * 3 - 1);
        crate::web::acceptor(&made.certificate, &made.key).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&made.key).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let later = now + SignedDuration::from_hours(24 * 700);
        at(home.path(), Some("bosai.example.lg.jp"), later).unwrap();
        assert_eq!(fingerprint(&made.certificate).unwrap(), known);
        let at_its_end = now + SignedDuration::from_hours(24 * 780);
        at(home.path(), Some("bosai.example.lg.jp"), at_its_end).unwrap();
        assert_ne!(fingerprint(&made.certificate).unwrap(), known);
        let (from, until) = validity(&first(&made.certificate).unwrap()).unwrap();
        assert!(from < at_its_end && until.duration_since(at_its_end) > RENEWED);
        assert!(made.instead_of.is_none());
    }

    #[test]
    fn what_signs_documents_is_another_pair_than_that_of_the_pages_and_can_sign() {
        let home = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-09-01T00:00:00Z".parse().unwrap();
        let pages = at(home.path(), None, now).unwrap();
        let signing = for_signing(home.path(), "bosai@example.lg.jp", now).unwrap();
        assert_ne!(pages.key, signing.key);
        let read = |path: &Path| std::fs::read(path).unwrap();
        hinan_notice::document::signature::SigningKey::from_pem(
            &read(&signing.key),
            &read(&signing.certificate),
            crate::chance::source(),
        )
        .unwrap();
        let known = fingerprint(&signing.certificate).unwrap();
        let again = for_signing(home.path(), "bosai@example.lg.jp", now).unwrap();
        assert_eq!(fingerprint(&again.certificate).unwrap(), known, "kept");
    }

    #[test]
    fn a_pair_that_a_backup_brought_back_unusable_is_set_aside_and_the_pages_open_all_the_same() {
        let home = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-09-01T00:00:00Z".parse().unwrap();
        let mut known = Vec::new();
        let damages: [fn(&Made); 4] = [
            |made| {
                use std::os::unix::fs::PermissionsExt as _;
                let others = std::fs::Permissions::from_mode(0o640);
                std::fs::set_permissions(&made.key, others).unwrap();
            },
            |made| std::fs::remove_file(&made.key).unwrap(),
            |made| std::fs::write(&made.certificate, "no certificate").unwrap(),
            |made| {
                // Of another pair.
                let elsewhere = tempfile::tempdir().unwrap();
                let other = at(
                    elsewhere.path(),
                    None,
                    "2026-09-01T00:00:00Z".parse().unwrap(),
                );
                std::fs::copy(other.unwrap().certificate, &made.certificate).unwrap();
            },
        ];
        for (n, damage) in damages.into_iter().enumerate() {
            let made = at(home.path(), None, now).unwrap();
            known.push(fingerprint(&made.certificate).unwrap());
            damage(&made);
            let again = at(home.path(), None, now).unwrap();
            assert!(again.instead_of.is_some(), "{n} is told");
            crate::web::acceptor(&again.certificate, &again.key).unwrap();
            let fingerprint = fingerprint(&again.certificate).unwrap();
            assert!(!known.contains(&fingerprint), "{n} is another one");
        }
        let aside = std::fs::read_dir(home.path()).unwrap().filter(|file| {
            let name = file.as_ref().unwrap().file_name();
            name.to_string_lossy().contains(".aside-")
        });
        assert_eq!(aside.count(), 7, "nothing is lost");
    }
}
