/**
 * Names, just before jest's summary, every test that this machine could not run. With CI=true the
 * run fails for it, whatever the reason for leaving it out was.
 */
export default class LeftOutReporter {
  #filtered
  #leftOut = []

  constructor({ testNamePattern }) {
    // With -t, jest itself counts all that was not asked for as pending.
    this.#filtered = Boolean(testNamePattern)
  }

  onTestResult(_test, { testResults }) {
    if (this.#filtered) return
    for (const { status, fullName } of testResults) {
      if (status === 'pending' || status === 'todo') this.#leftOut.push(fullName)
    }
  }

  onRunComplete() {
    if (this.#leftOut.length === 0) return
    const names = this.#leftOut.map((name) => `  - ${name}\n`).join('')
    process.stderr.write(`\nLeft out on this machine:\n${names}`)
  }

  getLastError() {
    if (this.#leftOut.length === 0 || process.env.CI !== 'true') return undefined
    return new Error(`with CI=true nothing may be left out: ${this.#leftOut.join('; ')}`)
  }
}
