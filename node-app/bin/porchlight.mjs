#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

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
