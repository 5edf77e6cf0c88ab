//! Signatures of tokens are verified by OpenSSL, the one crypto library here (docs/adr/001-one-tls-stack.md).

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{Error as SignatureError, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Public};
use openssl::rsa::Rsa;

/// Both halves of a signature on P-256 are numbers of so many bytes.
const P256_BYTES: usize = 32;

static OPENSSL: CryptoProvider = CryptoProvider {
    signer_factory: no_signer,
    verifier_factory: verifier,
    // Only for making published keys of other keys, which nobody does here.
    key_utils: KeyUtils::new_unimplemented(),
};

/// Has tokens verified by OpenSSL from here on.
pub(super) fn install() {
    // The second time it is there already.
    let _ = OPENSSL.install_default();
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that a provider has")]
fn no_signer(_: &Algorithm, _: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    Err(ErrorKind::UnsupportedAlgorithm.into())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that a provider has")]
fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    let made = match (algorithm, key.kind()) {
        (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) => rsa(n, e),
        (Algorithm::ES256, DecodingKeyKind::SecretOrDer(point)) => p256(point),
        _ => return Err(ErrorKind::UnsupportedAlgorithm.into()),
    };
    let key = made.map_err(|_| ErrorKind::InvalidKeyFormat)?;
    Ok(Box::new(ByOpenSsl { algorithm: *algorithm, key }))
}

fn rsa(n: &[u8], e: &[u8]) -> Result<PKey<Public>, ErrorStack> {
    PKey::from_rsa(Rsa::from_public_components(BigNum::from_slice(n)?, BigNum::from_slice(e)?)?)
}

fn p256(point: &[u8]) -> Result<PKey<Public>, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    let mut context = BigNumContext::new()?;
    let point = EcPoint::from_bytes(&group, point, &mut context)?;
    let key = EcKey::from_public_key(&group, &point)?;
    key.check_key()?;
    PKey::from_ec_key(key)
}

struct ByOpenSsl {
    algorithm: Algorithm,
    key: PKey<Public>,
}

impl ByOpenSsl {
    fn is_right(&self, message: &[u8], signature: &[u8]) -> Result<bool, ErrorStack> {
        let mut verifier = openssl::sign::Verifier::new(MessageDigest::sha256(), &self.key)?;
        if self.algorithm == Algorithm::RS256 {
            return verifier.verify_oneshot(signature, message);
        }
        if signature.len() != 2 * P256_BYTES {
            return Ok(false);
        }
        let (r, s) = signature.split_at(P256_BYTES);
        let signature = EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?;
        verifier.verify_oneshot(&signature.to_der()?, message)
    }
}

impl Verifier<Vec<u8>> for ByOpenSsl {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        match self.is_right(message, signature) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(SignatureError::new()),
        }
    }
}

impl JwtVerifier for ByOpenSsl {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
