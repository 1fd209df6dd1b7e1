/** `npm run lab -- NAME`: runs a scenario; without a name, lists them. Exit 0 only when every step held. */
import { labUnavailable } from './needs.ts'
import { runScenario } from './scenario.ts'
import { scenarios } from './scenarios.ts'

async function main(name: string | undefined): Promise<number> {
  if (name === undefined || name === '-h' || name === '--help') {
    list(console.log)
    return 0
  }
  const scenario = scenarios.find((candidate) => candidate.name === name)
  if (scenario === undefined) {
    console.error(`There is no scenario "${name}".`)
    list(console.error)
    return 2
  }
  const why = (await labUnavailable(scenario.packages)) ?? (await scenario.unavailable?.()) ?? null
  if (why !== null) {
    console.error(`The scenario ${name} cannot run here: it ${why}.`)
    return 1
  }
  const { ok } = await runScenario(scenario, console.log, interrupted())
  return ok ? 0 : 1
}

function list(say: (line: string) => void): void {
  say('npm run lab -- NAME, where NAME is one of:')
  const width = Math.max(...scenarios.map(({ name }) => name.length))
  for (const { name, says } of scenarios) say(`  ${name.padEnd(width)}  ${says}`)
}

/** Aborts at the first Ctrl-C, so that the namespaces are removed before the process ends. */
function interrupted(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => controller.abort())
  }
  return controller.signal
}

process.exitCode = await main(process.argv[2])
