/** Ambient types of sodium-native: only what Porchlight calls. Outputs come first, as in libsodium. */
declare module 'sodium-native' {
  interface Sodium {
    randombytes_buf(output: Buffer): void
    crypto_generichash(output: Buffer, input: Uint8Array, key?: Uint8Array): void
    crypto_generichash_batch(output: Buffer, inputs: Uint8Array[], key?: Uint8Array): void
    crypto_aead_xchacha20poly1305_ietf_encrypt(
      ciphertext: Buffer,
      message: Uint8Array,
      ad: Uint8Array,
      nsec: null,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number
    crypto_aead_xchacha20poly1305_ietf_decrypt(
      message: Buffer,
      nsec: null,
      ciphertext: Uint8Array,
      ad: Uint8Array,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number
    crypto_sign_seed_keypair(publicKey: Buffer, secretKey: Buffer, seed: Uint8Array): void
    crypto_sign_detached(signature: Buffer, message: Uint8Array, secretKey: Uint8Array): void
    crypto_sign_verify_detached(
      signature: Uint8Array,
      message: Uint8Array,
      publicKey: Uint8Array,
    ): boolean
    crypto_sign_ed25519_pk_to_curve25519(out: Buffer, publicKey: Uint8Array): void
    crypto_sign_ed25519_sk_to_curve25519(out: Buffer, secretKey: Uint8Array): void
    crypto_scalarmult(output: Buffer, secretKey: Uint8Array, publicKey: Uint8Array): void
    crypto_box_seed_keypair(publicKey: Buffer, secretKey: Buffer, seed: Uint8Array): void
    crypto_box_easy(
      ciphertext: Buffer,
      message: Uint8Array,
      nonce: Uint8Array,
      publicKey: Uint8Array,
      secretKey: Uint8Array,
    ): void
    crypto_box_open_easy(
      message: Buffer,
      ciphertext: Uint8Array,
      nonce: Uint8Array,
      publicKey: Uint8Array,
      secretKey: Uint8Array,
    ): boolean
    crypto_box_seal(ciphertext: Buffer, message: Uint8Array, publicKey: Uint8Array): void
    crypto_box_seal_open(
      message: Buffer,
      ciphertext: Uint8Array,
      publicKey: Uint8Array,
      secretKey: Uint8Array,
    ): boolean
    sodium_memcmp(a: Uint8Array, b: Uint8Array): boolean
    sodium_memzero(buffer: Uint8Array): void
    crypto_pwhash_async(
      output: Buffer,
      passphrase: Uint8Array,
      salt: Uint8Array,
      ops: number,
      mem: number,
      algorithm: number,
    ): Promise<void>
    readonly crypto_pwhash_ALG_ARGON2ID13: number
    readonly crypto_box_SEALBYTES: 48
  }
  const sodium: Sodium
  export default sodium
}
