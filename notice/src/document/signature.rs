//! The XML Signature of a CAP document: enveloped, exclusive canonicalization, SHA-256 with RSA or ECDSA P-256.
//!
//! Only documents that [`super::cap`] wrote are signed: they are in canonical form already, so the digest of the bytes from
//! the first to the last tag is the digest that every other program works out. The signature is put before the last tag
//! and changes no other byte; without it, the document is again the one that was approved.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use ring::rand::SecureRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

const LAST_TAG: &str = "</alert>";
const FIRST_TAG: &str = "<alert ";
const OPENS: &str = "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">";
const CLOSES: &str = "</ds:Signature>";

/// The town's key for signing, with the certificate that shows whose it is.
pub struct SigningKey {
    pair: Pair,
    certificate: Vec<u8>,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ecdsa(Box<EcdsaKeyPair>),
}

/// Why a key cannot sign. Nothing of the key is quoted.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum UnusableKey {
    /// Not a key.
    #[error(
        "署名鍵をPKCS#8のPEMとして読めません / the signing key is not a private key in PKCS#8 PEM (BEGIN PRIVATE KEY)"
    )]
    NotPkcs8,
    /// A key of another kind.
    #[error(
        "署名鍵は RSA(2048〜4096ビット)または ECDSA P-256 に限ります / the signing key must be RSA of 2048 to 4096 bits or ECDSA P-256: {0}"
    )]
    Kind(String),
    /// Not a certificate.
    #[error("証明書をPEMとして読めません / the certificate is not in PEM (BEGIN CERTIFICATE)")]
    NoCertificate,
    /// They do not belong together.
    #[error("証明書はこの署名鍵のものではありません / the certificate does not hold this key")]
    OtherCertificate,
}

/// Why a document was not signed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Unsigned {
    /// Not a document of ours.
    #[error("署名できる文書ではありません / not a document that can be signed: {0}")]
    NotOurs(&'static str),
    /// The key failed.
    #[error("署名に失敗しました / signing failed")]
    Failed,
}

/// Why a signature does not hold.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Invalid {
    /// There is none.
    #[error("署名がありません / there is no signature")]
    Missing,
    /// It is not written as ours are.
    #[error("この署名の形式は読めません / the signature is not in the form this program writes")]
    Form,
    /// The document is not the one that was signed.
    #[error("文書が署名後に変わっています / the document changed after it was signed")]
    Document,
    /// Not by this key.
    #[error("この鍵による署名ではありません / not signed by this key")]
    Key,
}

impl SigningKey {
    /// Reads a key and its certificate (the first of the file).
    ///
    /// # Errors
    /// [`UnusableKey`] says what is wrong with which of them.
    pub fn from_pem(
        key_pem: &[u8],
        certificate_pem: &[u8],
        random: &dyn SecureRandom,
    ) -> Result<Self, UnusableKey> {
        let key = PrivatePkcs8KeyDer::from_pem_slice(key_pem).map_err(|_| UnusableKey::NotPkcs8)?;
        let der = key.secret_pkcs8_der();
        let ecdsa = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, random);
        let pair = match (ecdsa, RsaKeyPair::from_pkcs8(der)) {
            (Ok(pair), _) => Pair::Ecdsa(Box::new(pair)),
            (_, Ok(pair)) => Pair::Rsa(Box::new(pair)),
            (_, Err(why)) => return Err(UnusableKey::Kind(why.to_string())),
        };
        let certificate = CertificateDer::from_pem_slice(certificate_pem)
            .map_err(|_| UnusableKey::NoCertificate)?;
        let key = Self {
            pair,
            certificate: certificate.to_vec(),
        };
        // The certificate holds the public key as it is, so it can be found in it.
        let public = key.public();
        let holds = certificate
            .windows(public.len())
            .any(|window| window == public);
        if holds {
            Ok(key)
        } else {
            Err(UnusableKey::OtherCertificate)
        }
    }

    /// The public half: for RSA as in PKCS #1, for ECDSA the point.
    #[must_use]
    pub fn public(&self) -> &[u8] {
        match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_ref(),
            Pair::Ecdsa(pair) => pair.public_key().as_ref(),
        }
    }

    /// From when until when its certificate holds: a signature outside is refused by receivers.
    #[must_use]
    pub fn validity(&self) -> Option<(Timestamp, Timestamp)> {
        validity(&self.certificate)
    }

    /// What it signs with, in words.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RSA, SHA-256",
            Pair::Ecdsa(_) => "ECDSA P-256, SHA-256",
        }
    }

    fn method(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => RSA_METHOD,
            Pair::Ecdsa(_) => ECDSA_METHOD,
        }
    }

    fn value(&self, message: &[u8], random: &dyn SecureRandom) -> Result<Vec<u8>, Unsigned> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, random, message, &mut signature)
                    .map_err(|_| Unsigned::Failed)?;
                Ok(signature)
            }
            Pair::Ecdsa(pair) => Ok(pair
                .sign(random, message)
                .map_err(|_| Unsigned::Failed)?
                .as_ref()
                .to_vec()),
        }
    }
}

/// From when until when a certificate (DER) holds; none when it cannot be read.
#[must_use]
pub fn validity(certificate: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let read = Certificate::from_der(certificate).ok()?;
    let validity = read.tbs_certificate.validity;
    let instant = |seconds: u64| Timestamp::from_second(i64::try_from(seconds).ok()?).ok();
    Some((
        instant(validity.not_before.to_unix_duration().as_secs())?,
        instant(validity.not_after.to_unix_duration().as_secs())?,
    ))
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.kind())
    }
}

const RSA_METHOD: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const ECDSA_METHOD: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";

/// Signs a document of ours.
///
/// # Errors
/// [`Unsigned`]; an unsigned document is never given back in its place.
pub fn sign(
    document: &[u8],
    key: &SigningKey,
    random: &dyn SecureRandom,
) -> Result<Vec<u8>, Unsigned> {
    let text = std::str::from_utf8(document).map_err(|_| Unsigned::NotOurs("not UTF-8"))?;
    if text.contains("<ds:Signature") {
        return Err(Unsigned::NotOurs("signed already"));
    }
    let canonical = canonical(text).ok_or(Unsigned::NotOurs("no <alert> of ours"))?;
    let info = signed_info(key.method(), &BASE64.encode(Sha256::digest(canonical)));
    let value = key.value(canonical_info(&info).as_bytes(), random)?;
    let (before, after) = text
        .rsplit_once(LAST_TAG)
        .ok_or(Unsigned::NotOurs("no last tag"))?;
    let signature = format!(
        "{OPENS}{info}<ds:SignatureValue>{}</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}\
         </ds:X509Certificate></ds:X509Data></ds:KeyInfo>{CLOSES}",
        BASE64.encode(value),
        BASE64.encode(&key.certificate)
    );
    Ok(format!("{before}{signature}{LAST_TAG}{after}").into_bytes())
}

/// The document without its signature: the bytes that were approved. `None` when it has none.
#[must_use]
pub fn without(signed: &[u8]) -> Option<Vec<u8>> {
    let (before, _, after) = parts(std::str::from_utf8(signed).ok()?)?;
    Some(format!("{before}{after}").into_bytes())
}

/// Checks the signature of a document that [`sign`] signed, with the public key as [`SigningKey::public`] gives it. It reads
/// the form that this module writes and no other.
///
/// # Errors
/// [`Invalid`] says what does not hold.
pub fn verify(signed: &[u8], public: &[u8]) -> Result<(), Invalid> {
    let text = std::str::from_utf8(signed).map_err(|_| Invalid::Form)?;
    let (before, signature, after) = parts(text).ok_or(Invalid::Missing)?;
    let plain = format!("{before}{after}");
    let canonical = canonical(&plain).ok_or(Invalid::Form)?;
    let digest = BASE64.encode(Sha256::digest(canonical));
    let value = between(signature, "<ds:SignatureValue>", "</ds:SignatureValue>")
        .and_then(|value| BASE64.decode(value).ok())
        .ok_or(Invalid::Form)?;
    let stated =
        between(signature, "<ds:DigestValue>", "</ds:DigestValue>").ok_or(Invalid::Form)?;
    let (info, key) = if signature.contains(RSA_METHOD) {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public);
        (
            signed_info(RSA_METHOD, stated),
            key.verify(
                canonical_info(&signed_info(RSA_METHOD, stated)).as_bytes(),
                &value,
            ),
        )
    } else {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public);
        (
            signed_info(ECDSA_METHOD, stated),
            key.verify(
                canonical_info(&signed_info(ECDSA_METHOD, stated)).as_bytes(),
                &value,
            ),
        )
    };
    if !signature.starts_with(&format!("{OPENS}{info}")) {
        return Err(Invalid::Form);
    }
    key.map_err(|_| Invalid::Key)?;
    if stated == digest {
        Ok(())
    } else {
        Err(Invalid::Document)
    }
}

/// What lies before, in and after the signature.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let begins = text.find(OPENS)?;
    let ends = text[begins..].find(CLOSES)? + begins + CLOSES.len();
    Some((&text[..begins], &text[begins..ends], &text[ends..]))
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    text.split_once(before)?
        .1
        .split_once(after)
        .map(|(inside, _)| inside)
}

/// From the first tag to the last: the canonical form of a document that was written in it.
fn canonical(text: &str) -> Option<&[u8]> {
    let begins = text.find(FIRST_TAG)?;
    let ends = text.rfind(LAST_TAG)? + LAST_TAG.len();
    text.as_bytes().get(begins..ends)
}

fn signed_info(method: &str, digest: &str) -> String {
    const C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
    format!(
        "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{C14N}\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"{method}\"></ds:SignatureMethod><ds:Reference URI=\"\"><ds:Transforms>\
         <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform>\
         <ds:Transform Algorithm=\"{C14N}\"></ds:Transform></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>\
         <ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    )
}

/// Taken out of its document, the part that is signed brings its namespace along.
fn canonical_info(info: &str) -> String {
    info.replacen(
        "<ds:SignedInfo>",
        "<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">",
        1,
    )
}
