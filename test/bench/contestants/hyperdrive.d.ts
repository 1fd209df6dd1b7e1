/** Only what the contestant calls; the package brings no types. */
declare module 'hyperdrive' {
  import type { Readable, Writable } from 'streamx'
  export default class Hyperdrive {
    readonly key: Buffer
    readonly version: number
    constructor(store: unknown, key?: Buffer)
    ready(): Promise<void>
    close(): Promise<void>
    update(options: { wait: boolean }): Promise<boolean>
    createWriteStream(name: string): Writable
    createReadStream(name: string): Readable
    put(name: string, content: Buffer): Promise<unknown>
    batch(): Hyperdrive
    flush(): Promise<void>
    list(folder: string): AsyncIterable<{ readonly key: string }>
    download(folder: string): { done(): Promise<void> }
  }
}
