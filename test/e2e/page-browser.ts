import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { LIMIT_MS } from './until.ts'

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

/** A browser to look at the page. */
export class PageBrowser {
  readonly #browser: Browser

  private constructor(browser: Browser) {
    this.#browser = browser
  }

  static async start(): Promise<PageBrowser> {
    const executablePath = '/usr/bin/chromium'
    const browser = await chromium.launch({ executablePath, args: QUIET, timeout: LIMIT_MS })
    return new PageBrowser(browser)
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
  }
}
