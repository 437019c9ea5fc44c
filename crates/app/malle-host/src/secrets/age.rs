//! Files sealed with a passphrase, in the format of `age`: any other program that reads age opens them too.
//! C2SP age v1 (<https://age-encryption.org/v1>), with the scrypt recipient alone. RFC 7914, RFC 8439, RFC 5869

pub(super) mod base64;
mod payload;

use scrypt::Params;
use zeroize::Zeroizing;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce};
use hmac_sha256::{HKDF, HMAC};

const VERSION: &str = "age-encryption.org/v1";
const SALT_LABEL: &[u8] = b"age-encryption.org/v1/scrypt";

/// The most work that a file may ask for, as a power of two: 2 GiB of memory would be the next one but one.
const MAX_WORK: u8 = 22;

const SALT: usize = 16;
const FILE_KEY: usize = 16;
const TAG: usize = 16;

type Key = Zeroizing<[u8; 32]>;

/// Why a file does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum AgeError {
    #[error("it is not a file of age, version 1")]
    NotAge,
    #[error("it is sealed for a key, not with a passphrase")]
    NoPassphrase,
    #[error("it asks for more work than 2^22")]
    TooMuchWork,
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    #[error("{0}")]
    Damaged(&'static str),
}

/// What was derived from a passphrase for one salt. Deriving takes about a second, on purpose.
pub(super) struct Derived {
    salt: [u8; SALT],
    work: u8,
    key: Key,
}

/// A sealed file, read as far as it can be without its passphrase.
pub(super) struct Sealed<'a> {
    salt: [u8; SALT],
    work: u8,
    wrapped: [u8; FILE_KEY + TAG],
    /// What the header's code is made over.
    header: &'a [u8],
    code: [u8; 32],
    payload: &'a [u8],
}

impl<'a> Sealed<'a> {
    pub(super) fn read(file: &'a [u8]) -> Result<Self, AgeError> {
        let mut lines = Lines(file);
        if lines.next() != Some(VERSION) {
            return Err(AgeError::NotAge);
        }
        let stanza = lines.next().ok_or(AgeError::NotAge)?;
        let words: Vec<&str> = stanza.split(' ').collect();
        let [_, "scrypt", salt, work] = words.as_slice() else {
            return Err(AgeError::NoPassphrase);
        };
        let body = lines.next().unwrap_or_default();
        let damaged = AgeError::Damaged("its header is damaged");
        let last = lines.next().and_then(|line| line.strip_prefix("--- "));
        let code = last.and_then(base64::fixed).ok_or(damaged)?;
        let covered = file.len() - lines.0.len() - " \n".len() - last.unwrap_or_default().len();
        Ok(Self {
            salt: base64::fixed(salt).ok_or(damaged)?,
            work: read_work(work)?,
            wrapped: base64::fixed(body).ok_or(damaged)?,
            header: file.get(..covered).ok_or(damaged)?,
            code,
            payload: lines.0,
        })
    }

    /// The work that its passphrase takes, as a power of two.
    pub(super) const fn work(&self) -> u8 {
        self.work
    }

    /// Whether `derived` was derived for this file.
    pub(super) fn fits(&self, derived: &Derived) -> bool {
        derived.salt == self.salt && derived.work == self.work
    }

    pub(super) fn derive(&self, passphrase: &[u8]) -> Derived {
        derive(passphrase, self.salt, self.work)
    }

    pub(super) fn open(&self, derived: &Derived) -> Result<Zeroizing<Vec<u8>>, AgeError> {
        let mut file_key = Zeroizing::new(self.wrapped.to_vec());
        ChaCha20Poly1305::new((&*derived.key).into())
            .decrypt_in_place(&Nonce::default(), &[], &mut *file_key)
            .map_err(|_| AgeError::WrongPassphrase)?;
        let code = header_code(&file_key);
        if !HMAC::verify(self.header, *code, &self.code) {
            return Err(AgeError::Damaged("its header was changed"));
        }
        payload::open(self.payload, &file_key)
    }
}

/// Seals `plain`. `random` fills with randomness; the time grows with 2^`work`. What was derived opens the file again.
pub(super) fn seal(
    plain: &[u8],
    passphrase: &[u8],
    work: u8,
    random: impl Fn(&mut [u8]),
) -> (Vec<u8>, Derived) {
    let mut salt = [0; SALT];
    random(&mut salt);
    let mut file_key = Zeroizing::new([0; FILE_KEY]);
    random(file_key.as_mut());
    let derived = derive(passphrase, salt, work);
    let mut wrapped = file_key.to_vec();
    ChaCha20Poly1305::new((&*derived.key).into())
        .encrypt_in_place(&Nonce::default(), &[], &mut wrapped)
        .expect("sixteen bytes are not too long for a cipher");
    let (salt, body) = (base64::encode(&derived.salt), base64::encode(&wrapped));
    let mut file = format!("{VERSION}\n-> scrypt {salt} {work}\n{body}\n---").into_bytes();
    let code = HMAC::mac(&file, *header_code(file_key.as_slice()));
    file.extend_from_slice(format!(" {}\n", base64::encode(&code)).as_bytes());
    let mut nonce = [0; payload::NONCE];
    random(&mut nonce);
    payload::seal(&mut file, plain, file_key.as_slice(), nonce);
    (file, derived)
}

fn derive(passphrase: &[u8], salt: [u8; SALT], work: u8) -> Derived {
    let labelled = [SALT_LABEL, &salt].concat();
    let params = Params::new(work, 8, 1).expect("the work was held to its limit");
    let mut key = Zeroizing::new([0; 32]);
    scrypt::scrypt(passphrase, &labelled, &params, key.as_mut())
        .expect("thirty-two bytes can be derived");
    Derived { salt, work, key }
}

/// The key of the code over the header.
fn header_code(file_key: &[u8]) -> Key {
    expand(file_key, &[], b"header")
}

fn expand(file_key: &[u8], salt: &[u8], info: &[u8]) -> Key {
    let mut key = Zeroizing::new([0; 32]);
    let extracted = Zeroizing::new(HKDF::extract(salt, file_key));
    HKDF::expand(key.as_mut(), *extracted, info);
    key
}

/// A number as the format writes it: no sign, no leading zero.
fn read_work(text: &str) -> Result<u8, AgeError> {
    let digits = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    if !digits || text.is_empty() {
        return Err(AgeError::Damaged("its header is damaged"));
    }
    let work = text.parse().ok().filter(|work| *work <= MAX_WORK);
    work.ok_or(AgeError::TooMuchWork)
}

/// The lines of a header, and what is behind them.
struct Lines<'a>(&'a [u8]);

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a str> {
        // The longest line that can be meant is that of the code.
        let end = self.0.iter().take(128).position(|b| *b == b'\n')?;
        let (line, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..)?;
        std::str::from_utf8(line).ok()
    }
}

#[cfg(test)]
mod tests;
