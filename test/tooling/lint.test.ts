import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { LINT_CASES } from './lint-cases.ts'

const root = resolve(import.meta.dirname, '../..')

const EXEMPT = ['core/clock.ts', 'core/random.ts']

let dir: string
let found: Map<string, string[]>

// All cases are files of one checkout that has this one's rules, linted in a single run.
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-lint-'))
  for (const part of [
    '.oxlintrc.json',
    'test/tooling/layers.mjs',
    'tsconfig.json',
    'package.json',
  ]) {
    await cp(join(root, part), join(dir, part), { recursive: true })
  }
  await symlink(join(root, 'node_modules'), join(dir, 'node_modules'))
  for (const [i, { file, source }] of LINT_CASES.entries()) {
    const path = join(dir, placeOf(file, i))
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, source)
  }
  found = await lint(dir)
})

afterAll(() => rm(dir, { recursive: true, force: true }))

for (const [i, { file, source, rule }] of LINT_CASES.entries()) {
  const [line] = source.split('\n')
  test(`${file}: ${line} → ${rule ?? 'nothing'}`, () => {
    const rules = found.get(placeOf(file, i)) ?? []
    const asExpected = rule === null ? rules.length === 0 : rules.includes(rule)
    expect({ rules, asExpected }).toMatchObject({ asExpected: true })
  })
}

function placeOf(file: string, i: number): string {
  return EXEMPT.includes(file) ? file : file.replace(/a(?=\.)/, `case-${i}`)
}

/** The rules that each file breaks, by its path in the checkout. */
async function lint(cwd: string): Promise<Map<string, string[]>> {
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
  const output = await new Promise<string>((done, fail) => {
    execFile(process.execPath, [oxlint, '--format=json'], { cwd }, (error, out) => {
      // It exits with 1 where it finds something, as it must here.
      if (error?.code === 1) done(out)
      else fail(error ?? new Error(`nothing was found at all: ${out}`))
    })
  })
  const byFile = new Map<string, string[]>()
  const { diagnostics } = JSON.parse(output) as {
    diagnostics: { code: string; filename: string }[]
  }
  for (const { code, filename } of diagnostics) {
    byFile.set(filename, [...(byFile.get(filename) ?? []), code])
  }
  return byFile
}
