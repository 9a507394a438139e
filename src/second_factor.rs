//! The second factor (2要素目): time-based codes of six digits (RFC 6238, HMAC-SHA-1, steps of 30 seconds), as every
//! authenticator app makes them. A code works once: the record remembers the last step that was used.

use ring::hmac;

/// Length of a step.
const STEP_S: i64 = 30;
/// Steps before and after this one whose codes are taken, for clocks that differ.
const SKEW: i64 = 1;
/// The signs of base 32 (RFC 4648).
const BASE_32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The shared secret of one account.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 20]);

impl Secret {
    /// From 160 random bits.
    #[must_use]
    pub fn new(bits: [u8; 20]) -> Self {
        Self(bits)
    }

    /// The bits themselves, to be encrypted.
    #[must_use]
    pub(crate) fn bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// From 40 hexadecimal digits, as versions before 8 of the record kept it.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = hex::decode(text).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// As 40 hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// As a person types it into their app.
    #[must_use]
    pub fn base32(&self) -> String {
        self.0
            .chunks(5)
            .flat_map(|five| {
                let bits = five
                    .iter()
                    .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
                (0..8).rev().map(move |place| {
                    let sign = usize::try_from(bits >> (place * 5) & 31).unwrap_or_default();
                    char::from(BASE_32[sign])
                })
            })
            .collect()
    }

    /// As an app reads it: an `otpauth` address.
    #[must_use]
    pub fn address(&self, account: &str) -> String {
        format!(
            "otpauth://totp/Hinan:{account}?secret={}&issuer=Hinan&algorithm=SHA1&digits=6&period=30",
            self.base32()
        )
    }

    /// The code of a step.
    #[must_use]
    pub fn code(&self, step: i64) -> String {
        format!("{:06}", truncated(&self.0, step) % 1_000_000)
    }

    /// The step whose code was typed, if it is one of now and later than the last one that was used.
    #[must_use]
    pub fn step_of(&self, typed: &str, unix_s: i64, last_step: i64) -> Option<i64> {
        let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        let now = step_at(unix_s);
        (now - SKEW..=now + SKEW)
            .filter(|step| *step > last_step)
            .find(|step| same(self.code(*step).as_bytes(), typed.as_bytes()))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// The step of a moment, seconds since 1970.
#[must_use]
pub fn step_at(unix_s: i64) -> i64 {
    unix_s.div_euclid(STEP_S)
}

/// RFC 4226, section 5.3.
fn truncated(secret: &[u8], step: i64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes[bytes.len() - 1] & 0x0f);
    let mut four = [0; 4];
    four.copy_from_slice(&bytes[offset..offset + 4]);
    u32::from_be_bytes(four) & 0x7fff_ffff
}

/// Compares without telling by its time how much was right.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of the test vectors in RFC 6238, appendix B.
    fn secret() -> Secret {
        Secret::new(*b"12345678901234567890")
    }

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        for (unix_s, eight_digits) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            let step = step_at(unix_s);
            assert_eq!(
                truncated(b"12345678901234567890", step) % 100_000_000,
                eight_digits
            );
            assert_eq!(
                secret().code(step),
                format!("{:06}", eight_digits % 1_000_000)
            );
        }
    }

    #[test]
    fn a_code_works_for_a_minute_and_a_half_and_once() {
        let at = 1_234_567_890;
        let code = secret().code(step_at(at));
        for differs_s in [-30, 0, 30] {
            assert_eq!(
                secret().step_of(&code, at + differs_s, 0),
                Some(step_at(at))
            );
        }
        assert_eq!(secret().step_of(&code, at + 60, 0), None, "too old");
        assert_eq!(secret().step_of(&code, at - 60, 0), None, "too early");
        assert_eq!(secret().step_of(&code, at, step_at(at)), None, "used");
        assert_eq!(secret().step_of("000000", at, 0), None);
        assert_eq!(secret().step_of("", at, 0), None);
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        assert_eq!(secret().step_of(&spaced, at, 0), Some(step_at(at)));
    }

    #[test]
    fn the_secret_is_written_as_apps_read_it_and_never_in_a_log() {
        assert_eq!(secret().base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(
            secret()
                .address("sato")
                .starts_with("otpauth://totp/Hinan:sato?secret=GEZDGN")
        );
        assert_eq!(Secret::from_hex(&secret().to_hex()), Some(secret()));
        assert_eq!(format!("{:?}", secret()), "Secret");
    }
}
