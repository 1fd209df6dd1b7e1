// Makes a fresh checkout ready: `node setup.mjs [packages|program|run|all] [--run FILE ARGS…]`.
// With --run it then becomes FILE, in this process, so that signals and exit codes are FILE's own.
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ready } from './node-app/setup/ready.mjs'

const args = process.argv.slice(2)
const at = args.indexOf('--run')
const [what = 'all'] = at === -1 ? args : args.slice(0, at)

if (!(await ready(what))) {
  process.exitCode = 1
} else if (at !== -1) {
  const file = resolve(fileURLToPath(new URL('.', import.meta.url)), args[at + 1])
  process.argv.splice(1, process.argv.length, file, ...args.slice(at + 2))
  await import(pathToFileURL(file))
}
