//! Sealing and opening, and every way a file can be wrong.

use super::{AgeError, Sealed};

const WORK: u8 = 1;

fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).unwrap();
}

fn seal(plain: &[u8], passphrase: &[u8], work: u8, random: impl Fn(&mut [u8])) -> Vec<u8> {
    super::seal(plain, passphrase, work, random).0
}

fn open(file: &[u8], passphrase: &[u8]) -> Result<Vec<u8>, AgeError> {
    let sealed = Sealed::read(file)?;
    sealed.open(&sealed.derive(passphrase)).map(|p| p.to_vec())
}

#[test]
fn what_is_sealed_opens_whatever_its_length() {
    for length in [0, 1, 65535, 65536, 65537, 131_072, 200_000] {
        let plain: Vec<u8> = (0..length).map(|n: u32| (n % 251) as u8).collect();
        let file = seal(&plain, b"open sesame", WORK, random);
        assert_eq!(open(&file, b"open sesame").unwrap(), plain, "{length}");
        assert_eq!(open(&file, b"open says me"), Err(AgeError::WrongPassphrase));
    }
}

#[test]
fn a_file_is_deterministic_given_its_chance() {
    let zero = |bytes: &mut [u8]| bytes.fill(7);
    let one = seal(b"text", b"pass", WORK, zero);
    assert_eq!(one, seal(b"text", b"pass", WORK, zero));
    assert_ne!(one, seal(b"text", b"pass", WORK, random));
    assert!(one.starts_with(b"age-encryption.org/v1\n-> scrypt BwcHBwcHBwcHBwcHBwcHBw 1\n"));
}

#[test]
fn every_cut_and_every_changed_byte_is_an_error() {
    let file = seal(b"a secret or two", b"p", WORK, random);
    for end in 0..file.len() {
        assert!(open(&file[..end], b"p").is_err(), "cut at {end}");
    }
    for at in 0..file.len() {
        let mut changed = file.clone();
        changed[at] ^= 1;
        // A number of rounds that was changed is another derivation, so no text comes out either.
        assert!(open(&changed, b"p").is_err(), "changed at {at}");
    }
    let longer = [&file[..], b"x"].concat();
    assert!(open(&longer, b"p").is_err());
}

#[test]
fn what_it_cannot_be_is_told_apart() {
    assert_eq!(open(b"", b"p"), Err(AgeError::NotAge));
    assert_eq!(open(b"PK\x03\x04\n", b"p"), Err(AgeError::NotAge));
    let keyed = b"age-encryption.org/v1\n-> X25519 abc\nbody\n--- code\n";
    assert_eq!(open(keyed, b"p"), Err(AgeError::NoPassphrase));
    let file = seal(b"x", b"p", WORK, random);
    let text = String::from_utf8_lossy(&file).replacen(" 1\n", " 40\n", 1);
    assert_eq!(open(text.as_bytes(), b"p"), Err(AgeError::TooMuchWork));
    let text = String::from_utf8_lossy(&file).replacen(" 1\n", " 01\n", 1);
    assert!(matches!(
        open(text.as_bytes(), b"p"),
        Err(AgeError::Damaged(_))
    ));
}
