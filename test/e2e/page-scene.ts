import { afterAll } from '@jest/globals'
import type { BrowserContextOptions } from 'playwright-core'
import type { EngineApi } from '../../core/api.ts'
import { labTest } from '../setup/lab-test.ts'
import { PageBrowser, type Tab } from './page-browser.ts'
import { PageNode } from './page-node.ts'
import { Street, type StreetEngine } from './page-street.ts'

export interface TabOptions extends BrowserContextOptions {
  /** Runs in the tab before anything of the page does. */
  readonly initScript?: string
  /** Opens the bare address instead of a one-time link. */
  readonly withoutLink?: boolean
}

export type Seat<E extends EngineApi> = Tab & { readonly node: PageNode<E> }

/** A street of one's own for one test; what it starts is closed behind it. */
export class Scene {
  readonly street = new Street()
  readonly tabs: Tab[] = []
  readonly #browser: PageBrowser
  readonly nodes: PageNode[] = []

  constructor(browser: PageBrowser) {
    this.#browser = browser
  }

  /** A neighbour whose page nobody looks at. */
  neighbour(name: string): StreetEngine {
    return this.street.engine(name)
  }

  /** A person of the street at the page of a node of their own. */
  person(name: string, options: TabOptions = {}): Promise<Seat<StreetEngine>> {
    return this.seat(this.street.engine(name), options)
  }

  /** The page of a node with the engine given, which stays its maker's to close. */
  async seat<E extends EngineApi>(engine: E, options: TabOptions = {}): Promise<Seat<E>> {
    const node = await PageNode.start(engine)
    this.nodes.push(node)
    return { ...(await this.tab(node, options)), node }
  }

  async tab(node: PageNode, options: TabOptions = {}): Promise<Tab> {
    const { initScript, withoutLink, ...rest } = options
    const tab = await this.#browser.tab(rest, initScript)
    this.tabs.push(tab)
    await tab.page.goto(withoutLink === true ? node.origin : node.link())
    return tab
  }

  async close(): Promise<void> {
    await Promise.all(this.tabs.map(({ page }) => page.context().close()))
    await Promise.all(this.nodes.map((node) => node.close()))
  }
}

/** Tests of the real page in a real browser: one browser a file, one scene a test. */
export class PageTests {
  #browser: Promise<PageBrowser> | undefined

  constructor() {
    afterAll(async () => (await this.#browser)?.close())
  }

  /** Registers a test; await it at the top of the file. */
  add(name: string, body: (scene: Scene) => Promise<void>): Promise<void> {
    return labTest(name, { packages: ['chromium'] }, async () => {
      this.#browser ??= PageBrowser.start()
      const scene = new Scene(await this.#browser)
      try {
        await body(scene)
      } finally {
        await scene.close()
      }
    })
  }
}
