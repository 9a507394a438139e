//! Keys of the service's own: of second factors, of the signature under documents, of the pages.

use crate::app::App;
use crate::clock::wall;
use crate::config::{Config, Signing};
use crate::vault::Vault;
use crate::{own_certificate, web};

/// Opens the key to second factors, and encrypts what an earlier version kept in the clear. Without it nobody gets in who has a
/// second factor: that is said, and everything else starts.
pub(super) fn open_vault(app: &App) -> anyhow::Result<()> {
    match Vault::of_record(&app.config.service.data_dir, &app.store) {
        Ok(vault) => {
            let lost = vault.not_opened(&app.store)?;
            if !lost.is_empty() {
                let names = lost.join(", ");
                tracing::error!(names, "second factors were sealed with another key");
                app.warn(format!(
                    "2要素目の鍵が違うため、次の職員はサインインできません: {names}。second-factor.key をバックアップから戻すか、コンソールの hinan officer --totp で登録し直してください"
                ));
            }
            let sealed = vault.seal_clear(&app.store)?;
            if sealed > 0 {
                tracing::info!(sealed, "second factors were encrypted");
            }
            app.vault.keep(vault);
        }
        Err(why) => {
            tracing::error!(%why, "second factors cannot be read: nobody who has one can sign in");
            app.warn(format!(
                "2要素目の鍵を読めないため、2要素目のある職員はサインインできません。管理者へ連絡してください: {why}"
            ));
        }
    }
    Ok(())
}

/// Names the key that the service makes itself, where it signs with that. What officers must be told of it, if anything.
pub(super) fn own_signing_key(config: &mut Config) -> anyhow::Result<Option<String>> {
    let publish = &mut config.publish;
    if publish.sign != Signing::Own {
        return Ok(None);
    }
    let made = own_certificate::for_signing(&config.service.data_dir, &publish.sender, wall())?;
    let fingerprint = own_certificate::fingerprint(&made.certificate)?;
    tracing::info!(%fingerprint, certificate = %made.certificate.display(), "documents are signed with a key of our own");
    publish.sign_key_file = made.key;
    publish.sign_certificate_file = made.certificate;
    Ok(made.instead_of.map(|why| {
        tracing::error!(why, %fingerprint, "the own signing key was set aside, and another one made");
        format!(
            "発表に付ける署名の鍵を作り直しました(元のものは使えませんでした: {why})。受信側に新しい証明書を渡してください。指紋: {fingerprint}"
        )
    }))
}

/// TLS of the pages: with the town's certificate, or one of the service's own making.
pub(super) fn web_tls(app: &App) -> anyhow::Result<Option<tokio_rustls::TlsAcceptor>> {
    let config = &app.config.web;
    if !config.has_tls() {
        return Ok(None);
    }
    let (certificate, key) = if config.self_signed {
        let host = reqwest::Url::parse(&app.config.publish.public_url).ok();
        let host = host.as_ref().and_then(|url| url.host_str());
        let made = own_certificate::at(&app.config.service.data_dir, host, wall())?;
        if let Some(why) = made.instead_of {
            let new = own_certificate::fingerprint(&made.certificate)?;
            tracing::error!(why, fingerprint = %new, "the own certificate was set aside, and another one made");
            app.warn(format!(
                "この画面の証明書を作り直しました(元のものは使えませんでした: {why})。ブラウザーに表示される指紋が次のものと同じか確かめてから進んでください: {new}"
            ));
        }
        (made.certificate, made.key)
    } else {
        (config.tls_certificate.clone(), config.tls_key.clone())
    };
    app.set_certificate_fingerprint(own_certificate::fingerprint(&certificate)?);
    Ok(Some(web::acceptor(&certificate, &key)?))
}
