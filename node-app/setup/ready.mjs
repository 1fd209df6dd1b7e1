import { fileURLToPath } from 'node:url'

const OLDEST_NODE = [20, 19]
const WHAT = ['packages', 'program', 'run', 'all']
const root = fileURLToPath(new URL('../..', import.meta.url))

/** stdout belongs to the program that follows. */
const say = (text) => process.stderr.write(`${text}\n`)

/** Makes this checkout ready for `what` (see ensure.mjs); when it cannot, says why and returns false. */
export async function ready(what) {
  if (!supported()) return false
  if (!WHAT.includes(what)) {
    say(`usage: node setup.mjs [${WHAT.join('|')}] [--run FILE ARGS…]; "${what}" is none of these.`)
    return false
  }
  // Loaded late: what is older than the oldest Node would fail on these with a stack.
  const { ensure } = await import('./ensure.mjs')
  const { SetupError } = await import('./run.mjs')
  try {
    await ensure(root, what, say)
    return true
  } catch (error) {
    say(error instanceof SetupError ? error.message : error.stack)
    return false
  }
}

/** True when this Node can run Porchlight; when it cannot, says so. */
export function supported() {
  if (!tooOld(process.versions.node)) return true
  say(
    `Porchlight needs Node ${OLDEST_NODE.join('.')} or newer, and this is Node ${process.versions.node}: install a current one from https://nodejs.org and run this again.`,
  )
  return false
}

/** True for a Node version ("20.18.1") that Porchlight does not run on. */
export function tooOld(version) {
  const [major, minor] = version.split('.').map(Number)
  return major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])
}
