//! An authority for certificates, and what it signs: made anew for each test.

use std::path::Path;
use std::process::Command;

/// A key and a certificate `{file}.key` and `{file}.pem` of this common name, good for 127.0.0.1, signed by the authority
/// `ca.pem`, which is made if there is none yet. False, and a word about it, without openssl.
pub(crate) fn certificates(home: &Path, file: &str, common_name: &str) -> bool {
    let openssl = |arguments: &str| {
        let run = Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(home)
            .output();
        run.is_ok_and(|run| run.status.success())
    };
    std::fs::write(home.join("san"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    let signed = "-CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san";
    let authority = home.join("ca.pem").exists()
        || openssl(&format!(
            "req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=authority"
        ));
    let made = authority
        && openssl(&format!(
            "req {key} -keyout {file}.key -out {file}.csr -subj /CN={common_name}"
        ))
        && openssl(&format!(
            "x509 -req -in {file}.csr -out {file}.pem {signed}"
        ));
    if !made {
        eprintln!("skipped: no openssl");
    }
    made
}
