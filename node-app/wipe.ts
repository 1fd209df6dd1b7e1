import { beginWipe, isBeingWiped, wipeDirectory } from '../core/durability/wipe.ts'
import { STORED } from '../core/storage.ts'
import { RELAY_SEED_FILE } from './relay-seed.ts'

/** The lock goes last, with the process that holds it; what else lies in the directory is not ours. */
const NAMES = [...STORED, 'api.json', 'porchlight.log', 'config.json', RELAY_SEED_FILE]

/** Destroys the keys, at once. `wipeData` has to follow; if it can not, the next start does it. */
export async function wipeKeys(dir: string): Promise<void> {
  await beginWipe(dir, NAMES)
}

/** Erases all that Porchlight wrote in the directory, the configuration too: it may hold the name. */
export async function wipeData(dir: string): Promise<void> {
  await wipeDirectory(dir, NAMES)
}

/** Finishes a wipe that was interrupted. */
export async function finishWipe(dir: string): Promise<void> {
  if (await isBeingWiped(dir)) await wipeData(dir)
}
