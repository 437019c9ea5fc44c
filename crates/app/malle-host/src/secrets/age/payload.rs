//! What a sealed file holds: chunks of 64 KiB, each with its number, the last one marked.
//! C2SP age v1, "Payload" (the STREAM construction)

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce};
use zeroize::Zeroizing;

use super::{AgeError, TAG, expand};

pub(super) const NONCE: usize = 16;
const CHUNK: usize = 64 * 1024;

pub(super) fn seal(to: &mut Vec<u8>, plain: &[u8], file_key: &[u8], nonce: [u8; NONCE]) {
    to.extend_from_slice(&nonce);
    let cipher = cipher(file_key, &nonce);
    // Nothing at all is one empty chunk.
    let count = plain.len().div_ceil(CHUNK).max(1);
    let mut chunks = plain.chunks(CHUNK);
    for number in 0..count {
        let mut chunk = Vec::with_capacity(CHUNK + TAG);
        chunk.extend_from_slice(chunks.next().unwrap_or_default());
        let counted = counter(number, number + 1 == count);
        cipher
            .encrypt_in_place(&counted, &[], &mut chunk)
            .expect("a chunk is not too long for its cipher");
        to.append(&mut chunk);
    }
}

pub(super) fn open(payload: &[u8], file_key: &[u8]) -> Result<Zeroizing<Vec<u8>>, AgeError> {
    let cut = AgeError::Damaged("it is cut short");
    let (nonce, chunks) = payload.split_at_checked(NONCE).ok_or(cut)?;
    let cipher = cipher(file_key, nonce);
    let count = chunks.len().div_ceil(CHUNK + TAG);
    // As much as it can hold at once: growing would leave copies behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(chunks.len()));
    for (number, chunk) in chunks.chunks(CHUNK + TAG).enumerate() {
        let last = number + 1 == count;
        let mut opened = Zeroizing::new(chunk.to_vec());
        cipher
            .decrypt_in_place(&counter(number, last), &[], &mut *opened)
            .map_err(|_| AgeError::Damaged("what it holds is damaged or cut short"))?;
        if opened.is_empty() && number > 0 {
            return Err(AgeError::Damaged("its last piece is empty"));
        }
        plain.extend_from_slice(&opened);
    }
    if count == 0 {
        return Err(cut);
    }
    Ok(plain)
}

fn cipher(file_key: &[u8], nonce: &[u8]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new((&*expand(file_key, nonce, b"payload")).into())
}

/// Eleven bytes of a number, and whether it is the last.
fn counter(number: usize, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    let number = (number as u64).to_be_bytes();
    for (to, from) in nonce.iter_mut().skip(3).zip(number) {
        *to = from;
    }
    if let Some(flag) = nonce.last_mut() {
        *flag = u8::from(last);
    }
    nonce.into()
}
