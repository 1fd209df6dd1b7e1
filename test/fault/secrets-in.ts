import { Vault } from '../../core/identity/vault.ts'
import { systemRandom } from '../../core/random.ts'
import { StateFile } from '../../core/state-file.ts'
import { keyFile, stateFile } from '../../core/storage.ts'
import { secretsOf } from './canaries.ts'
import type { Canaries } from './canaries.ts'

/** Every secret of the person on `dir`, whose node does not run. */
export async function secretsIn(dir: string, passphrase?: string): Promise<Canaries> {
  const vault = await Vault.open(keyFile(dir), { random: systemRandom })
  if (vault.locked) await vault.unlock(passphrase!)
  const envelope = vault.keys.envelope('state')
  const { state } = await StateFile.open(stateFile(dir), { envelope })
  const secrets = secretsOf(vault.keys, [...state.rooms, ...state.left])
  await vault.close()
  return secrets
}
