import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PorchlightError } from '../core/errors.ts'
import { parseBootstrap } from '../transports/dht/bootstrap.ts'
import { CONFIG_KEYS, type Config, type ConfigKey } from './config-keys.ts'
import { syntaxErrorLine, topLevelKeys } from './config-lines.ts'
import { logLevel } from './log.ts'

const MAX_BYTES = 64 << 10

/** Reads `<dir>/config.json`; none is the same as an empty one. Errors: BAD_CONFIG, naming the line. */
export async function readConfig(dir: string): Promise<Config> {
  const path = join(dir, 'config.json')
  let text
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return {}
    throw new PorchlightError('BAD_CONFIG', `${path} can not be read (${code ?? 'unknown'}).`)
  }
  return parseConfig(text, path)
}

/** Checks the text of a config file. `path` is for the messages. Errors: BAD_CONFIG, naming the line. */
export function parseConfig(text: string, path: string): Config {
  const bad = (line: number, what: string): PorchlightError =>
    new PorchlightError('BAD_CONFIG', `${path}, line ${line}: ${what}`)
  if (text.length > MAX_BYTES) throw bad(1, 'the file is too long to be a configuration.')
  if (text.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw bad(
      syntaxErrorLine(text, error as Error),
      'this is no JSON: look for a missing comma, quote or bracket here or just before.',
    )
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad(1, 'the file has to be an object: { "key": value, … }.')
  }
  const seen = new Set<string>()
  for (const { key, line } of topLevelKeys(text)) {
    if (seen.has(key)) throw bad(line, `"${key}" is given twice.`)
    seen.add(key)
    const known = CONFIG_KEYS.find((candidate) => candidate.key === key)
    if (known === undefined) {
      const all = CONFIG_KEYS.map((candidate) => candidate.key).join(', ')
      throw bad(line, `"${key}" is not known. Known are: ${all}.`)
    }
    const problem = problemWith(known, (value as Record<string, unknown>)[key])
    if (problem !== undefined) throw bad(line, `"${key}" has to be ${problem}.`)
  }
  return value as Config
}

function problemWith(key: ConfigKey, value: unknown): string | undefined {
  const { minimum = 0, maximum = Infinity } = key
  if (key.key === 'logLevel') {
    try {
      logLevel(typeof value === 'string' ? value : '?', 'info')
      return undefined
    } catch {
      return 'one of debug, info, warn, error, silent'
    }
  }
  if (key.key === 'dhtBootstrap') {
    try {
      parseBootstrap(typeof value === 'string' ? value : '?')
      return undefined
    } catch {
      return 'HOST:PORT of DHT nodes, separated by commas'
    }
  }
  if (key.oneOf !== undefined) {
    return key.oneOf.some((allowed) => allowed === value)
      ? undefined
      : `one of ${key.oneOf.join(', ')}`
  }
  switch (key.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'true or false'
    case 'integer': {
      const fits =
        Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum
      return fits ? undefined : `a whole number from ${minimum} to ${maximum}`
    }
    case 'string': {
      const length = typeof value === 'string' ? value.trim().length : -1
      return length >= minimum && length <= maximum
        ? undefined
        : `text of ${minimum} to ${maximum} characters`
    }
  }
}
