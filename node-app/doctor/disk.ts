import { statfs } from 'node:fs/promises'
import type { Finding } from '../api/schemas.ts'
import { existingParent } from './existing-parent.ts'
import type { DoctorFacts } from './check.ts'

const ENOUGH = 512 << 20
const NEEDED = 64 << 20

/** Is there room for what will arrive? */
export async function checkDisk({ dir }: DoctorFacts): Promise<Finding> {
  const disk = await statfs(existingParent(dir))
  return judgeDisk(disk.bavail * disk.bsize)
}

/** `free` in bytes. */
export function judgeDisk(free: number): Finding {
  const check = 'disk'
  const left = `${Math.round(free / 2 ** 20).toLocaleString('en')} MB`
  if (free >= ENOUGH) return { check, ok: true, says: `The disk of the data has ${left} left.` }
  const fix = 'Delete what is not needed, or move the data to a larger disk with --data.'
  return free >= NEEDED
    ? { check, ok: true, says: `The disk of the data has only ${left} left.`, fix }
    : {
        check,
        ok: false,
        says: `The disk of the data is full (${left} left): sending will fail soon.`,
        fix,
      }
}
