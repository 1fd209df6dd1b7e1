import type { Finding } from '../api/schemas.ts'
import { DataLock } from '../lock.ts'
import type { DoctorFacts } from './check.ts'

/** Is a node running on this data? Inside one, the answer proves that it can be reached. */
export async function checkNode({ dir, node }: DoctorFacts): Promise<Finding> {
  const check = 'node'
  if (node !== undefined) return { check, ok: true, says: `It runs, at ${node.url}.` }
  const pid = await DataLock.holder(dir)
  if (pid !== undefined) {
    return {
      check,
      ok: false,
      says: `A node (process ${pid}) holds this data, but does not answer.`,
      fix: `If it just started, try again; else end process ${pid} and run \`porchlight start\`.`,
    }
  }
  return {
    check,
    ok: false,
    says: 'No node is running on this data, so nothing is sent or received.',
    fix: 'Run `porchlight start`.',
  }
}
