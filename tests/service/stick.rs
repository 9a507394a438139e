//! A key stick (セキュリティキー) in software, written from the specification: what a browser and an authenticator answer together. It
//! lies where a test tells it to.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// Somebody was there; they were verified; a new key is in it.
pub(crate) const PRESENT: u8 = 0x01;
pub(crate) const VERIFIED: u8 = 0x04;
pub(crate) const HAS_KEY: u8 = 0x40;

/// The stick and its one key.
pub(crate) struct Stick {
    pair: Pair,
    id: [u8; 16],
    handle: String,
    counter: u32,
}

enum Pair {
    Es256(Box<EcdsaKeyPair>),
    EdDsa(Box<Ed25519KeyPair>),
}

/// What the browser says that it was asked and by which page, and what the stick says that its officer did. As an honest
/// browser and stick at `origin` would say it, but for what a test changes.
#[derive(Clone)]
pub(crate) struct Saying {
    pub(crate) act: Option<&'static str>,
    pub(crate) challenge: Option<String>,
    pub(crate) origin: &'static str,
    pub(crate) host: &'static str,
    pub(crate) framed: bool,
    pub(crate) flags: u8,
    /// COSE's number of what kind of key a new one claims to be; its own where none is given.
    pub(crate) algorithm: Option<i64>,
    /// How often it has signed; one more than the last time where nothing is given.
    pub(crate) counter: Option<u32>,
    /// For which account; the one it was made for where none is given.
    pub(crate) handle: Option<String>,
}

impl Saying {
    /// The truth, at this page.
    pub(crate) fn at(origin: &'static str) -> Self {
        let (_, authority) = origin.split_once("://").unwrap();
        Self {
            act: None,
            challenge: None,
            origin,
            host: authority.split(':').next().unwrap(),
            framed: false,
            flags: PRESENT | VERIFIED,
            algorithm: None,
            counter: None,
            handle: None,
        }
    }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn int(n: i64) -> Value {
    Value::Integer(n.into())
}

/// The challenge in the options that a page gives its browser.
pub(crate) fn challenge(options: &str) -> String {
    let options: serde_json::Value = serde_json::from_str(options).unwrap();
    options["challenge"].as_str().unwrap().to_owned()
}

impl Stick {
    /// One with a key on the curve that every stick knows (ES256).
    pub(crate) fn new() -> Self {
        let (source, kind) = (hinan::chance::source(), &ECDSA_P256_SHA256_ASN1_SIGNING);
        let made = EcdsaKeyPair::generate_pkcs8(kind, source).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(kind, made.as_ref(), source).unwrap();
        Self::of(Pair::Es256(Box::new(pair)))
    }

    /// One with an Edwards curve.
    pub(crate) fn edwards() -> Self {
        let made = Ed25519KeyPair::generate_pkcs8(hinan::chance::source()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap();
        Self::of(Pair::EdDsa(Box::new(pair)))
    }

    fn of(pair: Pair) -> Self {
        Self {
            pair,
            id: hinan::chance::bytes(),
            handle: String::new(),
            counter: 0,
        }
    }

    /// The name of its key.
    pub(crate) fn id(&self) -> Vec<u8> {
        self.id.to_vec()
    }

    fn client_data(act: &str, options: &str, saying: &Saying) -> Vec<u8> {
        let challenge = saying
            .challenge
            .clone()
            .unwrap_or_else(|| challenge(options));
        serde_json::to_vec(&json!({
            "type": saying.act.unwrap_or(act), "challenge": challenge, "origin": saying.origin,
            "crossOrigin": saying.framed
        }))
        .unwrap()
    }

    fn data(&mut self, flags: u8, saying: &Saying) -> Vec<u8> {
        self.counter = saying.counter.unwrap_or(self.counter + 1);
        let mut data = Sha256::digest(saying.host.as_bytes()).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn cose(&self, algorithm: Option<i64>) -> Value {
        Value::Map(match &self.pair {
            Pair::Es256(pair) => {
                let point = pair.public_key().as_ref();
                vec![
                    (int(1), int(2)),
                    (int(3), int(algorithm.unwrap_or(-7))),
                    (int(-1), int(1)),
                    (int(-2), Value::Bytes(point[1..33].to_vec())),
                    (int(-3), Value::Bytes(point[33..].to_vec())),
                ]
            }
            Pair::EdDsa(pair) => vec![
                (int(1), int(1)),
                (int(3), int(algorithm.unwrap_or(-8))),
                (int(-1), int(6)),
                (int(-2), Value::Bytes(pair.public_key().as_ref().to_vec())),
            ],
        })
    }

    /// The attestation object that a new key comes in, CBOR.
    pub(crate) fn attestation(&mut self, saying: &Saying, with_key: bool) -> Vec<u8> {
        let flags = if with_key {
            saying.flags | HAS_KEY
        } else {
            saying.flags
        };
        let mut data = self.data(flags, saying);
        if with_key {
            data.extend([0; 16]);
            data.extend([0, 16]);
            data.extend(self.id);
            ciborium::into_writer(&self.cose(saying.algorithm), &mut data).unwrap();
        }
        let word = |word: &str| Value::Text(word.to_owned());
        let object = Value::Map(vec![
            (word("fmt"), word("none")),
            (word("attStmt"), Value::Map(Vec::new())),
            (word("authData"), Value::Bytes(data)),
        ]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&object, &mut bytes).unwrap();
        bytes
    }

    /// The answer to "make a key".
    pub(crate) fn makes(&mut self, options: &str, saying: &Saying) -> String {
        let asked: serde_json::Value = serde_json::from_str(options).unwrap();
        self.handle = asked["user"]["id"].as_str().unwrap().to_owned();
        let attestation = self.attestation(saying, true);
        self.made(options, saying, &attestation)
    }

    /// The same around this attestation object.
    pub(crate) fn made(&self, options: &str, saying: &Saying, attestation: &[u8]) -> String {
        let client = Self::client_data("webauthn.create", options, saying);
        json!({
            "id": text(&self.id), "rawId": text(&self.id), "type": "public-key",
            "clientExtensionResults": {}, "authenticatorAttachment": "cross-platform",
            "response": {
                "clientDataJSON": text(&client), "attestationObject": text(attestation), "transports": ["usb"]
            }
        })
        .to_string()
    }

    /// The answer to "sign this".
    pub(crate) fn signs(&mut self, options: &str, saying: &Saying) -> String {
        let client = Self::client_data("webauthn.get", options, saying);
        let data = self.data(saying.flags, saying);
        let signature = self.signature(&client, &data);
        self.signed(&client, &data, &signature, saying)
    }

    /// Client data and authenticator data, for a test that pairs them with others.
    pub(crate) fn parts(&mut self, options: &str, saying: &Saying) -> (Vec<u8>, Vec<u8>) {
        let client = Self::client_data("webauthn.get", options, saying);
        (client, self.data(saying.flags, saying))
    }

    /// Signs both.
    pub(crate) fn signature(&self, client: &[u8], data: &[u8]) -> Vec<u8> {
        let message = [data, Sha256::digest(client).as_slice()].concat();
        match &self.pair {
            Pair::Es256(pair) => {
                let signed = pair.sign(hinan::chance::source(), &message).unwrap();
                signed.as_ref().to_vec()
            }
            Pair::EdDsa(pair) => pair.sign(&message).as_ref().to_vec(),
        }
    }

    /// The answer made of these parts.
    pub(crate) fn signed(
        &self,
        client: &[u8],
        data: &[u8],
        signature: &[u8],
        saying: &Saying,
    ) -> String {
        json!({
            "id": text(&self.id), "rawId": text(&self.id), "type": "public-key",
            "clientExtensionResults": {}, "authenticatorAttachment": "cross-platform",
            "response": {
                "clientDataJSON": text(client), "authenticatorData": text(data),
                "signature": text(signature), "userHandle": saying.handle.as_ref().unwrap_or(&self.handle)
            }
        })
        .to_string()
    }
}
