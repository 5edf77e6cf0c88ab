//! The digests and signatures that object stores ask for, from the crates that are here anyway.

use hmac::{Hmac, KeyInit, Mac};
use object_store::client::{CryptoProvider, DigestAlgorithm, DigestContext, HmacContext, Signer, SigningAlgorithm};
use object_store::{Error, Result};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use sha2::{Digest, Sha256};

const SHA256_BYTES: usize = 32;

/// SHA-256 and HMAC by the same crates as everywhere here, RS256 by OpenSSL.
#[derive(Debug)]
pub(super) struct Crypto;

struct DigestState {
    hash: Sha256,
    digest: [u8; SHA256_BYTES],
}

struct HmacState {
    mac: Hmac<Sha256>,
    tag: [u8; SHA256_BYTES],
}

struct RsaKey(PKey<Private>);

fn failed(source: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Generic { store: "signatures", source: Box::new(source) }
}

fn unknown(what: &'static str) -> Error {
    Error::NotSupported { source: what.into() }
}

impl CryptoProvider for Crypto {
    fn digest(&self, algorithm: DigestAlgorithm) -> Result<Box<dyn DigestContext>> {
        match algorithm {
            DigestAlgorithm::Sha256 => Ok(Box::new(DigestState { hash: Sha256::new(), digest: [0; SHA256_BYTES] })),
            _ => Err(unknown("expected SHA-256")),
        }
    }

    fn hmac(&self, algorithm: DigestAlgorithm, secret: &[u8]) -> Result<Box<dyn HmacContext>> {
        match algorithm {
            DigestAlgorithm::Sha256 => {
                let mac = Hmac::new_from_slice(secret).map_err(failed)?;
                Ok(Box::new(HmacState { mac, tag: [0; SHA256_BYTES] }))
            }
            _ => Err(unknown("expected HMAC with SHA-256")),
        }
    }

    fn sign(&self, algorithm: SigningAlgorithm, pem: &[u8]) -> Result<Box<dyn Signer>> {
        match algorithm {
            SigningAlgorithm::RS256 => Ok(Box::new(RsaKey(PKey::private_key_from_pem(pem).map_err(failed)?))),
            _ => Err(unknown("expected RS256")),
        }
    }
}

impl DigestContext for DigestState {
    fn update(&mut self, data: &[u8]) {
        Digest::update(&mut self.hash, data);
    }

    fn finish(&mut self) -> Result<&[u8]> {
        self.digest = self.hash.finalize_reset().into();
        Ok(&self.digest)
    }
}

impl HmacContext for HmacState {
    fn update(&mut self, data: &[u8]) {
        Mac::update(&mut self.mac, data);
    }

    fn finish(&mut self) -> Result<&[u8]> {
        self.tag = self.mac.clone().finalize().into_bytes().into();
        Ok(&self.tag)
    }
}

impl Signer for RsaKey {
    fn sign(&self, string_to_sign: &[u8]) -> Result<Vec<u8>> {
        let mut signer = openssl::sign::Signer::new(MessageDigest::sha256(), &self.0).map_err(failed)?;
        signer.sign_oneshot_to_vec(string_to_sign).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::hex::lower;
    use openssl::rsa::Rsa;
    use openssl::sign::Verifier;

    #[test]
    fn digests_are_those_of_the_standards() {
        let mut digest = Crypto.digest(DigestAlgorithm::Sha256).expect("known");
        digest.update(b"a");
        digest.update(b"bc");
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; // FIPS 180-2
        assert_eq!(lower(digest.finish().expect("a digest")), abc);
        let mut mac = Crypto.hmac(DigestAlgorithm::Sha256, b"Jefe").expect("known");
        mac.update(b"what do ya want ");
        mac.update(b"for nothing?");
        let rfc_4231 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(lower(mac.finish().expect("a tag")), rfc_4231);
    }

    #[test]
    fn a_signature_is_verified_by_the_public_key() {
        let key = PKey::from_rsa(Rsa::generate(2_048).expect("a key")).expect("a key");
        let pem = key.private_key_to_pem_pkcs8().expect("PEM");
        let signature = Crypto.sign(SigningAlgorithm::RS256, &pem).expect("a key").sign(b"token").expect("signed");
        let mut verifier = Verifier::new(MessageDigest::sha256(), &key).expect("a verifier");
        assert!(verifier.verify_oneshot(&signature, b"token").expect("verified"));
        assert!(!verifier.verify_oneshot(&signature, b"taken").expect("verified"));
        assert!(Crypto.sign(SigningAlgorithm::RS256, b"no key").is_err());
    }
}
