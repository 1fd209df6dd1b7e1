#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

// V8 would let its young generation grow to 16 MB and more: measured, 25 MB of an idle node's memory.
setFlagsFromString('--semi-space-growth-factor=1')

const program = new URL('../../dist/node-app/cli/main.js', import.meta.url)
const setup = new URL('../setup/ready.mjs', import.meta.url)

const here = (url) => existsSync(fileURLToPath(url))
const missing = !here(program) || !here(new URL('../../node_modules', import.meta.url))

if (here(setup)) {
  const { ready, supported } = await import(setup)
  if (!supported() || (missing && !(await ready('run')))) process.exit(1)
}
const { main } = await import(program)
process.exitCode = await main(process.argv.slice(2))
