import type Corestore from 'corestore'
import type Hypercore from 'hypercore'
import type { KeyPair, Manifest } from 'hypercore'

/**
 * Opens a core that this device writes. Hypercore stores the secret key of a core that it makes, in clear: so it is
 * made without, and each session brings the key along.
 */
export async function openOwnCore(
  store: Corestore,
  keyPair: KeyPair,
  options: { active: boolean },
): Promise<Hypercore> {
  const unsigned = await touchOwnCore(store, keyPair)
  const core = store.get({ keyPair, ...options })
  await core.ready()
  await unsigned.close()
  return core
}

/** Makes the core where it is missing, without its secret key; for what opens it by itself then. */
export async function touchOwnCore(
  store: Corestore,
  { publicKey }: Pick<KeyPair, 'publicKey'>,
): Promise<Hypercore> {
  const manifest: Manifest = { version: store.manifestVersion, signers: [{ publicKey }] }
  const core = store.get({ manifest, active: false })
  await core.ready()
  return core
}
