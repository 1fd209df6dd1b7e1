import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { LIMIT_MS } from './until.ts'

const run = promisify(execFile)
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A tab, and what it did that it should not have. */
export interface Tab {
  readonly page: Page
  /** Policy violations, uncaught errors, and requests that went elsewhere than 127.0.0.1. */
  readonly complaints: string[]
}

/** The page as built from this checkout, in a folder of its own, and a browser to look at it. */
export class PageBrowser {
  readonly webRoot: string
  readonly #browser: Browser

  private constructor(webRoot: string, browser: Browser) {
    this.webRoot = webRoot
    this.#browser = browser
  }

  static async start(): Promise<PageBrowser> {
    const webRoot = await mkdtemp(join(tmpdir(), 'porchlight-page-'))
    const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin')
    const build = ['build', '--config', 'web-ui/vite.config.ts', '--outDir', webRoot]
    await run(process.execPath, [join(vite, 'vite.js'), ...build], { env: cleanEnv() })
    const executablePath = '/usr/bin/chromium'
    const browser = await chromium.launch({ executablePath, args: QUIET, timeout: LIMIT_MS })
    return new PageBrowser(webRoot, browser)
  }

  async tab(options: BrowserContextOptions = {}, initScript?: string): Promise<Tab> {
    const context = await this.#browser.newContext({
      viewport: { width: 1180, height: 760 },
      ...options,
    })
    const page = await context.newPage()
    page.setDefaultTimeout(LIMIT_MS)
    const complaints: string[] = []
    if (initScript !== undefined) await page.addInitScript(initScript)
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`))
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) complaints.push(message.text())
    })
    page.on('request', (request) => {
      const { hostname, protocol } = new URL(request.url())
      if (hostname !== '127.0.0.1' && protocol !== 'blob:')
        complaints.push(`went to ${request.url()}`)
    })
    return { page, complaints }
  }

  async close(): Promise<void> {
    await this.#browser.close()
    await rm(this.webRoot, { recursive: true, force: true })
  }
}

/** Jest's NODE_ENV=test would build the page for development. */
function cleanEnv(): NodeJS.ProcessEnv {
  const { NODE_ENV: _, NODE_OPTIONS: __, ...env } = process.env
  return env
}
