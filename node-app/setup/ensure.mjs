import { join } from 'node:path'
import { buildPart, partCurrent, PARTS } from './build.mjs'
import { withLock } from './lock.mjs'
import { installPackages, packagesCurrent } from './packages.mjs'

/**
 * Brings the checkout at `root` into a state to work in: packages as locked, dist/ as the sources.
 * `what` is 'packages' (the tools alone), 'program' (without the page), 'run' (what running needs: no
 * build tools when nothing is to be built) or 'all'. Does nothing, and writes nothing, when all is current. Speaks to `say` only.
 */
export async function ensure(root, what, say) {
  if (stale(root, what) === null) return
  const lock = join(root, '.porchlight-build', 'lock')
  await withLock(
    lock,
    async () => {
      const todo = stale(root, what)
      if (todo === null) return
      if (todo.packages) {
        say('Fetching the packages (once; a minute or two)…')
        await installPackages(root)
      }
      for (const part of todo.parts) await buildPart(root, part)
    },
    { waiting: () => say('Waiting for another set-up of this checkout to end…') },
  )
}

function stale(root, what) {
  const parts = PARTS.filter((part) => concerns(what, part) && !partCurrent(root, part))
  const packages = !packagesCurrent(root, { dev: what !== 'run' || parts.length > 0 })
  return packages || parts.length > 0 ? { packages, parts } : null
}

function concerns(what, part) {
  if (what === 'packages') return false
  return what !== 'program' || part.name === 'program'
}
